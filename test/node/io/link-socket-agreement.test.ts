import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { WEBSOCKET } from '../../../src/node/io/channel.ts'
import { type Hears, LinkSocket } from '../../../src/node/io/link-socket.ts'
import { hex } from '../../../src/wire/bytes.ts'
import { type Random, seeded } from '../../seeded.ts'

/** What ws has, and does not tell of. */
interface Inside {
  _isServer: boolean
  setSocket(socket: Duplex, head: Buffer, options: object): void
}

type Told = 'message' | 'pause' | 'close' | 'terminate'

/** Each read is a list: these pieces come in one turn. act: what its owner does at the message of this number. */
interface Stream {
  readonly isMasked: boolean
  readonly reads: readonly (readonly Buffer[])[]
  readonly act: readonly [number, Told]
}

/** All that is told of a stream. */
async function toldOf({ isMasked, reads, act }: Stream, isWhole: boolean): Promise<string[]> {
  const told: string[] = []
  const socket = Object.assign(new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() }), {
    setTimeout() {},
    setNoDelay() {},
  })
  const Unconnected = LinkSocket as unknown as new (
    address: null,
    protocols: undefined,
    options: object,
  ) => LinkSocket & Inside
  const ws = new Unconnected(null, undefined, WEBSOCKET)
  ws._isServer = isMasked
  ws.setSocket(socket, Buffer.alloc(0), WEBSOCKET)
  if (isWhole) ws.read(socket as unknown as Socket, isMasked)
  let count = 0
  const hears: Hears = {
    hear: (data, isBinary) => {
      // As a link hears.
      if (ws.readyState !== ws.OPEN) return
      told.push(`${isBinary ? 'binary' : 'text'} ${hex(data)}`)
      if (count++ !== act[0]) return
      if (act[1] === 'pause') ws.pause()
      else if (act[1] === 'close') ws.close()
      else if (act[1] === 'terminate') ws.terminate()
    },
    failed: (error) => told.push(`failed ${(error as NodeJS.ErrnoException).code}`),
    ended: (code) => told.push(`ended ${code}`),
  }
  ws.tell(hears)
  for (const pieces of reads) {
    // A copy: masks are taken off in place.
    for (const piece of pieces) socket.push(Buffer.from(piece))
    await turn()
    ws.resume()
    await turn()
  }
  const all = [...told]
  ws.terminate()
  return all
}

const below = (random: Random, n: number) => Math.floor(random() * n)

/** One frame. encoding: of its length, in 7, 16 or 64 bits, the shortest or not. */
function frame(random: Random, first: number, length: number, isMasked: boolean, encoding: number): Buffer {
  const payload = Array.from({ length }, () => below(random, 256))
  const lengths = [
    [length],
    [126, length >> 8, length & 255],
    [127, 0, 0, 0, 0, 0, 0, length >> 8, length & 255],
  ]
  const [second, ...more] = lengths[encoding]!
  const mask = random() < 0.5 ? [0, 0, 0, 0] : [1, 2, 3, 4].map(() => below(random, 256))
  const head = [first, (isMasked ? 0x80 : 0) | second!, ...more, ...(isMasked ? mask : [])]
  return Buffer.from([...head, ...(isMasked ? payload.map((byte, i) => byte ^ mask[i & 3]!) : payload)])
}

/** Mostly whole messages; fragments, control frames between them, text, and what no websocket may send. */
function frames(random: Random, isMasked: boolean): Buffer[] {
  const kind = random()
  const one = (first: number, length: number, encoding = 0) =>
    frame(random, first, length, isMasked, encoding)
  if (kind < 0.55) return [one(0x82, below(random, 60), below(random, 3))]
  if (kind < 0.65) return [one(0x82, 126 + below(random, 800), 1)]
  if (kind < 0.75) return [one(0x02, 9), one(0x89, 3), one(0x00, 0), one(0x80, 5)]
  if (kind < 0.85) return [one(0x89 + below(random, 2), below(random, 126))]
  if (kind < 0.88) return [one(0x81, 4)]
  if (kind < 0.91) return [one(0x88, 0)]
  // Read as masked, these two are one.
  if (kind < 0.94) return [0, 2].map((length) => frame(random, 0x82, length, !isMasked, 0))
  if (kind < 0.97) return [one(0x02, 9), one(0x82, 5)]
  return [one(below(random, 256), below(random, 20))]
}

function streamOf(seed: number): Stream {
  const random = seeded(seed)
  const isMasked = random() < 0.5
  const each = Array.from({ length: 1 + below(random, 8) }, () => frames(random, isMasked)).flat()
  const bytes = Buffer.concat(each)
  const cut: Buffer[] = []
  const sizeMax = [1, 10, 150][below(random, 3)]!
  for (let at = 0; at < bytes.length; at += cut.at(-1)!.length)
    cut.push(bytes.subarray(at, at + 1 + below(random, sizeMax)))
  const reads: Buffer[][] = [[]]
  for (const piece of random() < 0.5 ? each : cut) {
    reads.at(-1)!.push(piece)
    if (random() < 0.6) reads.push([])
  }
  const acts = ['message', 'message', 'pause', 'close', 'terminate'] as const
  return { isMasked, reads, act: [below(random, 4), acts[below(random, acts.length)]!] }
}

describe('the websocket of a link and ws', () => {
  it('tell the same of whatever comes, however it is cut, and whatever is done meanwhile', async () => {
    for (let seed = 1; seed <= 500; seed++) {
      const stream = streamOf(seed)
      expect(await toldOf(stream, true), `seed ${seed}`).toEqual(await toldOf(stream, false))
    }
  })
})
