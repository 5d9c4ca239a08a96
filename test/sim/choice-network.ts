/**
 * A virtual network of nodes that choose their hub: seeded, in virtual time, without sockets.
 *
 * Modelled: latency and jitter; loss as delay (TCP retransmits by timeout only, which is pessimistic); cuts one way or both;
 * a firewall that drops what comes in; connect refused by a host without the process, unanswered for 3.1 s through a cut;
 * a handshake of 4 round trips; a killed process closes its links at once, a cut makes them silent; a stopped process
 * (SIGSTOP) is answered for by its kernel and finds everything waiting when it goes on; mDNS announcements and queries
 * with loss of their own; circuits through a peer, by the very Relay that nodes run. Not modelled: places, stores, TCP that gives up, more than one address per host.
 */

import { isAvoided } from '../../src/node/choice/avoid.ts'
import {
  type Choice,
  type ChoiceEffect,
  type ChoiceEvent,
  type ChoiceFrame,
  type ChoiceOptions,
  type ChoiceView,
  choose,
  createChoice,
  FLAG,
  heard,
  STATE,
  said,
  standingOf,
  viewOf,
} from '../../src/node/choice.ts'
import { type Cargo, Relay } from '../../src/node/relay.ts'
import { LAN, type Timing } from '../../src/node/timing.ts'
import { packFrame, parseFrame } from '../../src/wire/frames.ts'
import type { PersonKey } from '../../src/wire/ids.ts'
import { type Random, seeded } from '../seeded.ts'

const CONNECT_TIMEOUT_MS = 3100
/** The shell gives a dial up: nobody is at that address. */
const DIAL_MS_MAX = 5000
/** When the kernel tries a connect again. */
const SYN_AGAIN_MS = [1000, 3000]
const HANDSHAKE_TIMEOUT_MS = 2000
/** TLS, signatures and the event loop. */
const HANDSHAKE_CPU_MS = 8
/** A circuit that has not come about by then is given up. */
const CIRCUIT_MS = 2000
const RTO_MS = 200
const RTO_MS_MAX = 3200

export interface NetworkOptions {
  readonly seed: number
  readonly nodes: number
  /** One way, ms. Default 0.3. */
  readonly latencyMs?: number
  readonly jitterMs?: number
  /** Part of segments lost. */
  readonly loss?: number
  readonly mdnsLoss?: number
  readonly timing?: Timing
  /** A hub relays something to its members each, on the average: they hear by it that it lives. 0, the default: never. */
  readonly relaysMs?: number
  /** Per node. */
  readonly options?: (index: number) => Partial<ChoiceOptions>
  /** A deliberate mistake, to see that the checks find it. */
  readonly plant?: Plant
  /** What a node says instead of what its choice wants said; undefined: nothing. */
  readonly lies?: (from: SimNode, frame: ChoiceFrame) => ChoiceFrame | undefined
}

/** Damages a node around each of its steps. */
export interface Plant {
  /** The input as the damaged node takes it; undefined: not at all. */
  readonly input?: (event: ChoiceEvent, network: ChoiceNetwork) => ChoiceEvent | undefined
  /** Spoils the state after a step. */
  readonly state?: (choice: Choice) => void
}

export interface SimNode {
  readonly index: number
  readonly key: PersonKey
  readonly address: string
  readonly instance: string
  choice: Choice
  alive: boolean
  /** Stopped since. */
  pausedAt: number | undefined
  /** Was stopped until: what it knew then is stale. */
  resumedAt: number
  firewalled: boolean
  wallSkewMs: number
  wakeAt: number
  generation: number
  readonly links: Map<number, Side>
  relay: Relay
  /** Own ends of circuits, by the carrying link and the key at the other end. */
  readonly circuits: Map<string, Circuit>
  inbox: (() => void)[]
  advert: { hub: boolean; reachable: boolean }
  leaving: boolean
  done: boolean
  exited: string | undefined
  offline: string | undefined
  hubChanges: number
}

interface Side {
  readonly id: number
  readonly node: SimNode
  /** What it runs over: a connection, or a link that a relay carries on. */
  readonly conn: Connection | undefined
  readonly circuit: Circuit | undefined
  readonly peer: SimNode
  readonly dialled: boolean
  open: boolean
  /** What the peer last said of itself, kept apart from the machine under test. */
  saidHubAt: number
}

/** One end of a way through a relay. */
interface Circuit {
  readonly carrier: Side
  readonly key: PersonKey
  readonly dialled: boolean
  /** Once it is up. */
  side: Side | undefined
}

/** What a `relay` frame carries, unsealed: steps of the handshake, frames, or the end. */
interface Parcel {
  readonly key: PersonKey
  readonly cargo: Cargo
  readonly what: 'open' | 'accept' | 'confirm' | 'end' | 'relayed' | ChoiceFrame
}
type Sent = ChoiceFrame | Parcel | 'relayed' | 'close'

interface Connection {
  readonly dialler: Side
  readonly acceptor: Side
  readonly lanes: [Lane, Lane]
}

/** One direction of a connection: in order, nothing lost, late at worst. */
interface Lane {
  readonly from: Side
  readonly to: Side
  readonly queue: Sent[]
  busy: boolean
  rto: number
  lastAt: number
}

export class Violation extends Error {}

export class ChoiceNetwork {
  now = 1000
  /** Who is taking a step. */
  taker = -1
  readonly nodes: SimNode[] = []
  readonly random: Random
  /** Apart, so that a hub which relays nothing for want of members changes nothing else. */
  private readonly relayChance: Random
  readonly trace: string[] = []
  /** Everybody's changes of hub, for measuring. */
  readonly log: { at: number; node: number; what: string }[] = []
  readonly frames = { sent: 0 }
  private readonly heap: { at: number; order: number; run: () => void }[] = []
  private order = 0
  private linkCount = 0
  private readonly cuts = new Set<number>()
  readonly timing: Timing
  readonly latencyMs: number
  readonly jitterMs: number
  readonly loss: number
  readonly mdnsLoss: number
  /** Who gave up for whom, and when: INV-11. */
  private readonly givenUp: { from: number; to: number; at: number }[] = []

  constructor(readonly options: NetworkOptions) {
    this.random = seeded(options.seed)
    this.relayChance = seeded(options.seed ^ 0x4e1a)
    this.timing = options.timing ?? LAN
    this.latencyMs = options.latencyMs ?? 0.3
    this.jitterMs = options.jitterMs ?? 0.2
    this.loss = options.loss ?? 0
    this.mdnsLoss = options.mdnsLoss ?? 0
    for (let i = 0; i < options.nodes; i++) this.nodes.push(this.makeNode(i))
  }

  private makeNode(index: number): SimNode {
    let key = ''
    while (key.length < 64) key += Math.floor(this.random() * 16).toString(16)
    const personKey = key as PersonKey
    return {
      index,
      key: personKey,
      address: `10.0.0.${index + 1}:27470`,
      instance: key.slice(0, 16),
      choice: this.makeChoice(index, personKey),
      alive: false,
      pausedAt: undefined,
      resumedAt: -Infinity,
      firewalled: false,
      wallSkewMs: 0,
      wakeAt: Infinity,
      generation: 0,
      links: new Map(),
      relay: new Relay(),
      circuits: new Map(),
      inbox: [],
      advert: { hub: false, reachable: false },
      leaving: false,
      done: false,
      exited: undefined,
      offline: undefined,
      hubChanges: 0,
    }
  }

  private makeChoice(index: number, self: PersonKey): Choice {
    return createChoice({
      self,
      timing: this.timing,
      instanceOf: (key) => key.slice(0, 16),
      ...this.options.options?.(index),
    })
  }

  // time

  at(ms: number, run: () => void): void {
    this.schedule(this.now + ms, run)
  }

  private schedule(at: number, run: () => void): void {
    const { heap } = this
    const entry = { at, order: this.order++, run }
    heap.push(entry)
    let i = heap.length - 1
    while (i > 0) {
      const parent = (i - 1) >> 1
      if (!before(entry, heap[parent]!)) break
      heap[i] = heap[parent]!
      i = parent
    }
    heap[i] = entry
  }

  private pop(): { at: number; run: () => void } | undefined {
    const { heap } = this
    const top = heap[0]
    const last = heap.pop()
    if (heap.length === 0 || !last) return top
    let i = 0
    for (;;) {
      let child = 2 * i + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++
      if (!before(heap[child]!, last)) break
      heap[i] = heap[child]!
      i = child
    }
    heap[i] = last
    return top
  }

  /** Lets ms pass. */
  run(ms: number): void {
    const end = this.now + ms
    while (this.heap.length > 0 && this.heap[0]!.at <= end) {
      const { at, run } = this.pop()!
      this.now = Math.max(this.now, at)
      run()
    }
    this.now = end
  }

  /** Lets time pass until it is true; returns how long that took, or Infinity after maxMs. */
  runUntil(isSo: () => boolean, maxMs: number, stepMs = 5): number {
    const start = this.now
    while (!isSo()) {
      if (this.now - start >= maxMs) return Infinity
      this.run(stepMs)
    }
    return this.now - start
  }

  // what happens to nodes

  start(index: number): void {
    const node = this.nodes[index]!
    if (node.alive) return
    node.alive = true
    node.generation++
    node.choice = this.makeChoice(index, node.key)
    node.leaving = false
    node.done = false
    node.pausedAt = undefined
    node.inbox = []
    node.relay = new Relay()
    node.offline = undefined
    node.advert = { hub: false, reachable: false }
    this.note(node, 'start')
    this.give(node, { in: 'start' })
    this.announce(node)
    const { generation } = node
    const ask = (ms: number) =>
      this.at(ms, () => {
        if (!node.alive || node.generation !== generation) return
        if (node.pausedAt === undefined) this.query(node)
        if (ms > 5000) ask(5000 + this.random() * 10_000)
      })
    for (const ms of [1, 500, 1000, 2000, 5000, 10_000]) ask(ms)
    if (this.options.relaysMs) this.relays(node, this.options.relaysMs)
  }

  /** What members write comes to all of them through the hub: frames that the choice is only told of. */
  private relays(node: SimNode, ms: number): void {
    const { generation } = node
    this.at(2 * ms * this.relayChance(), () => {
      if (!node.alive || node.generation !== generation) return
      this.relays(node, ms)
      if (node.pausedAt !== undefined || node.choice.phase.state !== 'hub') return
      for (const { id, member } of node.choice.links.values()) {
        const side = member ? node.links.get(id) : undefined
        if (!side) continue
        said(node.choice, id, this.now)
        this.send(side, 'relayed')
      }
    })
  }

  /** SIGKILL: the kernel closes its links. */
  kill(index: number): void {
    const node = this.nodes[index]!
    if (!node.alive) return
    node.alive = false
    node.pausedAt = undefined
    node.generation++
    this.note(node, 'kill')
    for (const side of [...node.links.values()]) if (side.conn) this.closeSide(side)
    for (const side of node.links.values()) side.open = false
    node.links.clear()
    node.circuits.clear()
  }

  pause(index: number): void {
    const node = this.nodes[index]!
    if (!node.alive || node.pausedAt !== undefined) return
    node.pausedAt = this.now
    this.note(node, 'stop')
  }

  resume(index: number): void {
    const node = this.nodes[index]!
    if (!node.alive || node.pausedAt === undefined) return
    const ms = this.now - node.pausedAt
    node.pausedAt = undefined
    node.resumedAt = this.now
    this.note(node, `cont after ${Math.round(ms)}`)
    this.give(node, { in: 'away', ms })
    const { inbox } = node
    node.inbox = []
    for (const run of inbox) run()
    this.give(node, { in: 'tick' })
  }

  quit(index: number): void {
    const node = this.nodes[index]!
    if (!node.alive || node.leaving) return
    node.leaving = true
    this.note(node, 'quit')
    this.deliver(node, () => this.give(node, { in: 'quit' }))
  }

  cut(from: number, to: number): void {
    this.cuts.add(from * 1000 + to)
  }
  cutBoth(a: number, b: number): void {
    this.cut(a, b)
    this.cut(b, a)
  }
  mend(from: number, to: number): void {
    this.cuts.delete(from * 1000 + to)
  }
  /** Only nodes of one group hear each other. */
  partition(...groups: number[][]): void {
    this.cuts.clear()
    const groupOf = new Map<number, number>()
    groups.forEach((group, i) => {
      for (const index of group) groupOf.set(index, i)
    })
    for (const a of this.nodes)
      for (const b of this.nodes)
        if (a !== b && groupOf.get(a.index) !== groupOf.get(b.index)) this.cut(a.index, b.index)
    this.trace.push(`${this.stamp()} partition ${JSON.stringify(groups)}`)
  }
  /** The cable of one host. */
  unplug(index: number): void {
    for (const other of this.nodes) if (other.index !== index) this.cutBoth(index, other.index)
    this.note(this.nodes[index]!, 'unplug')
  }
  plug(index: number): void {
    for (const other of this.nodes) {
      this.mend(index, other.index)
      this.mend(other.index, index)
    }
    this.note(this.nodes[index]!, 'plug')
  }
  heal(): void {
    this.cuts.clear()
    this.trace.push(`${this.stamp()} heal`)
  }
  private isCut(from: SimNode, to: SimNode): boolean {
    return this.cuts.size > 0 && this.cuts.has(from.index * 1000 + to.index)
  }

  // mDNS

  private announce(node: SimNode): void {
    for (const other of this.nodes) if (other !== node && other.alive) this.hint(node, other)
  }

  private hint(about: SimNode, to: SimNode): void {
    if (this.isCut(about, to) || this.random() < this.mdnsLoss) return
    const { hub, reachable } = about.advert
    const { generation } = to
    this.at(this.delay() + 1, () => {
      if (!to.alive || to.generation !== generation) return
      this.deliver(to, () =>
        this.give(to, {
          in: 'hint',
          address: about.address,
          node: about.instance,
          hub,
          reachable,
          source: 'mdns',
          by: about.address.split(':')[0]!,
        }),
      )
    })
  }

  private query(node: SimNode, isMeant: (other: SimNode) => boolean = () => true): void {
    for (const other of this.nodes) {
      if (other === node || !isMeant(other) || this.isCut(node, other) || this.random() < this.mdnsLoss)
        continue
      this.at(this.delay(), () => {
        if (other.alive && other.pausedAt === undefined) this.hint(other, node)
      })
    }
  }

  // links

  private delay(): number {
    return this.latencyMs + this.random() * this.jitterMs
  }
  /** Time for a segment that may need to be sent again. */
  private trip(): number {
    let ms = this.delay()
    for (let rto = RTO_MS; this.random() < this.loss; rto = Math.min(RTO_MS_MAX, rto * 2)) ms += rto
    return ms
  }

  private dial(node: SimNode, address: string): void {
    const { generation } = node
    const fail = (ms: number, why: 'refused' | 'timeout' | 'self') =>
      this.at(ms, () => {
        if (node.alive && node.generation === generation)
          this.deliver(node, () => this.give(node, { in: 'dialFailed', address, why }))
      })
    const other = this.nodes.find((one) => one.address === address)
    if (!other) return fail(DIAL_MS_MAX, 'timeout')
    if (other === node) return fail(5, 'self')
    this.knock(node, other, [0, ...SYN_AGAIN_MS], this.now, (open) => {
      if (!node.alive || node.generation !== generation) return
      if (open === 'timeout') return fail(0, 'timeout')
      if (open === 'refused') return fail(0, 'refused')
      this.deliver(node, () => this.give(node, { in: 'dialOpen', address }))
      const auth = HANDSHAKE_CPU_MS + this.trip() + this.trip() + this.trip() + this.trip()
      const generations = [node.generation, other.generation]
      this.at(auth, () => {
        if (!node.alive || node.generation !== generations[0]) return
        const gone = !other.alive || other.generation !== generations[1]
        if (gone) return fail(0, 'refused')
        const blocked =
          node.pausedAt !== undefined ||
          other.pausedAt !== undefined ||
          this.isCut(node, other) ||
          this.isCut(other, node) ||
          auth > HANDSHAKE_TIMEOUT_MS
        if (blocked) return fail(HANDSHAKE_TIMEOUT_MS, 'timeout')
        this.connect(node, other, address)
      })
    })
  }

  /** SYNs until one gets an answer: through a cut or into a firewall none does. */
  private knock(
    node: SimNode,
    other: SimNode,
    tries: readonly number[],
    since: number,
    then: (open: 'open' | 'refused' | 'timeout') => void,
  ): void {
    const [ms, ...later] = tries
    if (ms === undefined) {
      this.schedule(since + CONNECT_TIMEOUT_MS, () => then('timeout'))
      return
    }
    this.schedule(since + ms, () => {
      const dropped = this.isCut(node, other) || this.isCut(other, node) || (other.firewalled && other.alive)
      if (dropped || this.random() < this.loss) this.knock(node, other, later, since, then)
      else this.at(this.delay() + this.delay(), () => then(other.alive ? 'open' : 'refused'))
    })
  }

  private connect(dialler: SimNode, acceptor: SimNode, address: string): void {
    const conn = {} as { -readonly [K in keyof Connection]: Connection[K] }
    const side = (node: SimNode, dialled: boolean): Side => ({
      id: ++this.linkCount,
      node,
      conn,
      circuit: undefined,
      peer: dialled ? acceptor : dialler,
      dialled,
      open: true,
      saidHubAt: -Infinity,
    })
    conn.dialler = side(dialler, true)
    conn.acceptor = side(acceptor, false)
    const lane = (from: Side, to: Side): Lane => ({
      from,
      to,
      queue: [],
      busy: false,
      rto: RTO_MS,
      lastAt: 0,
    })
    conn.lanes = [lane(conn.dialler, conn.acceptor), lane(conn.acceptor, conn.dialler)]
    const { dialler: ours, acceptor: theirs } = conn
    dialler.links.set(ours.id, ours)
    acceptor.links.set(theirs.id, theirs)
    const up = (me: Side, peer: Side, known: string) => {
      this.give(me.node, {
        in: 'linkUp',
        link: me.id,
        key: peer.node.key,
        dialled: me.dialled,
        address: known,
        visitor: peer.node.choice.options.visitor ?? false,
      })
    }
    up(theirs, ours, dialler.address)
    if (ours.open) up(ours, theirs, address)
  }

  /** A frame of the choice itself: a liar's is another one. */
  private say(side: Side, frame: ChoiceFrame): void {
    const { lies } = this.options
    const said = lies ? lies(side.node, frame) : frame
    if (said) this.send(side, said)
  }

  private send(side: Side, what: Sent): void {
    if (!side.open && what !== 'close') return
    if (side.circuit) {
      const { carrier, key } = side.circuit
      if (what === 'close') this.send(carrier, { key, cargo: 'end', what: 'end' })
      else this.send(carrier, { key, cargo: 'bytes', what: what as ChoiceFrame | 'relayed' })
      return
    }
    if (!side.conn) return
    const lane = side.conn.lanes[side.dialled ? 0 : 1]
    lane.queue.push(what)
    this.frames.sent++
    if (!lane.busy) this.pump(lane)
  }

  private pump(lane: Lane): void {
    lane.busy = false
    while (lane.queue.length > 0) {
      if (this.isCut(lane.from.node, lane.to.node) || this.random() < this.loss) {
        lane.busy = true
        this.at(lane.rto, () => this.pump(lane))
        lane.rto = Math.min(RTO_MS_MAX, lane.rto * 2)
        return
      }
      lane.rto = RTO_MS
      const what = lane.queue.shift()!
      lane.lastAt = Math.max(lane.lastAt, this.now + this.delay())
      this.schedule(lane.lastAt, () => this.arrive(lane, what))
    }
  }

  private arrive(lane: Lane, what: Sent): void {
    const { to } = lane
    if (!to.open || !to.node.alive) return
    this.deliver(to.node, () => {
      if (!to.open) return
      if (what === 'close') {
        to.open = false
        to.node.links.delete(to.id)
        this.carrierGone(to)
        this.give(to.node, { in: 'linkDown', link: to.id, cause: 'closed' })
        return
      }
      if (what !== 'relayed' && 'cargo' in what) {
        this.onParcel(to, what)
        return
      }
      this.hear(to, what)
    })
  }

  private hear(side: Side, frame: ChoiceFrame | 'relayed'): void {
    if (frame === 'relayed') {
      if (side.saidHubAt > -Infinity) side.saidHubAt = this.now
      heard(side.node.choice, side.id, this.now)
      return
    }
    if (frame.type === 'heartbeat')
      side.saidHubAt = frame.state === STATE.hub && !(frame.flags & FLAG.leaving) ? this.now : -Infinity
    this.give(side.node, { in: 'frame', link: side.id, frame })
  }

  // circuits

  private openCircuit(node: SimNode, via: number, key: PersonKey): void {
    const carrier = node.links.get(via)
    const name = circuitName(via, key)
    if (node.circuits.has(name)) return
    const { generation } = node
    const fail = () => {
      if (node.alive && node.generation === generation)
        this.deliver(node, () => this.give(node, { in: 'circuitFailed', via, to: key }))
    }
    if (!carrier?.conn) {
      this.at(0, fail)
      return
    }
    const circuit: Circuit = { carrier, key, dialled: true, side: undefined }
    node.circuits.set(name, circuit)
    this.send(carrier, { key, cargo: 'opening', what: 'open' })
    this.at(CIRCUIT_MS, () => {
      if (circuit.side || node.circuits.get(name) !== circuit) return
      node.circuits.delete(name)
      this.send(carrier, { key, cargo: 'end', what: 'end' })
      fail()
    })
  }

  /** A relay frame: for an own circuit, for a new one where this is a hub, or to be carried on. */
  private onParcel(from: Side, parcel: Parcel): void {
    const { node } = from
    const { key, cargo, what } = parcel
    const name = circuitName(from.id, key)
    const own = node.circuits.get(name)
    if (own) {
      if (what === 'end') this.circuitGone(own)
      else if (what === 'accept') this.send(from, { key, cargo: 'bytes', what: 'confirm' })
      else if (what === 'confirm') this.circuitUp(own)
      else if (what !== 'open' && own.side?.open) this.hear(own.side, what)
      return
    }
    if (cargo === 'opening' && viewOf(node.choice).state === 'hub') {
      node.circuits.set(name, { carrier: from, key, dialled: false, side: undefined })
      this.send(from, { key, cargo: 'bytes', what: 'accept' })
      return
    }
    const way = node.relay.take(from.id, key, cargo, standingOf(node.choice, this.now), this.now)
    if (way === 'closed') this.send(from, { key, cargo: 'end', what: 'end' })
    else if (way !== 'nothing') {
      const on = node.links.get(way.link)
      if (on) this.send(on, { ...parcel, key: way.key })
    }
  }

  private circuitUp(circuit: Circuit): void {
    const { carrier, key, dialled } = circuit
    if (circuit.side) return
    if (!dialled) this.send(carrier, { key, cargo: 'bytes', what: 'confirm' })
    const { node } = carrier
    const peer = this.nodes[this.indexOf(key)]!
    const side: Side = {
      id: ++this.linkCount,
      node,
      conn: undefined,
      circuit,
      peer,
      dialled,
      open: true,
      saidHubAt: -Infinity,
    }
    circuit.side = side
    node.links.set(side.id, side)
    this.give(node, {
      in: 'linkUp',
      link: side.id,
      key,
      dialled,
      address: '',
      visitor: peer.choice.options.visitor ?? false,
      via: carrier.peer.key,
    })
  }

  private circuitGone(circuit: Circuit): void {
    const { carrier, key, side } = circuit
    const { node } = carrier
    node.circuits.delete(circuitName(carrier.id, key))
    if (side?.open) {
      side.open = false
      node.links.delete(side.id)
      this.give(node, { in: 'linkDown', link: side.id, cause: 'closed' })
    } else if (circuit.dialled && !side) this.give(node, { in: 'circuitFailed', via: carrier.id, to: key })
  }

  /** A connection ended: circuits over it end too, own ones and carried ones. */
  private carrierGone(side: Side): void {
    const { node } = side
    for (const circuit of [...node.circuits.values()]) if (circuit.carrier === side) this.circuitGone(circuit)
    this.tellEnds(node, node.relay.linkDown(side.id))
  }

  private tellEnds(node: SimNode, ends: readonly { link: number; key: PersonKey }[]): void {
    for (const { link, key } of ends) {
      const side = node.links.get(link)
      if (side) this.send(side, { key, cargo: 'end', what: 'end' })
    }
  }

  private closeSide(side: Side): void {
    if (!side.open) return
    side.open = false
    side.node.links.delete(side.id)
    this.send(side, 'close')
    if (side.circuit) side.node.circuits.delete(circuitName(side.circuit.carrier.id, side.circuit.key))
    else if (side.node.alive) this.carrierGone(side)
  }

  private deliver(node: SimNode, run: () => void): void {
    if (node.pausedAt !== undefined) node.inbox.push(run)
    else run()
  }

  // one step of one node

  give(node: SimNode, event: ChoiceEvent): void {
    if (!node.alive) return
    const was = viewOf(node.choice)
    const { plant } = this.options
    this.taker = node.index
    const taken = plant?.input ? plant.input(event, this) : event
    const effects = taken
      ? choose(node.choice, {
          now: this.now,
          wall: 1_790_000_000_000 + this.now + node.wallSkewMs,
          random: this.random,
          ...taken,
        })
      : []
    plant?.state?.(node.choice)
    this.check(node, event, effects, was.state)
    for (const effect of effects) this.carryOut(node, effect)
  }

  private carryOut(node: SimNode, effect: ChoiceEffect): void {
    switch (effect.do) {
      case 'send': {
        const side = node.links.get(effect.link)
        if (side) this.say(side, this.checked(effect.frame))
        return
      }
      case 'sendAll':
        this.checked(effect.frame)
        for (const side of node.links.values()) this.say(side, effect.frame)
        return
      case 'sendSome':
        this.checked(effect.frame)
        for (const link of effect.links) {
          const side = node.links.get(link)
          if (side) this.say(side, effect.frame)
        }
        return
      case 'dial':
        this.dial(node, effect.address)
        return
      case 'circuit':
        this.openCircuit(node, effect.via, effect.to)
        return
      case 'close': {
        const side = node.links.get(effect.link)
        if (side) this.closeSide(side)
        return
      }
      case 'advertise':
        node.advert = { hub: effect.hub, reachable: effect.reachable }
        this.announce(node)
        return
      case 'query':
        this.query(node, ({ advert }) => effect.all || advert.hub)
        return
      case 'askSubnet':
        this.query(node)
        return
      case 'wake':
        this.wake(node, effect.at)
        return
      case 'becomeHub':
        node.hubChanges++
        node.offline = undefined
        this.note(node, `hub, epoch ${effect.epoch}`)
        this.tellEnds(node, node.relay.follows(undefined))
        return
      case 'follow':
        node.hubChanges++
        node.offline = undefined
        {
          const { via } = viewOf(node.choice)
          const through = via === null ? '' : ` through ${this.indexOf(via)}`
          this.note(node, `follows ${this.indexOf(effect.hub)}${through}`)
        }
        this.tellEnds(node, node.relay.follows(effect.link))
        return
      case 'offline':
        node.offline = effect.reason
        this.note(node, `offline: ${effect.reason}`)
        return
      case 'resign':
        this.note(node, 'resigns')
        return
      case 'quitDone':
        node.done = true
        this.kill(node.index)
        return
      case 'exit':
        node.exited = effect.code
        this.kill(node.index)
        return
      case 'memberJoined':
      case 'memberLeft':
        return
    }
  }

  private wake(node: SimNode, at: number): void {
    node.wakeAt = at
    const { generation } = node
    this.schedule(Math.max(at, this.now), () => {
      if (!node.alive || node.generation !== generation || node.wakeAt !== at) return
      node.wakeAt = Infinity
      this.deliver(node, () => this.give(node, { in: 'tick' }))
    })
  }

  private checkedCount = 0
  /** Some of the frames go through their schema, as on a real link. */
  private checked(frame: ChoiceFrame): ChoiceFrame {
    if (this.checkedCount++ % 97 === 0 && typeof parseFrame(packFrame(frame)) === 'string')
      throw new Violation(`frame ${frame.type} does not fit its schema`)
    return frame
  }

  // invariants

  private check(node: SimNode, event: ChoiceEvent, effects: ChoiceEffect[], was: string): void {
    for (const effect of effects) {
      if (effect.do === 'becomeHub') this.checkEntry(node, event)
      if (effect.do === 'resign') this.checkGivingUp(node, event)
      if (effect.do === 'follow') this.checkNoCycle(node)
    }
    if (event.in === 'away' && event.ms > this.timing.awayMs && node.links.size > 0 && was !== 'gone') {
      const asked = effects.some((effect) => effect.do === 'sendAll' && effect.frame.type === 'who')
      if (!asked || viewOf(node.choice).acknowledges)
        this.fail('INV-13', `${node.index} woke and did not ask`)
    }
  }

  /** INV-10: a node that hears a hub that it does not avoid does not become one, except by hand-over. */
  private checkEntry(node: SimNode, event: ChoiceEvent): void {
    if (event.in === 'frame' && event.frame.type === 'handover') return
    const limit = this.timing.silenceMs
    for (const side of node.links.values())
      if (
        side.open &&
        this.now - side.saidHubAt < limit &&
        !isAvoided(node.choice, this.now, this.peerOf(side).key)
      )
        this.fail('INV-10', `${node.index} hears hub ${this.peerOf(side).index} and becomes one`)
  }

  /** INV-11: who gives up does it for a hub that stays, and two never for each other. */
  private checkGivingUp(node: SimNode, event: ChoiceEvent): void {
    const { phase } = node.choice
    if (phase.state !== 'seeking' || phase.target === null) return
    const to = this.nodes[this.indexOf(phase.target)]!
    if (event.in !== 'frame' || event.frame.type !== 'absorbed') return
    const stays =
      viewOf(to.choice).state === 'hub' ||
      !to.alive ||
      to.leaving ||
      to.pausedAt !== undefined ||
      this.now - to.resumedAt < 2000 ||
      // Its former process promised, and was killed since; the word was still on its way.
      this.now - to.choice.startedAt < this.timing.promiseMs
    if (!stays) this.fail('INV-11', `${node.index} gives up for ${to.index}, which is no hub`)
    for (const { from, to: into, at } of this.givenUp)
      if (from === to.index && into === node.index && this.now - at < 1000)
        this.fail('INV-11', `${node.index} and ${to.index} gave up for each other`)
    this.givenUp.push({ from: node.index, to: to.index, at: this.now })
  }

  private checkNoCycle(node: SimNode): void {
    const seen = [node.index]
    let at: SimNode = node
    for (;;) {
      const view = viewOf(at.choice)
      if (view.state !== 'following' || view.hub === null) return
      at = this.nodes[this.indexOf(view.hub)]!
      if (!at.alive || at.pausedAt !== undefined || this.now - at.resumedAt < 2000) return
      if (seen.includes(at.index)) this.fail('INV-11', `cycle ${seen.join(' -> ')} -> ${at.index}`)
      seen.push(at.index)
    }
  }

  fail(rule: string, what: string): never {
    throw new Violation(
      `${rule}: ${what} (seed ${this.options.seed}, t ${this.stamp()})\n${this.trace.slice(-60).join('\n')}`,
    )
  }

  // questions

  private peerOf = (side: Side) => side.peer
  indexOf = (key: PersonKey) => this.nodes.findIndex((node) => node.key === key)
  view = (index: number) => viewOf(this.nodes[index]!.choice)
  running = () => this.nodes.filter((node) => node.alive && node.pausedAt === undefined && !node.leaving)
  hubs = () => this.running().filter((node) => viewOf(node.choice).state === 'hub')

  /** Do all of these (default: all running) agree on one hub among them, which knows them as members? */
  isSettled(among?: readonly number[]): boolean {
    const nodes = this.running().filter(({ index }) => !among || among.includes(index))
    const hubs = nodes.filter((node) => viewOf(node.choice).state === 'hub')
    const [hub] = hubs
    if (hubs.length !== 1 || !hub) return nodes.length === 0
    const members = new Set<PersonKey>()
    for (const link of hub.choice.links.values()) if (link.member) members.add(link.key)
    return nodes.every((node) => {
      if (node === hub) return true
      const view = viewOf(node.choice)
      return (
        view.state === 'following' &&
        view.hub === hub.key &&
        members.has(node.key) &&
        this.isOneHop(view, hub)
      )
    })
  }

  /** Directly, or by one relay that follows the hub directly. */
  private isOneHop({ via }: ChoiceView, hub: SimNode): boolean {
    if (via === null) return true
    const relay = this.nodes[this.indexOf(via)]!
    const view = viewOf(relay.choice)
    return relay.alive && view.hub === hub.key && view.via === null
  }

  /** The groups that nodes of a transitive topology fall into. */
  groups(): number[][] {
    const left = new Set(this.running().map(({ index }) => index))
    const groups: number[][] = []
    for (const index of left) {
      const group = [index]
      left.delete(index)
      for (const other of [...left]) {
        const a = this.nodes[index]!
        const b = this.nodes[other]!
        if (this.isCut(a, b) || this.isCut(b, a)) continue
        group.push(other)
        left.delete(other)
      }
      groups.push(group)
    }
    return groups
  }

  private stamp = () => (this.now / 1000).toFixed(3)
  private note(node: SimNode, what: string): void {
    this.log.push({ at: this.now, node: node.index, what })
    this.trace.push(`${this.stamp()} ${node.index} ${what}`)
  }
}

const before = (a: { at: number; order: number }, b: { at: number; order: number }) =>
  a.at < b.at || (a.at === b.at && a.order < b.order)

const circuitName = (carrier: number, key: PersonKey) => `${carrier} ${key}`
