/**
 * Sync: how two nodes bring each other up to date, over any link, in both directions at once (rules SY-7 to SY-20).
 *
 * Each side pulls what it lacks. `have` says what the sender holds (a digest per room and class); who carries a room
 * whose digest differs sends `ask` with its bucket digests and gets the `vector` entries of the buckets that differ;
 * from these it computes what it lacks and sends `want`; the answer is tombstones, fork proofs and runs, then `done`.
 * Control lanes come before content, room 0 first, because they decide which content counts. A lane is pulled over one
 * link at a time. The puller bounds what is under way, so nothing valid is ever refused, only pulled later.
 *
 *   have differs -> queued -> asked (ask .. last vector page) -> wanting (wants under way) -> idle
 *
 * A peer's entry that names another event than ours at the same n shows a fork: the lowest such n is found by halving,
 * one header exchange at a time, and kept as a proof. Everything a stranger could make grow here has a cap; what is
 * over it is left out and found again by the next comparison.
 */
import { concat, equal, fromHex, readUint, uint } from '../wire/bytes.ts'
import type { Crypto } from '../wire/crypto.ts'
import {
  type Event,
  type ParsedRun,
  parseRun,
  parseTombstone,
  type Run,
  signatureCheck,
  type Tombstone,
  tombstoneCheck,
  type VerifiedRun,
  vouchedRun,
} from '../wire/event.ts'
import type { Frame, FrameOf } from '../wire/frames.ts'
import { type LaneId, laneId, type PersonKey, personKey, type RoomId, roomId } from '../wire/ids.ts'
import {
  HAVE_PAGE_ENTRIES_MAX,
  RUN_EVENTS_MAX,
  VECTOR_PAGE_ENTRIES_MAX,
  WANT_ENTRIES_MAX,
  WANTS_MAX,
} from '../wire/limits.ts'
import {
  bucketOf,
  classOf,
  type Lane,
  type LaneClass,
  type LaneName,
  newLane,
  parseEntries,
  type VectorEntry,
  xorOf,
} from './lanes.ts'
import { LinkSync, laneName, newPull, type Pull, type Wanted } from './link-sync.ts'
import { OverMeasure, type OverMeasurePorts } from './over-measure.ts'
import type { Replica } from './replica.ts'
import type { Chain, SignedRuns } from './signed-runs.ts'
import { NO_BUCKETS } from './vectors.ts'
import type { Act } from './verification.ts'

export type LinkId = number

/** Who may carry what: decided from the rooms view (DESIGN "who carries what"). */
export interface Carriage {
  /** Do I carry this class of the room (pull it)? */
  mine(room: RoomId, cls: LaneClass): boolean
  /** May this peer carry it (so that I list and serve it)? */
  theirs(peer: PersonKey, room: RoomId, cls: LaneClass): boolean
}

/** What sync asks of the node around it. */
export interface SyncPorts extends Omit<OverMeasurePorts, 'replica'> {
  readonly crypto: Crypto
  readonly replica: Replica
  readonly carriage: Carriage
  send(link: LinkId, frame: Frame): void
  /** There is more to serve on this link: call `pump` when its queue is short. */
  wantPump(link: LinkId): void
  /** A parsed run, tombstone or chain to be verified; `then` runs in order of calls per link. */
  verify(link: LinkId, checks: readonly Check[], then: Act): void
  /** Verified runs that a pull brought: the node adds them to the replica and returns what became of each. */
  took(link: LinkId, run: VerifiedRun): ReturnType<Replica['add']>
  deleted(link: LinkId, tombstone: Tombstone): boolean
  /** A fork was proven: vectors and views change. */
  forked(room: RoomId): void
  /** The peer sent what it must not. */
  fault(link: LinkId, why: string): void
  /** All that the peer listed for these has been pulled. */
  pulled(link: LinkId, room: RoomId, cls: LaneClass): void
  /** The peer pulls this lane from here. */
  served(link: LinkId, room: RoomId, author: PersonKey, lane: LaneId): void
  /** A page of the answer to `question`. */
  listed(link: LinkId, entries: Uint8Array, isLast: boolean): void
}

export interface Check {
  readonly message: Uint8Array
  readonly signature: Uint8Array
  readonly key: Uint8Array
}

/** What is waiting on one link at most: rooms to ask for, lanes to want, lanes to search for a fork. */
const QUEUE_MAX = 4096
const WANTED_MAX = 16_384
const SEARCHES_MAX = 64
/** Lanes that one link holds and another is pulling, remembered at most. */
const OFFERS_MAX = 16_384
/** A link that answers nothing for this long does not keep its lanes from being pulled elsewhere. */
const STALL_MS = 5000
/** ... nor does one that brings hardly anything of a lane for so long, whatever else it answers, where another one has it too. */
const HELD_UP_MS = 10_000

const WANT_EVENTS = 1
const WANT_TOMBSTONES = 2
const WANT_FORK = 4
const WANT_BYTES = 45
/** Bytes and values put into one frame of runs, unless a single run is larger: below the caps of a frame. */
const RUNS_FRAME_BYTES = 56 * 1024
const RUNS_FRAME_ITEMS = 3500
/** Deletions in one frame: each may be checked before it is handed on, which takes some milliseconds for these. */
const TOMBSTONES_PART = 64
/** What is found damaged while it is handed on is pulled from somebody else, a lane at a time. */
const MEND_EVERY_MS = 10_000
/** Asks under way on one link. */
const ASKS_MAX = 8
/** Events that are verified and taken in together: some milliseconds. */
const PART_EVENTS = 32

const pullKey = (room: RoomId, cls: LaneClass) => `${cls}${room}`

/** A lane under way. */
interface Flight {
  readonly link: LinkId
  /** How far it was held here, and when: by `tick`'s clock. */
  n: number
  since: number
}

export class Sync {
  readonly #ports: SyncPorts
  readonly #overMeasure: OverMeasure
  readonly #links = new Map<LinkId, LinkSync>()
  /** Lanes under way, so that none is pulled over two links at once. */
  readonly #lanesInFlight = new Map<string, Flight>()
  /** What other links showed of lanes under way: wanted there afterwards, if it is still missing. */
  readonly #offers = new Map<string, Map<LinkId, VectorEntry>>()
  #now = 0
  #mends = 0
  #mendAt = Number.NEGATIVE_INFINITY

  constructor(ports: SyncPorts) {
    this.#ports = ports
    this.#overMeasure = new OverMeasure(ports)
  }

  linkUp(link: LinkId, peer: PersonKey): void {
    this.#links.set(link, new LinkSync(peer, this.#now))
    this.compare(link)
  }

  linkDown(link: LinkId): void {
    const state = this.#links.get(link)
    if (state) this.#overMeasure.left(state)
    this.#links.delete(link)
    this.#releaseAll(link)
  }

  /** Time goes on (ms, monotonic; each second or so): a peer that answers nothing keeps no lane from other links. */
  tick(now: number): void {
    this.#now = now
    for (const [link, state] of this.#links) {
      state.rest()
      state.since ??= now
      this.#overMeasure.settle(state, now)
      // Asked here, since each call makes an iterator, for each of thousands of links.
      if (state.hasLater)
        for (const { room, author, lane } of this.#overMeasure.due(link, state, this.#isInFlight))
          this.pullLane(link, room, author, lane)
      if (!state.isWaiting) state.answeredAt = now
      else if (now - state.answeredAt > STALL_MS) {
        state.pulls.clear()
        state.wanted.length = 0
        state.wants.clear()
        state.searches.clear()
        if (state.isAsked) state.late++
        state.isAsked = false
        state.answeredAt = now
        this.#releaseAll(link)
        this.#next(link, state)
      }
    }
    for (const name of [...this.#offers.keys()]) {
      const flight = this.#lanesInFlight.get(name)
      if (flight && this.#isHeldUp(name, flight)) this.#release(name, flight.link)
    }
  }

  /** Is this run, which came over this link and was not posted, taken now? (LV-18) Before anything is verified. */
  takes(link: LinkId, run: ParsedRun): boolean {
    return this.#overMeasure.takes(link, this.#links.get(link), run)
  }

  readonly #isInFlight = (name: string): boolean => this.#lanesInFlight.has(name)

  /** Who has a lane pulled from there and brings nothing of it must not keep it from all who have it too. */
  #isHeldUp(name: string, flight: Flight): boolean {
    if (this.#now - flight.since < HELD_UP_MS) return false
    const n = this.#heldN(name)
    if (n - flight.n < RUN_EVENTS_MAX) return true
    flight.n = n
    flight.since = this.#now
    return false
  }

  #heldN(name: string): number {
    const [room, author, lane] = [name.slice(0, 32), name.slice(32, 96), name.slice(96)]
    return this.#ports.replica.lane(room as RoomId, author as PersonKey, lane as LaneId)?.n ?? 0
  }

  /** What was under way on this link may be had elsewhere. */
  #releaseAll(link: LinkId): void {
    const lost: string[] = []
    for (const [name, flight] of this.#lanesInFlight) if (flight.link === link) lost.push(name)
    for (const name of lost) this.#release(name, link)
  }

  #release(name: string, owner: LinkId): void {
    if (this.#lanesInFlight.get(name)?.link !== owner) return
    this.#lanesInFlight.delete(name)
    const offers = this.#offers.get(name)
    if (!offers) return
    this.#offers.delete(name)
    const room = name.slice(0, 32) as RoomId
    for (const [link, entry] of offers) {
      const state = this.#links.get(link)
      if (state && link !== owner) this.#consider(link, state, room, entry)
    }
    for (const link of offers.keys()) {
      const state = this.#links.get(link)
      if (state) this.#sendWants(link, state)
    }
  }

  /** True while something is being pulled or waits to be, on any link. */
  get isBusy(): boolean {
    for (const link of this.#links.values()) if (link.isBusy) return true
    return false
  }

  /** True while this link still pulls (control lanes first): until then the peer's history is not all here. */
  isPulling(link: LinkId): boolean {
    return this.#links.get(link)?.isPulling ?? false
  }

  /** True once the peer has listed all it holds for this node. */
  wasCompared(link: LinkId): boolean {
    return this.#links.get(link)?.compared ?? false
  }

  /** Lists to the peer what it may carry. Also repeated now and then: what was missed anywhere is found. */
  compare(link: LinkId, only?: readonly RoomId[]): void {
    const state = this.#links.get(link)
    if (!state) return
    const { replica, carriage } = this.#ports
    const entries: Uint8Array[] = []
    for (const room of only ?? [...replica.rooms()].sort())
      for (const cls of [0, 1] as const) {
        if (replica.vectors.isEmpty(room, cls)) continue
        if (carriage.theirs(state.peer, room, cls))
          entries.push(concat(fromHex(room), uint(cls, 1), replica.vectors.digest(room, cls)))
      }
    for (let at = 0; (at === 0 && !only) || at < entries.length; at += HAVE_PAGE_ENTRIES_MAX) {
      const page = entries.slice(at, at + HAVE_PAGE_ENTRIES_MAX)
      this.#ports.send(link, {
        type: 'have',
        entries: concat(...page),
        last: only === undefined && at + HAVE_PAGE_ENTRIES_MAX >= entries.length,
      })
    }
  }

  /** I carry more of this room than before, or what counts in it changed: ask every peer for it. */
  ask(room: RoomId): void {
    for (const link of this.#links.keys()) this.#askAll(link, new Set([room]))
  }

  /** Asks this peer for all rooms that are known here: something of it was missed. */
  askPeer(link: LinkId): void {
    this.#askAll(link, this.#ports.replica.rooms())
  }

  #askAll(link: LinkId, rooms: Iterable<RoomId>): void {
    const state = this.#links.get(link)
    if (!state) return
    const { carriage } = this.#ports
    for (const room of rooms) {
      // Who may not know of it is told of no room by a question: whoever holds it all the same lists it.
      if (!carriage.theirs(state.peer, room, 0)) continue
      for (const cls of [0, 1] as const) if (carriage.mine(room, cls)) this.#enqueue(state, room, cls)
    }
    this.#next(link, state)
  }

  frame(link: LinkId, frame: Frame): void {
    const state = this.#links.get(link)
    if (!state) return
    if (ANSWERS.has(frame.type)) state.answeredAt = this.#now
    switch (frame.type) {
      case 'have':
        return this.#onHave(link, state, frame)
      case 'ask':
        return this.#onAsk(link, state, frame)
      case 'vector':
        return this.#onVector(link, state, frame)
      case 'want':
        return this.#onWant(link, state, frame)
      case 'runs':
        return this.#onRuns(link, frame.runs)
      case 'tombstones':
        return this.#onTombstones(link, frame)
      case 'fork':
        return this.#onFork(link, frame)
      case 'done':
        // Behind the verification of what came before it.
        return this.#ports.verify(link, [], () => this.#onDone(link, frame.id))
      case 'headersAsk':
        return this.#onHeadersAsk(link, state, frame)
      case 'headers':
        return this.#onHeaders(link, state, frame)
      default:
        return
    }
  }

  // --- pulling ----------------------------------------------------------------------------------------------------

  #onHave(link: LinkId, state: LinkSync, frame: FrameOf<'have'>): void {
    const { carriage, replica } = this.#ports
    for (let at = 0; at < frame.entries.length; at += 33) {
      const room = roomId(frame.entries, at)
      const cls: LaneClass = frame.entries[at + 16] === 0 ? 0 : 1
      if (!carriage.mine(room, cls)) continue
      const digest = frame.entries.subarray(at + 17, at + 33)
      if (!replica.vectors.isEmpty(room, cls) && equal(digest, replica.vectors.digest(room, cls))) continue
      this.#enqueue(state, room, cls)
    }
    state.compared ||= frame.last
    this.#next(link, state)
    this.#overMeasure.settle(state, this.#now)
  }

  #enqueue(state: LinkSync, room: RoomId, cls: LaneClass): void {
    const key = pullKey(room, cls)
    const pull = state.pulls.get(key)
    if (pull) pull.again = true
    else if (state.queue.size < QUEUE_MAX) state.queue.add(key)
  }

  #next(link: LinkId, state: LinkSync): void {
    while (state.queue.size > 0 && state.pulls.size < ASKS_MAX) {
      const key = mostUrgent(state.queue)
      const cls: LaneClass = key[0] === '0' ? 0 : 1
      // Content waits until all control lanes are here: cuts decide what of it is pulled.
      if (cls === 1 && [...state.pulls.keys()].some((other) => other[0] === '0')) return
      state.queue.delete(key)
      const room = key.slice(1) as RoomId
      if (!this.#ports.carriage.mine(room, cls)) continue
      const pull = state.pulls.get(key)
      if (pull) {
        pull.again = true
        continue
      }
      // Digests would tell whoever names a private room of others what goes on there.
      const isTheirs = this.#ports.carriage.theirs(state.peer, room, 0)
      const buckets = isTheirs ? this.#ports.replica.vectors.buckets(room, cls) : NO_BUCKETS
      this.#ask(link, state, room, cls, buckets, false)
    }
  }

  #ask(
    link: LinkId,
    state: LinkSync,
    room: RoomId,
    cls: LaneClass,
    buckets: Uint8Array,
    isQuestion: boolean,
  ): void {
    state.pulls.set(pullKey(room, cls), newPull(room, cls, isQuestion))
    this.#ports.send(link, { type: 'ask', room: fromHex(room), class: cls, buckets })
  }

  /**
   * Asks what the peer holds of these authors in a room, also where it is the same as here: `listed` gets the answer.
   * False while anything is being pulled over this link: what it holds may be on its way.
   */
  question(link: LinkId, room: RoomId, cls: LaneClass, authors: Iterable<PersonKey>): boolean {
    const state = this.#links.get(link)
    if (!state?.compared || this.isPulling(link) || !this.#ports.carriage.mine(room, cls)) return false
    // A bucket of zeros differs from all that is not empty, so that all of it is listed.
    const buckets = this.#ports.replica.vectors.buckets(room, cls)
    for (const author of authors) buckets.fill(0, bucketOf(author) * 16, bucketOf(author) * 16 + 16)
    this.#ask(link, state, room, cls, buckets, true)
    return true
  }

  #onVector(link: LinkId, state: LinkSync, frame: FrameOf<'vector'>): void {
    const room = roomId(frame.room)
    const cls: LaneClass = frame.class === 0 ? 0 : 1
    const pull = state.pulls.get(pullKey(room, cls))
    if (!pull && !this.#ports.carriage.mine(room, cls)) return
    const looked = new Set<string>()
    for (const entry of parseEntries(frame.entries)) {
      // A page lists a lane once: to look at it goes through all its deletions.
      const name = entry.author + entry.lane
      if (classOf(entry.lane) !== cls || looked.has(name)) continue
      looked.add(name)
      if (state.wanted.length < WANTED_MAX) this.#consider(link, state, room, entry)
      else if (pull) pull.again = true
    }
    this.#sendWants(link, state)
    // Without an ask it is a push (rule GU-1), which ends nothing.
    if (!pull || pull.vectorDone) return
    pull.vectorDone = !frame.more
    if (pull.isQuestion) this.#ports.listed(link, frame.entries, pull.vectorDone)
    this.#maybeFinish(link, state, pull)
  }

  /** Wants what this entry shows to be missing, or remembers it while the lane is under way on another link. */
  #consider(link: LinkId, state: LinkSync, room: RoomId, entry: VectorEntry): void {
    if (!this.#ports.replica.vectors.isCurrent(entry.lane)) return
    let flags = this.#lacking(link, state, room, entry)
    if (flags === 0) return
    const name = laneName(room, entry.author, entry.lane)
    const flight = this.#lanesInFlight.get(name)
    if (!flight || (flight.link !== link && this.#isHeldUp(name, flight))) {
      const events = flags & WANT_EVENTS ? entry.n - this.#heldN(name) : 0
      const { author, lane } = entry
      if (events > 0 && this.#overMeasure.waits(link, state, { room, author, lane, events, isUrgent: false }))
        flags &= WANT_FORK
      if (flags > 0) this.#want(link, state, room, entry.author, entry.lane, flags)
    } else if (flight.link !== link) this.#offer(name, link, entry)
  }

  #offer(name: string, link: LinkId, entry: VectorEntry): void {
    const offers = this.#offers.get(name) ?? new Map<LinkId, VectorEntry>()
    if (this.#offers.size >= OFFERS_MAX && offers.size === 0) return
    offers.set(link, entry)
    this.#offers.set(name, offers)
  }

  #want(
    link: LinkId,
    state: LinkSync,
    room: RoomId,
    author: PersonKey,
    lane: LaneId,
    flags: number,
    after?: number,
  ): void {
    const cls = classOf(lane)
    if (!this.#ports.carriage.mine(room, cls)) return
    const key = pullKey(room, cls)
    const pull = state.pulls.get(key) ?? { ...newPull(room, cls, false), vectorDone: true }
    state.pulls.set(key, pull)
    pull.wants++
    const name = laneName(room, author, lane)
    this.#lanesInFlight.set(name, { link, n: this.#heldN(name), since: this.#now })
    state.wanted.push({ key, want: { room, author, lane, flags, after } })
  }

  /** What the peer's entry shows that I lack, as want flags. */
  #lacking(link: LinkId, state: LinkSync, room: RoomId, entry: VectorEntry): number {
    const { replica } = this.#ports
    const known = replica.lane(room, entry.author, entry.lane)
    const held = known ?? newLane(room, entry.author, entry.lane)
    const isNewFork = entry.forkAt > 0 && (held.forkAt === 0 || entry.forkAt < held.forkAt)
    const fork = Math.min(held.forkAt || Number.POSITIVE_INFINITY, entry.forkAt || Number.POSITIVE_INFINITY)
    const end = Math.min(entry.n, replica.vectors.limit(held), fork - 1)
    if (known && entry.n >= 1 && entry.n <= held.n && (held.forkAt === 0 || entry.n < held.forkAt)) {
      const id = replica.idAt(room, entry.author, entry.lane, entry.n)
      if (id && id.slice(0, 16) !== entry.id8) this.#searchFork(link, state, held, entry.n)
    }
    let flags = isNewFork ? WANT_FORK : 0
    if (held.n < end) flags |= WANT_EVENTS | WANT_TOMBSTONES
    else if (xorOf(held, entry.n) !== entry.xor8) flags |= WANT_TOMBSTONES
    return flags
  }

  #sendWants(link: LinkId, state: LinkSync): void {
    const { replica } = this.#ports
    while (state.wanted.length > 0 && state.wants.size < WANTS_MAX) {
      const { key, want } = state.wanted[0]!
      const batch: Wanted[] = []
      while (state.wanted.length > 0 && state.wanted[0]!.key === key && batch.length < WANT_ENTRIES_MAX)
        batch.push(state.wanted.shift()!.want)
      const id = state.nextWant++
      state.wants.set(id, { key, lanes: batch.map((lane) => laneName(lane.room, lane.author, lane.lane)) })
      const lanes = batch.map((lane) => {
        const after = lane.after ?? replica.lane(lane.room, lane.author, lane.lane)?.n ?? 0
        return concat(fromHex(lane.author), fromHex(lane.lane), uint(after, 4), uint(lane.flags, 1))
      })
      this.#ports.send(link, { type: 'want', id, room: fromHex(want.room), lanes: concat(...lanes) })
    }
  }

  #onDone(link: LinkId, id: number): void {
    const state = this.#links.get(link)
    const want = state?.wants.get(id)
    if (!state || !want) return
    state.wants.delete(id)
    const pull = state.pulls.get(want.key)
    if (pull) pull.wants -= want.lanes.length
    for (const lane of want.lanes) this.#release(lane, link)
    this.#sendWants(link, state)
    if (pull) this.#maybeFinish(link, state, pull)
  }

  #maybeFinish(link: LinkId, state: LinkSync, pull: Pull): void {
    if (!pull.vectorDone || pull.wants > 0) return
    state.pulls.delete(pullKey(pull.room, pull.cls))
    // What came later may have excused a hole (rule EV-18); what was served behind it is kept only now.
    for (const [lane, after] of pull.gaps) if (lane.n > after) pull.again = true
    this.#ports.pulled(link, pull.room, pull.cls)
    const { carriage } = this.#ports
    if (pull.changed && pull.cls === 0) {
      // New control events may bring rooms that I carry now, and move cuts: ask for the content behind them.
      if (carriage.mine(pull.room, 1)) this.#enqueue(state, pull.room, 1)
    }
    if (pull.again) this.#enqueue(state, pull.room, pull.cls)
    this.#next(link, state)
    this.#overMeasure.settle(state, this.#now)
  }

  #onRuns(link: LinkId, runs: readonly Run[]): void {
    const { crypto, replica, fault } = this.#ports
    const taken: ParsedRun[] = []
    for (const run of runs) {
      const parsed = parseRun(crypto, replica.net, run)
      if (parsed === 'newer') continue
      if (typeof parsed === 'string') fault(link, `run: ${parsed}`)
      else if (this.takes(link, parsed)) taken.push(parsed)
    }
    this.verifyRuns(link, taken, (good) => {
      if (good) this.settleRun(link, good)
      else fault(link, 'run: signature')
    })
  }

  /** Verifies in order of arrival on this link, then hands over. */
  verifyRun(link: LinkId, parsed: ParsedRun, then: (run: VerifiedRun | undefined) => void): void {
    this.verifyRuns(link, [parsed], then)
  }

  /** ... what came together: handed over in one turn, which ends but once, in parts that hold nobody up. */
  verifyRuns(link: LinkId, parsed: readonly ParsedRun[], then: (run: VerifiedRun | undefined) => void): void {
    for (const part of parts(parsed))
      this.#ports.verify(link, part.map(signatureCheck), (_, each) => {
        for (const [k, run] of part.entries()) then(each[k] ? vouchedRun(run) : undefined)
      })
  }

  /** Adds a verified run that came over this link, and pulls what it shows to be missing. */
  settleRun(link: LinkId, run: VerifiedRun): ReturnType<Replica['add']> {
    const result = this.#ports.took(link, run)
    const { room, author, lane } = run.events[0]!
    if (result.is === 'added' && result.forked) this.#ports.forked(room)
    const state = this.#links.get(link)
    if (!state) return result
    const pull = state.pull(pullKey(room, classOf(lane)))
    if (pull && result.is === 'added' && result.events.length > 0) pull.changed = true
    if (result.is === 'gap') {
      const held = this.#ports.replica.lane(room, author, lane)
      // Something lies behind a hole, and this further on than is kept there.
      const isBeyond = pull?.cls === 0 && held !== undefined && held.top > result.after
      if (isBeyond && !pull.gaps.has(held)) pull.gaps.set(held, result.after)
      this.pullLane(link, room, author, lane)
    } else if (result.is === 'branch') {
      const held = this.#ports.replica.lane(room, author, lane)
      if (held) this.#searchFork(link, state, held, Math.min(result.n, held.n))
    }
    return result
  }

  /** Pulls one lane over this link (a live run showed a gap, or its author offers it), unless it has expired (EV-14). */
  pullLane(link: LinkId, room: RoomId, author: PersonKey, lane: LaneId): void {
    if (!this.#ports.replica.vectors.isCurrent(lane)) return
    const state = this.#links.get(link)
    const name = laneName(room, author, lane)
    if (!state || this.#lanesInFlight.has(name) || state.wanted.length >= WANTED_MAX) return
    if (this.#overMeasure.waits(link, state, { room, author, lane, events: 0, isUrgent: true })) return
    this.#want(link, state, room, author, lane, WANT_EVENTS | WANT_TOMBSTONES)
    this.#sendWants(link, state)
  }

  /** Pulls a lane over this link again behind n = `after`: bodies are missing there. False: not now. */
  pullBodies(link: LinkId, room: RoomId, author: PersonKey, lane: LaneId, after: number): boolean {
    const state = this.#links.get(link)
    const name = laneName(room, author, lane)
    if (!state || this.#lanesInFlight.has(name) || state.wanted.length >= WANTED_MAX) return false
    this.#want(link, state, room, author, lane, WANT_EVENTS | WANT_TOMBSTONES, after)
    this.#sendWants(link, state)
    return true
  }

  #onTombstones(link: LinkId, frame: FrameOf<'tombstones'>): void {
    for (let at = 0; at < frame.tombstones.length; at += 164) {
      const tombstone = parseTombstone(this.#ports.replica.net, frame.tombstones.slice(at, at + 164))
      if (!tombstone) return this.#ports.fault(link, 'tombstone')
      this.#ports.verify(link, [tombstoneCheck(tombstone)], (isGood) => {
        if (!isGood) return this.#ports.fault(link, 'tombstone: signature')
        if (this.#isAtHand(link, tombstone)) this.#ports.deleted(link, tombstone)
      })
    }
  }

  // --- forks ------------------------------------------------------------------------------------------------------

  /** The peer's lane differs at `differs` (at most my n): find the lowest n where it does, by halving. */
  #searchFork(link: LinkId, state: LinkSync, lane: Lane, differs: number): void {
    const name = laneName(lane.room, lane.author, lane.lane)
    if (state.searches.has(name) || state.searches.size >= SEARCHES_MAX || differs < 1) return
    state.searches.set(name, { lane, low: 0, high: differs, asked: 0 })
    if (state.searches.size === 1) this.#search(link, state)
  }

  /** The next step of the first search, or of those behind it once it is over. */
  #search(link: LinkId, state: LinkSync): void {
    for (const [name, search] of state.searches) {
      const isFound = search.high - search.low <= 1
      if (!isFound || !search.theirs) {
        search.asked = isFound ? search.high : Math.floor((search.low + search.high) / 2)
        const { room, author, lane } = search.lane
        state.isAsked = true
        this.#ports.send(link, {
          type: 'headersAsk',
          room: fromHex(room),
          author: fromHex(author),
          lane: fromHex(lane),
          from: search.asked,
        })
        return
      }
      state.searches.delete(name)
      const { events, chain } = search.theirs
      if (this.#ports.replica.forks.prove(search.lane, events, chain)) this.#ports.forked(search.lane.room)
    }
  }

  /** Answered always, with an empty chain where there is none, so that the asker goes on. */
  #onHeadersAsk(link: LinkId, state: LinkSync, frame: FrameOf<'headersAsk'>): void {
    const room = roomId(frame.room)
    const id = laneId(frame.lane)
    const { replica, carriage } = this.#ports
    const lane = carriage.theirs(state.peer, room, classOf(id))
      ? replica.lane(room, personKey(frame.author), id)
      : undefined
    const held = lane && replica.runs.chain(lane, frame.from)
    const chain = held && replica.runs.isSigned(lane.author, held) ? held : NO_CHAIN
    this.#serve(link, state, [{ type: 'headers', chain } as const].values())
  }

  #onHeaders(link: LinkId, state: LinkSync, frame: FrameOf<'headers'>): void {
    if (state.late > 0) {
      state.late--
      return
    }
    // Whatever begins while the answer is verified is another search.
    const [search] = state.searches.values()
    const isUnderWay = () => this.#links.get(link) === state && [...state.searches.values()][0] === search
    state.isAsked = false
    if (frame.chain.headers.length === 0)
      return this.#ports.verify(link, [], () => isUnderWay() && this.#dropSearch(link, state))
    this.#verifyChain(link, frame.chain, (events) => {
      const first = events[0]!
      if (!search || !isUnderWay()) return
      const { room, author, lane } = search.lane
      const isAnswer =
        first.room === room && first.author === author && first.lane === lane && first.n === search.asked
      if (!isAnswer) return this.#ports.fault(link, 'headers: not asked for')
      const mine = this.#ports.replica.idAt(room, author, lane, first.n)
      if (mine === undefined || (mine === first.id && first.n >= search.high))
        return this.#dropSearch(link, state)
      if (mine === first.id) search.low = first.n
      else {
        search.high = first.n
        search.theirs = { events, chain: frame.chain }
      }
      this.#search(link, state)
    })
  }

  /** The first search has come to nothing; a later comparison may begin it again. */
  #dropSearch(link: LinkId, state: LinkSync): void {
    const [name] = state.searches.keys()
    if (name !== undefined) state.searches.delete(name)
    this.#search(link, state)
  }

  #verifyChain(link: LinkId, chain: Chain, then: (events: readonly Event[]) => void): void {
    const { crypto, replica } = this.#ports
    const bodies = new Array(chain.headers.length / 149).fill(null)
    const parsed = parseRun(crypto, replica.net, { ...chain, bodies })
    if (typeof parsed === 'string') return this.#ports.fault(link, `chain: ${parsed}`)
    this.verifyRun(link, parsed, (good) =>
      good ? then(good.events) : this.#ports.fault(link, 'chain: signature'),
    )
  }

  #onFork(link: LinkId, frame: FrameOf<'fork'>): void {
    this.#verifyChain(link, frame.a, (a) => {
      this.#verifyChain(link, frame.b, (b) => {
        if (!this.#isAtHand(link, a[0]!)) return
        if (this.#ports.replica.forks.add(a, b, [frame.a, frame.b])) this.#ports.forked(a[0]!.room)
      })
    })
  }

  /** Is the lane held, or pulled over this link? What is said of another one comes again with the lane. */
  #isAtHand(link: LinkId, { room, author, lane }: LaneName): boolean {
    const isPulled = this.#lanesInFlight.get(laneName(room, author, lane))?.link === link
    return isPulled || this.#ports.replica.lane(room, author, lane) !== undefined
  }

  // --- serving ----------------------------------------------------------------------------------------------------

  #onAsk(link: LinkId, state: LinkSync, frame: FrameOf<'ask'>): void {
    const room = roomId(frame.room)
    const cls: LaneClass = frame.class === 0 ? 0 : 1
    this.#serve(link, state, this.#vectorPages(state.peer, room, cls, frame.buckets))
  }

  *#vectorPages(peer: PersonKey, room: RoomId, cls: LaneClass, theirs: Uint8Array): Iterator<Frame> {
    const { replica, carriage } = this.#ports
    const page: Uint8Array[] = []
    const frame = (more: boolean): Frame => ({
      type: 'vector',
      room: fromHex(room),
      class: cls,
      entries: concat(...page.splice(0, VECTOR_PAGE_ENTRIES_MAX)),
      more,
    })
    if (carriage.theirs(peer, room, cls)) {
      const mine = replica.vectors.buckets(room, cls)
      for (let at = 0; at < mine.length; at += 16) {
        if (isSameBucket(mine, theirs, at)) continue
        for (const entry of replica.vectors.bucketEntries(room, cls, at / 16)) page.push(entry)
        while (page.length > VECTOR_PAGE_ENTRIES_MAX) yield frame(true)
      }
    }
    yield frame(false)
  }

  #onWant(link: LinkId, state: LinkSync, frame: FrameOf<'want'>): void {
    this.#serve(link, state, this.#wanted(link, state.peer, frame))
  }

  *#wanted(link: LinkId, peer: PersonKey, frame: FrameOf<'want'>): Iterator<Frame> {
    const { replica, carriage } = this.#ports
    const room = roomId(frame.room)
    const parcel = new Parcel()
    for (let at = 0; at < frame.lanes.length; at += WANT_BYTES) {
      const author = personKey(frame.lanes, at)
      const id = laneId(frame.lanes, at + 32)
      const lane = replica.lane(room, author, id)
      if (!lane || !carriage.theirs(peer, room, classOf(id))) continue
      const flags = frame.lanes[at + 44]!
      if (flags & WANT_EVENTS) this.#ports.served(link, room, author, id)
      if (flags & WANT_TOMBSTONES) {
        const part: Uint8Array[] = []
        for (const tombstone of replica.deletionsOf(lane))
          if (part.push(tombstone) === TOMBSTONES_PART)
            yield { type: 'tombstones', tombstones: concat(...part.splice(0)) }
        if (part.length > 0) yield { type: 'tombstones', tombstones: concat(...part) }
      }
      const proof = flags & WANT_FORK ? replica.proofOf(lane) : undefined
      if (proof) yield { type: 'fork', a: proof[0], b: proof[1] }
      if (!(flags & WANT_EVENTS)) continue
      let after: number | undefined = readUint(frame.lanes, at + 40, 4)
      while (after !== undefined) {
        const part: ReturnType<SignedRuns['after']> = replica.runs.after(lane, after, 1)
        for (const run of part.runs) {
          if (!parcel.fits(run)) yield { type: 'runs', runs: parcel.take() }
          parcel.add(run)
        }
        if (part.damagedAt !== undefined) this.#mend(link, lane, part.damagedAt)
        after = part.next
      }
    }
    if (parcel.runs.length > 0) yield { type: 'runs', runs: parcel.take() }
    yield { type: 'done', id: frame.id }
  }

  /** Behind `after` the own disk has damaged what is signed: it is pulled over another link, and over the next one then. */
  #mend(asker: LinkId, { room, author, lane }: Lane, after: number): void {
    if (this.#now < this.#mendAt) return
    const others = [...this.#links].filter(
      ([link, { peer }]) => link !== asker && this.#ports.carriage.theirs(peer, room, classOf(lane)),
    )
    if (others.length === 0) return
    const [link] = others[this.#mends++ % others.length]!
    if (!this.pullBodies(link, room, author, lane, after)) return
    this.#mendAt = this.#now + MEND_EVERY_MS
  }

  #serve(link: LinkId, state: LinkSync, frames: Iterator<Frame>): void {
    // A peer of ours has at most this many asks and wants under way; more is a flood.
    if (state.serving.length >= ASKS_MAX + WANTS_MAX + 4) return this.#ports.fault(link, 'too many asks')
    state.serving.push(frames)
    this.#ports.wantPump(link)
  }

  /** Sends the next frame of what is being served on this link; asks to be called again while there is more. */
  pump(link: LinkId): void {
    const state = this.#links.get(link)
    const frames = state?.serving[0]
    if (!state || !frames) return
    const next = frames.next()
    if (next.done) state.serving.shift()
    else this.#ports.send(link, next.value)
    if (state.serving.length > 0) this.#ports.wantPump(link)
  }
}

/** Runs for one frame. */
class Parcel {
  runs: Run[] = []
  #bytes = 0
  #items = 0

  fits(run: Run): boolean {
    return (
      this.runs.length === 0 ||
      (this.runs.length < RUN_EVENTS_MAX &&
        this.#bytes + runBytes(run) <= RUNS_FRAME_BYTES &&
        this.#items + run.bodies.length + 4 <= RUNS_FRAME_ITEMS)
    )
  }

  add(run: Run): void {
    this.runs.push(run)
    this.#bytes += runBytes(run)
    this.#items += run.bodies.length + 4
  }

  take(): Run[] {
    const runs = this.runs
    this.runs = []
    this.#bytes = 0
    this.#items = 0
    return runs
  }
}

/** Runs of so many events together, in order; a longer one is a part of its own. */
function* parts(runs: readonly ParsedRun[]): Iterable<readonly ParsedRun[]> {
  let part: ParsedRun[] = []
  let events = 0
  for (const run of runs) {
    if (part.length > 0 && events + run.events.length > PART_EVENTS) {
      yield part
      part = []
      events = 0
    }
    part.push(run)
    events += run.events.length
  }
  if (part.length > 0) yield part
}

/** At most what the run takes in a frame: 76 for the signature and the arrays, 3 before each body. */
const runBytes = (run: Run) =>
  run.headers.length + 76 + run.bodies.reduce((sum, body) => sum + 3 + (body?.length ?? 0), 0)

function isSameBucket(mine: Uint8Array, theirs: Uint8Array, at: number): boolean {
  for (let i = at; i < at + 16; i++) if (mine[i] !== theirs[i]) return false
  return true
}

/** Class first, then room: control before content, and room 0's id, all zeros, leads. */
function mostUrgent(keys: Iterable<string>): string {
  let least = ''
  for (const key of keys) if (least === '' || key < least) least = key
  return least
}

const ANSWERS = new Set<Frame['type']>(['vector', 'runs', 'tombstones', 'fork', 'done', 'headers'])
const NO_CHAIN: Chain = { headers: new Uint8Array(0), signature: new Uint8Array(64) }
