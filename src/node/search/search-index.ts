/**
 * The search index: which events of the store hold which words. It follows the store and decides nothing: whoever finds
 * something by it looks at the event itself, so what is deleted, hidden or edited is not found, whatever stands here.
 *
 *   a lane grows -> (later, a slice at a time) its events become docs in memory
 *                -> a few thousand docs -> (a slice at a time) a segment in the store, and with it how far each lane is in it
 *
 * After a start, what came since the last segment is read again. It costs nothing but time to lose: a damaged one is made
 * anew from the events. Words are written as numbers made with a secret of this device (term-numbers.ts).
 *
 * Keys of the store: `s` segments (segment.ts); `y` room author lane: generation4 n4 from4 to4, up to where a lane is
 * in the segments, and which part of it could not be read then (0: none); `u` target t12 id: kind1, a reaction to a message, `u`
 * target `ff` author t12 id: kind1, an edit of it, and `u` target alone where there is any; `msearch` (a fact): which segments there are.
 */
import { readUint, uint, utf8, writeUint } from '../../wire/bytes.ts'
import type { Crypto } from '../../wire/crypto.ts'
import { type Event, isControlLane, lanePeriod } from '../../wire/event.ts'
import { type EventId, eventId, NETWORK_ROOM, type RoomId, tagged } from '../../wire/ids.ts'
import { type BodyValue, kindNumber } from '../../wire/kinds.ts'
import { PERIOD_MS, TIME_MAX } from '../../wire/limits.ts'
import { textSpan } from '../../wire/plain-text.ts'
import { isPeriodErasable } from '../erasing.ts'
import { factKey } from '../keys.ts'
import type { Lane } from '../lanes.ts'
import type { Replica } from '../replica.ts'
import type { Store, StoreOp } from '../store.ts'
import { ByteText, READ_BYTES_MAX } from './byte-text.ts'
import { GatheredDocs, MARK, type Place } from './docs.ts'
import { authorTerm, FILE_TERM, LINK_TERM, REACTION_TERM, roomTerm } from './facets.ts'
import { aboutKey, aboutMark, notedAt } from './marks.ts'
import { Gathered, type Searchable, Segment, segmentKey } from './segment.ts'
import { TermNumbers } from './term-numbers.ts'
import { hasLink } from './words.ts'

/** Raised where words or files are made another way: an index of before is made anew. */
const FORMAT = 9
/** Docs of one segment, fewer where they are long: in memory until then, and read again after a start. */
export const SEGMENT_DOCS = 4096
/** What a lane of which nothing is new costs, in events. */
const LANE_COST = 0.25
/** What one value of a segment costs to pack, in events. */
const PART_COST = 8
/** Events that are tried of a part that could not be read, before all of it is. */
const PROBES = 16
/** Bytes of a text that cost as much to read as an event does beside it. */
const COST_BYTES = 512
const FACT = factKey('search')
const NOTHING = new Uint8Array(0)
const encoder = new TextEncoder()
const decoder = new TextDecoder()

const MESSAGE = kindNumber('message')
const EDIT = kindNumber('edit')
const REACTION = kindNumber('reaction')
const FILE = kindNumber('file')
const FOUND: ReadonlySet<number> = new Set([MESSAGE, EDIT, REACTION, FILE])

const placeKey = ({ room, author, lane }: Lane): string => `y${room}${author}${lane}`

export interface SearchPorts {
  readonly crypto: Crypto
  readonly seed: Uint8Array
  readonly replica: Replica
  readonly retentionMs: number
  get(key: string): Uint8Array | undefined
  /** Goes to the disk with the turn. */
  put(op: StoreOp): void
  /** The text of an event; null: it cannot be read (yet); undefined: it never will be. */
  read(event: Event, body: Uint8Array): BodyValue | null | undefined
  /** False where nothing of this room can be read here, so that it need not be tried. */
  isReadable(room: RoomId): boolean
  /** What is said in this room is not sealed. */
  isPlain(room: RoomId): boolean
}

/** What is written down of an event. */
type Said = Pick<Event, 'n' | 't' | 'at'>

/** Of one lane: the last n that was taken in, and the part that could not be read. */
interface Reach {
  n: number
  from: number
  to: number
}

interface Known {
  readonly format: number
  readonly generation: number
  readonly next: number
  readonly segments: readonly number[]
  /** That count no more and may still lie there. */
  readonly old: readonly number[]
}

/** A segment on its way to the disk. */
interface Packing {
  readonly gathered: Gathered
  readonly reached: ReadonlyMap<Lane, Reach>
  readonly number: number
  readonly parts: Iterator<readonly [number, Uint8Array] | undefined>
}

/** What is done with the index behind the turn, where the store can be scanned. */
export type IndexWork =
  /** It is to be as far as the store, or much further. */
  | { readonly catchesUp: true }
  /** What it holds of lanes that are erased by this time, ms, is to go. */
  | { readonly erasedBy: number }

export class SearchIndex {
  readonly numbers: TermNumbers
  readonly #ports: SearchPorts
  #known: Known
  /** Heads of segments, read at the first search. */
  readonly #opened = new Map<number, Segment>()
  /** The one written last: it may not be on its way to the disk yet. */
  #latest: { readonly number: number; readonly gathered: Gathered } | undefined
  readonly #text: ByteText
  /** Of a text that comes as a string. */
  readonly #bytes = new Uint8Array(READ_BYTES_MAX)
  #gathered = new Gathered(new GatheredDocs(SEGMENT_DOCS))
  #packing: Packing | undefined
  /** Given to searches, which may still look into them. */
  readonly #lent = new WeakSet<Gathered>()
  /** Not in use. */
  #spare: Gathered | undefined
  /** Lanes with docs in #gathered, and how far they are. */
  #touched = new Set<Lane>()
  #reach = new WeakMap<Lane, Reach>()
  /** Numbers of the author and the room of a place, by the object that was given. */
  readonly #placeNumbers = new WeakMap<Place, readonly number[]>()
  readonly #dirty = new Set<Lane>()
  /** Lanes of which a part could not be read, by room. */
  readonly #unread = new Map<RoomId, Set<Lane>>()
  /** Parts to be tried again. */
  readonly #again = new Set<Lane>()
  /** Walks over all lanes once after a start. undefined: not begun; null: done. */
  #walk: Iterator<Lane> | null | undefined

  constructor(ports: SearchPorts) {
    this.#ports = ports
    this.numbers = new TermNumbers(tagged(ports.crypto, 'lanchat/search/1', ports.seed))
    this.#text = new ByteText(this.numbers)
    this.#known = this.#readKnown()
  }

  #readKnown(): Known {
    const none = { format: FORMAT, generation: 1, next: 0, segments: [], old: [] }
    const bytes = this.#ports.get(FACT)
    try {
      const known = bytes && (JSON.parse(new TextDecoder().decode(bytes)) as Known)
      if (!known || !Array.isArray(known.segments)) return none
      const old = Array.isArray(known.old) ? known.old : []
      if (known.format === FORMAT) return { ...known, old }
      return {
        ...none,
        generation: known.generation + 1,
        next: known.next,
        old: [...old, ...known.segments],
      }
    } catch {
      return none
    }
  }

  // --- following --------------------------------------------------------------------------------------------------

  /** A content lane has grown, shrunk or lost something. */
  changed(lane: Lane): void {
    if (!isControlLane(lane.lane)) this.#dirty.add(lane)
  }

  /** Events that a lane has just gained, with their bodies at hand: taken in at once, as far as they follow what is. */
  took(lane: Lane, events: readonly Event[], bodies: readonly (Uint8Array | null)[]): void {
    if (isControlLane(lane.lane) || !this.#ports.isReadable(lane.room)) return
    const reach = this.#reachOf(lane)
    const isPlain = this.#ports.isPlain(lane.room)
    for (let k = 0; k < events.length; k++) {
      const event = events[k]!
      const body = bodies[k]
      if (event.n <= reach.n) continue
      if (event.n !== reach.n + 1 || event.n > lane.told || !body || !this.#hasRoom()) break
      if (!this.#takeIn(event, body, lane, isPlain)) this.#skip(lane, reach, event.n)
      reach.n++
      this.#touched.add(lane)
    }
    if (reach.n >= lane.told) this.#dirty.delete(lane)
  }

  /** The body of this event has come, which was not there when its lane was read. */
  filled({ room, author, lane: id, n }: Event): void {
    const lane = this.#ports.replica.lane(room, author, id)
    if (!lane || n > this.#reachOf(lane).n) return
    // From there once more, also after a start: the rest of the lane is read twice, and found once.
    const packed = this.#packing?.reached.get(lane)
    for (const reach of [this.#reachOf(lane), ...(packed ? [packed] : [])]) reach.n = Math.min(reach.n, n - 1)
    const stored = this.#storedReach(lane)
    if (stored && stored.n >= n) this.#putReach(lane, { ...stored, n: n - 1 })
    this.changed(lane)
  }

  /** What can be read in this room may have changed. */
  roomChanged(room: RoomId): void {
    // With a profile comes a key that keys of any room may have waited for.
    for (const each of room === NETWORK_ROOM ? this.#unread.keys() : [room])
      if (this.#ports.isReadable(each)) for (const lane of this.#unread.get(each) ?? []) this.#again.add(lane)
  }

  /** Takes up what is stored. Later calls do nothing. */
  begin(): void {
    if (this.#walk === undefined) this.#walk = this.#lanes()
  }

  /** Lanes were counted anew: each is looked at once more. */
  recount(): void {
    if (this.#walk !== undefined) this.#walk = this.#lanes()
  }

  /** The store is another one. */
  restart(): void {
    this.#known = this.#readKnown()
    this.#forget()
  }

  /** Those of the latest period first: a segment then holds what was said at about one time, and old ones are left alone. */
  *#lanes(): Iterator<Lane> {
    const byPeriod = new Map<number, Lane[]>()
    for (const lane of this.#contentLanes()) {
      const period = lanePeriod(lane.lane)
      const lanes = byPeriod.get(period)
      if (lanes) lanes.push(lane)
      else byPeriod.set(period, [lane])
    }
    for (const period of [...byPeriod.keys()].sort((a, b) => b - a)) yield* byPeriod.get(period)!
  }

  *#contentLanes(): Iterable<Lane> {
    for (const room of this.#ports.replica.rooms())
      if (room !== NETWORK_ROOM) yield* this.#ports.replica.lanes(room, 1)
  }

  /** Nothing that is in memory counts any more. */
  #forget(): void {
    this.#gathered = new Gathered(new GatheredDocs(SEGMENT_DOCS))
    this.#packing = undefined
    this.#latest = undefined
    this.#opened.clear()
    this.#touched = new Set()
    this.#reach = new WeakMap()
    this.#unread.clear()
    this.#again.clear()
    if (this.#walk !== undefined) this.#walk = this.#lanes()
  }

  /** Is there something to do? */
  get isBehind(): boolean {
    return (
      (this.#walk !== undefined && this.#walk !== null) ||
      this.#dirty.size > 0 ||
      this.#again.size > 0 ||
      this.#packing !== undefined ||
      this.#known.old.length > 0
    )
  }

  /** All that can be read is in it. */
  get isWhole(): boolean {
    return this.#walk === null && this.#dirty.size === 0 && this.#again.size === 0
  }

  /** Events that are not looked at yet, of lanes that are known to have such. */
  get unread(): number {
    let unread = 0
    const lanes = this.#walk ? this.#contentLanes() : this.#dirty
    for (const lane of lanes) unread += Math.max(0, lane.told - this.#reachOf(lane).n)
    return unread
  }

  /** Does about as much as reading `events` costs. What it writes is put for this turn. */
  work(events: number): void {
    for (let left = events; left > 0; ) {
      const [lane] = this.#dirty
      const [unread] = this.#again
      if (this.#packing) left -= this.#pack(this.#packing)
      else if (lane) left -= this.#follow(lane, left)
      else if (unread) left -= this.#readAgain(unread)
      else if (this.#walk) left -= this.#step(this.#walk)
      else if (this.#known.old.length > 0) left -= this.#drop(this.#known.old[0]!)
      else return
    }
  }

  #step(walk: Iterator<Lane>): number {
    const next = walk.next()
    if (next.done) this.#walk = null
    else if (this.#reachOf(next.value).n < next.value.told) this.#dirty.add(next.value)
    return LANE_COST
  }

  #reachOf(lane: Lane): Reach {
    const known = this.#reach.get(lane)
    if (known) return known
    const reach = this.#storedReach(lane) ?? { n: 0, from: 0, to: 0 }
    this.#reach.set(lane, reach)
    if (reach.from > 0) this.#noteUnread(lane)
    return reach
  }

  #storedReach(lane: Lane): Reach | undefined {
    const stored = this.#ports.get(placeKey(lane))
    if (stored?.length !== 16 || readUint(stored, 0, 4) !== this.#known.generation) return undefined
    return { n: readUint(stored, 4, 4), from: readUint(stored, 8, 4), to: readUint(stored, 12, 4) }
  }

  #putReach(lane: Lane, { n, from, to }: Reach): void {
    this.#ports.put(['put', placeKey(lane), uints(this.#known.generation, n, from, to)])
  }

  #noteUnread(lane: Lane): void {
    const lanes = this.#unread.get(lane.room)
    if (lanes) lanes.add(lane)
    else this.#unread.set(lane.room, new Set([lane]))
  }

  /** Takes in events of a lane, at most `max`; returns what that cost. */
  #follow(lane: Lane, max: number): number {
    const reach = this.#reachOf(lane)
    // It has lost events: what comes in their place is new.
    reach.n = Math.min(reach.n, lane.told)
    const start = reach.n
    if (start < lane.told) this.#touched.add(lane)
    if (!this.#ports.isReadable(lane.room)) {
      if (start < lane.told) this.#skip(lane, reach, lane.told)
      reach.n = lane.told
    }
    let cost = 0
    while (reach.n < lane.told && cost < max && this.#hasRoom()) {
      const event = this.#ports.replica.event(lane.room, lane.author, lane.lane, reach.n + 1)
      if (event && !this.#readIn(lane, event)) this.#skip(lane, reach, event.n)
      cost += event ? costOf(event) : 1
      reach.n++
    }
    if (reach.n >= lane.told) this.#dirty.delete(lane)
    return cost + LANE_COST
  }

  /** Room for one more doc? A segment is packed while the next one is gathered. */
  #hasRoom(): boolean {
    if (this.#gathered.isFull && !this.#packing) this.#beginSegment()
    return !this.#gathered.isFull
  }

  /** What is behind reach.n up to here cannot be read now. */
  #skip(lane: Lane, reach: Reach, to: number): void {
    reach.from ||= reach.n + 1
    reach.to = to
    this.#noteUnread(lane)
  }

  /** What could not be read: where a few of it still cannot, all of it is left. */
  #readAgain(lane: Lane): number {
    this.#again.delete(lane)
    const reach = this.#reachOf(lane)
    const { from, to } = reach
    if (from === 0) return LANE_COST
    const step = Math.max(1, Math.floor((to - from) / PROBES))
    let isOpen = false
    for (let n = from; n <= to && !isOpen; n += step) isOpen = this.#canRead(lane, n)
    if (!isOpen && !this.#canRead(lane, to)) return PROBES
    reach.from = 0
    reach.to = 0
    this.#unread.get(lane.room)?.delete(lane)
    // From there once more: the rest of the lane is read twice at most, and found once.
    reach.n = Math.min(reach.n, from - 1)
    this.#dirty.add(lane)
    return PROBES
  }

  #canRead(lane: Lane, n: number): boolean {
    const event = this.#ports.replica.event(lane.room, lane.author, lane.lane, n)
    const body = event && this.#ports.replica.body(event)
    return body !== undefined && this.#ports.read(event!, body) !== null
  }

  /** False where it cannot be read now. */
  #readIn(lane: Lane, event: Event): boolean {
    const body = this.#ports.replica.body(event)
    return !body || this.#takeIn(event, body, lane, this.#ports.isPlain(lane.room))
  }

  #takeIn(event: Event, body: Uint8Array, lane: Lane, isPlain: boolean): boolean {
    if (!FOUND.has(event.kind)) return true
    if (isPlain && event.kind === MESSAGE) {
      const span = textSpan(body)
      if (span) {
        this.#text.read(body, span.from, span.to)
        const isLink = this.#text.mayLink && hasLink(decoder.decode(body.subarray(span.from, span.to)))
        this.#addRead(event, isLink ? MARK.link : 0, lane)
        return true
      }
    }
    const value = this.#ports.read(event, body)
    if (value === null) return false
    if (value !== undefined) this.#add(event, value, lane)
    return true
  }

  #add(event: Event, value: BodyValue, lane: Lane): void {
    switch (value.kind) {
      case 'message':
        return this.#addDoc(event, value.text, hasLink(value.text) ? MARK.link : 0, lane)
      case 'file': {
        const text = `${value.name} ${value.text}`
        return this.#addDoc(event, text, MARK.file | (hasLink(value.text) ? MARK.link : 0), lane)
      }
      case 'edit': {
        const marks = MARK.edit | (hasLink(value.text) ? MARK.link : 0)
        return this.#addAbout(event, eventId(value.target), value.text, marks, lane)
      }
      case 'reaction':
        return this.#addAbout(event, eventId(value.target), '', MARK.reaction, lane)
    }
  }

  /** What stands for its message, where that is here. */
  #addAbout(event: Event, target: EventId, text: string, marks: number, lane: Lane): void {
    this.#ports.put(['put', aboutMark(target), NOTHING])
    const editor = event.kind === EDIT ? event.author : undefined
    this.#ports.put(['put', aboutKey(target, event, editor), uint(event.kind, 1)])
    const message = this.#ports.replica.find(target)
    if (message) this.#addDoc(message, text, marks | MARK.ofTarget, message)
    else this.#addDoc(event, text, marks, lane)
  }

  #addDoc(event: Said, text: string, marks: number, place: Place): void {
    const { written } = encoder.encodeInto(text, this.#bytes)
    this.#text.read(this.#bytes, 0, written)
    this.#addRead(event, marks, place)
  }

  /** With the text that was read last. */
  #addRead({ n, t, at }: Said, marks: number, place: Place): void {
    const { terms, nexts, count } = this.#text
    let all = count
    for (const facet of this.#facetsOf(place, marks)) terms[all++] = facet
    this.#gathered.add({ place, n, t, at, terms: Math.min(255, count), marks }, terms, nexts, all)
  }

  /** What is looked for beside words. A reaction is no message: nobody looks for it by where it lies. */
  #facetsOf(place: Place, marks: number): readonly number[] {
    const { numbers } = this
    if (marks & MARK.reaction) return [numbers.ofFacet(REACTION_TERM)]
    let known = this.#placeNumbers.get(place)
    if (!known) {
      known = [numbers.ofFacet(authorTerm(place.author)), numbers.ofFacet(roomTerm(place.room))]
      this.#placeNumbers.set(place, known)
    }
    if ((marks & (MARK.link | MARK.file)) === 0) return known
    const facets = [...known]
    if (marks & MARK.link) facets.push(numbers.ofFacet(LINK_TERM))
    if (marks & MARK.file) facets.push(numbers.ofFacet(FILE_TERM))
    return facets
  }

  // --- segments ---------------------------------------------------------------------------------------------------

  #beginSegment(): void {
    const gathered = this.#gathered
    const reached = new Map<Lane, Reach>()
    for (const lane of this.#touched) reached.set(lane, { ...this.#reachOf(lane) })
    this.#packing = { gathered, reached, number: this.#known.next, parts: gathered.pack() }
    // With new arrays for each segment V8 looks through its whole heap every few segments, which costs more than the index.
    this.#gathered = this.#spare ?? new Gathered(new GatheredDocs(SEGMENT_DOCS))
    this.#spare = undefined
    this.#touched = new Set()
  }

  #spareUnlessLent(gathered: Gathered): void {
    if (this.#lent.has(gathered)) return
    gathered.clear()
    this.#spare = gathered
  }

  /** Writes one value of the segment; with the last one it is there. Returns what that cost. */
  #pack(packing: Packing): number {
    const { done, value } = packing.parts.next()
    if (!done) {
      if (value) this.#ports.put(['put', segmentKey(packing.number, value[0]), value[1]])
      return PART_COST
    }
    const { segments } = this.#known
    for (const [lane, reach] of packing.reached) this.#putReach(lane, reach)
    this.#know({ ...this.#known, next: packing.number + 1, segments: [...segments, packing.number] })
    this.#packing = undefined
    if (this.#latest) this.#spareUnlessLent(this.#latest.gathered)
    this.#latest = { number: packing.number, gathered: packing.gathered }
    return PART_COST + packing.reached.size * LANE_COST
  }

  #know(known: Known): void {
    this.#known = known
    this.#ports.put(['put', FACT, utf8(JSON.stringify(known))])
  }

  #drop(number: number): number {
    let part = 0
    for (; part < 3 || this.#ports.get(segmentKey(number, part)); part++)
      this.#ports.put(['del', segmentKey(number, part)])
    this.#know({ ...this.#known, old: this.#known.old.filter((each) => each !== number) })
    return part
  }

  // --- expiry -----------------------------------------------------------------------------------------------------

  /** All of this lane is gone from the disk. */
  erased(lane: Lane): void {
    this.#ports.put(['del', placeKey(lane)])
    this.#reach.delete(lane)
    this.#touched.delete(lane)
    this.#dirty.delete(lane)
    this.#again.delete(lane)
    this.#unread.get(lane.room)?.delete(lane)
  }

  /**
   * Takes from the disk what the index holds of lanes that expired so long ago that they are erased. time: by which they are.
   * Rejects only where the scan does.
   */
  async sweep(scan: Store['scan'], time: number): Promise<void> {
    const isErased = (t: number) => isPeriodErasable(Math.floor(t / PERIOD_MS), time, this.#ports.retentionMs)
    this.#expire(isErased)
    /** A message about which nothing is noted, so far. */
    let bare: string | undefined
    for await (const [key] of scan({ from: 'u', to: 'v' })) {
      const t = notedAt(key)
      if (t === undefined) {
        if (bare) this.#ports.put(['del', bare])
        bare = this.#ports.replica.find(key.slice(1) as EventId) ? undefined : key
      } else if (isErased(t)) this.#ports.put(['del', key])
      else bare = undefined
    }
    if (bare) this.#ports.put(['del', bare])
  }

  /** Segments in which nothing is later than this go. */
  #expire(isErased: (t: number) => boolean): void {
    const { segments, old } = this.#known
    const expired = new Set(segments.filter((number) => isErased(this.#tMaxOf(number))))
    if (expired.size === 0) return
    for (const number of expired) this.#opened.delete(number)
    const kept = segments.filter((number) => !expired.has(number))
    this.#know({ ...this.#known, segments: kept, old: [...old, ...expired] })
  }

  /** Of what is in a segment. One that is not whole is none of those that go: a search finds it damaged. */
  #tMaxOf(number: number): number {
    const opened = this.#opened.get(number) ?? Segment.open(number, (key) => this.#ports.get(key))
    return opened?.bounds.tMax ?? TIME_MAX
  }

  // --- searching --------------------------------------------------------------------------------------------------

  /** All there is to search. */
  searchables(): Searchable[] {
    const { segments } = this.#known
    const found: Searchable[] = [this.#lend(this.#gathered)]
    if (this.#packing) found.push(this.#lend(this.#packing.gathered))
    for (const number of segments) {
      const segment = number === this.#latest?.number ? this.#lend(this.#latest.gathered) : this.#open(number)
      if (!segment) {
        this.damaged()
        return [this.#lend(this.#gathered)]
      }
      found.push(segment)
    }
    return found
  }

  #lend(gathered: Gathered): Gathered {
    this.#lent.add(gathered)
    return gathered
  }

  #open(number: number): Segment | undefined {
    const opened = this.#opened.get(number) ?? Segment.open(number, (key) => this.#ports.get(key))
    if (opened) this.#opened.set(number, opened)
    return opened
  }

  /** Something of it is not as it was written: it is made anew from the events. */
  damaged(): void {
    const { generation, segments, old } = this.#known
    this.#know({ ...this.#known, generation: generation + 1, segments: [], old: [...old, ...segments] })
    this.#forget()
  }
}

/** What reading an event costs, in events as most are: one of 8,000 bytes may have 4,000 words. */
export const costOf = ({ bodyLen }: Pick<Event, 'bodyLen'>): number => 1 + Math.floor(bodyLen / COST_BYTES)

function uints(...values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(4 * values.length)
  for (let k = 0; k < values.length; k++) writeUint(bytes, 4 * k, 4, values[k]!)
  return bytes
}
