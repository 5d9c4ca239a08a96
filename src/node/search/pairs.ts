/**
 * Pairs: 64 bits for each doc that tell which of its words may stand side by side, so that of all texts with the words of a
 * phrase few are read in vain. Each two neighbours set three bits; one that is not set rules a phrase out. Of a text of eight words
 * one in forty other phrases of its words is not ruled out, of one of twenty words one in five.
 */

export type Pairs = readonly [low: number, high: number]

export const NO_PAIRS: Pairs = [0, 0]

/** terms: the numbers of words in the order in which they stand in a text, or in a phrase; the first `count` of them. */
export function pairsOf(terms: ArrayLike<number>, count = terms.length): Pairs {
  let low = 0
  let high = 0
  for (let k = 1; k < count; k++) {
    const mixed = mixOf(terms[k - 1]!, terms[k]!)
    for (let shift = 26; shift >= 14; shift -= 6) {
      const bit = (mixed >>> shift) & 63
      if (bit < 32) low |= 1 << bit
      else high |= 1 << (bit - 32)
    }
  }
  return [low >>> 0, high >>> 0]
}

/** Are all bits of `pairs` among these? */
export const holdsPairs = (low: number, high: number, [wantedLow, wantedHigh]: Pairs): boolean =>
  (wantedLow & ~low) === 0 && (wantedHigh & ~high) === 0

/** Of one doc on disk. */
export const PAIRS_BYTES = 8

/** Writes them at `at`. */
export function packPairs(bytes: Uint8Array, at: number, low: number, high: number): void {
  for (let k = 0; k < 4; k++) {
    bytes[at + k] = low >>> (8 * k)
    bytes[at + 4 + k] = high >>> (8 * k)
  }
}

/** Those of the docs that hold all these pairs, as far as their bits in `bytes` tell. */
export function withPairs(bytes: Uint8Array, docs: Uint16Array, pairs: Pairs): Uint16Array {
  const read = (at: number) =>
    bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
  return docs.filter((doc) => holdsPairs(read(doc * PAIRS_BYTES), read(doc * PAIRS_BYTES + 4), pairs))
}

/** 32 bits; others for the same two words the other way round. */
function mixOf(before: number, behind: number): number {
  const mixed = Math.imul((before | 0) ^ Math.imul(behind | 0, 0x9e3779b1), 0x85ebca6b)
  const again = Math.imul(mixed ^ (mixed >>> 15), 0xc2b2ae35)
  return again ^ (again >>> 13)
}
