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
  joinBuckets,
  type Lane,
  type LaneClass,
  listedN,
  packEntry,
  roomDigest,
  xorOf,
} from './lanes.ts'

/** Of one class of lanes of a room; null: to be computed. */
interface Digests {
  readonly buckets: (Uint8Array | null)[]
  joined: Uint8Array | null
  isEmpty: boolean | null
  digest: Uint8Array | null
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
  readonly #digests = new Map<RoomId, readonly [Digests, Digests]>()
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

  /** 256 bucket digests of 16 bytes. */
  buckets(room: RoomId, cls: LaneClass): Uint8Array {
    if (!this.#table.has(room)) return NO_BUCKETS
    const digests = this.#digestsOf(room, cls)
    digests.joined ??= joinBuckets(this.#fillBuckets(room, cls, digests))
    return digests.joined
  }

  #fillBuckets(room: RoomId, cls: LaneClass, { buckets }: Digests): Uint8Array[] {
    const missing = new Map<number, Uint8Array[]>()
    for (let i = 0; i < 256; i++) if (!buckets[i]) missing.set(i, [])
    for (const [author, lanes] of this.#table.authors(room, cls) ?? []) {
      const entries = missing.get(bucketOf(author))
      if (entries) this.#pushEntries(entries, lanes)
    }
    for (const [i, entries] of missing)
      buckets[i] = bucketDigest(this.#crypto, room, cls, entries.sort(compare))
    return buckets as Uint8Array[]
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
    const content = this.#digestsOf(room, 1)
    content.buckets.fill(null)
    this.#outdate(content)
  }

  changed(lane: Lane): void {
    const digests = this.#digestsOf(lane.room, classOf(lane.lane))
    digests.buckets[bucketOf(lane.author)] = null
    this.#outdate(digests)
  }

  /** What is derived from their bucket digests. */
  #outdate(digests: Digests): void {
    digests.joined = null
    digests.isEmpty = null
    digests.digest = null
    this.revision++
  }

  #digestsOf(room: RoomId, cls: LaneClass): Digests {
    let classes = this.#digests.get(room)
    if (!classes) {
      classes = [noDigests(), noDigests()]
      this.#digests.set(room, classes)
    }
    return classes[cls]
  }
}

/** Where nothing is held. */
export const NO_BUCKETS = new Uint8Array(256 * 16)

const noDigests = (): Digests => ({
  buckets: new Array(256).fill(null),
  joined: null,
  isEmpty: null,
  digest: null,
})
