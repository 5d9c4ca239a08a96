/**
 * The push: what has come to line[0], or to a hub from elsewhere than its members, is told over the open links once it
 * is some seconds old, so that a hub that keeps it from somebody keeps it in vain (rule GU-1).
 *
 * What is told is a vector entry for each lane that grew, as the lane stood at least PUSH_AFTER_MS ago: who got it
 * through the hub lacks nothing by then and answers nothing; who did not pulls it. A turn of events costs 64 bytes for
 * each lane that grew, every PUSH_AFTER_MS on each link, and nothing while nobody writes.
 */
import type { PersonKey } from '../../wire/ids.ts'
import type { Lane } from '../lanes.ts'

/** Older than this: what comes through an honest hub has come. */
export const PUSH_AFTER_MS = 2000
/** Lanes told at once: 8 KiB on each link. In a crowd that writes all at once the rest follows in the next rounds. */
export const PUSH_LANES_MAX = 128
/** Of one author, while others wait: who opens a lane for each word keeps nobody's from being told. */
const PUSH_LANES_OF_AUTHOR = 16

export interface Pushed {
  readonly lane: Lane
  /** Its vector entry as it stood then. */
  readonly entry: Uint8Array
  /** It came from elsewhere than the hub, who is told as well. */
  readonly isNews: boolean
}

export class Push {
  /** Lanes that grew since the last round, the longest waiting first, and whether the hub is told as well. */
  readonly #young = new Map<Lane, boolean>()
  #old: Pushed[] = []
  #roundAt = Number.NEGATIVE_INFINITY

  /** An event or tombstone of this lane has come. isNews: from elsewhere than the hub. */
  grew(lane: Lane, isNews: boolean): void {
    this.#young.set(lane, isNews || (this.#young.get(lane) ?? false))
  }

  /** The hub has given all of this lane: it is no news any more. */
  drop(lane: Lane): void {
    this.#young.delete(lane)
    this.#old = this.#old.filter((pushed) => pushed.lane !== lane)
  }

  get isWaiting(): boolean {
    return this.#young.size + this.#old.length > 0
  }

  /** now: monotonic ms. entryOf: the lane's vector entry now, undefined where it is not listed. Returns what is told now. */
  round(now: number, entryOf: (lane: Lane) => Uint8Array | undefined): readonly Pushed[] {
    if (!this.isWaiting || now - this.#roundAt < PUSH_AFTER_MS) return []
    this.#roundAt = now
    const due = this.#old
    this.#old = []
    const ofAuthor = new Map<PersonKey, number>()
    this.#take(entryOf, ({ author }) => {
      const count = (ofAuthor.get(author) ?? 0) + 1
      ofAuthor.set(author, count)
      return count <= PUSH_LANES_OF_AUTHOR
    })
    this.#take(entryOf, () => true)
    return due
  }

  /** Those of the young that are let, while there is room. */
  #take(entryOf: (lane: Lane) => Uint8Array | undefined, isLet: (lane: Lane) => boolean): void {
    for (const [lane, isNews] of this.#young) {
      if (this.#old.length >= PUSH_LANES_MAX) break
      if (!isLet(lane)) continue
      this.#young.delete(lane)
      const entry = entryOf(lane)
      if (entry) this.#old.push({ lane, entry, isNews })
    }
  }
}
