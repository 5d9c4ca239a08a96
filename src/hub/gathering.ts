/**
 * Gathering: who becomes hub because another one died finds everybody joining and writing at the same moment, and each
 * thing told to all at once would cost all of them as many turns as there are of them. So in the first second of such a
 * reign what is told to all is gathered for some milliseconds; acknowledgements and answers to one member never wait.
 * Pure: time is an input.
 */

/** For so long after the loss of the former hub. */
const GATHERS_FOR_MS = 1000
/** Gathered for each node at hand, and at most. Among five nodes that is 20 ms. */
const GATHER_MS_PER_LINK = 5
const GATHER_MS_MAX = 100

export class Gathering {
  readonly #endsAt: number
  readonly #ms: number
  #dueAt: number | undefined

  /** links: nodes at hand when this one became hub; 0: nothing is gathered. now: monotonic ms. */
  constructor(links: number, now: number) {
    this.#ms = Math.min(GATHER_MS_MAX, GATHER_MS_PER_LINK * links)
    this.#endsAt = links > 0 ? now + GATHERS_FOR_MS : now
  }

  /** Something is there to be told: may it leave now? */
  isDue(now: number): boolean {
    if (now < this.#endsAt) {
      this.#dueAt ??= now + this.#ms
      if (now < this.#dueAt) return false
    }
    this.#dueAt = undefined
    return true
  }

  /** When what is gathered leaves, monotonic ms; undefined: nothing is. */
  get dueAt(): number | undefined {
    return this.#dueAt
  }
}
