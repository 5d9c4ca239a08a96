import { describe, expect, it } from 'vitest'
import { nodeCrypto, signerOf } from '../../src/node/crypto.ts'
import { fromHex, hex, utf8 } from '../../src/wire/bytes.ts'
import { naclCrypto, naclSigner } from '../../src/wire/nacl-crypto.ts'
import { isStrongKey } from '../../src/wire/signature.ts'
import { signatureVectors } from '../vectors/signatures.ts'

describe.each([
  ['node:crypto', nodeCrypto],
  ['tweetnacl', naclCrypto],
])('a signature checked by %s', (_, crypto) => {
  it.each(signatureVectors())('$name: $valid', ({ message, key, signature, valid }) => {
    expect(crypto.verify(fromHex(message), fromHex(signature), fromHex(key))).toBe(valid)
  })
})

describe('both libraries', () => {
  it('make one key and one signature of one seed', () => {
    const seed = new Uint8Array(32).fill(3)
    const [a, b] = [signerOf(seed), naclSigner(seed)]
    expect(hex(a.key)).toBe(hex(b.key))
    expect(hex(a.sign(utf8('x')))).toBe(hex(b.sign(utf8('x'))))
  })

  it('make one hash', () => {
    expect(hex(nodeCrypto.hash(utf8('abc')))).toBe(hex(naclCrypto.hash(utf8('abc'))))
    expect(hex(naclCrypto.hash(utf8('abc')))).toBe(
      'ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a',
    )
  })
})

describe('a check for weak keys', () => {
  it('leaves the key as it is, also one that shares memory with a Buffer', () => {
    const key = Buffer.alloc(32, 0xff)
    isStrongKey(key)
    expect(key.equals(Buffer.alloc(32, 0xff))).toBe(true)
  })
})
