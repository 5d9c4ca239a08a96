import { describe, expect, it } from 'vitest'
import { hex } from '../../src/wire/bytes.ts'
import { decodeBody, decodeFrame, encodeFrame, packValue } from '../../src/wire/codec.ts'
import { parseRun } from '../../src/wire/event.ts'
import { type Frame, packFrame } from '../../src/wire/frames.ts'
import { netId } from '../../src/wire/ids.ts'
import { naclCrypto } from '../../src/wire/nacl-crypto.ts'
import { numbersFrom } from '../seeded.ts'
import { vectorFile } from '../vectors/json.ts'

const RUN = {
  headers: new Uint8Array(2 * 149).fill(7),
  signature: new Uint8Array(64).fill(8),
  bodies: [new Uint8Array(100).fill(9), null],
}

/** Mutations per frame type. */
const ROUNDS = Number(process.env.LANCHAT_FUZZ ?? 10_000)
/** A decode slower than this is a way to stop a node. */
const SLOW_MS = 100

/** Bytes that mean much to msgpack. */
const TELLING = [
  0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xc0, 0xc1, 0xc4, 0xc6, 0xc7, 0xc9, 0xcb, 0xcf, 0xd4, 0xdc, 0xdd,
  0xdf, 0xff,
]

function mutate(bytes: Uint8Array, roll: (sides: number) => number): Uint8Array {
  let out = new Uint8Array(bytes)
  for (let times = 1 + roll(4); times > 0; times--) {
    // Most of a frame is opaque bytes: what matters is nearer to its start.
    const at = roll(roll(2) === 0 ? Math.min(out.length, 16) : out.length)
    switch (roll(6)) {
      case 0:
        out[at] = roll(256)
        break
      case 1:
        out[at] = TELLING[roll(TELLING.length)]!
        break
      case 2:
        out[at]! ^= 1 << roll(8)
        break
      case 3:
        out = out.slice(0, Math.max(1, at))
        break
      case 4:
        out = Uint8Array.from([...out.subarray(0, at), TELLING[roll(TELLING.length)]!, ...out.subarray(at)])
        break
      default: {
        const from = roll(out.length)
        out.copyWithin(at, from, Math.min(out.length, from + 1 + roll(8)))
      }
    }
  }
  return out
}

const { good } = vectorFile<{ good: { type: string; bytes: Uint8Array }[] }>('frames.json')
const net = netId(vectorFile<{ net: Uint8Array }>('events.json').net)

function take(bytes: Uint8Array): void {
  const frame = decodeFrame(bytes)
  if (typeof frame !== 'string' && 'run' in frame) parseRun(naclCrypto, net, frame.run)
}

function msOf(act: () => void): number {
  const before = performance.now()
  act()
  return performance.now() - before
}

describe('a mutated frame', () => {
  it.each(good.map((frame, i) => ({ ...frame, seed: i + 1 })))(
    '$type is decoded or refused, never thrown over, never slow (seed $seed)',
    ({ bytes, seed }) => {
      const roll = numbersFrom(seed)
      for (let i = 0; i < ROUNDS; i++) {
        const mutated = mutate(bytes, roll)
        const isSlow = () => msOf(() => take(mutated)) > SLOW_MS
        // A pause of the machine may fall into a decode; what is slow by itself is slow each time.
        if (isSlow() && isSlow() && isSlow()) expect.fail(`slow: ${hex(mutated)}`)
      }
    },
  )
})

describe('a mutated body', () => {
  const bodies = vectorFile<{ good: { kind: string; number: number; body: Uint8Array }[] }>('kinds.json').good
  it.each(bodies.map((body, i) => ({ ...body, seed: i + 1 })))(
    'of $kind is decoded or null (seed $seed)',
    ({ number, body, seed }) => {
      const roll = numbersFrom(seed)
      for (let i = 0; i < ROUNDS / 10; i++) {
        const value = decodeBody(number, mutate(body, roll))
        if (typeof value !== 'object') expect.fail(`neither value nor null: ${value}`)
      }
    },
  )
})

it.each<Frame>([
  { type: 'post', run: RUN },
  { type: 'live', runs: [RUN] },
])('what was read of a $type frame stays when the bytes it came in are used for others', (frame) => {
  const bytes = encodeFrame(frame).slice()
  const decoded = decodeFrame(bytes)
  bytes.fill(0xff)
  expect(decoded).toEqual(frame)
})

it('a post keeps one copy of itself, but nothing of what came beside its run', () => {
  const [number, run] = packFrame({ type: 'post', run: RUN })
  const heldBy = (frame: readonly unknown[]) => {
    const decoded = decodeFrame(packValue(frame))
    if (typeof decoded === 'string' || decoded.type !== 'post') return decoded
    return decoded.run.bodies[0]!.buffer.byteLength
  }
  const bytes = packValue([number, run]).length
  const beside = new Uint8Array(30_000)
  expect(heldBy([number, run])).toBe(bytes)
  expect(heldBy([number, run, beside])).toBeLessThan(bytes)
  expect(heldBy([number, [...(run as unknown[]), beside]])).toBeLessThan(bytes)
})
