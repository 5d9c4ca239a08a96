/**
 * Own ends of circuits (rules RL-2 to RL-4): a link that a peer carries. Sealed channel, handshake, then frames, all of it
 * inside `relay` frames over the link to that peer, the carrier.
 *
 *   dialer: open -> opening out -> opening in -> hello, auth -> up -> frames -> down
 *   acceptor: opening in -> opening, hello out -> auth -> up ...
 */
import { type Handshake, type HelloFields, openHandshake, type Side } from '../wire/auth.ts'
import { fromHex } from '../wire/bytes.ts'
import { decodeFrame } from '../wire/codec.ts'
import type { Crypto, Signer } from '../wire/crypto.ts'
import type { Frame, FrameOf } from '../wire/frames.ts'
import type { PersonKey } from '../wire/ids.ts'
import { CIRCUITS_MAX, CIRCUITS_PER_S, HANDSHAKE_MS_MAX } from '../wire/limits.ts'
import { openSealedChannel, type SealedChannel } from '../wire/sealed-channel.ts'
import type { LinkId } from './choice.ts'
import type { PeerHello } from './core-io.ts'
import { Pace } from './pace.ts'

/** A circuit through its handshake: a link with a number of its own. */
export interface CircuitUp {
  readonly link: LinkId
  readonly key: PersonKey
  readonly dialled: boolean
  readonly hello: PeerHello
  readonly told: Pick<PeerHello, 'places' | 'grown'>
}

export interface CircuitPorts {
  readonly crypto: Crypto
  readonly signer: Signer
  /** 32 bytes (rule ID-3). */
  readonly gateKey: () => Uint8Array
  /** What this node says of itself, asked once for each circuit. */
  readonly hello: () => HelloFields
  /** May this key have a link at the moment? */
  readonly admits: (key: PersonKey) => boolean
  readonly send: (carrier: LinkId, frame: FrameOf<'relay'>) => void
  readonly up: (circuit: CircuitUp) => void
  readonly frame: (link: LinkId, frame: Frame) => void
  readonly down: (link: LinkId) => void
  /** A circuit asked for did not come about. */
  readonly failed: (carrier: LinkId, key: PersonKey) => void
  /** What came through the seal is no frame. */
  readonly fault: (link: LinkId, key: PersonKey, why: string) => void
}

interface Circuit {
  readonly link: LinkId
  readonly carrier: LinkId
  readonly key: PersonKey
  readonly side: Side
  readonly channel: SealedChannel
  readonly hello: HelloFields
  handshake: Handshake | undefined
  isUp: boolean
  /** Not through the handshake by then: closed. ms. */
  readonly until: number
}

/** Circuits count downwards from here. Links of the shell are numbered upwards from 1; what is between stands for no link. */
const FIRST_LINK = -16
const NO_BYTES = new Uint8Array(0)

export class Circuits {
  readonly #ports: CircuitPorts
  /** By carrier and key, and by the own number. */
  readonly #byWay = new Map<string, Circuit>()
  readonly #byLink = new Map<LinkId, Circuit>()
  readonly #pace = new Pace<LinkId>(CIRCUITS_PER_S)
  #next: LinkId = FIRST_LINK

  constructor(ports: CircuitPorts) {
    this.#ports = ports
  }

  get size(): number {
    return this.#byWay.size
  }

  /** The link that carries this one; undefined: it is no circuit. */
  carrierOf(link: LinkId): LinkId | undefined {
    return this.#byLink.get(link)?.carrier
  }

  /** Asks the peer on this link to carry a circuit to a key. Answered by up or failed. now: ms. */
  open(carrier: LinkId, key: PersonKey, now: number): void {
    if (this.#byWay.has(wayOf(carrier, key))) return
    const circuit = this.#add(carrier, key, 'dialer', now)
    this.#send(circuit, circuit.channel.opening)
  }

  /** An opening of a circuit that ends here. False: not taken. */
  accept(carrier: LinkId, key: PersonKey, opening: Uint8Array, now: number): boolean {
    if (!this.#ports.admits(key) || this.#count(carrier) >= CIRCUITS_MAX) return false
    if (!this.#pace.allows(carrier, now)) return false
    const circuit = this.#add(carrier, key, 'acceptor', now)
    this.#send(circuit, circuit.channel.opening)
    this.#receive(circuit, opening)
    return true
  }

  /** A message of a circuit that ends here; false: there is none. */
  take(carrier: LinkId, key: PersonKey, bytes: Uint8Array): boolean {
    const circuit = this.#byWay.get(wayOf(carrier, key))
    if (!circuit) return false
    if (bytes.length === 0) this.#over(circuit)
    else this.#receive(circuit, bytes)
    return true
  }

  /** Sends one encoded frame. Nothing where the circuit is gone. */
  send(link: LinkId, frame: Uint8Array): void {
    const circuit = this.#byLink.get(link)
    if (circuit?.isUp) for (const message of circuit.channel.seal(frame)) this.#send(circuit, message)
  }

  /** Ends it; `down` is not called. */
  close(link: LinkId): void {
    const circuit = this.#byLink.get(link)
    if (!circuit) return
    this.#remove(circuit)
    this.#send(circuit, NO_BYTES)
  }

  /** The carrier cannot take more for it: it ends here, and at the other side. False: there is none. */
  stalled(carrier: LinkId, key: PersonKey): boolean {
    const circuit = this.#byWay.get(wayOf(carrier, key))
    if (circuit) this.#end(circuit)
    return circuit !== undefined
  }

  carrierDown(carrier: LinkId): void {
    this.#pace.forget(carrier)
    for (const circuit of [...this.#byWay.values()]) if (circuit.carrier === carrier) this.#over(circuit)
  }

  tick(now: number): void {
    for (const circuit of [...this.#byWay.values()])
      if (!circuit.isUp && now >= circuit.until) this.#end(circuit)
  }

  #add(carrier: LinkId, key: PersonKey, side: Side, now: number): Circuit {
    const { crypto, gateKey, hello } = this.#ports
    const circuit: Circuit = {
      link: this.#next--,
      carrier,
      key,
      side,
      channel: openSealedChannel({ side, gateKey: gateKey(), secret: crypto.random(32), crypto }),
      hello: hello(),
      handshake: undefined,
      isUp: false,
      until: now + HANDSHAKE_MS_MAX,
    }
    this.#byWay.set(wayOf(carrier, key), circuit)
    this.#byLink.set(circuit.link, circuit)
    return circuit
  }

  #receive(circuit: Circuit, bytes: Uint8Array): void {
    const got = circuit.channel.receive(bytes)
    if (got === 'more') return
    if ('fault' in got) this.#end(circuit)
    else if ('opened' in got) this.#greet(circuit, got.opened)
    else if (circuit.isUp) this.#frame(circuit, got.frame)
    else this.#handshake(circuit, got.frame)
  }

  #greet(circuit: Circuit, binding: Uint8Array): void {
    const { crypto, signer } = this.#ports
    const { side, hello, key: expect } = circuit
    circuit.handshake = openHandshake({ side, binding, signer, hello, crypto, expect })
    this.#seal(circuit, circuit.handshake.hello)
  }

  #handshake(circuit: Circuit, bytes: Uint8Array): void {
    const step = circuit.handshake!.receive(bytes)
    if (step.send) this.#seal(circuit, step.send)
    if (step.refuse || step.refused) this.#end(circuit)
    if (!step.done) return
    circuit.isUp = true
    const { places, grown, age, role } = step.done.hello
    this.#ports.up({
      link: circuit.link,
      key: circuit.key,
      dialled: circuit.side === 'dialer',
      hello: { places, grown, age, visitor: role === 2 },
      told: { places: circuit.hello.places, grown: circuit.hello.grown },
    })
  }

  #frame({ link, key }: Circuit, bytes: Uint8Array): void {
    const frame = decodeFrame(bytes)
    if (frame === 'unknown') return
    if (typeof frame === 'string') this.#ports.fault(link, key, frame)
    // A refusal is followed by the end of the circuit, which says enough.
    else if (frame.type !== 'refuse') this.#ports.frame(link, frame)
  }

  #seal(circuit: Circuit, frame: Uint8Array): void {
    for (const message of circuit.channel.seal(frame)) this.#send(circuit, message)
  }

  #send({ carrier, key }: Circuit, bytes: Uint8Array): void {
    this.#ports.send(carrier, { type: 'relay', key: fromHex(key), bytes })
  }

  /** Ended from this side. */
  #end(circuit: Circuit): void {
    this.#send(circuit, NO_BYTES)
    this.#over(circuit)
  }

  #over(circuit: Circuit): void {
    if (!this.#byLink.has(circuit.link)) return
    this.#remove(circuit)
    if (circuit.isUp) this.#ports.down(circuit.link)
    else if (circuit.side === 'dialer') this.#ports.failed(circuit.carrier, circuit.key)
  }

  #remove(circuit: Circuit): void {
    this.#byWay.delete(wayOf(circuit.carrier, circuit.key))
    this.#byLink.delete(circuit.link)
  }

  #count(carrier: LinkId): number {
    let count = 0
    for (const circuit of this.#byWay.values()) if (circuit.carrier === carrier) count++
    return count
  }
}

const wayOf = (carrier: LinkId, key: PersonKey) => `${carrier} ${key}`
