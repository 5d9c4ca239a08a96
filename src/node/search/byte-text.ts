/**
 * Texts read from their bytes: words become numbers without becoming strings first, which is most of what the index would cost
 * else. What a character becomes by itself is known of nearly all (letters.ts); where it depends on others, the stretch between
 * two signs that are part of no word is read by words.ts on its own: no word reaches further. What comes out is what words.ts
 * makes of the whole text.
 */
import { TEXT_BYTES_MAX } from '../../wire/limits.ts'
import { codeOf, KIND, kindOf, textOf } from './letters.ts'
import { nextOf, type TermNumbers } from './term-numbers.ts'
import { WORD_CHARS_MAX, wordsOf } from './words.ts'

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
  /** The word that is being read. */
  readonly #word = new Uint16Array(WORD_CHARS_MAX)
  #length = 0
  /** Numbers of its words, in the order in which they stand there: the first `count`. There is room for a few more. */
  readonly terms = new Int32Array(READ_BYTES_MAX + 16)
  /** Of each of them what is next (nextOf); 0 of the last one. */
  readonly nexts = new Uint8Array(READ_BYTES_MAX + 16)
  count = 0
  /** `://` or `www.` stands in it. */
  mayLink = false

  constructor(numbers: TermNumbers) {
    this.#numbers = numbers
  }

  /** Reads bytes[from, to), UTF-8 of at most READ_BYTES_MAX. */
  read(bytes: Uint8Array, from: number, to: number): void {
    const word = this.#word
    this.count = 0
    this.mayLink = false
    let length = 0
    for (let at = from, stretch = from; at < to; at++) {
      const byte = bytes[at]!
      if (byte > 127) {
        this.#length = length
        at = this.#readStretch(bytes, stretch, at, to) - 1
        length = this.#length
        stretch = at + 1
        continue
      }
      const code = LOWER[byte]!
      if (code !== 0) {
        if (length < WORD_CHARS_MAX) word[length++] = code
        continue
      }
      if (byte === COLON) this.mayLink ||= bytes[at + 1] === SLASH && bytes[at + 2] === SLASH
      else if (byte === DOT && at - from >= 3) this.mayLink ||= isWww(bytes, at)
      if (length > 0) this.terms[this.count++] = this.#numbers.ofCodes(word, length)
      length = 0
      stretch = at + 1
    }
    if (length > 0) this.terms[this.count++] = this.#numbers.ofCodes(word, length)
    const { terms, nexts, count } = this
    for (let k = 1; k < count; k++) nexts[k - 1] = nextOf(terms[k]!)
    if (count > 0) nexts[count - 1] = 0
  }

  /**
   * Reads on from `at` to the next ASCII sign that is part of no word, whose place it gives. stretch: from where on there were
   * only ASCII letters, which are the word that is being read.
   */
  #readStretch(bytes: Uint8Array, stretch: number, at: number, to: number): number {
    const { count } = this
    let place = at
    for (; place < to; ) {
      const byte = bytes[place]!
      if (byte < 128) {
        const code = LOWER[byte]!
        if (code === 0) break
        if (this.#length < WORD_CHARS_MAX) this.#word[this.#length++] = code
        place++
        continue
      }
      const width = byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4
      const point = place + width <= to ? pointAt(bytes, place, width) : -1
      const kind = point < 0 ? KIND.slow : kindOf(point)
      if (kind === KIND.letter) {
        if (this.#length < WORD_CHARS_MAX) this.#word[this.#length++] = codeOf(point)
      } else if (kind === KIND.letters) this.#append(textOf(point))
      else if (kind === KIND.slow) {
        this.count = count
        return this.#readSlowly(bytes, stretch, place, to)
      } else {
        this.#endWord()
        if (kind === KIND.sign) this.terms[this.count++] = this.#numbers.ofSign(codeOf(point))
        else if (kind === KIND.emoji) {
          this.#append(textOf(point))
          this.#endWord()
        }
      }
      place += width
    }
    this.#endWord()
    return place
  }

  /** As words.ts does: the stretch around `at`. */
  #readSlowly(bytes: Uint8Array, stretch: number, at: number, to: number): number {
    let end = at
    while (end < to && (bytes[end]! > 127 || LOWER[bytes[end]!] !== 0)) end++
    for (const { word } of wordsOf(decoder.decode(bytes.subarray(stretch, end))))
      this.terms[this.count++] = this.#numbers.of(word)
    this.#length = 0
    return end
  }

  #append(text: string): void {
    for (let k = 0; k < text.length && this.#length < WORD_CHARS_MAX; k++)
      this.#word[this.#length++] = text.charCodeAt(k)
  }

  #endWord(): void {
    if (this.#length > 0) this.terms[this.count++] = this.#numbers.ofCodes(this.#word, this.#length)
    this.#length = 0
  }
}

/** The code point whose UTF-8 of `width` bytes begins here; -1 where that is no UTF-8. */
function pointAt(bytes: Uint8Array, at: number, width: number): number {
  const first = bytes[at]!
  const second = bytes[at + 1]! ^ 0x80
  if (second > 63) return -1
  if (width === 2) return first < 0xc2 ? -1 : ((first & 31) << 6) | second
  const third = bytes[at + 2]! ^ 0x80
  if (third > 63) return -1
  if (width === 3) {
    const point = ((first & 15) << 12) | (second << 6) | third
    return point < 0x800 ? -1 : point
  }
  const fourth = bytes[at + 3]! ^ 0x80
  const point = ((first & 7) << 18) | (second << 12) | (third << 6) | fourth
  return first > 0xf4 || fourth > 63 || point < 0x10000 || point > 0x10ffff ? -1 : point
}

/** Stands `www` before this place, in any case? */
const isWww = (bytes: Uint8Array, at: number): boolean =>
  (bytes[at - 1]! | 32) === W && (bytes[at - 2]! | 32) === W && (bytes[at - 3]! | 32) === W
