import { describe, expect, it } from 'vitest'
import { decodeFrame, encodeFrame, packValue } from '../../src/wire/codec.ts'
import { type Frame, frameTable } from '../../src/wire/frames.ts'
import {
  FRAME_BYTES_MAX,
  HAVE_PAGE_ENTRIES_MAX,
  ROSTER_PAGE_KEYS_MAX,
  RUN_BODY_BYTES_MAX,
  VECTOR_PAGE_ENTRIES_MAX,
  WANT_ENTRIES_MAX,
} from '../../src/wire/limits.ts'
import { vectorFile } from '../vectors/json.ts'

interface GoodFrame {
  type: Frame['type']
  number: number
  fields: Record<string, unknown>
  bytes: Uint8Array
}
const { good, later, bad } = vectorFile<{
  good: GoodFrame[]
  later: GoodFrame
  bad: { name: string; fault: string; bytes: Uint8Array }[]
}>('frames.json')

describe('a frame', () => {
  it.each(good)('$type comes back from its bytes', ({ type, fields, bytes }) => {
    expect(decodeFrame(bytes)).toEqual({ type, ...fields })
    expect(encodeFrame({ type, ...fields } as Frame)).toEqual(bytes)
  })

  it('may have fields of a later version after the known ones', () => {
    expect(decodeFrame(later.bytes)).toEqual({ type: later.type, ...later.fields })
  })

  it.each(bad)('is refused as $fault: $name', ({ fault, bytes }) => {
    expect(decodeFrame(bytes)).toBe(fault)
  })

  it('is refused with a body above 32 KiB', () => {
    const run = (n: number) => packValue([64, [new Uint8Array(149), new Uint8Array(64), [new Uint8Array(n)]]])
    expect(decodeFrame(run(RUN_BODY_BYTES_MAX))).toMatchObject({ type: 'post' })
    expect(decodeFrame(run(RUN_BODY_BYTES_MAX + 1))).toBe('schema')
  })

  it('with as many entries as it may hold stays under the size cap', () => {
    const bytes = (n: number) => new Uint8Array(n)
    const largest: Frame[] = [
      { type: 'have', entries: bytes(33 * HAVE_PAGE_ENTRIES_MAX), last: true },
      {
        type: 'vector',
        room: bytes(16),
        class: 0,
        entries: bytes(64 * VECTOR_PAGE_ENTRIES_MAX),
        more: false,
      },
      { type: 'want', id: 1, room: bytes(16), lanes: bytes(45 * WANT_ENTRIES_MAX) },
      { type: 'tombstones', tombstones: bytes(164 * 256) },
      { type: 'ack', room: bytes(16), entries: bytes(12 * 1024) },
      { type: 'offer', room: bytes(16), entries: bytes(64 * 512) },
      { type: 'roster', keys: bytes(32 * ROSTER_PAGE_KEYS_MAX), first: true },
    ]
    for (const frame of largest) {
      expect(encodeFrame(frame).length).toBeLessThanOrEqual(FRAME_BYTES_MAX)
      expect(decodeFrame(encodeFrame(frame))).toEqual(frame)
    }
  })

  it('gives plain byte arrays that share nothing with the buffer they came in', () => {
    const buffer = Buffer.from(encodeFrame({ type: 'auth', signature: new Uint8Array(64).fill(7) }))
    const frame = decodeFrame(buffer)
    buffer.fill(0)
    expect(frame).toEqual({ type: 'auth', signature: new Uint8Array(64).fill(7) })
    if (typeof frame === 'string' || frame.type !== 'auth') throw new Error('no auth')
    expect(frame.signature.constructor).toBe(Uint8Array)
  })
})

describe('the table of frames', () => {
  it('has no number twice, and a type for every field', () => {
    expect(new Set(frameTable.map(({ number }) => number)).size).toBe(frameTable.length)
    for (const { types } of frameTable) expect(types).not.toContain('unnamed')
  })
})
