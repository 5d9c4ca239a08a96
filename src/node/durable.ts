/**
 * Durable: how far each lane is on disk so that a power loss takes nothing of it (INV-6, INV-14). A write without sync
 * counts once a later one with sync has finished: the disk's log is one. What a former process wrote counts after the
 * first synced write of this one.
 */
import type { LaneId, PersonKey, RoomId } from '../wire/ids.ts'
import type { Lane } from './lanes.ts'
import type { Replica } from './replica.ts'

interface Write {
  readonly lanes: ReadonlyMap<Lane, number>
  readonly isSynced: boolean
}

export class Durable {
  readonly #replica: Replica
  /** Lanes that are not durable up to their end, and up to where each one is. */
  readonly #behind = new Map<Lane, number>()
  /** Writes under way, in order of tickets. */
  readonly #writes = new Map<number, Write>()
  #touched = new Map<Lane, number>()
  /** Written, but not with sync. */
  #unsynced = new Map<Lane, number>()
  #isBaseSynced = false

  constructor(replica: Replica) {
    this.#replica = replica
  }

  /** Is anything waiting for a synced write? */
  get isBehind(): boolean {
    return !this.#isBaseSynced || this.#unsynced.size > 0
  }

  /** The lane grew from `before` in memory; the next write carries it. */
  grew(lane: Lane, before: number): void {
    if (!this.#behind.has(lane)) this.#behind.set(lane, before)
    this.#touched.set(lane, lane.n)
  }

  /** A write with all that was touched since the last one begins. */
  writing(ticket: number, isSynced: boolean): void {
    this.#writes.set(ticket, { lanes: this.#touched, isSynced })
    this.#touched = new Map()
  }

  /** The write has finished; so have all before it. Returns the lanes that are durable further than before. */
  written(ticket: number): Iterable<Lane> {
    const write = this.#writes.get(ticket)
    this.#writes.delete(ticket)
    if (!write) return []
    for (const [lane, n] of write.lanes) this.#unsynced.set(lane, n)
    if (!write.isSynced) return []
    this.#isBaseSynced = true
    const lanes = this.#unsynced
    this.#unsynced = new Map()
    for (const [lane, n] of lanes) {
      if (n >= lane.n && !this.#touched.has(lane) && !this.#isUnderWay(lane)) this.#behind.delete(lane)
      else this.#behind.set(lane, n)
    }
    return lanes.keys()
  }

  /** The store was replaced by an empty one: nothing counts before the next write with sync, and no write before now. */
  lost(): void {
    for (const ticket of this.#writes.keys()) this.#writes.set(ticket, { lanes: new Map(), isSynced: false })
    this.#behind.clear()
    this.#touched.clear()
    this.#unsynced.clear()
    this.#isBaseSynced = false
  }

  #isUnderWay(lane: Lane): boolean {
    for (const write of this.#writes.values()) if (write.lanes.has(lane)) return true
    return false
  }

  /** Events of the lane that are durable and count: contiguous from 1, within its cuts, signed. */
  n = (room: RoomId, author: PersonKey, id: LaneId): number => {
    const lane = this.#replica.lane(room, author, id)
    if (!lane || !this.#isBaseSynced) return 0
    return Math.min(this.#behind.get(lane) ?? lane.n, this.#replica.vectors.counted(lane))
  }
}
