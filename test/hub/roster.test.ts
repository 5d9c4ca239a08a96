import { expect, test } from 'vitest'
import { Roster } from '../../src/hub/roster.ts'
import { fromHex, hex } from '../../src/wire/bytes.ts'
import type { Frame } from '../../src/wire/frames.ts'
import type { PersonKey } from '../../src/wire/ids.ts'
import { ROSTER_PAGE_KEYS_MAX } from '../../src/wire/limits.ts'

const person = (number: number) => number.toString(16).padStart(64, '0') as PersonKey
const self = person(0)
const isHere = () => true

/** Who the frames make a newcomer believe to be here. */
function listed(frames: readonly Frame[], here = new Set<string>()): Set<string> {
  for (const frame of frames) {
    if (frame.type === 'roster') {
      if (frame.first) here.clear()
      for (let at = 0; at < frame.keys.length; at += 32) here.add(hex(frame.keys, at, at + 32))
    } else if (frame.type === 'presence') {
      if (frame.online) here.add(hex(frame.key))
      else here.delete(hex(frame.key))
    }
  }
  return here
}

test('one who comes is told at once, to all but the one who came', () => {
  const roster = new Roster(self)
  expect(roster.came(person(1), 7)).toBe(true)
  expect(roster.dueAt(3)).toBe(Number.NEGATIVE_INFINITY)
  expect(roster.take(1000, isHere)).toEqual({
    came: [person(1)],
    frames: [{ type: 'presence', key: fromHex(person(1)), online: true }],
    except: 7,
  })
  expect([roster.waiting, roster.dueAt(3)]).toEqual([0, 1012])
})

test('between two tellings there are 4 ms for each member, at most a second', () => {
  const roster = new Roster(self)
  roster.take(1000, isHere)
  expect([roster.dueAt(200), roster.dueAt(8000)]).toEqual([1800, 2000])
})

test('several who came are one page, and who went is told behind it', () => {
  const roster = new Roster(self)
  roster.came(person(1), 1)
  roster.take(0, isHere)
  for (const key of [2, 3]) roster.came(person(key), key)
  roster.went(person(1))
  const { frames, except } = roster.take(10, isHere)
  expect(except).toBe(-1)
  expect(frames.map(({ type }) => type)).toEqual(['roster', 'presence'])
  expect([...listed(frames, new Set([self, person(1)]))].sort()).toEqual([self, person(2), person(3)])
})

test('who comes between two tellings gets the same pages as the one before, and all the rest with the next telling', () => {
  const roster = new Roster(self)
  roster.came(person(1), 1)
  roster.take(0, isHere)
  const pages = roster.pages()
  roster.came(person(2), 2)
  roster.went(person(1))
  expect(roster.pages()).toBe(pages)
  const here = listed(pages)
  expect([...here].sort()).toEqual([self, person(1)])
  const { frames } = roster.take(10, isHere)
  expect([...listed(frames, here)].sort()).toEqual([self, person(2)])
  expect(roster.pages()).not.toBe(pages)
  expect([...listed(roster.pages())].sort()).toEqual([self, person(2)])
})

test('who goes and is back before that is told changed nothing', () => {
  const roster = new Roster(self)
  roster.came(person(1), 1)
  roster.take(0, isHere)
  roster.went(person(1))
  expect(roster.came(person(1), 2)).toBe(false)
  expect(roster.waiting).toBe(0)
})

test('who comes and has left before that is told was never here', () => {
  const roster = new Roster(self)
  for (const key of [1, 2, 3]) roster.came(person(key), key)
  roster.went(person(1))
  const { came, frames } = roster.take(0, (key) => key !== person(2))
  expect(came).toEqual([person(3)])
  expect([...listed(frames)]).toEqual([person(3)])
  expect([...listed(roster.pages())].sort()).toEqual([self, person(3)])
})

test('a long list is several pages, the first of which begins anew', () => {
  const roster = new Roster(self)
  for (let key = 1; key <= ROSTER_PAGE_KEYS_MAX; key++) roster.came(person(key), key)
  roster.take(0, isHere)
  expect(roster.pages().map(({ keys, first }) => [keys.length / 32, first])).toEqual([
    [ROSTER_PAGE_KEYS_MAX, true],
    [1, false],
  ])
})
