/**
 * Room keys of private rooms and talks (rules SE-3 to SE-6): made by whoever posts and finds none for exactly the
 * present members, sealed to each of them in a `key` event, never replaced by vote or ritual.
 */
import nacl from 'tweetnacl'
import { concat, equal, fromHex, hex } from '../../wire/bytes.ts'
import type { Crypto } from '../../wire/crypto.ts'
import { type PersonKey, personKey, type RoomId, tagged } from '../../wire/ids.ts'
import type { BodyOf } from '../../wire/kinds.ts'
import type { SharedKeys } from './box-keys.ts'

declare const keyIdBrand: unique symbol
/** First 16 bytes of H("lanchat/key/1" || key), as hex. */
export type KeyId = string & { readonly [keyIdBrand]: 'KeyId' }

export interface RoomKey {
  readonly id: KeyId
  readonly key: Uint8Array
}

const KEY_ID_BYTES = 16
const BOX_BYTES = 48
const ENTRY_BYTES = 32 + BOX_BYTES

export const keyIdOf = (crypto: Crypto, key: Uint8Array) =>
  hex(tagged(crypto, 'lanchat/key/1', key), 0, KEY_ID_BYTES) as KeyId

/** 32 fresh bytes and their id. */
export function newRoomKey(crypto: Crypto): RoomKey {
  const key = crypto.random(32)
  return { id: keyIdOf(crypto, key), key }
}

/** Where a key event stands: its room, its author, and the salt16 that starts its body. */
export interface KeyPlace {
  readonly room: RoomId
  readonly author: PersonKey
  readonly salt: Uint8Array
}

/** 24 bytes, other ones for each place, device and key: a box stands for one room, author and device only. */
function boxNonce(
  crypto: Crypto,
  { room, author, salt }: KeyPlace,
  device: PersonKey,
  id: KeyId,
): Uint8Array {
  const parts = [fromHex(room), fromHex(author), fromHex(device), salt, fromHex(id)]
  return tagged(crypto, 'lanchat/key-nonce/1', ...parts).slice(0, 24)
}

/** One entry of a key event: device32 || nacl.box of the room key, 80 bytes. shared: the key shared with the device's box key. */
export function sealKey(
  crypto: Crypto,
  place: KeyPlace,
  roomKey: RoomKey,
  device: PersonKey,
  shared: Uint8Array,
): Uint8Array {
  const nonce = boxNonce(crypto, place, device, roomKey.id)
  return concat(fromHex(device), nacl.box.after(roomKey.key, nonce, shared))
}

/**
 * The body of a key event that seals the room key to every given device, ordered by key. boxKeys: each device's
 * X25519 key. Devices whose box key is weak are left out: see sealable.
 */
export function keyBody(
  crypto: Crypto,
  place: KeyPlace,
  roomKey: RoomKey,
  boxKeys: ReadonlyMap<PersonKey, Uint8Array>,
  own: SharedKeys,
): { readonly kind: 'key' } & BodyOf<'key'> {
  const entries: Uint8Array[] = []
  for (const device of [...boxKeys.keys()].sort()) {
    const shared = own.with(boxKeys.get(device)!)
    if (shared) entries.push(sealKey(crypto, place, roomKey, device, shared))
  }
  return { kind: 'key', keyId: fromHex(roomKey.id), sealed: concat(...entries) }
}

/** The members to whom a key can be sealed, with their box keys: those with a profile whose box key is not weak. */
export function sealable(
  members: Iterable<PersonKey>,
  boxKeyOf: (member: PersonKey) => Uint8Array | undefined,
  own: SharedKeys,
): Map<PersonKey, Uint8Array> {
  const boxKeys = new Map<PersonKey, Uint8Array>()
  for (const member of members) {
    const boxKey = boxKeyOf(member)
    if (boxKey && own.with(boxKey)) boxKeys.set(member, boxKey)
  }
  return boxKeys
}

/** The devices of a key event's entries. */
export function devicesOf(body: BodyOf<'key'>): PersonKey[] {
  const devices: PersonKey[] = []
  for (let at = 0; at + ENTRY_BYTES <= body.sealed.length; at += ENTRY_BYTES)
    devices.push(personKey(body.sealed, at))
  return devices
}

/**
 * The room key in a key event, opened by one of its devices; undefined where no entry is for this device, it does not
 * open, or what is inside is not the key of that id. authorBoxKey: from the profile of the event's author.
 */
export function openKey(
  crypto: Crypto,
  place: KeyPlace,
  body: BodyOf<'key'>,
  device: PersonKey,
  authorBoxKey: Uint8Array,
  own: SharedKeys,
): RoomKey | undefined {
  const index = devicesOf(body).indexOf(device)
  const shared = index < 0 ? null : own.with(authorBoxKey)
  if (!shared) return undefined
  const id = hex(body.keyId) as KeyId
  const box = body.sealed.subarray(index * ENTRY_BYTES + 32, (index + 1) * ENTRY_BYTES)
  const key = nacl.box.open.after(box, boxNonce(crypto, place, device, id), shared)
  return key && equal(fromHex(keyIdOf(crypto, key)), body.keyId) ? { id, key } : undefined
}

/** A key event that counts in its room, or a keyring. */
export interface KeyEvent {
  readonly author: PersonKey
  readonly keys: readonly KeyId[]
  readonly sealedTo: readonly PersonKey[]
  /** To post with: a key event behind every unlinking of a device of its members. */
  readonly mayBePicked: boolean
}

/**
 * The id of the key to post with: of the newest key event sealed to exactly these devices; undefined: make a new one.
 * A key that any event ever sealed to somebody else, or that somebody else made, is passed over: a removed member
 * opens nothing that is posted after the removal (INV-25).
 * events: key events and keyrings that count in the room's view, in display order. isOpen: is this key held here, opened?
 */
export function pickKey(
  events: readonly KeyEvent[],
  devices: Iterable<PersonKey>,
  isOpen: (id: KeyId) => boolean,
): KeyId | undefined {
  const present = new Set(devices)
  const known = new Map<KeyId, Set<PersonKey>>()
  for (const { author, keys, sealedTo } of events)
    for (const id of keys) {
      const holders = known.get(id) ?? new Set()
      for (const holder of [author, ...sealedTo]) holders.add(holder)
      known.set(id, holders)
    }
  for (let i = events.length - 1; i >= 0; i--) {
    const event = events[i]!
    const [id] = event.keys
    if (!event.mayBePicked || id === undefined) continue
    const sealedTo = new Set(event.sealedTo)
    const isExact = sealedTo.size === present.size && [...present].every((device) => sealedTo.has(device))
    if (isExact && known.get(id)!.size === present.size && isOpen(id)) return id
  }
  return undefined
}
