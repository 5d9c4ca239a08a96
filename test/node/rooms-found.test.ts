/** What the data simulator found in the rooms reducer. */
import { expect, test } from 'vitest'
import { cutLimit, readRoomCut } from '../../src/node/rooms.ts'
import { concat, fromHex, uint } from '../../src/wire/bytes.ts'
import type { EventId, LaneId, PersonKey, RoomId } from '../../src/wire/ids.ts'

const room = '1'.repeat(32) as RoomId
const author = '2'.repeat(64) as PersonKey
const lane = '0000000100000002' as LaneId
const [one, other] = ['a'.repeat(64) as EventId, 'b'.repeat(64) as EventId]
const cut = readRoomCut(room, concat(fromHex(lane), uint(5, 4), fromHex(one.slice(0, 16))))
const limit = (id: EventId | undefined, forkAt?: number) =>
  cutLimit(cut, room, author, lane, { idAt: () => id, forkAt: () => forkAt })

test('RM-6: a fork proven at or below a cut ends the lane alike on nodes of either branch (seed 166)', () => {
  expect(limit(one, 3)).toBe(2)
  expect(limit(other, 3)).toBe(2)
  expect(limit(undefined, 3)).toBe(2)
})

test('RM-6: a fork above a cut leaves the cut', () => {
  expect(limit(one, 6)).toBe(5)
  expect(limit(other, 6)).toBe(0)
})
