import fc from 'fast-check'
import nacl from 'tweetnacl'
import { describe, expect, it } from 'vitest'
import { nodeCrypto } from '../../src/node/crypto.ts'
import {
  boxKeyPairOf,
  devicesOf,
  type KeyEvent,
  type KeyId,
  keyBody,
  keyIdIn,
  keyIdOf,
  keyIdsIn,
  keyringBody,
  newRoomKey,
  openBody,
  openKey,
  openKeyring,
  openText,
  openValue,
  pickKey,
  type RoomKey,
  SEALED_VALUE_BYTES_MAX,
  type SealPlace,
  SharedKeys,
  sealable,
  sealBody,
  sealText,
  sealValue,
} from '../../src/node/sealing.ts'
import { fromHex, hex, utf8 } from '../../src/wire/bytes.ts'
import { type PersonKey, personKey, type RoomId } from '../../src/wire/ids.ts'
import { type BodyOf, kindNumber, packBody, parseBody } from '../../src/wire/kinds.ts'
import {
  REASON_BYTES_MAX,
  ROOM_NAME_BYTES_MAX,
  RUN_BODY_BYTES_MAX,
  TOPIC_BYTES_MAX,
} from '../../src/wire/limits.ts'
import { naclCrypto } from '../../src/wire/nacl-crypto.ts'

/** A device: its person key and its box keys, both from one seed. */
function device(name: string) {
  const seed = nodeCrypto.hash(utf8(name))
  const pair = boxKeyPairOf(nodeCrypto, seed)
  const key = personKey(nacl.sign.keyPair.fromSeed(seed).publicKey)
  return { key, boxKey: pair.publicKey, own: new SharedKeys(pair.secretKey) }
}
const [anna, bert, cora] = [device('anna'), device('bert'), device('cora')]
const everybody = [anna, bert, cora]
const room = '11'.repeat(16) as RoomId
const otherRoom = '22'.repeat(16) as RoomId
const salt = new Uint8Array(16).fill(7)
const place: SealPlace = { room, author: anna.key, t: 1_800_000_000_123 }
const ring = (...keys: RoomKey[]) => new Map(keys.map((key) => [key.id, key]))
const key = newRoomKey(nodeCrypto)

const boxKeys = (...devices: (typeof anna)[]) => new Map(devices.map((d) => [d.key, d.boxKey]))
const keyEvent = (
  author: typeof anna,
  roomKey: RoomKey,
  ...to: (typeof anna)[]
): KeyEvent & { body: BodyOf<'key'> } => {
  const body = keyBody(nodeCrypto, { room, author: author.key, salt }, roomKey, boxKeys(...to), author.own)
  return { author: author.key, keys: [roomKey.id], sealedTo: devicesOf(body), mayBePicked: true, body }
}
const opened = (by: typeof anna, from: typeof anna, body: BodyOf<'key'>, at = room) =>
  openKey(nodeCrypto, { room: at, author: from.key, salt }, body, by.key, from.boxKey, by.own)

describe('a box key', () => {
  it('comes from the seed alone, apart from the signing key, by either cryptography', () => {
    const seed = new Uint8Array(32).fill(5)
    const pair = boxKeyPairOf(nodeCrypto, seed)
    expect(hex(boxKeyPairOf(naclCrypto, seed).publicKey)).toBe(hex(pair.publicKey))
    expect(hex(pair.secretKey)).not.toBe(hex(seed))
    // By node:crypto: X25519 of the first 32 bytes of SHA-512("lanchat/box/1" || 32 x 05).
    expect(hex(pair.publicKey)).toBe('8e4b1eca077099b11512bd13182c2d94ef40ffdea0e8567d893c0496346aad50')
  })

  it('is refused where the shared secret would be zero', () => {
    const order8 = fromHex('e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800')
    for (const weak of [new Uint8Array(32), new Uint8Array(32).fill(1, 0, 1), order8])
      expect(anna.own.with(weak)).toBeNull()
    expect(anna.own.with(bert.boxKey)).toEqual(bert.own.with(anna.boxKey))
  })

  it('that is weak or missing leaves its member out', () => {
    const known = new Map([
      [anna.key, anna.boxKey],
      [bert.key, new Uint8Array(32)],
    ])
    const to = sealable([anna.key, bert.key, cora.key], (member) => known.get(member), anna.own)
    expect([...to.keys()]).toEqual([anna.key])
  })
})

describe('keys of before', () => {
  const shared = (a: typeof anna, b: typeof anna) => a.own.with(b.boxKey)!
  const keys = [newRoomKey(nodeCrypto), newRoomKey(nodeCrypto)]
  const at = { room, author: anna.key, salt }
  const body = keyringBody(nodeCrypto, at, bert.key, keys, shared(anna, bert))

  it('open for the device they were sealed to, at that place alone', () => {
    const open = (by: typeof anna, place = at) =>
      openKeyring(nodeCrypto, place, body, by.key, shared(by, anna))
    expect(keyIdsIn(body.keys)).toEqual(keys.map(({ id }) => id))
    expect(open(bert)).toEqual(keys)
    expect(open(cora)).toEqual([])
    expect(open(bert, { ...at, room: otherRoom })).toEqual([])
  })

  it('are refused under ids that are not their own', () => {
    const [first, second] = keys as [RoomKey, RoomKey]
    const lie = keyringBody(
      nodeCrypto,
      at,
      bert.key,
      [{ ...first, id: second.id }, second],
      shared(anna, bert),
    )
    expect(openKeyring(nodeCrypto, at, lie, bert.key, shared(bert, anna))).toEqual([second])
  })
})

describe('a room key', () => {
  it('opens for every device it was sealed to, its maker too, and for nobody else', () => {
    const { body } = keyEvent(anna, key, anna, bert)
    expect(devicesOf(body).sort()).toEqual([anna.key, bert.key].sort())
    expect(opened(anna, anna, body)).toEqual(key)
    expect(opened(bert, anna, body)).toEqual(key)
    expect(opened(cora, anna, body)).toBeUndefined()
  })

  it('fits its kind, for as many devices as a private room may have', () => {
    const many = new Map(
      Array.from({ length: 256 }, (_, i) => [hex(nodeCrypto.hash(utf8(`${i}`))) as PersonKey, bert.boxKey]),
    )
    const body = keyBody(nodeCrypto, { room, author: anna.key, salt }, key, many, anna.own)
    expect(body.sealed.length).toBe(256 * 80)
    expect(parseBody(kindNumber('key'), packBody(body))).toEqual(body)
  })

  it('does not open in another room, from another author, or after a change of one bit', () => {
    const { body } = keyEvent(anna, key, bert)
    expect(opened(bert, anna, body, otherRoom)).toBeUndefined()
    expect(opened(bert, cora, body)).toBeUndefined()
    for (const at of [32, 79]) {
      const sealed = body.sealed.slice()
      sealed[at]! ^= 1
      expect(opened(bert, anna, { ...body, sealed })).toBeUndefined()
    }
  })

  it('is refused under an id that is not its own', () => {
    const lie: RoomKey = { id: newRoomKey(nodeCrypto).id, key: key.key }
    expect(opened(bert, anna, keyEvent(anna, lie, bert).body)).toBeUndefined()
    expect(keyIdOf(nodeCrypto, key.key)).toBe(key.id)
  })
})

describe('the key to post with', () => {
  const [older, newer] = [newRoomKey(nodeCrypto), newRoomKey(nodeCrypto)]
  const always = () => true
  const pick = (events: KeyEvent[], devices: (typeof anna)[], isOpen: (id: KeyId) => boolean = always) =>
    pickKey(
      events,
      devices.map((d) => d.key),
      isOpen,
    )

  it('is the newest sealed to exactly the present members', () => {
    const events = [keyEvent(anna, older, anna, bert), keyEvent(bert, newer, anna, bert)]
    expect(pick(events, [anna, bert])).toBe(newer.id)
    expect(pick(events, [anna])).toBeUndefined()
    expect(pick(events, everybody)).toBeUndefined()
    expect(pick([], [anna])).toBeUndefined()
  })

  it('is one that opens here', () => {
    const events = [keyEvent(anna, older, anna, bert), keyEvent(bert, newer, anna, bert)]
    expect(pick(events, [anna, bert], (id) => id === older.id)).toBe(older.id)
  })

  it('is none that a removed member made, though it is sealed to the others alone', () => {
    expect(pick([keyEvent(cora, older, anna, bert)], [anna, bert])).toBeUndefined()
  })

  it('is none that was once sealed to a removed member as well', () => {
    const events = [keyEvent(anna, older, anna, bert), keyEvent(anna, older, cora)]
    expect(pick(events, [anna, bert])).toBeUndefined()
  })

  it('is none that was handed on to a device which is gone, nor one made before it went', () => {
    const key = keyEvent(anna, older, anna, bert)
    const handedOn = { author: anna.key, keys: [older.id], sealedTo: [cora.key], mayBePicked: false }
    expect(pick([key], [anna, bert])).toBe(older.id)
    expect(pick([key, handedOn], [anna, bert])).toBeUndefined()
    expect(pick([key, handedOn], everybody)).toBeUndefined()
    expect(pick([{ ...key, mayBePicked: false }], [anna, bert])).toBeUndefined()
  })

  it('keeps what is posted after a removal from the removed member', () => {
    const before = keyEvent(anna, older, ...everybody)
    expect(pick([before], everybody)).toBe(older.id)
    expect(pick([before], [anna, bert])).toBeUndefined()
    const after = keyEvent(bert, newer, anna, bert)
    expect(pick([before, after], [anna, bert])).toBe(newer.id)
    const words = sealBody(nodeCrypto, newer, place, salt, utf8('without cora'))
    const ringOfCora = ring(older, ...[opened(cora, bert, after.body)].filter((k) => k !== undefined))
    expect(openBody(nodeCrypto, ringOfCora, place, words)).toBe('no-key')
    expect(openBody(nodeCrypto, ring(opened(anna, bert, after.body)!), place, words)).toEqual(
      utf8('without cora'),
    )
  })
})

describe('a sealed body', () => {
  it('opens to what was sealed, at every length', () => {
    const lengths = fc.oneof(
      fc.nat(5000),
      fc.constantFrom(0, 61, 62, 253, 254, 1021, 4093, SEALED_VALUE_BYTES_MAX),
    )
    fc.assert(
      fc.property(lengths, fc.nat(255), (length, fill) => {
        const value = new Uint8Array(length).fill(fill)
        const body = sealBody(nodeCrypto, key, place, salt, value)
        expect(body.length).toBeLessThanOrEqual(RUN_BODY_BYTES_MAX)
        expect(openBody(nodeCrypto, ring(key), place, body)).toEqual(value)
      }),
      { numRuns: 40 },
    )
  })

  it('carries a kind’s value', () => {
    const value = { kind: 'message', text: 'psst', action: false, replyTo: null } as const
    const body = sealValue(nodeCrypto, key, place, salt, value)
    const event = { ...place, kind: kindNumber('message') }
    expect(openValue(nodeCrypto, ring(key), event, body)).toEqual(value)
    expect(openValue(nodeCrypto, ring(key), { ...event, kind: kindNumber('file') }, body)).toBeNull()
  })

  it('shows only a size class', () => {
    const size = (length: number) => sealBody(nodeCrypto, key, place, salt, new Uint8Array(length)).length
    const around = 16 + 16 + 16 + 54
    expect([0, 61, 62, 253, 254, 1021, 1022, 4093, 4094, 8189, 8190].map((n) => size(n) - around)).toEqual([
      64, 64, 256, 256, 1024, 1024, 4096, 4096, 8192, 8192, 12288,
    ])
    expect(size(SEALED_VALUE_BYTES_MAX)).toBe(RUN_BODY_BYTES_MAX)
    expect(() => size(SEALED_VALUE_BYTES_MAX + 1)).toThrow(RangeError)
  })

  it('names its key', () => {
    expect(keyIdIn(sealBody(nodeCrypto, key, place, salt, salt))).toBe(key.id)
    expect(keyIdIn(new Uint8Array(31))).toBeUndefined()
  })

  it('is the same by either cryptography', () => {
    const body = sealBody(nodeCrypto, key, place, salt, salt)
    expect(openBody(naclCrypto, ring(key), place, body)).toEqual(salt)
  })

  it('opens nowhere else: not under another author, room or time', () => {
    const body = sealBody(nodeCrypto, key, place, salt, utf8('mine'))
    for (const other of [{ author: bert.key }, { room: otherRoom }, { t: place.t + 1 }])
      expect(openBody(nodeCrypto, ring(key), { ...place, ...other }, body)).toBe('damaged')
  })

  it('sealed by a key’s holder for another place than its header says is refused', () => {
    const body = sealBody(nodeCrypto, key, place, salt, utf8('mine'))
    // The holder seals the inner of anna's place under a nonce of bert's.
    const elsewhere = { ...place, author: bert.key }
    const shell = sealBody(nodeCrypto, key, elsewhere, salt, utf8('mine'))
    const nonce = nonceOf(place)
    const inner = nacl.secretbox.open(body.subarray(32), nonce, key.key)!
    const forged = shell.slice()
    forged.set(nacl.secretbox(inner, nonceOf(elsewhere), key.key), 32)
    expect(openBody(nodeCrypto, ring(key), elsewhere, forged)).toBe('misplaced')
  })

  it('changed in any byte does not open', () => {
    const body = sealBody(nodeCrypto, key, place, salt, utf8('mine'))
    for (let at = 0; at < body.length; at++) {
      const changed = body.slice()
      changed[at]! ^= 0x10
      expect(openBody(nodeCrypto, ring(key), place, changed)).toBe(at >= 16 && at < 32 ? 'no-key' : 'damaged')
    }
  })

  it('cut short at any byte does not open', () => {
    const body = sealBody(nodeCrypto, key, place, salt, utf8('mine'))
    for (let end = 0; end < body.length; end++)
      expect(openBody(nodeCrypto, ring(key), place, body.subarray(0, end))).toBe('damaged')
  })
})

function nonceOf({ room, author, t }: SealPlace): Uint8Array {
  const time = new Uint8Array(6)
  for (let i = 5, rest = t; i >= 0; i--, rest = Math.floor(rest / 256)) time[i] = rest % 256
  const parts = [utf8('lanchat/seal/1'), fromHex(room), fromHex(author), time, salt, fromHex(key.id)]
  return nodeCrypto.hash(Buffer.concat(parts)).subarray(0, 24)
}

describe('a sealed text', () => {
  it('opens in its field and no other', () => {
    const sealed = sealText(nodeCrypto, key, place, salt, 'name', 'die Höhle')
    expect(openText(nodeCrypto, ring(key), place, salt, 'name', sealed)).toEqual({ text: 'die Höhle' })
    expect(openText(nodeCrypto, ring(key), place, salt, 'topic', sealed)).toBe('damaged')
    expect(openText(nodeCrypto, ring(), place, salt, 'name', sealed)).toBe('no-key')
  })

  it('fits its field at full length', () => {
    const sealed = (field: 'name' | 'topic' | 'reason', max: number) =>
      sealText(nodeCrypto, key, place, salt, field, 'x'.repeat(max))
    const create = {
      kind: 'create',
      type: 1,
      name: sealed('name', ROOM_NAME_BYTES_MAX),
      topic: sealed('topic', TOPIC_BYTES_MAX),
      max: 0,
      persons: new Uint8Array(),
    } as const
    expect(parseBody(kindNumber('create'), packBody(create))).toEqual(create)
    const del = { kind: 'delete', reason: sealed('reason', REASON_BYTES_MAX) } as const
    expect(parseBody(kindNumber('delete'), packBody(del))).toEqual(del)
  })
})
