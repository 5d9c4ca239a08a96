/** Durable: how far each lane is on disk, by the writes that have finished (INV-6, INV-14). */
import type { LaneId, PersonKey, RoomId } from '../wire/ids.ts'
import type { Lane } from './lanes.ts'
import type { Replica } from './replica.ts'

export class Durable {
  readonly #replica: Replica
  /** Lanes with writes under way, and how far each is on disk. */
  readonly #behind = new Map<Lane, number>()
  /** Lanes each write makes durable, in order of tickets. */
  readonly #writes = new Map<number, Map<Lane, number>>()
  #touched = new Map<Lane, number>()

  constructor(replica: Replica) {
    this.#replica = replica
  }

  /** The lane grew from `before` in memory; the next write carries it. */
  grew(lane: Lane, before: number): void {
    if (!this.#behind.has(lane)) this.#behind.set(lane, before)
    this.#touched.set(lane, lane.n)
  }

  /** A write with all that was touched since the last one begins. */
  writing(ticket: number): void {
    this.#writes.set(ticket, this.#touched)
    this.#touched = new Map()
  }

  /** The write is on disk. Returns the lanes that have more on disk now. */
  written(ticket: number): Iterable<Lane> {
    const lanes = this.#writes.get(ticket) ?? new Map<Lane, number>()
    this.#writes.delete(ticket)
    for (const [lane, n] of lanes) {
      const isLast = !this.#touched.has(lane) && ![...this.#writes.values()].some((write) => write.has(lane))
      if (isLast) this.#behind.delete(lane)
      else this.#behind.set(lane, n)
    }
    return lanes.keys()
  }

  /** Events of the lane that are on disk, contiguous from 1. */
  n = (room: RoomId, author: PersonKey, id: LaneId): number => {
    const lane = this.#replica.lane(room, author, id)
    return lane ? Math.min(this.#behind.get(lane) ?? lane.n, lane.n) : 0
  }
}
