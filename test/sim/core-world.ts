/**
 * Whole nodes (the Core that production runs) in a virtual network: virtual time, seeded randomness, stores in memory,
 * real frames encoded and decoded, real signatures. Links are FIFO with delay; cuts make silence, kills make closes.
 */
import { createHash } from 'node:crypto'
import { Core } from '../../src/node/core.ts'
import type { CoreEffect, CoreInput } from '../../src/node/core-io.ts'
import { nodeCrypto, signerOf } from '../../src/node/crypto.ts'
import type { Command, NodeEvent } from '../../src/node/events.ts'
import { MemoryStore } from '../../src/node/memory-store.ts'
import { newPlace, type Place, packPlaces } from '../../src/node/places.ts'
import { LAN } from '../../src/node/timing.ts'
import { decodeFrame, encodeFrame } from '../../src/wire/codec.ts'
import type { Crypto } from '../../src/wire/crypto.ts'
import type { Frame } from '../../src/wire/frames.ts'
import { instanceName, type NetId, networkId, type PersonKey } from '../../src/wire/ids.ts'

/** Mulberry32: a small seeded generator. */
export function seeded(seed: number): () => number {
  let a = seed >>> 0
  return () => {
    a = (a + 0x6d2b79f5) | 0
    let t = Math.imul(a ^ (a >>> 15), 1 | a)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

/** Verdicts by bytes: a check repeated by every node costs once. */
const verdicts = new Map<string, boolean>()
function remembered(message: Uint8Array, signature: Uint8Array, key: Uint8Array): boolean {
  const name = createHash('sha1').update(message).update(signature).update(key).digest('base64')
  let verdict = verdicts.get(name)
  if (verdict === undefined) {
    verdict = nodeCrypto.verify(message, signature, key)
    if (verdicts.size > 200_000) verdicts.clear()
    verdicts.set(name, verdict)
  }
  return verdict
}

export interface WorldOptions {
  readonly seed: number
  readonly delayMs?: number
  readonly jitterMs?: number
  readonly hasCode?: boolean
}

interface VirtualLink {
  readonly id: number
  readonly dialer: SimNode
  readonly acceptor: SimNode
  /** When the last frame of each direction arrives: FIFO. */
  readonly last: [number, number]
  /** What a cut holds back, as TCP would: it arrives after the cut, if the link lives so long. */
  readonly held: [Uint8Array[], Uint8Array[]]
  isOpen: boolean
}

export class SimNode {
  readonly name: string
  readonly seed: Uint8Array
  readonly key: PersonKey
  readonly address: string
  store: MemoryStore
  core!: Core
  isUp = false
  isPaused = false
  paused: CoreInput[] = []
  place: Place | undefined
  /** Raw clock minus true time, ms. */
  clockOffset = 0
  startedAt = 0
  /** What it told since it was made, over all its processes; `lifeAt`: where those of the present process begin. */
  readonly events: NodeEvent[] = []
  lifeAt = 0
  readonly answers = new Map<number, NodeEvent>()
  wakeAt = Number.POSITIVE_INFINITY
  /** Counts processes: what an earlier one began no longer concerns the present one. */
  epochOfLife = 0
  options: { neverHub?: boolean; preferHub?: boolean; visitor?: boolean } = {}
  pausedAt = 0
  /** Its disk refuses to be written: it goes on in memory. */
  isDiskFailing = false
  /** Its disk is lost for good. */
  isGone = false
  /** Keys that a power loss may take back, by the write that put them. */
  readonly unsynced = new Map<string, number>()
  #committedAt = 0

  constructor(
    readonly world: World,
    readonly index: number,
  ) {
    this.name = `n${index}`
    this.seed = new Uint8Array(createHash('sha256').update(`seed ${world.options.seed} ${index}`).digest())
    this.key = Buffer.from(signerOf(this.seed).key).toString('hex') as PersonKey
    this.address = `10.0.0.${index + 1}:27470`
    this.store = this.newStore([])
    if (!world.options.hasCode) this.place = newPlace(world.crypto.random(8))
  }

  /** A disk: commits take a moment and end in the order they began. */
  newStore(entries: Iterable<readonly [string, Uint8Array]>): MemoryStore {
    const { world } = this
    return new MemoryStore({
      crashable: true,
      entries,
      commit: (done) => {
        this.#committedAt = Math.max(this.#committedAt, world.now + world.random() * 4 + 0.2)
        world.after(this.#committedAt - world.now, done)
      },
    })
  }

  /** Events of the present process. */
  get life(): readonly NodeEvent[] {
    return this.events.slice(this.lifeAt)
  }

  of<T extends NodeEvent['type']>(type: T): Extract<NodeEvent, { type: T }>[] {
    return this.events.filter((event) => event.type === type) as Extract<NodeEvent, { type: T }>[]
  }

  texts(): string[] {
    return this.of('message').map((message) => message.text)
  }
}

export class World {
  readonly random: () => number
  readonly crypto: Crypto
  readonly net: NetId
  readonly nodes: SimNode[] = []
  now = 0
  readonly #queue: { at: number; order: number; run: () => void }[] = []
  #order = 0
  #nextLink = 1
  nextSlot = 1
  readonly links = new Map<number, VirtualLink>()
  /** Pairs that cannot exchange packets, "a-b" one way from a to b. */
  readonly cuts = new Set<string>()
  /** Nodes whose firewall drops inbound connections. */
  readonly firewalled = new Set<SimNode>()
  readonly wall0 = Date.UTC(2026, 10, 20)
  readonly violations: string[] = []
  onEvent: (node: SimNode, event: NodeEvent) => void = () => {}
  onStart: (node: SimNode) => void = () => {}
  onAnswer: (node: SimNode, slot: number, answer: NodeEvent) => void = () => {}
  /** A frame leaves over a link. */
  onSend: (node: SimNode, link: number, frame: Frame) => void = () => {}

  constructor(readonly options: WorldOptions) {
    this.random = seeded(options.seed)
    this.crypto = {
      ...nodeCrypto,
      verify: remembered,
      random: (n) => Uint8Array.from({ length: n }, () => Math.floor(this.random() * 256)),
    }
    this.net = networkId(this.crypto, {
      name: 'sim',
      codeKey: new Uint8Array(32),
      hasCode: options.hasCode ?? false,
      retentionDays: 180,
    })
  }

  after(ms: number, run: () => void): void {
    this.#at(this.now + ms, run)
  }

  #at(at: number, run: () => void): void {
    this.#queue.push({ at, order: this.#order++, run })
    this.#up(this.#queue.length - 1)
  }

  #less(a: number, b: number): boolean {
    const [x, y] = [this.#queue[a]!, this.#queue[b]!]
    return x.at < y.at || (x.at === y.at && x.order < y.order)
  }
  #swap(a: number, b: number): void {
    const x = this.#queue[a]!
    this.#queue[a] = this.#queue[b]!
    this.#queue[b] = x
  }
  #up(i: number): void {
    for (let child = i; child > 0; ) {
      const parent = (child - 1) >> 1
      if (!this.#less(child, parent)) return
      this.#swap(child, parent)
      child = parent
    }
  }
  #pop(): { at: number; run: () => void } | undefined {
    const top = this.#queue[0]
    const last = this.#queue.pop()
    if (!top || !last) return undefined
    if (this.#queue.length > 0 && top !== last) {
      this.#queue[0] = last
      for (let parent = 0; ; ) {
        let least = parent
        for (const child of [2 * parent + 1, 2 * parent + 2])
          if (child < this.#queue.length && this.#less(child, least)) least = child
        if (least === parent) break
        this.#swap(parent, least)
        parent = least
      }
    }
    return top
  }

  add(options: SimNode['options'] = {}): SimNode {
    const node = new SimNode(this, this.nodes.length)
    node.options = options
    this.nodes.push(node)
    return node
  }

  /** Starts (or restarts) a node's process on its store. */
  async start(node: SimNode): Promise<void> {
    const stored = node.store.get('mplace')
    if (stored) node.place = JSON.parse(Buffer.from(stored).toString()) as Place
    node.startedAt = this.now
    node.lifeAt = node.events.length
    node.isUp = true
    node.isPaused = false
    node.paused = []
    node.epochOfLife++
    this.onStart(node)
    const core = new Core(
      {
        crypto: this.crypto,
        signer: signerOf(node.seed),
        seed: node.seed,
        net: this.net,
        network: 'sim',
        nick: node.name,
        renames: false,
        store: node.store,
        retentionMs: 180 * 86_400_000,
        place: node.place,
        rate: { perS: 10, burst: 40 },
        choice: { timing: LAN, instanceOf: (key) => instanceName(this.crypto, key), ...node.options },
        url: () => `wss://${node.address}/lanchat/1`,
      },
      this.#moment(node),
    )
    node.core = core
    await core.load()
    core.step(this.#moment(node), { in: 'start' })
    const scan = await core.replica.scan()
    core.step(this.#moment(node), { in: 'scanned', ...scan })
    await this.#endTurn(node)
    // mDNS: everybody who is up is a hint for everybody else.
    for (const other of this.nodes) {
      if (other === node || !other.isUp) continue
      this.hint(node, other)
      this.hint(other, node)
    }
  }

  hint(node: SimNode, other: SimNode): void {
    const life = node.epochOfLife
    this.after(5 + this.random() * 60, () => {
      if (!node.isUp || node.epochOfLife !== life || !other.isUp || this.isCut(other, node)) return
      this.give(node, {
        in: 'hint',
        address: other.address,
        node: instanceName(this.crypto, other.key),
        reachable: other.core.choice.reachable,
        source: 'mdns',
      } as CoreInput)
    })
  }

  /** mDNS queries and announcements while running. */
  announce(): void {
    for (const node of this.nodes)
      for (const other of this.nodes) if (node !== other && node.isUp && other.isUp) this.hint(node, other)
  }

  isCut(a: SimNode, b: SimNode): boolean {
    return this.cuts.has(`${a.index}-${b.index}`)
  }

  cut(a: SimNode, b: SimNode): void {
    this.cuts.add(`${a.index}-${b.index}`)
    this.cuts.add(`${b.index}-${a.index}`)
  }

  /** Ends all cuts. */
  heal(): void {
    this.cuts.clear()
    for (const link of this.links.values())
      for (const side of [0, 1] as const)
        for (const bytes of link.held[side].splice(0)) this.#deliver(link, side, bytes)
    for (const { node, link, life } of this.#unheard.splice(0))
      if (node.epochOfLife === life) this.#down(node, link, this.#delay())
    this.announce()
  }

  /** Links that one end closed while the other could not hear of it. */
  readonly #unheard: { node: SimNode; link: VirtualLink; life: number }[] = []

  /** One end is gone; the other hears of it now, or once the cut between them is healed. */
  #tellClosed(node: SimNode, other: SimNode, link: VirtualLink): void {
    if (this.isCut(node, other)) this.#unheard.push({ node: other, link, life: other.epochOfLife })
    else this.#down(other, link, this.#delay())
  }

  /** SIGKILL: sockets close, memory is gone, what the disk has stays. power: what no sync has made durable may be lost. */
  kill(node: SimNode, power = false): void {
    node.isUp = false
    node.epochOfLife++
    if (power) node.store.crash({ keepWrites: Math.floor(this.random() * (node.store.undoable() + 1)) })
    else if (node.isDiskFailing) node.store.crash({ keepWrites: 0 })
    node.isDiskFailing = false
    node.unsynced.clear()
    node.store = node.newStore(node.store.snapshot())
    for (const link of [...this.links.values()]) {
      if (link.dialer !== node && link.acceptor !== node) continue
      const other = link.dialer === node ? link.acceptor : link.dialer
      this.#close(link)
      this.#tellClosed(node, other, link)
    }
  }

  /** Its disk is lost for good, with everything on it. */
  destroy(node: SimNode): void {
    if (node.isUp) this.kill(node)
    node.isGone = true
    node.store = node.newStore([])
  }

  /** SIGSTOP. */
  pause(node: SimNode): void {
    node.isPaused = true
    node.pausedAt = this.now
  }

  /** SIGCONT. */
  resume(node: SimNode): void {
    if (!node.isPaused) return
    const pausedMs = this.now - node.pausedAt
    node.isPaused = false
    const inputs = node.paused
    node.paused = []
    if (pausedMs > 1000) node.core.step(this.#moment(node), { in: 'away', ms: pausedMs })
    for (const input of inputs) node.core.step(this.#moment(node), input)
    void this.#endTurn(node)
  }

  #close(link: VirtualLink): void {
    link.isOpen = false
    this.links.delete(link.id)
  }

  #down(node: SimNode, link: VirtualLink, ms: number): void {
    const life = node.epochOfLife
    this.after(ms, () => {
      if (node.epochOfLife === life) this.give(node, { in: 'linkDown', link: link.id, cause: 'closed' })
    })
  }

  #delay(): number {
    return (this.options.delayMs ?? 1) + this.random() * (this.options.jitterMs ?? 2)
  }

  #moment(node: SimNode) {
    return { now: this.now, wall: this.wall0 + this.now + node.clockOffset, random: this.random }
  }

  give(node: SimNode, input: CoreInput): void {
    if (!node.isUp) return
    if (node.isPaused) {
      node.paused.push(input)
      return
    }
    this.#lastInput = `${node.name} ${input.in}, wakes at ${node.wakeAt}`
    node.core.step(this.#moment(node), input)
    void this.#endTurn(node)
  }

  /** The disk refuses writes from now on, or takes them again: what came meanwhile is written then. */
  failDisk(node: SimNode, isFailing: boolean): void {
    if (!node.isUp || node.isDiskFailing === isFailing) return
    const life = node.epochOfLife
    if (isFailing) {
      node.isDiskFailing = true
      this.give(node, { in: 'storeFailing', failing: true })
      return
    }
    void node.store.write([], true).then(() => {
      if (node.epochOfLife !== life) return
      node.isDiskFailing = false
      node.unsynced.clear()
      this.give(node, { in: 'storeFailing', failing: false })
    })
  }

  /** The raw clock of a node is set. */
  setClock(node: SimNode, offset: number): void {
    node.clockOffset = offset
    if (node.isUp) this.give(node, { in: 'clockJumped' })
  }

  quit(node: SimNode): void {
    this.give(node, { in: 'quit' })
  }

  command(node: SimNode, command: Command, ref?: unknown): number {
    const slot = this.nextSlot++
    this.give(node, { in: 'command', command, ref, slot })
    return slot
  }

  #endTurn(node: SimNode): Promise<void> | undefined {
    node.core.endTurn()
    const pending: Promise<void>[] = []
    for (const effect of node.core.takeEffects()) {
      const promise = this.#do(node, effect)
      if (promise) pending.push(promise)
    }
    return pending.length > 0 ? Promise.all(pending).then(() => {}) : undefined
  }

  #do(node: SimNode, effect: CoreEffect): Promise<void> | undefined {
    const life = node.epochOfLife
    const alive = (input: CoreInput) => {
      if (node.epochOfLife === life) this.give(node, input)
    }
    switch (effect.do) {
      case 'send': {
        const bytes = encodeFrame(effect.frame)
        for (const link of effect.links) {
          this.onSend(node, link, effect.frame)
          this.#send(node, link, bytes)
        }
        return
      }
      case 'verify': {
        const ok = effect.checks.map((check) => remembered(check.message, check.signature, check.key))
        this.after(this.random() * 2, () => alive({ in: 'verified', ticket: effect.ticket, ok }))
        return
      }
      case 'write':
        this.#write(node, effect, alive)
        return
      case 'pump':
        this.after(0.1, () => alive({ in: 'pump', link: effect.link }))
        return
      case 'tell':
        node.events.push(effect.event)
        this.onEvent(node, effect.event)
        return
      case 'answer':
        node.answers.set(effect.slot, effect.answer)
        this.onAnswer(node, effect.slot, effect.answer)
        return
      case 'quitDone':
        this.after(1, () => {
          if (node.epochOfLife === life && node.isUp) this.kill(node)
        })
        return
      case 'lines': {
        this.#reading++
        return node.core.readLines(effect.rooms, effect.count, effect.which).then((lines) => {
          this.#reading--
          this.after(this.random() * 20, () => alive({ in: 'lines', ticket: effect.ticket, lines }))
        })
      }
      case 'dial':
        return this.#dial(node, effect.address)
      case 'close':
      case 'refuse': {
        const link = this.links.get(effect.link)
        if (!link) return
        const other = link.dialer === node ? link.acceptor : link.dialer
        this.#close(link)
        if (effect.do === 'refuse') this.#down(node, link, 0)
        this.#tellClosed(node, other, link)
        return
      }
      case 'fault':
        this.violations.push(`${node.name} counts a fault: ${effect.why}`)
        return
      case 'query':
        this.announce()
        return
      case 'place':
        node.place = effect.place
        void node.store.write(
          [['put', 'mplace', Buffer.from(JSON.stringify(effect.place))]],
          !node.isDiskFailing,
        )
        return
      case 'wake': {
        node.wakeAt = effect.at
        this.#at(Math.max(this.now, effect.at), () => {
          if (node.epochOfLife === life && node.wakeAt === effect.at) this.give(node, { in: 'tick' })
        })
        return
      }
      default:
        return
    }
  }

  #atOnce = 0
  #lastInput = ''
  #write(
    node: SimNode,
    { ops, sync, ticket }: Extract<CoreEffect, { do: 'write' }>,
    alive: (input: CoreInput) => void,
  ): void {
    const { store } = node
    const isSynced = sync && !node.isDiskFailing
    const number = ++this.#writes
    for (const [, key] of ops) node.unsynced.set(key, number)
    void store.write(ops, isSynced).then(() => {
      if (isSynced && node.store === store)
        for (const [key, at] of node.unsynced) if (at <= number) node.unsynced.delete(key)
      alive({ in: 'written', ticket })
    })
  }

  #writes = 0
  #reading = 0
  get isReading(): boolean {
    return this.#reading > 0
  }

  #send(node: SimNode, id: number, bytes: Uint8Array): void {
    const link = this.links.get(id)
    if (!link) return
    const side = link.dialer === node ? 0 : 1
    if (this.isCut(node, side === 0 ? link.acceptor : link.dialer)) link.held[side].push(bytes)
    else this.#deliver(link, side, bytes)
  }

  #deliver(link: VirtualLink, side: 0 | 1, bytes: Uint8Array): void {
    const [from, to] = side === 0 ? [link.dialer, link.acceptor] : [link.acceptor, link.dialer]
    const at = Math.max(link.last[side], this.now + this.#delay())
    link.last[side] = at
    this.after(at - this.now, () => {
      if (!link.isOpen || !to.isUp) return
      const frame = decodeFrame(bytes)
      if (typeof frame === 'string') this.violations.push(`a frame of ${from.name} does not decode: ${frame}`)
      else this.give(to, { in: 'frame', link: link.id, frame })
    })
  }

  #dial(node: SimNode, address: string): undefined {
    const life = node.epochOfLife
    const other = this.nodes.find((each) => each.address === address)
    const fail = (why: string, ms: number) =>
      this.after(ms, () => {
        if (node.epochOfLife === life) this.give(node, { in: 'dialFailed', address, why } as CoreInput)
      })
    if (!other || this.isCut(node, other) || this.isCut(other, node) || this.firewalled.has(other)) {
      fail('timeout', 3100)
      return
    }
    if (!other.isUp) {
      fail('refused', this.#delay())
      return
    }
    if (other === node) {
      fail('self', 1)
      return
    }
    const otherLife = other.epochOfLife
    const hello = (who: SimNode) => ({
      places: who.core.place ? packPlaces(who.core.place.ids) : new Uint8Array(0),
      grown: who.core.place?.isGrown ?? false,
      age: who.core.place?.age ?? 0,
      visitor: who.options.visitor ?? false,
    })
    const mine = hello(node)
    this.after(3 * this.#delay(), () => {
      if (other.isPaused || this.isCut(node, other) || this.isCut(other, node)) {
        fail('timeout', 2000)
        return
      }
      if (node.epochOfLife !== life || other.epochOfLife !== otherLife || !other.isUp) {
        fail('refused', 1)
        return
      }
      const theirs = hello(other)
      const link: VirtualLink = {
        id: this.#nextLink++,
        dialer: node,
        acceptor: other,
        last: [0, 0],
        held: [[], []],
        isOpen: true,
      }
      this.links.set(link.id, link)
      this.give(other, {
        in: 'linkUp',
        link: link.id,
        key: node.key,
        dialled: false,
        address: node.address,
        hello: mine,
      })
      this.give(node, { in: 'linkUp', link: link.id, key: other.key, dialled: true, address, hello: theirs })
    })
  }

  /** Runs virtual time until the condition holds; false after maxMs. */
  async until(condition: () => boolean, maxMs = 30_000): Promise<boolean> {
    const end = this.now + maxMs
    while (!condition()) {
      // Nothing else happens while a disk is read: what is read may come before what stands first now.
      while (this.#reading > 0) await new Promise((resolve) => setImmediate(resolve))
      const next = this.#queue[0]
      if (!next) {
        return condition()
      }
      if (next.at > end) {
        this.now = end
        return condition()
      }
      this.#pop()
      // Work that asks for more at the same moment for ever would stop time.
      this.#atOnce = next.at === this.now ? this.#atOnce + 1 : 0
      if (this.#atOnce > 50_000) throw new Error(`time stands still at ${this.now}: ${this.#lastInput}`)
      this.now = next.at
      next.run()
      // Promises of stores settle between two virtual events.
      await Promise.resolve()
    }
    return true
  }

  async run(ms: number): Promise<void> {
    await this.until(() => false, ms)
  }

  /** The node at the other end. */
  peer(node: SimNode, link: number): SimNode | undefined {
    const found = this.links.get(link)
    return found && (found.dialer === node ? found.acceptor : found.dialer)
  }

  hubs(): SimNode[] {
    return this.nodes.filter((node) => node.isUp && node.core.isHub)
  }
}
