/**
 * The replica: this node's set of events. Union by lane, forks and tombstones, vectors and their digests.
 *
 * Only verified things come in; what they change is collected as store operations (`takeOps`) that the shell writes.
 * The set grows along contiguous prefixes: an event beyond a gap is not kept, it is pulled again in order. What counts
 * for display is decided elsewhere (rooms, timeline); here a lane's `limit` tells where its listed part ends.
 */
import { concat, equal, fromHex, hex, readUint, uint } from '../wire/bytes.ts'
import type { Crypto } from '../wire/crypto.ts'
import {
  decodeHeader,
  type Event,
  HEADER_BYTES,
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
import { RUN_BODY_BYTES_MAX, RUN_EVENTS_MAX } from '../wire/limits.ts'
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
import { forkKey, LANE_KEY_LENGTH, parseLaneKey, placeKey, tombstoneKey } from './keys.ts'
import { LaneHints, loadHints } from './lane-hints.ts'
import { LaneRecords } from './lane-records.ts'
import { LaneTable } from './lane-table.ts'
import {
  dropTombstone,
  dropTombstones,
  type Lane,
  type LaneClass,
  newLane,
  noteTombstone,
  tellableN,
} from './lanes.ts'
import { readStored } from './run-record.ts'
import type { Store, StoreOp } from './store.ts'
import { Unwritten } from './unwritten.ts'
import { Vectors } from './vectors.ts'

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

/** Tombstones of one lane beyond its events. */
const AHEAD_MAX = 4096

export class Replica {
  readonly #crypto: Crypto
  readonly #net: NetId
  readonly #store: Pick<Store, 'get' | 'scan'>
  /** Called where a control lane has grown, shrunk or forked: what counts in its room is decided anew. Set by the views. */
  onControl: (lane: Lane) => void = () => {}
  /** The same of content lanes, and where one lost something. Set by whoever follows them. */
  onContent: (lane: Lane) => void = () => {}
  readonly #table: LaneTable
  readonly #unwritten: Unwritten
  readonly #records: LaneRecords
  readonly #ids: IdIndex
  readonly #hints: LaneHints
  readonly vectors: Vectors
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

  constructor(options: ReplicaOptions) {
    this.#crypto = options.crypto
    this.#net = options.net
    this.#store = options.store
    this.#unwritten = new Unwritten(options.store)
    this.#table = new LaneTable(options.isFresh ?? false)
    this.#keys = new ErasedKeys({
      crypto: options.crypto,
      put: (key, value) => this.#unwritten.put(key, value),
      mayDelete: (by, maker) => this.mayDelete(by, maker),
    })
    this.#beyond = new Beyond(
      ({ room, author, lane }, n) => this.event(room, author, lane, n),
      (event) => isKeyKind(event.kind) || this.#holdsBody(event),
    )
    this.#ids = new IdIndex({
      get: (key) => this.#unwritten.get(key),
      scan: (range) => options.store.scan(range),
    })
    this.#hints = new LaneHints(this.#unwritten, this.#ids)
    this.#records = new LaneRecords(options.crypto, this.#unwritten, this.#table, (headers) =>
      this.#orderApart(headers),
    )
    this.vectors = new Vectors({ ...options, table: this.#table, records: this.#records })
  }

  /** netNow, ms. */
  setNow(now: number): void {
    this.vectors.setNow(now)
  }

  get now(): number {
    return this.vectors.now
  }

  // --- reading ----------------------------------------------------------------------------------------------------

  rooms(): Iterable<RoomId> {
    return this.#table.rooms()
  }

  lane(room: RoomId, author: PersonKey, lane: LaneId): Lane | undefined {
    return this.#table.at(room, author, lane)
  }

  lanes(room: RoomId, cls: LaneClass, author?: PersonKey): Iterable<Lane> {
    return this.#table.of(room, cls, author)
  }

  event(room: RoomId, author: PersonKey, lane: LaneId, n: number): Event | undefined {
    return this.#records.event({ room, author, lane }, n)
  }

  /** Id of a counted event; undefined beyond the lane's n, whatever headers are known there. */
  idAt(room: RoomId, author: PersonKey, lane: LaneId, n: number): EventId | undefined {
    const held = this.#table.at(room, author, lane)
    return held && this.#records.idAt(held, n)
  }

  forkAt(room: RoomId, author: PersonKey, lane: LaneId): number | undefined {
    return this.lane(room, author, lane)?.forkAt || undefined
  }

  body(event: Event): Uint8Array | undefined {
    return this.#records.body(event)
  }

  tombstone(id: EventId): Uint8Array | undefined {
    return this.#unwritten.get(tombstoneKey(id))
  }

  isDeleted(id: EventId): boolean {
    return this.#unwritten.get(tombstoneKey(id)) !== undefined
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
    const at = this.#unwritten.get(placeKey(id))
    const place = at && placeOf(at)
    const event = place && this.event(place.room, place.author, place.lane, place.n)
    return event?.id === id ? event : undefined
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
    const known = this.#table.get(first)
    const held = known ?? this.#table.make(first)
    if (first.n > held.n + 1 && !this.#beyond.follows(held, first)) {
      for (const [i, event] of run.events.entries()) this.#noteKeys(event, run.bodies[i])
      return { is: 'gap', after: held.n }
    }
    const differs = this.#firstDifference(held, run.events)
    if (!differs) {
      if (!known) this.#table.keep(held)
      return { is: 'added', events: this.#append(held, run, Number.POSITIVE_INFINITY) }
    }
    const isKnownFork = held.forkAt > 0 && differs.n >= held.forkAt
    if (!differs.isLowest) return isKnownFork ? { is: 'added', events: [] } : { is: 'branch', n: differs.n }
    if (!known) this.#table.keep(held)
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
    for (const end = tellableN(lane, this.vectors.limit(lane)); lane.told < end; lane.told++) {
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
    this.#table.reaches(lane, event.n)
    return !isSame ? 'new' : stored.isInRun ? 'in run' : 'alone'
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
      this.#unwritten.put(key, value)
    } else if (!isInRun) this.#order([event])
  }

  #noteId(lane: Lane, n: number, id: EventId): void {
    if (this.#ids.isFull) this.#flushIds()
    this.#ids.add(lane, n, id)
  }

  #flushIds(): void {
    const { ops, lanes } = this.#ids.flush()
    this.#unwritten.apply(ops)
    // A lane may have been erased meanwhile.
    for (const lane of lanes) if (this.#table.get(lane) === lane) this.#hints.put(lane)
  }

  /** The place in display order of content events that lie in one value. */
  #order(events: readonly Event[]): void {
    for (const { key, value } of orderEntries(events)) this.#unwritten.put(key, value)
  }

  /** Of a stored run that is none any more each event has a place of its own. */
  #orderApart(headers: readonly Uint8Array[]): void {
    const events = headers.map((header) => decodeHeader(this.#crypto, header))
    const { room, author, lane } = events[0]!
    if (isControlLane(lane)) return
    for (const { key } of orderEntries(events)) this.#unwritten.del(key)
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
    this.#unwritten.put(tombstoneKey(id), tombstone.bytes)
    this.#records.dropBody(tombstone, n, id)
    const lane = this.lane(room, author, laneId) ?? this.#table.keep(this.#table.make(tombstone))
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
      this.#unwritten.del(tombstoneKey(id))
    }
  }

  tombstones(lane: Lane): Uint8Array[] {
    return [...lane.tombstones.keys()].flatMap((id) => this.#unwritten.get(tombstoneKey(id)) ?? [])
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
      this.#unwritten.del(tombstoneKey(event.id))
      for (const { key } of entriesTogether({ events: [event], counted: [event] })) this.#unwritten.del(key)
      dropTombstone(lane, event.id)
    }
    if (end < lane.n) this.#shorten(lane, end)
    if (end > 0) return { erased: top - end, isDone: false }
    for (const deleted of lane.tombstones.keys()) this.#unwritten.del(tombstoneKey(deleted))
    dropTombstones(lane)
    if (whole || lane.forkAt === 0) {
      this.#hints.del(lane)
      this.#unwritten.del(forkKey(room, author, id))
      this.#table.remove(lane)
      this.#holes.note(lane, undefined)
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
      before = this.#records.idOf(stored)
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
    const lane = this.lane(one.room, one.author, one.lane) ?? this.#table.keep(this.#table.make(one))
    if (lane.forkAt > 0 && lane.forkAt <= one.n) return false
    lane.forkAt = one.n
    this.#unwritten.put(forkKey(lane.room, lane.author, lane.lane), packProof(proof))
    this.#changed(lane)
    return true
  }

  fork(lane: Lane): readonly [Chain, Chain] | undefined {
    const stored =
      lane.forkAt > 0 ? this.#unwritten.get(forkKey(lane.room, lane.author, lane.lane)) : undefined
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

  #changed(lane: Lane): void {
    this.vectors.changed(lane)
    this.#hints.put(lane)
    if (isControlLane(lane.lane)) this.onControl(lane)
    else this.onContent(lane)
  }

  /**
   * Runs of a lane after n, as long as may be and whole to their signed ends, bodies only up to the listed end; at most maxBytes of them
   * (but at least one run). next: where to go on; undefined when all is said.
   */
  runsAfter(lane: Lane, after: number, maxBytes: number): { runs: Run[]; next: number | undefined } {
    const runs: Run[] = []
    const end = Math.min(
      this.vectors.limit(lane),
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
      before = this.#records.idOf(stored)
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
    return this.#unwritten.take()
  }

  /** Keys under which bodies lay before what takeOps returns, or returned, is written: their files are to be rewritten. */
  takeErased(): string[] {
    return this.#unwritten.takeErased()
  }

  /** Vector entries as hints, at once; `scan` tells the truth behind. */
  async load(): Promise<void> {
    await this.#keys.load(this.#store)
    const segments = await loadHints(this.#store, this.#table)
    for await (const [, value] of this.#store.scan({ from: 'd', to: 'e' })) {
      if (value.length !== TOMBSTONE_BYTES) continue
      const lane = this.#table.open({
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
      this.#table.open(parseLaneKey(key))
      proofs.set(key, decodeHeader(this.#crypto, unpackProof(value)[0].headers.subarray(0, HEADER_BYTES)).n)
    }
    for (const lane of this.#table.all())
      this.#hint(lane, proofs.get(forkKey(lane.room, lane.author, lane.lane)) ?? 0)
    await this.#ids.load(segments)
    this.#areEndsIndexed = false
  }

  /** Events that are in no segment, by the hints. Where they are many the store is one of before, or its segments are made anew: by the scan. */
  #indexEnds(max: number): void {
    this.#areEndsIndexed = true
    const lanes = [...this.#table.all()].filter((lane) => lane.n > lane.indexed)
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
    return this.#table.size
  }

  /**
   * Walks all stored events and corrects the hints. Returns how many lanes were wrong, their rooms (what counts there
   * must be decided anew) and the events that count now and did not by the hints (beside them takeFreed). Lanes that grew
   * meanwhile keep what they gained above a sound prefix.
   */
  async scan(): Promise<{ lanes: number; wrong: number; rooms: Set<RoomId>; events: Event[] }> {
    const isIdsAnew = await this.#areIdsToRenew()
    if (isIdsAnew) this.#ids.renew(this.#table.all())
    const hinted = new Map<Lane, number>()
    for (const lane of this.#table.all()) hinted.set(lane, lane.n)
    const result = { lanes: 0, wrong: 0, rooms: new Set<RoomId>(), events: [] as Event[] }
    const expected = new IndexSum()
    const indexes = beginIndexSum((range) => this.#store.scan(range))
    let current: Lane | undefined
    let held: Lane | undefined
    let isBroken = false
    const settle = (found: Lane) => {
      const known = this.#table.open(found)
      const hint = hinted.get(known) ?? 0
      hinted.delete(known)
      // First, since what follows the lane is looked for up to there only.
      this.#table.found(found)
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
        this.#unwritten.del(key)
        this.#unwritten.erased(key)
        continue
      }
      if (!current || current.lane !== lane || current.author !== author || current.room !== room) {
        if (current) settle(current)
        current = newLane(room, author, lane)
        current.top = 0
        held = this.#table.open(current)
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
    this.#table.foundAll()
    for (const lane of this.#table.all()) {
      if (!this.#forgetLost(lane)) continue
      result.wrong++
      result.rooms.add(lane.room)
    }
    // Lanes that were looked at before what says that their bodies may be missing.
    this.#closeHoles(this.#table.all())
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
    for (const { n } of this.#table.all()) events += n
    return this.#ids.isToRenew(events, this.#table.all())
  }

  async #idsRenewed(): Promise<void> {
    this.#flushIds()
    // Those that grew meanwhile: what their hints said was of segments that are gone.
    for (const lane of this.#table.all()) if (lane.indexed < lane.n) this.#hints.put(lane)
    this.#unwritten.apply(this.#ids.renewed())
    for await (const op of this.#ids.left()) this.#unwritten.apply([op])
  }

  /** Deletions and a fork whose proof is not on disk any more are to be had from others again. True where there were any. */
  #forgetLost(lane: Lane): boolean {
    const lost = [...lane.tombstones.keys()].filter((id) => !this.isDeleted(id))
    for (const id of lost) dropTombstone(lane, id)
    const isUnproven = lane.forkAt > 0 && !this.#unwritten.get(forkKey(lane.room, lane.author, lane.lane))
    if (isUnproven) lane.forkAt = 0
    if (lost.length === 0 && !isUnproven) return false
    this.#changed(lane)
    return true
  }

  /** The indexes follow from the events that count: what they lack, and have too much, is mended. */
  async #mendIndexes(isRight: boolean): Promise<Event[]> {
    if (isRight) return []
    return await mendIndexes({
      get: (key) => this.#unwritten.get(key),
      put: (key, value) => this.#unwritten.put(key, value),
      del: (key) => this.#unwritten.del(key),
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
    const held = this.#table.open(found)
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

  get net(): NetId {
    return this.#net
  }
}

/** Events whose ids are read at once, when somebody asks for one: those that came last, and some that a scan had begun with. */
const ENDS_MAX = 2 * SEGMENT_EVENTS
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

/** Is the event what its place in the store says? */
const isAt = (event: Event, room: RoomId, author: PersonKey, lane: LaneId, n: number) =>
  event.room === room && event.author === author && event.lane === lane && event.n === n

/** Headers of a run from n on, with its signature. */
function chainOf(run: VerifiedRun, n: number): { chain: Chain; events: readonly Event[] } {
  const events = run.events.filter((event) => event.n >= n)
  return {
    chain: { headers: concat(...events.map((event) => event.header)), signature: run.signature },
    events,
  }
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
