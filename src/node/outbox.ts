/**
 * Outbox: own events until they are known to be safe elsewhere (rules AK-1, AK-5 to AK-9).
 *
 *   sent -> stored -> replicated (-> delivered)      states never go back
 *
 * A new hub is offered every lane that is not known to be stored: it acknowledges or pulls. What is written after that
 * is posted under the hub's credit. Pure: time is an input, frames go out through a port.
 */
import { concat, fromHex } from '../wire/bytes.ts'
import { type Event, packRun, type VerifiedRun } from '../wire/event.ts'
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
}

/** Nothing heard of an offer or post for this long: offer again. */
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
  #isLinked = false
  #offeredAt = 0
  #unstored = 0

  constructor(send: (frame: Frame) => void, tell: (told: Told) => void) {
    this.#send = send
    this.#tell = tell
  }

  /** Own events that nobody else is known to hold, and that were not written alone. */
  get unstored(): number {
    return this.#unstored
  }

  /** Other devices known to hold the latest own message; undefined where nothing was said in this run. */
  get latestCopies(): number | undefined {
    return this.#latest && copiesOf(this.#latest)
  }

  /** Adds an own run that is on disk. isSaid: its states are told. */
  add(run: VerifiedRun, isSaid: boolean): void {
    const first = run.events[0]!
    const name = first.room + first.lane
    let lane = this.#lanes.get(name)
    if (!lane) {
      lane = { room: first.room, lane: first.lane, entries: new Map(), n: 0, id: first.prev }
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
      this.#unstored++
    }
    if (!this.#isLinked) return
    this.#queue.push(run)
    this.#flush()
  }

  /** A hub is followed: offer what is not known to be stored. */
  linked(now: number): void {
    this.#isLinked = true
    this.#credit = 0
    this.#queue = []
    this.#offer(now)
  }

  unlinked(): void {
    this.#isLinked = false
    this.#queue = []
    this.#credit = 0
  }

  credit(events: number): void {
    this.#credit += events
    this.#flush()
  }

  #flush(): void {
    while (this.#queue.length > 0 && this.#queue[0]!.events.length <= this.#credit) {
      const run = this.#queue.shift()!
      this.#credit -= run.events.length
      this.#send({ type: 'post', run: packRun(run) })
    }
  }

  /** now: monotonic ms. What was offered or posted and not acknowledged for a while is offered again. */
  tick(now: number): void {
    if (
      this.#isLinked &&
      this.#queue.length === 0 &&
      this.#unstored > 0 &&
      now - this.#offeredAt >= OFFER_AGAIN_MS
    )
      this.#offer(now)
  }

  /** As hub, line[0] is offered what it has not confirmed. */
  offerAgain(now: number): void {
    if (this.#isLinked) this.#offer(now)
  }

  #offer(now: number): void {
    this.#offeredAt = now
    const byRoom = new Map<RoomId, Uint8Array[]>()
    for (const { room, lane, entries, n, id } of this.#lanes.values()) {
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

  /** `by` says that it has the lane up to n on disk. */
  stored(by: PersonKey, room: RoomId, laneId: LaneId, n: number): void {
    const lane = this.#lanes.get(room + laneId)
    if (!lane) return
    for (const entry of lane.entries.values()) {
      if (entry.event.n > n || entry.storedBy !== undefined) continue
      entry.storedBy = by
      if (entry.state !== 'sent') continue
      this.#unstored--
      this.#advance(entry, 'stored')
    }
    this.#forget(lane)
  }

  /** Nobody else is here: own disk is all there is. Said once; offered again when somebody comes. */
  alone(): void {
    for (const lane of this.#lanes.values())
      for (const entry of lane.entries.values()) {
        if (entry.state !== 'sent') continue
        entry.alone = true
        this.#unstored--
        this.#advance(entry, 'stored')
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
        this.#unstored--
        this.#advance(entry, 'stored')
      }
      if (entry.witnesses.size >= 2 && entry.state === 'stored') this.#advance(entry, 'replicated')
      if (!entry.delivered && isAddressee(room, by)) {
        entry.delivered = true
        if (entry.isSaid)
          this.#tell({ event: entry.event, state: 'delivered', copies: copiesOf(entry), alone: false })
      }
    }
    this.#forget(lane)
  }

  #advance(entry: Entry, state: 'stored' | 'replicated'): void {
    entry.state = state
    if (!entry.isSaid) return
    this.#tell({
      event: entry.event,
      state,
      copies: copiesOf(entry),
      alone: entry.alone && entry.storedBy === undefined,
    })
  }

  #forget(lane: OwnLane): void {
    for (const [n, entry] of lane.entries) {
      if (lane.entries.size <= KEPT_MAX) return
      if (entry.state !== 'sent') lane.entries.delete(n)
      else return
    }
  }
}

function copiesOf(entry: Entry): number {
  const others = new Set(entry.witnesses)
  if (entry.storedBy !== undefined) others.add(entry.storedBy)
  return others.size
}
