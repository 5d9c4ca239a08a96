/**
 * ASCII texts, as most are, read from their bytes: their words become numbers without becoming strings first, which is most of
 * what the index would cost else. What comes out is what words.ts makes of the same text.
 */
import { TEXT_BYTES_MAX } from '../../wire/limits.ts'
import type { TermNumbers } from './term-numbers.ts'
import { WORD_CHARS_MAX } from './words.ts'

/** Of a byte that may stand in a word its code in lower case, else 0. */
const LOWER = Uint8Array.from({ length: 256 }, (_, code) => {
  const sign = String.fromCharCode(code)
  return /[A-Za-z0-9_]/.test(sign) ? sign.toLowerCase().charCodeAt(0) : 0
})
const [COLON, SLASH, DOT, W] = [0x3a, 0x2f, 0x2e, 0x77]

export class AsciiText {
  readonly #numbers: TermNumbers
  readonly #lower = new Uint8Array(TEXT_BYTES_MAX)
  /** Numbers of its words, in the order in which they stand there: the first `count`. */
  readonly terms = new Float64Array(TEXT_BYTES_MAX / 2 + 1)
  count = 0
  /** `://` or `www.` stands in it. */
  mayLink = false

  constructor(numbers: TermNumbers) {
    this.#numbers = numbers
  }

  /** Reads bytes[from, to), at most TEXT_BYTES_MAX. False where they are not ASCII: then nothing of it counts. */
  read(bytes: Uint8Array, from: number, to: number): boolean {
    const lower = this.#lower
    this.count = 0
    this.mayLink = false
    let start = -1
    for (let at = from; at < to; at++) {
      const byte = bytes[at]!
      const code = LOWER[byte]!
      if (code !== 0) {
        if (start < 0) start = at
        lower[at - start] = code
        continue
      }
      if (byte > 127) return false
      if (byte === COLON) this.mayLink ||= bytes[at + 1] === SLASH && bytes[at + 2] === SLASH
      else if (byte === DOT && at - start >= 3 && start >= 0) this.mayLink ||= isWww(lower, at - start)
      if (start >= 0) this.#add(at - start)
      start = -1
    }
    if (start >= 0) this.#add(to - start)
    return true
  }

  #add(length: number): void {
    this.terms[this.count++] = this.#numbers.ofCodes(this.#lower, Math.min(length, WORD_CHARS_MAX))
  }
}

const isWww = (word: Uint8Array, length: number): boolean =>
  word[length - 1] === W && word[length - 2] === W && word[length - 3] === W
