/**
 * Outbox: own events until they are known to be safe elsewhere (rules AK-1, AK-5 to AK-9).
 *
 *   sent -> stored -> replicated (-> delivered)      states never go back
 *
 * A new hub is offered every lane that is not known to be stored: it acknowledges or pulls. What is written after that
 * is posted under the hub's credit; a hub has nobody to post to, and offers its own to whoever confirms them. What stays
 * without an answer is offered again. Pure: time is an input, frames go out through a port.
 */
import { concat, fromHex } from '../wire/bytes.ts'
import { type Event, isControlLane, packRun, type VerifiedRun } from '../wire/event.ts'
import type { Frame } from '../wire/frames.ts'
import type { EventId, LaneId, PersonKey, RoomId } from '../wire/ids.ts'
import { packEntry } from './lanes.ts'

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
}

interface OwnLane {
  readonly room: RoomId
  readonly lane: LaneId
  readonly entries: Map<number, Entry>
  n: number
  id: EventId
  /** It would not count now (the room is deleted, its author banned): neither offered nor waited for. */
  isWithdrawn: boolean
}

/** No credit and no acknowledgement for this long: offer again. */
const OFFER_AGAIN_MS = 2000
/** Acknowledged events are dropped from memory beyond this many per lane: sync sees to the rest. */
const KEPT_MAX = 256

export interface Told {
  readonly event: Event
  readonly state: Exclude<AckState, 'sent'>
  readonly copies: number
  readonly alone: boolean
}

export class Outbox {
  readonly #send: (frame: Frame) => void
  readonly #tell: (told: Told) => void
  readonly #lanes = new Map<string, OwnLane>()
  /** Runs not yet posted to the present hub, in order. */
  #queue: VerifiedRun[] = []
  #credit = 0
  #latest: Entry | undefined
  /** no: there is no hub. posts: to the hub. offers: this node is the hub. */
  #mode: 'no' | 'posts' | 'offers' = 'no'
  /** When the hub last showed that it goes on, or was last offered something; monotonic ms. */
  #heardAt = 0
  /** Entries in state sent, those of withdrawn lanes left out. */
  #unstored = 0

  constructor(send: (frame: Frame) => void, tell: (told: Told) => void) {
    this.#send = send
    this.#tell = tell
  }

  /** Own events that nobody else is known to hold, and that were not written alone. */
  get unstored(): number {
    return this.#unstored
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

  /** Adds an own run that is on disk. isSaid: its states are told. */
  add(run: VerifiedRun, isSaid: boolean): void {
    const first = run.events[0]!
    const name = first.room + first.lane
    let lane = this.#lanes.get(name)
    if (!lane) {
      lane = {
        room: first.room,
        lane: first.lane,
        entries: new Map(),
        n: 0,
        id: first.prev,
        isWithdrawn: false,
      }
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
      }
      lane.entries.set(event.n, entry)
      if (isSaid) this.#latest = entry
      lane.n = event.n
      lane.id = event.id
      if (!lane.isWithdrawn) this.#unstored++
    }
    if (this.#mode !== 'posts' || lane.isWithdrawn) return
    this.#queue.push(run)
    this.#flush()
  }

  /** A hub is followed (posts), or this node is one (offers): offer what is not known to be stored. now: monotonic ms. */
  linked(now: number, mode: 'posts' | 'offers'): void {
    this.#mode = mode
    this.#credit = 0
    this.#queue = []
    this.#offer(now)
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
    this.#flush()
  }

  /** What this author writes in the room does not count any more, or counts again: content that is not stored yet. */
  withdraw(room: RoomId, isWithdrawn: boolean): void {
    for (const lane of this.#lanes.values()) {
      if (lane.room !== room || isControlLane(lane.lane) || lane.isWithdrawn === isWithdrawn) continue
      lane.isWithdrawn = isWithdrawn
      for (const entry of lane.entries.values())
        if (entry.state === 'sent') this.#unstored += isWithdrawn ? -1 : 1
    }
    if (isWithdrawn)
      this.#queue = this.#queue.filter(
        ({ events: [first] }) => first!.room !== room || isControlLane(first!.lane),
      )
  }

  #flush(): void {
    while (this.#queue.length > 0 && this.#queue[0]!.events.length <= this.#credit) {
      const run = this.#queue.shift()!
      this.#credit -= run.events.length
      this.#send({ type: 'post', run: packRun(run) })
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

  #offer(now: number): void {
    this.#heardAt = now
    const byRoom = new Map<RoomId, Uint8Array[]>()
    for (const { room, lane, entries, n, id, isWithdrawn } of this.#lanes.values()) {
      if (isWithdrawn) continue
      const entry = entries.get(n)
      const isOpen = [...entries.values()].some(
        (each) => each.state === 'sent' || (each.alone && each.storedBy === undefined),
      )
      if (!entry || !isOpen) continue
      const packed = packEntry({
        author: entry.event.author,
        lane,
        n,
        id8: id.slice(0, 16),
        forkAt: 0,
        xor8: '0'.repeat(16),
      })
      byRoom.set(room, [...(byRoom.get(room) ?? []), packed])
    }
    for (const [room, entries] of byRoom)
      this.#send({ type: 'offer', room: fromHex(room), entries: concat(...entries.slice(0, 512)) })
  }

  /** `by` says that it has the lane up to n on disk. now: monotonic ms. */
  stored(by: PersonKey, room: RoomId, laneId: LaneId, n: number, now: number): void {
    const lane = this.#lanes.get(room + laneId)
    if (!lane) return
    this.#heardAt = now
    for (const entry of lane.entries.values()) {
      if (entry.event.n > n || entry.storedBy !== undefined) continue
      entry.storedBy = by
      if (entry.state === 'sent') this.#advance(lane, entry, 'stored')
    }
    this.#forget(lane)
  }

  /** Nobody else is here: own disk is all there is. Said once; offered again when somebody comes. */
  alone(): void {
    for (const lane of this.#lanes.values())
      for (const entry of lane.entries.values()) {
        if (entry.state !== 'sent' || lane.isWithdrawn) continue
        entry.alone = true
        this.#advance(lane, entry, 'stored')
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

  #advance(lane: OwnLane, entry: Entry, state: 'stored' | 'replicated'): void {
    if (entry.state === 'sent' && !lane.isWithdrawn) this.#unstored--
    entry.state = state
    if (!entry.isSaid) return
    const copies = copiesOf(entry)
    this.#tell({ event: entry.event, state, copies, alone: copies === 0 })
  }

  #forget(lane: OwnLane): void {
    for (const [n, entry] of lane.entries) {
      if (lane.entries.size <= KEPT_MAX) return
      if (entry.state !== 'sent') lane.entries.delete(n)
      else return
    }
  }
}

const copiesOf = (entry: Entry): number => holdersOf(entry).size

function holdersOf(entry: Entry): ReadonlySet<PersonKey> {
  const others = new Set(entry.witnesses)
  if (entry.storedBy !== undefined) others.add(entry.storedBy)
  return others
}
