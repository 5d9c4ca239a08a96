/**
 * Erasing: content that nobody may see any more goes from the disk (rules EV-15 and EV-16). Two kinds of it: lanes that expired
 * a week ago, with their deletions, and the content of rooms that were deleted a week ago by a delete that still counts, with
 * the keys that opened it. The week lets a wrong clock or a wrong delete be mended first.
 *
 *   each minute: which lanes are due? -> each tick: a slice of one lane, from its end, in the batch of that turn
 */
import { readUint, uint } from '../wire/bytes.ts'
import { isControlLane, lanePeriod } from '../wire/event.ts'
import type { RoomId } from '../wire/ids.ts'
import { ERASE_AFTER_MS, PERIOD_MS } from '../wire/limits.ts'
import { factKey } from './keys.ts'
import type { Lane } from './lanes.ts'
import type { Replica } from './replica.ts'
import type { StoreOp } from './store.ts'

const LOOK_EVERY_MS = 60_000
/** Events of one slice: well below a millisecond of deletes for each tick. */
const SLICE_EVENTS = 64
/** Rooms whose delete is remembered at a time. */
const DELETED_MAX = 4096

/** Is this content lane to be erased, its room being there? now: ms. */
export const isErasable = (lane: Lane['lane'], now: number, retentionMs: number): boolean =>
  isPeriodErasable(lanePeriod(lane), now, retentionMs)

/** The same of all lanes of a period. */
export const isPeriodErasable = (period: number, now: number, retentionMs: number): boolean =>
  (period + 1) * PERIOD_MS + retentionMs + ERASE_AFTER_MS < now

/**
 * The time that counts for erasing, as nothing erased comes back: the earliest one of the network's, the own raw clock and every
 * peer's heard now: of two nodes alone the network's is the later clock, and that may be the wrong one. undefined: there is
 * nobody to compare with, so nothing is erased.
 */
export function erasingTime(netNow: number, wall: number, clocks: Iterable<number>): number | undefined {
  let earliest: number | undefined
  for (const clock of clocks) earliest = Math.min(earliest ?? Math.min(netNow, wall), clock)
  return earliest
}

/** When this node saw that something is to go, as it stands on its disk. */
export const noteOf = (time: number): Uint8Array => uint(Math.max(0, Math.round(time)), 6)
/** undefined: there is none, or what the disk has damaged. */
export const notedAt = (note: Uint8Array | undefined): number | undefined =>
  note?.length === 6 ? readUint(note, 0, 6) : undefined

export interface ErasingPorts {
  readonly replica: Replica
  readonly retentionMs: number
  /** Does a delete of this room count? */
  isDeleted(room: RoomId): boolean
  get(key: string): Uint8Array | undefined
  put(op: StoreOp): void
  /** The keys of this room lie on the disk no more: what is known of them elsewhere goes too. */
  keysErased(room: RoomId): void
  /** The room is not deleted any more: what still lies on the disk of its keys is wanted. */
  keysWanted(room: RoomId): void
  /** All content of this lane is gone. */
  laneErased(lane: Lane): void
  /** Nothing more is to be erased by this time, and something was. */
  done(time: number): void
}

export class Erasing {
  readonly #ports: ErasingPorts
  #due: Lane[] = []
  #lookAt = Number.NEGATIVE_INFINITY
  #seen = 0
  /** Lanes of this round. */
  #hasErased = false
  /** Up to where control lanes of deleted rooms hold no key any more. */
  readonly #keyless = new WeakMap<Lane, number>()

  constructor(ports: ErasingPorts) {
    this.#ports = ports
  }

  /** Is there anything to do or to look for? now: monotonic ms. */
  isDue(now: number): boolean {
    return this.#due.length > 0 || now >= this.#lookAt
  }

  /** now: monotonic ms; time: see erasingTime. Erases a slice; returns how many events went. */
  tick(now: number, time: number | undefined): number {
    if (time === undefined) return 0
    if (this.#due.length === 0) {
      if (now < this.#lookAt) return 0
      this.#lookAt = now + LOOK_EVERY_MS
      this.#due = [...this.#dueLanes(time)]
    }
    let left = SLICE_EVENTS
    while (left > 0 && this.#due.length > 0) {
      const lane = this.#due[0]!
      if (isControlLane(lane.lane)) {
        const looked = this.#eraseKeys(lane, left)
        left -= Math.max(1, looked)
        if (looked === 0) this.#due.shift()
        continue
      }
      const isExpired = isErasable(lane.lane, time, this.#ports.retentionMs)
      // Undeleted meanwhile, or a clock was set right: it stays.
      if (!isExpired && !this.#ports.isDeleted(lane.room)) this.#due.shift()
      else {
        const { erased, isDone } = this.#ports.replica.erase(lane, left, isExpired)
        left -= Math.max(1, erased)
        if (!isDone) continue
        this.#due.shift()
        this.#ports.laneErased(lane)
        this.#hasErased = true
      }
    }
    if (this.#due.length === 0 && this.#hasErased) {
      this.#hasErased = false
      this.#ports.done(time)
    }
    return SLICE_EVENTS - Math.max(0, left)
  }

  /** Returns how many events were looked at; 0: nothing of the lane is left to look at, or the room is not deleted any more. */
  #eraseKeys(lane: Lane, max: number): number {
    if (!this.#ports.isDeleted(lane.room)) return 0
    const after = this.#keyless.get(lane) ?? 0
    const { looked, erased } = this.#ports.replica.eraseKeys(lane, after, max)
    this.#keyless.set(lane, after + looked)
    if (erased > 0) this.#ports.keysErased(lane.room)
    return looked
  }

  *#dueLanes(time: number): Iterable<Lane> {
    const { replica, retentionMs } = this.#ports
    this.#seen = 0
    for (const room of replica.rooms()) {
      const isGone = this.#isGone(room, time)
      if (isGone !== replica.erasedKeys.isClosed(room)) this.#closeKeys(room, isGone)
      if (isGone)
        for (const lane of replica.lanes(room, 0)) if ((this.#keyless.get(lane) ?? 0) < lane.top) yield lane
      for (const lane of replica.lanes(room, 1)) {
        const isExpired = isErasable(lane.lane, time, retentionMs)
        if (isExpired || (isGone && lane.n + lane.tombstones.size > 0)) yield lane
      }
    }
  }

  /** Undeleted meanwhile, a room may have keys again, and all its lanes are looked at anew should it be deleted once more. */
  #closeKeys(room: RoomId, isGone: boolean): void {
    this.#ports.replica.erasedKeys.close(room, isGone)
    if (isGone) return this.#ports.keysErased(room)
    for (const lane of this.#ports.replica.lanes(room, 0)) this.#keyless.delete(lane)
    this.#ports.keysWanted(room)
  }

  /** Was the room deleted a week ago, counted from when this node saw it? The delete's own time may be false. */
  #isGone(room: RoomId, time: number): boolean {
    const key = factKey(`deleted/${room}`)
    const seen = this.#ports.get(key)
    if (!this.#ports.isDeleted(room)) {
      if (seen) this.#ports.put(['del', key])
      return false
    }
    const seenAt = notedAt(seen)
    if (seenAt !== undefined) return seenAt + ERASE_AFTER_MS < time
    if (++this.#seen <= DELETED_MAX) this.#ports.put(['put', key, noteOf(time)])
    return false
  }
}
