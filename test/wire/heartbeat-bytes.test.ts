import fc from 'fast-check'
import { expect, test } from 'vitest'
import { uint } from '../../src/wire/bytes.ts'
import { decodeAny, decodeFrame, encodeFrame, packValue } from '../../src/wire/codec.ts'
import { type FrameOf, packFrame } from '../../src/wire/frames.ts'
import { readHeartbeat } from '../../src/wire/heartbeat-bytes.ts'

const RUNS = Number(process.env.LANCHAT_FUZZ ?? 10_000)

const bin = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const uintOf = (bits: number) =>
  fc
    .oneof(fc.nat(200), fc.nat({ max: 2 ** Math.min(bits, 31) - 1 }), fc.constant(2 ** bits - 1))
    .map((value) => Math.min(value, 2 ** bits - 1))
const nil = <T>(some: fc.Arbitrary<T>) => fc.oneof(some, fc.constant(null))

/** The same key as in others, as all members of a hub have it, or another one. */
const key = fc.oneof(fc.constant(new Uint8Array(32).fill(5)), bin(32))
const heartbeats: fc.Arbitrary<FrameOf<'heartbeat'>> = fc.record({
  type: fc.constant('heartbeat' as const),
  counter: uintOf(32),
  state: uintOf(8),
  upstream: nil(key),
  via: nil(key),
  epoch: uintOf(32),
  members: uintOf(16),
  line: fc
    .nat(5)
    .chain((count) => fc.oneof(fc.constant(new Uint8Array(32 * count).fill(6)), bin(32 * count))),
  flags: uintOf(8),
  heardMs: uintOf(32),
  clock: bin(6),
  median: nil(bin(6)),
  lag: uintOf(32),
  uptimeS: uintOf(32),
  age: uintOf(32),
})

/** Where heads of values lie, and what they may be changed to. */
const TELLING = [
  0x00, 0x10, 0x7f, 0x80, 0x90, 0x9e, 0x9f, 0xc0, 0xc1, 0xc2, 0xc4, 0xc5, 0xca, 0xcb, 0xcc, 0xcd, 0xce, 0xcf,
  0xd0, 0xd2, 0xd9, 0xdc, 0xe0, 0xff, 0x06, 0x20, 0x40, 0xa0, 0xc4,
]
const changes = fc.array(
  fc.record({
    how: fc.constantFrom('set', 'insert', 'remove', 'cut', 'join'),
    at: fc.nat(400),
    byte: fc.oneof(fc.constantFrom(...TELLING), fc.nat(255)),
  }),
  { maxLength: 4 },
)

function changed(bytes: Uint8Array, all: readonly { how: string; at: number; byte: number }[]): Uint8Array {
  let out = [...bytes]
  for (const { how, at, byte } of all) {
    const place = out.length > 0 ? at % out.length : 0
    if (how === 'set') out[place] = byte
    else if (how === 'insert') out.splice(place, 0, byte)
    else if (how === 'remove') out.splice(place, 1)
    else if (how === 'cut') out = out.slice(0, place)
    else out.push(byte)
  }
  return Uint8Array.from(out)
}

test('a heartbeat as it is written is read by the short way, to the very same frame', () => {
  fc.assert(
    fc.property(heartbeats, (frame) => {
      const bytes = encodeFrame(frame)
      expect(readHeartbeat(bytes)).toEqual(frame)
      expect(decodeAny(bytes)).toEqual(frame)
    }),
    { numRuns: RUNS / 10 },
  )
})

test('whatever bytes come, the short way takes nothing but what the way of all frames takes as the same (FR-1 to FR-4)', () => {
  fc.assert(
    fc.property(heartbeats, changes, (frame, all) => {
      const bytes = changed(encodeFrame(frame), all)
      expect(decodeFrame(bytes)).toEqual(decodeAny(bytes))
    }),
    { numRuns: RUNS },
  )
})

const SAID: FrameOf<'heartbeat'> = {
  type: 'heartbeat',
  counter: 70_000,
  state: 1,
  upstream: new Uint8Array(32).fill(5),
  via: null,
  epoch: 1,
  members: 0,
  line: new Uint8Array(0),
  flags: 8,
  heardMs: 0,
  clock: uint(1_700_000_000_000, 6),
  median: null,
  lag: 0,
  uptimeS: 4,
  age: 0,
}

test('fields of a later version, one too few and numbers too large go the way of all frames', () => {
  const fields = packFrame(SAID)
  const later = packValue([...fields, 'more'])
  expect(readHeartbeat(later)).toBeUndefined()
  expect(decodeFrame(later)).toEqual(SAID)
  expect(decodeFrame(packValue(fields.slice(0, -1)))).toBe('schema')
  expect(decodeFrame(packValue(fields.toSpliced(2, 1, 256)))).toBe('schema')
  expect(decodeFrame(packValue(fields.toSpliced(6, 1, 2 ** 16)))).toBe('schema')
})

test('a frame keeps what it says when the bytes it came in are written over, and when others come', () => {
  const bytes = encodeFrame(SAID)
  const frame = decodeFrame(bytes)
  bytes.fill(0)
  decodeFrame(
    encodeFrame({ ...SAID, upstream: new Uint8Array(32).fill(9), line: new Uint8Array(64).fill(3) }),
  )
  expect(frame).toEqual(SAID)
})
