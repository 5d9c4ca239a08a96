/**
 * The replica: this node's set of events. Union by lane, forks and tombstones, vectors and their digests.
 *
 * Only verified things come in; what they change is collected as store operations (`takeOps`) that the shell writes.
 * The set grows along contiguous prefixes: an event beyond a gap is not kept, it is pulled again in order. What counts
 * for display is decided elsewhere (rooms, timeline); here a lane's `limit` tells where its listed part ends.
 */
import { concat, equal } from '../wire/bytes.ts'
import type { Crypto } from '../wire/crypto.ts'
import {
  decodeHeader,
  type Event,
  isBodyOf,
  isControlLane,
  LANE_START,
  type Tombstone,
  type VerifiedRun,
} from '../wire/event.ts'
import type { EventId, LaneId, NetId, PersonKey, RoomId } from '../wire/ids.ts'
import { Bare } from './bare.ts'
import { Beyond } from './beyond.ts'
import { concernsKeys, ErasedKeys, isKeyKind } from './erased-keys.ts'
import { Excuses } from './excuses.ts'
import { Forks } from './forks.ts'
import { Holes } from './holes.ts'
import { IdIndex } from './id-index.ts'
import { beginIndexSum, entriesTogether, IndexSum } from './index-check.ts'
import { Indexes } from './indexes.ts'
import { LANE_KEY_LENGTH, parseLaneKey } from './keys.ts'
import { LaneHints, loadHints } from './lane-hints.ts'
import { LaneRecords } from './lane-records.ts'
import { LaneTable } from './lane-table.ts'
import { type Lane, type LaneClass, newLane, tellableN } from './lanes.ts'
import { readStored } from './run-record.ts'
import { type Chain, SignedRuns } from './signed-runs.ts'
import type { Store, StoreOp } from './store.ts'
import { Tombstones } from './tombstones.ts'
import { Unwritten } from './unwritten.ts'
import { Vectors } from './vectors.ts'

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
  readonly #indexes: Indexes
  readonly #hints: LaneHints
  readonly vectors: Vectors
  readonly tombstones: Tombstones
  readonly runs: SignedRuns
  readonly forks: Forks
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
    const ids = new IdIndex({
      get: (key) => this.#unwritten.get(key),
      scan: (range) => options.store.scan(range),
    })
    this.#hints = new LaneHints(this.#unwritten, ids)
    this.#records = new LaneRecords(options.crypto, this.#unwritten, this.#table, (headers) =>
      this.#indexes.orderApart(headers),
    )
    const held = {
      ...options,
      unwritten: this.#unwritten,
      table: this.#table,
      records: this.#records,
      hints: this.#hints,
    }
    this.#indexes = new Indexes({ ...held, ids })
    this.tombstones = new Tombstones(this.#unwritten)
    this.vectors = new Vectors(held)
    this.runs = new SignedRuns(options.crypto, this.#records, this.vectors)
    this.forks = new Forks({ ...held, runs: this.runs, changed: (lane) => this.#changed(lane) })
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
    return this.#table.at(room, author, lane)?.forkAt || undefined
  }

  body(event: Event): Uint8Array | undefined {
    return this.#records.body(event)
  }

  /** The event with this id, where it is held. */
  find(id: EventId): Event | undefined {
    return this.#indexes.find(id)
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
    const branch = branchOf(run, differs.n)
    const isForked = this.forks.prove(held, branch.events, branch.chain)
    const mine = isForked ? undefined : this.runs.chain(held, differs.n)
    if (held.forkAt === 0 && !(mine && this.forks.isSigned(held, mine)))
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
      const before = this.#records.idAt(held, first.n - 1)
      if (before !== undefined && before !== first.prev) return { n: first.n - 1, isLowest: false }
    }
    for (const event of events) {
      if (event.n <= held.n) {
        const id = this.#records.idAt(held, event.n)
        if (id !== undefined && id !== event.id) return { n: event.n, isLowest: true }
        continue
      }
      // A header without its body may lie beyond n: evidence of another branch where both follow the same event.
      // One that follows another event is left from above a hole, and gives way.
      const stored = event.n <= held.top ? this.#records.event(held, event.n) : undefined
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
        this.#indexes.cut(lane, event.n - 1)
        this.#indexes.add(lane, event, false)
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
    this.#holes.note(lane, isOpen ? this.#records.event(lane, lane.n + 1)?.id : undefined)
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
      const next = before < lane.top && this.#records.event(lane, before + 1)
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
    if (event?.id !== id || this.tombstones.has(id) || this.body(event) !== undefined) return undefined
    return event
  }

  /** What nearly always comes: the whole of a run, at the end of its lane. */
  #appendWhole(lane: Lane, run: VerifiedRun): Event[] {
    const last = run.events[run.events.length - 1]!
    if (run.events.length > 1) this.#records.putRun(lane, run)
    else this.#records.putAlone(last, run.signature, run.bodies[0]!)
    for (let i = 0; i < run.events.length; i++) {
      const event = run.events[i]!
      this.#indexes.add(lane, event, true)
      this.#noteKeys(event, run.bodies[i])
      // Where its lane was held without it, was erased, and comes again.
      this.bare.came(event)
    }
    if (!isControlLane(lane.lane)) this.#indexes.order(run.events)
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
      const event = just[n - from] ?? this.#records.event(lane, n)
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
    this.tombstones.dropMistaken(lane, event)
    this.#indexes.add(lane, event, isInRun)
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
    this.body(event) !== undefined || this.tombstones.has(event.id) || this.#goesBare(event)

  /** An event whose body is not here counts without it. */
  #goesBare(event: Event): boolean {
    if (!this.#mayLack(event)) return false
    this.bare.note(event)
    return true
  }

  /** As #holdsBody; a body that the disk has damaged is dropped, so that it comes again. stored: where it was read already. */
  #holdsWhole(event: Event, stored: Uint8Array | null | undefined): boolean {
    const body = stored ?? this.body(event)
    if (body === undefined) return this.tombstones.has(event.id) || this.#goesBare(event)
    if (isBodyOf(this.#crypto, event.header, body)) return true
    this.#records.dropBody(event, event.n, event.id)
    return false
  }

  /** isBeyond: nothing was there before, so no body either. */
  #keepBody(lane: Lane, event: Event, body: Uint8Array | null, isBeyond: boolean): boolean {
    if (lane.tombstones.size > 0 && this.tombstones.has(event.id)) return true
    if (!isBeyond && this.body(event)) return true
    if (!body) return this.#goesBare(event)
    this.#records.putBody(event, body)
    this.bare.came(event)
    return true
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
    if (!fits || (counted !== undefined && counted !== id) || this.tombstones.has(id)) return false
    const lane = this.#table.open(tombstone)
    if (!this.tombstones.hasRoom(lane, n)) return false
    this.tombstones.keep(lane, tombstone)
    this.#records.dropBody(tombstone, n, id)
    this.#extend(lane)
    this.#noteHole(lane)
    this.#changed(lane)
    fresh.push(...this.#tell(lane))
    return true
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
      this.tombstones.drop(lane, event.id)
      this.#indexes.erase(event)
    }
    if (end < lane.n) this.#shorten(lane, end)
    if (end > 0) return { erased: top - end, isDone: false }
    this.tombstones.dropAll(lane)
    if (whole || lane.forkAt === 0) {
      this.#hints.del(lane)
      this.forks.erase(lane)
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
      const event = this.#records.event(lane, n)
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
    const last = n > 0 ? this.#records.event(lane, n) : undefined
    lane.n = last ? n : 0
    lane.id = last?.id ?? LANE_START
    lane.told = Math.min(lane.told, lane.n)
    this.#indexes.cut(lane, lane.n)
    if (lane.end > lane.n) {
      lane.end = 0
      lane.endId = LANE_START
    }
    this.#changed(lane)
  }

  #changed(lane: Lane): void {
    this.vectors.changed(lane)
    this.#hints.put(lane)
    if (isControlLane(lane.lane)) this.onControl(lane)
    else this.onContent(lane)
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
    await this.tombstones.load(this.#store, this.#table)
    await this.forks.load(this.#store)
    for (const lane of this.#table.all()) lane.told = tellableN(lane, Number.POSITIVE_INFINITY)
    await this.#indexes.load(segments)
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
    const isIdsAnew = await this.#indexes.renewIds()
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
        if (held && !this.#indexes.hasId(held, event.n)) this.#indexes.noteId(held, event.n, event.id)
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
      const isDeletionLost = this.tombstones.dropLost(lane)
      if (!this.forks.dropLost(lane) && !isDeletionLost) continue
      this.#changed(lane)
      result.wrong++
      result.rooms.add(lane.room)
    }
    // Lanes that were looked at before what says that their bodies may be missing.
    this.#closeHoles(this.#table.all())
    // Also of what grew meanwhile, above what the scan has come to later.
    this.#indexes.noteEnds(Number.POSITIVE_INFINITY)
    if (isIdsAnew) await this.#indexes.idsRenewed()
    const isRight = expected.equals(await indexes())
    for (const { room, author, lane: id } of isRight ? [] : await this.#indexes.mend()) {
      result.wrong++
      result.rooms.add(room)
      const lane = this.lane(room, author, id)
      if (lane && isControlLane(id)) this.onControl(lane)
    }
    return result
  }

  /** found: what the disk really holds of a lane. True where the hint was wrong. */
  #correct(found: Lane, hint: number, fresh: Event[]): boolean {
    const isSigned = found.n === found.end || this.runs.chain(found, found.n) !== undefined
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
      this.#indexes.cut(held, held.n)
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

/** Verifying one event takes as long as unpacking many lanes, a value holds up to 64, and a search waits for the page. */
const EVENTS_PAGE = 8
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
function branchOf(run: VerifiedRun, n: number): { chain: Chain; events: readonly Event[] } {
  const events = run.events.filter((event) => event.n >= n)
  return {
    chain: { headers: concat(...events.map((event) => event.header)), signature: run.signature },
    events,
  }
}
