/**
 * Signatures that cost a hash: as long as real ones, different for each key and message, and nobody makes one by
 * accident. Whoever wants to forge one in a simulation could; no simulated attacker does. Hashes and boxes are real.
 */
import { createHash } from 'node:crypto'
import { nodeCrypto } from '../../src/node/crypto.ts'
import type { Crypto, Signer } from '../../src/wire/crypto.ts'

const SIGNATURE_BYTES = 64
const DIGEST_BYTES = 32

const sealed = (message: Uint8Array, key: Uint8Array): Buffer =>
  createHash('sha256').update(key).update(message).digest()

/** The same few devices appear in all runs, and importing a key costs more than all else they do with it. */
const boxKeys = new Map<string, Uint8Array>()

export const simCrypto: Crypto = {
  ...nodeCrypto,
  boxPublicKey(secretKey) {
    const name = Buffer.from(secretKey).toString('base64')
    let key = boxKeys.get(name)
    if (!key) {
      key = nodeCrypto.boxPublicKey(secretKey)
      boxKeys.set(name, key)
    }
    return key
  },
  verify(message, signature, key) {
    if (signature.length !== SIGNATURE_BYTES || key.length !== 32) return false
    return sealed(message, key).equals(signature.subarray(0, DIGEST_BYTES))
  },
}

/** The signer of a seed, for `simCrypto`. */
export function simSigner(seed: Uint8Array): Signer {
  const key = new Uint8Array(createHash('sha256').update('key').update(seed).digest())
  return {
    key,
    sign(message) {
      const signature = new Uint8Array(SIGNATURE_BYTES)
      signature.set(sealed(message, key))
      return signature
    },
  }
}
