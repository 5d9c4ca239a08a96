import { describe, expect, it } from 'vitest'
import { nodeCrypto } from '../../src/node/crypto.ts'
import type { Side } from '../../src/wire/auth.ts'
import { FRAME_BYTES_MAX, SEALED_BYTES_MAX } from '../../src/wire/limits.ts'
import { naclCrypto } from '../../src/wire/nacl-crypto.ts'
import {
  isOpening,
  OPENING_BYTES,
  openSealedChannel,
  type SealedChannel,
} from '../../src/wire/sealed-channel.ts'
import { vectorFile } from '../vectors/json.ts'

interface SideData {
  secret: Uint8Array
  opening: Uint8Array
  frames: Uint8Array[]
  messages: Uint8Array[]
}
const data = vectorFile<{
  gateKey: Uint8Array
  dialer: SideData
  acceptor: SideData
  binding: Uint8Array
  bad: { name: string; received: Uint8Array[]; fault: string }[]
}>('seal.json')

const open = (side: Side, over = {}) =>
  openSealedChannel({ side, gateKey: data.gateKey, secret: data[side].secret, crypto: nodeCrypto, ...over })

function opened(over = {}): { dialer: SealedChannel; acceptor: SealedChannel } {
  const dialer = open('dialer')
  const acceptor = open('acceptor', over)
  acceptor.receive(dialer.opening)
  dialer.receive(acceptor.opening)
  return { dialer, acceptor }
}

describe('a sealed channel', () => {
  it.each([nodeCrypto, naclCrypto])('has the openings, binding and messages of the vectors', (crypto) => {
    for (const [side, other] of [
      ['dialer', 'acceptor'],
      ['acceptor', 'dialer'],
    ] as const) {
      const channel = open(side, { crypto })
      expect(channel.opening).toEqual(data[side].opening)
      expect(channel.receive(data[other].opening)).toEqual({ opened: data.binding })
      expect(data[side].frames.flatMap((frame) => channel.seal(frame))).toEqual(data[side].messages)
      data[other].messages.forEach((message, i) => {
        expect(channel.receive(message)).toEqual({ frame: data[other].frames[i] })
      })
    }
  })

  it.each(data.bad)('ends on $name: $fault', ({ received, fault }) => {
    const channel = open('acceptor')
    const outcomes = received.map((message) => channel.receive(message))
    expect(outcomes.at(-1)).toEqual({ fault })
    // It stays ended, whatever comes.
    expect(channel.receive(data.dialer.messages[0]!)).toEqual({ fault })
  })

  it('carries a frame of the largest size in two messages, and an empty one in one', () => {
    const { dialer, acceptor } = opened()
    const large = new Uint8Array(FRAME_BYTES_MAX).map((_, i) => i & 255)
    const messages = dialer.seal(large)
    expect(messages.map(({ length }) => length <= SEALED_BYTES_MAX)).toEqual([true, true])
    expect(acceptor.receive(messages[0]!)).toBe('more')
    expect(acceptor.receive(messages[1]!)).toEqual({ frame: large })
    expect(acceptor.receive(dialer.seal(new Uint8Array(0))[0]!)).toEqual({ frame: new Uint8Array(0) })
    expect(() => dialer.seal(new Uint8Array(FRAME_BYTES_MAX + 1))).toThrow(TypeError)
  })

  it('does not open under another network key', () => {
    const { dialer, acceptor } = opened({ gateKey: new Uint8Array(32) })
    expect(acceptor.receive(dialer.seal(data.dialer.frames[0]!)[0]!)).toEqual({ fault: 'SEAL_BROKEN' })
  })

  it('seals nothing before it is open, nor once it is broken', () => {
    const dialer = open('dialer')
    expect(() => dialer.seal(new Uint8Array(1))).toThrow(TypeError)
    dialer.receive(new Uint8Array(3))
    expect(() => dialer.seal(new Uint8Array(1))).toThrow(TypeError)
  })

  it('never throws for what a stranger sends', () => {
    for (let length = 0; length < 80; length++) {
      const message = new Uint8Array(length).fill(length)
      expect(open('acceptor').receive(message)).toHaveProperty('fault')
      const { acceptor } = opened()
      expect(acceptor.receive(message)).toEqual({ fault: 'SEAL_BROKEN' })
    }
    const { acceptor } = opened()
    expect(acceptor.receive(new Uint8Array(SEALED_BYTES_MAX + 1))).toEqual({ fault: 'FRAME_TOO_LARGE' })
  })

  it('begins with what a relay can tell from anything else', () => {
    expect(isOpening(data.dialer.opening)).toBe(true)
    expect(isOpening(data.acceptor.opening)).toBe(true)
    expect(isOpening(new Uint8Array(0))).toBe(false)
    expect(isOpening(new Uint8Array(OPENING_BYTES))).toBe(false)
    for (const message of data.dialer.messages) expect(isOpening(message)).toBe(false)
  })
})
