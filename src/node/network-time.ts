/**
 * The network's time as this process goes by it (rules CL-1 to CL-4): the offset of netNow, since when it is known, and
 * what of the past was there before this process. Pure: both clocks are inputs.
 */
import type { ClockMedians } from './choice.ts'
import { clockOffset } from './clock.ts'

/** A hub publishes its median after its first beacon; who has heard none by now goes by the own clock. */
const TIME_KNOWN_MS = 8000

export class NetworkTime {
  /** netNow minus the monotonic clock, ms. */
  #ahead: number
  /** The hub's median clock minus the monotonic clock; undefined: never heard. */
  #hubAhead: number | undefined
  #isSure = false
  #isKnown = false
  /** Has anybody told the network's time? */
  #isTold = false
  /** Monotonic ms of the start. */
  readonly #start: number

  constructor(now: number, wall: number) {
    this.#start = now
    this.#ahead = wall - now
  }

  /** netNow at this monotonic moment, ms. */
  at(now: number): number {
    return now + this.#ahead
  }

  /** Once known, what is history and what is new can be told apart. */
  get isKnown(): boolean {
    return this.#isKnown
  }

  /**
   * The start of this process in the network's time, ms. While only the hub's word stands against the own clock it is the
   * earlier of the two: netNow follows the later one, and would take for past what is said now. Once line[0] has told
   * the time as well it is the median, so that a hub whose clock lies makes nothing new look old.
   */
  get startedAt(): number {
    const ahead = this.#isSure ? this.#ahead : Math.min(this.#ahead, this.#hubAhead ?? this.#ahead)
    return ahead + this.#start
  }

  /** Takes the medians as published last. True when the time has just become known. */
  tick(now: number, wall: number, { hubMedian, lineMedian }: ClockMedians): boolean {
    this.#isSure = lineMedian !== undefined
    // Between two hubs nobody says the time: it goes on as it was, however wrong the own clock is.
    if (hubMedian || lineMedian) {
      this.#ahead = wall + clockOffset(now, wall, hubMedian, lineMedian) - now
      this.#isTold = true
      if (hubMedian) this.#hubAhead = hubMedian.value - hubMedian.at
    } else if (!this.#isTold) this.#ahead = wall - now
    if (this.#isKnown || (this.#hubAhead === undefined && now - this.#start <= TIME_KNOWN_MS)) return false
    this.#isKnown = true
    return true
  }
}
