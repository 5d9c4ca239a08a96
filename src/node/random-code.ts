/** A code of six random words: 66 bits. */
import { CODE_WORDS } from '../wire/code-words.ts'
import type { Crypto } from '../wire/crypto.ts'

const WORDS = 6

export function randomCode(crypto: Crypto): string {
  const bytes = crypto.random(2 * WORDS)
  // The list has 2^11 words, so every one is as likely.
  const word = (i: number) => CODE_WORDS[((bytes[2 * i]! << 8) | bytes[2 * i + 1]!) % CODE_WORDS.length]!
  return Array.from({ length: WORDS }, (_, i) => word(i)).join('-')
}
