import { describe, expect, it } from 'vitest'
import { nodeCrypto, signerOf } from '../../src/node/crypto.ts'
import {
  type BeaconFields,
  isNewerBeacon,
  parseBeacon,
  signBeacon,
  verifyBeacon,
} from '../../src/wire/beacon.ts'
import { concat, copy } from '../../src/wire/bytes.ts'
import { packValue } from '../../src/wire/codec.ts'
import { netId } from '../../src/wire/ids.ts'
import { BEACON_BYTES_MAX } from '../../src/wire/limits.ts'
import { naclCrypto } from '../../src/wire/nacl-crypto.ts'
import { vectorFile } from '../vectors/json.ts'

const bytes = (n: number, fill: number) => new Uint8Array(n).fill(fill)
const net = netId(bytes(8, 7))
const hub = signerOf(bytes(32, 1))
const seat = { key: bytes(32, 3), flags: 1, lag: 0, uptimeS: 60, addresses: ['10.0.0.3:27470'] }
const fields = (over: Partial<BeaconFields> = {}) => ({
  net: bytes(8, 7),
  places: bytes(8, 5),
  epoch: 4,
  counter: 9,
  members: 3,
  flags: 1,
  addresses: ['10.0.0.2:27470'],
  median: bytes(6, 1),
  rate: 10,
  digest: bytes(16, 2),
  line: [seat],
  ...over,
})

describe('a beacon', () => {
  it('comes back from its bytes, by both verifiers', () => {
    const signed = signBeacon(hub, fields())
    const parsed = parseBeacon(net, signed.bytes)
    if (typeof parsed === 'string') throw new Error(parsed)
    expect(parsed).toEqual(signed)
    expect(parsed).toMatchObject({ ...fields(), key: hub.key })
    expect(verifyBeacon(nodeCrypto, parsed)).toBe(parsed)
    expect(verifyBeacon(naclCrypto, parsed)).toBe(parsed)
  })

  it('fits its cap with everything at its largest', () => {
    const longest = '['.padEnd(64, 'f')
    const full = signBeacon(
      hub,
      fields({
        places: bytes(256, 1),
        epoch: 2 ** 32 - 1,
        counter: 2 ** 32 - 1,
        members: 65_535,
        flags: 255,
        rate: 65_535,
        addresses: Array(4).fill(longest),
        line: Array(5).fill({
          ...seat,
          flags: 255,
          lag: 2 ** 32 - 1,
          uptimeS: 2 ** 32 - 1,
          addresses: Array(3).fill(longest),
        }),
      }),
    )
    expect(full.bytes.length).toBeLessThanOrEqual(BEACON_BYTES_MAX)
  })

  it('is refused with one bit changed', () => {
    const { bytes: signed } = signBeacon(hub, fields())
    for (let i = 0; i < signed.length; i++) {
      const changed = copy(signed)
      changed[i]! ^= 1
      const parsed = parseBeacon(net, changed)
      if (typeof parsed !== 'string') expect(verifyBeacon(nodeCrypto, parsed)).toBe('signature')
    }
  })

  it('is refused from another network, too large, or with fields that do not fit', () => {
    const { bytes: signed } = signBeacon(hub, fields())
    expect(parseBeacon(netId(bytes(8, 8)), signed)).toBe('network')
    expect(parseBeacon(net, bytes(BEACON_BYTES_MAX + 1, 0))).toBe('size')
    expect(parseBeacon(net, bytes(64, 0))).toBe('size')
    expect(parseBeacon(net, concat(bytes(64, 0), packValue([1, 2, 3])))).toBe('schema')
    expect(() => signBeacon(hub, fields({ line: Array(6).fill(seat) }))).toThrow(TypeError)
  })

  it('keeps its signature when a later version adds fields', () => {
    const now = signBeacon(hub, fields())
    const array = [...packedArray(now.bytes), 'later']
    const packed = packValue(array)
    const later = concat(hub.sign(concat(new TextEncoder().encode('lanchat/beacon/1'), packed)), packed)
    const parsed = parseBeacon(net, later)
    if (typeof parsed === 'string') throw new Error(parsed)
    expect(verifyBeacon(nodeCrypto, parsed)).toBe(parsed)
  })

  it('is newer by epoch, then by counter', () => {
    const at = (epoch: number, counter: number) => signBeacon(hub, fields({ epoch, counter }))
    expect(isNewerBeacon(at(4, 10), at(4, 9))).toBe(true)
    expect(isNewerBeacon(at(4, 9), at(4, 9))).toBe(false)
    expect(isNewerBeacon(at(5, 0), at(4, 9))).toBe(true)
    expect(isNewerBeacon(at(3, 99), at(4, 9))).toBe(false)
  })
})

function packedArray(beacon: Uint8Array): unknown[] {
  const value = parseBeacon(net, beacon)
  if (typeof value === 'string') throw new Error(value)
  const { net: n, places, key, epoch, counter, members, flags, addresses, median, rate, digest, line } = value
  const seats = line.map((s) => [s.key, s.flags, s.lag, s.uptimeS, s.addresses])
  return [n, places, key, epoch, counter, members, flags, addresses, median, rate, digest, seats]
}

describe('the beacon of the vectors', () => {
  const { good, bad } = vectorFile<{
    good: { fields: BeaconFields; signed: Uint8Array; bytes: Uint8Array }
    bad: { name: string; fault: string; bytes: Uint8Array }[]
  }>('beacon.json')
  const judge = (crypto: typeof nodeCrypto, signed: Uint8Array) => {
    const parsed = parseBeacon(netId(good.fields.net), signed)
    return typeof parsed === 'string' ? parsed : verifyBeacon(crypto, parsed)
  }

  it('is taken by both verifiers', () => {
    for (const crypto of [nodeCrypto, naclCrypto]) {
      expect(judge(crypto, good.bytes)).toMatchObject(good.fields)
      expect(crypto.verify(good.signed, good.bytes.subarray(0, 64), good.fields.key)).toBe(true)
    }
  })

  it.each(bad)('is refused: $name', ({ fault, bytes: signed }) => {
    expect(judge(nodeCrypto, signed)).toBe(fault)
    expect(judge(naclCrypto, signed)).toBe(fault)
  })
})
