/** Ed25519 signatures, honest and hostile, with the verdict that every verifier of the protocol must give (rule SG-1). */
import nacl from 'tweetnacl'
import { concat, fromHex, hex, utf8 } from '../../src/wire/bytes.ts'
import {
  add,
  BASE,
  encodePoint,
  fromLittleEndian,
  IDENTITY,
  L,
  littleEndian,
  multiply,
  P,
  type Point,
  torsion,
} from './edwards.ts'

interface SignatureVector {
  name: string
  message: string
  key: string
  signature: string
  valid: boolean
}

const hashScalar = (...parts: Uint8Array[]) => fromLittleEndian(nacl.hash(concat(...parts))) % L
const isIdentity = (point: Point) => point.x === IDENTITY.x && point.y === IDENTITY.y

export function signatureVectors(): SignatureVector[] {
  const vectors: SignatureVector[] = []
  const put = (name: string, message: Uint8Array, key: Uint8Array, signature: Uint8Array, valid: boolean) =>
    vectors.push({ name, message: hex(message), key: hex(key), signature: hex(signature), valid })

  const rfc = (name: string, seed: string, message: string) => {
    const pair = nacl.sign.keyPair.fromSeed(fromHex(seed))
    put(name, fromHex(message), pair.publicKey, nacl.sign.detached(fromHex(message), pair.secretKey), true)
  }
  rfc('RFC 8032 7.1 TEST 1', '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60', '')
  rfc('RFC 8032 7.1 TEST 2', '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb', '72')
  rfc('RFC 8032 7.1 TEST 3', 'c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7', 'af82')

  const message = utf8('lanchat')
  const honest = nacl.sign.keyPair.fromSeed(new Uint8Array(32).fill(1))
  const secret = clamped(nacl.hash(new Uint8Array(32).fill(1)))
  const good = nacl.sign.detached(message, honest.secretKey)
  const scalar = fromLittleEndian(good.subarray(32))
  const withS = (s: bigint) => concat(good.subarray(0, 32), littleEndian(s))
  for (const k of [1n, 2n, 15n]) put(`S + ${k}L`, message, honest.publicKey, withS(scalar + k * L), false)
  put('S = L', message, honest.publicKey, withS(L), false)
  put('all of S set', message, honest.publicKey, concat(good.subarray(0, 32), new Uint8Array(32).fill(255)), false)
  put('one bit of R', message, honest.publicKey, flipped(good, 0), false)
  put('one bit of S', message, honest.publicKey, flipped(good, 32), false)
  put('another message', utf8('lanchaT'), honest.publicKey, good, false)
  put('signature of 63 bytes', message, honest.publicKey, good.subarray(0, 63), false)
  put('signature of 65 bytes', message, honest.publicKey, concat(good, new Uint8Array(1)), false)
  put('key of 31 bytes', message, honest.publicKey.subarray(0, 31), good, false)

  // R of small order under an honest key: RFC 8032 takes it, libraries differ, and the protocol refuses it.
  const plainIdentity = encodePoint(IDENTITY)
  const zeroR = (r: Uint8Array) =>
    concat(r, littleEndian((hashScalar(r, honest.publicKey, message) * secret) % L))
  put('R is the identity', message, honest.publicKey, zeroR(plainIdentity), false)
  put('R is the identity, not canonical', message, honest.publicKey, zeroR(littleEndian(P + 1n)), false)
  put('R is the identity, with a sign', message, honest.publicKey, zeroR(littleEndian(1n | (1n << 255n))), false)

  // Keys of small order, canonical and not: one fixed signature would do for every message.
  const eighth = torsion()
  const forged = concat(plainIdentity, new Uint8Array(32))
  for (let k = 0n; k < 8n; k++)
    put(`key of small order, ${k} times the generator`, message, encodePoint(multiply(k, eighth)), forged, false)
  put('key is the identity with a sign', message, littleEndian(1n | (1n << 255n)), forged, false)
  put('key is y = p', message, littleEndian(P), forged, false)
  put('key is y = p + 1', message, littleEndian(P + 1n), forged, false)
  put('key is y = p + 1 with a sign', message, littleEndian((P + 1n) | (1n << 255n)), forged, false)
  put('key is y = 2^255 - 1', message, littleEndian(2n ** 255n - 1n), forged, false)
  put('key is no point', message, littleEndian(2n), forged, false)

  // Keys with a part of small order: only the equation without the cofactor counts.
  const mixed = add(multiply(secret, BASE), eighth)
  const mixedKey = encodePoint(mixed)
  for (let r = 1n, found = 0; found < 3; r++) {
    const commitment = encodePoint(multiply(r, BASE))
    const h = hashScalar(commitment, mixedKey, message)
    const s = concat(commitment, littleEndian((r + h * secret) % L))
    const holds = isIdentity(multiply(h % 8n, eighth))
    if (holds && (found & 1) === 0) {
      put('key of mixed order, the equation holds', message, mixedKey, s, true)
      found |= 1
    } else if (!holds && (found & 2) === 0) {
      put('key of mixed order, the equation holds only times 8', message, mixedKey, s, false)
      found |= 2
    }
  }
  const offR = encodePoint(add(multiply(7n, BASE), eighth))
  const offS = (7n + hashScalar(offR, honest.publicKey, message) * secret) % L
  put('R of mixed order', message, honest.publicKey, concat(offR, littleEndian(offS)), false)
  return vectors
}

/** The secret scalar of an expanded seed (RFC 8032 5.1.5). */
function clamped(expanded: Uint8Array): bigint {
  const bytes = expanded.slice(0, 32)
  bytes[0]! &= 248
  bytes[31]! = (bytes[31]! & 127) | 64
  return fromLittleEndian(bytes)
}

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const out = bytes.slice()
  out[at]! ^= 1
  return out
}
