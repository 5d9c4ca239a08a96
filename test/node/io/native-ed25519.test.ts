import { createPrivateKey, sign } from 'node:crypto'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { ed25519Told, nativeEd25519, type Sodium, tried } from '../../../src/node/io/native-ed25519.ts'
import { utf8 } from '../../../src/wire/bytes.ts'

const SEED = new Uint8Array(32).fill(5)
/** A signature by node:crypto, whatever else is installed. */
const plain = (message: Uint8Array) => {
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), SEED])
  return new Uint8Array(sign(null, message, createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })))
}

afterEach(() => {
  vi.unstubAllEnvs()
  vi.resetModules()
})

describe.each([
  ['as installed', undefined],
  ['with LANCHAT_NATIVE=0', '0'],
])('signatures of nodes, %s', (_, setting) => {
  const fresh = async () => {
    vi.stubEnv('LANCHAT_NATIVE', setting ?? process.env.LANCHAT_NATIVE)
    vi.resetModules()
    return {
      ...(await import('../../../src/node/crypto.ts')),
      ...(await import('../../../src/node/io/verify-pool.ts')),
      ...(await import('../../../src/node/io/native-ed25519.ts')),
    }
  }

  it('are the very bytes of node:crypto, of an empty message too', async () => {
    const { signerOf } = await fresh()
    const signer = signerOf(SEED)
    for (const message of [new Uint8Array(0), utf8('x'), new Uint8Array(70_000)])
      expect(signer.sign(message)).toEqual(plain(message))
  })

  it('are checked, alone and in crowds, by who is met and by who comes', async () => {
    const { signerOf, nodeCrypto, handshakeCrypto, verifyMany } = await fresh()
    const { key, sign } = signerOf(SEED)
    const message = utf8('x')
    const right = { message, key, signature: sign(message) }
    const wrong = { ...right, message: utf8('y') }
    for (const { verify } of [nodeCrypto, handshakeCrypto]) {
      expect(verify(right.message, right.signature, key)).toBe(true)
      expect(verify(wrong.message, wrong.signature, key)).toBe(false)
      expect(verify(right.message, right.signature, key.subarray(1))).toBe(false)
    }
    for (const count of [1, 5, 48, 49, 500]) {
      const checks = Array.from({ length: count }, (_, n) => (n % 3 === 2 ? wrong : right))
      expect(await verifyMany(checks)).toEqual(checks.map((check) => check === right))
    }
  })

  it('are done by what is said', async () => {
    const { ed25519Told, nativeEd25519 } = await fresh()
    expect(ed25519Told()).toBe(
      nativeEd25519() ? 'Signatures are checked by libsodium.' : 'No libsodium here: LANCHAT_NATIVE is 0.',
    )
    if (setting === '0') expect(nativeEd25519()).toBeUndefined()
  })
})

describe('a package that is there', () => {
  const whole: Sodium = {
    crypto_sign_verify_detached: (signature, message, key) =>
      nativeEd25519()!.verify(message, signature, key),
    crypto_sign_detached: (signature, message, secret) =>
      signature.set(nativeEd25519()!.sign(message, secret)),
  }

  it.each<[string, () => Sodium, string]>([
    [
      'cannot be loaded',
      () => {
        throw new Error('No native build was found\n  for this machine')
      },
      'No native build was found',
    ],
    ['lacks what is called', () => ({}) as Sodium, 'sodium.crypto_sign_detached is not a function'],
    ['signs wrongly', () => ({ ...whole, crypto_sign_detached: () => {} }), 'it fails its test'],
    [
      'throws no sentence',
      () => {
        throw 7
      },
      '7',
    ],
  ])('and %s is as one that is missing', (_, open, missing) => {
    expect(tried(open)).toEqual({ missing })
  })

  it('and says yes to everything is as one that is missing', () => {
    if (!nativeEd25519()) return
    expect(tried(() => ({ ...whole, crypto_sign_verify_detached: () => true }))).toEqual({
      missing: 'it fails its test',
    })
    expect(tried(() => whole)).toHaveProperty('native')
    expect(ed25519Told()).toContain('by libsodium')
  })
})
