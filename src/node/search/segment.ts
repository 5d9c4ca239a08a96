/**
 * Segments: a few thousand docs and their postings, written once and never changed. A segment is a handful of values of the
 * store, `s` segment4 part2. Its docs are numbered from what was said last to what was said first.
 *
 *   part 0     docs2 places2 then tMax6 atMin6 atMax6 termsMin1 of each block of docs, then the first term of each part of
 *              postings, 7 bytes each
 *   then       the blocks of docs (docs.ts), the places, so many to a value
 *   postings   term7 length2 then the docs, ascending, as LEB128 of the differences
 *
 * Each value ends with a sum over itself: a disk that flips a bit costs the index, which is then made anew.
 */
import { concat, readUint, uint, writeUint } from '../../wire/bytes.ts'
import {
  type Bounds,
  type Doc,
  type Docs,
  type GatheredDocs,
  GrowingBounds,
  type Place,
  packPlaces,
  unpackDocs,
  unpackPlace,
} from './docs.ts'
import { TERM_BYTES } from './term-numbers.ts'

/** Bytes of one part of postings: what a look for one word reads. */
const PART_BYTES = 4096
/** Docs and places of one value: about as much. */
const BLOCK_DOCS = 256
const BLOCK_PLACES = 64
const SUM_BYTES = 4
const COUNTS_BYTES = 4
const BOUNDS_BYTES = 19
const ENTRY_BYTES = TERM_BYTES + 2
/** Of one doc in postings: their numbers fit two bytes. */
const POSTING_BYTES_MAX = 3
/** Docs of which the terms are counted at once while a segment is packed. */
const PACK_DOCS = 512

/** What can be searched: a segment, or docs that are still being gathered. */
export interface Searchable {
  readonly count: number
  /** Of all its docs. */
  readonly bounds: Bounds
  /** Of each of its blocks. */
  readonly blocks: readonly Bounds[]
  blockOf(doc: number): number
  /** Those of one block; undefined where the disk has damaged them. */
  docs(block: number): Docs | undefined
  /** undefined where the disk has damaged it. */
  place(number: number): Place | undefined
  /** Docs of any term from <= term < to, ascending; undefined where the disk has damaged them. */
  postings(from: number, to: number): Uint16Array | undefined
}

export const segmentKey = (segment: number, part: number): string =>
  `s${segment.toString(16).padStart(8, '0')}${part.toString(16).padStart(4, '0')}`

/** Docs and their terms in memory. */
export class Gathered implements Searchable {
  readonly gathered: GatheredDocs
  /** The terms of all docs, one doc after the other. */
  #terms = new Float64Array(1024)
  /** Where those of the next doc begin. */
  readonly #starts: number[] = [0]

  constructor(docs: GatheredDocs) {
    this.gathered = docs
  }

  get count(): number {
    return this.gathered.count
  }
  get bounds(): Bounds {
    return this.gathered.bounds
  }
  get blocks(): readonly Bounds[] {
    return [this.gathered.bounds]
  }
  blockOf = () => 0
  docs = (): Docs => this.gathered
  place = (number: number) => this.gathered.places[number]

  add(doc: Doc, terms: Iterable<number>): void {
    this.gathered.add(doc)
    let end = this.#starts.at(-1)!
    for (const term of terms) {
      if (end === this.#terms.length) {
        const longer = new Float64Array(2 * end)
        longer.set(this.#terms)
        this.#terms = longer
      }
      this.#terms[end++] = term
    }
    this.#starts.push(end)
  }

  postings(from: number, to: number): Uint16Array {
    const found: number[] = []
    for (let doc = 0; doc < this.count; doc++) {
      const end = this.#starts[doc + 1]!
      for (let at = this.#starts[doc]!; at < end; at++) {
        const term = this.#terms[at]!
        if (term < from || term >= to) continue
        found.push(doc)
        break
      }
    }
    return Uint16Array.from(found)
  }

  /**
   * The values of a segment, part by part, so that the caller can do something else in between; part 0 comes last. undefined:
   * a step without a value.
   */
  *pack(): Generator<readonly [part: number, value: Uint8Array] | undefined> {
    const order = this.gathered.newestFirst()
    yield undefined
    const bounds: Uint8Array[] = []
    let part = 0
    for (let from = 0; from < order.length; from += BLOCK_DOCS) {
      const docs = order.subarray(from, from + BLOCK_DOCS)
      bounds.push(packBounds(this.gathered.boundsOf(docs)))
      yield [++part, summed(this.gathered.pack(docs))]
    }
    const { places } = this.gathered
    for (let from = 0; from < places.length; from += BLOCK_PLACES)
      yield [++part, summed(packPlaces(places.slice(from, from + BLOCK_PLACES)))]
    const firsts: Uint8Array[] = []
    for (const packed of this.#packPostings(order)) {
      if (packed) firsts.push(packed.subarray(0, TERM_BYTES))
      yield packed && [++part, summed(packed)]
    }
    const counts = concat(uint(this.count, 2), uint(places.length, 2))
    yield [0, summed(concat(counts, ...bounds, ...firsts))]
  }

  /** order: the doc of each number in the segment. */
  *#packPostings(order: Uint16Array): Generator<Uint8Array | undefined> {
    // Which place in `counts` each term has, then where its docs begin: two passes, and no list for each term.
    const all = this.#terms
    const slotOf = new Uint32Array(this.#starts.at(-1)!)
    const slots = new Slots(slotOf.length)
    const counts = new Uint32Array(slotOf.length)
    for (let at = 0; at < slotOf.length; at++) {
      if (at % (16 * PACK_DOCS) === 0) yield undefined
      const slot = slots.of(all[at]!)
      counts[slot]!++
      slotOf[at] = slot
    }
    const ends = new Uint32Array(slots.count)
    for (let slot = 0, end = 0; slot < slots.count; slot++) {
      ends[slot] = end
      end += counts[slot]!
    }
    const docs = new Uint16Array(slotOf.length)
    for (let number = 0; number < order.length; number++) {
      if (number % PACK_DOCS === 0) yield undefined
      const doc = order[number]!
      const end = this.#starts[doc + 1]!
      for (let at = this.#starts[doc]!; at < end; at++) docs[ends[slotOf[at]!]!++] = number
    }
    const terms = slots.terms().sort()
    yield undefined
    let part = new Uint8Array(2 * PART_BYTES)
    let length = 0
    for (const term of terms) {
      const slot = slots.of(term)
      const end = ends[slot]!
      const list = docs.subarray(end - counts[slot]!, end)
      if (length > 0 && length + ENTRY_BYTES + POSTING_BYTES_MAX * list.length > PART_BYTES) {
        yield part.slice(0, length)
        length = 0
      }
      if (length + ENTRY_BYTES + POSTING_BYTES_MAX * list.length > part.length)
        part = new Uint8Array(ENTRY_BYTES + POSTING_BYTES_MAX * list.length)
      length = packEntry(part, length, term, list)
    }
    if (length > 0) yield part.slice(0, length)
  }
}

/** Numbers the terms it is given from 0 on: a hash table, since a Map of such numbers takes half of the time of packing. */
class Slots {
  readonly #mask: number
  /** The number of the term at each place of the table and one more; 0: none. */
  readonly #places: Uint32Array
  readonly #terms: Float64Array
  count = 0

  constructor(max: number) {
    this.#mask = 2 ** Math.ceil(Math.log2(2 * max + 1)) - 1
    this.#places = new Uint32Array(this.#mask + 1)
    this.#terms = new Float64Array(max)
  }

  of(term: number): number {
    // The lower bits of a term are those of its whole word (term-numbers.ts).
    for (let at = term & this.#mask; ; at = (at + 1) & this.#mask) {
      const known = this.#places[at]!
      if (known === 0) {
        this.#terms[this.count] = term
        this.#places[at] = ++this.count
        return this.count - 1
      }
      if (this.#terms[known - 1] === term) return known - 1
    }
  }

  terms(): Float64Array {
    return this.#terms.slice(0, this.count)
  }
}

/** A segment of the store. Values are read when they are asked for. */
export class Segment implements Searchable {
  readonly number: number
  readonly #read: (key: string) => Uint8Array | undefined
  readonly #firsts: Float64Array
  readonly #checked = new Set<number>()
  readonly count: number
  readonly bounds: Bounds
  readonly blocks: readonly Bounds[]
  /** The first part of places, and of postings. */
  readonly #placesAt: number
  readonly #postingsAt: number

  private constructor(number: number, head: Uint8Array, read: (key: string) => Uint8Array | undefined) {
    this.number = number
    this.#read = read
    this.count = readUint(head, 0, 2)
    const blockCount = Math.ceil(this.count / BLOCK_DOCS)
    this.blocks = Array.from({ length: blockCount }, (_, block) =>
      unpackBounds(head, COUNTS_BYTES + block * BOUNDS_BYTES),
    )
    this.bounds = joined(this.blocks)
    this.#placesAt = 1 + blockCount
    this.#postingsAt = this.#placesAt + Math.ceil(readUint(head, 2, 2) / BLOCK_PLACES)
    const firstsAt = COUNTS_BYTES + blockCount * BOUNDS_BYTES
    this.#firsts = new Float64Array((head.length - firstsAt) / TERM_BYTES)
    for (let k = 0; k < this.#firsts.length; k++) this.#firsts[k] = readTerm(head, firstsAt + k * TERM_BYTES)
  }

  /** undefined where it is not whole. */
  static open(number: number, read: (key: string) => Uint8Array | undefined): Segment | undefined {
    const head = whole(read(segmentKey(number, 0)))
    if (!head || head.length < COUNTS_BYTES) return undefined
    const firsts = head.length - COUNTS_BYTES - Math.ceil(readUint(head, 0, 2) / BLOCK_DOCS) * BOUNDS_BYTES
    if (firsts < 0 || firsts % TERM_BYTES !== 0) return undefined
    return new Segment(number, head, read)
  }

  /** Keys of all its values. */
  get keys(): string[] {
    return Array.from({ length: this.#postingsAt + this.#firsts.length }, (_, part) =>
      segmentKey(this.number, part),
    )
  }

  blockOf = (doc: number) => Math.floor(doc / BLOCK_DOCS)

  docs(block: number): Docs | undefined {
    const bytes = this.#part(1 + block)
    const from = block * BLOCK_DOCS
    return bytes && unpackDocs(bytes, from, Math.min(BLOCK_DOCS, this.count - from))
  }

  place(number: number): Place | undefined {
    const bytes = this.#part(this.#placesAt + Math.floor(number / BLOCK_PLACES))
    return bytes && unpackPlace(bytes, number % BLOCK_PLACES)
  }

  /** Summed up when it is read for the first time: a search reads hundreds of them. */
  #part(part: number): Uint8Array | undefined {
    const bytes = this.#read(segmentKey(this.number, part))
    if (bytes && this.#checked.has(part)) return bytes.subarray(0, bytes.length - SUM_BYTES)
    const checked = whole(bytes)
    if (checked) this.#checked.add(part)
    return checked
  }

  postings(from: number, to: number): Uint16Array | undefined {
    const firsts = this.#firsts
    let part = lastAtMost(firsts, from)
    if (part < 0) part = 0
    const lists: Uint16Array[] = []
    for (; part < firsts.length && firsts[part]! < to; part++) {
      const bytes = this.#part(this.#postingsAt + part)
      if (!bytes) return undefined
      for (let at = 0; at + ENTRY_BYTES <= bytes.length; ) {
        const term = readTerm(bytes, at)
        const start = at + ENTRY_BYTES
        at = start + readUint(bytes, at + TERM_BYTES, 2)
        if (term < from) continue
        if (term >= to) break
        const docs = unpackPostings(bytes, start, at, this.count)
        if (!docs) return undefined
        lists.push(docs)
      }
    }
    return lists.length > 1 ? union(lists) : (lists[0] ?? NONE)
  }
}

const NONE = new Uint16Array(0)

/** What is in any of them, ascending. */
export function union(lists: readonly Uint16Array[]): Uint16Array {
  const all = new Set<number>()
  for (const list of lists) for (const doc of list) all.add(doc)
  return Uint16Array.from(all).sort()
}

const packBounds = ({ tMax, atMin, atMax, termsMin }: Bounds): Uint8Array =>
  concat(uint(tMax, 6), uint(atMin, 6), uint(atMax, 6), uint(termsMin, 1))

const unpackBounds = (bytes: Uint8Array, at: number): Bounds => ({
  tMax: readUint(bytes, at, 6),
  atMin: readUint(bytes, at + 6, 6),
  atMax: readUint(bytes, at + 12, 6),
  termsMin: readUint(bytes, at + 18, 1),
})

function joined(blocks: readonly Bounds[]): Bounds {
  const all = new GrowingBounds()
  for (const { tMax, atMin, atMax, termsMin } of blocks) {
    all.add({ t: tMax, at: atMin, terms: termsMin, marks: 0 })
    all.add({ t: tMax, at: atMax, terms: termsMin, marks: 0 })
  }
  return all
}

/** Writes an entry at `at`, where there is room for POSTING_BYTES_MAX for each doc; returns where it ends. */
function packEntry(bytes: Uint8Array, at: number, term: number, docs: Uint16Array): number {
  writeUint(bytes, at, 4, Math.floor(term / 2 ** 24))
  writeUint(bytes, at + 4, 3, term % 2 ** 24)
  const start = at + ENTRY_BYTES
  let end = start
  let before = 0
  for (const doc of docs) {
    // Two words of one number: the same doc again.
    if (doc === before && end > start) continue
    let rest = doc - before
    before = doc
    for (; rest > 127; rest >>= 7) bytes[end++] = (rest & 127) | 128
    bytes[end++] = rest
  }
  writeUint(bytes, at + TERM_BYTES, 2, end - start)
  return end
}

/** undefined for docs that the segment does not have. */
function unpackPostings(bytes: Uint8Array, from: number, to: number, count: number): Uint16Array | undefined {
  const docs = new Uint16Array(to - from)
  let found = 0
  let doc = 0
  for (let at = from; at < to; ) {
    let value = 0
    let shift = 0
    for (;;) {
      const byte = bytes[at++]!
      value |= (byte & 127) << shift
      if (byte < 128 || at >= to) break
      shift += 7
    }
    doc += value
    if (doc < 0 || doc >= count) return undefined
    docs[found++] = doc
  }
  return docs.subarray(0, found)
}

const readTerm = (bytes: Uint8Array, at: number): number =>
  readUint(bytes, at, 4) * 2 ** 24 + readUint(bytes, at + 4, 3)

/** The last index whose value is not above; -1: none. */
function lastAtMost(values: Float64Array, value: number): number {
  let low = 0
  let high = values.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (values[middle]! <= value) low = middle + 1
    else high = middle
  }
  return low - 1
}

/** FNV-1a over the bytes: for damage, not against forgers. */
function sumOf(bytes: Uint8Array, end: number): number {
  let sum = 0x811c9dc5
  for (let k = 0; k < end; k++) sum = Math.imul(sum ^ bytes[k]!, 0x01000193)
  return sum >>> 0
}

const summed = (bytes: Uint8Array): Uint8Array => concat(bytes, uint(sumOf(bytes, bytes.length), SUM_BYTES))

/** What was summed; undefined where it is missing or damaged. */
function whole(bytes: Uint8Array | undefined): Uint8Array | undefined {
  if (!bytes || bytes.length < SUM_BYTES) return undefined
  const end = bytes.length - SUM_BYTES
  return sumOf(bytes, end) === readUint(bytes, end, SUM_BYTES) ? bytes.subarray(0, end) : undefined
}
