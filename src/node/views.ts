/**
 * Views: keeps the control events this node holds and the views the rooms reducer makes of them, recomputed only when
 * something that counts has changed. Also answers who carries what (rules SY-21 to SY-24).
 */
import { decodeBody, SALT_BYTES } from '../wire/codec.ts'
import type { Crypto } from '../wire/crypto.ts'
import { verifyCounter } from '../wire/device.ts'
import { verifyEntry } from '../wire/door.ts'
import { type Event, isBodyOf, LANE_START } from '../wire/event.ts'
import {
  type EventId,
  generalRoom,
  type LaneId,
  NETWORK_ROOM,
  type NetId,
  type PersonKey,
  personKey,
  type RoomId,
} from '../wire/ids.ts'
import { type BodyValue, kindNumber } from '../wire/kinds.ts'
import { FUTURE_MS_MAX } from '../wire/limits.ts'
import { isKeyKind } from './erased-keys.ts'
import { parseLaneKey } from './keys.ts'
import { Kin } from './kin.ts'
import type { Lane, LaneClass } from './lanes.ts'
import type { Replica } from './replica.ts'
import {
  type ControlEvent,
  type Cut,
  cutN,
  type NetworkView,
  type RoomView,
  readIds,
  reduceNetwork,
  reduceRoom,
  TALK,
  withWords,
} from './rooms.ts'
import type { Store } from './store.ts'

export interface ViewsOptions {
  readonly crypto: Crypto
  readonly net: NetId
  readonly owner?: PersonKey
  /** The hub and the line carry every room. */
  readonly carriesAll: (person: PersonKey) => boolean
  /** What counts somewhere may be something else from now on, and so who carries it. */
  readonly onChanged?: () => void
}

export class Views {
  readonly #options: ViewsOptions
  readonly #general: RoomId
  readonly #controls = new Map<RoomId, Map<EventId, ControlEvent>>()
  /** Of these what lies in counted prefixes and is due, of rooms that were asked about: it grows as their lanes do. */
  readonly #counting = new Map<RoomId, Map<EventId, ControlEvent>>()
  /** By author and lane: how it was when its events were taken in. */
  readonly #followed = new Map<RoomId, Map<string, Followed>>()
  readonly #rooms = new Map<RoomId, RoomView | undefined>()
  readonly #kin: Kin
  /** Rooms for which somebody wrote the create of a talk, whether it counts or not. */
  readonly #talks = new Set<RoomId>()
  #network: NetworkView | undefined
  /** As it was when something was decided that people's words about themselves do not change; undefined: nothing was since. */
  #decided: NetworkView | undefined
  #replica!: Replica
  /** The earliest t of a control event that does not count yet; Infinity: none. */
  #heldUntil = Number.POSITIVE_INFINITY
  /** The latest t of those that count: should the clock be set back below, they do not any more. */
  #countedUntil = 0

  constructor(options: ViewsOptions) {
    this.#options = options
    this.#kin = new Kin(options.owner)
    this.#general = generalRoom(options.crypto, options.net)
  }

  /** The replica needs limits and the views need its lanes: they are joined once after both exist. */
  attach(replica: Replica): void {
    this.#replica = replica
    const kin = this.#kin
    replica.areKin = (by, author) => kin.are(by, author)
    replica.mayDelete = (by, maker) => kin.are(by, maker) || kin.isOverAll(by)
    replica.onControl = (lane) => this.#follow(lane)
  }

  /** Takes in what a control lane has gained, and decides anew what counts. */
  #follow(lane: Lane): void {
    const { room, author, lane: id } = lane
    const name = author + id
    let followed = this.#followed.get(room)
    if (!followed) {
      followed = new Map()
      this.#followed.set(room, followed)
    }
    const before = followed.get(name) ?? UNKNOWN
    const { n, forkAt } = lane
    const counted = this.#replica.vectors.counted(lane)
    const just: Event[] = []
    for (let at = Math.min(before.n, before.counted) + 1; at <= n; at++) {
      const event = this.#replica.event(room, author, id, at)
      if (!event) continue
      just.push(event)
      if (at > before.n) this.#keep(event)
    }
    const isSameBefore = before.n === 0 || this.#replica.idAt(room, author, id, before.n) === before.id
    const hasOnlyGrown = isSameBefore && counted >= before.counted && forkAt === before.forkAt
    // A lane that lost events is taken in again from there.
    followed.set(name, { n, id: lane.id, counted, forkAt })
    this.changed(room, hasOnlyGrown ? just : undefined)
  }

  /** Reads the control events of a store (for the start). */
  async load(store: Pick<Store, 'scan'>): Promise<void> {
    const rooms = new Set<RoomId>()
    for await (const [key] of store.scan({ from: 'c', to: 'd', page: CONTROLS_PAGE })) {
      const { room, author, lane, n } = parseLaneKey(key)
      const event = this.#replica.event(room, author, lane, n)
      // Another one would be looked for in a lane that it does not lie in.
      const isIts = event?.room === room && event.author === author && event.lane === lane && event.n === n
      if (isIts && this.#keep(event)) rooms.add(room)
    }
    this.#counting.clear()
    // What counts is decided once, and not anew with each of them.
    if (rooms.has(NETWORK_ROOM)) this.changed(NETWORK_ROOM)
    else for (const room of rooms) this.changed(room)
  }

  /** A control event has come into a contiguous prefix. Those of lanes that grow are taken in without it. */
  add(event: Event): void {
    if (this.#keep(event)) this.changed(event.room, [event])
  }

  /** The keys of a deleted room were erased: none stays in memory. */
  forgetKeys(room: RoomId): void {
    const controls = this.#controls.get(room)
    for (const [id, { event }] of controls ?? []) if (isKeyKind(event.kind)) controls!.delete(id)
    this.#counting.delete(room)
  }

  /** The room is not deleted any more: keys of it that still lie here count again. `changed` is to follow. */
  recallKeys(room: RoomId): void {
    for (const lane of this.#replica.lanes(room, 0))
      for (let n = 1; n <= lane.n; n++) {
        const event = this.#replica.event(room, lane.author, lane.lane, n)
        if (event && isKeyKind(event.kind)) this.#keep(event)
      }
    this.#counting.delete(room)
  }

  /** False where it is known already, or its body is not here. */
  #keep(event: Event): boolean {
    if (this.#controls.get(event.room)?.has(event.id)) return false
    const body = this.#replica.body(event)
    // What the disk has damaged is taken in when it has come again.
    if (!body || !isBodyOf(this.#options.crypto, event.header, body)) return false
    let room = this.#controls.get(event.room)
    if (!room) {
      room = new Map()
      this.#controls.set(event.room, room)
    }
    const read = this.#read(event, body)
    if (read?.kind === 'create' && read.type === TALK) this.#talks.add(event.room)
    if (read?.kind === 'erase') this.#replica.excuse(event.author, readIds(read.targets))
    if (event.room === NETWORK_ROOM) {
      const keys = this.#kin.note(event.author, read)
      if (keys.length > 0) this.#replica.kinChanged(keys)
    }
    room.set(event.id, { event, body: kept(read), salt: body.slice(0, SALT_BYTES) })
    return true
  }

  /** A link without the device's own signature is none (rule DV-1), nor is an entry that the code's key did not sign (RM-23). */
  #read(event: Event, bytes: Uint8Array): BodyValue | null {
    const body = decodeBody(event.kind, bytes)
    const { crypto, net } = this.#options
    if (body?.kind === 'entry')
      return verifyEntry(crypto, body.proof, body.door, net, event.author) ? body : null
    if (body?.kind !== 'device' || !body.link) return body
    return verifyCounter(crypto, body.counter, event.author, personKey(body.device)) ? body : null
  }

  /**
   * Something that decides what counts in this room changed: a control event, a fork, a branch at a cut. just: it is that these
   * events of one lane have come to count, and nothing else.
   */
  changed(room: RoomId, just?: readonly Event[]): void {
    this.#options.onChanged?.()
    const counting = this.#counting.get(room)
    if (!just) this.#counting.delete(room)
    else if (counting)
      for (const { id } of just) {
        const control = this.#controls.get(room)?.get(id)
        if (control) this.#count(control, counting)
      }
    if (room !== NETWORK_ROOM) {
      this.#rooms.delete(room)
      this.#replica.vectors.limitsChanged(room)
      return
    }
    const said = this.#said(just, counting)
    this.#network = said && this.#network && withWords(this.#network, said)
    // Who is in a room of all people is asked of these maps.
    if (this.#network) return
    if (just?.every((event) => ASIDE.has(event.kind) && !isCut(this.#decided, event.lane))) {
      this.#rooms.delete(NETWORK_ROOM)
      this.#rooms.delete(this.#general)
      return
    }
    this.#decided = undefined
    this.#rooms.clear()
    for (const other of this.#replica.rooms()) this.#replica.vectors.limitsChanged(other)
  }

  /** Of what has just come to count in room 0: words of people about themselves; undefined: other things too. */
  #said(
    just: readonly Event[] | undefined,
    counting: Map<EventId, ControlEvent> | undefined,
  ): ControlEvent[] | undefined {
    if (!just || !counting) return undefined
    if (!just.every((event) => WORDS.has(event.kind) && !isCut(this.#decided, event.lane))) return undefined
    return just.flatMap(({ id }) => counting.get(id) ?? [])
  }

  /** Time went on, or was set back: events that were held may count now, others may be held. The replica is told first. */
  setNow(now: number): void {
    const latest = now + FUTURE_MS_MAX
    if (latest < this.#heldUntil && latest >= this.#countedUntil) return
    this.#heldUntil = Number.POSITIVE_INFINITY
    this.#countedUntil = 0
    this.#counting.clear()
    this.changed(NETWORK_ROOM)
  }

  /** What counts is weighed anew with each event, so what is looked up for it is looked up once. */
  #countingIn(room: RoomId): ReadonlyMap<EventId, ControlEvent> {
    const known = this.#counting.get(room)
    const controls = this.#controls.get(room)
    if (known || !controls) return known ?? NONE
    const counting = new Map<EventId, ControlEvent>()
    for (const control of controls.values()) this.#count(control, counting)
    this.#counting.set(room, counting)
    return counting
  }

  #count(control: ControlEvent, into: Map<EventId, ControlEvent>): void {
    const { event } = control
    const lane = this.#replica.lane(event.room, event.author, event.lane)
    if (!lane || event.n > this.#replica.vectors.counted(lane)) return
    // Of another branch than what is held now, or of a lane that lost it.
    if (this.#replica.idAt(event.room, event.author, event.lane, event.n) !== event.id) return
    const due = dueT(control)
    if (due > this.#replica.now + FUTURE_MS_MAX) this.#heldUntil = Math.min(this.#heldUntil, due)
    else {
      this.#countedUntil = Math.max(this.#countedUntil, due)
      into.set(event.id, control)
    }
  }

  network(): NetworkView {
    this.#network ??= reduceNetwork(
      this.#options.net,
      this.#countingIn(NETWORK_ROOM).values(),
      this.#replica,
      this.#options.owner,
    )
    this.#decided ??= this.#network
    return this.#network
  }

  /** Whose device a key is; its own person where nobody linked it. */
  personOf(key: PersonKey): PersonKey {
    return this.network().devices.personOf(key)
  }

  /** The view of a room; undefined while its create has not been seen. */
  room(id: RoomId): RoomView | undefined {
    // Peers may name rooms without end: nothing is kept of one that has no event here.
    if (!this.#controls.has(id) && id !== this.#general) return undefined
    if (this.#rooms.has(id)) return this.#rooms.get(id)
    const { net, crypto } = this.#options
    const reduced = reduceRoom(net, crypto, id, this.#countingIn(id).values(), this.network(), this.#replica)
    const isKnown = reduced.type !== 'private' || reduced.createdBy !== undefined
    const view = isKnown ? reduced : undefined
    this.#rooms.set(id, view)
    return view
  }

  /** Rooms with any control event. */
  ids(): Iterable<RoomId> {
    return this.#controls.keys()
  }

  /** One control event, whether it counts or not. */
  control(room: RoomId, id: EventId): ControlEvent | undefined {
    return this.#controls.get(room)?.get(id)
  }

  controls(room: RoomId): Iterable<ControlEvent> {
    return [...this.#countingIn(room).values()]
  }

  /** The same map, with as many in it, while there is nothing new among these. */
  controlsById(room: RoomId): ReadonlyMap<EventId, ControlEvent> {
    return this.#countingIn(room)
  }

  /**
   * Last n of a content lane that is listed, pulled and served: within every ban's and mute's cut. Unlike what is shown (the
   * view's contentLimit) it does not depend on which event is held at the cut's n: nodes that hold other ones, or none,
   * list alike, so their vectors become equal and show the fork, if it is one.
   */
  limitOf = (lane: Lane): number => {
    const view = this.room(lane.room)
    if (!view) return Number.POSITIVE_INFINITY
    const { devices } = this.network()
    const author = devices.personOf(lane.author)
    const mayWrite = view.type !== 'network' && (!view.persons || view.persons.has(author))
    if (view.deleted || !mayWrite) return 0
    const end = devices.endOf(lane.author)
    let limit = end ? (end.get(`${lane.room}/${lane.lane}`)?.n ?? 0) : Number.POSITIVE_INFINITY
    for (const { target, cut } of [...view.bans, ...view.mutes])
      if (target === author) limit = Math.min(limit, cut.get(`${lane.room}/${lane.lane}`)?.n ?? 0)
    return limit
  }

  /** Is this the device of one of the two, or few, whom this private talk is of? */
  isOfTalk(room: RoomId, device: PersonKey): boolean {
    // Asked of each run that comes, of whatever room.
    if (!this.#talks.has(room)) return false
    const view = this.room(room)
    return view?.type === 'talk' && view.persons!.has(this.personOf(device))
  }

  /** Does this person carry this class of the room? unknown: the answer while the room's create has not been seen. */
  carries(key: PersonKey, room: RoomId, cls: LaneClass, unknown: boolean): boolean {
    if (room === NETWORK_ROOM) return cls === 0
    // Whoever is not let in, or was expelled, gets what tells them so and nothing else, whatever part they play.
    if (this.network().door.admission(key) !== 'member') return false
    const person = this.personOf(key)
    const view = this.room(room)
    if (!view || isUnknown(view)) return cls === 0 && (unknown || this.#options.carriesAll(key))
    if (cls === 1 && view.deleted) return false
    if (this.#options.carriesAll(key)) return true
    if (view.persons) return view.persons.has(person)
    // Everybody is in general, also before their profile is here.
    if (view.type === 'general') return true
    return cls === 0 || view.members.has(person)
  }
}

const NONE: ReadonlyMap<EventId, ControlEvent> = new Map()

/** A lane as it was when it was looked at last. */
type Followed = Pick<Lane, 'n' | 'id' | 'forkAt'> & { readonly counted: number }
const UNKNOWN: Followed = { n: 0, id: LANE_START, forkAt: 0, counted: 0 }

/** Control events read at a time. */
const CONTROLS_PAGE = 64

/** Of a picture only the beginning: whoever wants to see it reads it from the store. */
const kept = (body: BodyValue | null): BodyValue | null =>
  body?.kind === 'look' ? { ...body, bytes: body.bytes.slice(0, LOOK_BYTES) } : body
const LOOK_BYTES = 16

/**
 * What people say of themselves in room 0. Nothing else there depends on it, and of the rooms none but those whose members are
 * all people: room 0 and general.
 */
const ASIDE: ReadonlySet<number> = new Set((['profile', 'look', 'place', 'twin'] as const).map(kindNumber))

/** Of these, what changes nothing but how people are called and look. */
const WORDS: ReadonlySet<number> = new Set((['profile', 'look'] as const).map(kindNumber))

/**
 * Does something that counts name this lane of room 0 in its cut? Then which event the lane holds there may decide what counts.
 * Where nothing does, it ends at 0 for each such cut whatever it holds, so a pass that has its new events goes the same way.
 */
function isCut(network: NetworkView | undefined, lane: LaneId): boolean {
  if (!network) return false
  const { bans, mutes, demotions, devices } = network
  const names = (cut: Cut) => cutN(cut, NETWORK_ROOM, lane) > 0
  return [...bans, ...mutes, ...demotions].some(({ cut }) => names(cut)) || devices.someEnd(names)
}

/** Clocks of honest people differ by less than this. */
const CLOCK_SLACK_MS = 60_000

/**
 * Counts while this is at most 7 days ahead: its t. A join that ends bans must not be made before its time: it counts
 * once its `at` is over (rule RM-10).
 */
const dueT = ({ event, body }: ControlEvent): number =>
  body?.kind === 'join' && body.lifts.length > 0
    ? Math.max(event.t, event.at + FUTURE_MS_MAX - CLOCK_SLACK_MS)
    : event.t

/** A made room whose create is not here, or does not count. */
const isUnknown = (view: RoomView) => view.type === 'private' && view.createdBy === undefined
