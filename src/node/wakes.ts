/**
 * Wakes: when the shell has to give the next tick. The choice of hub says at any time when it wants one, all others at the
 * end of a turn. Pure: times are monotonic ms.
 */
export class Wakes {
  #choiceAt = Number.POSITIVE_INFINITY
  /** The one that the shell was told last. */
  #told = Number.NEGATIVE_INFINITY
  /** Not before is there anything to do at a tick. */
  #ticksAt = 0

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

  /** False for a tick that only the hub's fan-out asked for: the end of the turn does what it waited for. */
  isTick(now: number): boolean {
    return now >= this.#ticksAt
  }

  /** A turn ends. Returns when to wake. fanoutAt: when the hub's fan-out is due, which needs the end of a turn alone. */
  tell(ticksAt: number, fanoutAt: number): number {
    this.#ticksAt = Math.min(this.#choiceAt, ticksAt)
    this.#told = Math.min(this.#ticksAt, fanoutAt)
    return this.#told
  }
}
