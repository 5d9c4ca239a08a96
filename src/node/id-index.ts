/**
 * Where events lie, by id. An id is a hash: with a key for each in the store, ordering these keys was a good part of what an
 * event cost the disk. So the latest are kept in memory, and every few thousand go to the store together, in order, as a
 * segment. Until then nothing is lost: the hint of each lane says up to where its events are in segments, and those above
 * are read from the lane once somebody asks, or by the scan.
 *
 *   j 00 segment4           which ids may be in it: sum12, then bits
 *   j 01 segment4 part1     the lanes of its entries, 64 to a part: room16 author32 lane8
 *   j 02 segment4 part1     entries id4 lane2 n4, sorted; part: the first four bits of the id
 *   m ids                   first4 next4: which segments there are
 *
 * An entry has only the beginning of its id, and what it names may be gone: whoever looks judges by the event that lies
 * there. Entries of erased events stay, until there are more of them than of others and all segments are made anew.
 */
import { fromHex, hex, readUint, writeUint } from '../wire/bytes.ts'
import type { Event } from '../wire/event.ts'
import type { EventId, LaneId, PersonKey, RoomId } from '../wire/ids.ts'
import { IndexSum } from './index-check.ts'
import { factKey, number8 } from './keys.ts'
import type { Lane } from './lanes.ts'
import type { Store, StoreOp } from './store.ts'

type Place = Pick<Event, 'room' | 'author' | 'lane' | 'n'>

/** Events of a segment: some 2 ms of work, and some tens for a start of which as many are asked for at once. */
export const SEGMENT_EVENTS = 4096
const PARTS = 16
const LANES_IN_PART = 64
const LANE_BYTES = 56
const ENTRY_BYTES = 10
const SUM_BYTES = 12
/** With five probes one in three hundred ids that are not there seems to be. */
const BITS_PER_EVENT = 12
const PROBES = 5
/** Segments of which only a damaged disk says that there were more: no number would be left for another one. */
const SEGMENTS_MAX = 2 ** 31
const FACT = factKey('ids')

interface Segment {
  readonly number: number
  readonly bits: Uint8Array
  readonly sum: string
}

const part2 = (n: number) => n.toString(16).padStart(2, '0')
const filterKey = (segment: number) => `j00${number8(segment)}`
const lanesKey = (segment: number, part: number) => `j01${number8(segment)}${part2(part)}`
const entriesKey = (segment: number, part: number) => `j02${number8(segment)}${part2(part)}`

/** The first 32 bits of an id. */
const headOf = (id: EventId): number => Number.parseInt(id.slice(0, 8), 16)

export class IdIndex {
  readonly #store: Pick<Store, 'get' | 'scan'>
  #segments: Segment[] = []
  /** Segments that are to go once all are made anew. */
  #stale: readonly Segment[] = []
  #next = 0
  /** Or being made anew: what the fact says is left as it is, which fits less with each segment more. */
  #isDamaged = false
  // What is in no segment yet.
  readonly #heads = new Uint32Array(SEGMENT_EVENTS)
  readonly #laneAt = new Uint16Array(SEGMENT_EVENTS)
  readonly #ns = new Uint32Array(SEGMENT_EVENTS)
  #count = 0
  #lanes: Lane[] = []
  #numbers = new Map<Lane, number>()
  /** By lane: up to here its events are in segments or among these. */
  #reach: number[] = []

  constructor(store: Pick<Store, 'get' | 'scan'>) {
    this.#store = store
  }

  /** Segments that were ever begun: a hint that is written now says so, and relies on all of them. */
  get begun(): number {
    return this.#next
  }

  /** Reads which segments there are. begun: the most that a hint says. */
  async load(begun: number): Promise<void> {
    this.#segments = []
    for await (const [key, value] of this.#store.scan({ from: 'j00', to: 'j01' })) {
      if (key.length !== 11 || value.length <= SUM_BYTES) continue
      const number = Number.parseInt(key.slice(3), 16)
      if (number >= SEGMENTS_MAX) continue
      this.#segments.push({ number, bits: value.slice(SUM_BYTES), sum: hex(value, 0, SUM_BYTES) })
    }
    const fact = this.#store.get(FACT)
    const [first, next] = fact?.length === 8 ? [readUint(fact, 0, 4), readUint(fact, 4, 4)] : [0, 0]
    const isEach = this.#segments.every(({ number }, i) => number === first + i)
    this.#isDamaged = !isEach || this.#segments.length !== next - first || begun > next
    const said = Math.max(next, begun)
    this.#next = Math.max(said < SEGMENTS_MAX ? said : 0, (this.#segments.at(-1)?.number ?? -1) + 1)
  }

  /** Whether the next event fits no more: `flush` first. */
  get isFull(): boolean {
    return this.#count === SEGMENT_EVENTS
  }

  /** Is this event in a segment, or among those that will be? */
  covers(lane: Lane, n: number): boolean {
    const at = this.#numbers.get(lane)
    return n <= (at === undefined ? lane.indexed : this.#reach[at]!)
  }

  /** Notes where an event lies. Not while isFull. */
  add(lane: Lane, n: number, id: EventId): void {
    let at = this.#numbers.get(lane)
    if (at === undefined) {
      at = this.#lanes.length
      this.#numbers.set(lane, at)
      this.#lanes.push(lane)
      this.#reach.push(lane.indexed)
    }
    if (n === this.#reach[at]! + 1) this.#reach[at] = n
    this.#heads[this.#count] = headOf(id)
    this.#laneAt[this.#count] = at
    this.#ns[this.#count] = n
    this.#count++
  }

  /** Other events may come behind n than were there before. */
  cut(lane: Lane, n: number): void {
    lane.indexed = Math.min(lane.indexed, n)
    const at = this.#numbers.get(lane)
    if (at !== undefined) this.#reach[at] = Math.min(this.#reach[at]!, n)
  }

  /** Where an event with this id may lie, the latest first. */
  *places(id: EventId): Iterable<Place> {
    const head = headOf(id)
    for (let k = this.#count - 1; k >= 0; k--) {
      k = this.#heads.lastIndexOf(head, k)
      if (k < 0) break
      const { room, author, lane } = this.#lanes[this.#laneAt[k]!]!
      yield { room, author, lane, n: this.#ns[k]! }
    }
    for (let k = this.#segments.length - 1; k >= 0; k--) {
      const segment = this.#segments[k]!
      if (mayHold(segment.bits, head)) yield* this.#placesIn(segment.number, head)
    }
  }

  *#placesIn(segment: number, head: number): Iterable<Place> {
    const entries = this.#store.get(entriesKey(segment, head >>> 28))
    if (!entries) return
    const count = Math.floor(entries.length / ENTRY_BYTES)
    let [low, high] = [0, count]
    while (low < high) {
      const middle = (low + high) >> 1
      if (readUint(entries, middle * ENTRY_BYTES, 4) < head) low = middle + 1
      else high = middle
    }
    for (; low < count && readUint(entries, low * ENTRY_BYTES, 4) === head; low++) {
      const lane = this.#laneIn(segment, readUint(entries, low * ENTRY_BYTES + 4, 2))
      if (lane) yield { ...lane, n: readUint(entries, low * ENTRY_BYTES + 6, 4) }
    }
  }

  #laneIn(segment: number, at: number): Omit<Place, 'n'> | undefined {
    const lanes = this.#store.get(lanesKey(segment, Math.floor(at / LANES_IN_PART)))
    const from = (at % LANES_IN_PART) * LANE_BYTES
    if (!lanes || from + LANE_BYTES > lanes.length) return undefined
    return {
      room: hex(lanes, from, from + 16) as RoomId,
      author: hex(lanes, from + 16, from + 48) as PersonKey,
      lane: hex(lanes, from + 48, from + 56) as LaneId,
    }
  }

  /** What is in no segment yet becomes one: the values to write. Their lanes' `indexed` has grown, and is to be written with them. */
  flush(): { readonly ops: readonly StoreOp[]; readonly lanes: readonly Lane[] } {
    const lanes = this.#lanes
    if (this.#count === 0) return { ops: [], lanes }
    const number = this.#next++
    const values = [...this.#lanesValues(number), ...this.#entriesValues(number)]
    const sum = new IndexSum()
    for (const [key, value] of values) sum.add({ key, value })
    const bits = bitsOf(this.#heads.subarray(0, this.#count))
    const filter = new Uint8Array(SUM_BYTES + bits.length)
    filter.set(sum.bytes())
    filter.set(bits, SUM_BYTES)
    this.#segments.push({ number, bits, sum: hex(sum.bytes()) })
    for (const [at, lane] of lanes.entries()) lane.indexed = Math.max(lane.indexed, this.#reach[at]!)
    this.#count = 0
    this.#lanes = []
    this.#numbers = new Map()
    this.#reach = []
    const ops: StoreOp[] = values.map(([key, value]) => ['put', key, value])
    ops.push(['put', filterKey(number), filter])
    // Until all are made anew it must stay seen that they have to be: hints still rely on those that are gone.
    if (!this.#isDamaged) ops.push(this.#fact())
    return { ops, lanes }
  }

  #fact(): StoreOp {
    const value = new Uint8Array(8)
    writeUint(value, 0, 4, this.#segments[0]?.number ?? this.#next)
    writeUint(value, 4, 4, this.#next)
    return ['put', FACT, value]
  }

  *#lanesValues(number: number): Iterable<[key: string, value: Uint8Array]> {
    for (let from = 0; from < this.#lanes.length; from += LANES_IN_PART) {
      const lanes = this.#lanes.slice(from, from + LANES_IN_PART)
      const value = new Uint8Array(lanes.length * LANE_BYTES)
      for (const [i, { room, author, lane }] of lanes.entries())
        value.set(fromHex(room + author + lane), i * LANE_BYTES)
      yield [lanesKey(number, from / LANES_IN_PART), value]
    }
  }

  *#entriesValues(number: number): Iterable<[key: string, value: Uint8Array]> {
    // Numbers sort fast: which entry it is stands behind the id.
    const order = new Float64Array(this.#count)
    for (let k = 0; k < this.#count; k++) order[k] = this.#heads[k]! * SEGMENT_EVENTS + k
    order.sort()
    for (let part = 0, from = 0; part < PARTS; part++) {
      let to = from
      while (to < order.length && order[to]! < (part + 1) * 2 ** 28 * SEGMENT_EVENTS) to++
      const value = new Uint8Array((to - from) * ENTRY_BYTES)
      const view = new DataView(value.buffer)
      for (let k = from; k < to; k++) {
        const entry = order[k]! % SEGMENT_EVENTS
        const at = (k - from) * ENTRY_BYTES
        view.setUint32(at, this.#heads[entry]!)
        view.setUint16(at + 4, this.#laneAt[entry]!)
        view.setUint32(at + 6, this.#ns[entry]!)
      }
      if (to > from) yield [entriesKey(number, part), value]
      from = to
    }
  }

  // --- made anew ----------------------------------------------------------------------------------------------------

  /** Are all to be made anew? events: how many there are. Reads all segments. */
  async isToRenew(events: number, lanes: Iterable<Lane>): Promise<boolean> {
    if (this.#isDamaged) return true
    if (this.#segments.length > 2 * Math.ceil(events / SEGMENT_EVENTS) + SPARE_SEGMENTS) return true
    if (this.#segments.length === 0) {
      for (const { indexed } of lanes) if (indexed > 0) return true
      return false
    }
    const sums = new Map<number, IndexSum>()
    const known = [...this.#segments]
    for await (const [key, value] of this.#store.scan({ from: 'j01', to: 'j03' })) {
      const number = Number.parseInt(key.slice(3, 11), 16)
      const sum = sums.get(number) ?? new IndexSum()
      sums.set(number, sum)
      sum.add({ key, value })
    }
    const sumOf = (number: number) => hex((sums.get(number) ?? new IndexSum()).bytes())
    return known.some(({ number, sum }) => sumOf(number) !== sum)
  }

  /** From now on nothing is covered: every event is to be added. What is there still answers. */
  renew(lanes: Iterable<Lane>): void {
    this.#stale = [...this.#segments]
    this.#isDamaged = true
    for (const lane of lanes) lane.indexed = 0
    this.#reach.fill(0)
  }

  /** Every event was added, and is in a segment: the keys of those before go. */
  renewed(): StoreOp[] {
    const stale = new Set(this.#stale)
    this.#segments = this.#segments.filter((segment) => !stale.has(segment))
    this.#stale = []
    this.#isDamaged = false
    return [this.#fact()]
  }

  /** Keys of segments that there are no more. */
  async *left(): AsyncIterable<StoreOp> {
    const there = new Set(this.#segments.map(({ number }) => number))
    const next = this.#next
    for await (const [key] of this.#store.scan({ from: 'j', to: 'k' })) {
      const number = Number.parseInt(key.slice(3, 11), 16)
      const isLater = number >= next && number < SEGMENTS_MAX
      if (!isLater && !there.has(number)) yield ['del', key]
    }
  }
}

/** Segments that few events may have, since starts and erasing leave some half empty. */
const SPARE_SEGMENTS = 4

function bitsOf(heads: Uint32Array): Uint8Array {
  const bits = new Uint8Array(Math.ceil((heads.length * BITS_PER_EVENT) / 8))
  for (const head of heads)
    for (let k = 0; k < PROBES; k++) {
      const bit = probe(head, k, bits.length * 8)
      bits[bit >> 3]! |= 1 << (bit & 7)
    }
  return bits
}

function mayHold(bits: Uint8Array, head: number): boolean {
  for (let k = 0; k < PROBES; k++) {
    const bit = probe(head, k, bits.length * 8)
    if ((bits[bit >> 3]! & (1 << (bit & 7))) === 0) return false
  }
  return true
}

/** The k-th bit that an id sets, of so many. */
const probe = (head: number, k: number, bits: number): number =>
  (Math.imul(head ^ (head >>> 15) ^ (k * 0x3c6ef372), 0x2c1b3c6d + 2 * k) >>> 7) % bits
