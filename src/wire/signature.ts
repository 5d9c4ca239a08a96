/** Strict Ed25519: what both verifiers must refuse before they differ (rule SG-1; RFC 8032 5.1.7, Chalkias et al. 2020). */
import { copy, fromHex, hex } from './bytes.ts'

/** Encodings of the points of small order, without the sign bit of x. */
const SMALL_ORDER = new Set([
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
])
/** How these begin: the first bytes of nearly all keys are others, and both ends of a link look at four of them. */
const SMALL_ORDER_BEGINS = new Set([0x00, 0x01, 0x26, 0xc7, 0xec])
/** p = 2^255 - 19 and L, little-endian. */
const FIELD = fromHex('edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f')
const ORDER = fromHex('edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010')

function below(value: Uint8Array, bound: Uint8Array): boolean {
  for (let i = 31; i >= 0; i--) {
    if (value[i]! !== bound[i]!) return value[i]! < bound[i]!
  }
  return false
}

/** True for a 32-byte public key in canonical form (y < p) that is not of small order. Never throws. */
export function isStrongKey(key: Uint8Array): boolean {
  if (key.length !== 32) return false
  // Only what ends like p can be as large.
  if ((key[31]! & 0x7f) !== 0x7f && !SMALL_ORDER_BEGINS.has(key[0]!)) return true
  const y = copy(key)
  y[31]! &= 0x7f
  return below(y, FIELD) && !SMALL_ORDER.has(hex(y))
}

/**
 * True for a 64-byte signature with S < L whose R is canonical and not of small order. Libraries differ over such an R
 * (OpenSSL 3.0 takes it, 3.5 does not), and no honest signer makes one. Never throws.
 */
export const isCanonicalSignature = (signature: Uint8Array): boolean =>
  signature.length === 64 && below(signature.subarray(32), ORDER) && isStrongKey(signature.subarray(0, 32))
