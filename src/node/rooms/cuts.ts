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
/** Lanes that one act can list, in all its events. */
export const CUT_LANES_MAX = (1 + CUT_PARTS_MAX) * CUT_ENTRIES_MAX
const LANE_BYTES = 8
/** Of an entry that names no room: lane8 n4 id8. */
const ENTRY_BYTES = LANE_BYTES + 4 + 8

/** By "room/lane". A lane not listed ends at 0. */
export interface Cut {
  readonly size: number
  get(roomAndLane: string): CutEntry | undefined
  has(roomAndLane: string): boolean
  keys(): Iterable<string>
}

/** Stands for the room in a demotion of room 0: its entries name no room, and need none, since lane ids are random. */
const ANY_ROOM = '*'
const ALL_ROOMS = 'all'
type Of = RoomId | typeof ANY_ROOM | typeof ALL_ROOMS

const cutKey = (room: RoomId | typeof ANY_ROOM, lane: LaneId) => `${room}/${lane}`
const LANE_DIGITS = 16

/** Entries lane8 n4 id8. Of two for one lane the first stands. */
export const readRoomCut = (room: RoomId, bytes: Uint8Array): Cut => readOnce(bytes, room)

/** Entries lane8 n4 id8 that hold in whatever room the lane lies. */
export const readLaneCut = (bytes: Uint8Array): Cut => readOnce(bytes, ANY_ROOM)

/** Entries room16 lane8 n4 id8. */
export const readNetworkCut = (bytes: Uint8Array): Cut => readOnce(bytes, ALL_ROOMS)

/** Cuts by their bytes, which nobody changes: a room is weighed anew with each of its control events. */
const known = new WeakMap<Uint8Array, ListedCut>()

function readOnce(bytes: Uint8Array, of: Of): Cut {
  const before = known.get(bytes)
  if (before?.of === of) return before
  const cut = new ListedCut(bytes, of)
  known.set(bytes, cut)
  return cut
}

/** A cut as its event lists it: looked up in the event's own bytes, since who acts on others decides how much others hold of it. */
class ListedCut implements Cut {
  readonly of: Of
  readonly #bytes: Uint8Array
  /** Bytes of the room before each lane, and of each entry. */
  readonly #prefix: 0 | 16
  readonly #entryBytes: number
  /** Where entries begin, by lane and room. */
  readonly #places: Uint32Array

  /** of: in which room its lanes lie, or how it says so. */
  constructor(bytes: Uint8Array, of: Of) {
    this.of = of
    this.#bytes = bytes
    this.#prefix = of === ALL_ROOMS ? 16 : 0
    this.#entryBytes = this.#prefix + ENTRY_BYTES
    const count = Math.floor(bytes.length / this.#entryBytes)
    const places = Uint32Array.from({ length: count }, (_, k) => k * this.#entryBytes)
    places.sort((a, b) => this.#order(a, bytes, b) || a - b)
    let kept = 0
    for (const place of places)
      if (kept === 0 || this.#order(places[kept - 1]!, bytes, place) !== 0) places[kept++] = place
    this.#places = places.slice(0, kept)
  }

  get size(): number {
    return this.#places.length
  }

  /** Of the entry at a place and one of `other`: by lane, then by room. */
  #order(place: number, other: Uint8Array, at: number): number {
    const [bytes, prefix] = [this.#bytes, this.#prefix]
    for (let k = prefix; k < prefix + LANE_BYTES; k++)
      if (bytes[place + k] !== other[at + k]) return bytes[place + k]! - other[at + k]!
    for (let k = 0; k < prefix; k++)
      if (bytes[place + k] !== other[at + k]) return bytes[place + k]! - other[at + k]!
    return 0
  }

  get(roomAndLane: string): CutEntry | undefined {
    const room = roomAndLane.slice(0, -LANE_DIGITS - 1)
    const isOfAll = this.of === ALL_ROOMS
    if (isOfAll ? room === ANY_ROOM : room !== this.of) return undefined
    const wanted = fromHex((isOfAll ? room : '') + roomAndLane.slice(-LANE_DIGITS))
    const places = this.#places
    let low = 0
    for (let high = places.length; low < high; ) {
      const middle = (low + high) >>> 1
      if (this.#order(places[middle]!, wanted, 0) < 0) low = middle + 1
      else high = middle
    }
    const place = places[low]
    if (place === undefined || this.#order(place, wanted, 0) !== 0) return undefined
    const at = place + this.#prefix + LANE_BYTES
    return { n: readUint(this.#bytes, at, 4), id8: hex(this.#bytes, at + 4, at + 12) }
  }

  has(roomAndLane: string): boolean {
    return this.get(roomAndLane) !== undefined
  }

  *keys(): Iterable<string> {
    for (let at = 0; at + this.#entryBytes <= this.#bytes.length; at += this.#entryBytes) {
      const lane = laneId(this.#bytes, at + this.#prefix)
      yield cutKey(this.of === ALL_ROOMS ? roomId(this.#bytes, at) : this.of, lane)
    }
  }
}

/** What several cuts list together. */
class JoinedCut implements Cut {
  readonly cuts: readonly Cut[]

  constructor(cuts: readonly Cut[]) {
    this.cuts = cuts
  }

  get size(): number {
    return new Set(this.keys()).size
  }

  get(roomAndLane: string): CutEntry | undefined {
    let most: CutEntry | undefined
    for (const cut of this.cuts) {
      const entry = cut.get(roomAndLane)
      if (entry && (!most || entry.n > most.n)) most = entry
    }
    return most
  }

  has(roomAndLane: string): boolean {
    return this.cuts.some((cut) => cut.has(roomAndLane))
  }

  *keys(): Iterable<string> {
    for (const cut of this.cuts) yield* cut.keys()
  }
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

/** What several cuts list together; of a lane the highest n. Nothing is copied. */
export function joinCuts(first: Cut, ...others: readonly Cut[]): Cut {
  if (others.length === 0) return first
  return new JoinedCut([first, ...others].flatMap((cut) => (cut instanceof JoinedCut ? cut.cuts : [cut])))
}

const laneEntry = (lane: HeldLane) =>
  concat(fromHex(lane.lane), uint(lane.n, 4), fromHex(lane.id.slice(0, 16)))

const newestFirst = (held: Iterable<HeldLane>): HeldLane[] =>
  [...held].filter(({ n }) => n > 0).sort((a, b) => b.t - a.t || (a.lane < b.lane ? -1 : 1))
