/**
 * Term numbers: a word as the index writes it, 31 bits made with a secret of this device, so that the index of a private
 * room holds no word of it. Of a word the upper 20 of 30 bits come from its beginning, more of them with each letter: words
 * that begin alike stand together, and can be found by their beginning. Two words with one number cost a look at a text
 * that does not hold the one looked for, and nothing else.
 *
 *   0         words of letters, digits and emoji
 *   2^30      signs of scripts without spaces: of a word that begins with one, only that counts
 *   3 * 2^29  facets (facets.ts)
 */
import { readUint } from '../../wire/bytes.ts'
import { isUnspaced, WORD_CHARS_MAX } from './words.ts'

/** Bits for the second to the fifth letter. */
const LEVELS = [10, 5, 3, 2] as const
const BEGINNING_BITS = LEVELS.reduce((sum, bits) => sum + bits, 0)
const REST_BITS = 10
const SIGNS = 2 ** 30
const OTHER_BITS = 29
const FACETS = SIGNS + 2 ** OTHER_BITS
/** Bytes of a number on disk. */
export const TERM_BYTES = 4

const mix = (state: number, code: number): number => {
  const mixed = Math.imul(state ^ code, 0x9e3779b1)
  return Math.imul(mixed ^ (mixed >>> 15), 0x85ebca6b)
}

/** Of a word of fewer letters the rest counts as empty. */
const LETTERS_MIN = LEVELS.length + 1

/** Numbers from <= n < to. */
export type NumberRange = readonly [from: number, to: number]

export class TermNumbers {
  readonly #start: number
  readonly #inner: number
  readonly #outer: number
  readonly #codes = new Uint16Array(WORD_CHARS_MAX)

  /** secret: 12 bytes or more. */
  constructor(secret: Uint8Array) {
    this.#start = readUint(secret, 0, 4) | 0
    this.#inner = readUint(secret, 4, 4) | 0
    this.#outer = readUint(secret, 8, 4) | 0
  }

  of(word: string): number {
    const first = word.codePointAt(0) ?? 0
    if (isUnspaced(String.fromCodePoint(first))) return this.ofSign(first)
    const codes = word.length <= this.#codes.length ? this.#codes : new Uint16Array(word.length)
    for (let k = 0; k < word.length; k++) codes[k] = word.charCodeAt(k)
    return this.ofCodes(codes, word.length)
  }

  /** Of the word of the first `length` UTF-16 codes, which begins with no sign of a script without spaces. */
  ofCodes(codes: Uint16Array | Uint8Array, length: number): number {
    const inner = this.#inner
    let state = mix(this.#start, length > 0 ? codes[0]! + 1 : 0)
    let beginning = 0
    for (let k = 1; k < LETTERS_MIN; k++) {
      state = mix(state, k < length ? codes[k]! + 1 : 0)
      beginning = grown(beginning, state ^ inner, LEVELS[k - 1]!)
    }
    for (let k = LETTERS_MIN; k < length; k++) state = mix(state, codes[k]! + 1)
    return (beginning << REST_BITS) | (mix(state, this.#outer) >>> (32 - REST_BITS))
  }

  /** Of a word that begins with this sign of a script without spaces. */
  ofSign(point: number): number {
    return SIGNS + (mix(mix(this.#start, point), this.#outer) >>> (32 - OTHER_BITS))
  }

  ofFacet(name: string): number {
    let state = this.#start
    for (let k = 0; k < name.length; k++) state = mix(state, name.charCodeAt(k))
    return FACETS + (mix(state, this.#outer) >>> (32 - OTHER_BITS))
  }

  /** Numbers of all words that begin so, and of some others; undefined for a single letter. */
  beginningWith(letters: string): NumberRange | undefined {
    const sign = letters === '' ? 0 : this.of(letters)
    if (sign >= SIGNS) return [sign, sign + 1]
    if (letters.length < 2) return undefined
    let state = this.#start
    let beginning = 0
    let bits = 0
    for (let k = 0; k < letters.length && k <= LEVELS.length; k++) {
      state = mix(state, letters.charCodeAt(k) + 1)
      if (k < 1) continue
      beginning = grown(beginning, state ^ this.#inner, LEVELS[k - 1]!)
      bits += LEVELS[k - 1]!
    }
    const unit = 2 ** (BEGINNING_BITS - bits + REST_BITS)
    return [beginning * unit, (beginning + 1) * unit]
  }
}

/** Bits of nextOf. */
export const NEXT_BITS = 8
/** What is kept of a word with the one before it: so a phrase is looked for only where its words may stand side by side. */
export const nextOf = (number: number): number => Math.imul(number, 0x9e3779b1) >>> (32 - NEXT_BITS)

/** Is it no facet, so that words stand behind it? */
export const isInText = (number: number): boolean => number < FACETS

const grown = (beginning: number, state: number, bits: number): number =>
  (beginning << bits) | (mix(state, bits) >>> (32 - bits))
