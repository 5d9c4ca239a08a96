/** Finds the different ones of some numbers, a few thousand times a second. */

/** Of numbers that are kept at once: a table of four times as many slots. */
export const KEPT_MAX = 1024
const SLOTS = 4 * KEPT_MAX

export class Distinct {
  readonly #numbers = new Float64Array(SLOTS)
  /** In which round each slot was filled: so nothing has to be cleared. */
  readonly #rounds = new Uint32Array(SLOTS)
  #round = 0

  /** Moves the different ones of the first `count`, at most KEPT_MAX, to the front in their order; how many these are. */
  moveFirst(numbers: Float64Array, count: number): number {
    const slots = this.#numbers
    const rounds = this.#rounds
    this.#round = (this.#round + 1) >>> 0
    if (this.#round === 0) {
      rounds.fill(0)
      this.#round = 1
    }
    const round = this.#round
    let kept = 0
    for (let k = 0; k < count && kept < KEPT_MAX; k++) {
      const number = numbers[k]!
      let slot = Math.imul(number | 0, 0x9e3779b1) >>> 20
      while (rounds[slot] === round && slots[slot] !== number) slot = (slot + 1) % SLOTS
      if (rounds[slot] === round) continue
      rounds[slot] = round
      slots[slot] = number
      numbers[kept++] = number
    }
    return kept
  }
}
