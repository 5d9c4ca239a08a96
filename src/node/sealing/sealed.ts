/**
 * Sealed bodies and texts of private rooms and talks (rules SE-7 to SE-10).
 *
 *   body   salt16 keyId16 secretbox(inner)          inner = author32 room16 t6 length3 value padding
 *   text            keyId16 secretbox(inner)        a name, topic or reason inside a control body
 *
 * Author, room and t are repeated inside and go into the nonce, so sealed bytes mean nothing under another header, also
 * if somebody who holds the key made them. Nonces are derived, not sent:
 *   first 24 bytes of H("lanchat/seal/1" || room16 || author32 || t6 || salt16 || keyId16 || field)
 * with the field's name in UTF-8 for texts and nothing for bodies. The salt is fresh for every event.
 */
import nacl from 'tweetnacl'
import { concat, equal, fromHex, hex, readUint, uint, utf8 } from '../../wire/bytes.ts'
import { decodeBody, encodeBody, SALT_BYTES } from '../../wire/codec.ts'
import type { Crypto } from '../../wire/crypto.ts'
import { type PersonKey, type RoomId, tagged } from '../../wire/ids.ts'
import type { BodyValue } from '../../wire/kinds.ts'
import { RUN_BODY_BYTES_MAX } from '../../wire/limits.ts'
import type { KeyId, RoomKey } from './room-key.ts'

/** What a sealed value is bound to: fields of its event's header. */
export interface SealPlace {
  readonly room: RoomId
  readonly author: PersonKey
  readonly t: number
}

/** Why sealed bytes are not shown. 'no-key': not one of ours, yet. 'damaged': not sealed with that key. 'misplaced': sealed for another author, room or time. */
export type SealFault = 'no-key' | 'damaged' | 'misplaced'
/** The keys opened so far. */
export type KeyRing = Pick<ReadonlyMap<KeyId, RoomKey>, 'get'>
/** Which text of a control body. */
export type SealedField = 'name' | 'topic' | 'reason'

const KEY_ID_BYTES = 16
const PLACE_BYTES = 32 + 16 + 6
const LENGTH_BYTES = 3
/** Padded length and value must leave room in a body for salt, key id, the box's tag and the place. */
const PADDED_BYTES_MAX =
  RUN_BODY_BYTES_MAX - SALT_BYTES - KEY_ID_BYTES - nacl.secretbox.overheadLength - PLACE_BYTES
/** Bytes of the longest value that can be sealed. */
export const SEALED_VALUE_BYTES_MAX = PADDED_BYTES_MAX - LENGTH_BYTES

/** Bodies: length and value fill 64, 256, 1024 or 4096 bytes, then multiples of 4096, at last all that a body holds. */
function paddedBody(bytes: number): number {
  const size = [64, 256, 1024, 4096].find((step) => bytes <= step) ?? Math.ceil(bytes / 4096) * 4096
  return Math.min(size, PADDED_BYTES_MAX)
}
/** Texts: 64, then multiples of 256, so that the longest topic stays within the limit of its field. */
const paddedText = (bytes: number) => (bytes <= 64 ? 64 : Math.ceil(bytes / 256) * 256)

/** The body of an event with its value sealed. salt: 16 fresh bytes. Throws RangeError above SEALED_VALUE_BYTES_MAX. */
export function sealBody(
  crypto: Crypto,
  roomKey: RoomKey,
  place: SealPlace,
  salt: Uint8Array,
  value: Uint8Array,
): Uint8Array {
  if (value.length > SEALED_VALUE_BYTES_MAX) throw new RangeError('too long to seal')
  return concat(salt, seal(crypto, roomKey, place, salt, '', value, paddedBody))
}

/** The value in a sealed body, or why not. Never throws. */
export function openBody(
  crypto: Crypto,
  keys: KeyRing,
  place: SealPlace,
  body: Uint8Array,
): Uint8Array | SealFault {
  return open(crypto, keys, place, body.subarray(0, SALT_BYTES), '', body.subarray(SALT_BYTES))
}

/** sealBody of a kind's value. */
export function sealValue(
  crypto: Crypto,
  roomKey: RoomKey,
  place: SealPlace,
  salt: Uint8Array,
  value: BodyValue,
): Uint8Array {
  return sealBody(crypto, roomKey, place, salt, encodeBody(salt, value).subarray(SALT_BYTES))
}

/** The value of a kind in a sealed body; null where what was sealed does not fit the kind. Never throws. */
export function openValue(
  crypto: Crypto,
  keys: KeyRing,
  event: SealPlace & { readonly kind: number },
  body: Uint8Array,
): BodyValue | SealFault | null {
  const value = openBody(crypto, keys, event, body)
  return typeof value === 'string' ? value : decodeBody(event.kind, concat(new Uint8Array(SALT_BYTES), value))
}

/** A text sealed for its place in a control body. salt: the one that starts this body. Texts up to TOPIC_BYTES_MAX. */
export function sealText(
  crypto: Crypto,
  roomKey: RoomKey,
  place: SealPlace,
  salt: Uint8Array,
  field: SealedField,
  text: string,
): Uint8Array {
  return seal(crypto, roomKey, place, salt, field, utf8(text), paddedText)
}

/** The text, or why not. Text that is not UTF-8 is 'damaged'. Never throws. */
export function openText(
  crypto: Crypto,
  keys: KeyRing,
  place: SealPlace,
  salt: Uint8Array,
  field: SealedField,
  sealed: Uint8Array,
): { readonly text: string } | SealFault {
  const bytes = open(crypto, keys, place, salt, field, sealed)
  if (typeof bytes === 'string') return bytes
  try {
    return { text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes) }
  } catch {
    return 'damaged'
  }
}

/** The id of the key that a sealed body names; undefined where it is too short to be one. */
export const keyIdIn = (body: Uint8Array): KeyId | undefined =>
  body.length < SALT_BYTES + KEY_ID_BYTES
    ? undefined
    : (hex(body, SALT_BYTES, SALT_BYTES + KEY_ID_BYTES) as KeyId)

const placeBytes = ({ room, author, t }: SealPlace) => concat(fromHex(author), fromHex(room), uint(t, 6))

function nonceOf(
  crypto: Crypto,
  { room, author, t }: SealPlace,
  salt: Uint8Array,
  keyId: Uint8Array,
  field: string,
): Uint8Array {
  const parts = [fromHex(room), fromHex(author), uint(t, 6), salt, keyId, utf8(field)]
  return tagged(crypto, 'lanchat/seal/1', ...parts).slice(0, 24)
}

function seal(
  crypto: Crypto,
  roomKey: RoomKey,
  place: SealPlace,
  salt: Uint8Array,
  field: string,
  value: Uint8Array,
  padded: (bytes: number) => number,
): Uint8Array {
  const keyId = fromHex(roomKey.id)
  const inner = new Uint8Array(PLACE_BYTES + padded(LENGTH_BYTES + value.length))
  inner.set(placeBytes(place))
  inner.set(uint(value.length, LENGTH_BYTES), PLACE_BYTES)
  inner.set(value, PLACE_BYTES + LENGTH_BYTES)
  return concat(keyId, nacl.secretbox(inner, nonceOf(crypto, place, salt, keyId, field), roomKey.key))
}

function open(
  crypto: Crypto,
  keys: KeyRing,
  place: SealPlace,
  salt: Uint8Array,
  field: string,
  sealed: Uint8Array,
): Uint8Array | SealFault {
  const keyId = sealed.subarray(0, KEY_ID_BYTES)
  if (sealed.length < KEY_ID_BYTES + nacl.secretbox.overheadLength + PLACE_BYTES + LENGTH_BYTES)
    return 'damaged'
  const roomKey = keys.get(hex(keyId) as KeyId)
  if (!roomKey) return 'no-key'
  const nonce = nonceOf(crypto, place, salt, keyId, field)
  const inner = nacl.secretbox.open(sealed.subarray(KEY_ID_BYTES), nonce, roomKey.key)
  if (!inner) return 'damaged'
  if (!equal(inner.subarray(0, PLACE_BYTES), placeBytes(place))) return 'misplaced'
  const length = readUint(inner, PLACE_BYTES, LENGTH_BYTES)
  const start = PLACE_BYTES + LENGTH_BYTES
  return start + length <= inner.length ? inner.slice(start, start + length) : 'damaged'
}
