/**
 * All nodes must take exactly the same signatures (rules SG-1, SG-2), whether node:crypto, tweetnacl or libsodium checks them.
 * libsodium comes with an optional package. Where that is missing, one test here fails and says so: nothing is skipped quietly.
 */
import { createPublicKey, verify } from 'node:crypto'
import nacl from 'tweetnacl'
import { describe, expect, it } from 'vitest'
import { ed25519Told, nativeEd25519 } from '../../src/node/io/native-ed25519.ts'
import { concat, fromHex, hex, utf8 } from '../../src/wire/bytes.ts'
import { naclCrypto } from '../../src/wire/nacl-crypto.ts'
import { isCanonicalSignature, isStrongKey } from '../../src/wire/signature.ts'
import { seeded } from '../seeded.ts'
import {
  add,
  encodePoint,
  fromLittleEndian,
  L,
  littleEndian,
  multiply,
  P,
  pointOf,
  torsion,
} from '../vectors/edwards.ts'
import { signatureVectors } from '../vectors/signatures.ts'

interface Case {
  readonly message: Uint8Array
  readonly key: Uint8Array
  readonly signature: Uint8Array
}
type Verify = (each: Case) => boolean

const isOffered: Verify = ({ key, signature }) => isCanonicalSignature(signature) && isStrongKey(key)
const byNode: Verify = ({ message, key, signature }) => {
  const x = Buffer.from(key).toString('base64url')
  return verify(
    null,
    message,
    createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' }),
    signature,
  )
}
/** What the others must say: node:crypto behind our own checks. */
const expected: Verify = (each) => isOffered(each) && byNode(each)
const byTweetnacl: Verify = ({ message, key, signature }) => naclCrypto.verify(message, signature, key)
/** As src/node/crypto.ts has it, without looking whether libsodium is there. */
const bySodium: Verify = (each) =>
  isOffered(each) && nativeEd25519()!.verify(each.message, each.signature, each.key)

/** Whole numbers below a bound, the same in every run. */
function numbers(seed: number): (below: number) => number {
  const random = seeded(seed)
  return (below) => Math.floor(random() * below)
}

/** The sign of x in an encoded point. */
const TOP = 1n << 255n
/** Every point of small order. */
const EIGHTH = torsion()
const SMALL = Array.from({ length: 8 }, (_, k) => multiply(BigInt(k), EIGHTH))

/** Encodings that any part of a signature may be replaced by: points of small order, canonical or not, and the edges of p and L. */
function oddParts(): Uint8Array[] {
  const small = SMALL.map((point) => fromLittleEndian(encodePoint(point)))
  const edges = [0n, 1n, 2n, P - 1n, P, P + 1n, P + 2n, TOP - 1n, L - 1n, L, L + 1n, 2n * L, 7n * L]
  return [...small, ...edges].flatMap((n) => [littleEndian(n & (TOP - 1n)), littleEndian(n | TOP)])
}

/**
 * Keys and R with a part of small order in either. S fits the other part, so that the equation always holds times 8, and as it
 * stands only where both parts of small order cancel out: this is where kinds of verifiers differ.
 */
function mixedCases(count: number): Case[] {
  const at = numbers(7)
  const secretAndPoint = () => {
    const seed = Uint8Array.from({ length: 32 }, () => at(256))
    const scalar = nacl.hash(seed).subarray(0, 32)
    scalar[0]! &= 248
    scalar[31] = (scalar[31]! & 127) | 64
    const encoded = fromLittleEndian(nacl.sign.keyPair.fromSeed(seed).publicKey)
    return { scalar: fromLittleEndian(scalar), point: pointOf(encoded & (TOP - 1n), encoded / TOP)! }
  }
  return Array.from({ length: count }, (_, n) => {
    const [a, r] = [secretAndPoint(), secretAndPoint()]
    const key = encodePoint(add(a.point, SMALL[n % 8]!))
    const commitment = encodePoint(add(r.point, SMALL[(n >> 3) % 8]!))
    const message = utf8(`mixed ${n}`)
    const h = fromLittleEndian(nacl.hash(concat(commitment, key, message))) % L
    return { message, key, signature: concat(commitment, littleEndian((r.scalar + h * a.scalar) % L)) }
  })
}

/** Honest signatures with bits turned, parts replaced by odd ones or by those of another. */
function mutations(count: number): Case[] {
  const at = numbers(3)
  const odd = oddParts()
  const pick = <T>(list: readonly T[]): T => list[at(list.length)]!
  const honest = Array.from({ length: 20 }, (_, n) => {
    const pair = nacl.sign.keyPair.fromSeed(Uint8Array.from({ length: 32 }, () => at(256)))
    const message = Uint8Array.from({ length: n * 13 }, () => at(256))
    return { message, key: pair.publicKey, signature: nacl.sign.detached(message, pair.secretKey) }
  })
  const turned = (bytes: Uint8Array) => {
    const out = bytes.slice()
    if (out.length > 0) out[at(out.length)]! ^= 1 << at(8)
    return out
  }
  const changes: ((each: Case) => Case)[] = [
    (each) => each,
    (each) => ({ ...each, signature: turned(each.signature) }),
    (each) => ({ ...each, key: turned(each.key) }),
    (each) => ({ ...each, message: turned(each.message) }),
    (each) => ({ ...each, key: pick(odd) }),
    (each) => ({ ...each, signature: concat(pick(odd), each.signature.subarray(32)) }),
    (each) => ({ ...each, signature: concat(each.signature.subarray(0, 32), pick(odd)) }),
    (each) => ({ ...each, key: pick(odd), signature: concat(pick(odd), pick(odd)) }),
    (each) => ({ ...each, signature: pick(honest).signature }),
    (each) => ({ ...each, key: pick(honest).key }),
    (each) => {
      const s = fromLittleEndian(each.signature.subarray(32)) + BigInt(1 + at(8)) * L
      return { ...each, signature: concat(each.signature.subarray(0, 32), littleEndian(s)) }
    },
  ]
  return Array.from({ length: count }, (_, n) => changes[n % changes.length]!(pick(honest)))
}

const told = ({ message, key, signature }: Case) => `${hex(message)} ${hex(key)} ${hex(signature)}`
const vectors: Case[] = signatureVectors().map(({ message, key, signature }) => ({
  message: fromHex(message),
  key: fromHex(key),
  signature: fromHex(signature),
}))
const oddPairs: Case[] = oddParts().flatMap((key) =>
  oddParts().flatMap((r) => [
    { message: utf8('odd'), key, signature: concat(r, littleEndian(0n)) },
    { message: utf8('odd'), key, signature: concat(r, littleEndian(L - 1n)) },
  ]),
)
const mixed = mixedCases(256)
const families: [string, Case[]][] = [
  ['the vectors of the protocol', vectors],
  ['points of small order and edges of p and L', oddPairs],
  ['keys and R of mixed order', mixed],
  ['mutations of honest signatures', mutations(6000)],
]

/** Those of the cases on which a verifier and node:crypto differ. */
const differing = (cases: Case[], one: Verify) =>
  cases.filter((each) => one(each) !== expected(each)).map(told)

it('libsodium is installed, or else agreement with it is untested on this machine', () => {
  if (process.env.LANCHAT_NATIVE !== '0') expect(ed25519Told()).toBe('Signatures are checked by libsodium.')
})

describe('the verdict of node:crypto on', () => {
  it.each(families)('%s is that of libsodium (SG-1)', (_, cases) => {
    if (nativeEd25519()) expect(differing(cases, bySodium)).toEqual([])
  })

  it.each(families.map(([name, cases]) => [name, cases.slice(0, 600)] as const))(
    '%s is that of tweetnacl (SG-1)',
    (_, cases) => {
      expect(differing(cases, byTweetnacl)).toEqual([])
    },
  )

  it('keys and R of mixed order is yes as well as no, and not that of a check with the cofactor', () => {
    expect(mixed.every(isOffered)).toBe(true)
    expect(mixed.filter(expected).length).toBeGreaterThan(20)
    expect(differing(mixed, () => true).length).toBeGreaterThan(150)
  })
})
