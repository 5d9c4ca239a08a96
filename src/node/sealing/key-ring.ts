/**
 * Room keys of before for a device that was linked since (rule SE-11): one device of a person seals to another one of theirs
 * the keys of a private room or talk that were never sealed to it, so that history can be read on both.
 */
import nacl from 'tweetnacl'
import { concat, fromHex, hex } from '../../wire/bytes.ts'
import type { Crypto } from '../../wire/crypto.ts'
import { type PersonKey, tagged } from '../../wire/ids.ts'
import type { BodyOf } from '../../wire/kinds.ts'
import { type KeyId, type KeyPlace, keyIdOf, type RoomKey } from './room-key.ts'

const KEY_BYTES = 32
const KEY_ID_BYTES = 16

const nonce = (crypto: Crypto, { room, author, salt }: KeyPlace, device: PersonKey) =>
  tagged(crypto, 'lanchat/keyring-nonce/1', fromHex(room), fromHex(author), fromHex(device), salt).slice(
    0,
    nacl.box.nonceLength,
  )

/** shared: the key shared with the device's box key. keys: at most KEYRING_MAX. */
export function keyringBody(
  crypto: Crypto,
  place: KeyPlace,
  device: PersonKey,
  keys: readonly RoomKey[],
  shared: Uint8Array,
): { readonly kind: 'keyring' } & BodyOf<'keyring'> {
  return {
    kind: 'keyring',
    device: fromHex(device),
    keys: concat(...keys.map(({ id }) => fromHex(id))),
    sealed: nacl.box.after(concat(...keys.map(({ key }) => key)), nonce(crypto, place, device), shared),
  }
}

/** The keys in it that are what it says; none where it does not open. shared: with the box key of its author. */
export function openKeyring(
  crypto: Crypto,
  place: KeyPlace,
  { keys, sealed }: Pick<BodyOf<'keyring'>, 'keys' | 'sealed'>,
  device: PersonKey,
  shared: Uint8Array,
): RoomKey[] {
  const opened = nacl.box.open.after(sealed, nonce(crypto, place, device), shared) ?? new Uint8Array(0)
  return keyIdsIn(keys).flatMap((id, i) => {
    const key = opened.slice(i * KEY_BYTES, (i + 1) * KEY_BYTES)
    return key.length === KEY_BYTES && keyIdOf(crypto, key) === id ? [{ id, key }] : []
  })
}

export function keyIdsIn(keys: Uint8Array): KeyId[] {
  return Array.from(
    { length: Math.floor(keys.length / KEY_ID_BYTES) },
    (_, i) => hex(keys, i * KEY_ID_BYTES, (i + 1) * KEY_ID_BYTES) as KeyId,
  )
}
