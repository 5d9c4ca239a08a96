/**
 * Links through peers, for the core (rules RL-*): what this node carries for others (relay.ts), and the own ends of what
 * others carry for it (circuits.ts). A circuit is a link with a number of its own; the core treats it as any other.
 */
import { fromHex } from '../wire/bytes.ts'
import { encodeFrame } from '../wire/codec.ts'
import type { Frame, FrameOf } from '../wire/frames.ts'
import { type PersonKey, personKey } from '../wire/ids.ts'
import { isOpening } from '../wire/sealed-channel.ts'
import type { LinkId } from './choice.ts'
import { type CircuitPorts, Circuits } from './circuits.ts'
import { type End, Relay, type RelayStanding } from './relay.ts'

export interface RelayingPorts extends CircuitPorts {
  /** What this node may carry now. */
  readonly standing: () => RelayStanding
  /** Circuits end at hubs: others take none. */
  readonly isHub: () => boolean
}

const NO_BYTES = new Uint8Array(0)

export class Relaying {
  readonly #ports: RelayingPorts
  readonly #relay = new Relay()
  readonly #circuits: Circuits
  /** Ends of circuits that the core hears of after its step: it may be in the middle of one. */
  #ended: (() => void)[] = []

  constructor(ports: RelayingPorts) {
    this.#ports = ports
    this.#circuits = new Circuits({
      ...ports,
      down: (link) => this.#ended.push(() => ports.down(link)),
      failed: (carrier, key) => this.#ended.push(() => ports.failed(carrier, key)),
    })
  }

  /** Circuits that end here and that run through here. */
  get size(): number {
    return this.#circuits.size + this.#relay.size
  }

  /** The link that carries this one; undefined: it is no circuit. */
  carrierOf(link: LinkId): LinkId | undefined {
    return this.#circuits.carrierOf(link)
  }

  /** A relay frame over a link of the shell's. */
  frame(from: LinkId, { key, bytes }: FrameOf<'relay'>, now: number): void {
    const peer = personKey(key)
    if (this.#circuits.take(from, peer, bytes)) return
    const begins = isOpening(bytes)
    if (begins && this.#ports.isHub()) {
      if (!this.#circuits.accept(from, peer, bytes, now)) this.#tellEnd({ link: from, key: peer })
      return
    }
    const cargo = begins ? 'opening' : bytes.length === 0 ? 'end' : 'bytes'
    const way = this.#relay.take(from, peer, cargo, this.#ports.standing(), now)
    if (way === 'closed') this.#tellEnd({ link: from, key: peer })
    else if (way !== 'nothing') this.#ports.send(way.link, { type: 'relay', key: fromHex(way.key), bytes })
  }

  open(via: LinkId, to: PersonKey, now: number): void {
    this.#circuits.open(via, to, now)
  }

  /** Sends a frame over a circuit. */
  send(link: LinkId, frame: Frame, encoded: Uint8Array = encodeFrame(frame)): void {
    this.#circuits.send(link, encoded)
  }

  /** This node ends a circuit and knows it. */
  close(link: LinkId): void {
    this.#circuits.close(link)
  }

  /** This node ends a circuit with a reason; the core hears `down`. */
  refuse(link: LinkId, code: string, detail: string): void {
    this.#circuits.send(link, encodeFrame({ type: 'refuse', code, detail }))
    this.#circuits.close(link)
    this.#ended.push(() => this.#ports.down(link))
  }

  /** A link of the shell's is gone, and all that ran over it. */
  linkDown(link: LinkId): void {
    this.#circuits.carrierDown(link)
    for (const end of this.#relay.linkDown(link)) this.#tellEnd(end)
  }

  /** The shell could not send a relay frame: too much waits for that reader. */
  stalled(link: LinkId, key: PersonKey): void {
    if (this.#circuits.stalled(link, key)) return
    const other = this.#relay.end(link, key)
    if (!other) return
    this.#tellEnd(other)
    this.#tellEnd({ link, key })
  }

  /** This node follows over this link now; undefined: it is hub. */
  follows(link: LinkId | undefined): void {
    for (const end of this.#relay.follows(link)) this.#tellEnd(end)
  }

  tick(now: number): void {
    this.#circuits.tick(now)
  }

  /** Tells the core what has ended; to be called between its steps. */
  settle(): void {
    while (this.#ended.length > 0) for (const tell of this.#ended.splice(0)) tell()
  }

  #tellEnd({ link, key }: End): void {
    this.#ports.send(link, { type: 'relay', key: fromHex(key), bytes: NO_BYTES })
  }
}
