/**
 * Term numbers: a word as the index writes it, 40 bits made with a secret of this device, so that the index of a private
 * room holds no word of it. The upper 28 bits come from the beginning of the word, more of them with each letter: words
 * that begin alike stand together, and can be found by their beginning. Two words with one number cost a look at a text
 * that does not hold the one looked for, and nothing else.
 */
import { readUint } from '../../wire/bytes.ts'
import { WORD_CHARS_MAX } from './words.ts'

/** Bits for the second to the sixth letter. */
const LEVELS = [10, 6, 4, 4, 4] as const
/** Less than 32, so that whole numbers do. */
const BEGINNING_BITS = LEVELS.reduce((sum, bits) => sum + bits, 0)
const REST_BITS = 12
/** Bytes of a number on disk. */
export const TERM_BYTES = 5

const mix = (state: number, code: number): number => {
  const mixed = Math.imul(state ^ code, 0x9e3779b1)
  return Math.imul(mixed ^ (mixed >>> 15), 0x85ebca6b)
}

/** Of a word of fewer letters the rest counts as empty. */
const LETTERS_MIN = LEVELS.length + 1

export class TermNumbers {
  readonly #keys: readonly [number, number, number]
  readonly #codes = new Uint16Array(WORD_CHARS_MAX)

  /** secret: 12 bytes or more. */
  constructor(secret: Uint8Array) {
    this.#keys = [readUint(secret, 0, 4) | 0, readUint(secret, 4, 4) | 0, readUint(secret, 8, 4) | 0]
  }

  of(word: string): number {
    const codes = word.length <= this.#codes.length ? this.#codes : new Uint16Array(word.length)
    for (let k = 0; k < word.length; k++) codes[k] = word.charCodeAt(k)
    return this.ofCodes(codes, word.length)
  }

  /** Of the word of the first `length` UTF-16 codes. */
  ofCodes(codes: Uint16Array | Uint8Array, length: number): number {
    const [start, inner, outer] = this.#keys
    let state = start
    let beginning = 0
    const end = Math.max(length, LETTERS_MIN)
    for (let k = 0; k < end; k++) {
      state = mix(state, k < length ? codes[k]! + 1 : 0)
      if (k >= 1 && k <= LEVELS.length) beginning = grown(beginning, state ^ inner, LEVELS[k - 1]!)
    }
    return beginning * 2 ** REST_BITS + (mix(state, outer) >>> (32 - REST_BITS))
  }

  /** Numbers from <= n < to of all words that begin so, and of some others; undefined for less than two letters. */
  beginningWith(letters: string): readonly [from: number, to: number] | undefined {
    if (letters.length < 2) return undefined
    const [start, inner] = this.#keys
    let state = start
    let beginning = 0
    let bits = 0
    for (let k = 0; k < letters.length && k <= LEVELS.length; k++) {
      state = mix(state, letters.charCodeAt(k) + 1)
      if (k < 1) continue
      beginning = grown(beginning, state ^ inner, LEVELS[k - 1]!)
      bits += LEVELS[k - 1]!
    }
    const unit = 2 ** (BEGINNING_BITS - bits + REST_BITS)
    return [beginning * unit, (beginning + 1) * unit]
  }
}

const grown = (beginning: number, state: number, bits: number): number =>
  (beginning << bits) | (mix(state, bits) >>> (32 - bits))
