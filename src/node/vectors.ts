/**
 * Vectors: how far each lane is listed now, and the digests by which two nodes find out where they differ (rules SY-1 to
 * SY-6). A digest is kept until something that it is made of may have changed.
 */
import { compare } from '../wire/bytes.ts'
import type { Crypto } from '../wire/crypto.ts'
import { isControlLane, LANE_START } from '../wire/event.ts'
import type { LaneId, RoomId } from '../wire/ids.ts'
import { FUTURE_MS_MAX, PERIOD_MS } from '../wire/limits.ts'
import type { LaneRecords } from './lane-records.ts'
import type { LaneTable } from './lane-table.ts'
import {
  bucketDigest,
  bucketOf,
  classOf,
  isCurrent,
  type Lane,
  type LaneClass,
  listedN,
  packEntry,
  roomDigest,
  xorOf,
} from './lanes.ts'

/** What was asked of one class of lanes of a room, and holds still. Rooms of others may be many, and of few lanes each. */
interface Digests {
  /** Of those in which somebody has lanes. */
  readonly buckets: Map<number, Uint8Array>
  /** None of these is missing. */
  isWhole: boolean
  isEmpty: boolean | undefined
  digest: Uint8Array | undefined
}

export interface VectorsPorts {
  readonly crypto: Crypto
  readonly table: LaneTable
  readonly records: LaneRecords
  readonly retentionMs: number
  /** Last n of a content lane that may be listed. */
  readonly limitOf: (lane: Lane) => number
}

export class Vectors {
  readonly #crypto: Crypto
  readonly #table: LaneTable
  readonly #records: LaneRecords
  readonly #retentionMs: number
  readonly #limitOf: (lane: Lane) => number
  /** By class. */
  readonly #digests = [new Map<RoomId, Digests>(), new Map<RoomId, Digests>()] as const
  #now = 0
  #currency = ''
  /** Another one where anything that `digest` is made of may have changed. */
  revision = 0

  constructor({ crypto, table, records, retentionMs, limitOf }: VectorsPorts) {
    this.#crypto = crypto
    this.#table = table
    this.#records = records
    this.#retentionMs = retentionMs
    this.#limitOf = limitOf
  }

  // --- time ---------------------------------------------------------------------------------------------------------

  /** netNow, ms. Which content lanes are listed changes only when a period passes one of two borders. */
  setNow(now: number): void {
    this.#now = now
    const currency = `${Math.floor((now - this.#retentionMs - 1) / PERIOD_MS)}/${Math.floor((now + FUTURE_MS_MAX) / PERIOD_MS)}`
    if (currency === this.#currency) return
    this.#currency = currency
    for (const room of this.#table.rooms()) this.limitsChanged(room)
  }

  get now(): number {
    return this.#now
  }

  isCurrent(lane: LaneId): boolean {
    return isCurrent(lane, this.#now, this.#retentionMs)
  }

  // --- what is listed -----------------------------------------------------------------------------------------------

  /** The listed n of a lane, or undefined where it has no entry. */
  listed(lane: Lane): number | undefined {
    const isControl = isControlLane(lane.lane)
    if (!isControl && !this.isCurrent(lane.lane)) return undefined
    const n = this.counted(lane)
    return n > 0 || lane.forkAt > 0 ? n : undefined
  }

  /** The last n that counts: below cuts and forks, and up to what is signed (a run counts with all its bodies or not yet). */
  counted(lane: Lane): number {
    return listedN(lane, this.limit(lane))
  }

  limit(lane: Lane): number {
    return isControlLane(lane.lane) ? Number.POSITIVE_INFINITY : this.#limitOf(lane)
  }

  /** The packed entry of a lane, or undefined where it is not listed. */
  entry(lane: Lane): Uint8Array | undefined {
    const n = this.listed(lane)
    if (n === undefined) return undefined
    const id =
      n === lane.n ? lane.id : n === lane.end ? lane.endId : (this.#records.idAt(lane, n) ?? LANE_START)
    return packEntry({
      author: lane.author,
      lane: lane.lane,
      n,
      id8: id.slice(0, 16),
      forkAt: lane.forkAt,
      xor8: xorOf(lane, n),
    })
  }

  // --- digests ------------------------------------------------------------------------------------------------------

  bucketEntries(room: RoomId, cls: LaneClass, bucket: number): Uint8Array[] {
    const out: Uint8Array[] = []
    // An answer to a question goes through all authors for each bucket.
    const begins = bucket.toString(16).padStart(2, '0')
    for (const [author, lanes] of this.#table.authors(room, cls) ?? [])
      if (author.startsWith(begins)) this.#pushEntries(out, lanes)
    return out.sort(compare)
  }

  #pushEntries(out: Uint8Array[], lanes: ReadonlyMap<LaneId, Lane>): void {
    for (const lane of lanes.values()) {
      const entry = this.entry(lane)
      if (entry) out.push(entry)
    }
  }

  /** 256 bucket digests of 16 bytes, the caller's own. */
  buckets(room: RoomId, cls: LaneClass): Uint8Array {
    const joined = new Uint8Array(256 * BUCKET_BYTES)
    if (!this.#table.has(room)) return joined
    for (const [i, digest] of this.#filledBuckets(room, cls)) joined.set(digest, i * BUCKET_BYTES)
    return joined
  }

  #filledBuckets(room: RoomId, cls: LaneClass): ReadonlyMap<number, Uint8Array> {
    const digests = this.#digestsOf(room, cls)
    const { buckets } = digests
    if (digests.isWhole) return buckets
    const missing = new Map<number, Uint8Array[]>()
    for (const [author, lanes] of this.#table.authors(room, cls) ?? []) {
      const i = bucketOf(author)
      if (buckets.has(i)) continue
      let entries = missing.get(i)
      if (!entries) {
        entries = []
        missing.set(i, entries)
      }
      this.#pushEntries(entries, lanes)
    }
    for (const [i, entries] of missing)
      buckets.set(i, bucketDigest(this.#crypto, room, cls, entries.sort(compare)))
    digests.isWhole = true
    return buckets
  }

  /** True where nothing of this class is listed. */
  isEmpty(room: RoomId, cls: LaneClass): boolean {
    if (!this.#table.has(room)) return true
    const digests = this.#digestsOf(room, cls)
    digests.isEmpty ??= !this.#listsAny(room, cls)
    return digests.isEmpty
  }

  #listsAny(room: RoomId, cls: LaneClass): boolean {
    for (const lanes of this.#table.authors(room, cls)?.values() ?? [])
      for (const lane of lanes.values()) if (this.listed(lane) !== undefined) return true
    return false
  }

  digest(room: RoomId, cls: LaneClass): Uint8Array {
    if (!this.#table.has(room)) return roomDigest(this.#crypto, room, cls, NO_BUCKETS)
    const digests = this.#digestsOf(room, cls)
    digests.digest ??= roomDigest(this.#crypto, room, cls, this.buckets(room, cls))
    return digests.digest
  }

  // --- what changed -------------------------------------------------------------------------------------------------

  /** Cuts of this room's content, or whether it is deleted, changed. */
  limitsChanged(room: RoomId): void {
    if (!this.#table.has(room)) return
    this.#digests[1].delete(room)
    this.revision++
  }

  changed(lane: Lane): void {
    const digests = this.#digests[classOf(lane.lane)].get(lane.room)
    this.revision++
    if (!digests) return
    digests.buckets.delete(bucketOf(lane.author))
    digests.isWhole = false
    digests.isEmpty = undefined
    digests.digest = undefined
  }

  #digestsOf(room: RoomId, cls: LaneClass): Digests {
    const known = this.#digests[cls].get(room)
    if (known) return known
    const digests: Digests = { buckets: new Map(), isWhole: false, isEmpty: undefined, digest: undefined }
    this.#digests[cls].set(room, digests)
    return digests
  }
}

const BUCKET_BYTES = 16
/** Where nothing is held. */
export const NO_BUCKETS = new Uint8Array(256 * BUCKET_BYTES)
