/**
 * Pairs: 64 bits for each doc that tell which of its words may stand side by side, so that of all texts with the words of a
 * phrase few are read in vain. Each two neighbours set one bit; a bit that is not set rules a phrase out.
 */

export type Pairs = readonly [low: number, high: number]

export const NO_PAIRS: Pairs = [0, 0]

/** terms: the numbers of words in the order in which they stand in a text, or in a phrase. */
export function pairsOf(terms: readonly number[]): Pairs {
  let low = 0
  let high = 0
  for (let k = 1; k < terms.length; k++) {
    const bit = bitOf(terms[k - 1]!, terms[k]!)
    if (bit < 32) low |= 1 << bit
    else high |= 1 << (bit - 32)
  }
  return [low >>> 0, high >>> 0]
}

/** Are all bits of `pairs` among these? */
export const holdsPairs = (low: number, high: number, [wantedLow, wantedHigh]: Pairs): boolean =>
  (wantedLow & ~low) === 0 && (wantedHigh & ~high) === 0

/** 0 to 63; another one for the same two words the other way round. */
function bitOf(before: number, behind: number): number {
  const mixed = Math.imul((before | 0) ^ Math.imul(behind | 0, 0x9e3779b1), 0x85ebca6b)
  return (mixed ^ (mixed << 13)) >>> 26
}
