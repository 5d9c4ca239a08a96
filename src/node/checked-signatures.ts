/**
 * Checked signatures: what lies on the own disk and is handed on is checked once in each process. Whoever gets a signature that
 * does not hold takes it for a fault of who sent it, and the third one ends the link.
 */
import { concat } from '../wire/bytes.ts'
import type { Crypto } from '../wire/crypto.ts'

/**
 * Those that held are remembered by a part of the hash of what they sign too. A history is one for each lane at least, of which
 * everybody writes some each day, and each newcomer is handed all of it: so there is room for those of a class over years.
 */
const REMEMBERED_MAX = 2 ** 19
const REMEMBERED_MIN = 2 ** 12
/** Each may lie in so many places, next to each other. */
const PLACES = 8
/** As much of a hash as a number holds. */
const MARK_HEX_DIGITS = 13

export interface SignatureCheck {
  readonly message: Uint8Array
  readonly signature: Uint8Array
  readonly key: Uint8Array
}

export class CheckedSignatures {
  readonly #crypto: Pick<Crypto, 'hashHex' | 'verify'>
  /** 0: nothing. */
  #held = new Float64Array(REMEMBERED_MIN)
  #replaced = 0
  readonly #most: number

  /** most: how many are remembered, a power of two. */
  constructor(crypto: Pick<Crypto, 'hashHex' | 'verify'>, most = REMEMBERED_MAX) {
    this.#crypto = crypto
    this.#most = most
  }

  /** How many there is room for: for tests of growth. */
  get room(): number {
    return this.#held.length
  }

  holds({ message, signature, key }: SignatureCheck): boolean {
    const name = this.#crypto.hashHex(concat(message, signature, key))
    const mark = Number.parseInt(name.slice(0, MARK_HEX_DIGITS), 16) + 1
    const at = this.#placesOf(mark)
    for (let i = at; i < at + PLACES; i++) if (this.#held[i] === mark) return true
    if (!this.#crypto.verify(message, signature, key)) return false
    this.#remember(mark)
    return true
  }

  #remember(mark: number): void {
    while (!this.#put(mark)) {
      if (this.#held.length === this.#most) {
        this.#held[this.#placesOf(mark) + (this.#replaced++ % PLACES)] = mark
        return
      }
      const former = this.#held
      this.#held = new Float64Array(former.length * 2)
      for (const each of former) if (each > 0) this.#put(each)
    }
  }

  /** False where all its places are taken. */
  #put(mark: number): boolean {
    const at = this.#placesOf(mark)
    for (let i = at; i < at + PLACES; i++) {
      if (this.#held[i] !== 0) continue
      this.#held[i] = mark
      return true
    }
    return false
  }

  #placesOf(mark: number): number {
    return (mark % (this.#held.length / PLACES)) * PLACES
  }
}
