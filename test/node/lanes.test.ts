import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { nodeCrypto } from '../../src/node/crypto.ts'
import {
  bucketDigest,
  bucketOf,
  isCurrent,
  type Lane,
  listedN,
  newLane,
  packEntry,
  parseEntries,
  tellableN,
  xorOf,
} from '../../src/node/lanes.ts'
import { hex } from '../../src/wire/bytes.ts'
import type { EventId, LaneId, PersonKey } from '../../src/wire/ids.ts'
import { FUTURE_MS_MAX, PERIOD_MS } from '../../src/wire/limits.ts'
import { ROOM } from './author.ts'

const author = 'ab'.repeat(32) as PersonKey
const content = (period: number) => `${period.toString(16).padStart(8, '0')}00000001` as LaneId
const lane = (fields: Partial<Lane>): Lane => Object.assign(newLane(ROOM, author, content(5)), fields)
const ALL = Number.POSITIVE_INFINITY
const NO8 = '0'.repeat(16)

describe('SY-1: an entry is 64 bytes', () => {
  test('which say what was packed', () => {
    const entry = fc.record({
      author: fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => hex(bytes) as PersonKey),
      lane: fc.uint8Array({ minLength: 8, maxLength: 8 }).map((bytes) => hex(bytes) as LaneId),
      n: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
      id8: fc.uint8Array({ minLength: 8, maxLength: 8 }).map((bytes) => hex(bytes)),
      forkAt: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
      xor8: fc.uint8Array({ minLength: 8, maxLength: 8 }).map((bytes) => hex(bytes)),
    })
    fc.assert(
      fc.property(entry, (value) => {
        expect(packEntry(value)).toHaveLength(64)
        expect(parseEntries(packEntry(value))).toEqual([value])
      }),
    )
  })
})

describe('SY-2: the n at which a lane is listed', () => {
  test.each([
    ['plain: the last signed end', { n: 5, end: 3 }, ALL, 3],
    ['cut above what is held: the last signed end', { n: 5, end: 3 }, 9, 3],
    ['cut inside a run: the cut', { n: 5, end: 3 }, 4, 4],
    ['cut at the end', { n: 5, end: 5 }, 5, 5],
    ['cut 0', { n: 5, end: 5 }, 0, 0],
    ['forked inside a run: below the fork', { n: 5, end: 3, forkAt: 5 }, ALL, 4],
    ['forked at the start: 0', { n: 5, end: 5, forkAt: 1 }, ALL, 0],
    ['forked and cut lower', { n: 5, end: 5, forkAt: 4 }, 2, 2],
    ['forked beyond what is held: the last signed end', { n: 2, end: 2, forkAt: 5 }, ALL, 2],
  ])('%s', (_, fields, limit, n) => {
    expect(listedN(lane(fields), limit)).toBe(n)
  })

  test('of what lies beyond a cut people may be told later, of what is not signed yet they are not', () => {
    expect(tellableN(lane({ n: 5, end: 5 }), 2)).toBe(5)
    expect(tellableN(lane({ n: 5, end: 3 }), ALL)).toBe(3)
    expect(tellableN(lane({ n: 5, end: 5, forkAt: 3 }), ALL)).toBe(2)
  })
})

describe('SY-3: which content lanes are current', () => {
  const retention = 180 * 24 * 3600 * 1000
  test.each([
    ['its period is now', 5 * PERIOD_MS, true],
    ['the last moment of its retention', 6 * PERIOD_MS + retention, true],
    ['one ms later', 6 * PERIOD_MS + retention + 1, false],
    ['7 days before its period', 5 * PERIOD_MS - FUTURE_MS_MAX, true],
    ['one ms earlier', 5 * PERIOD_MS - FUTURE_MS_MAX - 1, false],
  ])('%s', (_, now, expected) => {
    expect(isCurrent(content(5), now, retention)).toBe(expected)
  })

  test('control lanes always are', () => {
    expect(isCurrent('8000000000000000' as LaneId, 0, 1)).toBe(true)
    expect(isCurrent('ffffffffffffffff' as LaneId, 2 ** 47, 1)).toBe(true)
  })
})

test('SY-4: the xor is over the ids deleted at or below n, in any order', () => {
  const [a, b] = ['0f'.repeat(32), 'f0'.repeat(32)] as EventId[]
  const forth = lane({
    tombstones: new Map([
      [a!, 1],
      [b!, 3],
    ]),
  })
  const back = lane({
    tombstones: new Map([
      [b!, 3],
      [a!, 1],
    ]),
  })
  expect(xorOf(forth, 0)).toBe('0'.repeat(16))
  expect(xorOf(forth, 2)).toBe('0f'.repeat(8))
  expect(xorOf(forth, 3)).toBe('ff'.repeat(8))
  expect(xorOf(back, 3)).toBe(xorOf(forth, 3))
})

test('SY-5: a bucket digest is zeros for nothing, else tied to room, class and every byte', () => {
  const entry = new Uint8Array(64).fill(1)
  expect(bucketDigest(nodeCrypto, ROOM, 0, [])).toEqual(new Uint8Array(16))
  const digest = bucketDigest(nodeCrypto, ROOM, 0, [entry])
  expect(digest).toHaveLength(16)
  expect(bucketDigest(nodeCrypto, ROOM, 1, [entry])).not.toEqual(digest)
  expect(bucketDigest(nodeCrypto, ROOM, 0, [entry, entry])).not.toEqual(digest)
  expect(bucketOf(author)).toBe(0xab)
})

test('SY-4: somebody of a hundred thousand lanes ends nobody by the digest of theirs', () => {
  const entry = (id: number) => packEntry({ author, lane: content(id), n: 1, id8: NO8, forkAt: 0, xor8: NO8 })
  const entries = Array.from({ length: 100_000 }, (_, id) => entry(id))
  expect(bucketDigest(nodeCrypto, ROOM, 1, entries)).toHaveLength(16)
})
