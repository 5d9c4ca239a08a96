/**
 * Who waits for their faults: whoever breaks the rules three times gets no link for a while, by key and by address. Pure:
 * times are monotonic ms.
 */
import type { PersonKey } from '../wire/ids.ts'
import { PENALTY_MS } from '../wire/limits.ts'

/** Keys and addresses remembered for their faults: the oldest are forgotten. */
const FAULTY_MAX = 4096

export class Penalties {
  readonly #faults = new Map<PersonKey, number>()
  readonly #until = new Map<string, number>()

  /** One more fault of this key. Returns how many it has made since it waited last. */
  count(key: PersonKey): number {
    const count = (this.#faults.get(key) ?? 0) + 1
    this.#faults.delete(key)
    this.#faults.set(key, count)
    if (this.#faults.size > FAULTY_MAX) this.#faults.delete(this.#faults.keys().next().value!)
    return count
  }

  /** From now on the key waits, and the address where there is one. */
  begin(key: PersonKey, address: string | undefined, now: number): void {
    this.#faults.delete(key)
    while (this.#until.size >= FAULTY_MAX) this.#until.delete(this.#until.keys().next().value!)
    this.#until.set(key, now + PENALTY_MS)
    if (address !== undefined) this.#until.set(address, now + PENALTY_MS)
  }

  /** Does this key or address wait? */
  waits(who: string, now: number): boolean {
    const until = this.#until.get(who)
    if (until === undefined) return false
    if (until > now) return true
    this.#until.delete(who)
    return false
  }
}
