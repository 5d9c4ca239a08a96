import { describe, expect, it } from 'vitest'
import { nodeCrypto, signerOf } from '../../src/node/crypto.ts'
import { decodeFrame, encodeFrame } from '../../src/wire/codec.ts'
import { laneId, netId, personKey, roomId } from '../../src/wire/ids.ts'
import { naclCrypto } from '../../src/wire/nacl-crypto.ts'
import { signWitness, verifyWitness, type WitnessEntry } from '../../src/wire/witness.ts'
import { vectorFile } from '../vectors/json.ts'

const bytes = (n: number, fill: number) => new Uint8Array(n).fill(fill)
const net = netId(bytes(8, 7))
const room = roomId(bytes(16, 6))
const device = signerOf(bytes(32, 1))
const entry = (n: number): WitnessEntry => ({
  author: personKey(bytes(32, n)),
  lane: laneId(bytes(8, 9)),
  n,
  id8: '0102030405060708',
})

describe('a witness', () => {
  it('tells who holds which lanes up to which event', () => {
    const frame = decodeFrame(encodeFrame(signWitness(device, net, room, 2 ** 40, [entry(1), entry(70_000)])))
    if (typeof frame === 'string' || frame.type !== 'witness') throw new Error('no witness')
    for (const crypto of [nodeCrypto, naclCrypto]) {
      expect(verifyWitness(crypto, net, frame)).toEqual({
        room,
        by: personKey(device.key),
        at: 2 ** 40,
        entries: [entry(1), entry(70_000)],
      })
    }
  })

  it('is refused for another network, room, time, key or entry than was signed', () => {
    const frame = signWitness(device, net, room, 5, [entry(1)])
    expect(verifyWitness(nodeCrypto, netId(bytes(8, 8)), frame)).toBe('signature')
    expect(verifyWitness(nodeCrypto, net, { ...frame, room: bytes(16, 1) })).toBe('signature')
    expect(verifyWitness(nodeCrypto, net, { ...frame, at: bytes(6, 1) })).toBe('signature')
    expect(verifyWitness(nodeCrypto, net, { ...frame, key: signerOf(bytes(32, 2)).key })).toBe('signature')
    expect(verifyWitness(nodeCrypto, net, { ...frame, entries: new Uint8Array(52) })).toBe('signature')
  })

  it('holds at most 512 entries', () => {
    const entries = Array.from({ length: 512 }, (_, i) => entry(i))
    expect(encodeFrame(signWitness(device, net, room, 5, entries)).length).toBeLessThan(32 * 1024)
    expect(() => signWitness(device, net, room, 5, [...entries, entry(1)])).toThrow(TypeError)
  })
})

describe('the witness of the vectors', () => {
  const vectors = vectorFile<{
    net: Uint8Array
    good: { by: Uint8Array; at: number; entries: WitnessEntry[]; signed: Uint8Array; bytes: Uint8Array }
    bad: { name: string; bytes: Uint8Array }[]
  }>('witness.json')
  const judge = (crypto: typeof nodeCrypto, frameBytes: Uint8Array) => {
    const frame = decodeFrame(frameBytes)
    if (typeof frame === 'string' || frame.type !== 'witness') throw new Error('no witness')
    return verifyWitness(crypto, netId(vectors.net), frame)
  }

  it.each([nodeCrypto, naclCrypto])('is taken by both verifiers', (crypto) => {
    const { by, at, entries } = vectors.good
    expect(judge(crypto, vectors.good.bytes)).toMatchObject({ by: personKey(by), at, entries })
  })

  it.each(vectors.bad)('is refused: $name', ({ bytes: frameBytes }) => {
    expect(judge(nodeCrypto, frameBytes)).toBe('signature')
    expect(judge(naclCrypto, frameBytes)).toBe('signature')
  })
})
