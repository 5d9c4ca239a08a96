/**
 * Outbox: own events until they are known to be safe elsewhere (rules AK-1, AK-5 to AK-9).
 *
 *   sent -> stored -> replicated (-> delivered)      states never go back
 *
 * A new hub is offered every lane that is not known to be stored: it acknowledges or pulls. What is written after that
 * is posted under the hub's credit; a hub has nobody to post to, and offers its own to whoever confirms them. What stays
 * without an answer is offered again. Pure: time is an input, frames go out through a port.
 */
import { type Event, isControlLane, packRun, type VerifiedRun } from '../wire/event.ts'
import type { Frame, FrameOf } from '../wire/frames.ts'
import type { EventId, LaneId, PersonKey, RoomId } from '../wire/ids.ts'
import { offersOf } from './offers.ts'

export type AckState = 'sent' | 'stored' | 'replicated' | 'delivered'

interface Entry {
  readonly event: Event
  state: AckState
  /** Other devices that signed that they hold it. */
  readonly witnesses: Set<PersonKey>
  /** The device whose word "stored" is. */
  storedBy: PersonKey | undefined
  alone: boolean
  delivered: boolean
  readonly isSaid: boolean
  /** People were told that it does not count as things are. */
  isToldWithdrawn: boolean
  /** When it was first posted or offered to the present hub, monotonic ms; undefined: it waits for credit. */
  givenAt: number | undefined
}

interface OwnLane {
  readonly room: RoomId
  readonly lane: LaneId
  readonly entries: Map<number, Entry>
  n: number
  /** It would not count now (the room is deleted, its author banned): neither offered nor waited for. */
  isWithdrawn: boolean
  /** Up to where other devices signed that they hold it. */
  readonly held: Map<PersonKey, number>
}

/** No credit and no acknowledgement for this long: offer again. */
const OFFER_AGAIN_MS = 2000
/** Acknowledged events are dropped from memory beyond this many per lane: sync sees to the rest. */
const KEPT_MAX = 256

/** Own runs that wait for "stored" and are kept to be posted to the next hub; of what is older, and more, it is told. */
const UNSTORED_RUNS_MAX = 16

/** Devices whose word on a lane is remembered: the hub, three of the line, those before them, a talk's other side. */
const HOLDERS_MAX = 16

export interface Ignored {
  readonly room: RoomId
  readonly lane: LaneId
  readonly n: number
}

export interface Told {
  readonly event: Event
  readonly state: Exclude<AckState, 'sent'>
  readonly copies: number
  readonly alone: boolean
}

export class Outbox {
  readonly #send: (frame: Frame) => void
  readonly #tell: (told: Told) => void
  readonly #tellWithdrawn: (event: Event) => void
  readonly #lanes = new Map<string, OwnLane>()
  /** Runs not yet posted to the present hub, in order. */
  #queue: VerifiedRun[] = []
  /** The newest own runs that nobody else is known to hold. */
  #unstoredRuns: VerifiedRun[] = []
  #credit = 0
  #latest: Entry | undefined
  /** no: there is no hub. posts: to the hub. offers: this node is the hub. */
  #mode: 'no' | 'posts' | 'offers' = 'no'
  /** When the hub last showed that it goes on, or was last offered something; monotonic ms. */
  #heardAt = 0
  /** Entries in state sent, those of withdrawn lanes left out. */
  #unstored = 0

  /** tellWithdrawn: what people said and nobody else is known to hold does not count as things are, and is not sent. */
  constructor(
    send: (frame: Frame) => void,
    tell: (told: Told) => void,
    tellWithdrawn: (event: Event) => void = () => {},
  ) {
    this.#send = send
    this.#tell = tell
    this.#tellWithdrawn = tellWithdrawn
  }

  /** Own events that nobody else is known to hold, and that were not written alone. */
  get unstored(): number {
    return this.#unstored
  }

  /** Own events that are kept in memory. */
  get kept(): number {
    return [...this.#lanes.values()].reduce((sum, { entries }) => sum + entries.size, 0)
  }

  /** Runs that wait for credit. */
  get queued(): number {
    return this.#queue.length
  }

  /** True while this own event waits for the word "stored". */
  isOpen({ room, lane, n }: Pick<Event, 'room' | 'lane' | 'n'>): boolean {
    return this.#lanes.get(room + lane)?.entries.get(n)?.state === 'sent'
  }

  /** Other devices known to hold the latest own message; undefined where nothing was said in this run. */
  get latestCopies(): number | undefined {
    return this.#latest && copiesOf(this.#latest)
  }

  /** Their keys. */
  get latestHolders(): readonly PersonKey[] {
    return this.#latest ? [...holdersOf(this.#latest)] : []
  }

  /** Adds an own run that is on disk. isSaid: its states are told. now: monotonic ms. */
  add(run: VerifiedRun, isSaid: boolean, now: number): void {
    const first = run.events[0]!
    const name = first.room + first.lane
    let lane = this.#lanes.get(name)
    if (!lane) {
      lane = {
        room: first.room,
        lane: first.lane,
        entries: new Map(),
        n: 0,
        isWithdrawn: false,
        held: new Map(),
      }
      this.#forgetFormer(first)
      this.#lanes.set(name, lane)
    }
    for (const event of run.events) {
      const entry: Entry = {
        event,
        state: 'sent',
        witnesses: new Set(),
        storedBy: undefined,
        alone: false,
        delivered: false,
        isSaid,
        isToldWithdrawn: false,
        givenAt: undefined,
      }
      lane.entries.set(event.n, entry)
      if (isSaid) this.#latest = entry
      lane.n = event.n
      if (!lane.isWithdrawn) this.#unstored++
    }
    this.#unstoredRuns = this.#unstoredRuns
      .filter((each) => this.#isWaiting(each))
      .slice(1 - UNSTORED_RUNS_MAX)
    this.#unstoredRuns.push(run)
    if (this.#mode !== 'posts' || lane.isWithdrawn) return
    this.#queue.push(run)
    this.#flush(now)
  }

  /**
   * A hub is followed (posts), or this node is one (offers): what is not known to be stored is posted where it is at hand,
   * which saves the hub a pull, and else offered. now: monotonic ms.
   */
  linked(now: number, mode: 'posts' | 'offers'): void {
    this.#mode = mode
    this.#credit = 0
    this.#queue = []
    for (const lane of this.#lanes.values())
      for (const entry of lane.entries.values()) entry.givenAt = undefined
    this.#offer(now, mode === 'posts' ? this.#queueUnstored() : undefined)
  }

  /** Queues what can be posted. Returns the lanes of which nothing else is open. */
  #queueUnstored(): ReadonlySet<OwnLane> {
    const runs = this.#unstoredRuns.filter((run) => this.#isWaiting(run))
    const left = new Map<OwnLane, number>()
    for (const lane of this.#lanes.values()) left.set(lane, [...lane.entries.values()].filter(isOpen).length)
    for (const { events } of runs) {
      const lane = this.#laneOf(events[0]!)!
      for (const { n } of events) if (isOpen(lane.entries.get(n)!)) left.set(lane, left.get(lane)! - 1)
    }
    const whole = new Set(
      [...left].filter(([lane, open]) => open === 0 && !lane.isWithdrawn).map(([lane]) => lane),
    )
    this.#queue = runs.filter(({ events }) => whole.has(this.#laneOf(events[0]!)!))
    return whole
  }

  #laneOf({ room, lane }: Event): OwnLane | undefined {
    return this.#lanes.get(room + lane)
  }

  /** Own runs that the former hub has not confirmed, and may not have relayed. */
  unconfirmedRuns(): readonly VerifiedRun[] {
    return this.#unstoredRuns.filter(
      (run) => this.#isWaiting(run) && !this.#laneOf(run.events[0]!)!.isWithdrawn,
    )
  }

  /** Does somebody wait for "stored" of a run's last event? */
  #isWaiting({ events }: VerifiedRun): boolean {
    const last = events[events.length - 1]!
    return this.#laneOf(last)?.entries.get(last.n)?.state === 'sent'
  }

  unlinked(): void {
    this.#mode = 'no'
    this.#queue = []
    this.#credit = 0
  }

  /** The hub begins a session: what it granted in an earlier one is granted again. */
  sessionBegins(): void {
    this.#credit = 0
  }

  credit(events: number, now: number): void {
    this.#credit += events
    if (this.#queue.length > 0) this.#heardAt = now
    this.#flush(now)
  }

  /** What this author writes in the room does not count any more, or counts again: content that is not stored yet. */
  withdraw(room: RoomId, isWithdrawn: boolean): void {
    for (const lane of this.#lanes.values()) {
      if (lane.room !== room || isControlLane(lane.lane)) continue
      if (isWithdrawn !== lane.isWithdrawn)
        for (const entry of lane.entries.values())
          if (entry.state === 'sent') this.#unstored += isWithdrawn ? -1 : 1
      // Of what was on its way to the disk meanwhile, it is told as well.
      if (isWithdrawn || lane.isWithdrawn)
        for (const entry of lane.entries.values()) this.#noteWithdrawn(entry, isWithdrawn)
      lane.isWithdrawn = isWithdrawn
    }
    if (isWithdrawn)
      this.#queue = this.#queue.filter(
        ({ events: [first] }) => first!.room !== room || isControlLane(first!.lane),
      )
  }

  #noteWithdrawn(entry: Entry, isWithdrawn: boolean): void {
    if (!entry.isSaid || entry.state !== 'sent' || entry.isToldWithdrawn === isWithdrawn) return
    entry.isToldWithdrawn = isWithdrawn
    if (isWithdrawn) this.#tellWithdrawn(entry.event)
  }

  /** Their bodies are deleted: what has not been posted is not posted with them any more; the next offer covers it. */
  forget(ids: ReadonlySet<EventId>): void {
    const isLeft = ({ events }: VerifiedRun) => !events.some(({ id }) => ids.has(id))
    this.#queue = this.#queue.filter(isLeft)
    this.#unstoredRuns = this.#unstoredRuns.filter(isLeft)
  }

  #flush(now: number): void {
    while (this.#queue.length > 0 && this.#queue[0]!.events.length <= this.#credit) {
      const run = this.#queue.shift()!
      this.#credit -= run.events.length
      this.#send({ type: 'post', run: packRun(run) })
      const [{ room, lane }] = run.events as [Event]
      for (const { n } of run.events) {
        const entry = this.#lanes.get(room + lane)?.entries.get(n)
        if (entry) entry.givenAt ??= now
      }
    }
  }

  /** now: monotonic ms. Where nothing has come of offers and posts for a while, all that waits is offered again. */
  tick(now: number): void {
    if (this.#mode !== 'no' && this.#unstored > 0 && now - this.#heardAt >= OFFER_AGAIN_MS) this.#offer(now)
  }

  /** As hub, line[0] is offered what it has not confirmed. */
  offerAgain(now: number): void {
    if (this.#mode !== 'no') this.#offer(now)
  }

  /** but: lanes that are posted. */
  #offer(now: number, but?: ReadonlySet<OwnLane>): void {
    this.#heardAt = now
    const open = [...this.#lanes.values()].filter(
      (lane) => !but?.has(lane) && [...lane.entries.values()].some(isOpen),
    )
    for (const lane of open) for (const entry of lane.entries.values()) entry.givenAt ??= now
    for (const frame of offersOf(endsOf(open))) this.#send(frame)
  }

  /**
   * Offers of lanes with something that the present hub was given more than `ms` ago and that this device has not signed
   * for: it goes around the hub (rule GU-2). now: monotonic ms.
   */
  unconfirmed(by: PersonKey, now: number, ms: number): FrameOf<'offer'>[] {
    return offersOf(endsOf([...this.#lanes.values()].filter((lane) => overdue(lane, by, now, ms) > 0)))
  }

  /**
   * Own lanes that the witness has signed for up to n, and that the hub, which was given them more than `ms` ago, has
   * not signed for, whatever it acknowledged. now: monotonic ms.
   */
  *ignored(hub: PersonKey, witness: PersonKey, now: number, ms: number): Iterable<Ignored> {
    for (const { room, lane, entries, held, isWithdrawn } of this.#lanes.values()) {
      const signed = held.get(witness) ?? 0
      const heard = held.get(hub) ?? 0
      if (isWithdrawn || signed <= heard) continue
      let last = 0
      for (const { event, givenAt } of entries.values())
        if (event.n <= signed && event.n > heard && givenAt !== undefined && now - givenAt >= ms)
          last = Math.max(last, event.n)
      if (last > 0) yield { room, lane, n: last }
    }
  }

  /** `by` says that it has the lane up to n on disk. now: monotonic ms. */
  stored(by: PersonKey, room: RoomId, laneId: LaneId, n: number, now: number): void {
    const lane = this.#lanes.get(room + laneId)
    if (!lane) return
    this.#heardAt = now
    // What it pulled meanwhile need not be posted any more.
    const isHeld = ({ events }: VerifiedRun) => {
      const last = events[events.length - 1]!
      return last.room === room && last.lane === laneId && last.n <= n
    }
    this.#queue = this.#queue.filter((run) => !isHeld(run))
    for (const entry of lane.entries.values()) {
      if (entry.event.n > n) continue
      entry.givenAt ??= now
      if (entry.storedBy !== undefined) continue
      entry.storedBy = by
      if (entry.state === 'sent') this.#advance(lane, entry, 'stored')
    }
    this.#forget(lane)
  }

  /** Nobody else is here: own disk is all there is. Said once; offered again when somebody comes. */
  alone(): void {
    for (const lane of this.#lanes.values()) {
      for (const entry of lane.entries.values()) {
        if (entry.state !== 'sent' || lane.isWithdrawn) continue
        entry.alone = true
        this.#advance(lane, entry, 'stored')
      }
      // A lane's end is among those that stay: by it the whole lane is offered to whoever comes.
      this.#forget(lane)
    }
  }

  /** A verified witness of another device: it holds the lane up to n. isAddressee: a device of the one written to. */
  witnessed(
    by: PersonKey,
    room: RoomId,
    laneId: LaneId,
    n: number,
    isAddressee: (room: RoomId, by: PersonKey) => boolean,
  ): void {
    const lane = this.#lanes.get(room + laneId)
    if (!lane) return
    lane.held.set(by, Math.max(n, lane.held.get(by) ?? 0))
    if (lane.held.size > HOLDERS_MAX) lane.held.delete(lane.held.keys().next().value!)
    for (const entry of lane.entries.values()) {
      if (entry.event.n > n || entry.witnesses.has(by)) continue
      entry.witnesses.add(by)
      if (entry.state === 'sent') {
        entry.storedBy = by
        this.#advance(lane, entry, 'stored')
      }
      if (entry.witnesses.size >= 2 && entry.state === 'stored') this.#advance(lane, entry, 'replicated')
      if (!entry.delivered && isAddressee(room, by)) {
        entry.delivered = true
        if (entry.isSaid)
          this.#tell({ event: entry.event, state: 'delivered', copies: copiesOf(entry), alone: false })
      }
    }
    this.#forget(lane)
  }

  /** Has this device signed for this much of the lane? */
  isHeldBy(by: PersonKey, room: RoomId, lane: LaneId, n: number): boolean {
    return (this.#lanes.get(room + lane)?.held.get(by) ?? 0) >= n
  }

  #advance(lane: OwnLane, entry: Entry, state: 'stored' | 'replicated'): void {
    if (entry.state === 'sent' && !lane.isWithdrawn) this.#unstored--
    entry.state = state
    if (!entry.isSaid) return
    const copies = copiesOf(entry)
    this.#tell({ event: entry.event, state, copies, alone: copies === 0 })
  }

  /** A lane begins behind others of its room, as after each pause: of those the last one stays, and what is not safe yet. */
  #forgetFormer({ room, lane: begun }: Event): void {
    const isControl = isControlLane(begun)
    const former = [...this.#lanes].filter(
      ([, { room: other, lane }]) => other === room && isControlLane(lane) === isControl,
    )
    for (const [name, { entries, isWithdrawn }] of former.slice(0, -1))
      if (!isWithdrawn && ![...entries.values()].some(isOpen)) this.#lanes.delete(name)
  }

  #forget(lane: OwnLane): void {
    for (const [n, entry] of lane.entries) {
      if (lane.entries.size <= KEPT_MAX) return
      if (entry.state !== 'sent') lane.entries.delete(n)
      else return
    }
  }
}

const isOpen = (entry: Entry): boolean =>
  entry.state === 'sent' || (entry.alone && entry.storedBy === undefined)

const copiesOf = (entry: Entry): number => holdersOf(entry).size

function holdersOf(entry: Entry): ReadonlySet<PersonKey> {
  const others = new Set(entry.witnesses)
  if (entry.storedBy !== undefined) others.add(entry.storedBy)
  return others
}

/** The last n given to the hub more than `ms` ago that this device has not signed for; 0: none. */
function overdue(lane: OwnLane, by: PersonKey, now: number, ms: number): number {
  const held = lane.held.get(by) ?? 0
  if (lane.isWithdrawn || lane.n <= held) return 0
  let last = 0
  for (const { event, givenAt } of lane.entries.values())
    if (event.n > held && givenAt !== undefined && now - givenAt >= ms) last = Math.max(last, event.n)
  return last
}

/** The end of each lane that is not withdrawn. */
function* endsOf(lanes: readonly OwnLane[]): Iterable<Event> {
  for (const { entries, n, isWithdrawn } of lanes) {
    const event = entries.get(n)?.event
    if (event && !isWithdrawn) yield event
  }
}
