/** Cryptography by tweetnacl, for browsers and as the second opinion in tests: the same bytes and verdicts as node:crypto. */
import nacl from 'tweetnacl'
import { equal, hex } from './bytes.ts'
import type { Crypto, Signer } from './crypto.ts'
import { isCanonicalSignature, isStrongKey } from './signature.ts'

export const naclCrypto: Crypto = {
  hash: (data) => nacl.hash(data).subarray(0, 32),
  hashHex: (data) => hex(nacl.hash(data), 0, 32),
  isHash: (data, bytes, at) => equal(nacl.hash(data).subarray(0, 32), bytes.subarray(at, at + 32)),
  // The checks come first: tweetnacl throws for wrong sizes, and takes S >= L and keys of small order (rule SG-1).
  verify: (message, signature, key) =>
    isCanonicalSignature(signature) && isStrongKey(key) && nacl.sign.detached.verify(message, signature, key),
  boxPublicKey: (secretKey) => nacl.box.keyPair.fromSecretKey(secretKey).publicKey,
  random: (n) => nacl.randomBytes(n),
}

/** The signer of a 32-byte seed. */
export function naclSigner(seed: Uint8Array): Signer {
  const { publicKey, secretKey } = nacl.sign.keyPair.fromSeed(seed)
  return { key: publicKey, sign: (message) => nacl.sign.detached(message, secretKey) }
}
