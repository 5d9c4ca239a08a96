/**
 * The measure: how much is taken of an author over their own link, beside what their hub granted them (rule LV-18). Whoever
 * posts under credit never meets it. What is over it is neither kept nor refused: it is pulled later, in order.
 *
 * A token bucket for each author. It holds a burst while they have a link here that was compared once, for what they write
 * then they can post; else more, since of what they wrote before they came nobody can say how long it took.
 * Pure: time is asked for.
 */
import type { Rate } from '../hub/index.ts'
import type { PersonKey } from '../wire/ids.ts'
import { AWAY_BURST, RATED_AUTHORS_MAX } from '../wire/limits.ts'

/** What came another way may bring the bucket down to so many bursts: paid for within 20 s. */
const DEBT_BURSTS = 5
/** What waits goes on once there are so many bursts again, of long lanes more: each pull brings all the rest of a lane. */
const REST_BURSTS = 1 / 2
const REST_BURSTS_MAX = 10
const REST_PART = 1 / 16

interface Bucket {
  tokens: number
  at: number
  /** Links of this author that were compared. */
  links: number
  /** So much may be saved up for a lane that waits. */
  saved: number
}

export class Measure {
  readonly #rate: Rate
  readonly #now: () => number
  readonly #buckets = new Map<PersonKey, Bucket>()

  /** now: monotonic ms. */
  constructor(rate: Rate, now: () => number) {
    this.#rate = rate
    this.#now = now
  }

  /** Authors that are remembered: for tests of growth. */
  get size(): number {
    return this.#buckets.size
  }

  /** May something of this author be taken over their own link now? */
  takes(author: PersonKey): boolean {
    return this.#rate.perS === 0 || this.#of(author).tokens > 0
  }

  /** So many events of this author came over their own link, or live. */
  took(author: PersonKey, events: number): void {
    if (this.#rate.perS === 0) return
    const bucket = this.#of(author)
    bucket.tokens = Math.max(bucket.tokens - events, -DEBT_BURSTS * this.#rate.burst)
    bucket.saved = Math.max(0, bucket.saved - events)
  }

  /** May a lane of which so many events wait be pulled again? Returns how many events there is room for. */
  room(author: PersonKey, waiting: number): number {
    const { perS, burst } = this.#rate
    if (perS === 0) return Number.POSITIVE_INFINITY
    const needed = burst * Math.min(REST_BURSTS_MAX, Math.max(REST_BURSTS, (waiting * REST_PART) / burst))
    const bucket = this.#of(author)
    bucket.saved = needed
    return bucket.tokens >= needed ? Math.floor(bucket.tokens) : 0
  }

  /** A link of theirs has been compared: what they write from now on they can post. */
  compared(author: PersonKey): void {
    if (this.#rate.perS === 0) return
    this.#of(author).links++
    // What was saved up beyond a burst is gone.
    this.#of(author)
  }

  /** One that had been is gone. */
  left(author: PersonKey): void {
    if (this.#rate.perS === 0) return
    const bucket = this.#of(author)
    bucket.links = Math.max(0, bucket.links - 1)
    bucket.saved = 0
  }

  /** The one met longest ago that has no link here. */
  #forgetOne(): void {
    for (const [author, { links }] of this.#buckets) if (links === 0) return void this.#buckets.delete(author)
  }

  /** As it is now. */
  #of(author: PersonKey): Bucket {
    const now = this.#now()
    let bucket = this.#buckets.get(author)
    if (!bucket) {
      bucket = { tokens: AWAY_BURST, at: now, links: 0, saved: 0 }
      this.#buckets.set(author, bucket)
      if (this.#buckets.size > RATED_AUTHORS_MAX) this.#forgetOne()
    }
    const { perS, burst } = this.#rate
    const most = bucket.links > 0 ? Math.max(burst, bucket.saved) : Math.max(burst, AWAY_BURST)
    bucket.tokens = Math.min(most, bucket.tokens + (Math.max(0, now - bucket.at) * perS) / 1000)
    bucket.at = now
    return bucket
  }
}
