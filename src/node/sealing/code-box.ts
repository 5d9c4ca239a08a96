/**
 * A network's code sealed (rule RM-23): its key to each device of its members, as room keys are, and under that key the code
 * itself and the keys of the codes before it, by which those who come back with one of them are recognised.
 */
import nacl from 'tweetnacl'
import { concat, fromHex, utf8 } from '../../wire/bytes.ts'
import type { Crypto } from '../../wire/crypto.ts'
import { type DoorKey, doorOf } from '../../wire/door.ts'
import { type NetId, type PersonKey, tagged } from '../../wire/ids.ts'
import type { BodyOf } from '../../wire/kinds.ts'
import { CODE_TEXT_BYTES_MAX } from '../../wire/limits.ts'
import type { SharedKeys } from './box-keys.ts'

const ENTRY_BYTES = 80
const KEY_BYTES = 32
/** A text is padded to all that its field holds: how long a code is says something about it. */
const TEXT_BYTES = CODE_TEXT_BYTES_MAX - nacl.secretbox.overheadLength

/** Where a `newcode` stands: its network and author, and the salt16 that starts its body. */
export interface CodePlace {
  readonly net: NetId
  readonly author: PersonKey
  readonly salt: Uint8Array
}

const nonce = (
  crypto: Crypto,
  { net, author, salt }: CodePlace,
  door: DoorKey,
  field: 'text' | 'former' | PersonKey,
) =>
  tagged(
    crypto,
    'lanchat/code-nonce/1',
    fromHex(net),
    fromHex(author),
    salt,
    fromHex(door),
    field === 'text' || field === 'former' ? utf8(field) : fromHex(field),
  ).slice(0, nacl.secretbox.nonceLength)

/** The key for what stands beside the code: its own serves elsewhere. */
const innerKey = (crypto: Crypto, codeKey: Uint8Array) => tagged(crypto, 'lanchat/code-box/1', codeKey)

/** Entries of 80 bytes, device32 || nacl.box of the code's key, ordered by device. boxKeys: none of them weak. */
export function sealCodeKey(
  crypto: Crypto,
  place: CodePlace,
  codeKey: Uint8Array,
  boxKeys: ReadonlyMap<PersonKey, Uint8Array>,
  own: SharedKeys,
): Uint8Array {
  const door = doorOf(crypto, codeKey)
  const entries = [...boxKeys]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([device, boxKey]) => {
      const shared = own.with(boxKey)
      return shared
        ? [fromHex(device), nacl.box.after(codeKey, nonce(crypto, place, door, device), shared)]
        : []
    })
  return concat(...entries)
}

/** The code's key, where an entry is for this device, opens, and is what the event says. authorBoxKey: the event's author's. */
export function openCodeKey(
  crypto: Crypto,
  place: CodePlace,
  { door, sealed }: { readonly door: DoorKey; readonly sealed: Uint8Array },
  device: PersonKey,
  authorBoxKey: Uint8Array,
  own: SharedKeys,
): Uint8Array | undefined {
  const wanted = fromHex(device)
  for (let at = 0; at + ENTRY_BYTES <= sealed.length; at += ENTRY_BYTES) {
    if (!wanted.every((byte, i) => sealed[at + i] === byte)) continue
    const shared = own.with(authorBoxKey)
    const box = sealed.subarray(at + KEY_BYTES, at + ENTRY_BYTES)
    const key = shared && nacl.box.open.after(box, nonce(crypto, place, door, device), shared)
    return key && doorOf(crypto, key) === door ? key : undefined
  }
  return undefined
}

export interface InnerCode {
  /** The code as it is typed; '' where it is not told. */
  readonly text: string
  readonly former: readonly Uint8Array[]
}

export function sealInner(
  crypto: Crypto,
  place: CodePlace,
  codeKey: Uint8Array,
  { text, former }: InnerCode,
): Pick<BodyOf<'newcode'>, 'text' | 'former'> {
  const door = doorOf(crypto, codeKey)
  const key = innerKey(crypto, codeKey)
  const padded = new Uint8Array(TEXT_BYTES)
  padded.set(utf8(text))
  return {
    text: nacl.secretbox(padded, nonce(crypto, place, door, 'text'), key),
    former: nacl.secretbox(concat(...former), nonce(crypto, place, door, 'former'), key),
  }
}

/** Never throws; what does not open is left out. */
export function openInner(
  crypto: Crypto,
  place: CodePlace,
  codeKey: Uint8Array,
  { text, former }: Pick<BodyOf<'newcode'>, 'text' | 'former'>,
): InnerCode {
  const door = doorOf(crypto, codeKey)
  const key = innerKey(crypto, codeKey)
  const padded = nacl.secretbox.open(text, nonce(crypto, place, door, 'text'), key) ?? new Uint8Array(0)
  const end = padded.indexOf(0)
  const keys = nacl.secretbox.open(former, nonce(crypto, place, door, 'former'), key) ?? new Uint8Array(0)
  return {
    text: new TextDecoder().decode(end < 0 ? padded : padded.subarray(0, end)),
    former: Array.from({ length: Math.floor(keys.length / KEY_BYTES) }, (_, i) =>
      keys.slice(i * KEY_BYTES, (i + 1) * KEY_BYTES),
    ),
  }
}
