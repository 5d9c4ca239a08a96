/**
 * Whole nodes (the Core that production runs) in a virtual network: virtual time, seeded randomness, stores in memory,
 * real frames encoded and decoded. Here are the processes: what they are given, what they ask for, how they die.
 */
import { Core } from '../../src/node/core.ts'
import type { CoreEffect, CoreInput } from '../../src/node/core-io.ts'
import type { Command, NodeEvent } from '../../src/node/events.ts'
import type { Place } from '../../src/node/places.ts'
import { LAN } from '../../src/node/timing.ts'
import { encodeFrame } from '../../src/wire/codec.ts'
import type { Crypto } from '../../src/wire/crypto.ts'
import type { Frame } from '../../src/wire/frames.ts'
import { instanceName, type NetId, networkId, type PersonKey } from '../../src/wire/ids.ts'
import { seeded } from '../seeded.ts'
import { simCrypto } from './core-crypto.ts'
import { VirtualNetwork } from './core-network.ts'
import { type Copy, type Liar, type Loss, SimNode, type SimNodeOptions } from './core-node.ts'
import { VirtualTime } from './core-time.ts'
import { keyBefore } from './stored.ts'

export { type Copy, type Loss, SimNode } from './core-node.ts'

const RETENTION_DAYS = 180
const DAY_MS = 86_400_000
/** Away for longer, a process has to ask who the hub is before it acts. */
const AWAY_MS = 1000
/** Whoever made three faults waits so long. */
const PENALTY_MS = 60_000
/** More at one moment than any run needs: work that asks for more for ever would stop time. */
const AT_ONCE_MAX = 50_000

type Effect<T extends CoreEffect['do']> = Extract<CoreEffect, { do: T }>

export interface WorldOptions {
  readonly seed: number
  readonly delayMs?: number
  readonly jitterMs?: number
  readonly hasCode?: boolean
}

export class World {
  readonly random: () => number
  readonly crypto: Crypto
  readonly net: NetId
  readonly nodes: SimNode[] = []
  readonly network: VirtualNetwork
  wall0 = Date.UTC(2026, 10, 20)
  readonly violations: string[] = []
  /** Somebody in it lies: what only liars may cause is no violation. */
  isHostile = false
  nextSlot = 1
  readonly #time = new VirtualTime()
  #writes = 0
  #reading = 0
  #atOnce = 0
  #lastInput = ''
  onEvent: (node: SimNode, event: NodeEvent) => void = () => {}
  onStart: (node: SimNode) => void = () => {}
  onAnswer: (node: SimNode, slot: number, answer: NodeEvent) => void = () => {}
  onFault: (node: SimNode, key: PersonKey, why: string) => void = () => {}
  /** A frame comes in. */
  onFrame: (node: SimNode, link: number, frame: Frame) => void = () => {}
  /** A frame leaves over a link. */
  onSend: (node: SimNode, link: number, frame: Frame) => void = () => {}

  constructor(readonly options: WorldOptions) {
    this.random = seeded(options.seed)
    this.crypto = {
      ...simCrypto,
      random: (n) => {
        const bytes = new Uint8Array(n)
        for (let i = 0; i < n; i++) bytes[i] = Math.floor(this.random() * 256)
        return bytes
      },
    }
    this.net = networkId(this.crypto, {
      name: 'sim',
      codeKey: new Uint8Array(32),
      hasCode: options.hasCode ?? false,
      retentionDays: RETENTION_DAYS,
    })
    this.network = new VirtualNetwork(this, options.delayMs ?? 1, options.jitterMs ?? 2)
  }

  readonly #instances = new Map<PersonKey, string>()
  /** What mDNS calls the node of a key. */
  readonly instanceOf = (key: PersonKey): string => {
    let name = this.#instances.get(key)
    if (name === undefined) {
      name = instanceName(this.crypto, key)
      this.#instances.set(key, name)
    }
    return name
  }

  // --- time -------------------------------------------------------------------------------------------------------

  get now(): number {
    return this.#time.now
  }

  after(ms: number, run: () => void): void {
    this.#time.at(this.now + ms, run)
  }

  /** Runs virtual time until the condition holds; false after maxMs. */
  async until(condition: () => boolean, maxMs = 30_000): Promise<boolean> {
    const end = this.now + maxMs
    while (!condition()) {
      // Nothing else happens while a disk is read: what is read may come before what stands first now.
      while (this.#reading > 0) await new Promise((resolve) => setImmediate(resolve))
      const next = this.#time.nextAt
      if (next === undefined) return condition()
      if (next > end) {
        this.#time.now = end
        return condition()
      }
      this.#atOnce = next === this.now ? this.#atOnce + 1 : 0
      if (this.#atOnce > AT_ONCE_MAX) throw new Error(`time stands still at ${this.now}: ${this.#lastInput}`)
      this.#time.next()?.()
      // Promises of stores settle between two virtual events.
      await Promise.resolve()
    }
    return true
  }

  async run(ms: number): Promise<void> {
    await this.until(() => false, ms)
  }

  #moment(node: SimNode) {
    return { now: this.now, wall: this.wall0 + this.now + node.clockOffset, random: this.random }
  }

  // --- the network ------------------------------------------------------------------------------------------------

  cut(a: SimNode, b: SimNode): void {
    this.network.cut(a, b)
  }

  /** Ends all cuts. */
  heal(): void {
    this.network.heal()
    this.network.announce()
  }

  hubs(): SimNode[] {
    return this.nodes.filter((node) => node.isUp && node.core.isHub)
  }

  /** What a process calculates with. */
  cryptoOf(_node: SimNode): Crypto {
    return this.crypto
  }

  // --- processes --------------------------------------------------------------------------------------------------

  /** A new node, with a key of its own unless it is somebody's twin. */
  add(options: SimNodeOptions = {}, twin?: SimNode): SimNode {
    const node = new SimNode(this, this.nodes.length, options, twin)
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
    node.isScanned = false
    node.paused = []
    node.epochOfLife++
    this.onStart(node)
    const core = new Core(
      {
        crypto: this.cryptoOf(node),
        signer: node.signer,
        seed: node.seed,
        net: this.net,
        network: 'sim',
        nick: node.name,
        renames: false,
        store: node.store,
        retentionMs: RETENTION_DAYS * DAY_MS,
        place: node.place,
        rate: { perS: 10, burst: 40 },
        gateKey: new Uint8Array(32),
        choice: { timing: LAN, instanceOf: this.instanceOf, ...node.options },
        url: () => `wss://${node.address}/lanchat/1`,
      },
      this.#moment(node),
    )
    node.core = core
    await core.load()
    core.step(this.#moment(node), { in: 'start' })
    await this.#endTurn(node)
    const life = node.epochOfLife
    // What is on the disk is known behind the start, now and then a good while later.
    const scanMs = this.random() < 0.9 ? this.random() * 5 : this.random() * 1500
    this.after(scanMs, () => void this.#scan(node, life))
    // mDNS: everybody who is up is a hint for everybody else.
    for (const other of this.nodes) {
      if (other === node || !other.isUp) continue
      this.network.hint(node, other)
      this.network.hint(other, node)
    }
  }

  async #scan(node: SimNode, life: number): Promise<void> {
    if (node.epochOfLife !== life) return
    this.#reading++
    const scan = await node.core.replica.scan()
    this.#reading--
    if (node.epochOfLife !== life) return
    node.isScanned = true
    this.give(node, { in: 'scanned', ...scan })
  }

  /** SIGKILL: sockets close, memory is gone, what the disk has stays; with power also what no sync has made durable. */
  kill(node: SimNode, power?: Loss): void {
    node.isUp = false
    node.epochOfLife++
    const undoable = node.store.undoable()
    if (node.isDiskFailing) node.store.crash({ keepWrites: 0 })
    else if (power === 'suffix') node.store.crash({ keepWrites: Math.floor(this.random() * (undoable + 1)) })
    else if (power === 'hole') node.store.crash({ hole: Math.floor(this.random() * undoable) })
    node.isDiskFailing = false
    node.isDiskDead = false
    node.unsynced.clear()
    node.store = node.newStore(node.store.snapshot())
    this.network.closeAll(node)
  }

  /** Its disk is lost for good, with everything on it. */
  destroy(node: SimNode): void {
    if (node.isUp) this.kill(node)
    node.isGone = true
    node.store = node.newStore([])
  }

  /** An older state of its disk comes back, as from a backup; for its newer words it is as if the disk were lost. */
  async restore(node: SimNode, copy: Copy): Promise<void> {
    if (node.isUp) this.kill(node)
    node.isRolledBack = true
    node.store = node.newStore(copy.entries)
    await this.start(node)
  }

  /** The whole device directory is copied to another machine, key and all; the twin is not started. */
  clone(node: SimNode): SimNode {
    const twin = this.add(node.options, node)
    twin.place = node.place
    twin.clockOffset = node.clockOffset
    twin.store = twin.newStore(node.store.snapshot())
    return twin
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
    node.resumedAt = this.now
    const inputs = node.paused
    node.paused = []
    const { phase, links } = node.core.choice
    node.mustAsk = pausedMs > AWAY_MS && links.size > 0 && phase.state !== 'gone'
    if (pausedMs > AWAY_MS) node.core.step(this.#moment(node), { in: 'away', ms: pausedMs })
    for (const input of inputs) node.core.step(this.#moment(node), input)
    void this.#endTurn(node)
  }

  /** The disk refuses writes from now on, or takes them again: what came meanwhile is written then. */
  failDisk(node: SimNode, isFailing: boolean): void {
    if (!node.isUp || node.isDiskFailing === isFailing || node.isDiskDead) return
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

  /** The disk is broken: this process goes on in memory to its end. */
  killDisk(node: SimNode): void {
    if (!node.isUp) return
    node.isDiskFailing = true
    node.isDiskDead = true
    this.give(node, { in: 'storeFailing', failing: true, sinceStart: true })
  }

  /** Runs something in a turn of this node's process, as a command of a later version would. */
  act(node: SimNode, run: (core: Core) => void): void {
    if (!node.isUp || node.isPaused) return
    node.core.step(this.#moment(node), { in: 'tick' })
    run(node.core)
    void this.#endTurn(node)
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

  // --- turns ------------------------------------------------------------------------------------------------------

  give(node: SimNode, input: CoreInput): void {
    if (!node.isUp) return
    if (node.isPaused) {
      node.paused.push(input)
      return
    }
    this.#lastInput = `${node.name} ${input.in}`
    if (input.in === 'frame' && node.liar) {
      const peer = this.network.peer(node, input.link)
      if (!peer || !node.liar.hears(input.frame, peer, input.link)) return
    }
    node.core.step(this.#moment(node), input)
    if (node.core.hasTurn) void this.#endTurn(node)
  }

  #endTurn(node: SimNode): Promise<void> | undefined {
    node.core.endTurn()
    const pending: Promise<void>[] = []
    const life = node.epochOfLife
    for (const effect of node.core.takeEffects()) {
      // Whoever watches may have ended the process at what it was about to do.
      if (node.epochOfLife !== life) break
      if (effect.do === 'lines') pending.push(this.#read(node, effect))
      else this.#do(node, effect)
    }
    return pending.length > 0 ? Promise.all(pending).then(() => {}) : undefined
  }

  /** Gives an input to the present process of a node, if that still lives then. */
  #alive(node: SimNode): (input: CoreInput) => void {
    const life = node.epochOfLife
    return (input) => {
      if (node.epochOfLife === life) this.give(node, input)
    }
  }

  async #read(node: SimNode, { rooms, count, which, ticket }: Effect<'lines'>): Promise<void> {
    const alive = this.#alive(node)
    this.#reading++
    const lines = await node.core.readLines(rooms, count, which)
    this.#reading--
    this.after(this.random() * 20, () => alive({ in: 'lines', ticket, lines }))
  }

  #do(node: SimNode, effect: CoreEffect): void {
    const alive = this.#alive(node)
    const life = node.epochOfLife
    switch (effect.do) {
      case 'send': {
        if (effect.frame.type === 'live') node.said.note(effect.frame, this.net)
        if (node.liar) return this.#lie(node, node.liar, effect)
        const bytes = encodeFrame(effect.frame)
        for (const link of effect.links) {
          this.onSend(node, link, effect.frame)
          this.network.send(node, link, bytes)
        }
        return
      }
      case 'verify': {
        const ok = effect.checks.map((check) => this.crypto.verify(check.message, check.signature, check.key))
        this.after(this.random() * 2, () => alive({ in: 'verified', ticket: effect.ticket, ok }))
        return
      }
      case 'write':
        return this.#write(node, effect, alive)
      case 'pump':
        return this.after(0.1, () => alive({ in: 'pump', link: effect.link }))
      case 'tell':
        node.events.push(effect.event)
        return this.onEvent(node, effect.event)
      case 'answer':
        node.answers.set(effect.slot, effect.answer)
        return this.onAnswer(node, effect.slot, effect.answer)
      case 'quitDone':
        return this.after(1, () => {
          if (node.epochOfLife === life && node.isUp) this.kill(node)
        })
      case 'dial':
        return this.network.dial(node, effect.address)
      case 'close':
        this.network.close(node, effect.link)
        return
      case 'refuse':
        if (this.network.close(node, effect.link)) this.network.tellDown(node, effect.link, 0)
        return
      case 'fault':
        return this.#fault(node, effect)
      case 'query':
        return this.network.ask(node, effect.all)
      case 'place':
        node.place = effect.place
        void node.store.write(
          [['put', 'mplace', Buffer.from(JSON.stringify(effect.place))]],
          !node.isDiskFailing,
        )
        return
      case 'wake':
        node.wakeAt = effect.at
        return this.#time.at(Math.max(this.now, effect.at), () => {
          if (node.epochOfLife === life && node.wakeAt === effect.at) this.give(node, { in: 'tick' })
        })
      default:
        return
    }
  }

  #lie(node: SimNode, liar: Liar, { links, frame }: Effect<'send'>): void {
    for (const link of links) {
      const peer = this.network.peer(node, link)
      if (!peer) continue
      for (const said of liar.says(frame, peer)) {
        const send = () => this.network.send(node, link, encodeFrame(said.frame))
        if (said.delayMs === 0) send()
        else this.after(said.delayMs, send)
      }
    }
  }

  #fault(node: SimNode, { key, why }: Effect<'fault'>): void {
    const isRight = this.nodes.some((other) => other.key === key && other.isCheat)
    if (!isRight) this.violations.push(`${node.name} counts a fault: ${why}`)
    this.onFault(node, key, why)
    if (!node.countsFault(key)) return
    node.penalties.set(key, this.now + PENALTY_MS)
    this.network.drop(node, key)
  }

  #write(node: SimNode, { ops, sync, ticket }: Effect<'write'>, alive: (input: CoreInput) => void): void {
    const { store } = node
    const isSynced = sync && !node.isDiskFailing
    const number = ++this.#writes
    // A run written anew for a deletion in it, or taken apart: a power loss leaves it as it was.
    for (const op of ops) {
      const before = keyBefore(store, op)
      const since = before === undefined ? number : node.unsynced.get(before)
      if (since !== undefined) node.unsynced.set(op[1], since)
    }
    void store.write(ops, isSynced).then(() => {
      if (isSynced && node.store === store)
        for (const [key, at] of node.unsynced) if (at <= number) node.unsynced.delete(key)
      alive({ in: 'written', ticket })
    })
  }
}
