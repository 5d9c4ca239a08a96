/**
 * The world of the data simulator: nodes, what people and attackers do, what breaks, and what was promised meanwhile.
 * Everything follows from the seed. Operations that find nobody to act do nothing.
 */

import { eventsOf } from '../../src/node/display-order.ts'
import { MemoryStore } from '../../src/node/memory-store.ts'
import { type HeldLane, type RoomView, SETTING } from '../../src/node/rooms.ts'
import { concat, fromHex, hex } from '../../src/wire/bytes.ts'
import { encodeBody } from '../../src/wire/codec.ts'
import { signCounter } from '../../src/wire/device.ts'
import {
  type Event,
  isControlLane,
  LANE_START,
  newContentLane,
  newControlLane,
  packRun,
  signRun,
  signTombstone,
  type VerifiedRun,
} from '../../src/wire/event.ts'
import {
  type EventId,
  generalRoom,
  madeRoom,
  NETWORK_ROOM,
  type NetId,
  type PersonKey,
  personKey,
  type RoomId,
  talkRoom,
} from '../../src/wire/ids.ts'
import type { BodyValue } from '../../src/wire/kinds.ts'
import { type Random, seeded } from '../seeded.ts'
import { cutFor, cutsFor } from './cuts.ts'
import { Network, VirtualTime } from './data-network.ts'
import { type Mutation, rememberingCrypto, SimNode, type Surroundings, signerNumber } from './data-node.ts'
import { between, pick, weighted } from './data-random.ts'

const DAY = 24 * 3600 * 1000
const START = 1_800_000_000_000
const NODES_MAX = 8
const ROOMS_MAX = 5
const NO_TIME = new Uint8Array(6)

/** How often each operation is chosen, relative to the others. */
const WEIGHTS = {
  publish: 30,
  burst: 6,
  edit: 4,
  misdate: 3,
  deleteMessage: 6,
  createRoom: 4,
  createPrivate: 2,
  createTalk: 2,
  invite: 2,
  join: 7,
  leave: 2,
  topic: 1,
  grant: 3,
  demote: 2,
  ban: 4,
  kick: 4,
  rejoin: 3,
  lift: 3,
  hide: 3,
  mute: 3,
  set: 2,
  pin: 1,
  link: 1,
  unlink: 0.5,
  deleteRoom: 1,
  crash: 4,
  damage: 1,
  scan: 4,
  keepCopy: 2,
  restore: 1,
  wipe: 0.5,
  clone: 1,
  fork: 2,
  headersOnly: 2,
  mistakenTombstone: 1,
  jumpClock: 2,
  jumpTime: 0.4,
  cut: 4,
  connect: 8,
  partition: 2,
  heal: 4,
  pause: 2,
  resume: 4,
  moveHub: 1,
  compare: 6,
  wait: 8,
} as const
export type Operation = keyof typeof WEIGHTS

export interface DataOptions {
  /** Default 30 to 90, by the seed. */
  readonly operations?: number
  readonly mutation?: Mutation
  /** Weights of operations to use in place of the usual ones. */
  readonly weights?: Partial<Record<Operation, number>>
}

/** An event that was synced somewhere, and what became of its copies. */
export interface Promised {
  readonly event: Event
  readonly copies: Set<number>
  /** Copies at one time, at most. */
  copiesMax: number
  lost: number
}

/** What does not hold, with all that is needed to see it again. */
export class Violation extends Error {}

export class World implements Surroundings {
  readonly seed: number
  readonly random: Random
  readonly crypto
  readonly time = new VirtualTime(START)
  readonly network: Network
  readonly net: NetId
  readonly mutation: Mutation
  readonly owner: PersonKey | undefined
  readonly general: RoomId
  readonly nodes: SimNode[] = []
  readonly steps: string[] = []
  readonly promised = new Map<EventId, Promised>()
  /** Lanes with a fork made on purpose. */
  readonly forkedLanes = new Set<string>()
  /** Runs pulled though all of them was held, outside of what may explain it; counted while isQuiet. */
  pulledTwiceCount = 0
  isQuiet = false
  readonly #copies: { node: SimNode; entries: ReturnType<MemoryStore['snapshot']> }[] = []
  readonly #weights: Record<Operation, number>
  #hub: PersonKey

  constructor(seed: number, options: DataOptions) {
    this.seed = seed
    this.random = seeded(seed ^ 0x9e3779b9)
    this.crypto = rememberingCrypto(this.random)
    this.mutation = options.mutation ?? {}
    this.network = new Network(this.time, this.random, seed % 8 === 0)
    this.net = '00112233aabbccdd' as NetId
    this.general = generalRoom(this.crypto, this.net)
    this.#weights = { ...WEIGHTS, ...options.weights }
    this.owner = this.random() < 0.35 ? personKey(signerNumber(0).key) : undefined
    const count = between(this.random, 3, 6)
    for (let i = 0; i < count; i++) this.nodes.push(new SimNode(i, signerNumber(i), this))
    this.#hub = this.nodes[between(this.random, 0, count - 1)]!.person
  }

  isHub = (person: PersonKey): boolean => person === this.#hub

  violation(text: string): never {
    throw new Violation(text)
  }

  pulledTwice(node: SimNode, run: VerifiedRun): void {
    const { room, author, lane } = run.events[0]!
    if (!this.isQuiet || this.forkedLanes.has(room + author + lane)) return
    this.pulledTwiceCount++
    this.log(`pulled twice by ${node.index}: ${lane} ${run.events[0]!.n}..${run.events.at(-1)!.n}`)
  }

  synced(node: SimNode, events: readonly Event[]): void {
    for (const event of events) {
      const cls = isControlLane(event.lane) ? 0 : 1
      if (!node.views.carries(node.person, event.room, cls, false)) continue
      let promised = this.promised.get(event.id)
      if (!promised) {
        promised = { event, copies: new Set(), copiesMax: 0, lost: 0 }
        this.promised.set(event.id, promised)
      }
      promised.copies.add(node.index)
      promised.copiesMax = Math.max(promised.copiesMax, promised.copies.size)
    }
  }

  log(text: string): void {
    this.steps.push(`${Math.floor(this.time.now) - START} ${text}`)
  }

  async start(): Promise<void> {
    for (const node of this.nodes) {
      await node.start()
      await node.scan()
    }
    for (const node of this.nodes) this.#writeProfile(node)
    this.#connectSome(0.7)
    await this.time.runUntil(this.time.now + 200)
  }

  #writeProfile(node: SimNode): void {
    const nick = `n${node.index}`
    node.write(NETWORK_ROOM, [{ kind: 'profile', nick, boxKey: new Uint8Array(32), about: '' }])
  }

  /** One operation, and some time for what it sets off. */
  async step(): Promise<void> {
    const operation = weighted(this.random, this.#weights)
    await this.#carryOut(operation)
    const quick = this.random() < 0.6
    await this.time.runUntil(this.time.now + (quick ? this.random() * 30 : this.random() * 400))
  }

  // --- choosing -----------------------------------------------------------------------------------------------------

  #live(): SimNode[] {
    return this.nodes.filter((node) => !this.network.isPaused(node))
  }

  #node(): SimNode | undefined {
    return pick(this.random, this.#live())
  }

  /** A room of which this node is a member now. */
  #roomOf(node: SimNode): RoomId | undefined {
    const rooms = [this.general, ...node.views.ids()].filter((room, i, all) => all.indexOf(room) === i)
    return pick(
      this.random,
      rooms.filter((room) => this.#isMember(node, room)),
    )
  }

  #isMember(node: SimNode, room: RoomId): boolean {
    if (room === this.general) return true
    const view = node.views.room(room)
    if (!view || view.deleted || view.type === 'network') return false
    return (view.persons ?? view.members).has(node.me)
  }

  /** A node, and a room in which it has at least this rank; now and then one without. */
  #ranked(rank: number): { node: SimNode; room: RoomId; view: RoomView } | undefined {
    const isLiar = this.random() < 0.08
    const found: { node: SimNode; room: RoomId; view: RoomView }[] = []
    for (const node of this.#live())
      for (const room of [this.general, ...node.views.ids()]) {
        const view = node.views.room(room)
        if (view && (isLiar || (view.ranks.get(node.me) ?? 1) >= rank)) found.push({ node, room, view })
      }
    return pick(this.random, found)
  }

  #person(not: PersonKey): PersonKey | undefined {
    const persons = [...new Set(this.nodes.map(({ person }) => person))]
    return pick(
      this.random,
      persons.filter((person) => person !== not),
    )
  }

  /** A content event that this node holds in a room, by its newest ones. */
  #message(node: SimNode, room: RoomId, by?: PersonKey): Event | undefined {
    const keys = node.store.list({ from: `o${room}`, to: `o${room}g`, reverse: true, limit: 12 })
    const events = keys.flatMap(([key, value]) => eventsOf(node.replica, key, value))
    return pick(
      this.random,
      events.filter((event) => by === undefined || event.author === by),
    )
  }

  // --- what is done -------------------------------------------------------------------------------------------------

  async #carryOut(operation: Operation): Promise<void> {
    this.log(operation)
    switch (operation) {
      case 'publish':
        return this.#publish(1)
      case 'burst':
        return this.#publish(between(this.random, 2, 7))
      case 'misdate':
        return this.#misdate()
      case 'edit':
        return this.#edit()
      case 'deleteMessage':
        return this.#deleteMessage()
      case 'createRoom':
        return this.#create(0)
      case 'createPrivate':
        return this.#create(1)
      case 'createTalk':
        return this.#create(2)
      case 'invite':
        return this.#act(2, (_, node) => {
          const person = this.#person(node.person)
          return person && { kind: 'invite', persons: fromHex(person), reason: '', isVoice: false }
        })
      case 'join':
        return this.#join()
      case 'rejoin':
        return this.#rejoin()
      case 'leave': {
        const node = this.#node()
        const room = node && this.#roomOf(node)
        if (node && room && room !== this.general) node.write(room, [{ kind: 'leave' }])
        return
      }
      case 'topic':
        return this.#act(2, () => ({ kind: 'topic', topic: `topic ${this.steps.length}`, reason: '' }))
      case 'grant':
        return this.#role(2)
      case 'demote':
        return this.#role(1)
      case 'ban':
        return this.#ban(false)
      case 'kick':
        return this.#ban(true)
      case 'lift':
        return this.#act(2, (view) => {
          const ban = pick(this.random, [...view.bans, ...view.mutes])
          return ban && { kind: 'lift', lifts: fromHex(ban.id), reason: '' }
        })
      case 'hide':
        return this.#act(2, (view, node) => {
          const event = this.#message(node, view.id)
          return event && { kind: 'hide', target: fromHex(event.id), hidden: this.random() < 0.7, reason: '' }
        })
      case 'mute':
        return this.#mute()
      case 'set':
        return this.#set()
      case 'pin':
        return this.#act(2, (view, node) => {
          const event = this.#message(node, view.id)
          return event && { kind: 'pin', target: fromHex(event.id), pinned: this.random() < 0.7, reason: '' }
        })
      case 'link':
        return this.#link()
      case 'unlink':
        return this.#unlink()
      case 'deleteRoom':
        return this.#act(3, () => ({ kind: 'delete', reason: '' }))
      case 'crash':
        return this.#crash(false)
      case 'damage':
        return this.#crash(true)
      case 'scan':
        for (const node of this.#live()) await node.scan()
        return
      case 'keepCopy': {
        const node = this.#node()
        if (node) this.#copies.push({ node, entries: node.store.snapshot() })
        return
      }
      case 'restore': {
        const copy = pick(this.random, this.#copies)
        if (copy) await this.#replaceStore(copy.node, copy.entries)
        return
      }
      case 'wipe': {
        const node = this.#node()
        if (node) {
          await this.#replaceStore(node, [])
          this.#writeProfile(node)
        }
        return
      }
      case 'clone':
        return this.#clone()
      case 'fork':
        return this.#fork()
      case 'headersOnly':
        return this.#headersOnly()
      case 'mistakenTombstone':
        return this.#mistakenTombstone()
      case 'jumpClock': {
        const node = this.#node()
        if (node) node.clockOffset = pick(this.random, [0, DAY, -DAY, 5000, -5000])!
        node?.setTime()
        return
      }
      case 'jumpTime':
        this.time.now += pick(this.random, [6 * DAY, 16 * DAY, 100 * DAY, 190 * DAY])!
        return
      case 'cut': {
        const link = pick(this.random, [...this.network.links()])
        if (link) this.network.cut(...link.ends)
        return
      }
      case 'connect':
        return this.#connectSome(0.5)
      case 'partition':
        return this.network.partition(
          new Map(this.nodes.map(({ index }) => [index, between(this.random, 0, 1)])),
        )
      case 'heal':
        this.network.partition(new Map())
        return this.#connectSome(0.8)
      case 'pause': {
        const node = this.#node()
        if (node) this.network.pause(node)
        return
      }
      case 'resume':
        for (const node of this.nodes) this.network.resume(node)
        return
      case 'moveHub': {
        const counts = new Map<PersonKey, number>()
        for (const { person } of this.nodes) counts.set(person, (counts.get(person) ?? 0) + 1)
        // Two devices of one person cannot link to each other, so such a person is no hub here.
        const hub = pick(
          this.random,
          [...counts].filter(([, count]) => count === 1),
        )
        if (hub) this.#hub = hub[0]
        return
      }
      case 'compare':
        for (const node of this.#live()) {
          node.sync.tick(this.time.now)
          node.compareAll()
        }
        return
      case 'wait':
        return this.time.runUntil(this.time.now + between(this.random, 500, 8000))
    }
  }

  #publish(count: number): void {
    const node = this.#node()
    const room = node && this.#roomOf(node)
    if (!node || !room) return
    const values = Array.from({ length: count }, () => this.#text())
    node.write(room, values)
  }

  #text(): BodyValue {
    return { kind: 'message', text: `text ${this.steps.length}`, action: false, replyTo: null }
  }

  #misdate(): void {
    const node = this.#node()
    const room = node && this.#roomOf(node)
    if (!node || !room) return
    const ahead = (this.random() * 40 - 20) * DAY
    const isEdge = this.random() < 0.3
    node.write(room, [this.#text()], isEdge ? 7 * DAY : Math.floor(ahead))
  }

  #edit(): void {
    const node = this.#node()
    const room = node && this.#roomOf(node)
    const event = room && this.#message(node!, room, this.random() < 0.9 ? node!.person : undefined)
    if (!node || !room || !event) return
    node.write(room, [{ kind: 'edit', target: fromHex(event.id), text: `edited ${this.steps.length}` }])
  }

  #deleteMessage(): void {
    const node = this.#node()
    const room = node && this.#roomOf(node)
    const event = room && this.#message(node!, room, node!.person)
    if (!node || !event) return
    const tombstone = signTombstone(node.signer, event)
    node.takeTombstone(tombstone)
    node.flush(this.random() < 0.5)
    for (const { id, ends } of this.network.links())
      if (ends.includes(node) && this.random() < 0.5)
        this.network.send(node, id, { type: 'tombstones', tombstones: tombstone.bytes })
  }

  #create(type: 0 | 1 | 2): void {
    const node = this.#node()
    if (!node) return
    const known = new Set(this.nodes.flatMap((one) => [...one.views.ids()]))
    if (known.size >= ROOMS_MAX + 2) return
    const salt = this.crypto.random(16)
    const others = this.nodes.map(({ person }) => person).filter((person) => person !== node.person)
    const chosen = type === 2 ? [pick(this.random, others)!] : others.filter(() => this.random() < 0.4)
    const persons = type === 0 ? [] : [...new Set([node.person, ...chosen])].sort()
    if (type === 2 && persons.length < 2) return
    const room =
      type === 2
        ? talkRoom(this.crypto, this.net, persons[0]!, persons[1]!)
        : madeRoom(this.crypto, this.net, node.person, salt)
    if (type === 2 && known.has(room)) return
    const value: BodyValue = {
      kind: 'create',
      type,
      name: type === 0 ? `room ${this.steps.length}` : new Uint8Array(0),
      topic: '',
      max: 0,
      persons: concat(...persons.map(fromHex)),
    }
    node.setTime()
    const [draft] = node.drafts(room, [value])
    const run = node.sign(room, [{ ...draft!, body: encodeBody(salt, value) }])
    node.take(run, false)
    node.flush(true)
    node.send(run)
  }

  /** An act of rank by somebody who has it in some room. */
  #act(rank: number, make: (view: RoomView, node: SimNode) => BodyValue | undefined): void {
    const ranked = this.#ranked(rank)
    const value = ranked && make(ranked.view, ranked.node)
    if (ranked && value) ranked.node.write(ranked.room, [value])
  }

  #join(): void {
    const node = this.#node()
    const rooms = node ? [...node.views.ids()].filter((room) => node.views.room(room)?.type === 'public') : []
    const room = pick(
      this.random,
      rooms.filter((one) => !this.#isMember(node!, one)),
    )
    if (!node || !room) return
    node.write(room, [{ kind: 'join', lifts: new Uint8Array(0) }])
    node.sync.ask(room)
  }

  /** A kicked person comes back by a join that names the kicks. */
  #rejoin(): void {
    for (const node of this.#live())
      for (const room of node.views.ids()) {
        const kicks = node.views.room(room)?.bans.filter(({ target, kick }) => kick && target === node.me)
        if (!kicks || kicks.length === 0) continue
        node.write(room, [{ kind: 'join', lifts: concat(...kicks.map(({ id }) => fromHex(id))) }])
        node.sync.ask(room)
        return
      }
  }

  #role(rank: 1 | 2): void {
    this.#act(rank === 2 ? 3 : 2, (view, node) => {
      const target = this.#person(node.person)
      if (!target) return undefined
      const isNetwork = view.id === NETWORK_ROOM
      const bans = view.bans.filter((ban) => ban.target === target && this.random() < 0.5)
      const cut = rank === 1 ? cutFor(view.id, this.#held(node, target, view.id)) : new Uint8Array(0)
      return {
        kind: 'role',
        target: fromHex(target),
        rank: rank === 2 && isNetwork ? 4 : rank,
        cut,
        lifts: concat(...bans.map(({ id }) => fromHex(id))),
        reason: '',
      }
    })
  }

  #ban(kick: boolean): void {
    this.#act(2, (view, node) => {
      const target = this.#person(node.person)
      if (!target) return undefined
      const isNetwork = view.id === NETWORK_ROOM
      const held = this.#held(node, target, isNetwork ? undefined : view.id)
      return {
        kind: 'ban',
        target: fromHex(target),
        kick,
        cut: isNetwork ? new Uint8Array(0) : cutFor(view.id, held),
        cuts: isNetwork ? cutsFor(held) : new Uint8Array(0),
        until: NO_TIME,
        reason: '',
      }
    })
  }

  #mute(): void {
    this.#act(2, (view, node) => {
      const target = this.#person(node.person)
      if (!target || view.id === NETWORK_ROOM) return undefined
      const held = this.#held(node, target, view.id).filter(({ lane }) => !isControlLane(lane))
      return {
        kind: 'mute',
        target: fromHex(target),
        cut: cutFor(view.id, held),
        cuts: new Uint8Array(0),
        until: NO_TIME,
        reason: '',
      }
    })
  }

  #set(): void {
    this.#act(2, (view) => {
      if (view.id === NETWORK_ROOM) return undefined
      const setting = pick(this.random, [SETTING.readOnly, SETTING.locked, SETTING.slow, SETTING.newcomers])!
      const listed = setting === SETTING.locked || setting === SETTING.newcomers
      const persons = listed ? concat(...[...view.members].sort().map(fromHex)) : new Uint8Array(0)
      return { kind: 'settings', setting, value: this.random() < 0.5 ? 0 : 1, persons, reason: '' }
    })
  }

  /** Another key becomes one of a person's, as both agree. */
  #link(): void {
    const alone = this.#live().filter(({ me, person, views }) => {
      return me === person && views.network().devices.ever(person).length === 1
    })
    const device = pick(this.random, alone)
    const node = pick(
      this.random,
      this.#live().filter(({ me, person }) => me === person && person !== device?.person),
    )
    if (!device || !node) return
    const counter = signCounter(device.signer, device.person, node.person)
    const cuts = new Uint8Array(0)
    node.write(NETWORK_ROOM, [{ kind: 'device', device: fromHex(device.person), link: true, counter, cuts }])
  }

  /** A device is given up: its lanes end where its person's first one holds them. */
  #unlink(): void {
    const node = pick(
      this.random,
      this.#live().filter(({ person, views }) => views.network().devices.of(person).length > 1),
    )
    const device = node?.views
      .network()
      .devices.of(node.person)
      .find((key) => key !== node.person)
    if (!node || !device) return
    const cuts = cutsFor(this.#held(node, device))
    const counter = new Uint8Array(64)
    node.write(NETWORK_ROOM, [{ kind: 'device', device: fromHex(device), link: false, counter, cuts }])
  }

  /** The target's lanes as this node holds them; a hostile moderator now and then names another event. */
  #held(node: SimNode, target: PersonKey, room?: RoomId): HeldLane[] {
    const rooms = room ? [room] : [...node.replica.rooms()]
    const held: HeldLane[] = []
    for (const one of rooms)
      for (const lane of node.lanesOf(target, one)) {
        const listed = node.replica.vectors.listed(lane) ?? 0
        const n = this.random() < 0.15 ? Math.max(0, listed - 1) : listed
        const event = node.replica.event(one, target, lane.lane, n)
        if (!event) continue
        const isLie = this.random() < 0.03
        held.push({
          room: one,
          lane: lane.lane,
          n,
          id: isLie ? LANE_START.replace(/0/g, 'a') : event.id,
          t: event.t,
        })
      }
    return held
  }

  // --- what breaks --------------------------------------------------------------------------------------------------

  async #crash(isDamage: boolean): Promise<void> {
    const node = this.#node()
    if (!node) return
    this.network.cutAll(node)
    const undoable = node.store.undoable(isDamage)
    if (undoable > 0) {
      const at = between(this.random, isDamage ? Math.floor(undoable * 0.6) : 0, undoable - 1)
      const how = this.random() < 0.5 ? { keepWrites: at } : { hole: at }
      this.log(`${node.index} loses ${JSON.stringify(how)} of ${undoable}`)
      node.store.crash({ ...how, evenSynced: isDamage })
    }
    await this.#restart(node)
    if (isDamage) await this.#countLost(node)
    else if (node.isScanned) this.#checkKept(node)
  }

  async #replaceStore(node: SimNode, entries: ReturnType<MemoryStore['snapshot']>): Promise<void> {
    this.network.cutAll(node)
    node.store = new MemoryStore({ crashable: true, historyMax: 60, entries })
    await this.#restart(node)
    await this.#countLost(node)
  }

  async #restart(node: SimNode): Promise<void> {
    this.log(`${node.index} starts again`)
    await node.start()
    if (this.random() < 0.5) await node.scan()
  }

  /** Copies that were promised and are gone. */
  async #countLost(node: SimNode): Promise<void> {
    await node.scan()
    for (const promised of this.promised.values()) {
      const { room, author, lane, n, id } = promised.event
      if (!promised.copies.has(node.index) || node.replica.idAt(room, author, lane, n) === id) continue
      promised.copies.delete(node.index)
      promised.lost++
    }
  }

  /** INV-6: a power loss takes nothing that was synced. */
  #checkKept(node: SimNode): void {
    for (const { event, copies } of this.promised.values()) {
      if (!copies.has(node.index)) continue
      if (node.replica.idAt(event.room, event.author, event.lane, event.n) !== event.id)
        this.violation(`INV-6: ${node.index} lost a synced event, ${event.lane} ${event.n}`)
    }
  }

  async #clone(): Promise<void> {
    const node = this.#node()
    if (!node || this.nodes.length >= NODES_MAX || this.isHub(node.person)) return
    const store = new MemoryStore({ crashable: true, historyMax: 60, entries: node.store.snapshot() })
    const clone = new SimNode(this.nodes.length, node.signer, this, store)
    this.log(`${clone.index} is a clone of ${node.index}`)
    this.nodes.push(clone)
    await clone.start()
    this.#connectSome(0.5)
  }

  /** Whom an attacker can tell of a room: others refuse it at their door. */
  #carriers(room: RoomId): SimNode[] {
    return this.#live().filter((node) =>
      node.views.carries(node.person, room, room === NETWORK_ROOM ? 0 : 1, false),
    )
  }

  // --- attackers ----------------------------------------------------------------------------------------------------

  /** Two branches of one lane, shown to different nodes. */
  #fork(): void {
    const node = this.#node()
    const room = node && (this.random() < 0.2 ? NETWORK_ROOM : this.#roomOf(node))
    if (!node || !room) return
    const isControl = room === NETWORK_ROOM || this.random() < 0.3
    const t = node.drafts(room, [this.#text()])[0]!.t
    const lane = isControl ? newControlLane(this.crypto) : newContentLane(this.crypto, t)
    this.forkedLanes.add(room + node.person + lane)
    const value = (i: number): BodyValue =>
      !isControl
        ? this.#text()
        : room === NETWORK_ROOM
          ? { kind: 'profile', nick: `fork${i}`, boxKey: new Uint8Array(32), about: '' }
          : { kind: 'join', lifts: new Uint8Array(0) }
    const drafts = (count: number, salt: number) =>
      node.drafts(
        room,
        Array.from({ length: count }, (_, i) => value(salt + i)),
      )
    const sign = (n: number, prev: EventId, of: ReturnType<typeof drafts>) =>
      signRun(this.crypto, node.signer, { net: this.net, room, lane, n, prev }, of)
    const common = drafts(between(this.random, 0, 3), 0)
    const start = common.length > 0 ? [sign(0, LANE_START, common)] : []
    const prev = start[0]?.events.at(-1)?.id ?? LANE_START
    const branches = [1, 2].map((branch) => {
      const own = drafts(between(this.random, 1, 3), 10 * branch)
      // Half of the branches repeat the common part, so that they part inside a run.
      const first =
        this.random() < 0.5 ? sign(0, LANE_START, [...common, ...own]) : sign(common.length, prev, own)
      const last = first.events.at(-1)!
      return [first, sign(last.n, last.id, drafts(between(this.random, 1, 3), 20 * branch))]
    })
    for (const to of this.#carriers(room)) {
      if (this.random() < 0.3) continue
      for (const run of start) if (this.random() < 0.8) to.inject(packRun(run))
      const branch = branches[this.random() < 0.5 ? 0 : 1]!
      for (const run of branch.slice(0, between(this.random, 0, 2))) to.inject(packRun(run))
    }
  }

  /** Headers whose bodies nobody has, or only some. */
  #headersOnly(): void {
    const node = this.#node()
    const room = node && this.#roomOf(node)
    if (!node || !room) return
    const drafts = node.drafts(room, [this.#text(), this.#text(), this.#text()])
    const lane = newContentLane(this.crypto, drafts[0]!.t)
    const run = signRun(
      this.crypto,
      node.signer,
      { net: this.net, room, lane, n: 0, prev: LANE_START },
      drafts,
    )
    const packed = packRun(run)
    const isWhole = this.random() < 0.3
    for (const to of this.#carriers(room)) {
      if (this.random() < 0.4) continue
      to.inject({
        ...packed,
        bodies: packed.bodies.map((body, i) => (i > 0 && this.random() < 0.7 ? null : body)),
      })
      if (isWhole && this.random() < 0.5) to.inject(packed)
    }
  }

  /** A signed deletion of an event that is not the one at its n. */
  #mistakenTombstone(): void {
    const node = this.#node()
    const room = node && this.#roomOf(node)
    const event = room && this.#message(node!, room, node!.person)
    if (!node || !event) return
    const id = hex(this.crypto.random(32)) as EventId
    const n = event.n + between(this.random, 0, 2)
    const tombstone = signTombstone(node.signer, { ...event, id, n })
    for (const to of this.#carriers(room)) if (this.random() < 0.5) to.takeTombstone(tombstone)
  }

  // --- links --------------------------------------------------------------------------------------------------------

  #connectSome(share: number): void {
    for (const a of this.nodes)
      for (const b of this.nodes)
        if (
          a.index < b.index &&
          this.random() < (this.isHub(a.person) || this.isHub(b.person) ? share : share / 4)
        )
          this.#connect(a, b)
  }

  #connect(a: SimNode, b: SimNode): void {
    if (a.person !== b.person) this.network.connect(a, b)
  }

  connectAll(): void {
    for (const a of this.nodes) for (const b of this.nodes) if (a.index < b.index) this.#connect(a, b)
  }
}
