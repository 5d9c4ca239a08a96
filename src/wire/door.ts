/**
 * What the code of a network with an owner opens (rules ID-11, RM-23). A code is told from others, without being told, by the
 * Ed25519 key that is made of it: whoever has the code can sign with that key, and shows so that they came in by it.
 */
import nacl from 'tweetnacl'
import { concat, fromHex, hex, utf8 } from './bytes.ts'
import type { Crypto } from './crypto.ts'
import { type NetId, type PersonKey, tagged } from './ids.ts'

declare const brand: unique symbol
/** The public key made of a code, 32 bytes as hex. */
export type DoorKey = string & { readonly [brand]: 'DoorKey' }

export const doorKey = (bytes: Uint8Array, at = 0) => hex(bytes, at, at + 32) as DoorKey

/** Of every code but the network's first: 16 hex digits, for mDNS and TLS. */
export const doorTag = (door: DoorKey): string => door.slice(0, 16)

const pairOf = (crypto: Crypto, codeKey: Uint8Array) =>
  nacl.sign.keyPair.fromSeed(tagged(crypto, 'lanchat/door/1', codeKey))

/** A curve multiplication: some milliseconds. */
export const doorOf = (crypto: Crypto, codeKey: Uint8Array): DoorKey =>
  doorKey(pairOf(crypto, codeKey).publicKey)

const message = (net: NetId, author: PersonKey) =>
  concat(utf8('lanchat/entry/1'), fromHex(net), fromHex(author))

/** Whoever has the code shows that this key does. */
export const signEntry = (crypto: Crypto, codeKey: Uint8Array, net: NetId, author: PersonKey): Uint8Array =>
  nacl.sign.detached(message(net, author), pairOf(crypto, codeKey).secretKey)

export const verifyEntry = (
  crypto: Crypto,
  proof: Uint8Array,
  door: Uint8Array,
  net: NetId,
  author: PersonKey,
): boolean => crypto.verify(message(net, author), proof, door)
