import { describe, expect, it } from 'vitest'
import { readNetworkCut, readRoomCut } from '../../src/node/rooms/cuts.ts'
import { cutFor, cutParts, cutsFor, type HeldLane } from '../../src/node/rooms.ts'
import type { LaneId, RoomId } from '../../src/wire/ids.ts'
import { CUT_ENTRIES_MAX, RUN_BODY_BYTES_MAX } from '../../src/wire/limits.ts'

const [one, two] = ['1'.repeat(32), '2'.repeat(32)] as [RoomId, RoomId]
const held = (room: RoomId, i: number, n = 5): HeldLane => ({
  room,
  lane: i.toString(16).padStart(16, '0') as LaneId,
  n,
  id: 'ab'.repeat(32),
  t: 1000 + i,
})

describe('a cut is built', () => {
  it('of the lanes held in its room', () => {
    const cut = readRoomCut(one, cutFor(one, [held(one, 1), held(two, 2), held(one, 3, 0)]))
    expect([...cut]).toEqual([[`${one}/${held(one, 1).lane}`, { n: 5, id8: 'ab'.repeat(8) }]])
  })

  it('of the lanes of all rooms for room 0', () => {
    const cut = readNetworkCut(cutsFor([held(one, 1), held(two, 2)]))
    expect([...cut.keys()].sort()).toEqual([`${one}/${held(one, 1).lane}`, `${two}/${held(two, 2).lane}`])
  })

  it('of the newest lanes where not all fit, and then fits one body', () => {
    const many = Array.from({ length: CUT_ENTRIES_MAX + 50 }, (_, i) => held(one, i))
    const cuts = cutsFor(many)
    expect(cuts.length).toBeLessThan(RUN_BODY_BYTES_MAX - 1024)
    const cut = readNetworkCut(cuts)
    expect(cut.size).toBe(CUT_ENTRIES_MAX)
    expect(cut.has(`${one}/${many.at(-1)!.lane}`)).toBe(true)
    expect(cut.has(`${one}/${many[49]!.lane}`)).toBe(false)
  })

  it('in as many parts as list all lanes, the newest first; one where there are none', () => {
    const many = Array.from({ length: 2 * CUT_ENTRIES_MAX + 50 }, (_, i) => held(one, i))
    const parts = cutParts(many).map(readNetworkCut)
    expect(parts.map(({ size }) => size)).toEqual([CUT_ENTRIES_MAX, CUT_ENTRIES_MAX, 50])
    expect(parts[0]!.has(`${one}/${many.at(-1)!.lane}`)).toBe(true)
    expect(new Set(parts.flatMap((cut) => [...cut.keys()])).size).toBe(many.length)
    expect(cutParts([])).toEqual([new Uint8Array(0)])
  })
})
