/**
 * Lanes and vectors: what this node holds of every author's lanes, and the digests by which two nodes compare them
 * (rules SY-1 to SY-6). A vector entry is author32 lane8 n4 id8 forkAt4 xor8.
 */
import { fromHex, join, readUint, uint, writeUint } from '../wire/bytes.ts'
import type { Crypto } from '../wire/crypto.ts'
import { isControlLane, LANE_START, lanePeriod } from '../wire/event.ts'
import {
  type EventId,
  type LaneId,
  laneId,
  type PersonKey,
  personKey,
  type RoomId,
  tagged,
} from '../wire/ids.ts'
import { FUTURE_MS_MAX, PERIOD_MS } from '../wire/limits.ts'

/** 0: control lanes, 1: content lanes. */
export type LaneClass = 0 | 1

/** Which lane. */
export interface LaneName {
  readonly room: RoomId
  readonly author: PersonKey
  readonly lane: LaneId
}

export const isSameLane = (a: LaneName, b: LaneName) =>
  a.lane === b.lane && a.author === b.author && a.room === b.room

export interface Lane extends LaneName {
  /** Events 1 to n are held, chained, each with its body or tombstone. */
  n: number
  /** Id of event n. */
  id: EventId
  /** The last signed end of a run at or below n. */
  end: number
  endId: EventId
  /** A fork is proven at this n; 0: none. */
  forkAt: number
  /** Up to here the node around the replica was told of events. */
  told: number
  /** Above this n nothing of the lane lies on disk, so that what comes there need not be looked for; Infinity: not known yet. */
  top: number
  /** The last n of each stored run of several events, in order; known where `top` is. */
  runs: number[]
  /** Up to here its events are in segments of the index of ids. */
  indexed: number
  /** Tombstones of the lane: id to n. They may run ahead of the events. Changed by the functions below. */
  tombstones: ReadonlyMap<EventId, number>
}

/** Of lanes without any, which most are: a store may have a hundred thousand of them. */
const NO_TOMBSTONES: ReadonlyMap<EventId, number> = new Map()

export function noteTombstone(lane: Lane, id: EventId, n: number): void {
  if (lane.tombstones === NO_TOMBSTONES) lane.tombstones = new Map()
  ;(lane.tombstones as Map<EventId, number>).set(id, n)
}

export function dropTombstone(lane: Lane, id: EventId): void {
  if (lane.tombstones !== NO_TOMBSTONES) (lane.tombstones as Map<EventId, number>).delete(id)
}

export function dropTombstones(lane: Lane): void {
  lane.tombstones = NO_TOMBSTONES
}

export interface VectorEntry {
  readonly author: PersonKey
  readonly lane: LaneId
  readonly n: number
  /** First 8 bytes of the id at n, hex; zeros for n = 0. */
  readonly id8: string
  readonly forkAt: number
  /** XOR of the first 8 bytes of the ids deleted at or below n, hex. */
  readonly xor8: string
}

export const VECTOR_ENTRY_BYTES = 64
const NO_XOR = '0'.repeat(16)

export function newLane(room: RoomId, author: PersonKey, lane: LaneId): Lane {
  return {
    room,
    author,
    lane,
    n: 0,
    id: LANE_START,
    end: 0,
    endId: LANE_START,
    forkAt: 0,
    told: 0,
    top: Number.POSITIVE_INFINITY,
    runs: [],
    indexed: 0,
    tombstones: NO_TOMBSTONES,
  }
}

export const classOf = (lane: LaneId): LaneClass => (isControlLane(lane) ? 0 : 1)

/** Content is not shown, listed or pulled after its period and the retention, nor before its period comes near. */
export function isCurrent(lane: LaneId, now: number, retentionMs: number): boolean {
  if (isControlLane(lane)) return true
  const start = lanePeriod(lane) * PERIOD_MS
  return start + PERIOD_MS + retentionMs >= now && start <= now + FUTURE_MS_MAX
}

/**
 * The n at which a lane is listed: the end of the lane (cut or fork) where it is reached, even inside a run, else the
 * last signed run end. limit: last n that may count (Infinity without a cut).
 */
export function listedN(lane: Lane, limit: number): number {
  const end = lane.forkAt > 0 ? Math.min(limit, lane.forkAt - 1) : limit
  return lane.n >= end ? end : lane.end
}

/**
 * The n up to which the node around may be told of events: what counts, and also what is whole beyond a cut, since the
 * ban may be lifted. An event of a run whose rest is not here yet waits for it.
 */
export function tellableN(lane: Lane, limit: number): number {
  const fork = lane.forkAt > 0 ? lane.forkAt - 1 : Number.POSITIVE_INFINITY
  return Math.min(fork, Math.max(listedN(lane, limit), lane.end))
}

export function xorOf(lane: Lane, n: number): string {
  if (lane.tombstones.size === 0) return NO_XOR
  let [high, low] = [0, 0]
  for (const [id, at] of lane.tombstones) {
    if (at > n) continue
    high ^= Number.parseInt(id.slice(0, 8), 16)
    low ^= Number.parseInt(id.slice(8, 16), 16)
  }
  return digits(high) + digits(low)
}

const digits = (bits: number) => (bits >>> 0).toString(16).padStart(8, '0')

export function packEntry(entry: VectorEntry): Uint8Array {
  const out = new Uint8Array(VECTOR_ENTRY_BYTES)
  out.set(fromHex(entry.author), 0)
  out.set(fromHex(entry.lane), 32)
  writeUint(out, 40, 4, entry.n)
  out.set(fromHex(entry.id8), 44)
  writeUint(out, 52, 4, entry.forkAt)
  out.set(fromHex(entry.xor8), 56)
  return out
}

export function parseEntries(bytes: Uint8Array): VectorEntry[] {
  const entries: VectorEntry[] = []
  for (let at = 0; at < bytes.length; at += VECTOR_ENTRY_BYTES) {
    entries.push({
      author: personKey(bytes, at),
      lane: laneId(bytes, at + 32),
      n: readUint(bytes, at + 40, 4),
      id8: laneId(bytes, at + 44),
      forkAt: readUint(bytes, at + 52, 4),
      xor8: laneId(bytes, at + 56),
    })
  }
  return entries
}

export const bucketOf = (author: PersonKey) => Number.parseInt(author.slice(0, 2), 16)
const ZERO_BUCKET = new Uint8Array(16)

/** 16 bytes over the sorted entries of one bucket; zeros for an empty one. */
export function bucketDigest(
  crypto: Crypto,
  room: RoomId,
  cls: LaneClass,
  entries: readonly Uint8Array[],
): Uint8Array {
  if (entries.length === 0) return ZERO_BUCKET
  return tagged(crypto, 'lanchat/bucket/1', fromHex(room), uint(cls, 1), join(entries)).slice(0, 16)
}

/** 16 bytes over the 256 bucket digests. */
export const roomDigest = (crypto: Crypto, room: RoomId, cls: LaneClass, buckets: Uint8Array) =>
  tagged(crypto, 'lanchat/vector/1', fromHex(room), uint(cls, 1), buckets).slice(0, 16)
