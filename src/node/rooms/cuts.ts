/** Cuts: where a ban or demotion ends the lanes of its target (rule RM-6). */
import { concat, fromHex, hex, readUint, uint } from '../../wire/bytes.ts'
import { type LaneId, laneId, type PersonKey, type RoomId, roomId } from '../../wire/ids.ts'
import { CUT_ENTRIES_MAX, CUT_PARTS_MAX } from '../../wire/limits.ts'
import type { LaneFacts } from './view.ts'

/** Last n that counts, and the first 8 bytes (hex) of that event's id. */
export interface CutEntry {
  readonly n: number
  readonly id8: string
}
/** By "room/lane". A lane not listed ends at 0. */
export type Cut = ReadonlyMap<string, CutEntry>

/** Stands for the room in a demotion of room 0: its entries name no room, and need none, since lane ids are random. */
const ANY_ROOM = '*'

const cutKey = (room: RoomId | typeof ANY_ROOM, lane: LaneId) => `${room}/${lane}`

/** Entries lane8 n4 id8. Of two for one lane the first stands. */
export function readRoomCut(room: RoomId, bytes: Uint8Array): Cut {
  return readOnce(bytes, room, () => readEntries(bytes, 0, () => room))
}

/** Entries lane8 n4 id8 that hold in whatever room the lane lies. */
export function readLaneCut(bytes: Uint8Array): Cut {
  return readOnce(bytes, ANY_ROOM, () => readEntries(bytes, 0, () => ANY_ROOM))
}

/** Entries room16 lane8 n4 id8. */
export function readNetworkCut(bytes: Uint8Array): Cut {
  return readOnce(bytes, 'all', () => readEntries(bytes, 16, (at) => roomId(bytes, at)))
}

/**
 * Cuts by their bytes, which nobody changes, and what a cut is together with others: a room is weighed anew with each of its
 * control events, and a cut may list tens of thousands of lanes.
 */
const known = new WeakMap<Uint8Array, { readonly as: string; readonly cut: Cut }>()
const joined = new WeakMap<Cut, { readonly others: readonly Cut[]; readonly cut: Cut }>()

/** as: of which room, or how. */
function readOnce(bytes: Uint8Array, as: string, read: () => Cut): Cut {
  const before = known.get(bytes)
  if (before?.as === as) return before.cut
  const cut = read()
  known.set(bytes, { as, cut })
  return cut
}

function readEntries(
  bytes: Uint8Array,
  prefix: 0 | 16,
  roomAt: (at: number) => RoomId | typeof ANY_ROOM,
): Cut {
  const cut = new Map<string, CutEntry>()
  const size = prefix + 20
  for (let at = 0; at + size <= bytes.length; at += size) {
    const lane = at + prefix
    const key = cutKey(roomAt(at), laneId(bytes, lane))
    if (!cut.has(key))
      cut.set(key, { n: readUint(bytes, lane + 8, 4), id8: hex(bytes, lane + 12, lane + 20) })
  }
  return cut
}

/**
 * The last n of a lane within a cut: 0 where the lane is not listed, or where the event known at the cut's n is
 * another one (the issuer held another branch; a fork proof will tell). With that proof: the fork's end.
 */
export function cutLimit(cut: Cut, room: RoomId, author: PersonKey, lane: LaneId, facts: LaneFacts): number {
  const entry = entryOf(cut, room, lane)
  if (!entry || entry.n === 0) return 0
  // Nodes hold different branches of a forked lane: they agree on its end, whichever event they have at n.
  const fork = facts.forkAt(room, author, lane)
  if (fork !== undefined && fork <= entry.n) return fork - 1
  const known = facts.idAt(room, author, lane, entry.n)
  return known === undefined || known.startsWith(entry.id8) ? entry.n : 0
}

/** The n that a cut lists for a lane; 0: not listed. */
export const cutN = (cut: Cut, room: RoomId, lane: LaneId): number => entryOf(cut, room, lane)?.n ?? 0

const entryOf = (cut: Cut, room: RoomId, lane: LaneId) =>
  cut.get(cutKey(room, lane)) ?? cut.get(cutKey(ANY_ROOM, lane))

/** A lane of the target as the issuer holds it. */
export interface HeldLane {
  readonly room: RoomId
  readonly lane: LaneId
  readonly n: number
  /** Id of the event at n, or its first 16 digits. */
  readonly id: string
  /** Time of the event at n: tells which lanes are the newest. */
  readonly t: number
}

/** How lanes are written down. */
export type PackLanes = (lanes: readonly HeldLane[]) => Uint8Array

/** As in `cut`, where the room is known or does not matter: lane8 n4 id8 each. */
export const withoutRooms: PackLanes = (lanes) => concat(...lanes.map(laneEntry))

/** As in `cuts`, over all rooms: room16 lane8 n4 id8 each. */
export const withRooms: PackLanes = (lanes) =>
  concat(...lanes.map((lane) => concat(fromHex(lane.room), laneEntry(lane))))

/**
 * A cut in as many parts as its lanes need, the newest lanes first; one at least. Each fits one event. max: lanes in one of them;
 * parts: how many there may be, where the oldest lanes are left out of what needs more.
 */
export function cutParts(
  held: Iterable<HeldLane>,
  pack: PackLanes,
  { max = CUT_ENTRIES_MAX, parts: partsMax = 1 + CUT_PARTS_MAX } = {},
): [Uint8Array, ...Uint8Array[]] {
  const lanes = newestFirst(held).slice(0, max * partsMax)
  const parts: [Uint8Array, ...Uint8Array[]] = [pack(lanes.slice(0, max))]
  for (let at = max; at < lanes.length; at += max) parts.push(pack(lanes.slice(at, at + max)))
  return parts
}

/** What several cuts list together; of a lane the highest n. */
export function joinCuts(first: Cut, ...others: readonly Cut[]): Cut {
  if (others.length === 0) return first
  const before = joined.get(first)
  const isSame = before?.others.length === others.length && before.others.every((cut, i) => cut === others[i])
  if (isSame) return before.cut
  const cut = new Map(first)
  for (const other of others)
    for (const [lane, entry] of other) if ((cut.get(lane)?.n ?? -1) < entry.n) cut.set(lane, entry)
  joined.set(first, { others, cut })
  return cut
}

const laneEntry = (lane: HeldLane) =>
  concat(fromHex(lane.lane), uint(lane.n, 4), fromHex(lane.id.slice(0, 16)))

const newestFirst = (held: Iterable<HeldLane>): HeldLane[] =>
  [...held].filter(({ n }) => n > 0).sort((a, b) => b.t - a.t || (a.lane < b.lane ? -1 : 1))
