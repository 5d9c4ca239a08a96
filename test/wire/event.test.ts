import { describe, expect, it } from 'vitest'
import { nodeCrypto, signerOf } from '../../src/node/crypto.ts'
import { concat, fromHex, hex, uint, utf8 } from '../../src/wire/bytes.ts'
import { encodeBody } from '../../src/wire/codec.ts'
import type { Crypto } from '../../src/wire/crypto.ts'
import {
  type Draft,
  encodeHeader,
  HEADER_BYTES,
  isControlLane,
  LANE_START,
  lanePeriod,
  newContentLane,
  newControlLane,
  packRun,
  parseRun,
  parseTombstone,
  type Run,
  signatureCheck,
  signRun,
  signTombstone,
  tombstoneCheck,
  verifyRun,
} from '../../src/wire/event.ts'
import { netId, roomId } from '../../src/wire/ids.ts'
import { PERIOD_MS, RUN_BODY_BYTES_MAX } from '../../src/wire/limits.ts'
import { naclCrypto } from '../../src/wire/nacl-crypto.ts'
import { vectorFile } from '../vectors/json.ts'

interface Events {
  net: Uint8Array
  good: { name: string; run: Run; signed: Uint8Array; events: Record<string, unknown>[] }[]
  bad: { name: string; fault: string; run: Run }[]
  fork: { a: Omit<Run, 'bodies'>; b: Omit<Run, 'bodies'> }
}
interface Tombstones {
  net: Uint8Array
  good: { bytes: Uint8Array; signed: Uint8Array }
  bad: { name: string; bytes: Uint8Array }[]
}
const vectors = vectorFile<Events>('events.json')
const tombstones = vectorFile<Tombstones>('tombstones.json')
const net = netId(vectors.net)
const both: [string, Crypto][] = [
  ['node:crypto', nodeCrypto],
  ['tweetnacl', naclCrypto],
]

function judge(crypto: Crypto, run: Run): string {
  const parsed = parseRun(crypto, net, run)
  if (typeof parsed === 'string') return parsed
  const verified = verifyRun(crypto, parsed)
  return typeof verified === 'string' ? verified : 'good'
}

describe.each(both)('a run, with %s,', (_, crypto) => {
  it.each(vectors.good)('is taken: $name', ({ run, signed, events }) => {
    expect(judge(crypto, run)).toBe('good')
    const parsed = parseRun(crypto, net, run)
    if (typeof parsed === 'string') throw new Error(parsed)
    expect(signatureCheck(parsed).message).toEqual(signed)
    const said = parsed.events.map(({ header, ...fields }) => ({
      ...fields,
      bodyHash: hex(header, 114, 146),
    }))
    expect(said).toEqual(events)
    expect(packRun(parsed)).toEqual(run)
    for (const [i, event] of parsed.events.entries())
      expect(encodeHeader({ ...event, bodyHash: said[i]!.bodyHash })).toEqual(event.header)
  })

  it.each(vectors.bad)('is refused as $fault: $name', ({ run, fault }) => {
    expect(judge(crypto, run)).toBe(fault)
  })
})

describe('a run', () => {
  const anna = signerOf(new Uint8Array(32).fill(1))
  const t = 1_800_000_000_000
  const lane = {
    net,
    room: roomId(new Uint8Array(16)),
    lane: newContentLane(nodeCrypto, t),
    n: 0,
    prev: LANE_START,
  }
  const draft = (text: string): Draft => ({
    kind: 1,
    at: t,
    t,
    body: encodeBody(new Uint8Array(16), { kind: 'message', text, action: false, replyTo: null }),
  })

  it('holds 64 events and not 65', () => {
    const drafts = Array.from({ length: 65 }, (_, i) => draft(`${i}`))
    expect(judge(nodeCrypto, packRun(signRun(nodeCrypto, anna, lane, drafts.slice(0, 64))))).toBe('good')
    expect(judge(nodeCrypto, packRun(signRun(nodeCrypto, anna, lane, drafts)))).toBe('size')
  })

  it('holds 32 KiB of bodies and not a byte more', () => {
    const ofBytes = (n: number): Draft => ({ kind: 1, at: t, t, body: new Uint8Array(n) })
    const half = RUN_BODY_BYTES_MAX / 2
    expect(judge(nodeCrypto, packRun(signRun(nodeCrypto, anna, lane, [ofBytes(half), ofBytes(half)])))).toBe(
      'good',
    )
    expect(
      judge(nodeCrypto, packRun(signRun(nodeCrypto, anna, lane, [ofBytes(half), ofBytes(half + 1)]))),
    ).toBe('body-size')
  })

  it('keeps no view of the frame it came in', () => {
    const run = packRun(signRun(nodeCrypto, anna, lane, [draft('a')]))
    const frame = Buffer.from(run.headers)
    const parsed = parseRun(nodeCrypto, net, { ...run, headers: frame })
    if (typeof parsed === 'string') throw new Error(parsed)
    frame.fill(0)
    expect(hex(parsed.events[0]!.header)).toBe(hex(run.headers))
  })
})

describe('a lane id', () => {
  it('tells its class and, for content, its period', () => {
    const t = 1_800_000_000_000
    expect(isControlLane(newControlLane(nodeCrypto))).toBe(true)
    expect(isControlLane(newContentLane(nodeCrypto, t))).toBe(false)
    expect(lanePeriod(newContentLane(nodeCrypto, t))).toBe(Math.floor(t / PERIOD_MS))
  })
})

describe('a fork', () => {
  it('is two chains whose signatures both hold and whose first headers differ', () => {
    const [a, b] = [vectors.fork.a, vectors.fork.b].map((chain) => {
      const bodies = Array(chain.headers.length / HEADER_BYTES).fill(null)
      expect(judge(nodeCrypto, { ...chain, bodies })).toBe('good')
      return chain.headers
    })
    expect(hex(a!, 1, 69)).toBe(hex(b!, 1, 69))
    expect(hex(a!)).not.toBe(hex(b!))
  })
})

describe.each(both)('a tombstone, with %s,', (_, crypto) => {
  const judgeTombstone = (bytes: Uint8Array) => {
    const tombstone = parseTombstone(netId(tombstones.net), bytes)
    if (!tombstone) return false
    const { message, signature, key } = tombstoneCheck(tombstone)
    return crypto.verify(message, signature, key)
  }

  it('is taken from its author', () => {
    expect(judgeTombstone(tombstones.good.bytes)).toBe(true)
    const event = parseRun(crypto, net, vectors.good[0]!.run)
    if (typeof event === 'string') throw new Error(event)
    const made = signTombstone(signerOf(new Uint8Array(32).fill(1)), event.events[0]!)
    expect(made.bytes).toEqual(tombstones.good.bytes)
    expect(tombstones.good.signed).toEqual(concat(utf8('lanchat/del/1'), made.bytes.subarray(0, 100)))
    expect(fromHex(made.id)).toEqual(made.bytes.subarray(68, 100))
    expect(uint(made.n, 4)).toEqual(made.bytes.subarray(64, 68))
  })

  it.each(tombstones.bad)('is refused: $name', ({ bytes }) => {
    expect(judgeTombstone(bytes)).toBe(false)
  })
})
