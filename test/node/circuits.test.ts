import { describe, expect, it } from 'vitest'
import { type CircuitPorts, Circuits, type CircuitUp } from '../../src/node/circuits.ts'
import { nodeCrypto, signerOf } from '../../src/node/crypto.ts'
import { encodeFrame } from '../../src/wire/codec.ts'
import type { Frame } from '../../src/wire/frames.ts'
import { type PersonKey, personKey } from '../../src/wire/ids.ts'
import { CIRCUITS_PER_S } from '../../src/wire/limits.ts'

const CARRIER = 5

/** One end, with what it told; `out` is what the peer that carries would pass on. */
class Side {
  readonly key: PersonKey
  readonly circuits: Circuits
  readonly out: Uint8Array[] = []
  readonly ups: CircuitUp[] = []
  readonly frames: Frame[] = []
  readonly told: string[] = []

  constructor(seed: number, over: Partial<CircuitPorts> = {}) {
    const signer = signerOf(new Uint8Array(32).fill(seed))
    this.key = personKey(signer.key)
    this.circuits = new Circuits({
      crypto: nodeCrypto,
      signer,
      gateKey: () => new Uint8Array(32).fill(9),
      hello: () => ({
        net: new Uint8Array(8),
        role: 0,
        places: new Uint8Array(8),
        grown: false,
        age: 3,
        caps: 0,
        port: 0,
      }),
      admits: () => true,
      send: (_carrier, { bytes }) => this.out.push(bytes),
      up: (circuit) => this.ups.push(circuit),
      frame: (_link, frame) => this.frames.push(frame),
      down: () => this.told.push('down'),
      failed: () => this.told.push('failed'),
      fault: (_link, _key, why) => this.told.push(`fault ${why}`),
      ...over,
    })
  }
}

/** Carries messages to and fro until none is left. */
function carry(dialer: Side, acceptor: Side, change = (bytes: Uint8Array, _n: number) => bytes): void {
  for (let n = 0; dialer.out.length + acceptor.out.length > 0; n++) {
    for (const bytes of dialer.out.splice(0)) {
      const given = change(bytes, n)
      if (acceptor.circuits.take(CARRIER, dialer.key, given)) continue
      if (given.length > 0) acceptor.circuits.accept(CARRIER, dialer.key, given, 0)
    }
    for (const bytes of acceptor.out.splice(0)) dialer.circuits.take(CARRIER, acceptor.key, bytes)
  }
}

function connected() {
  const dialer = new Side(1)
  const acceptor = new Side(2)
  dialer.circuits.open(CARRIER, acceptor.key, 0)
  carry(dialer, acceptor)
  return { dialer, acceptor }
}

describe('a circuit', () => {
  it('is up on both sides once both have proved who they are', () => {
    const { dialer, acceptor } = connected()
    expect(dialer.ups).toMatchObject([
      { key: acceptor.key, dialled: true, hello: { age: 3, visitor: false } },
    ])
    expect(acceptor.ups).toMatchObject([{ key: dialer.key, dialled: false }])
    expect(dialer.circuits.carrierOf(dialer.ups[0]!.link)).toBe(CARRIER)
  })

  it('carries frames in order, both ways', () => {
    const { dialer, acceptor } = connected()
    for (const epoch of [1, 2, 3])
      dialer.circuits.send(dialer.ups[0]!.link, encodeFrame({ type: 'handover', epoch }))
    acceptor.circuits.send(acceptor.ups[0]!.link, encodeFrame({ type: 'took' }))
    carry(dialer, acceptor)
    expect(acceptor.frames).toEqual([1, 2, 3].map((epoch) => ({ type: 'handover', epoch })))
    expect(dialer.frames).toEqual([{ type: 'took' }])
  })

  it.each([0, 1])('a relay that changes round %i of the handshake brings no circuit about', (at) => {
    const dialer = new Side(1)
    const acceptor = new Side(2)
    dialer.circuits.open(CARRIER, acceptor.key, 0)
    carry(dialer, acceptor, (bytes, n) => {
      if (n !== at || bytes.length === 0) return bytes
      const changed = new Uint8Array(bytes)
      changed[changed.length - 1]! ^= 1
      return changed
    })
    expect(acceptor.ups).toEqual([])
    expect(acceptor.frames).toEqual([])
    expect([dialer.circuits.size, acceptor.circuits.size]).toEqual([0, 0])
    expect(dialer.told.length).toBe(1)
  })

  it.each(['leaves one out', 'repeats one', 'swaps two', 'changes one'])('ends where a relay %s', (what) => {
    const { dialer, acceptor } = connected()
    for (const epoch of [1, 2])
      dialer.circuits.send(dialer.ups[0]!.link, encodeFrame({ type: 'handover', epoch }))
    const [a, b] = dialer.out.splice(0) as [Uint8Array, Uint8Array]
    const changed = new Uint8Array(a).fill(7, 3, 9)
    const given = {
      'leaves one out': [b],
      'repeats one': [a, a],
      'swaps two': [b, a],
      'changes one': [changed, b],
    }[what]!
    for (const bytes of given) acceptor.circuits.take(CARRIER, dialer.key, bytes)
    expect(acceptor.told).toEqual(['down'])
    expect(acceptor.frames.length).toBeLessThanOrEqual(1)
    carry(dialer, acceptor)
    expect(dialer.told).toEqual(['down'])
  })

  it('leads to the key asked for, or does not come about', () => {
    const dialer = new Side(1)
    const other = new Side(3)
    dialer.circuits.open(CARRIER, new Side(2).key, 0)
    for (let i = 0; i < 6; i++) {
      for (const bytes of dialer.out.splice(0))
        if (!other.circuits.take(CARRIER, dialer.key, bytes) && bytes.length > 0)
          other.circuits.accept(CARRIER, dialer.key, bytes, 0)
      for (const bytes of other.out.splice(0)) dialer.circuits.take(CARRIER, new Side(2).key, bytes)
    }
    expect(dialer.ups).toEqual([])
    expect(dialer.told).toEqual(['failed'])
    expect(other.ups).toEqual([])
  })

  it('does not come about under another network key', () => {
    const dialer = new Side(1, { gateKey: () => new Uint8Array(32) })
    const acceptor = new Side(2)
    dialer.circuits.open(CARRIER, acceptor.key, 0)
    carry(dialer, acceptor)
    expect(dialer.told).toEqual(['failed'])
    expect(acceptor.ups).toEqual([])
  })

  it('is given up where the handshake takes more than 2 s', () => {
    const dialer = new Side(1)
    dialer.circuits.open(CARRIER, new Side(2).key, 0)
    dialer.circuits.tick(1999)
    expect(dialer.told).toEqual([])
    dialer.circuits.tick(2000)
    expect(dialer.told).toEqual(['failed'])
  })

  it('ends with the link that carries it', () => {
    const { dialer, acceptor } = connected()
    dialer.circuits.open(CARRIER, new Side(7).key, 0)
    dialer.circuits.carrierDown(CARRIER)
    expect(dialer.told).toEqual(['down', 'failed'])
    acceptor.circuits.carrierDown(CARRIER)
    expect(acceptor.told).toEqual(['down'])
  })

  it('is refused to a key that waits for its faults, and begun only so often', () => {
    const barred = new Side(2, { admits: () => false })
    const opening = (seed: number) => {
      const side = new Side(seed)
      side.circuits.open(CARRIER, barred.key, 0)
      return { key: side.key, bytes: side.out[0]! }
    }
    const one = opening(1)
    expect(barred.circuits.accept(CARRIER, one.key, one.bytes, 0)).toBe(false)
    const acceptor = new Side(2)
    const taken = Array.from({ length: 20 }, (_, i) => opening(i + 10)).filter(({ key, bytes }) =>
      acceptor.circuits.accept(CARRIER, key, bytes, 0),
    )
    expect(taken).toHaveLength(CIRCUITS_PER_S)
  })

  it('counts what is no frame against whoever sealed it', () => {
    const { dialer, acceptor } = connected()
    dialer.circuits.send(dialer.ups[0]!.link, new Uint8Array(9).fill(0xc1))
    carry(dialer, acceptor)
    expect(acceptor.told[0]).toMatch(/^fault /)
  })
})
