/**
 * Counting: events that have come to count here, wherever they are from. They go to the disk, into the views and the search
 * index, and are told.
 */
import { type Event, isControlLane, type Tombstone, type VerifiedRun } from '../wire/event.ts'
import type { PersonKey, RoomId } from '../wire/ids.ts'
import type { Display } from './display.ts'
import type { Durable } from './durable.ts'
import type { Lane } from './lanes.ts'
import type { Markers } from './markers.ts'
import type { Replica } from './replica.ts'
import type { IndexPace } from './search/pace.ts'
import type { SearchIndex } from './search/search-index.ts'
import type { Views } from './views.ts'
import { isErased } from './wanted-bodies.ts'
import type { Writes } from './writes.ts'

export interface CountingPorts {
  readonly self: PersonKey
  readonly replica: Replica
  readonly views: Views
  readonly display: Display
  readonly durable: Durable
  readonly writes: Writes
  readonly search: SearchIndex
  readonly indexPace: IndexPace
  readonly markers: Markers
  /** Monotonic ms. */
  now(): number
  /** Does anybody listen to what others write? */
  isHeard(): boolean
  /** Does this node acknowledge what it holds? */
  isAnswerable(): boolean
  /** What was read ahead of the rooms' last lines may read otherwise now. */
  changed(): void
  /** What counts in a room may have changed. just: these control events are all. */
  roomChanged(room: RoomId, just?: readonly Event[]): void
  /** These count, and are content. */
  came(events: readonly Event[]): void
  /** A control event counts. */
  counted(event: Event): void
  /** These count under the own key, and were not written just now. */
  cameAsOwn(events: readonly Event[]): void
}

export class Counting {
  readonly #ports: CountingPorts
  #taken = 0
  /** Control events of which nothing is made yet, by room. */
  #due = new Map<RoomId, Event[]>()

  constructor(ports: CountingPorts) {
    this.#ports = ports
  }

  /** Events that have come to count in this process. */
  get taken(): number {
    return this.#taken
  }

  /** A run was added; `settle` is to follow. before: n of its lane before. events: what counts now and did not. */
  grew(run: VerifiedRun, before: number, events: readonly Event[]): void {
    const { replica, indexPace, search, isHeard, now } = this.#ports
    const first = run.events[0]!
    const lane = replica.lane(first.room, first.author, first.lane)!
    if (lane.n > before) this.#write(lane, before)
    if (events.length === 0) return
    if (isHeard() && !indexPace.isBusy(now())) search.took(lane, run.events, run.bodies)
    this.#laneGrew(first, events)
  }

  /** The next batch carries it, synced where somebody relies on it. */
  #write(lane: Lane, before: number): void {
    const { self, durable, writes, views, isAnswerable } = this.#ports
    durable.grew(lane, before)
    writes.needSync(isAnswerable() || views.isOfTalk(lane.room, self))
  }

  /** These events of one lane, which is that of the first, count now and did not. */
  #laneGrew({ room, author, lane }: Event, events: readonly Event[]): void {
    const { self, views, markers, changed, came } = this.#ports
    this.#taken += events.length
    changed()
    if (!isControlLane(lane)) {
      if (author !== self) markers.grew(room, author)
      came(events)
      return
    }
    for (const event of events) views.add(event)
    const due = this.#due.get(room)
    if (due) for (const event of events) due.push(event)
    else this.#due.set(room, [...events])
  }

  /**
   * Makes of the control events that came to count what is to be made of them: once for all that come together, since each time
   * the room may be weighed anew with all that was there before. Whoever decides by what was made of them calls it before.
   */
  settle(): void {
    const { roomChanged, counted } = this.#ports
    while (this.#due.size > 0) {
      const due = this.#due
      this.#due = new Map()
      for (const [room, events] of due) roomChanged(room, events)
      for (const events of due.values()) for (const event of events) counted(event)
    }
  }

  /** Its author deletes an event: what was held back behind it is shown now. False where it is nothing new. */
  deleted(tombstone: Tombstone): boolean {
    const { replica, display } = this.#ports
    const { room, author, lane: id } = tombstone
    const fresh: Event[] = []
    const before = replica.lane(room, author, id)?.n ?? 0
    const isNew = replica.delete(tombstone, fresh)
    const lane = replica.lane(room, author, id)
    if (lane && lane.n > before) this.#write(lane, before)
    display.arrived(fresh)
    return isNew
  }

  /** What stands behind holes that need not be filled any more, in whatever lanes, counts and is told. */
  takeFreed(): void {
    const { self, replica, durable, writes, display, isAnswerable, cameAsOwn } = this.#ports
    for (let freed = replica.takeFreed(); freed.length > 0; freed = replica.takeFreed()) {
      const lanes = new Map<Lane, Event[]>()
      for (const event of freed) {
        const lane = replica.lane(event.room, event.author, event.lane)
        if (!lane) continue
        const events = lanes.get(lane)
        if (events) events.push(event)
        else lanes.set(lane, [event])
      }
      for (const [lane, events] of lanes) {
        const first = events[0]!
        durable.grew(lane, first.n - 1)
        this.#laneGrew(first, events)
      }
      writes.needSync(isAnswerable())
      display.arrived(freed)
      cameAsOwn(freed.filter(({ author }) => author === self))
    }
  }

  /** Bodies that were missing, with which their events are shown, or open others. */
  takeFilled(): void {
    const { replica, views, display, search, changed, roomChanged } = this.#ports
    const filled = replica.bare.takeFilled()
    if (filled.length === 0) return
    changed()
    for (const event of filled) if (isControlLane(event.lane)) views.add(event)
    for (const room of new Set(filled.map((event) => event.room))) roomChanged(room)
    const content = filled.filter(({ lane }) => !isControlLane(lane))
    for (const event of content) search.filled(event)
    // Gone from here by a word that counts still: it came along with others, and no week begins anew for it.
    for (const event of content) {
      const view = views.room(event.room)
      if (view && isErased(event, view)) replica.eraseBody(event)
    }
    display.arrived(content)
  }
}
