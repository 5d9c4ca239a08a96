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
 */
import { concat, equal, fromHex, readUint, uint } from '../wire/bytes.ts'
import type { Crypto } from '../wire/crypto.ts'
import {
  type Event,
  parseRun,
  parseTombstone,
  type Run,
  type Tombstone,
  type VerifiedRun,
} from '../wire/event.ts'
import type { Frame, FrameOf } from '../wire/frames.ts'
import {
  type LaneId,
  laneId,
  NETWORK_ROOM,
  type PersonKey,
  personKey,
  type RoomId,
  roomId,
} from '../wire/ids.ts'
import {
  HAVE_PAGE_ENTRIES_MAX,
  VECTOR_PAGE_ENTRIES_MAX,
  WANT_ENTRIES_MAX,
  WANTS_MAX,
} from '../wire/limits.ts'
import { classOf, type Lane, type LaneClass, parseEntries, type VectorEntry, xorOf } from './lanes.ts'
import type { Chain, Replica } from './replica.ts'

export type LinkId = number

/** Who may carry what: decided from the rooms view (DESIGN "who carries what"). */
export interface Carriage {
  /** Do I carry this class of the room (pull it)? */
  mine(room: RoomId, cls: LaneClass): boolean
  /** May this peer carry it (so that I list and serve it)? */
  theirs(peer: PersonKey, room: RoomId, cls: LaneClass): boolean
}

/** What sync asks of the node around it. */
export interface SyncPorts {
  readonly crypto: Crypto
  readonly replica: Replica
  readonly carriage: Carriage
  send(link: LinkId, frame: Frame): void
  /** There is more to serve on this link: call `pump` when its queue is short. */
  wantPump(link: LinkId): void
  /** A parsed run, tombstone or chain to be verified; `then` runs in order of calls per link. */
  verify(link: LinkId, checks: readonly Check[], then: (isGood: boolean) => void): void
  /** Verified runs that a pull brought: the node adds them to the replica and returns what became of each. */
  took(link: LinkId, run: VerifiedRun): ReturnType<Replica['add']>
  deleted(link: LinkId, tombstone: Tombstone): boolean
  /** A fork was proven: vectors and views change. */
  forked(room: RoomId): void
  /** The peer sent what it must not. */
  fault(link: LinkId, why: string): void
  /** All that the peer listed for these has been pulled. */
  pulled(link: LinkId, room: RoomId, cls: LaneClass): void
}

export interface Check {
  readonly message: Uint8Array
  readonly signature: Uint8Array
  readonly key: Uint8Array
}

const WANT_EVENTS = 1
const WANT_TOMBSTONES = 2
const WANT_FORK = 4
const WANT_BYTES = 45
/** Bytes of runs put into one frame: below the frame cap with room for one more full run. */
const RUNS_FRAME_BYTES = 24 * 1024
/** Asks under way on one link. */
const ASKS_MAX = 8

interface Wanted {
  readonly room: RoomId
  readonly author: PersonKey
  readonly lane: LaneId
  flags: number
}
interface Pull {
  readonly room: RoomId
  readonly cls: LaneClass
  /** Wants of this pull not yet answered. */
  wants: number
  vectorDone: boolean
  changed: boolean
  again: boolean
}
interface LinkSync {
  readonly peer: PersonKey
  /** Room and class waiting to be asked, most urgent first. */
  readonly queue: string[]
  readonly pulls: Map<string, Pull>
  readonly wanted: { key: string; want: Wanted }[]
  readonly wants: Map<number, { key: string; lanes: string[] }>
  nextWant: number
  readonly serving: Iterator<Frame>[]
  readonly forks: Map<
    string,
    { lane: Lane; low: number; high: number; chain?: { events: readonly Event[]; chain: Chain } }
  >
}

const pullKey = (room: RoomId, cls: LaneClass) => `${cls}${room}`
const laneName = (room: RoomId, author: PersonKey, lane: LaneId) => `${room}${author}${lane}`

export class Sync {
  readonly #ports: SyncPorts
  readonly #links = new Map<LinkId, LinkSync>()
  /** Lanes under way, so that none is pulled over two links at once. */
  readonly #lanesInFlight = new Map<string, LinkId>()

  constructor(ports: SyncPorts) {
    this.#ports = ports
  }

  linkUp(link: LinkId, peer: PersonKey): void {
    this.#links.set(link, {
      peer,
      queue: [],
      pulls: new Map(),
      wanted: [],
      wants: new Map(),
      nextWant: 1,
      serving: [],
      forks: new Map(),
    })
    this.compare(link)
  }

  linkDown(link: LinkId): void {
    this.#links.delete(link)
    const lost: string[] = []
    for (const [lane, owner] of this.#lanesInFlight) if (owner === link) lost.push(lane)
    for (const lane of lost) this.#lanesInFlight.delete(lane)
    // What was under way there may be had elsewhere.
    if (lost.length > 0)
      for (const other of this.#links.keys())
        this.#askAll(other, new Set(lost.map((lane) => lane.slice(0, 32) as RoomId)))
  }

  /** True while something is being pulled or waits to be, on any link. */
  get isBusy(): boolean {
    for (const link of this.#links.values())
      if (link.queue.length + link.pulls.size + link.forks.size > 0) return true
    return false
  }

  /** True while this link still pulls (control lanes first): until then the peer's history is not all here. */
  isPulling(link: LinkId): boolean {
    const state = this.#links.get(link)
    return state !== undefined && state.queue.length + state.pulls.size > 0
  }

  /** Lists to the peer what it may carry. Also repeated now and then: what was missed anywhere is found. */
  compare(link: LinkId): void {
    const state = this.#links.get(link)
    if (!state) return
    const { replica, carriage } = this.#ports
    const entries: Uint8Array[] = []
    const rooms = [...new Set([NETWORK_ROOM, ...replica.rooms()])].sort()
    for (const room of rooms)
      for (const cls of [0, 1] as const) {
        if (room === NETWORK_ROOM && cls === 1) continue
        if (carriage.theirs(state.peer, room, cls))
          entries.push(concat(fromHex(room), uint(cls, 1), replica.digest(room, cls)))
      }
    for (let at = 0; at === 0 || at < entries.length; at += HAVE_PAGE_ENTRIES_MAX) {
      const page = entries.slice(at, at + HAVE_PAGE_ENTRIES_MAX)
      this.#ports.send(link, {
        type: 'have',
        entries: concat(...page),
        last: at + HAVE_PAGE_ENTRIES_MAX >= entries.length,
      })
    }
  }

  /** I carry more of this room than before, or what counts in it changed: ask every peer for it. */
  ask(room: RoomId): void {
    for (const link of this.#links.keys()) this.#askAll(link, new Set([room]))
  }

  #askAll(link: LinkId, rooms: Iterable<RoomId>): void {
    const state = this.#links.get(link)!
    for (const room of rooms)
      for (const cls of [0, 1] as const)
        if (this.#ports.carriage.mine(room, cls)) this.#enqueue(state, room, cls)
    this.#next(link, state)
  }

  frame(link: LinkId, frame: Frame): void {
    const state = this.#links.get(link)
    if (!state) return
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
        for (const run of frame.runs) this.#onRun(link, run)
        return
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
        return this.#onHeaders(link, frame)
      default:
        return
    }
  }

  // --- pulling ----------------------------------------------------------------------------------------------------

  #onHave(link: LinkId, state: LinkSync, frame: FrameOf<'have'>): void {
    for (let at = 0; at < frame.entries.length; at += 33) {
      const room = roomId(frame.entries, at)
      const cls: LaneClass = frame.entries[at + 16] === 0 ? 0 : 1
      if (!this.#ports.carriage.mine(room, cls)) continue
      if (equal(frame.entries.subarray(at + 17, at + 33), this.#ports.replica.digest(room, cls))) continue
      this.#enqueue(state, room, cls)
    }
    this.#next(link, state)
  }

  #enqueue(state: LinkSync, room: RoomId, cls: LaneClass): void {
    const key = pullKey(room, cls)
    const pull = state.pulls.get(key)
    if (pull) {
      pull.again = true
      return
    }
    if (state.queue.includes(key)) return
    state.queue.push(key)
    // Class first, then room: room 0's id is all zeros, so it leads.
    state.queue.sort()
  }

  #next(link: LinkId, state: LinkSync): void {
    while (state.queue.length > 0 && state.pulls.size < ASKS_MAX) {
      const key = state.queue[0]!
      const cls: LaneClass = key[0] === '0' ? 0 : 1
      // Content waits until all control lanes are here: cuts decide what of it is pulled.
      if (cls === 1 && [...state.pulls.keys()].some((other) => other[0] === '0')) return
      state.queue.shift()
      const room = key.slice(1) as RoomId
      if (!this.#ports.carriage.mine(room, cls)) continue
      state.pulls.set(key, { room, cls, wants: 0, vectorDone: false, changed: false, again: false })
      this.#ports.send(link, {
        type: 'ask',
        room: fromHex(room),
        class: cls,
        buckets: this.#ports.replica.buckets(room, cls),
      })
    }
  }

  #onVector(link: LinkId, state: LinkSync, frame: FrameOf<'vector'>): void {
    const room = roomId(frame.room)
    const cls: LaneClass = frame.class === 0 ? 0 : 1
    const key = pullKey(room, cls)
    const pull = state.pulls.get(key)
    if (!pull) return
    for (const entry of parseEntries(frame.entries)) {
      if (classOf(entry.lane) !== cls || !this.#ports.replica.isCurrent(entry.lane)) continue
      const flags = this.#lacking(link, state, room, entry)
      if (flags === 0) continue
      const name = laneName(room, entry.author, entry.lane)
      // Under way on another link already; should that one break, linkDown asks again.
      if (this.#lanesInFlight.has(name)) continue
      this.#lanesInFlight.set(name, link)
      state.wanted.push({ key, want: { room, author: entry.author, lane: entry.lane, flags } })
      pull.wants++
    }
    pull.vectorDone ||= !frame.more
    this.#sendWants(link, state)
    this.#maybeFinish(link, state, pull)
  }

  /** What the peer's entry shows that I lack, as want flags. */
  #lacking(link: LinkId, state: LinkSync, room: RoomId, entry: VectorEntry): number {
    const { replica } = this.#ports
    const held = replica.lane(room, entry.author, entry.lane)
    if (!held) return (entry.n > 0 ? WANT_EVENTS : 0) | WANT_TOMBSTONES | (entry.forkAt > 0 ? WANT_FORK : 0)
    let flags = 0
    if (entry.forkAt > 0 && (held.forkAt === 0 || entry.forkAt < held.forkAt)) flags |= WANT_FORK
    const end = Math.min(
      entry.n,
      replica.limit(held),
      held.forkAt > 0 ? held.forkAt - 1 : Number.POSITIVE_INFINITY,
    )
    if (held.n < end) flags |= WANT_EVENTS | WANT_TOMBSTONES
    else if (xorOf(held, entry.n) !== entry.xor8) flags |= WANT_TOMBSTONES
    if (entry.n >= 1 && entry.n <= held.n && (held.forkAt === 0 || entry.n < held.forkAt)) {
      const id = replica.idAt(room, entry.author, entry.lane, entry.n)
      if (id && id.slice(0, 16) !== entry.id8) this.#searchFork(link, state, held, entry.n)
    }
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
        const after = replica.lane(lane.room, lane.author, lane.lane)?.n ?? 0
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
    for (const lane of want.lanes)
      if (this.#lanesInFlight.get(lane) === link) this.#lanesInFlight.delete(lane)
    const pull = state.pulls.get(want.key)
    if (pull) {
      pull.wants -= want.lanes.length
      pull.changed = true
    }
    this.#sendWants(link, state)
    if (pull) this.#maybeFinish(link, state, pull)
  }

  #maybeFinish(link: LinkId, state: LinkSync, pull: Pull): void {
    if (!pull.vectorDone || pull.wants > 0) return
    state.pulls.delete(pullKey(pull.room, pull.cls))
    this.#ports.pulled(link, pull.room, pull.cls)
    const { carriage } = this.#ports
    if (pull.changed && pull.cls === 0) {
      // New control events may bring rooms that I carry now, and move cuts: ask for the content behind them.
      if (carriage.mine(pull.room, 1)) this.#enqueue(state, pull.room, 1)
    }
    if (pull.again) this.#enqueue(state, pull.room, pull.cls)
    this.#next(link, state)
  }

  #onRun(link: LinkId, run: Run): void {
    const { crypto, replica } = this.#ports
    const parsed = parseRun(crypto, replica.net, run)
    if (parsed === 'newer') return
    if (typeof parsed === 'string') return this.#ports.fault(link, `run: ${parsed}`)
    this.verifyRun(link, parsed, (good) => {
      if (!good) return this.#ports.fault(link, 'run: signature')
      this.settleRun(link, good)
    })
  }

  /** Verifies in order of arrival on this link, then hands over. */
  verifyRun(
    link: LinkId,
    parsed: Exclude<ReturnType<typeof parseRun>, string>,
    then: (run: VerifiedRun | undefined) => void,
  ): void {
    const last = parsed.events[parsed.events.length - 1]!
    const check = {
      message: concat(RUN_TAG, last.header),
      signature: parsed.signature,
      key: fromHex(last.author),
    }
    this.#ports.verify(link, [check], (isGood) => then(isGood ? (parsed as VerifiedRun) : undefined))
  }

  /** Adds a verified run that came over this link, and pulls what it shows to be missing. */
  settleRun(link: LinkId, run: VerifiedRun): ReturnType<Replica['add']> {
    const result = this.#ports.took(link, run)
    const state = this.#links.get(link)
    if (!state) return result
    const { room, author, lane } = run.events[0]!
    if (result.is === 'gap') this.pullLane(link, room, author, lane)
    else if (result.is === 'branch') {
      const held = this.#ports.replica.lane(room, author, lane)
      if (held) this.#searchFork(link, state, held, Math.min(result.n, held.n))
    }
    return result
  }

  /** Pulls one lane over this link (a live run showed a gap). */
  pullLane(link: LinkId, room: RoomId, author: PersonKey, lane: LaneId): void {
    const state = this.#links.get(link)
    const name = laneName(room, author, lane)
    if (!state || this.#lanesInFlight.has(name)) return
    const cls = classOf(lane)
    if (!this.#ports.carriage.mine(room, cls)) return
    const key = pullKey(room, cls)
    let pull = state.pulls.get(key)
    if (!pull) {
      pull = { room, cls, wants: 0, vectorDone: true, changed: false, again: false }
      state.pulls.set(key, pull)
    }
    this.#lanesInFlight.set(name, link)
    pull.wants++
    state.wanted.push({ key, want: { room, author, lane, flags: WANT_EVENTS | WANT_TOMBSTONES } })
    this.#sendWants(link, state)
  }

  #onTombstones(link: LinkId, frame: FrameOf<'tombstones'>): void {
    for (let at = 0; at < frame.tombstones.length; at += 164) {
      const tombstone = parseTombstone(this.#ports.replica.net, frame.tombstones.slice(at, at + 164))
      if (!tombstone) return this.#ports.fault(link, 'tombstone')
      const check = {
        message: concat(TOMBSTONE_TAG, tombstone.bytes.subarray(0, 100)),
        signature: tombstone.bytes.subarray(100),
        key: fromHex(tombstone.author),
      }
      this.#ports.verify(link, [check], (isGood) => {
        if (!isGood) return this.#ports.fault(link, 'tombstone: signature')
        this.#ports.deleted(link, tombstone)
      })
    }
  }

  // --- forks ------------------------------------------------------------------------------------------------------

  /** The peer's lane differs at `differs` (at most my n): find the lowest n where it does, by halving. */
  #searchFork(link: LinkId, state: LinkSync, lane: Lane, differs: number): void {
    const name = laneName(lane.room, lane.author, lane.lane)
    if (state.forks.has(name) || differs < 1) return
    if (lane.forkAt > 0 && lane.forkAt <= 1) return
    state.forks.set(name, { lane, low: 0, high: differs })
    this.#askHeaders(link, state, name)
  }

  #askHeaders(link: LinkId, state: LinkSync, name: string): void {
    const search = state.forks.get(name)!
    if (search.high - search.low <= 1 && search.chain) {
      state.forks.delete(name)
      this.#ports.replica.branchFound(search.lane, search.chain.events, search.chain.chain)
      this.#ports.forked(search.lane.room)
      return
    }
    const from = search.high - search.low <= 1 ? search.high : Math.floor((search.low + search.high) / 2)
    const { room, author, lane } = search.lane
    this.#ports.send(link, {
      type: 'headersAsk',
      room: fromHex(room),
      author: fromHex(author),
      lane: fromHex(lane),
      from,
    })
  }

  #onHeadersAsk(link: LinkId, state: LinkSync, frame: FrameOf<'headersAsk'>): void {
    const room = roomId(frame.room)
    const id = laneId(frame.lane)
    const { replica, carriage } = this.#ports
    if (!carriage.theirs(state.peer, room, classOf(id))) return
    const lane = replica.lane(room, personKey(frame.author), id)
    const chain = lane && replica.chain(lane, frame.from)
    if (chain) this.#ports.send(link, { type: 'headers', chain })
  }

  #onHeaders(link: LinkId, frame: FrameOf<'headers'>): void {
    this.#verifyChain(link, frame.chain, (events) => {
      const state = this.#links.get(link)
      const first = events[0]!
      const name = laneName(first.room, first.author, first.lane)
      const search = state?.forks.get(name)
      if (!state || !search) return
      const mine = this.#ports.replica.idAt(first.room, first.author, first.lane, first.n)
      if (mine !== undefined && mine !== first.id) {
        search.high = Math.min(search.high, first.n)
        if (first.n === search.high) search.chain = { events, chain: frame.chain }
      } else if (first.n >= search.high) {
        state.forks.delete(name)
        return
      } else search.low = Math.max(search.low, first.n)
      this.#askHeaders(link, state, name)
    })
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
        if (this.#ports.replica.addFork(a, b, [frame.a, frame.b])) this.#ports.forked(a[0]!.room)
      })
    })
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
      const mine = replica.buckets(room, cls).slice()
      for (let bucket = 0; bucket < 256; bucket++) {
        if (
          equal(mine.subarray(16 * bucket, 16 * bucket + 16), theirs.subarray(16 * bucket, 16 * bucket + 16))
        )
          continue
        page.push(...replica.bucketEntries(room, cls, bucket))
        while (page.length > VECTOR_PAGE_ENTRIES_MAX) yield frame(true)
      }
    }
    yield frame(false)
  }

  #onWant(link: LinkId, state: LinkSync, frame: FrameOf<'want'>): void {
    this.#serve(link, state, this.#wanted(state.peer, frame))
  }

  *#wanted(peer: PersonKey, frame: FrameOf<'want'>): Iterator<Frame> {
    const { replica, carriage } = this.#ports
    const room = roomId(frame.room)
    let runs: Run[] = []
    let bytes = 0
    for (let at = 0; at < frame.lanes.length; at += WANT_BYTES) {
      const author = personKey(frame.lanes, at)
      const id = laneId(frame.lanes, at + 32)
      const lane = replica.lane(room, author, id)
      if (!lane || !carriage.theirs(peer, room, classOf(id))) continue
      const flags = frame.lanes[at + 44]!
      if (flags & WANT_TOMBSTONES) {
        const tombstones = replica.tombstones(lane)
        for (let i = 0; i < tombstones.length; i += 256)
          yield { type: 'tombstones', tombstones: concat(...tombstones.slice(i, i + 256)) }
      }
      const proof = flags & WANT_FORK ? replica.fork(lane) : undefined
      if (proof) yield { type: 'fork', a: proof[0], b: proof[1] }
      if (!(flags & WANT_EVENTS)) continue
      let after: number | undefined = readUint(frame.lanes, at + 40, 4)
      while (after !== undefined) {
        const part = replica.runsAfter(lane, after, RUNS_FRAME_BYTES - bytes)
        for (const run of part.runs) {
          runs.push(run)
          bytes += run.headers.length + run.bodies.reduce((sum, body) => sum + (body?.length ?? 0), 0) + 100
        }
        after = part.next
        if (runs.length > 0 && (bytes >= RUNS_FRAME_BYTES || after !== undefined || runs.length >= 63)) {
          for (let i = 0; i < runs.length; i += 63) yield { type: 'runs', runs: runs.slice(i, i + 63) }
          runs = []
          bytes = 0
        }
      }
    }
    for (let i = 0; i < runs.length; i += 63) yield { type: 'runs', runs: runs.slice(i, i + 63) }
    yield { type: 'done', id: frame.id }
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

const encoder = new TextEncoder()
const RUN_TAG = encoder.encode('lanchat/ev/1')
const TOMBSTONE_TAG = encoder.encode('lanchat/del/1')
