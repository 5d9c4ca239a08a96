import { expect, test } from 'vitest'
import type { Lane } from '../../src/node/lanes.ts'
import type { Replica } from '../../src/node/replica.ts'
import { Witnesses } from '../../src/node/witnesses.ts'
import { hex } from '../../src/wire/bytes.ts'
import { type EventId, laneId, personKey, type RoomId, roomId } from '../../src/wire/ids.ts'
import { WITNESS_EVERY_MS } from '../../src/wire/limits.ts'
import { Author, NET } from './author.ts'

const author = new Author(1)

/** A lane in the room of this number, one event longer with each look. */
const laneIn = (i: number) =>
  ({
    room: roomId(new Uint8Array(16).fill(i)),
    author: personKey(new Uint8Array(32).fill(i)),
    lane: laneId(new Uint8Array(8).fill(i)),
    n: 1,
  }) as Lane

/** Times of signatures by room, where each of so many rooms gains something all the time, for so long. */
function signedIn(rooms: number, ms: number): Map<RoomId, number[]> {
  const replica = { net: NET, idAt: () => hex(new Uint8Array(32)) as EventId } as unknown as Replica
  const witnesses = new Witnesses(author.signer, replica, () => 1)
  const lanes = Array.from({ length: rooms }, (_, i) => laneIn(i))
  const times = new Map<RoomId, number[]>(lanes.map(({ room }) => [room, []]))
  for (let now = 0; now < ms; now += 20) {
    for (const lane of lanes) witnesses.grew(lane, true)
    for (const { room } of witnesses.sign(now, now)) times.get(roomId(room))!.push(now)
  }
  return times
}

const gaps = (times: readonly number[]) => times.slice(1).map((at, i) => at - times[i]!)

test('what goes on being written in a few rooms is signed for each 200 ms (AK-11)', () => {
  for (const times of signedIn(8, 3000).values())
    expect(new Set(gaps(times))).toEqual(new Set([WITNESS_EVERY_MS]))
})

test('where many rooms are written in, each is signed for once a second, and none waits for much longer (AK-11, AK-14)', () => {
  const all = [...signedIn(100, 5000).values()]
  for (const times of all) {
    expect(times.length).toBeGreaterThanOrEqual(4)
    for (const gap of gaps(times).slice(1)) {
      expect(gap).toBeGreaterThanOrEqual(1000)
      expect(gap).toBeLessThanOrEqual(1400)
    }
  }
  expect(all.flat().length).toBeLessThanOrEqual(500)
})

test('a room that was quiet is signed for at once, however many others are written in (AK-11)', () => {
  const replica = { net: NET, idAt: () => hex(new Uint8Array(32)) as EventId } as unknown as Replica
  const witnesses = new Witnesses(author.signer, replica, () => 1)
  const busy = Array.from({ length: 60 }, (_, i) => laneIn(i))
  for (let now = 0; now <= 400; now += WITNESS_EVERY_MS) {
    for (const lane of busy) witnesses.grew(lane, true)
    witnesses.sign(now, now)
  }
  const quiet = laneIn(200)
  witnesses.grew(quiet, true)
  expect(witnesses.sign(600, 600).map(({ room }) => roomId(room))).toContain(quiet.room)
})
