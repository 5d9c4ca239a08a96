/** The push (rule GU-1): what is told, when, and how much of it. */
import { expect, test } from 'vitest'
import { PUSH_AFTER_MS, PUSH_LANES_MAX, Push } from '../../../src/node/guard/push.ts'
import { type Lane, newLane } from '../../../src/node/lanes.ts'
import type { LaneId, PersonKey, RoomId } from '../../../src/wire/ids.ts'

const lane = (i: number, author = 'a'): Lane =>
  newLane(
    '0'.repeat(32) as RoomId,
    author.repeat(64) as PersonKey,
    i.toString(16).padStart(16, '0') as LaneId,
  )
const entryOf = ({ n }: Lane) => Uint8Array.of(n)

test('a lane is told once, as it stood at least two seconds ago (GU-1)', () => {
  const push = new Push()
  const one = lane(1)
  one.n = 5
  push.grew(one, false)
  expect(push.round(10_000, entryOf)).toEqual([])
  one.n = 6
  expect(push.round(10_000 + PUSH_AFTER_MS - 1, entryOf)).toEqual([])
  const told = push.round(10_000 + PUSH_AFTER_MS, entryOf)
  expect(told).toEqual([{ lane: one, entry: Uint8Array.of(5), isNews: false }])
  expect(push.round(20_000, entryOf)).toEqual([])
  expect(push.isWaiting).toBe(false)
})

test('what came past the hub is news, until the hub gives it as well', () => {
  const push = new Push()
  const [one, two] = [lane(1), lane(2)]
  push.grew(one, true)
  push.grew(one, false)
  push.grew(two, true)
  push.round(0, entryOf)
  push.drop(two)
  expect(push.round(PUSH_AFTER_MS, entryOf).map((told) => [told.lane, told.isNews])).toEqual([[one, true]])
})

test('a crowd is told in rounds of a bounded size, nobody twice', () => {
  const push = new Push()
  for (let i = 0; i < PUSH_LANES_MAX * 2 + 5; i++) push.grew(lane(i), false)
  const sizes: number[] = []
  for (let now = 0; push.isWaiting; now += PUSH_AFTER_MS) sizes.push(push.round(now, entryOf).length)
  expect(sizes).toEqual([0, PUSH_LANES_MAX, PUSH_LANES_MAX, 5])
})

test('who opens a lane for each word keeps what others say from being told for no round (GU-1)', () => {
  const push = new Push()
  for (let i = 0; i < PUSH_LANES_MAX * 20; i++) push.grew(lane(i), false)
  const other = lane(1, 'b')
  push.grew(other, false)
  push.round(0, entryOf)
  const told = push.round(PUSH_AFTER_MS, entryOf)
  expect(told.map(({ lane }) => lane)).toContain(other)
  expect(told).toHaveLength(PUSH_LANES_MAX)
})

test('a lane that is not listed is told to nobody', () => {
  const push = new Push()
  push.grew(lane(1), true)
  push.round(0, () => undefined)
  expect(push.round(PUSH_AFTER_MS, entryOf)).toEqual([])
})
