/**
 * What is stored of lanes, by n: headers with their signatures, and bodies. A run that came whole at the end of its lane
 * lies in one value under its last n (run-record.ts); everything else event by event. Where something of a stored run
 * changes it is taken apart, and its events lie one by one from then on.
 */
import { concat, equal } from '../wire/bytes.ts'
import type { Crypto } from '../wire/crypto.ts'
import { decodeHeader, type Event, HEADER_BYTES, idOf, type VerifiedRun } from '../wire/event.ts'
import type { EventId } from '../wire/ids.ts'
import { RUN_EVENTS_MAX } from '../wire/limits.ts'
import { bodyKey, eventKey } from './keys.ts'
import type { LaneTable } from './lane-table.ts'
import { isSameLane, type Lane, type LaneName } from './lanes.ts'
import { bodyIn, countIn, packRecord, readStored, type StoredRun, withBody } from './run-record.ts'
import type { Unwritten } from './unwritten.ts'

/** One stored event without its body. */
export interface StoredHeader {
  readonly header: Uint8Array
  /** Where it is known. */
  readonly id: EventId | undefined
  /** Over this header, where one is known. */
  readonly signature: Uint8Array | undefined
  /** It lies in a stored run, whose end is signed. */
  readonly isInRun: boolean
}

/** A value found: the stored run of `last`, or an event alone. */
interface Found extends StoredRun {
  readonly of: LaneName
  readonly value: Uint8Array
  readonly first: number
  readonly last: number
}

export class LaneRecords {
  readonly #crypto: Crypto
  readonly #values: Unwritten
  readonly #table: LaneTable
  readonly #apart: (headers: readonly Uint8Array[]) => void
  /** What was looked at last: lanes are read in order, and of an event first the header, then the body. */
  #latest: Found | undefined
  /** Keys of a lane under which nothing lies: where its runs are not known, many are looked at for each n. */
  #absent: { readonly of: LaneName; readonly from: number; readonly to: number } | undefined

  /** apart: the events with these headers lay in one value, and each lies in one of its own now. */
  constructor(
    crypto: Crypto,
    values: Unwritten,
    table: LaneTable,
    apart: (headers: readonly Uint8Array[]) => void,
  ) {
    this.#crypto = crypto
    this.#values = values
    this.#table = table
    this.#apart = apart
  }

  header(of: LaneName, n: number): StoredHeader | undefined {
    const found = this.#find(of, n)
    if (!found) return undefined
    return {
      header: found.headers[n - found.first]!,
      id: found.ids?.[n - found.first],
      signature: n === found.last ? found.signature : undefined,
      isInRun: found.bodies !== undefined,
    }
  }

  /** The event at n, whether it counts or not. */
  event(of: LaneName, n: number): Event | undefined {
    const stored = this.header(of, n)
    return stored && decodeHeader(this.#crypto, stored.header, stored.id)
  }

  idOf({ id, header }: Pick<StoredHeader, 'id' | 'header'>): EventId {
    return id ?? idOf(this.#crypto, header)
  }

  /** Id of a counted event; undefined beyond the lane's n, whatever headers are known there. */
  idAt(lane: Lane, n: number): EventId | undefined {
    if (n < 1 || n > lane.n) return undefined
    if (lane.n === n) return lane.id
    const stored = this.header(lane, n)
    return stored && this.idOf(stored)
  }

  /** The headers of the stored run in which n lies; undefined where it lies alone, or nowhere. */
  runAt(of: LaneName, n: number): readonly Uint8Array[] | undefined {
    const found = this.#find(of, n)
    return found?.bodies && found.headers
  }

  /** The body of this event, wherever it lies. */
  body(event: Pick<Event, 'room' | 'author' | 'lane' | 'n' | 'id' | 'header'>): Uint8Array | undefined {
    const body = this.#isLatest(event, event.n) ? undefined : this.#bodyInRun(event)
    if (body) return body
    const found = this.#find(event, event.n)
    if (found?.bodies && equal(found.headers[event.n - found.first]!, event.header))
      return found.bodies[event.n - found.first] ?? undefined
    return this.#values.get(bodyKey(event.id))
  }

  /** A run of several events with all their bodies, behind everything that is stored of its lane. */
  putRun(lane: Lane, run: VerifiedRun): void {
    const last = run.events[run.events.length - 1]!
    this.forget()
    lane.runs.push(last.n)
    this.#values.put(eventKey(last.room, last.author, last.lane, last.n), packRecord(run))
  }

  /** A run of one event, behind everything that is stored of its lane. */
  putAlone(event: Event, signature: Uint8Array, body: Uint8Array): void {
    this.forget()
    this.#values.put(eventKey(event.room, event.author, event.lane, event.n), concat(event.header, signature))
    this.#values.put(bodyKey(event.id), body)
  }

  putHeader(event: Event, signature: Uint8Array | undefined): void {
    this.#takeApart(event, event.n)
    const value = signature ? concat(event.header, signature) : event.header
    this.forget()
    this.#values.put(eventKey(event.room, event.author, event.lane, event.n), value)
  }

  putBody(event: Event, body: Uint8Array): void {
    const found = this.#find(event, event.n)
    if (found?.bodies) this.#replaceBody(found, event.n, body)
    else this.#values.put(bodyKey(event.id), body)
  }

  /** Takes a body away; n: where its event lies, or would. id: its event. */
  dropBody(of: LaneName, n: number, id: EventId): void {
    this.#dropAlone(id)
    const found = this.#find(of, n)
    if (!found?.bodies || idOf(this.#crypto, found.headers[n - found.first]!) !== id) return
    this.#replaceBody(found, n, null)
    this.#values.erased(eventKey(of.room, of.author, of.lane, found.last))
  }

  /** Takes the event at n away, header and body. */
  remove(of: LaneName, n: number): void {
    this.#takeApart(of, n)
    const key = eventKey(of.room, of.author, of.lane, n)
    const value = this.#values.get(key)
    this.forget()
    this.#values.del(key)
    if (value) this.#dropAlone(idOf(this.#crypto, value.subarray(0, HEADER_BYTES)))
  }

  /** A body that lies under its id. */
  #dropAlone(id: EventId): void {
    this.#values.del(bodyKey(id))
    this.#values.erased(bodyKey(id))
  }

  /** What is written by others, or was replaced, is read anew. */
  forget(): void {
    this.#latest = undefined
    this.#absent = undefined
  }

  #find(of: LaneName, n: number): Found | undefined {
    const { room, author, lane } = of
    if (this.#isLatest(of, n)) return this.#latest
    let isEmpty = true
    for (const last of this.#placesOf(of, n)) {
      const value = this.#values.get(eventKey(room, author, lane, last))
      const stored = value && readStored(this.#crypto, value)
      if (!stored) continue
      isEmpty = false
      const first = last - stored.headers.length + 1
      if (first > n) continue
      const found = { of: { room, author, lane }, value, first, last, ...stored }
      this.#latest = found
      return found
    }
    if (isEmpty && !this.#isKnown(of))
      this.#absent = { of: { room, author, lane }, from: n, to: n + RUN_EVENTS_MAX }
    return undefined
  }

  #isLatest(of: LaneName, n: number): boolean {
    const latest = this.#latest
    return latest !== undefined && n >= latest.first && n <= latest.last && isSameLane(latest.of, of)
  }

  /** Is it known where the lane's runs lie? */
  #isKnown(of: LaneName): boolean {
    return (this.#table.get(of)?.top ?? Number.POSITIVE_INFINITY) !== Number.POSITIVE_INFINITY
  }

  /** The keys under which n may lie. */
  *#placesOf(of: LaneName, n: number): Iterable<number> {
    const lane = this.#table.get(of)
    if (lane && lane.top < n) return
    if (lane && lane.top !== Number.POSITIVE_INFINITY) {
      const end = lane.runs[indexOf(lane.runs, n)]
      if (end !== undefined && end - n < RUN_EVENTS_MAX) yield end
      if (end !== n) yield n
      return
    }
    // Where the runs lie is not known yet.
    const absent = this.#absent && isSameLane(this.#absent.of, of) ? this.#absent : undefined
    for (let last = n; last < n + RUN_EVENTS_MAX; last++)
      if (!absent || last < absent.from || last >= absent.to) yield last
  }

  #replaceBody({ of, last, first, value }: Found, n: number, body: Uint8Array | null) {
    this.#values.put(eventKey(of.room, of.author, of.lane, last), withBody(value, n - first, body))
    this.forget()
  }

  /** Where its run says so at once: of those who read in the order of a room, each event may lie in another run. */
  #bodyInRun(event: Pick<Event, 'room' | 'author' | 'lane' | 'n' | 'header'>): Uint8Array | undefined {
    const { room, author, lane, n } = event
    for (const last of this.#placesOf(event, n)) {
      const value = this.#values.get(eventKey(room, author, lane, last))
      const index = value ? countIn(value) - 1 - (last - n) : -1
      if (value && index >= 0) return bodyIn(value, index, event)
    }
    return undefined
  }

  /** Where n lies in a stored run, its events are stored one by one. */
  #takeApart(of: LaneName, n: number): void {
    const found = this.#find(of, n)
    if (!found?.bodies) return
    this.forget()
    const runs = this.#table.get(of)?.runs ?? []
    const index = indexOf(runs, found.last)
    if (runs[index] === found.last) runs.splice(index, 1)
    const { room, author, lane } = found.of
    // Its bodies lie elsewhere from now on, and may be deleted there.
    this.#values.erased(eventKey(room, author, lane, found.last))
    for (const [i, header] of found.headers.entries()) {
      const at = found.first + i
      const isEnd = at === found.last
      this.#values.put(eventKey(room, author, lane, at), isEnd ? concat(header, found.signature!) : header)
      const body = found.bodies[i]
      if (body) this.#values.put(bodyKey(idOf(this.#crypto, header)), body)
    }
    this.#apart(found.headers)
  }
}

/** Index of the least end that is not below n. */
function indexOf(ends: readonly number[], n: number): number {
  let [low, high] = [0, ends.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (ends[middle]! < n) low = middle + 1
    else high = middle
  }
  return low
}
