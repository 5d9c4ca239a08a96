/**
 * Ed25519 by libsodium, where its prebuilt package is installed: a check in 0.4 and a signature in half of node:crypto's time.
 * Everything works without. Verdicts are the same only behind the checks of rule SG-1 (wire/signature.ts), which callers make
 * first; test/node/ed25519-agreement.test.ts compares them.
 */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { equal, fromHex } from '../../wire/bytes.ts'

export interface NativeEd25519 {
  /** signature: 64 bytes, key: 32; others throw. */
  verify(message: Uint8Array, signature: Uint8Array, key: Uint8Array): boolean
  /** secret: the seed and the public key after it, 64 bytes; others throw. */
  sign(message: Uint8Array, secret: Uint8Array): Uint8Array
}

/** What is used of the package sodium-native. */
export interface Sodium {
  crypto_sign_verify_detached(signature: Uint8Array, message: Uint8Array, key: Uint8Array): boolean
  crypto_sign_detached(signature: Uint8Array, message: Uint8Array, secret: Uint8Array): void
}

/** RFC 8032 7.1 TEST 2: the seed and the key, the message, its signature. */
const SECRET = fromHex(
  '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb' +
    '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
)
const MESSAGE = fromHex('72')
const SIGNATURE = fromHex(
  '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da' +
    '085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
)

export type Found = { readonly native: NativeEd25519 } | { readonly missing: string }
let found: Found | undefined
const lookedFor = (): Found => {
  found ??= load()
  return found
}

/** Loaded when first asked for, which takes some milliseconds. undefined: node:crypto it is. Never throws. */
export function nativeEd25519(): NativeEd25519 | undefined {
  const looked = lookedFor()
  return 'native' in looked ? looked.native : undefined
}

/** One sentence for logs: what checks signatures here. */
export function ed25519Told(): string {
  const looked = lookedFor()
  return 'native' in looked ? 'Signatures are checked by libsodium.' : `No libsodium here: ${looked.missing}.`
}

/** LANCHAT_NATIVE=0 turns it off. */
function load(): Found {
  if (process.env.LANCHAT_NATIVE === '0') return { missing: 'LANCHAT_NATIVE is 0' }
  return tried(() => {
    if (isMusl()) throw new Error('its binary is for glibc')
    return createRequire(import.meta.url)('sodium-native') as Sodium
  })
}

/** What `open` brings, if that signs and checks as it must. */
export function tried(open: () => Sodium): Found {
  try {
    const native = by(open())
    return isRight(native) ? { native } : { missing: 'it fails its test' }
  } catch (error) {
    return { missing: error instanceof Error ? error.message.split('\n', 1)[0]! : String(error) }
  }
}

/** There the binary for glibc may load and end the process when it is called, which nothing here could catch. */
const isMusl = (): boolean =>
  process.platform === 'linux' && readFileSync('/proc/self/maps', 'latin1').includes('/ld-musl-')

/** Copied here on their way: N-API gives each small array that it is handed memory outside V8's heap, for as long as that lives. */
const SIGNED = new Uint8Array(new ArrayBuffer(64))
const KEY = new Uint8Array(new ArrayBuffer(32))

const by = (sodium: Sodium): NativeEd25519 => ({
  verify: (message, signature, key) => {
    if (signature.length !== 64 || key.length !== 32)
      throw new TypeError('not the size of a signature or key')
    SIGNED.set(signature)
    KEY.set(key)
    return sodium.crypto_sign_verify_detached(SIGNED, message, KEY)
  },
  sign: (message, secret) => {
    sodium.crypto_sign_detached(SIGNED, message, secret)
    return SIGNED.slice()
  },
})

/** A binary that is broken or of something else is not used. */
function isRight(native: NativeEd25519): boolean {
  const key = SECRET.subarray(32)
  return (
    equal(native.sign(MESSAGE, SECRET), SIGNATURE) &&
    native.verify(MESSAGE, SIGNATURE, key) &&
    !native.verify(Uint8Array.of(0x73), SIGNATURE, key)
  )
}
