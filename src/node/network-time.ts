/**
 * The network's time as this process goes by it (rules CL-1 to CL-4): the offset of netNow, since when it is known, and
 * what of the past was there before this process. Pure: both clocks are inputs.
 */
import type { ClockMedians } from './choice.ts'
import { clockOffset } from './clock.ts'

/** A hub publishes its median after its first beacon; who has heard none by now goes by the own clock. */
const TIME_KNOWN_MS = 8000
/** Time that goes forward by more has jumped, */
const JUMP_MS = 2000
/** ... and for so long what was said by the time before may still be on its way. */
const FORMER_MS = 60_000

export class NetworkTime {
  /** netNow minus the monotonic clock, ms. */
  #ahead: number
  /** The hub's median clock minus the monotonic clock; undefined: never heard. */
  #hubAhead: number | undefined
  /** Hub and line[0] both told the time, when somebody did last. */
  #isSure = false
  #isKnown = false
  /** Has anybody told the network's time? */
  #isTold = false
  /** The offset before time jumped forward, and until when it still counts. */
  #former: { readonly ahead: number; readonly until: number } | undefined
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
   * The start of this process in the network's time, ms. While only the hub's word, or only that of line[0], stands against
   * the own clock it is the earlier of the own and the last hub's: netNow follows the later one, and would take for past what is
   * said now. Where both tell the time it is the median, so that a hub whose clock lies makes nothing new look old. Behind a jump forward, as
   * where one of two nodes on their own has its clock set, what others say by the time before it is still new.
   */
  get startedAt(): number {
    const told = this.#isSure ? this.#ahead : Math.min(this.#ahead, this.#hubAhead ?? this.#ahead)
    return Math.min(told, this.#former?.ahead ?? told) + this.#start
  }

  /** Takes the medians as published last. True when the time has just become known. */
  tick(now: number, wall: number, { hubMedian, lineMedian }: ClockMedians): boolean {
    if (this.#former && now >= this.#former.until) this.#former = undefined
    // Between two hubs nobody says the time: it goes on as it was, however wrong the own clock is.
    if (hubMedian || lineMedian) {
      const isSure = hubMedian !== undefined && lineMedian !== undefined
      this.#goBy(wall + clockOffset(now, wall, hubMedian, lineMedian) - now, isSure, now)
      this.#isTold = true
      if (hubMedian) this.#hubAhead = hubMedian.value - hubMedian.at
    } else if (!this.#isTold) this.#ahead = wall - now
    if (this.#isKnown || (this.#hubAhead === undefined && now - this.#start <= TIME_KNOWN_MS)) return false
    this.#isKnown = true
    return true
  }

  /** Only a time that others shared has a past: a clock that was wrong while its node was alone says nothing of theirs. */
  #goBy(ahead: number, isSure: boolean, now: number): void {
    const before = this.#ahead
    if (this.#isSure && ahead - before > JUMP_MS)
      this.#former = { ahead: Math.min(before, this.#former?.ahead ?? before), until: now + FORMER_MS }
    this.#ahead = ahead
    this.#isSure = isSure
  }
}
