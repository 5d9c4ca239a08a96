/** One node of the data simulator: replica, views, sync and a store that can crash, without hub, sockets or clock. */
import { nodeCrypto, signerOf } from '../../src/node/crypto.ts'
import { eventsOf } from '../../src/node/display-order.ts'
import type { Lane, LaneClass } from '../../src/node/lanes.ts'
import { Measure } from '../../src/node/measure.ts'
import { MemoryStore } from '../../src/node/memory-store.ts'
import { Replica, type ReplicaOptions } from '../../src/node/replica.ts'
import { type Check, Sync } from '../../src/node/sync.ts'
import { isFollowed, isVisible, stampT, visibilityOf } from '../../src/node/timeline.ts'
import { Views } from '../../src/node/views.ts'
import { hex } from '../../src/wire/bytes.ts'
import { encodeBody } from '../../src/wire/codec.ts'
import type { Crypto, Signer } from '../../src/wire/crypto.ts'
import {
  type Draft,
  type Event,
  isControlKind,
  LANE_START,
  lanePeriod,
  newContentLane,
  newControlLane,
  packRun,
  parseRun,
  type Run,
  signRun,
  type Tombstone,
  type VerifiedRun,
  verifyRun,
} from '../../src/wire/event.ts'
import type { Frame } from '../../src/wire/frames.ts'
import {
  type EventId,
  type LaneId,
  type NetId,
  type PersonKey,
  personKey,
  type RoomId,
} from '../../src/wire/ids.ts'
import { type BodyValue, kindNumber } from '../../src/wire/kinds.ts'
import { PERIOD_MS, RETENTION_DAYS } from '../../src/wire/limits.ts'
import type { Random } from '../seeded.ts'
import type { Endpoint, Network, VirtualTime } from './data-network.ts'

export const RETENTION_MS = RETENTION_DAYS * 24 * 3600 * 1000

/** Wrong builds of a node, to show that the simulator finds them. Each one is off by default. */
export interface Mutation {
  /** Made in place of Replica. */
  readonly Replica?: typeof Replica
  /** Made in place of Views. */
  readonly Views?: typeof Views
  /** Given to the replica in place of the real limits. */
  readonly limitOf?: ReplicaOptions['limitOf']
  /** Own lanes go on after a restart, from where the store says they end. */
  readonly resumesLanes?: boolean
}

/** What all nodes of a run share. */
export interface Surroundings {
  readonly net: NetId
  readonly owner: PersonKey | undefined
  readonly crypto: Crypto
  readonly random: Random
  readonly time: VirtualTime
  readonly network: Network
  readonly mutation: Mutation
  isHub(person: PersonKey): boolean
  /** An invariant does not hold. */
  violation(text: string): void
  /** These events are on this node's disk now. */
  synced(node: SimNode, events: readonly Event[]): void
  /** A pulled run held nothing new. */
  pulledTwice(node: SimNode, run: VerifiedRun): void
}

/** Verdicts by what was checked: signatures are made and checked once however many nodes and seeds see them. */
const verdicts = new Map<string, boolean>()
const VERDICTS_MAX = 200_000

export function rememberingCrypto(random: Random): Crypto {
  return {
    ...nodeCrypto,
    verify(message, signature, key) {
      const name = `${hex(signature)}${hex(nodeCrypto.hash(message), 0, 16)}${hex(key, 0, 16)}`
      const known = verdicts.get(name)
      if (known !== undefined) return known
      const verdict = nodeCrypto.verify(message, signature, key)
      if (verdicts.size >= VERDICTS_MAX) verdicts.clear()
      verdicts.set(name, verdict)
      return verdict
    },
    random(n) {
      const bytes = new Uint8Array(n)
      for (let i = 0; i < n; i++) bytes[i] = Math.floor(random() * 256)
      return bytes
    },
  }
}

const signers = new Map<number, Signer>()
/** The same few persons in all runs: importing keys costs more than signing. */
export function signerNumber(i: number): Signer {
  let signer = signers.get(i)
  if (!signer) {
    signer = signerOf(nodeCrypto.hash(new TextEncoder().encode(`person ${i}`)))
    signers.set(i, signer)
  }
  return signer
}

interface OwnLane {
  readonly lane: LaneId
  n: number
  prev: EventId
}

export class SimNode implements Endpoint {
  readonly index: number
  readonly signer: Signer
  readonly person: PersonKey
  readonly #world: Surroundings
  store: MemoryStore
  replica!: Replica
  views!: Views
  sync!: Sync
  /** How wrong this node's clock is, ms. */
  clockOffset = 0
  /** Counts processes: what belongs to an earlier one is dropped. */
  process = 0
  isScanned = false
  readonly #peers = new Map<number, SimNode>()
  readonly #verifiedAt = new Map<number, number>()
  #own = new Map<string, OwnLane>()
  /** Events told as new in this process (INV-4). */
  #told = new Set<EventId>()
  #unsynced: Event[] = []
  /** The largest t shown per room, over all processes. */
  readonly #shown = new Map<RoomId, number>()

  constructor(
    index: number,
    signer: Signer,
    world: Surroundings,
    store = new MemoryStore({ crashable: true, historyMax: 60 }),
  ) {
    this.index = index
    this.signer = signer
    this.person = personKey(signer.key)
    this.#world = world
    this.store = store
  }

  get now(): number {
    return Math.floor(this.#world.time.now) + this.clockOffset
  }

  /** Whose key this is, as this node knows. */
  get me(): PersonKey {
    return this.views.personOf(this.person)
  }

  /** Starts a process over the store as it is. The scan that corrects hints runs some time later. */
  async start(): Promise<void> {
    const { crypto, net, owner, isHub, mutation } = this.#world
    this.process++
    this.isScanned = false
    this.#peers.clear()
    this.#own = new Map()
    this.#told = new Set()
    this.#unsynced = []
    const KindOfViews = mutation.Views ?? Views
    this.views = new KindOfViews({ crypto, net, ...(owner ? { owner } : {}), carriesAll: isHub })
    const limitOf = mutation.limitOf ?? this.views.limitOf
    const Kind = mutation.Replica ?? Replica
    this.replica = new Kind({ crypto, net, store: this.store, retentionMs: RETENTION_MS, limitOf })
    this.views.attach(this.replica)
    this.replica.setNow(this.now)
    await this.replica.load()
    await this.views.load(this.store)
    if (mutation.resumesLanes) this.#resume()
    this.sync = new Sync({
      measure: new Measure({ perS: 0, burst: 0 }, () => 0),
      hostLeft: () => Number.POSITIVE_INFINITY,
      hostTook: () => {},
      isMeasured: () => false,
      crypto,
      replica: this.replica,
      carriage: {
        mine: (room, cls) => this.views.carries(this.person, room, cls, true),
        theirs: (peer, room, cls) => this.views.carries(peer, room, cls, false),
      },
      send: (link, frame) => this.#world.network.send(this, link, frame),
      wantPump: (link) => this.#later(this.#world.random() * 2, () => this.sync.pump(link)),
      verify: (link, checks, then) => this.#verify(link, checks, then),
      took: (_link, run) => this.take(run, true),
      deleted: (_link, tombstone) => this.takeTombstone(tombstone),
      forked: (room) => this.views.changed(room),
      fault: (_link, why) => this.#world.violation(`${this.index} saw a fault of a peer without any: ${why}`),
      pulled: () => {},
      served: () => {},
      listed: () => {},
    })
  }

  /** The scan behind the start. */
  async scan(): Promise<void> {
    if (this.isScanned) return
    const { wrong, rooms } = await this.replica.scan()
    this.isScanned = true
    if (wrong > 0) this.#told.clear()
    await this.views.load(this.store)
    for (const room of rooms) this.views.changed(room)
    this.flush(false)
  }

  #later(delayMs: number, task: () => void): void {
    const process = this.process
    const run = () => {
      if (this.process !== process) return
      // A stopped process does nothing; it goes on where it was.
      if (this.#world.network.isPaused(this)) this.#later(50, task)
      else task()
    }
    this.#world.time.after(delayMs, run)
  }

  #verify(
    link: number,
    checks: readonly Check[],
    then: (isGood: boolean, each: readonly boolean[]) => void,
  ): void {
    const { crypto, time, random } = this.#world
    const each = checks.map(({ message, signature, key }) => crypto.verify(message, signature, key))
    const at = Math.max(this.#verifiedAt.get(link) ?? 0, time.now + random() * 3)
    this.#verifiedAt.set(link, at)
    const process = this.process
    time.at(at, () => {
      if (this.process === process) then(each.every(Boolean), each)
    })
  }

  // --- links ------------------------------------------------------------------------------------------------------

  linkUp(link: number, peer: Endpoint): void {
    const node = peer as SimNode
    this.#peers.set(link, node)
    this.setTime()
    this.sync.linkUp(link, node.person)
  }

  linkDown(link: number): void {
    this.#peers.delete(link)
    this.sync.linkDown(link)
  }

  frame(link: number, frame: Frame): void {
    this.setTime()
    if (frame.type !== 'live') return this.sync.frame(link, frame)
    for (const run of frame.runs) this.#live(link, run as Run)
  }

  #live(link: number, run: Run): void {
    const parsed = parseRun(this.#world.crypto, this.#world.net, run)
    if (typeof parsed === 'string') return
    this.sync.verifyRun(link, parsed, (good) => {
      if (!good) return
      const isNew = this.replica.lane(good.events[0]!.room, good.events[0]!.author, good.events[0]!.lane)
      const before = isNew?.n ?? 0
      this.#isLive = true
      const result = this.sync.settleRun(link, good)
      this.#isLive = false
      // The hub hands on what is new.
      const isHub = this.#world.isHub(this.person)
      if (isHub && result.is === 'added' && result.events.length > 0 && good.events.at(-1)!.n > before)
        this.#spread({ type: 'live', runs: [run] }, good.events[0]!, link)
    })
  }
  #isLive = false

  #spread(frame: Frame, event: Event, except?: number): void {
    const cls: LaneClass = isControlKind(event.kind) ? 0 : 1
    for (const [link, peer] of this.#peers)
      if (link !== except && this.views.carries(peer.person, event.room, cls, false))
        this.#world.network.send(this, link, frame)
  }

  compareAll(): void {
    this.setTime()
    for (const link of this.#peers.keys()) this.sync.compare(link)
  }

  setTime(): void {
    if (this.replica.now === this.now) return
    this.replica.setNow(this.now)
    this.views.setNow(this.now)
  }

  // --- what comes in ----------------------------------------------------------------------------------------------

  /** Adds a verified run, whoever brought it. */
  take(run: VerifiedRun, isPulled: boolean): ReturnType<Replica['add']> {
    // A deletion travels before the run whose body was missing: then that brings nothing any more.
    const isKnown = run.events.every(
      ({ room, author, lane, n, id }) =>
        this.replica.idAt(room, author, lane, n) === id && !this.replica.tombstones.has(id),
    )
    const result = this.replica.add(run)
    if (isPulled && !this.#isLive && isKnown) this.#world.pulledTwice(this, run)
    if (result.is === 'added') {
      if (result.forked) this.views.changed(run.events[0]!.room)
      this.#absorb(result.events)
    }
    this.#absorb(this.replica.takeFreed())
    return result
  }

  takeTombstone(tombstone: Tombstone): boolean {
    const events: Event[] = []
    const isNew = this.replica.delete(tombstone, events)
    this.#absorb(events)
    return isNew
  }

  #absorb(events: readonly Event[]): void {
    for (const event of events) {
      if (this.#told.has(event.id))
        this.#world.violation(`INV-4: ${this.index} was told twice of ${event.id.slice(0, 8)}`)
      this.#told.add(event.id)
      if (isControlKind(event.kind)) this.views.add(event)
      this.#unsynced.push(event)
    }
    for (const { room } of events) this.#noteShown(room)
    this.flush(this.#world.isHub(this.person) || this.#world.random() < 0.3)
  }

  flush(sync: boolean): void {
    void this.store.write(this.replica.takeOps(), sync)
    // Before it knows its disk a node acknowledges nothing: a lane may have a hole there (INV-14).
    if (!sync || !this.isScanned) return
    const isHeld = ({ id, room, author, lane, n }: Event) => this.replica.idAt(room, author, lane, n) === id
    this.#world.synced(this, this.#unsynced.filter(isHeld))
    this.#unsynced = []
  }

  #noteShown(room: RoomId): void {
    const t = this.largestShown(room)
    if (t > (this.#shown.get(room) ?? 0)) this.#shown.set(room, t)
  }

  /** The largest t of what is visible in a room now. */
  largestShown(room: RoomId): number {
    const view = this.views.room(room)
    if (!view) return 0
    const by = visibilityOf(this.replica, view)
    const entries = this.store.list({ from: `o${room}`, to: `o${room}g`, reverse: true, limit: 40 })
    const events = entries.flatMap(([key, value]) => eventsOf(this.replica, key, value))
    return Math.max(0, ...events.filter((event) => isVisible(event, by)).map(({ t }) => t))
  }

  // --- writing ----------------------------------------------------------------------------------------------------

  /** Drafts with stamps as the design wants them. ahead: how far the author's clock is made to lie. */
  drafts(room: RoomId, values: readonly BodyValue[], ahead = 0): Draft[] {
    this.#noteShown(room)
    const at = this.now + ahead
    // Should the largest be followed no more since the clock was set back, the largest of those that are shown still counts.
    const largest = this.#shown.get(room) ?? 0
    let shown = isFollowed(largest, this.now) ? largest : this.largestShown(room)
    return values.map((value) => {
      const t = ahead === 0 ? stampT(at, shown, this.now) : at
      shown = Math.max(shown, t)
      return { kind: kindNumber(value.kind), at, t, body: encodeBody(this.#world.crypto.random(16), value) }
    })
  }

  /** Signs values as one run of an own lane, keeps it, and sends it to whom it concerns once it is on disk. */
  write(room: RoomId, values: readonly BodyValue[], ahead = 0): VerifiedRun {
    this.setTime()
    const drafts = this.drafts(room, values, ahead)
    if (ahead === 0) this.#checkStamp(room, drafts)
    const run = this.sign(room, drafts)
    const result = this.replica.add(run)
    if (result.is === 'added') this.#absorb(result.events)
    this.#absorb(this.replica.takeFreed())
    this.flush(true)
    this.send(run)
    return run
  }

  /** Signs drafts at the end of the own lane without keeping them anywhere. */
  sign(room: RoomId, drafts: readonly Draft[]): VerifiedRun {
    const { crypto, net } = this.#world
    const lane = this.#ownLane(room, drafts)
    const run = signRun(crypto, this.signer, { net, room, ...lane }, drafts)
    const last = run.events.at(-1)!
    lane.n = last.n
    lane.prev = last.id
    return run
  }

  send(run: VerifiedRun): void {
    this.#spread({ type: 'live', runs: [packRun(run)] }, run.events[0]!)
  }

  /** INV-3: what is written comes after all that its author was shown, unless that lies more than 7 days ahead. */
  #checkStamp(room: RoomId, drafts: readonly Draft[]): void {
    const shown = this.largestShown(room)
    for (const { t } of drafts)
      if (t <= shown)
        this.#world.violation(`INV-3: ${this.index} wrote ${t} after having been shown ${shown}`)
  }

  #ownLane(room: RoomId, drafts: readonly Draft[]): OwnLane {
    const { crypto } = this.#world
    const isControl = isControlKind(drafts[0]!.kind)
    const key = `${isControl ? 0 : 1}${room}`
    const own = this.#own.get(key)
    const held = own && this.replica.lane(room, this.person, own.lane)
    const fits =
      own &&
      !held?.forkAt &&
      (isControl || drafts.every(({ t }) => Math.floor(t / PERIOD_MS) === lanePeriod(own.lane)))
    if (fits) return own
    const lane = isControl ? newControlLane(crypto) : newContentLane(crypto, drafts[0]!.t)
    const opened: OwnLane = { lane, n: 0, prev: LANE_START }
    this.#own.set(key, opened)
    return opened
  }

  /** The mutation: takes up the newest own lane of each room and class. */
  #resume(): void {
    for (const room of this.replica.rooms())
      for (const cls of [0, 1] as const)
        for (const lane of this.replica.lanes(room, cls, this.person))
          this.#own.set(`${cls}${room}`, { lane: lane.lane, n: lane.n, prev: lane.id })
  }

  /** A run that came from outside of any link, as from a peer met for a moment. */
  inject(run: Run): void {
    const { crypto, net } = this.#world
    const parsed = parseRun(crypto, net, run)
    const good = typeof parsed === 'string' ? parsed : verifyRun(crypto, parsed)
    if (typeof good === 'string') return this.#world.violation(`a run of ours is refused: ${good}`)
    this.setTime()
    this.take(good, false)
  }

  lanesOf(person: PersonKey, room: RoomId): Lane[] {
    return ([0, 1] as const).flatMap((cls) => [...this.replica.lanes(room, cls, person)])
  }
}
