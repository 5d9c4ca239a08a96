/**
 * Wakes: when the shell has to give the next tick. The choice of hub says at any time when it wants one, all others at the
 * end of a turn. Pure: times are monotonic ms.
 */
/**
 * All that is looked after at a tick is not looked through whenever the choice of hub has something to do, which a busy hub has
 * some ten times a second: after this at the earliest.
 */
const TICK_AGAIN_MS = 250
/** Where nobody waits for anything. */
const TICK_EVERY_MS = 1000

export class Wakes {
  #choiceAt = Number.POSITIVE_INFINITY
  /** The one that the shell was told last. */
  #told = Number.NEGATIVE_INFINITY
  /** Not before is there anything to do at a tick. */
  #ticksAt = 0
  /** When there was a tick last. */
  #tickedAt: number

  constructor(now: number) {
    this.#tickedAt = now
  }

  /** The choice of hub wants to be asked again then. */
  choose(at: number): void {
    this.#choiceAt = at
  }

  /** The choice of hub is asked: what it wanted is being given; it says when it wants more, and wants nothing once it has left. */
  choosing(now: number): void {
    if (this.#choiceAt <= now) this.#choiceAt = Number.POSITIVE_INFINITY
  }

  /** Is a tick wanted sooner than the shell was told? */
  get isSooner(): boolean {
    return this.#choiceAt < this.#told
  }

  /**
   * Is everything to be looked after? Not where only a turn was to end, which does what the hub's fan-out or the search index
   * waited for, nor where only the choice of hub has something to do, shortly after the tick before.
   */
  isTick(now: number): boolean {
    return now >= this.#ticksAt || now >= Math.max(this.#tickedAt + TICK_AGAIN_MS, this.#choiceAt)
  }

  ticked(now: number): void {
    this.#tickedAt = now
  }

  /** When everything is looked after at the latest. isWaiting: somebody waits for something that has no time of its own. */
  nextAt(isWaiting: boolean): number {
    return this.#tickedAt + (isWaiting ? TICK_AGAIN_MS : TICK_EVERY_MS)
  }

  /** A turn ends. Returns when to wake. turnAt: when the next one is to end at the latest. */
  tell(ticksAt: number, turnAt: number): number {
    this.#ticksAt = ticksAt
    this.#told = Math.min(ticksAt, this.#choiceAt, turnAt)
    return this.#told
  }

  /** A turn ends that only brought what is named here. Returns when to wake, where that is sooner than the shell was told. */
  tellSooner(ticksAt: number, turnAt: number): number | undefined {
    this.#ticksAt = Math.min(this.#ticksAt, ticksAt)
    const at = Math.min(this.#ticksAt, this.#choiceAt, turnAt)
    if (at >= this.#told) return undefined
    this.#told = at
    return at
  }
}
