/** Fingerprints: a key as six words that two people read to each other (rule ID-10). */
import { utf8 } from './bytes.ts'
import { CODE_WORDS } from './code-words.ts'
import type { Crypto } from './crypto.ts'

/** 66 bits: to find another key with the same words takes 2^66 keys. */
export const FINGERPRINT_WORDS = 6
const BITS = 11

/** key: 32 bytes. Never throws. */
export function fingerprintWords(crypto: Pick<Crypto, 'hash'>, key: Uint8Array): readonly string[] {
  const tag = utf8('lanchat/verify/1')
  const bytes = new Uint8Array(tag.length + key.length)
  bytes.set(tag)
  bytes.set(key, tag.length)
  let bits = 0n
  for (const byte of crypto.hash(bytes).subarray(0, 9)) bits = (bits << 8n) | BigInt(byte)
  const word = (i: number) => CODE_WORDS[Number((bits >> BigInt(72 - BITS * (i + 1))) & 2047n)]!
  return Array.from({ length: FINGERPRINT_WORDS }, (_, i) => word(i))
}
