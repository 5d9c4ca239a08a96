/**
 * Presence: who is here, as people are told. The hub says who has a session with it; a change of hub is no reason to say
 * that anybody went, so those whom the new hub has not named yet count as here for a while.
 */
import type { PersonKey } from '../wire/ids.ts'
import { MEMBERS_MAX } from '../wire/limits.ts'

/** No hub has more people than that: members, visitors, and itself. While they change over, twice as many are told. */
const PRESENT_MAX = 2 * MEMBERS_MAX
/** After a change of hub everybody has this long to arrive there. */
const ARRIVE_MS = 4000

export class Presence {
  readonly #self: PersonKey
  readonly #tell: (key: PersonKey, isOnline: boolean) => void
  /** As people were told last. */
  readonly #online = new Set<PersonKey>()
  /** As the present hub says. */
  readonly #here = new Set<PersonKey>()
  /** From when those who are not here are told as gone; Infinity while there is no hub. */
  #settledAt = Number.NEGATIVE_INFINITY

  constructor(self: PersonKey, tell: (key: PersonKey, isOnline: boolean) => void) {
    this.#self = self
    this.#tell = tell
  }

  has(key: PersonKey): boolean {
    return this.#online.has(key)
  }

  get count(): number {
    return this.#online.size
  }

  keys(): Iterable<PersonKey> {
    return this.#online
  }

  /** There is another hub, or a new session with the same one. now: monotonic ms. */
  hubChanged(now: number): void {
    this.#here.clear()
    this.#settledAt = now + ARRIVE_MS
  }

  /** There is no hub: nobody comes or goes until there is one. */
  hubLost(): void {
    this.#here.clear()
    this.#settledAt = Number.POSITIVE_INFINITY
  }

  /** The hub's roster. first: what it listed before no longer holds. */
  listed(keys: Iterable<PersonKey>, first: boolean): void {
    if (first) this.#here.clear()
    for (const key of keys) this.came(key)
  }

  came(key: PersonKey): void {
    if (key === this.#self || this.#here.size >= PRESENT_MAX) return
    this.#here.add(key)
    if (this.#online.has(key) || this.#online.size >= 2 * PRESENT_MAX) return
    this.#online.add(key)
    this.#tell(key, true)
  }

  went(key: PersonKey, now: number): void {
    this.#here.delete(key)
    if (now >= this.#settledAt) this.#gone(key)
  }

  tick(now: number): void {
    if (now < this.#settledAt) return
    for (const key of this.#online) if (!this.#here.has(key)) this.#gone(key)
  }

  #gone(key: PersonKey): void {
    if (this.#online.delete(key)) this.#tell(key, false)
  }
}
