/**
 * The replica: this node's set of events. Union by lane, forks and tombstones, vectors and their digests.
 *
 * Only verified things come in; what they change is collected as store operations (`takeOps`) that the shell writes.
 * The set grows along contiguous prefixes: an event beyond a gap is not kept, it is pulled again in order. What counts
 * for display is decided elsewhere (rooms, timeline); here a lane's `limit` tells where its listed part ends.
 */
import { compare, concat, equal, fromHex, hex, readUint, uint, writeUint } from '../wire/bytes.ts'
import type { Crypto } from '../wire/crypto.ts'
import {
  decodeHeader,
  type Event,
  HEADER_BYTES,
  idOf,
  isBodyOf,
  isControlLane,
  LANE_START,
  prevOf,
  type Run,
  runMessage,
  TOMBSTONE_BYTES,
  type Tombstone,
  type VerifiedRun,
} from '../wire/event.ts'
import type { EventId, LaneId, NetId, PersonKey, RoomId } from '../wire/ids.ts'
import { FUTURE_MS_MAX, PERIOD_MS, RUN_BODY_BYTES_MAX, RUN_EVENTS_MAX } from '../wire/limits.ts'
import { Bare } from './bare.ts'
import { Beyond } from './beyond.ts'
import { orderEntries } from './display-order.ts'
import { concernsKeys, ErasedKeys, isKeyKind } from './erased-keys.ts'
import { Excuses } from './excuses.ts'
import { Holes } from './holes.ts'
import { IdIndex, SEGMENT_EVENTS } from './id-index.ts'
import {
  beginIndexSum,
  controlEntry,
  entriesTogether,
  IndexSum,
  mendIndexes,
  placeOf,
  type Together,
} from './index-check.ts'
import { forkKey, laneKey, parseLaneKey, placeKey, tombstoneKey } from './keys.ts'
import { LaneRecords, type StoredHeader } from './lane-records.ts'
import {
  bucketDigest,
  bucketOf,
  classOf,
  dropTombstone,
  dropTombstones,
  isCurrent,
  joinBuckets,
  type Lane,
  type LaneClass,
  listedN,
  newLane,
  noteTombstone,
  packEntry,
  roomDigest,
  tellableN,
  xorOf,
} from './lanes.ts'
import { readStored } from './run-record.ts'
import type { Store, StoreOp } from './store.ts'

/** Signed headers from one index of a lane to the end of their run. */
export interface Chain {
  readonly headers: Uint8Array
  readonly signature: Uint8Array
}

export type AddResult =
  /**
   * events: new ones of the lane, in order, each held with its body or tombstone, up to what is signed. Empty: nothing new.
   * What it freed behind holes, there or elsewhere: takeFreed.
   * forked: the run proved a fork of its lane, so what counts in its room may have changed.
   */
  | { readonly is: 'added'; readonly events: readonly Event[]; readonly forked?: true }
  /** The run starts beyond what is held: pull the lane after this n first. */
  | { readonly is: 'gap'; readonly after: number }
  /** The run belongs to another branch, which differs from what is held at n and perhaps lower already. */
  | { readonly is: 'branch'; readonly n: number }

export interface ReplicaOptions {
  readonly crypto: Crypto
  readonly net: NetId
  readonly store: Pick<Store, 'get' | 'scan'>
  readonly retentionMs: number
  /** There is nothing in the store, so nothing has to be looked for in it. */
  readonly isFresh?: boolean
  /** Last n of a content lane that may be listed (cuts; 0 in a deleted room): from the rooms view. */
  readonly limitOf: (lane: Lane) => number
}

interface ClassLanes {
  readonly authors: Map<PersonKey, Map<LaneId, Lane>>
  /** Cached bucket digests; null: to be computed. */
  readonly buckets: (Uint8Array | null)[]
  joined: Uint8Array | null
  isEmpty: boolean | null
  digest: Uint8Array | null
}

/** Tombstones of one lane beyond its events. */
const AHEAD_MAX = 4096

export class Replica {
  readonly #crypto: Crypto
  readonly #net: NetId
  readonly #store: Pick<Store, 'get' | 'scan'>
  readonly #retentionMs: number
  readonly #limitOf: (lane: Lane) => number
  /** Called where a control lane has grown, shrunk or forked: what counts in its room is decided anew. Set by the views. */
  onControl: (lane: Lane) => void = () => {}
  /** The same of content lanes, and where one lost something. Set by whoever follows them. */
  onContent: (lane: Lane) => void = () => {}
  readonly #rooms = new Map<RoomId, [ClassLanes, ClassLanes]>()
  readonly #unwritten = new Map<string, Uint8Array | null>()
  /** Keys under which bodies lay that are there no more. */
  readonly #erased: string[] = []
  readonly #records: LaneRecords
  readonly #ids: IdIndex
  /** What no segment has of what was stored at the start is in memory. */
  #areEndsIndexed = true
  /** May this person ever have deleted a room of that maker? Grows only. Set by the views. */
  mayDelete: (by: PersonKey, maker: PersonKey) => boolean = (by, maker) => by === maker
  /** May these be, or have been, devices of one person? Grows only. Set by the views. */
  areKin: (by: PersonKey, author: PersonKey) => boolean = (by, author) => by === author
  readonly #keys: ErasedKeys
  readonly #excuses = new Excuses()
  readonly #holes = new Holes()
  readonly bare = new Bare()
  readonly #beyond: Beyond
  /** Lanes whose hole may be none any more: looked at once the run is added. */
  readonly #closing = new Set<Lane>()
  #isClosing = false
  /** Events that count since something came elsewhere. */
  #freed: Event[] = []
  /** All that lies on disk was looked at: lanes not known yet have nothing there. */
  #isScanned = false
  /** The highest n written so far, of lanes whose top is not known. */
  readonly #written = new Map<Lane, number>()
  #now = 0
  #currency = ''
  /** Another one where anything that `digest` is made of may have changed. */
  revision = 0

  constructor(options: ReplicaOptions) {
    this.#crypto = options.crypto
    this.#net = options.net
    this.#store = options.store
    this.#retentionMs = options.retentionMs
    this.#isScanned = options.isFresh ?? false
    this.#keys = new ErasedKeys({
      crypto: options.crypto,
      put: (key, value) => this.#put(key, value),
      mayDelete: (by, maker) => this.mayDelete(by, maker),
    })
    this.#limitOf = options.limitOf
    this.#beyond = new Beyond(
      ({ room, author, lane }, n) => this.event(room, author, lane, n),
      (event) => isKeyKind(event.kind) || this.#holdsBody(event),
    )
    const values = {
      get: (key: string) => this.#get(key),
      put: (key: string, value: Uint8Array) => this.#put(key, value),
      del: (key: string) => this.#del(key),
      erased: (key: string) => this.#erased.push(key),
      apart: (headers: readonly Uint8Array[]) => this.#orderApart(headers),
    }
    this.#ids = new IdIndex({
      get: (key) => this.#get(key),
      scan: (range) => options.store.scan(range),
    })
    this.#records = new LaneRecords(
      values,
      ({ room, author, lane }) => this.lane(room, author, lane),
      options.crypto,
    )
  }

  #idOf({ id, header }: Pick<StoredHeader, 'id' | 'header'>): EventId {
    return id ?? idOf(this.#crypto, header)
  }

  // --- time -------------------------------------------------------------------------------------------------------

  /** netNow, ms. Which content lanes are listed changes only when a period passes one of two borders. */
  setNow(now: number): void {
    this.#now = now
    const currency = `${Math.floor((now - this.#retentionMs - 1) / PERIOD_MS)}/${Math.floor((now + FUTURE_MS_MAX) / PERIOD_MS)}`
    if (currency === this.#currency) return
    this.#currency = currency
    for (const room of this.#rooms.keys()) this.limitsChanged(room)
  }

  get now(): number {
    return this.#now
  }

  isCurrent(lane: LaneId): boolean {
    return isCurrent(lane, this.#now, this.#retentionMs)
  }

  // --- reading ----------------------------------------------------------------------------------------------------

  rooms(): Iterable<RoomId> {
    return this.#rooms.keys()
  }

  lane(room: RoomId, author: PersonKey, lane: LaneId): Lane | undefined {
    return this.#rooms.get(room)?.[classOf(lane)].authors.get(author)?.get(lane)
  }

  *lanes(room: RoomId, cls: LaneClass, author?: PersonKey): Iterable<Lane> {
    const authors = this.#rooms.get(room)?.[cls].authors
    if (!authors) return
    if (author !== undefined) {
      yield* authors.get(author)?.values() ?? []
      return
    }
    for (const lanes of authors.values()) yield* lanes.values()
  }

  event(room: RoomId, author: PersonKey, lane: LaneId, n: number): Event | undefined {
    const stored = this.#records.header({ room, author, lane }, n)
    return stored && decodeHeader(this.#crypto, stored.header, stored.id)
  }

  /** Id of a counted event; undefined beyond the lane's n, whatever headers are known there. */
  idAt(room: RoomId, author: PersonKey, lane: LaneId, n: number): EventId | undefined {
    const held = this.lane(room, author, lane)
    if (!held || n < 1 || n > held.n) return undefined
    if (held.n === n) return held.id
    const stored = this.#records.header(held, n)
    return stored && this.#idOf(stored)
  }

  forkAt(room: RoomId, author: PersonKey, lane: LaneId): number | undefined {
    return this.lane(room, author, lane)?.forkAt || undefined
  }

  body(event: Event): Uint8Array | undefined {
    return this.#records.body(event)
  }

  tombstone(id: EventId): Uint8Array | undefined {
    return this.#get(tombstoneKey(id))
  }

  isDeleted(id: EventId): boolean {
    return this.#get(tombstoneKey(id)) !== undefined
  }

  /** The event with this id, where it is held. */
  find(id: EventId): Event | undefined {
    const event = this.#findIndexed(id)
    if (event || this.#areEndsIndexed) return event
    // Until somebody asks for one of them, or the scan comes by, a start need not wait for these.
    this.#indexEnds(ENDS_MAX)
    return this.#findIndexed(id)
  }

  #findIndexed(id: EventId): Event | undefined {
    for (const { room, author, lane, n } of this.#ids.places(id)) {
      const event = this.event(room, author, lane, n)
      // Another event may lie there, or have taken its place since.
      if (event?.id === id) return event
    }
    // A store of before that no scan has been through yet.
    const at = this.#get(placeKey(id))
    const place = at && placeOf(at)
    const event = place && this.event(place.room, place.author, place.lane, place.n)
    return event?.id === id ? event : undefined
  }

  #get(key: string): Uint8Array | undefined {
    const unwritten = this.#unwritten.get(key)
    if (unwritten !== undefined) return unwritten ?? undefined
    return this.#store.get(key)
  }

  // --- adding -----------------------------------------------------------------------------------------------------

  /** Adds a verified run of this network. Idempotent. */
  add(run: VerifiedRun): AddResult {
    this.#isClosing = true
    const result = this.#add(this.#keys.without(run))
    this.#isClosing = false
    this.#close()
    return result
  }

  /** Events of whatever lanes that count since holes before them need not be filled any more, each once. */
  takeFreed(): Event[] {
    const freed = this.#freed
    this.#freed = []
    return freed
  }

  #add(run: VerifiedRun): AddResult {
    const first = run.events[0]!
    const known = this.lane(first.room, first.author, first.lane)
    const held = known ?? this.#newLane(first)
    if (first.n > held.n + 1 && !this.#beyond.follows(held, first)) {
      for (const [i, event] of run.events.entries()) this.#noteKeys(event, run.bodies[i])
      return { is: 'gap', after: held.n }
    }
    const differs = this.#firstDifference(held, run.events)
    if (!differs) {
      if (!known) this.#keepLane(held)
      return { is: 'added', events: this.#append(held, run, Number.POSITIVE_INFINITY) }
    }
    const isKnownFork = held.forkAt > 0 && differs.n >= held.forkAt
    if (!differs.isLowest) return isKnownFork ? { is: 'added', events: [] } : { is: 'branch', n: differs.n }
    if (!known) this.#keepLane(held)
    const isForked = this.#proveFork(held, differs.n, chainOf(run, differs.n))
    const mine = isForked ? undefined : this.chain(held, differs.n)
    if (held.forkAt === 0 && !(mine && this.#isSigned(held, mine)))
      // No branch, but damage of the own disk: what came takes its place.
      return { is: 'added', events: this.#append(held, run, Number.POSITIVE_INFINITY) }
    // What both branches share may still be new here.
    const events = this.#append(held, run, differs.n)
    return { is: 'added', events, ...(isForked ? { forked: true } : {}) }
  }

  /** An n at which the run and what is held differ; isLowest: everything below it is the same. */
  #firstDifference(held: Lane, events: readonly Event[]): { n: number; isLowest: boolean } | undefined {
    const first = events[0]!
    if (first.n > 1) {
      const before = this.idAt(held.room, held.author, held.lane, first.n - 1)
      if (before !== undefined && before !== first.prev) return { n: first.n - 1, isLowest: false }
    }
    for (const event of events) {
      if (event.n <= held.n) {
        const id = this.idAt(held.room, held.author, held.lane, event.n)
        if (id !== undefined && id !== event.id) return { n: event.n, isLowest: true }
        continue
      }
      // A header without its body may lie beyond n: evidence of another branch where both follow the same event.
      // One that follows another event is left from above a hole, and gives way.
      const stored = event.n <= held.top ? this.event(held.room, held.author, held.lane, event.n) : undefined
      if (stored && stored.id !== event.id && stored.prev === event.prev)
        return { n: event.n, isLowest: true }
    }
    return undefined
  }

  /** Keeps the events of a run below `end`; returns those that became contiguous. */
  #append(lane: Lane, run: VerifiedRun, end: number): Event[] {
    if (end === Number.POSITIVE_INFINITY && isWholeAtEnd(lane, run)) return this.#appendWhole(lane, run)
    const refilled: Event[] = []
    const last = run.events.length - 1
    const before = lane.n
    let isContiguous = run.events[0]!.n <= before + 1
    for (let i = 0; i <= last; i++) {
      const event = run.events[i]!
      if (event.n >= end) break
      const isBeyond = event.n > lane.top
      const kept = this.#keepHeader(lane, event, i === last ? run.signature : undefined)
      const isNew = kept === 'new'
      this.#noteKeys(event, run.bodies[i])
      const isHeld = this.#keepBody(lane, event, run.bodies[i] ?? null, isBeyond)
      if (event.n <= lane.n) {
        if (i === last && event.n > lane.end) this.#setEnd(lane, event)
        if (isNew && event.n === lane.n) lane.id = event.id
        if (isNew && event.n === lane.end) lane.endId = event.id
        if (!isNew || !isHeld) continue
        // A hole below a hint that no scan has corrected yet.
        this.#ids.cut(lane, event.n - 1)
        this.#index(lane, event, false)
        refilled.push(event)
        continue
      }
      isContiguous &&= isHeld
      if (!isContiguous) continue
      this.#advance(lane, event, i === last, kept === 'in run')
    }
    // Bodies that came now may close a hole behind which signed headers already lie.
    if (isContiguous) this.#extend(lane)
    if (lane.n !== before || refilled.length > 0) this.#changed(lane)
    this.#noteHole(lane)
    return [...refilled, ...this.#tell(lane, run.events)]
  }

  /** What says that keys of a room may be missing is known as soon as it was seen, signed, wherever in its lane it stands. */
  #noteKeys(event: Event, body: Uint8Array | null | undefined): void {
    if (!concernsKeys(event.kind) || !this.#keys.note(event, body)) return
    for (const lane of this.lanes(event.room, 0)) this.#closing.add(lane)
  }

  // --- holes ------------------------------------------------------------------------------------------------------

  /** Before the scan it is not known where lanes end; it looks at all of them. */
  #noteHole(lane: Lane): void {
    const isOpen = lane.n < lane.top && lane.top !== Number.POSITIVE_INFINITY
    this.#holes.note(lane, isOpen ? this.event(lane.room, lane.author, lane.lane, lane.n + 1)?.id : undefined)
  }

  /** An `erase` of this author names these: those of the same person count without their bodies, gone elsewhere or soon here. */
  excuse(by: PersonKey, ids: Iterable<EventId>): void {
    for (const id of this.#excuses.add(by, ids)) this.#lookAt(id, by)
    this.#close()
  }

  /** The lane that waits for this event need not, where this author's word suffices. */
  #lookAt(id: EventId, by: PersonKey): void {
    const lane = this.#holes.at(id)
    if (lane && this.areKin(by, lane.author)) this.#closing.add(lane)
  }

  /** What mayDelete or areKin say of these may be another thing now. */
  kinChanged(keys: readonly PersonKey[]): void {
    for (const room of this.#keys.changed(keys))
      for (const lane of this.lanes(room, 0)) this.#closing.add(lane)
    for (const key of keys) {
      for (const lane of this.#holes.of(key)) this.#closing.add(lane)
      for (const id of this.#excuses.namedBy(key)) this.#lookAt(id, key)
    }
    this.#close()
  }

  /** Once for all that a run brought; what this brings, in turn. */
  #close(): void {
    if (this.#isClosing) return
    this.#isClosing = true
    while (this.#closing.size > 0) {
      const lanes = [...this.#closing]
      this.#closing.clear()
      this.#closeHoles(lanes)
    }
    this.#isClosing = false
  }

  /** Some bodies may be missing from now on: lanes that waited for them go on behind them. */
  #closeHoles(lanes: Iterable<Lane>): void {
    for (const lane of lanes) {
      const before = lane.n
      const next = before < lane.top && this.event(lane.room, lane.author, lane.lane, before + 1)
      if (next && this.#mayLack(next)) this.#extend(lane)
      this.#noteHole(lane)
      if (lane.n === before) continue
      this.#changed(lane)
      this.#freed.push(...this.#tell(lane))
    }
  }

  /** Does this event count without its body? */
  #mayLack(event: Event): boolean {
    if (isControlLane(event.lane)) return this.#keys.mayLack(event)
    for (const by of this.#excuses.authorsOf(event.id)) if (this.areKin(by, event.author)) return true
    return false
  }

  /** Takes from the disk the body of a content event that counts without it. False where it does not. */
  eraseBody(event: Event): boolean {
    if (isControlLane(event.lane) || !this.#mayLack(event)) return false
    this.#records.dropBody(event, event.n, event.id)
    this.bare.note(event)
    return true
  }

  /** The event that is held here with this id, and lacks its body though no tombstone stands. */
  lacking(
    { room, author, lane, n }: Pick<Event, 'room' | 'author' | 'lane' | 'n'>,
    id: EventId,
  ): Event | undefined {
    const event = this.event(room, author, lane, n)
    if (event?.id !== id || this.isDeleted(id) || this.body(event) !== undefined) return undefined
    return event
  }

  /** What nearly always comes: the whole of a run, at the end of its lane. */
  #appendWhole(lane: Lane, run: VerifiedRun): Event[] {
    const last = run.events[run.events.length - 1]!
    if (run.events.length > 1) this.#records.putRun(lane, run)
    else this.#records.putAlone(last, run.signature, run.bodies[0]!)
    for (let i = 0; i < run.events.length; i++) {
      const event = run.events[i]!
      this.#index(lane, event, true)
      this.#noteKeys(event, run.bodies[i])
      // Where its lane was held without it, was erased, and comes again.
      this.bare.came(event)
    }
    if (!isControlLane(lane.lane)) this.#order(run.events)
    lane.n = last.n
    lane.id = last.id
    lane.top = last.n
    this.#setEnd(lane, last)
    return this.#tell(lane, run.events)
  }

  /** The events that the node around has not been told of and may be told now. just: what was kept a moment ago. */
  #tell(lane: Lane, just: readonly Event[] = []): Event[] {
    const events: Event[] = []
    const from = just[0]?.n ?? 0
    for (const end = tellableN(lane, this.limit(lane)); lane.told < end; lane.told++) {
      const n = lane.told + 1
      const event = just[n - from] ?? this.event(lane.room, lane.author, lane.lane, n)
      if (event) events.push(event)
    }
    return events
  }

  /** new: no header, or another one, was stored here. Else where it lies: alone, or in a stored run. */
  #keepHeader(lane: Lane, event: Event, signature: Uint8Array | undefined): 'new' | 'alone' | 'in run' {
    const stored = this.#records.header(lane, event.n)
    const isSame = stored !== undefined && equal(stored.header, event.header)
    if (stored && !isSame) this.#beyond.forget(lane)
    // Within a stored run the signature at its end covers it.
    if (!isSame || (signature && !stored.signature && !stored.isInRun))
      this.#records.putHeader(event, signature)
    this.#reaches(lane, event.n)
    return !isSame ? 'new' : stored.isInRun ? 'in run' : 'alone'
  }

  /** Something of the lane is written at n. */
  #reaches(lane: Lane, n: number): void {
    if (lane.top !== Number.POSITIVE_INFINITY) lane.top = Math.max(lane.top, n)
    else if (n > (this.#written.get(lane) ?? 0)) this.#written.set(lane, n)
  }

  #advance(lane: Lane, event: Event, isSigned: boolean, isInRun: boolean): void {
    lane.n = event.n
    lane.id = event.id
    if (isSigned) this.#setEnd(lane, event)
    this.#dropMistakenTombstones(lane, event)
    this.#index(lane, event, isInRun)
  }

  #setEnd(lane: Lane, event: Event): void {
    lane.end = event.n
    lane.endId = event.id
    this.#changed(lane)
  }

  #extend(lane: Lane): void {
    while (lane.n < lane.top) {
      const stored = this.#records.header(lane, lane.n + 1)
      if (!stored) return
      const event = decodeHeader(this.#crypto, stored.header, stored.id)
      if (event.prev !== lane.id || !this.#holdsBody(event)) return
      this.#advance(lane, event, stored.signature !== undefined, stored.isInRun)
    }
  }

  #holdsBody = (event: Event) =>
    this.body(event) !== undefined || this.isDeleted(event.id) || this.#goesBare(event)

  /** An event whose body is not here counts without it. */
  #goesBare(event: Event): boolean {
    if (!this.#mayLack(event)) return false
    this.bare.note(event)
    return true
  }

  /** As #holdsBody; a body that the disk has damaged is dropped, so that it comes again. stored: where it was read already. */
  #holdsWhole(event: Event, stored: Uint8Array | null | undefined): boolean {
    const body = stored ?? this.body(event)
    if (body === undefined) return this.isDeleted(event.id) || this.#goesBare(event)
    if (isBodyOf(this.#crypto, event.header, body)) return true
    this.#records.dropBody(event, event.n, event.id)
    return false
  }

  /** What the disk has damaged since the scan is not handed on. */
  #wholeBody(
    { room, author, lane }: Lane,
    n: number,
    id: EventId,
    header: Uint8Array,
  ): Uint8Array | undefined {
    const body = this.#records.body({ room, author, lane, n, id, header })
    return body && isBodyOf(this.#crypto, header, body) ? body : undefined
  }

  /** isBeyond: nothing was there before, so no body either. */
  #keepBody(lane: Lane, event: Event, body: Uint8Array | null, isBeyond: boolean): boolean {
    if (lane.tombstones.size > 0 && this.isDeleted(event.id)) return true
    if (!isBeyond && this.body(event)) return true
    if (!body) return this.#goesBare(event)
    this.#records.putBody(event, body)
    this.bare.came(event)
    return true
  }

  /** isInRun: it lies in a stored run, which has its place in display order as soon as it is written. */
  #index(lane: Lane, event: Event, isInRun: boolean): void {
    this.#noteId(lane, event.n, event.id)
    if (isControlLane(event.lane)) {
      const { key, value } = controlEntry(event)
      this.#put(key, value)
    } else if (!isInRun) this.#order([event])
  }

  #noteId(lane: Lane, n: number, id: EventId): void {
    if (this.#ids.isFull) this.#flushIds()
    this.#ids.add(lane, n, id)
  }

  #flushIds(): void {
    const { ops, lanes } = this.#ids.flush()
    this.#putAll(ops)
    // A lane may have been erased meanwhile.
    for (const lane of lanes) if (this.lane(lane.room, lane.author, lane.lane) === lane) this.#putLane(lane)
  }

  #putAll(ops: Iterable<StoreOp>): void {
    for (const [, key, value] of ops) this.#unwritten.set(key, value ?? null)
  }

  /** The place in display order of content events that lie in one value. */
  #order(events: readonly Event[]): void {
    for (const { key, value } of orderEntries(events)) this.#put(key, value)
  }

  /** Of a stored run that is none any more each event has a place of its own. */
  #orderApart(headers: readonly Uint8Array[]): void {
    const events = headers.map((header) => decodeHeader(this.#crypto, header))
    const { room, author, lane } = events[0]!
    if (isControlLane(lane)) return
    for (const { key } of orderEntries(events)) this.#del(key)
    const n = this.lane(room, author, lane)?.n ?? 0
    for (const event of events) if (event.n <= n) this.#order([event])
  }

  /**
   * Adds a verified tombstone: the body goes for good. False where it changes nothing or does not fit the event.
   * fresh: gets the events that became contiguous because a hole is closed by it.
   */
  delete(tombstone: Tombstone, fresh: Event[] = []): boolean {
    const { room, author, lane: laneId, n, id } = tombstone
    const held = this.find(id)
    const fits =
      !held || (held.author === author && held.lane === laneId && held.n === n && held.room === room)
    const counted = this.idAt(room, author, laneId, n)
    if (!fits || (counted !== undefined && counted !== id) || this.isDeleted(id)) return false
    // Ahead of their events: bounded, or the author could fill every store with deletions of nothing. They come again.
    const known = this.lane(room, author, laneId)
    if (known && n > known.n && known.tombstones.size >= known.n + AHEAD_MAX) return false
    this.#put(tombstoneKey(id), tombstone.bytes)
    this.#records.dropBody(tombstone, n, id)
    const lane = this.lane(room, author, laneId) ?? this.#keepLane(this.#newLane(tombstone))
    noteTombstone(lane, id, n)
    this.#extend(lane)
    this.#noteHole(lane)
    this.#changed(lane)
    fresh.push(...this.#tell(lane))
    return true
  }

  /** A tombstone that came before the event at its n, and names another one, deletes nothing. */
  #dropMistakenTombstones(lane: Lane, event: Event): void {
    for (const [id, n] of lane.tombstones) {
      if (n !== event.n || id === event.id) continue
      dropTombstone(lane, id)
      this.#del(tombstoneKey(id))
    }
  }

  tombstones(lane: Lane): Uint8Array[] {
    return [...lane.tombstones.keys()].flatMap((id) => this.#get(tombstoneKey(id)) ?? [])
  }

  // --- erasing ----------------------------------------------------------------------------------------------------

  /**
   * Takes up to `max` events of a content lane from the disk, the last ones first, so that what is left is a lane. whole:
   * with the lane itself, its deletions and its fork, once no event is left; else a fork stays known. isDone: nothing of
   * it is left to erase.
   */
  erase(lane: Lane, max: number, whole: boolean): { readonly erased: number; readonly isDone: boolean } {
    const { room, author, lane: id } = lane
    let top = lane.n
    while (this.#records.header(lane, top + 1)) top++
    const end = Math.max(0, top - max)
    for (let n = top; n > end; n--) {
      const event = this.event(room, author, id, n)
      this.#records.remove(lane, n)
      if (!event) continue
      this.#del(tombstoneKey(event.id))
      for (const { key } of entriesTogether({ events: [event], counted: [event] })) this.#del(key)
      dropTombstone(lane, event.id)
    }
    if (end < lane.n) this.#shorten(lane, end)
    if (end > 0) return { erased: top - end, isDone: false }
    for (const deleted of lane.tombstones.keys()) this.#del(tombstoneKey(deleted))
    dropTombstones(lane)
    if (whole || lane.forkAt === 0) {
      this.#del(laneKey(room, author, id))
      this.#del(forkKey(room, author, id))
      const { authors } = this.#classLanes(room, 1)
      authors.get(author)?.delete(id)
      this.#holes.note(lane, undefined)
      if (authors.get(author)?.size === 0) authors.delete(author)
    }
    return { erased: top, isDone: true }
  }

  /**
   * Takes from the disk the keys that lie among up to `max` events of a control lane behind n = `after` (rule EV-15); the
   * events stay, and so does what is listed, so none goes without which its event would not count. looked: how many events
   * there were. Only once the store was read through.
   */
  eraseKeys(lane: Lane, after: number, max: number): { readonly looked: number; readonly erased: number } {
    const end = Math.min(lane.top, after + max)
    let erased = 0
    for (let n = after + 1; n <= end; n++) {
      const event = this.event(lane.room, lane.author, lane.lane, n)
      if (!event || !this.#mayLack(event) || !this.#records.body(event)) continue
      this.#records.dropBody(lane, n, event.id)
      erased++
    }
    return { looked: end - after, erased }
  }

  /** The keys of this room are being erased, and none is taken in any more; or, isClosed false, they are again. */
  closeKeys(room: RoomId, isClosed: boolean): void {
    this.#keys.close(room, isClosed)
  }

  areKeysClosed(room: RoomId): boolean {
    return this.#keys.isClosed(room)
  }

  #shorten(lane: Lane, n: number): void {
    const last = n > 0 ? this.event(lane.room, lane.author, lane.lane, n) : undefined
    lane.n = last ? n : 0
    lane.id = last?.id ?? LANE_START
    lane.told = Math.min(lane.told, lane.n)
    this.#ids.cut(lane, lane.n)
    if (lane.end > lane.n) {
      lane.end = 0
      lane.endId = LANE_START
    }
    this.#changed(lane)
  }

  // --- forks ------------------------------------------------------------------------------------------------------

  /** Signed headers of a held lane from n to the next run end; undefined where n is not held, or nothing signed covers it. */
  chain(lane: Lane, from: number): Chain | undefined {
    const headers: Uint8Array[] = []
    let before: EventId | undefined
    for (let n = from; n < from + RUN_EVENTS_MAX; n++) {
      const stored = this.#records.header(lane, n)
      if (!stored) return undefined
      const { header, signature } = stored
      if (before !== undefined && prevOf(header) !== before) return undefined
      before = this.#idOf(stored)
      headers.push(header)
      if (signature) return { headers: concat(...headers), signature }
    }
    return undefined
  }

  /**
   * A verified proof: two signed chains whose first events share (author, room, lane, n, prev) and differ, so that n is
   * the lowest index at which these branches do. Of several the one of lowest n is kept. False: no proof, or nothing new.
   */
  addFork(a: readonly Event[], b: readonly Event[], proof: readonly [Chain, Chain]): boolean {
    const [one, two] = [a[0]!, b[0]!]
    if (
      one.room !== two.room ||
      one.author !== two.author ||
      one.lane !== two.lane ||
      one.n !== two.n ||
      one.prev !== two.prev ||
      one.id === two.id
    )
      return false
    const lane = this.lane(one.room, one.author, one.lane) ?? this.#keepLane(this.#newLane(one))
    if (lane.forkAt > 0 && lane.forkAt <= one.n) return false
    lane.forkAt = one.n
    this.#put(forkKey(lane.room, lane.author, lane.lane), packProof(proof))
    this.#changed(lane)
    return true
  }

  fork(lane: Lane): readonly [Chain, Chain] | undefined {
    const stored = lane.forkAt > 0 ? this.#get(forkKey(lane.room, lane.author, lane.lane)) : undefined
    return stored && unpackProof(stored)
  }

  /** With a verified chain of another branch that differs at its first event: the proof is made and kept. */
  #proveFork(lane: Lane, n: number, theirs: { chain: Chain; events: readonly Event[] }): boolean {
    const mine = this.chain(lane, n)
    if (!mine || !this.#isSigned(lane, mine)) return false
    const first = decodeHeader(this.#crypto, mine.headers.subarray(0, HEADER_BYTES))
    return this.addFork([first], theirs.events, [mine, theirs.chain])
  }

  /** What the own disk has damaged proves nothing against its author. */
  #isSigned({ author }: Lane, { headers, signature }: Chain): boolean {
    const last = headers.subarray(headers.length - HEADER_BYTES)
    return this.#crypto.verify(runMessage(last), signature, fromHex(author))
  }

  /** The same for headers that a peer sent on request; events: parsed and verified. False: they prove nothing new. */
  branchFound(lane: Lane, events: readonly Event[], chain: Chain): boolean {
    return this.#proveFork(lane, events[0]!.n, { chain, events })
  }

  // --- vectors ----------------------------------------------------------------------------------------------------

  /** The listed n of a lane, or undefined where it has no entry. */
  listed(lane: Lane): number | undefined {
    const isControl = isControlLane(lane.lane)
    if (!isControl && !this.isCurrent(lane.lane)) return undefined
    const n = this.counted(lane)
    return n > 0 || lane.forkAt > 0 ? n : undefined
  }

  /** The last n that counts: below cuts and forks, and up to what is signed (a run counts with all its bodies or not yet). */
  counted(lane: Lane): number {
    return listedN(lane, this.limit(lane))
  }

  limit(lane: Lane): number {
    return isControlLane(lane.lane) ? Number.POSITIVE_INFINITY : this.#limitOf(lane)
  }

  /** The packed entry of a lane, or undefined where it is not listed. */
  entry(lane: Lane): Uint8Array | undefined {
    const n = this.listed(lane)
    if (n === undefined) return undefined
    const id =
      n === lane.n
        ? lane.id
        : n === lane.end
          ? lane.endId
          : (this.idAt(lane.room, lane.author, lane.lane, n) ?? LANE_START)
    return packEntry({
      author: lane.author,
      lane: lane.lane,
      n,
      id8: id.slice(0, 16),
      forkAt: lane.forkAt,
      xor8: xorOf(lane, n),
    })
  }

  bucketEntries(room: RoomId, cls: LaneClass, bucket: number): Uint8Array[] {
    const out: Uint8Array[] = []
    for (const [author, lanes] of this.#rooms.get(room)?.[cls].authors ?? []) {
      if (bucketOf(author) !== bucket) continue
      for (const lane of lanes.values()) {
        const entry = this.entry(lane)
        if (entry) out.push(entry)
      }
    }
    return out.sort(compare)
  }

  /** 256 bucket digests of 16 bytes. */
  buckets(room: RoomId, cls: LaneClass): Uint8Array {
    const lanes = this.#rooms.get(room)?.[cls]
    if (!lanes) return NO_BUCKETS
    lanes.joined ??= joinBuckets(this.#fillBuckets(room, cls, lanes))
    return lanes.joined
  }

  #fillBuckets(room: RoomId, cls: LaneClass, lanes: ClassLanes): Uint8Array[] {
    const missing = new Map<number, Uint8Array[]>()
    for (let i = 0; i < 256; i++) if (!lanes.buckets[i]) missing.set(i, [])
    for (const [author, authorLanes] of lanes.authors) {
      const entries = missing.get(bucketOf(author))
      if (!entries) continue
      for (const lane of authorLanes.values()) {
        const entry = this.entry(lane)
        if (entry) entries.push(entry)
      }
    }
    for (const [i, entries] of missing)
      lanes.buckets[i] = bucketDigest(this.#crypto, room, cls, entries.sort(compare))
    return lanes.buckets as Uint8Array[]
  }

  /** True where nothing of this class is listed. */
  isEmpty(room: RoomId, cls: LaneClass): boolean {
    const lanes = this.#rooms.get(room)?.[cls]
    if (!lanes) return true
    lanes.isEmpty ??= !this.#listsAny(lanes)
    return lanes.isEmpty
  }

  #listsAny({ authors }: ClassLanes): boolean {
    for (const lanes of authors.values())
      for (const lane of lanes.values()) if (this.listed(lane) !== undefined) return true
    return false
  }

  digest(room: RoomId, cls: LaneClass): Uint8Array {
    const lanes = this.#rooms.get(room)?.[cls]
    if (!lanes) return roomDigest(this.#crypto, room, cls, NO_BUCKETS)
    lanes.digest ??= roomDigest(this.#crypto, room, cls, this.buckets(room, cls))
    return lanes.digest
  }

  /** Cuts of this room's content, or whether it is deleted, changed. */
  limitsChanged(room: RoomId): void {
    const content = this.#rooms.get(room)?.[1]
    if (!content) return
    content.buckets.fill(null)
    this.#outdate(content)
  }

  /** What is derived from their bucket digests. */
  #outdate(lanes: ClassLanes): void {
    lanes.joined = null
    lanes.isEmpty = null
    lanes.digest = null
    this.revision++
  }

  #changed(lane: Lane): void {
    const lanes = this.#classLanes(lane.room, classOf(lane.lane))
    lanes.buckets[bucketOf(lane.author)] = null
    this.#outdate(lanes)
    this.#putLane(lane)
    if (isControlLane(lane.lane)) this.onControl(lane)
    else this.onContent(lane)
  }

  #putLane(lane: Lane): void {
    this.#put(laneKey(lane.room, lane.author, lane.lane), packLane(lane, this.#ids.begun))
  }

  /**
   * Runs of a lane after n, as long as may be and whole to their signed ends, bodies only up to the listed end; at most maxBytes of them
   * (but at least one run). next: where to go on; undefined when all is said.
   */
  runsAfter(lane: Lane, after: number, maxBytes: number): { runs: Run[]; next: number | undefined } {
    const runs: Run[] = []
    const end = Math.min(
      this.limit(lane),
      lane.forkAt > 0 ? lane.forkAt - 1 : Number.POSITIVE_INFINITY,
      lane.n,
    )
    let bytes = 0
    let at = after
    while (at < end) {
      const run = this.#runFrom(lane, at + 1, end)
      if (!run) break
      const size = run.headers.length + run.bodies.reduce((sum, body) => sum + (body?.length ?? 0), 0) + 100
      if (runs.length > 0 && bytes + size > maxBytes) return { runs, next: at }
      runs.push(run)
      bytes += size
      at += run.bodies.length
    }
    return { runs, next: undefined }
  }

  /**
   * The longest run from n on. Runs that follow one another are joined, as far as a run may reach: each header names the
   * one before it, so the last signature covers them all, and whoever pulls has one to check instead of up to 64.
   */
  #runFrom(lane: Lane, from: number, end: number): Run | undefined {
    const headers: Uint8Array[] = []
    const bodies: (Uint8Array | null)[] = []
    let signed: { readonly events: number; readonly signature: Uint8Array } | undefined
    let before: EventId | undefined
    let bodyBytes = 0
    for (let n = from; n < from + RUN_EVENTS_MAX && !(signed && n > end); n++) {
      const stored = this.#records.header(lane, n)
      if (!stored) break
      const { header, signature } = stored
      if (before !== undefined && prevOf(header) !== before) break
      before = this.#idOf(stored)
      const body = (n <= end ? this.#wholeBody(lane, n, before, header) : undefined) ?? null
      bodyBytes += body?.length ?? 0
      if (signed && bodyBytes > RUN_BODY_BYTES_MAX) break
      headers.push(header)
      bodies.push(body)
      if (signature) signed = { events: n - from + 1, signature }
    }
    if (!signed) return undefined
    return {
      headers: concat(...headers.slice(0, signed.events)),
      signature: signed.signature,
      bodies: bodies.slice(0, signed.events),
    }
  }

  // --- store ------------------------------------------------------------------------------------------------------

  /** What changed since the last call, to be written as one batch. */
  takeOps(): StoreOp[] {
    this.#records.forget()
    const ops: StoreOp[] = []
    for (const [key, value] of this.#unwritten) ops.push(value ? ['put', key, value] : ['del', key])
    this.#unwritten.clear()
    return ops
  }

  /** Keys under which bodies lay before what takeOps returns, or returned, is written: their files are to be rewritten. */
  takeErased(): string[] {
    return this.#erased.splice(0)
  }

  /** Vector entries as hints, at once; `scan` tells the truth behind. */
  async load(): Promise<void> {
    // Many lanes have few authors and rooms: each name once, and none as a piece of a key that then stays with it.
    const names = new Names()
    await this.#keys.load(this.#store)
    let segments = 0
    for await (const [key, value] of this.#store.scan({ from: 'h', to: 'i', page: LANES_PAGE })) {
      if (key.length !== LANE_KEY_LENGTH || value.length < EARLIER_LANE_BYTES) continue
      this.#keepLane(unpackLane(newLaneOf(key, names), value))
      if (value.length >= LANE_BYTES) segments = Math.max(segments, readUint(value, 80, 4))
    }
    for await (const [, value] of this.#store.scan({ from: 'd', to: 'e' })) {
      if (value.length !== TOMBSTONE_BYTES) continue
      const lane = this.#laneOf({
        room: hex(value, 8, 24) as RoomId,
        author: hex(value, 24, 56) as PersonKey,
        lane: hex(value, 56, 64) as LaneId,
      })
      noteTombstone(lane, hex(value, 68, 100) as EventId, readUint(value, 64, 4))
    }
    // A hint tells of a fork only where the proof itself is here.
    const proofs = new Map<string, number>()
    for await (const [key, value] of this.#store.scan({ from: 'f', to: 'g' })) {
      if (key.length !== LANE_KEY_LENGTH || value.length < PROOF_BYTES_MIN) continue
      this.#laneOf(parseLaneKey(key))
      proofs.set(key, decodeHeader(this.#crypto, unpackProof(value)[0].headers.subarray(0, HEADER_BYTES)).n)
    }
    for (const lane of this.#allLanes())
      this.#hint(lane, proofs.get(forkKey(lane.room, lane.author, lane.lane)) ?? 0)
    await this.#ids.load(segments)
    this.#areEndsIndexed = false
  }

  /** Events that are in no segment, by the hints. Where they are many the store is one of before, or its segments are made anew: by the scan. */
  #indexEnds(max: number): void {
    this.#areEndsIndexed = true
    const lanes = [...this.#allLanes()].filter((lane) => lane.n > lane.indexed)
    const events = lanes.reduce((sum, lane) => sum + lane.n - lane.indexed, 0)
    if (events > max) return
    for (const lane of lanes)
      for (let n = lane.indexed + 1; n <= lane.n; n++) {
        const isNoted = this.#ids.covers(lane, n)
        const id = isNoted ? undefined : this.idAt(lane.room, lane.author, lane.lane, n)
        if (id !== undefined) this.#noteId(lane, n, id)
      }
  }

  #hint(lane: Lane, forkAt: number): void {
    lane.forkAt = forkAt
    lane.told = tellableN(lane, Number.POSITIVE_INFINITY)
  }

  get laneCount(): number {
    let count = 0
    for (const classes of this.#rooms.values())
      for (const { authors } of classes) for (const lanes of authors.values()) count += lanes.size
    return count
  }

  *#allLanes(): Iterable<Lane> {
    for (const classes of this.#rooms.values())
      for (const cls of classes) for (const lanes of cls.authors.values()) yield* lanes.values()
  }

  #laneOf({ room, author, lane }: Pick<Lane, 'room' | 'author' | 'lane'>): Lane {
    return this.lane(room, author, lane) ?? this.#keepLane(this.#newLane({ room, author, lane }))
  }

  /**
   * Walks all stored events and corrects the hints. Returns how many lanes were wrong, their rooms (what counts there
   * must be decided anew) and the events that count now and did not by the hints (beside them takeFreed). Lanes that grew
   * meanwhile keep what they gained above a sound prefix.
   */
  async scan(): Promise<{ lanes: number; wrong: number; rooms: Set<RoomId>; events: Event[] }> {
    const isIdsAnew = await this.#areIdsToRenew()
    if (isIdsAnew) this.#ids.renew(this.#allLanes())
    const hinted = new Map<Lane, number>()
    for (const lane of this.#allLanes()) hinted.set(lane, lane.n)
    const result = { lanes: 0, wrong: 0, rooms: new Set<RoomId>(), events: [] as Event[] }
    const expected = new IndexSum()
    const indexes = beginIndexSum((range) => this.#store.scan(range))
    let current: Lane | undefined
    let held: Lane | undefined
    let isBroken = false
    const settle = (found: Lane) => {
      const known = this.#laneOf(found)
      const hint = hinted.get(known) ?? 0
      hinted.delete(known)
      // First, since what follows the lane is looked for up to there only.
      this.#setTop(found)
      const isWrong = this.#correct(found, hint, result.events)
      if (!isWrong) return
      result.wrong++
      result.rooms.add(found.room)
    }
    for await (const [key, value] of this.#store.scan({ from: 'e', to: 'f', page: EVENTS_PAGE })) {
      if (key.length !== LANE_KEY_LENGTH + 8) continue
      const { room, author, lane, n: last } = parseLaneKey(key)
      const stored = readStored(this.#crypto, value)
      const first = last - (stored?.headers.length ?? 0) + 1
      const events =
        stored?.headers.map((header, i) => decodeHeader(this.#crypto, header, stored.ids?.[i])) ?? []
      if (!stored || !events.every((event, i) => isAt(event, room, author, lane, first + i))) {
        // The disk has damaged the key or a header: what belongs here comes again.
        this.#del(key)
        this.#erased.push(key)
        continue
      }
      if (!current || current.lane !== lane || current.author !== author || current.room !== room) {
        if (current) settle(current)
        current = newLane(room, author, lane)
        current.top = 0
        held = this.#laneOf(current)
        isBroken = false
        result.lanes++
      }
      current.top = last
      if (stored.bodies) current.runs.push(last)
      for (const [i, event] of events.entries())
        if (concernsKeys(event.kind)) this.#keys.note(event, stored.bodies?.[i] ?? this.body(event))
      const isRun = stored.bodies !== undefined
      if (isRun) for (const entry of entriesTogether({ events, counted: [] })) expected.add(entry)
      for (const [i, event] of events.entries()) {
        const isNext = event.n === current.n + 1 && event.prev === current.id
        isBroken ||= !isNext || !this.#holdsWhole(event, stored.bodies?.[i])
        if (isBroken) break
        const together = isRun ? [] : [event]
        for (const entry of entriesTogether({ events: together, counted: [event] })) expected.add(entry)
        if (held && !this.#ids.covers(held, event.n)) this.#noteId(held, event.n, event.id)
        current.n = event.n
        current.id = event.id
        if (event.n !== last || !stored.signature) continue
        current.end = last
        current.endId = event.id
      }
    }
    if (current) settle(current)
    for (const { room, author, lane } of [...hinted.keys()])
      settle({ ...newLane(room, author, lane), top: 0 })
    this.#isScanned = true
    for (const lane of this.#allLanes()) {
      if (lane.top === Number.POSITIVE_INFINITY) this.#setTop({ ...lane, top: 0, runs: [] })
      if (!this.#forgetLost(lane)) continue
      result.wrong++
      result.rooms.add(lane.room)
    }
    // Lanes that were looked at before what says that their bodies may be missing.
    this.#closeHoles(this.#allLanes())
    // Also of what grew meanwhile, above what the scan has come to later.
    this.#indexEnds(Number.POSITIVE_INFINITY)
    if (isIdsAnew) await this.#idsRenewed()
    for (const { room, author, lane: id } of await this.#mendIndexes(expected.equals(await indexes()))) {
      result.wrong++
      result.rooms.add(room)
      const lane = this.lane(room, author, id)
      if (lane && isControlLane(id)) this.onControl(lane)
    }
    return result
  }

  #areIdsToRenew(): Promise<boolean> {
    let events = 0
    for (const { n } of this.#allLanes()) events += n
    return this.#ids.isToRenew(events, this.#allLanes())
  }

  async #idsRenewed(): Promise<void> {
    this.#flushIds()
    // Those that grew meanwhile: what their hints said was of segments that are gone.
    for (const lane of this.#allLanes()) if (lane.indexed < lane.n) this.#putLane(lane)
    this.#putAll(this.#ids.renewed())
    for await (const op of this.#ids.left()) this.#putAll([op])
  }

  /** found: the last n at which the scan found something of the lane, and its runs. */
  #setTop(found: Lane): void {
    const lane = this.lane(found.room, found.author, found.lane)
    if (!lane) return
    // Another scan may have found it out before, and more was written since.
    const known = lane.top === Number.POSITIVE_INFINITY ? (this.#written.get(lane) ?? 0) : lane.top
    lane.top = Math.max(found.top, known)
    // What was not written when the scan began is known all the same.
    lane.runs = [...new Set([...lane.runs, ...found.runs])].sort((a, b) => a - b)
    this.#written.delete(lane)
  }

  /** Deletions and a fork whose proof is not on disk any more are to be had from others again. True where there were any. */
  #forgetLost(lane: Lane): boolean {
    const lost = [...lane.tombstones.keys()].filter((id) => !this.isDeleted(id))
    for (const id of lost) dropTombstone(lane, id)
    const isUnproven = lane.forkAt > 0 && !this.#get(forkKey(lane.room, lane.author, lane.lane))
    if (isUnproven) lane.forkAt = 0
    if (lost.length === 0 && !isUnproven) return false
    this.#changed(lane)
    return true
  }

  /** The indexes follow from the events that count: what they lack, and have too much, is mended. */
  async #mendIndexes(isRight: boolean): Promise<Event[]> {
    if (isRight) return []
    return await mendIndexes({
      get: (key) => this.#get(key),
      put: (key, value) => this.#put(key, value),
      del: (key) => this.#del(key),
      scan: (range) => this.#store.scan(range),
      together: (at) => this.#together(at),
    })
  }

  /** What lies in one value with the event at this place: nothing where another event, or none that counts, lies there. */
  #together({ room, author, lane, n }: Pick<Event, 'room' | 'author' | 'lane' | 'n'>): Together {
    const end = this.lane(room, author, lane)?.n ?? 0
    const headers = this.#records.runAt({ room, author, lane }, n)
    const alone = headers || n > end ? undefined : this.#records.header({ room, author, lane }, n)?.header
    const all = (headers ?? (alone ? [alone] : [])).map((header) => decodeHeader(this.#crypto, header))
    const events = all.filter((event) => isAt(event, room, author, lane, event.n))
    return { events, counted: events.filter((event) => event.n <= end) }
  }

  /** found: what the disk really holds of a lane. True where the hint was wrong. */
  #correct(found: Lane, hint: number, fresh: Event[]): boolean {
    const isSigned = found.n === found.end || this.chain(found, found.n) !== undefined
    if (!isSigned) {
      // Nothing covers the rest any more: it must come again with a signature.
      found.n = found.end
      found.id = found.endId
    }
    const held = this.#laneOf(found)
    this.#beyond.forget(held)
    const before = held.n
    if (found.n < hint) {
      held.n = found.n
      held.id = found.id
      held.end = found.end
      held.endId = found.endId
      this.#ids.cut(held, held.n)
    }
    held.told = Math.min(held.told, held.n)
    if (isSigned) this.#extend(held)
    fresh.push(...this.#tell(held))
    if (held.n === before && found.n >= hint) return false
    this.#changed(held)
    return true
  }

  #newLane({ room, author, lane }: Pick<Lane, 'room' | 'author' | 'lane'>): Lane {
    const made = newLane(room, author, lane)
    if (this.#isScanned) made.top = 0
    return made
  }

  #keepLane(lane: Lane): Lane {
    const { authors } = this.#classLanes(lane.room, classOf(lane.lane))
    let lanes = authors.get(lane.author)
    if (!lanes) {
      lanes = new Map()
      authors.set(lane.author, lanes)
    }
    lanes.set(lane.lane, lane)
    return lane
  }

  #classLanes(room: RoomId, cls: LaneClass): ClassLanes {
    let classes = this.#rooms.get(room)
    if (!classes) {
      classes = [noLanes(), noLanes()]
      this.#rooms.set(room, classes)
    }
    return classes[cls]
  }

  #put(key: string, value: Uint8Array): void {
    this.#unwritten.set(key, value)
  }

  #del(key: string): void {
    this.#unwritten.set(key, null)
  }

  get net(): NetId {
    return this.#net
  }
}

/** Letter, room, author and lane of an h or f key; what the disk has damaged may have any length. */
const LANE_KEY_LENGTH = 113
const LANE_BYTES = 84
/** Before there were segments of ids; what is longer but not whole says as much. */
const EARLIER_LANE_BYTES = 76
/** Events whose ids are read at once, when somebody asks for one: those that came last, and some that a scan had begun with. */
const ENDS_MAX = 2 * SEGMENT_EVENTS
/** A lane is soon unpacked. */
const LANES_PAGE = 1024
/** Verifying one event takes as long as unpacking many lanes, a value holds up to 64, and a search waits for the page. */
const EVENTS_PAGE = 8
/** Two chains of one header each. */
const PROOF_BYTES_MIN = 2 + 2 * (HEADER_BYTES + 64)
/** Does the whole run come right behind everything that is known of its lane? */
const isWholeAtEnd = (lane: Lane, { events, bodies }: VerifiedRun): boolean =>
  lane.top === lane.n &&
  events[0]!.n === lane.n + 1 &&
  lane.tombstones.size === 0 &&
  bodies.every((body) => body !== null)

const NO_BUCKETS = new Uint8Array(256 * 16)
/** Is the event what its place in the store says? */
const isAt = (event: Event, room: RoomId, author: PersonKey, lane: LaneId, n: number) =>
  event.room === room && event.author === author && event.lane === lane && event.n === n

function newLaneOf(key: string, names: Names): Lane {
  const { room, author, lane } = parseLaneKey(key)
  return newLane(names.one(room), names.one(author), apart(lane))
}

/** The same text without the one that it was cut out of. */
const apart = <Text extends string>(text: Text): Text => hex(fromHex(text)) as Text

/** Of equal names one. */
class Names {
  readonly #known = new Map<string, string>()

  one<Name extends string>(name: Name): Name {
    const known = this.#known.get(name)
    if (known !== undefined) return known as Name
    const own = apart(name)
    this.#known.set(own, own)
    return own
  }
}

const noLanes = (): ClassLanes => ({
  authors: new Map(),
  buckets: new Array(256).fill(null),
  joined: null,
  isEmpty: null,
  digest: null,
})

/** Headers of a run from n on, with its signature. */
function chainOf(run: VerifiedRun, n: number): { chain: Chain; events: readonly Event[] } {
  const events = run.events.filter((event) => event.n >= n)
  return {
    chain: { headers: concat(...events.map((event) => event.header)), signature: run.signature },
    events,
  }
}

function packLane(lane: Lane, segments: number): Uint8Array {
  const value = new Uint8Array(LANE_BYTES)
  writeUint(value, 0, 4, lane.n)
  value.set(fromHex(lane.id), 4)
  writeUint(value, 36, 4, lane.end)
  value.set(fromHex(lane.endId), 40)
  writeUint(value, 72, 4, lane.forkAt)
  writeUint(value, 76, 4, Math.min(lane.indexed, lane.n))
  writeUint(value, 80, 4, segments)
  return value
}

function unpackLane(lane: Lane, value: Uint8Array): Lane {
  lane.n = readUint(value, 0, 4)
  lane.id = hex(value, 4, 36) as EventId
  lane.end = readUint(value, 36, 4)
  lane.endId = lane.end === lane.n ? lane.id : (hex(value, 40, 72) as EventId)
  lane.forkAt = readUint(value, 72, 4)
  if (value.length >= LANE_BYTES) lane.indexed = readUint(value, 76, 4)
  return lane
}

function packProof([a, b]: readonly [Chain, Chain]): Uint8Array {
  return concat(uint(a.headers.length, 2), a.headers, a.signature, b.headers, b.signature)
}

/** The two chains of a stored fork proof, unchecked. */
export function unpackProof(bytes: Uint8Array): readonly [Chain, Chain] {
  const length = readUint(bytes, 0, 2)
  return [
    { headers: bytes.slice(2, 2 + length), signature: bytes.slice(2 + length, 66 + length) },
    { headers: bytes.slice(66 + length, bytes.length - 64), signature: bytes.slice(bytes.length - 64) },
  ]
}
