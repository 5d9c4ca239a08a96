/** LV-17: numbers stand for what everybody who is told them knows. */
import { expect, test } from 'vitest'
import { LaneNumbers } from '../../src/hub/lane-numbers.ts'
import { lastOf, packRun, type VerifiedRun } from '../../src/wire/event.ts'
import type { RoomId } from '../../src/wire/ids.ts'
import { NUMBERED_LANES_MAX } from '../../src/wire/limits.ts'
import { isNext } from '../../src/wire/next-run.ts'
import { Author, NOW, ROOM } from '../node/author.ts'

/** Somebody who writes, a text at a time. */
function writer(number: number, room: RoomId = ROOM) {
  const author = new Author(number)
  const lane = author.contentLane()
  let last: VerifiedRun | undefined
  let t = NOW
  return () => {
    last = author.run(lane, ['hi'], last, t++, room)
    return last
  }
}

function numbersOf() {
  const numbers = new LaneNumbers()
  return (run: VerifiedRun, links: readonly number[], room: RoomId = ROOM) => {
    numbers.carriedBy(room, links)
    const told = numbers.tell(room, packRun(run), lastOf(run))
    return `${isNext(told) ? 'number' : 'name'} ${told.number}`
  }
}

test('a lane is told by name once, and by number from there on', () => {
  const [tell, anna, bert] = [numbersOf(), writer(1), writer(2)]
  expect([tell(anna(), [1, 2]), tell(anna(), [1, 2]), tell(bert(), [1, 2]), tell(anna(), [1, 2])]).toEqual([
    'name 0',
    'number 0',
    'name 1',
    'number 0',
  ])
})

test('who goes changes nothing; who comes, or comes back, makes all lanes of the room be told by name', () => {
  const [tell, anna, bert] = [numbersOf(), writer(1), writer(2)]
  tell(anna(), [1, 2])
  tell(bert(), [1, 2])
  expect(tell(anna(), [2])).toBe('number 0')
  expect(tell(anna(), [2, 3])).toBe('name 0')
  expect([tell(anna(), [3, 2]), tell(bert(), [2, 3])]).toEqual(['number 0', 'name 1'])
  expect(tell(bert(), [1, 2, 3])).toBe('name 1')
})

test('of a room that was told nothing while 256 others were nothing is kept, and its lanes get new numbers', () => {
  const [tell, anna, bert] = [numbersOf(), writer(1), writer(2)]
  const tellOthers = (count: number) => {
    for (let i = 0; i < count; i++) tell(bert(), [1], `${i}`.padStart(32, '0') as RoomId)
  }
  tell(anna(), [1])
  tellOthers(255)
  expect(tell(anna(), [1])).toBe('number 0')
  tellOthers(256)
  expect([tell(anna(), [1]), tell(anna(), [1])]).toEqual(['name 257', 'number 257'])
})

test('who comes to another room changes nothing in this one', () => {
  const other = '8'.repeat(32) as RoomId
  const [tell, anna, bert] = [numbersOf(), writer(1), writer(2, other)]
  tell(anna(), [1])
  expect([tell(bert(), [2], other), tell(bert(), [2, 3], other), tell(anna(), [1])]).toEqual([
    'name 1',
    'name 1',
    'number 0',
  ])
})

test('what does not follow what was told last is told by name', () => {
  const [tell, anna] = [numbersOf(), writer(1)]
  const runs = [anna(), anna(), anna()] as const
  expect(tell(runs[0], [1])).toBe('name 0')
  expect(tell(runs[2], [1])).toBe('name 0')
  expect(tell(runs[2], [1])).toBe('name 0')
  expect(tell(anna(), [1])).toBe('number 0')
})

test('two authors who took the same lane id are told by name, in turns and under one number', () => {
  const [anna, bert] = [new Author(1), new Author(2)]
  const tell = numbersOf()
  const lane = anna.contentLane()
  const [a, b] = [anna.run(lane, ['a']), bert.run(lane, ['b'])]
  expect([tell(a, [1]), tell(b, [1]), tell(anna.run(lane, ['a'], a), [1])]).toEqual([
    'name 0',
    'name 0',
    'name 0',
  ])
})

test('one in 128 is told by name all the same, so that whoever could not follow can again', () => {
  const [tell, anna] = [numbersOf(), writer(1)]
  const told = Array.from({ length: 130 }, () => tell(anna(), [1]))
  expect(told.flatMap((how, i) => (how === 'name 0' ? [i] : []))).toEqual([0, 128])
})

test('once all numbers are given they are given anew, by name first', () => {
  const tell = numbersOf()
  const author = new Author(1)
  const anna = writer(2)
  tell(anna(), [1])
  for (let i = 1; i < NUMBERED_LANES_MAX; i++) tell(author.run(author.contentLane(), ['hi']), [1])
  expect(tell(anna(), [1])).toBe('number 0')
  expect(tell(author.run(author.contentLane(), ['hi']), [1])).toBe('name 0')
  expect([tell(anna(), [1]), tell(anna(), [1])]).toEqual(['name 1', 'number 1'])
})
