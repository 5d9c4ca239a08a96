/**
 * The indexes of the store: by what events are found without reading their lanes. Where each lies by its id, content in
 * display order, and which are control events. They follow from the events: a scan makes anew what is wrong in them.
 */
import type { Crypto } from '../wire/crypto.ts'
import { decodeHeader, type Event, isControlLane } from '../wire/event.ts'
import type { EventId } from '../wire/ids.ts'
import { orderEntries } from './display-order.ts'
import { type IdIndex, SEGMENT_EVENTS } from './id-index.ts'
import { controlEntry, entriesTogether, mendIndexes, placeOf, type Together } from './index-check.ts'
import { placeKey } from './keys.ts'
import type { LaneHints } from './lane-hints.ts'
import type { LaneRecords } from './lane-records.ts'
import type { LaneTable } from './lane-table.ts'
import { isSameLane, type Lane } from './lanes.ts'
import type { Store } from './store.ts'
import type { Unwritten } from './unwritten.ts'

/** Events whose ids are read at once, when somebody asks for one: those that came last, and some that a scan had begun with. */
const ENDS_MAX = 2 * SEGMENT_EVENTS

export interface IndexesPorts {
  readonly crypto: Crypto
  readonly store: Pick<Store, 'scan'>
  readonly unwritten: Unwritten
  readonly table: LaneTable
  readonly records: LaneRecords
  readonly ids: IdIndex
  readonly hints: LaneHints
}

export class Indexes {
  readonly #crypto: Crypto
  readonly #store: Pick<Store, 'scan'>
  readonly #unwritten: Unwritten
  readonly #table: LaneTable
  readonly #records: LaneRecords
  readonly #ids: IdIndex
  readonly #hints: LaneHints
  /** What no segment of ids has of what was stored at the start is in memory. */
  #areEndsNoted = true

  constructor({ crypto, store, unwritten, table, records, ids, hints }: IndexesPorts) {
    this.#crypto = crypto
    this.#store = store
    this.#unwritten = unwritten
    this.#table = table
    this.#records = records
    this.#ids = ids
    this.#hints = hints
  }

  /** segments: the most segments of ids that a hint relies on. */
  async load(segments: number): Promise<void> {
    await this.#ids.load(segments)
    this.#areEndsNoted = false
  }

  // --- entries ------------------------------------------------------------------------------------------------------

  /** An event that counts from now on. isInRun: it lies in a stored run, which has its place in display order as soon as it is written. */
  add(lane: Lane, event: Event, isInRun: boolean): void {
    this.noteId(lane, event.n, event.id)
    if (isControlLane(event.lane)) {
      const { key, value } = controlEntry(event)
      this.#unwritten.put(key, value)
    } else if (!isInRun) this.order([event])
  }

  /** The place in display order of content events that lie in one value. */
  order(events: readonly Event[]): void {
    for (const { key, value } of orderEntries(events)) this.#unwritten.put(key, value)
  }

  /** The events with these headers are no stored run any more: each has a place of its own in display order. */
  orderApart(headers: readonly Uint8Array[]): void {
    const events = headers.map((header) => decodeHeader(this.#crypto, header))
    const first = events[0]!
    if (isControlLane(first.lane)) return
    for (const { key } of orderEntries(events)) this.#unwritten.del(key)
    const n = this.#table.get(first)?.n ?? 0
    for (const event of events) if (event.n <= n) this.order([event])
  }

  /** An event that lies alone is erased. */
  erase(event: Event): void {
    for (const { key } of entriesTogether({ events: [event], counted: [event] })) this.#unwritten.del(key)
  }

  // --- by id --------------------------------------------------------------------------------------------------------

  /** The event with this id, where it is held. */
  find(id: EventId): Event | undefined {
    const event = this.#findNoted(id)
    if (event || this.#areEndsNoted) return event
    // Until somebody asks for one of them, or the scan comes by, a start need not wait for these.
    this.noteEnds(ENDS_MAX)
    return this.#findNoted(id)
  }

  #findNoted(id: EventId): Event | undefined {
    for (const place of this.#ids.places(id)) {
      const event = this.#records.event(place, place.n)
      // Another event may lie there, or have taken its place since.
      if (event?.id === id) return event
    }
    // A store of before that no scan has been through yet.
    const at = this.#unwritten.get(placeKey(id))
    const place = at && placeOf(at)
    const event = place && this.#records.event(place, place.n)
    return event?.id === id ? event : undefined
  }

  noteId(lane: Lane, n: number, id: EventId): void {
    if (this.#ids.isFull) this.#flushIds()
    this.#ids.add(lane, n, id)
  }

  /** Other events may come behind n than were there before. */
  cut(lane: Lane, n: number): void {
    this.#ids.cut(lane, n)
  }

  hasId(lane: Lane, n: number): boolean {
    return this.#ids.covers(lane, n)
  }

  #flushIds(): void {
    const { ops, lanes } = this.#ids.flush()
    this.#unwritten.apply(ops)
    // A lane may have been erased meanwhile.
    for (const lane of lanes) if (this.#table.get(lane) === lane) this.#hints.put(lane)
  }

  /** Events that are in no segment, by the hints. Where they are many the store is one of before, or its segments are made anew: by the scan. */
  noteEnds(max: number): void {
    this.#areEndsNoted = true
    const lanes = [...this.#table.all()].filter((lane) => lane.n > lane.indexed)
    const events = lanes.reduce((sum, lane) => sum + lane.n - lane.indexed, 0)
    if (events > max) return
    for (const lane of lanes)
      for (let n = lane.indexed + 1; n <= lane.n; n++) {
        const id = this.hasId(lane, n) ? undefined : this.#records.idAt(lane, n)
        if (id !== undefined) this.noteId(lane, n, id)
      }
  }

  // --- made anew ----------------------------------------------------------------------------------------------------

  /** Where the segments of ids are wrong all ids are to be noted from now on, then idsRenewed. True where they are. */
  async renewIds(): Promise<boolean> {
    let events = 0
    for (const { n } of this.#table.all()) events += n
    const isDue = await this.#ids.isToRenew(events, this.#table.all())
    if (isDue) this.#ids.renew(this.#table.all())
    return isDue
  }

  async idsRenewed(): Promise<void> {
    this.#flushIds()
    // Those that grew meanwhile: what their hints said was of segments that are gone.
    for (const lane of this.#table.all()) if (lane.indexed < lane.n) this.#hints.put(lane)
    this.#unwritten.apply(this.#ids.renewed())
    for await (const op of this.#ids.left()) this.#unwritten.apply([op])
  }

  /** What the others lack, and have too much, is mended. Returns the events that one of them did not have. */
  mend(): Promise<Event[]> {
    return mendIndexes({
      get: (key) => this.#unwritten.get(key),
      put: (key, value) => this.#unwritten.put(key, value),
      del: (key) => this.#unwritten.del(key),
      scan: (range) => this.#store.scan(range),
      together: (at) => this.#together(at),
    })
  }

  /** What lies in one value with the event at this place: nothing where another event, or none that counts, lies there. */
  #together(at: Pick<Event, 'room' | 'author' | 'lane' | 'n'>): Together {
    const end = this.#table.get(at)?.n ?? 0
    const headers = this.#records.runAt(at, at.n)
    const alone = headers || at.n > end ? undefined : this.#records.header(at, at.n)?.header
    const all = (headers ?? (alone ? [alone] : [])).map((header) => decodeHeader(this.#crypto, header))
    const events = all.filter((event) => isSameLane(event, at))
    return { events, counted: events.filter((event) => event.n <= end) }
  }
}
