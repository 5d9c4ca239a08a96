/**
 * The replica: this node's set of events, which takes in what comes. Its parts are files of their own: what is held of each
 * lane and how far it counts, forks and tombstones, vectors, indexes, the scan.
 *
 * Only verified things come in; what they change is collected as store operations (`takeOps`) that the shell writes.
 * The set grows along contiguous prefixes: an event beyond a gap is not kept, it is pulled again in order. What counts
 * for display is decided elsewhere (rooms, timeline); here the `limit` of a lane tells where its listed part ends.
 */
import { concat, equal, fromHex } from '../wire/bytes.ts'
import type { Crypto } from '../wire/crypto.ts'
import {
  type Event,
  isControlLane,
  LANE_START,
  parseTombstone,
  runMessage,
  type Tombstone,
  tombstoneCheck,
  type VerifiedRun,
} from '../wire/event.ts'
import type { EventId, LaneId, NetId, PersonKey, RoomId } from '../wire/ids.ts'
import { Bare } from './bare.ts'
import { Beyond } from './beyond.ts'
import { CheckedSignatures } from './checked-signatures.ts'
import { ErasedKeys, isKeyKind } from './erased-keys.ts'
import { Forks } from './forks.ts'
import { IdIndex } from './id-index.ts'
import { Indexes } from './indexes.ts'
import { LaneGrowth } from './lane-growth.ts'
import { LaneHints, loadHints } from './lane-hints.ts'
import { LaneRecords, type StoredHeader } from './lane-records.ts'
import { LaneTable } from './lane-table.ts'
import { type Lane, type LaneClass, tellableN } from './lanes.ts'
import { MissingBodies } from './missing-bodies.ts'
import { type Chain, SignedRuns } from './signed-runs.ts'
import type { Store, StoreOp } from './store.ts'
import { type Scanned, StoreScan } from './store-scan.ts'
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
  /** How far each lane is listed, and the digests of that. */
  readonly vectors: Vectors
  readonly tombstones: Tombstones
  readonly forks: Forks
  /** What is handed on of a lane. */
  readonly runs: SignedRuns
  /** Of deleted rooms. */
  readonly erasedKeys: ErasedKeys
  readonly bare = new Bare()
  /** Called where a control lane has grown, shrunk or forked: what counts in its room is decided anew. Set by the views. */
  onControl: (lane: Lane) => void = () => {}
  /** The same of content lanes, and where one lost something. Set by whoever follows them. */
  onContent: (lane: Lane) => void = () => {}
  /** May this person ever have deleted a room of that maker? Grows only. Set by the views. */
  mayDelete: (by: PersonKey, maker: PersonKey) => boolean = (by, maker) => by === maker
  /** May these be, or have been, devices of one person? Grows only. Set by the views. */
  areKin: (by: PersonKey, author: PersonKey) => boolean = (by, author) => by === author
  readonly #crypto: Crypto
  readonly #net: NetId
  readonly #store: Pick<Store, 'get' | 'scan'>
  readonly #unwritten: Unwritten
  readonly #checked: CheckedSignatures
  readonly #table: LaneTable
  readonly #hints: LaneHints
  readonly #records: LaneRecords
  readonly #indexes: Indexes
  readonly #missing: MissingBodies
  readonly #beyond: Beyond
  readonly #growth: LaneGrowth

  constructor(options: ReplicaOptions) {
    this.#crypto = options.crypto
    this.#net = options.net
    this.#store = options.store
    this.#unwritten = new Unwritten(options.store)
    this.#table = new LaneTable(options.isFresh ?? false)
    this.erasedKeys = new ErasedKeys({
      crypto: options.crypto,
      put: (key, value) => this.#unwritten.put(key, value),
      mayDelete: (by, maker) => this.mayDelete(by, maker),
    })
    const ids = new IdIndex({
      get: (key) => this.#unwritten.get(key),
      scan: (range) => options.store.scan(range),
    })
    this.#hints = new LaneHints(this.#unwritten, ids)
    this.#records = new LaneRecords(options.crypto, this.#unwritten, this.#table, (headers) =>
      this.#indexes.orderApart(headers),
    )
    this.tombstones = new Tombstones(this.#unwritten)
    const parts = {
      ...options,
      unwritten: this.#unwritten,
      table: this.#table,
      records: this.#records,
      tombstones: this.tombstones,
      changed: this.#changed,
    }
    this.#indexes = new Indexes({ ...parts, ids, hints: this.#hints })
    this.vectors = new Vectors(parts)
    this.#checked = new CheckedSignatures(options.crypto)
    this.runs = new SignedRuns(options.crypto, this.#records, this.vectors, this.#checked)
    this.forks = new Forks({ ...parts, runs: this.runs })
    this.#missing = new MissingBodies({
      ...parts,
      keys: this.erasedKeys,
      bare: this.bare,
      areKin: (by, author) => this.areKin(by, author),
    })
    this.#beyond = new Beyond(
      (lane, n) => this.#records.event(lane, n),
      (event) => isKeyKind(event.kind) || this.#missing.isWhole(event),
    )
    this.#growth = new LaneGrowth({
      ...parts,
      indexes: this.#indexes,
      missing: this.#missing,
      vectors: this.vectors,
    })
  }

  /** What is listed of this lane may have changed. */
  readonly #changed = (lane: Lane): void => {
    this.vectors.changed(lane)
    this.#hints.put(lane)
    if (isControlLane(lane.lane)) this.onControl(lane)
    else this.onContent(lane)
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

  /** The event that is held here with this id, and lacks its body though no tombstone stands. */
  lacking(place: Pick<Event, 'room' | 'author' | 'lane' | 'n'>, id: EventId): Event | undefined {
    const event = this.#records.event(place, place.n)
    if (event?.id !== id || this.tombstones.has(id) || this.body(event) !== undefined) return undefined
    return event
  }

  /** The event with this id, where it is held. */
  find(id: EventId): Event | undefined {
    return this.#indexes.find(id)
  }

  /**
   * Deletions of a lane, to be handed on; read as they are asked for, since there may be thousands. What the disk has damaged
   * is none any more, and is to be had from others again.
   */
  *deletionsOf(lane: Lane): Iterable<Uint8Array> {
    let lost = 0
    for (const id of [...lane.tombstones.keys()]) {
      const bytes = this.tombstones.get(id)
      const tombstone = bytes && parseTombstone(this.#net, bytes)
      if (tombstone?.id === id && this.#checked.holds(tombstoneCheck(tombstone))) yield tombstone.bytes
      else {
        this.tombstones.drop(lane, id)
        lost++
      }
    }
    if (lost > 0) this.#changed(lane)
  }

  /** The proof of a lane's fork, to be handed on; likewise. */
  proofOf(lane: Lane): readonly [Chain, Chain] | undefined {
    const proof = this.forks.proofOf(lane)
    if (!proof || proof.every((chain) => this.runs.isSigned(lane.author, chain))) return proof
    this.forks.drop(lane)
    return undefined
  }

  // --- adding -----------------------------------------------------------------------------------------------------

  /** Adds a verified run of this network. Idempotent. */
  add(run: VerifiedRun): AddResult {
    this.#growth.pause()
    const result = this.#add(this.erasedKeys.without(run))
    this.#growth.resume()
    return result
  }

  /** Events of whatever lanes that count since holes before them need not be filled any more, each once. */
  takeFreed(): Event[] {
    return this.#growth.takeFreed()
  }

  #add(run: VerifiedRun): AddResult {
    const first = run.events[0]!
    const known = this.#table.at(first.room, first.author, first.lane)
    const held = known ?? this.#table.make(first)
    if (first.n > held.n + 1 && !this.#beyond.follows(held, first)) {
      for (const [i, event] of run.events.entries()) this.#missing.note(event, run.bodies[i])
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
      this.#missing.note(event, run.bodies[i])
      const isHeld = this.#keepBody(lane, event, run.bodies[i] ?? null, isBeyond)
      if (event.n <= lane.n) {
        if (i === last && event.n > lane.end) this.#growth.setEnd(lane, event)
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
      this.#growth.advance(lane, event, i === last, kept === 'in run')
    }
    // Bodies that came now may close a hole behind which signed headers already lie.
    if (isContiguous) this.#growth.extend(lane)
    if (lane.n !== before || refilled.length > 0) this.#changed(lane)
    this.#missing.noteHole(lane)
    return [...refilled, ...this.#growth.tell(lane, run.events)]
  }

  /** What nearly always comes: the whole of a run, at the end of its lane. */
  #appendWhole(lane: Lane, run: VerifiedRun): Event[] {
    const last = run.events[run.events.length - 1]!
    if (run.events.length > 1) this.#records.putRun(lane, run)
    else this.#records.putAlone(last, run.signature, run.bodies[0]!)
    for (let i = 0; i < run.events.length; i++) {
      const event = run.events[i]!
      this.#indexes.add(lane, event, true)
      this.#missing.note(event, run.bodies[i])
      // Where its lane was held without it, was erased, and comes again.
      this.bare.came(event)
    }
    if (!isControlLane(lane.lane)) this.#indexes.order(run.events)
    lane.n = last.n
    lane.id = last.id
    lane.top = last.n
    this.#growth.setEnd(lane, last)
    return this.#growth.tell(lane, run.events)
  }

  /** new: no header, or another one, was stored here. Else where it lies: alone, or in a stored run. */
  #keepHeader(lane: Lane, event: Event, signature: Uint8Array | undefined): 'new' | 'alone' | 'in run' {
    const stored = this.#records.header(lane, event.n)
    const isSame = stored !== undefined && equal(stored.header, event.header)
    if (stored && !isSame) this.#beyond.forget(lane)
    if (!isSame || (signature && this.#needsSignature(event, stored, signature)))
      this.#records.putHeader(event, signature)
    this.#table.reaches(lane, event.n)
    return !isSame ? 'new' : stored.isInRun ? 'in run' : 'alone'
  }

  /** Within a stored run the signature at its end covers it. One that the disk has damaged gives way. */
  #needsSignature(
    { author }: Event,
    { header, signature, isInRun }: StoredHeader,
    other: Uint8Array,
  ): boolean {
    if (!signature) return !isInRun
    if (equal(signature, other)) return false
    return !this.#checked.holds({ message: runMessage(header), signature, key: fromHex(author) })
  }

  /** isBeyond: nothing was there before, so no body either. */
  #keepBody(lane: Lane, event: Event, body: Uint8Array | null, isBeyond: boolean): boolean {
    if (lane.tombstones.size > 0 && this.tombstones.has(event.id)) return true
    if (!isBeyond && this.body(event)) return true
    if (!body) return this.#missing.goesBare(event)
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
    if (!fits || (counted !== undefined && counted !== id)) return false
    if (this.#table.get(tombstone)?.tombstones.has(id)) return false
    const lane = this.#table.open(tombstone)
    if (!this.tombstones.hasRoom(lane, n)) return false
    this.tombstones.keep(lane, tombstone)
    this.#records.dropBody(tombstone, n, id)
    this.#growth.extend(lane)
    this.#missing.noteHole(lane)
    this.#changed(lane)
    fresh.push(...this.#growth.tell(lane))
    return true
  }

  /** An `erase` of this author names these: those of the same person count without their bodies. */
  excuse(by: PersonKey, ids: Iterable<EventId>): void {
    this.#missing.excuse(by, ids)
    this.#growth.closeDue()
  }

  /** What mayDelete or areKin say of these may be another thing now. */
  kinChanged(keys: readonly PersonKey[]): void {
    this.#missing.kinChanged(keys)
    this.#growth.closeDue()
  }

  // --- erasing ----------------------------------------------------------------------------------------------------

  /** Takes from the disk the body of a content event that counts without it. False where it does not. */
  eraseBody(event: Event): boolean {
    if (isControlLane(event.lane) || !this.#missing.mayLack(event)) return false
    this.#records.dropBody(event, event.n, event.id)
    this.bare.note(event)
    return true
  }

  /**
   * Takes up to `max` events of a content lane from the disk, the last ones first, so that what is left is a lane. whole:
   * with the lane itself, its deletions and its fork, once no event is left; else a fork stays known. isDone: nothing of
   * it is left to erase.
   */
  erase(lane: Lane, max: number, whole: boolean): { readonly erased: number; readonly isDone: boolean } {
    let top = lane.n
    while (this.#records.header(lane, top + 1)) top++
    const end = Math.max(0, top - max)
    for (let n = top; n > end; n--) {
      const event = this.#records.event(lane, n)
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
      this.#missing.forget(lane)
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
      if (!event || !this.#missing.mayLack(event) || !this.#records.body(event)) continue
      this.#records.dropBody(lane, n, event.id)
      erased++
    }
    return { looked: end - after, erased }
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
    await this.erasedKeys.load(this.#store)
    const segments = await loadHints(this.#store, this.#table)
    await this.tombstones.load(this.#store, this.#table, this.net)
    await this.forks.load(this.#store)
    for (const lane of this.#table.all()) lane.told = tellableN(lane, Number.POSITIVE_INFINITY)
    await this.#indexes.load(segments)
  }

  get laneCount(): number {
    return this.#table.size
  }

  /** Reads all that is stored, and corrects what the hints said. */
  scan(): Promise<Scanned> {
    const scan = new StoreScan({
      crypto: this.#crypto,
      store: this.#store,
      unwritten: this.#unwritten,
      table: this.#table,
      records: this.#records,
      indexes: this.#indexes,
      tombstones: this.tombstones,
      forks: this.forks,
      runs: this.runs,
      keys: this.erasedKeys,
      missing: this.#missing,
      beyond: this.#beyond,
      growth: this.#growth,
      changed: this.#changed,
      mended: (lane) => this.onControl(lane),
    })
    return scan.run()
  }

  get net(): NetId {
    return this.#net
  }
}

/** Does the whole run come right behind everything that is known of its lane? */
const isWholeAtEnd = (lane: Lane, { events, bodies }: VerifiedRun): boolean =>
  lane.top === lane.n &&
  events[0]!.n === lane.n + 1 &&
  lane.tombstones.size === 0 &&
  bodies.every((body) => body !== null)

/** Headers of a run from n on, with its signature. */
function branchOf(run: VerifiedRun, n: number): { chain: Chain; events: readonly Event[] } {
  const events = run.events.filter((event) => event.n >= n)
  return {
    chain: { headers: concat(...events.map((event) => event.header)), signature: run.signature },
    events,
  }
}
