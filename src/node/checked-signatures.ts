/**
 * Checked signatures: what lies on the own disk and is handed on is checked once in each process. Whoever gets a signature that
 * does not hold takes it for a fault of who sent it, and the third one ends the link.
 */
import { concat } from '../wire/bytes.ts'
import type { Crypto } from '../wire/crypto.ts'

/** Those that held, remembered by what they sign too: of 64 events each they are a million. */
const REMEMBERED_MAX = 16_384

export interface SignatureCheck {
  readonly message: Uint8Array
  readonly signature: Uint8Array
  readonly key: Uint8Array
}

export class CheckedSignatures {
  readonly #crypto: Pick<Crypto, 'hashHex' | 'verify'>
  readonly #held = new Set<string>()

  constructor(crypto: Pick<Crypto, 'hashHex' | 'verify'>) {
    this.#crypto = crypto
  }

  holds({ message, signature, key }: SignatureCheck): boolean {
    const name = this.#crypto.hashHex(concat(message, signature, key))
    if (this.#held.has(name)) return true
    if (!this.#crypto.verify(message, signature, key)) return false
    this.#held.add(name)
    if (this.#held.size > REMEMBERED_MAX) this.#held.delete(this.#held.values().next().value!)
    return true
  }
}
