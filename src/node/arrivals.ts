/**
 * Arrivals: somebody new is told of with their name. Who is online is known before their profile is here, so the news
 * waits for it, a second at most.
 */
import type { PersonKey } from '../wire/ids.ts'

const WAIT_MS = 1000

export class Arrivals {
  readonly #waiting = new Map<PersonKey, number>()
  readonly #isKnown: (key: PersonKey) => boolean
  readonly #tell: (key: PersonKey, isOnline: boolean) => void

  constructor(isKnown: (key: PersonKey) => boolean, tell: (key: PersonKey, isOnline: boolean) => void) {
    this.#isKnown = isKnown
    this.#tell = tell
  }

  /** now: monotonic ms. Who goes before they were told of is not told of at all. */
  changed(key: PersonKey, isOnline: boolean, now: number): void {
    if (!isOnline && this.#waiting.delete(key)) return
    if (isOnline && !this.#isKnown(key)) this.#waiting.set(key, now + WAIT_MS)
    else this.#tell(key, isOnline)
  }

  /** Profiles or time went on. */
  look(now: number): void {
    for (const [key, until] of this.#waiting) {
      if (now < until && !this.#isKnown(key)) continue
      this.#waiting.delete(key)
      this.#tell(key, true)
    }
  }

  get isWaiting(): boolean {
    return this.#waiting.size > 0
  }
}
