/** Identifiers as branded lower-case hex strings: usable as map keys, never mixed up with each other. */

import { compare, concat, fromHex, hex, uint, utf8 } from './bytes.ts'
import type { Crypto } from './crypto.ts'

declare const brand: unique symbol
type Brand<Name extends string> = string & { readonly [brand]: Name }

/** Ed25519 public key, 32 bytes: a person (= their first device). */
export type PersonKey = Brand<'PersonKey'>
/** 16 bytes. */
export type RoomId = Brand<'RoomId'>
/** 8 bytes; top bit 1: control lane. */
export type LaneId = Brand<'LaneId'>
/** 32 bytes: H("lanchat/id/1" || header). */
export type EventId = Brand<'EventId'>
/** 8 bytes. */
export type NetId = Brand<'NetId'>
/** 8 bytes. */
export type PlaceId = Brand<'PlaceId'>

export const personKey = (bytes: Uint8Array, at = 0) => hex(bytes, at, at + 32) as PersonKey
export const roomId = (bytes: Uint8Array, at = 0) => hex(bytes, at, at + 16) as RoomId
export const laneId = (bytes: Uint8Array, at = 0) => hex(bytes, at, at + 8) as LaneId
export const eventId = (bytes: Uint8Array, at = 0) => hex(bytes, at, at + 32) as EventId
export const netId = (bytes: Uint8Array, at = 0) => hex(bytes, at, at + 8) as NetId
export const placeId = (bytes: Uint8Array, at = 0) => hex(bytes, at, at + 8) as PlaceId

/** Is this what such an id looks like? Of what was stored. */
export const isPersonKey = (value: unknown): value is PersonKey =>
  typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)
export const isRoomId = (value: unknown): value is RoomId =>
  typeof value === 'string' && /^[0-9a-f]{32}$/.test(value)

/** Room 0, the network room: profiles, places, network roles and bans. */
export const NETWORK_ROOM = '0'.repeat(32) as RoomId

/** The bytes of the few tags there are: encoding one costs as much as a short hash. */
const tags = new Map<string, Uint8Array>()

function tagBytes(tag: string): Uint8Array {
  let bytes = tags.get(tag)
  if (!bytes) {
    bytes = utf8(tag)
    tags.set(tag, bytes)
  }
  return bytes
}

/** H over a domain tag, one of a fixed few, and parts (rule ID-1). */
export const tagged = (crypto: Crypto, tag: string, ...parts: readonly Uint8Array[]): Uint8Array =>
  crypto.hash(concat(tagBytes(tag), ...parts))

/** Where what is hashed is put together: an array for each would cost as much as the hash. */
const scratch = new Uint8Array(1024)

/** Its beginnings by length, as they come to be needed. */
const beginnings = new Array<Uint8Array | undefined>(scratch.length + 1)

/** A tag and one part, which is no secret; until the next is asked for. */
function joined(tag: string, part: Uint8Array): Uint8Array {
  const bytes = tagBytes(tag)
  const length = bytes.length + part.length
  if (length > scratch.length) return concat(bytes, part)
  scratch.set(bytes)
  scratch.set(part, bytes.length)
  const known = beginnings[length]
  if (known) return known
  const beginning = scratch.subarray(0, length)
  beginnings[length] = beginning
  return beginning
}

/** The same over one part, which is no secret, as hex. */
export const taggedHex = (crypto: Crypto, tag: string, part: Uint8Array): string =>
  crypto.hashHex(joined(tag, part))

/** Is the same over one part, which is no secret, what stands in `bytes` from `at` on? */
export const isTagged = (crypto: Crypto, tag: string, part: Uint8Array, bytes: Uint8Array, at: number) =>
  crypto.isHash(joined(tag, part), bytes, at)

/** What a network is made of. codeKey: 32 bytes (zeros without a code); ownerKey only for an owned network. */
export interface NetworkSpec {
  readonly name: string
  readonly codeKey: Uint8Array
  readonly hasCode: boolean
  readonly ownerKey?: Uint8Array
  readonly retentionDays: number
}

/** net8 (rule ID-2): 8 bytes of H("lanchat/net/1" || len1 || name || flags1 || codeKey || ownerKey or zeros || R u16). */
export function networkId(crypto: Crypto, spec: NetworkSpec): NetId {
  const name = utf8(spec.name)
  const flags = (spec.hasCode ? 1 : 0) | (spec.ownerKey ? 2 : 0)
  const owner = spec.ownerKey ?? new Uint8Array(32)
  return netId(
    tagged(
      crypto,
      'lanchat/net/1',
      uint(name.length, 1),
      name,
      uint(flags, 1),
      spec.codeKey,
      owner,
      uint(spec.retentionDays, 2),
    ),
  )
}

/** The link's pre-shared key (rule ID-3), 32 bytes. */
export const pskOf = (crypto: Crypto, codeKey: Uint8Array) => tagged(crypto, 'lanchat/psk/1', codeKey)

/** The network's key inside sealed channels (rule ID-3), 32 bytes. */
export const gateKeyOf = (crypto: Crypto, codeKey: Uint8Array) => tagged(crypto, 'lanchat/gate/1', codeKey)

/** nn (rule ID-4): 4 bytes of H("lanchat/name/1" || name), as hex. */
export const nameHint = (crypto: Crypto, name: string) =>
  hex(tagged(crypto, 'lanchat/name/1', utf8(name)), 0, 4)

/** mDNS instance and host name (rule ID-5): 16 hex digits of H("lanchat/instance/1" || key). */
export const instanceName = (crypto: Crypto, key: PersonKey) =>
  hex(tagged(crypto, 'lanchat/instance/1', fromHex(key)), 0, 8)

/** The room everybody is in (rule ID-6). */
export const generalRoom = (crypto: Crypto, net: NetId) =>
  roomId(tagged(crypto, 'lanchat/general/1', fromHex(net)))

/** A made room (rule ID-7): from the create's author and the salt that starts its body. */
export const madeRoom = (crypto: Crypto, net: NetId, author: PersonKey, salt: Uint8Array) =>
  roomId(tagged(crypto, 'lanchat/room/1', fromHex(net), fromHex(author), salt))

/** The private talk of two persons (rule ID-8); the order of the two does not matter. */
export function talkRoom(crypto: Crypto, net: NetId, a: PersonKey, b: PersonKey): RoomId {
  const [low, high] = [fromHex(a), fromHex(b)].sort(compare) as [Uint8Array, Uint8Array]
  return roomId(tagged(crypto, 'lanchat/dm/1', fromHex(net), low, high))
}
