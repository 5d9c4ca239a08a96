/**
 * Texts read from their bytes: words of ASCII, as most are, become numbers without becoming strings first, which is most of what
 * the index would cost else. What stands between two ASCII signs that are part of no word, and holds others, is read by words.ts
 * on its own: no word reaches further. What comes out is what words.ts makes of the whole text.
 */
import { TEXT_BYTES_MAX } from '../../wire/limits.ts'
import type { TermNumbers } from './term-numbers.ts'
import { readText, WORD_CHARS_MAX } from './words.ts'

/** Of a byte that may stand in a word its code in lower case, else 0. */
const LOWER = Uint8Array.from({ length: 128 }, (_, code) => {
  const sign = String.fromCharCode(code)
  return /[A-Za-z0-9_]/.test(sign) ? sign.toLowerCase().charCodeAt(0) : 0
})
const [COLON, SLASH, DOT, W] = [0x3a, 0x2f, 0x2e, 0x77]
const decoder = new TextDecoder()
/** A text, and a name before it. */
export const READ_BYTES_MAX = 2 * TEXT_BYTES_MAX

export class ByteText {
  readonly #numbers: TermNumbers
  readonly #lower = new Uint8Array(READ_BYTES_MAX)
  /** Numbers of its words, in the order in which they stand there: the first `count`. There is room for as many more. */
  readonly terms = new Float64Array(READ_BYTES_MAX + 16)
  count = 0
  /** Numbers of its pairs of signs (words.ts). */
  signs: number[] = []
  /** `://` or `www.` stands in it. */
  mayLink = false

  constructor(numbers: TermNumbers) {
    this.#numbers = numbers
  }

  /** Reads bytes[from, to), UTF-8 of at most READ_BYTES_MAX. */
  read(bytes: Uint8Array, from: number, to: number): void {
    const lower = this.#lower
    this.count = 0
    this.mayLink = false
    if (this.signs.length > 0) this.signs = []
    let start = -1
    let isAscii = true
    for (let at = from; at < to; at++) {
      const byte = bytes[at]!
      const code = byte > 127 ? byte : LOWER[byte]!
      if (code !== 0) {
        if (start < 0) {
          start = at
          isAscii = true
        }
        if (byte > 127) isAscii = false
        lower[at - start] = code
        continue
      }
      if (byte === COLON) this.mayLink ||= bytes[at + 1] === SLASH && bytes[at + 2] === SLASH
      else if (byte === DOT && at - from >= 3) this.mayLink ||= isWww(bytes, at)
      if (start >= 0) this.#add(bytes, start, at, isAscii)
      start = -1
    }
    if (start >= 0) this.#add(bytes, start, to, isAscii)
  }

  #add(bytes: Uint8Array, from: number, to: number, isAscii: boolean): void {
    if (isAscii) {
      this.terms[this.count++] = this.#numbers.ofCodes(this.#lower, Math.min(to - from, WORD_CHARS_MAX))
      return
    }
    const { words, signs } = readText(decoder.decode(bytes.subarray(from, to)))
    for (const word of words) this.terms[this.count++] = this.#numbers.of(word)
    for (const pair of signs) this.signs.push(this.#numbers.of(pair))
  }
}

/** Stands `www` before this place, in any case? */
const isWww = (bytes: Uint8Array, at: number): boolean =>
  (bytes[at - 1]! | 32) === W && (bytes[at - 2]! | 32) === W && (bytes[at - 3]! | 32) === W
