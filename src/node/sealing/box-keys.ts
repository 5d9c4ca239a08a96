/** The X25519 keys to which room keys are sealed (rules SE-1, SE-2). Pure; runs in browsers too. */
import nacl from 'tweetnacl'
import { equal, hex } from '../../wire/bytes.ts'
import type { Crypto } from '../../wire/crypto.ts'
import { tagged } from '../../wire/ids.ts'

export interface BoxKeyPair {
  readonly publicKey: Uint8Array
  readonly secretKey: Uint8Array
}

/** The box key pair of a node: its secret is H("lanchat/box/1" || seed32), so that one seed file is the whole identity. */
export function boxKeyPairOf(crypto: Crypto, seed: Uint8Array): BoxKeyPair {
  const secretKey = tagged(crypto, 'lanchat/box/1', seed)
  return { publicKey: crypto.boxPublicKey(secretKey), secretKey }
}

/** Shared keys kept: one curve multiplication (0.5 to 2 ms) each. As many as a hub has members. */
const SHARED_KEYS_MAX = 2048

/** What nacl.box.before gives for every point of small order: the shared secret was zero, anybody could know it. */
let keyOfZero: Uint8Array | undefined

/** The keys that one's own box key shares with those of others, each computed once. */
export class SharedKeys {
  readonly #secretKey: Uint8Array
  readonly #known = new Map<string, Uint8Array | null>()

  constructor(secretKey: Uint8Array) {
    this.#secretKey = secretKey
  }

  /** The key shared with this public key (32 bytes); null where the shared secret would be all zero. */
  with(publicKey: Uint8Array): Uint8Array | null {
    const name = hex(publicKey)
    const known = this.#known.get(name)
    if (known !== undefined) return known
    keyOfZero ??= nacl.box.before(new Uint8Array(32), new Uint8Array(32).fill(1))
    const shared = nacl.box.before(publicKey, this.#secretKey)
    const usable = equal(shared, keyOfZero) ? null : shared
    if (this.#known.size >= SHARED_KEYS_MAX) this.#known.delete(this.#known.keys().next().value!)
    this.#known.set(name, usable)
    return usable
  }
}
