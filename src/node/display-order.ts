/**
 * Display order on disk: (t, author, id), by room. An entry stands for a stretch of a lane: events of one stored run whose
 * times lie close together, under the latest of these times; an event that is stored alone has an entry of its own. So
 * whoever reads in order keeps an event until no entry is left that may bring one that belongs before it.
 *
 *   o room t author lane n    count1 spread2: of the events up to n; spread: ms from the earliest of their times to t
 *   o room t author id        empty: one event, in stores written before there were stretches; the scan replaces them
 */
import type { Event } from '../wire/event.ts'
import type { EventId, LaneId, PersonKey, RoomId } from '../wire/ids.ts'
import { TIME_MAX } from '../wire/limits.ts'
import { orderKey, soleOrderKey, time12 } from './keys.ts'
import type { Replica } from './replica.ts'
import type { Store } from './store.ts'

/** An entry of an index. */
export interface Entry {
  readonly key: string
  readonly value: Uint8Array
}

/** Sorts after every digit of hex. */
export const ABOVE_HEX = 'g'

/**
 * Times in one stretch lie at most this far apart: a reader keeps what a room got in that time, and reads so far beyond its
 * range. What was written at one moment, as runs are, lies closer together.
 */
export const SPREAD_MS_MAX = 1000

/** Entries read at a time, each of a whole run perhaps: others get their turn after some ms. */
export const ENTRIES_PAGE_MAX = 32

/** An opaque string whose sort order is display order: t as 12 hex digits, author, id (rule TL-1). */
export const orderOf = (event: Pick<Event, 't' | 'author' | 'id'>): string =>
  `${time12(event.t)}${event.author}${event.id}`

/** t of an order. */
export const timeOf = (order: string): number => Number.parseInt(order.slice(0, 12), 16)

/** The entries of content events that lie in one value, in order of n. */
export function orderEntries(events: readonly Event[]): Entry[] {
  const entries: Entry[] = []
  for (let first = 0; first < events.length; ) {
    let earliest = events[first]!.t
    let latest = earliest
    let end = first + 1
    for (; end < events.length; end++) {
      const { t } = events[end]!
      if (Math.max(latest, t) - Math.min(earliest, t) > SPREAD_MS_MAX) break
      earliest = Math.min(earliest, t)
      latest = Math.max(latest, t)
    }
    const { room, author, lane, n } = events[end - 1]!
    const spread = latest - earliest
    const value = Uint8Array.of(end - first, spread >> 8, spread & 0xff)
    entries.push({ key: orderKey(room, latest, author, lane, n), value })
    first = end
  }
  return entries
}

const T_AT = 33
const AUTHOR_AT = 45
const LANE_AT = 109
const N_AT = 125
const KEY_LENGTH = 133
const SOLE_KEY_LENGTH = 173
const ID_AT = 109

/** A key as stores had them before; undefined for those of today. */
export const isSole = (key: string): boolean => key.length === SOLE_KEY_LENGTH

/** The last event of a stretch; undefined for what is no such key. */
export function stretchEnd(key: string): Pick<Event, 'room' | 'author' | 'lane' | 'n'> | undefined {
  if (key.length !== KEY_LENGTH) return undefined
  return {
    room: key.slice(1, T_AT) as RoomId,
    author: key.slice(AUTHOR_AT, LANE_AT) as PersonKey,
    lane: key.slice(LANE_AT, N_AT) as LaneId,
    n: Number.parseInt(key.slice(N_AT), 16),
  }
}

/** The entry that an event had before there were stretches. */
export const soleOrderKeyOf = ({ room, t, author, id }: Event): string => soleOrderKey(room, t, author, id)

type Events = Pick<Replica, 'event' | 'find'>

/** The events that an entry stands for, as far as they are held. */
export function eventsOf(replica: Events, key: string, value: Uint8Array): Event[] {
  const t = timeOf(key.slice(T_AT))
  const end = stretchEnd(key)
  const events: Event[] = []
  if (end) {
    const { room, author, lane, n } = end
    for (let at = Math.max(1, n - (value[0] ?? 1) + 1); at <= n; at++) {
      const event = replica.event(room, author, lane, at)
      if (event) events.push(event)
    }
  } else {
    const event = replica.find(key.slice(ID_AT) as EventId)
    if (event) events.push(event)
  }
  // Another event may have taken the place of one since; it has an entry of its own.
  return events.filter((event) => event.t <= t && event.t >= t - SPREAD_MS_MAX)
}

export interface OrderRange {
  /** An order, or the beginning of one: nothing before it. */
  readonly from?: string
  /** The same: nothing from there on. */
  readonly before?: string
  readonly reverse?: boolean
  /** Entries read at a time; no more than ENTRIES_PAGE_MAX. */
  readonly page?: number
}

export interface OrderSource {
  readonly store: Pick<Store, 'scan'>
  readonly replica: Events
}

/** Events of a room in display order, each once, as far as they are written. Rejects only where the store's scan does. */
export async function* eventsInOrder(
  { store, replica }: OrderSource,
  room: RoomId,
  { from = '', before = ABOVE_HEX, reverse = false, page = ENTRIES_PAGE_MAX }: OrderRange = {},
): AsyncGenerator<Event> {
  const waiting = new Waiting(reverse)
  const end = timeOf(before)
  const bounds = { from: `o${room}${from.slice(0, 12)}`, to: `o${room}${keysEnd(end)}` }
  for await (const [key, value] of store.scan({
    ...bounds,
    reverse,
    page: Math.min(page, ENTRIES_PAGE_MAX),
  })) {
    if (key.length !== KEY_LENGTH && !isSole(key)) continue
    const t = timeOf(key.slice(T_AT))
    yield* waiting.until(reverse ? t : t - SPREAD_MS_MAX)
    if (t - spreadOf(value) > end) continue
    for (const event of eventsOf(replica, key, value)) {
      const order = orderOf(event)
      if (order >= from && order < before) waiting.add(order, event)
    }
  }
  yield* waiting.until(reverse ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY)
}

const spreadOf = (value: Uint8Array): number => (value.length === 3 ? value[1]! * 256 + value[2]! : 0)

/** Where no key can stand for anything up to `end` any more. */
function keysEnd(end: number): string {
  const last = end + SPREAD_MS_MAX + 1
  return last <= TIME_MAX ? time12(last) : ABOVE_HEX
}

/** Events that others may still come before, as a heap: however many there are of one time, each costs a few steps. */
class Waiting {
  readonly #isReverse: boolean
  /** Each before the two at twice its place and one or two further. */
  readonly #heap: Waiter[] = []
  #latest: string | undefined

  constructor(isReverse: boolean) {
    this.#isReverse = isReverse
  }

  add(order: string, event: Event): void {
    const heap = this.#heap
    const added = { order, event }
    let at = heap.length
    while (at > 0) {
      const above = (at - 1) >> 1
      if (!this.#isBefore(added, heap[above]!)) break
      heap[at] = heap[above]!
      at = above
    }
    heap[at] = added
  }

  /** Those beyond this time, in the order that is asked for; what was added twice once. */
  *until(t: number): Iterable<Event> {
    while (this.#heap.length > 0) {
      const { order, event } = this.#heap[0]!
      if (this.#isReverse ? event.t <= t : event.t >= t) return
      this.#takeFirst()
      if (order !== this.#latest) yield event
      this.#latest = order
    }
  }

  #takeFirst(): void {
    const heap = this.#heap
    const moved = heap.pop()!
    if (heap.length === 0) return
    let at = 0
    for (;;) {
      let below = 2 * at + 1
      if (below + 1 < heap.length && this.#isBefore(heap[below + 1]!, heap[below]!)) below++
      if (below >= heap.length || !this.#isBefore(heap[below]!, moved)) break
      heap[at] = heap[below]!
      at = below
    }
    heap[at] = moved
  }

  #isBefore(a: Waiter, b: Waiter): boolean {
    return this.#isReverse ? a.order > b.order : a.order < b.order
  }
}

interface Waiter {
  readonly order: string
  readonly event: Event
}
