/** How often somebody may do something: so many at once, then one for each that the time since has brought back. */
export class Pace<K> {
  readonly #until = new Map<K, number>()
  readonly #everyMs: number
  readonly #burst: number

  constructor(perS: number) {
    this.#everyMs = 1000 / perS
    this.#burst = perS
  }

  /** May `who` do it once more at `now` (ms)? Counted where it may. */
  allows(who: K, now: number): boolean {
    const until = Math.max(this.#until.get(who) ?? -Infinity, now - (this.#burst - 1) * this.#everyMs)
    if (until > now) return false
    this.#until.set(who, until + this.#everyMs)
    return true
  }

  forget(who: K): void {
    this.#until.delete(who)
  }
}
