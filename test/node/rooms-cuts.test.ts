import { describe, expect, it } from 'vitest'
import {
  type Cut,
  cutParts,
  type HeldLane,
  joinCuts,
  readLaneCut,
  readNetworkCut,
  readRoomCut,
  withoutRooms,
  withRooms,
} from '../../src/node/rooms/cuts.ts'
import type { LaneId, RoomId } from '../../src/wire/ids.ts'
import { CUT_ENTRIES_MAX, CUT_PARTS_MAX, RUN_BODY_BYTES_MAX } from '../../src/wire/limits.ts'

const [one, two] = ['1'.repeat(32), '2'.repeat(32)] as [RoomId, RoomId]
const held = (room: RoomId, i: number, n = 5): HeldLane => ({
  room,
  lane: i.toString(16).padStart(16, '0') as LaneId,
  n,
  id: 'ab'.repeat(32),
  t: 1000 + i,
})

const some = (count: number, from = 0) => Array.from({ length: count }, (_, i) => held(one, from + i))

describe('a cut is built', () => {
  it('of the lanes held in a room that have anything', () => {
    const [bytes] = cutParts([held(one, 1), held(one, 3, 0)], withoutRooms)
    const cut = readRoomCut(one, bytes)
    expect([...cut.keys()]).toEqual([`${one}/${held(one, 1).lane}`])
    expect(cut.get(`${one}/${held(one, 1).lane}`)).toEqual({ n: 5, id8: 'ab'.repeat(8) })
  })

  it('of the lanes of all rooms for room 0', () => {
    const [bytes, ...more] = cutParts([held(one, 1), held(two, 2)], withRooms)
    const cut = readNetworkCut(bytes)
    expect([...cut.keys()].sort()).toEqual([`${one}/${held(one, 1).lane}`, `${two}/${held(two, 2).lane}`])
    expect(more).toEqual([])
  })

  it('in as many parts as list all lanes, each of which fits one body, the newest first; one where there are none', () => {
    const many = some(2 * CUT_ENTRIES_MAX + 50)
    const bytes = cutParts(many, withRooms)
    expect(bytes[0].length).toBeLessThan(RUN_BODY_BYTES_MAX - 1024)
    const parts = bytes.map(readNetworkCut)
    expect(parts.map(({ size }) => size)).toEqual([CUT_ENTRIES_MAX, CUT_ENTRIES_MAX, 50])
    expect(parts[0]!.has(`${one}/${many.at(-1)!.lane}`)).toBe(true)
    expect(joinCuts(...(parts as [Cut, ...Cut[]])).size).toBe(many.length)
    expect(cutParts([], withRooms)).toEqual([new Uint8Array(0)])
  })

  it('of the newest lanes where not all fit the parts that one may have', () => {
    const many = some((CUT_PARTS_MAX + 1) * CUT_ENTRIES_MAX + 10)
    const parts = cutParts(many, withoutRooms).map((bytes) => readRoomCut(one, bytes))
    expect(parts).toHaveLength(CUT_PARTS_MAX + 1)
    expect(parts.at(-1)!.has(`${one}/${many[10]!.lane}`)).toBe(true)
    expect(parts.at(-1)!.has(`${one}/${many[9]!.lane}`)).toBe(false)
  })
})

describe('a cut is looked up', () => {
  const key = (room: RoomId | '*', i: number) => `${room}/${held(one, i).lane}`
  const [own, other] = [some(40).map((lane, i) => ({ ...lane, n: 1 + (i % 7) })), some(40, 20)]

  it('by lane and room, whatever stands before and behind it in whatever order', () => {
    const lanes = [...own.toReversed(), ...own.map((lane) => ({ ...lane, room: two, n: lane.n + 10 }))]
    const all = readNetworkCut(withRooms(lanes))
    const here = readRoomCut(one, withoutRooms(own.toReversed()))
    expect([all.size, here.size]).toEqual([80, 40])
    for (const [i, { n }] of own.entries()) {
      expect(all.get(key(one, i))?.n).toBe(n)
      expect(all.get(key(two, i))?.n).toBe(n + 10)
      expect(here.get(key(one, i))?.n).toBe(n)
    }
    for (const cut of [all, here, readRoomCut(one, new Uint8Array(0))])
      for (const i of [40, 255]) expect([cut.has(key(one, i)), cut.has(key('*', 1))]).toEqual([false, false])
    expect([here.has(key(two, 1)), readLaneCut(withoutRooms(own)).has(key('*', 1))]).toEqual([false, true])
  })

  it('by the first entry for a lane in one event, and the highest n in several', () => {
    const twice = readRoomCut(one, withoutRooms([held(one, 1, 3), held(one, 1, 9), held(one, 2, 4)]))
    expect([twice.size, twice.get(key(one, 1))?.n]).toEqual([2, 3])
    const joined = joinCuts(
      joinCuts(twice, readRoomCut(one, withoutRooms(own))),
      readRoomCut(one, withoutRooms(other)),
    )
    for (let i = 0; i < 60; i++) {
      const listed = [...own, ...other].filter(({ lane }) => lane === held(one, i).lane).map(({ n }) => n)
      const least = i === 1 ? 3 : i === 2 ? 4 : 0
      expect(joined.get(key(one, i))?.n).toBe(Math.max(least, ...listed))
    }
    expect(joined.size).toBe(60)
  })
})
