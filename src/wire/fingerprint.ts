/** Fingerprints: a key as six words that two people read to each other (rule ID-10). */
import { CODE_WORDS } from './code-words.ts'
import type { Crypto } from './crypto.ts'
import { tagged } from './ids.ts'

/** 66 bits: to find another key with the same words takes 2^66 keys. */
export const FINGERPRINT_WORDS = 6
const BITS = 11

/** key: 32 bytes. Never throws. */
export function fingerprintWords(crypto: Crypto, key: Uint8Array): readonly string[] {
  let bits = 0n
  for (const byte of tagged(crypto, 'lanchat/verify/1', key).subarray(0, 9))
    bits = (bits << 8n) | BigInt(byte)
  const word = (i: number) => CODE_WORDS[Number((bits >> BigInt(72 - BITS * (i + 1))) & 2047n)]!
  return Array.from({ length: FINGERPRINT_WORDS }, (_, i) => word(i))
}
