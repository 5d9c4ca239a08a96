/** When the search index takes in what came: a slice in each turn, and not while much comes. Pure: time is an input. */

/** Events taken into the search index in a turn: a millisecond or two. */
const INDEX_SLICE = 32
/** Events that come in a turn: after so many of them the index waits a moment, as a hub under load should relay. */
const BUSY_EVENTS = 4
const BUSY_MS = 50
/** While it is behind, there is a turn after this at the latest. */
const INDEX_EVERY_MS = 20

export class IndexPace {
  #busyUntil = Number.NEGATIVE_INFINITY
  /** Events that had come when the turn before this one ended. */
  #takenBefore = 0

  /** now: monotonic ms. */
  isBusy(now: number): boolean {
    return now < this.#busyUntil
  }

  /** A turn ends. taken: events that this process took in so far; isHeard: people are told of them. Returns how many to index. */
  endTurn(taken: number, isHeard: boolean, now: number): number {
    const came = taken - this.#takenBefore
    this.#takenBefore = taken
    if (came >= (isHeard ? BUSY_EVENTS : 1)) this.#busyUntil = now + BUSY_MS
    return this.isBusy(now) ? 0 : INDEX_SLICE
  }

  /** Of an index that is behind: when it goes on, monotonic ms. */
  dueAt(now: number): number {
    return Math.max(now + INDEX_EVERY_MS, this.#busyUntil)
  }
}
