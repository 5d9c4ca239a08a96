/** How much of something each address has at a time, so that one of them leaves room for the others. */
export class PerAddress {
  readonly #max: number
  readonly #had = new Map<string, number>()

  constructor(max: number) {
    this.#max = max
  }

  /** False where this address has all that one may have. */
  take(address: string): boolean {
    const had = this.#had.get(address) ?? 0
    if (had >= this.#max) return false
    this.#had.set(address, had + 1)
    return true
  }

  /** Once for each that was taken. */
  giveBack(address: string): void {
    const had = this.#had.get(address) ?? 0
    if (had > 1) this.#had.set(address, had - 1)
    else this.#had.delete(address)
  }
}
