/**
 * Cryptography of nodes by node:crypto, and Ed25519 by libsodium where it is installed; same bytes and verdicts as tweetnacl in
 * browsers, about 80 times faster.
 */
import {
  createPrivateKey,
  createPublicKey,
  hash,
  type KeyObject,
  randomBytes,
  sign,
  type VerifyJsonWebKeyInput,
  verify,
} from 'node:crypto'
import { concat } from '../wire/bytes.ts'
import type { Crypto, Signer } from '../wire/crypto.ts'
import { isCanonicalSignature, isStrongKey } from '../wire/signature.ts'
import { nativeEd25519 } from './io/native-ed25519.ts'

const PKCS8_SEED = Buffer.from('302e020100300506032b657004220420', 'hex')
const PKCS8_X25519 = Buffer.from('302e020100300506032b656e04220420', 'hex')
/** Imported keys kept: one per person met lately; an import costs as much as a check. */
const KEYS_MAX = 4096
const keys = new Map<string, KeyObject>()

/** The imported key; undefined for a weak or malformed one. */
export function publicKey(key: Uint8Array): KeyObject | undefined {
  const x = Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('base64url')
  const known = keys.get(x)
  if (known) return known
  const fresh = imported(key)
  if (!fresh) return undefined
  if (keys.size >= KEYS_MAX) keys.delete(keys.keys().next().value!)
  keys.set(x, fresh)
  return fresh
}

function imported(key: Uint8Array): KeyObject | undefined {
  const once = importable(key)
  return once && createPublicKey(once)
}

/** For one use, which makes no object of it. */
function importable(key: Uint8Array): VerifyJsonWebKeyInput | undefined {
  if (!isStrongKey(key)) return undefined
  const x = Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('base64url')
  return { key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' }
}

function verifyBy(
  keyOf: (key: Uint8Array) => KeyObject | VerifyJsonWebKeyInput | undefined,
): Crypto['verify'] {
  return (message, signature, key) => {
    if (!isCanonicalSignature(signature)) return false
    const native = nativeEd25519()
    if (native) return isStrongKey(key) && native.verify(message, signature, key)
    const known = keyOf(key)
    return known !== undefined && verify(null, message, known, signature)
  }
}

/** The first half of what was hashed last. */
const digest = Buffer.alloc(32)

export const nodeCrypto: Crypto = {
  hash: (data) => {
    const text = hash('sha512', data, 'binary')
    const out = new Uint8Array(32)
    for (let i = 0; i < 32; i++) out[i] = text.charCodeAt(i)
    return out
  },
  // By way of a text and bytes that are there: a new array outside V8's heap for each would cost as much again as the hash.
  // Not cut out of the hex of all 64 bytes, which would stay in memory with it.
  hashHex: (data) => {
    digest.write(hash('sha512', data, 'binary'), 0, 32, 'binary')
    return digest.toString('hex')
  },
  isHash: (data, bytes, at) => {
    const digest = hash('sha512', data, 'binary')
    for (let i = 0; i < 32; i++) if (digest.charCodeAt(i) !== bytes[at + i]) return false
    return true
  },
  verify: verifyBy(publicKey),
  boxPublicKey: (secretKey) => rawPublicKey(secretKeyOf(PKCS8_X25519, secretKey)),
  random: (n) => new Uint8Array(randomBytes(n)),
}

/** For handshakes: the keys of those who come are not kept. Most write nothing, and a hub has thousands of them. */
export const handshakeCrypto: Crypto = { ...nodeCrypto, verify: verifyBy(importable) }

/** The signer of a 32-byte seed (the same key pair as nacl.sign.keyPair.fromSeed). */
export function signerOf(seed: Uint8Array): Signer {
  const secret = secretKeyOf(PKCS8_SEED, seed)
  const key = rawPublicKey(secret)
  const native = nativeEd25519()
  if (!native) return { key, sign: (message) => new Uint8Array(sign(null, message, secret)) }
  const both = concat(seed, key)
  return { key, sign: (message) => native.sign(message, both) }
}

const secretKeyOf = (prefix: Uint8Array, bytes: Uint8Array): KeyObject =>
  createPrivateKey({ key: Buffer.concat([prefix, bytes]), format: 'der', type: 'pkcs8' })

function rawPublicKey(secret: KeyObject): Uint8Array {
  const { x } = createPublicKey(secret).export({ format: 'jwk' })
  return new Uint8Array(Buffer.from(x!, 'base64url'))
}
