/**
 * Segments: a few thousand docs and their postings, written once and never changed. A segment is a handful of values of the
 * store, `s` segment4 part2. Its docs are numbered from what was said last to what was said first.
 *
 *   part 0     docs2 places2 then tMax6 atMin6 atMax6 termsMin1 of each block of docs, then the first number of each part of
 *              postings, 4 bytes each
 *   then       the blocks of docs (docs.ts), the places, so many to a value
 *   postings   so many words to a value (postings.ts), by their numbers
 *
 * Each value ends with a sum over itself: a disk that flips a bit costs the index, which is then made anew.
 */
import { concat, readUint, uint, writeUint } from '../../wire/bytes.ts'
import { number8 } from '../keys.ts'
import {
  BLOCK_DOCS,
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
import { entryBytesMax, packEntry, posting, type Terms, unpackEntries } from './postings.ts'
import { isInText, TERM_BYTES } from './term-numbers.ts'

/** Bytes of one part of postings: what a look for one word reads. */
const PART_BYTES = 4096
/** Places of one value: about as much. */
const BLOCK_PLACES = 64
const SUM_BYTES = 4
const COUNTS_BYTES = 4
const BOUNDS_BYTES = 19
/** More than all docs of a segment have terms. */
const SLOTS_MAX = 2 ** 18
/** Terms of one doc, about: room for more is made where they have more. */
const TERMS_OF_DOC = 16
/** With so many of each doc there is no room for another one: texts of 8,000 bytes of different words each would take much memory. */
const TERMS_OF_DOC_MAX = 32
/** Bits of how long the table of terms is at first: a segment of short texts has some thousand of them. */
const DESK_BITS = 14
/** Terms that are counted at once while a segment is packed, and docs of which they are placed. */
const PACK_TERMS = 8192
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
  /** Docs of any of these terms, and perhaps some more, ascending; undefined where the disk has damaged them. */
  postings(terms: Terms): Uint16Array | undefined
}

export const segmentKey = (segment: number, part: number): string =>
  `s${number8(segment)}${part.toString(16).padStart(4, '0')}`

/** Docs and their terms in memory. */
export class Gathered implements Searchable {
  readonly gathered: GatheredDocs
  /** The terms of all docs, one doc after the other. */
  #terms: Int32Array
  /** Of each of them what is next in the text (nextOf). */
  #nexts: Uint8Array
  /** Where those of the next doc begin. */
  readonly #starts: Uint32Array

  constructor(docs: GatheredDocs) {
    this.gathered = docs
    this.#terms = new Int32Array(TERMS_OF_DOC * docs.max)
    this.#nexts = new Uint8Array(this.#terms.length)
    this.#starts = new Uint32Array(docs.max + 1)
  }

  /** As if it were new, its arrays as long as they have become. */
  clear(): void {
    this.gathered.clear()
  }

  get isFull(): boolean {
    const { max } = this.gathered
    return this.count >= max || this.#starts[this.count]! >= TERMS_OF_DOC_MAX * max
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

  /** terms: the first `count` of them, each with what is next; a term may stand there twice. */
  add(doc: Doc, terms: Int32Array, nexts: Uint8Array, count = terms.length): void {
    const number = this.gathered.add(doc)
    const start = this.#starts[number]!
    const end = start + count
    if (end > this.#terms.length) {
      const [oldTerms, oldNexts] = [this.#terms, this.#nexts]
      this.#terms = new Int32Array(Math.max(end, 2 * start))
      this.#nexts = new Uint8Array(this.#terms.length)
      this.#terms.set(oldTerms)
      this.#nexts.set(oldNexts)
    }
    const [allTerms, allNexts] = [this.#terms, this.#nexts]
    for (let k = 0; k < count; k++) {
      allTerms[start + k] = terms[k]!
      allNexts[start + k] = nexts[k]!
    }
    this.#starts[number + 1] = end
  }

  postings({ from, to, next }: Terms): Uint16Array {
    const found: number[] = []
    for (let doc = 0; doc < this.count; doc++) {
      const end = this.#starts[doc + 1]!
      for (let at = this.#starts[doc]!; at < end; at++) {
        const term = this.#terms[at]!
        if (term < from || term >= to || (next !== undefined && this.#nexts[at] !== next)) continue
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
      if (packed) firsts.push(uint(packed.first, TERM_BYTES))
      yield packed && [++part, summed(packed.value)]
    }
    const counts = concat(uint(this.count, 2), uint(places.length, 2))
    yield [0, summed(concat(counts, ...bounds, ...firsts))]
  }

  /** order: the doc of each number in the segment. */
  *#packPostings(order: Uint16Array): Generator<Part | undefined> {
    const desk = desks.pop() ?? new Desk()
    const starts = this.#starts
    const count = starts[this.count]!
    desk.clear(count)
    for (let at = 0; at < count; at += PACK_TERMS) {
      desk.count(this.#terms, at, Math.min(count, at + PACK_TERMS))
      yield undefined
    }
    desk.spread()
    for (let number = 0; number < order.length; number += PACK_DOCS) {
      desk.place(order, number, Math.min(order.length, number + PACK_DOCS), starts, this.#nexts)
      yield undefined
    }
    desk.sort()
    yield undefined
    while (desk.isLeft) yield desk.pack()
    desks.push(desk)
  }
}

/** Postings of one value, and the first number in it: it lies there until the next one is packed. */
interface Part {
  readonly first: number
  readonly value: Uint8Array
}

/**
 * What postings are sorted on: which slot each term has, then where the postings of each slot begin, in two passes, and no list for
 * each term. Kept for the next segment: two MiB made anew for each would be collected late. Its methods are no generators,
 * which take three times as long until V8 has compiled them.
 */
class Desk {
  /** Of each term of each doc its slot: terms that are the same have one. */
  #slotOf = new Uint32Array(0)
  /** Of each slot its term, how many docs it has, and where these end so far. */
  #terms = new Int32Array(0)
  #counts = new Uint32Array(0)
  #ends = new Uint32Array(0)
  /** Docs of all slots and what is next in them, one slot behind the other. */
  #postings = new Uint32Array(0)
  #slots = 0
  /** Slots in the order of their terms: term * SLOTS_MAX + slot. */
  #sorted = new Float64Array(0)
  #packed = 0
  #part = new Uint8Array(2 * PART_BYTES)
  /**
   * A hash table, since a Map of such numbers takes half of the time of packing. The slot and one more; 0: none. No longer than
   * it has to be, so that it stays in the cache of the processor.
   */
  #places: Uint32Array = new Uint32Array(2 ** DESK_BITS)
  #bits = DESK_BITS

  /** For so many terms of all docs together. */
  clear(count: number): void {
    this.#places.fill(0)
    this.#counts.fill(0, 0, this.#slots)
    this.#slots = 0
    if (count > this.#slotOf.length) {
      this.#slotOf = new Uint32Array(count)
      this.#terms = new Int32Array(count)
      this.#counts = new Uint32Array(count)
      this.#ends = new Uint32Array(count)
      this.#postings = new Uint32Array(count)
      this.#sorted = new Float64Array(count)
    }
  }

  /** Takes terms[from, to) of all docs. */
  count(terms: Int32Array, from: number, to: number): void {
    const [slotOf, known, counts] = [this.#slotOf, this.#terms, this.#counts]
    let places: Uint32Array = this.#places
    let last = places.length - 1
    let shift = 32 - this.#bits
    let slots = this.#slots
    for (let k = from; k < to; k++) {
      if (2 * slots > last) {
        places = this.#widen(slots)
        last = places.length - 1
        shift = 32 - this.#bits
      }
      const term = terms[k]!
      let at = Math.imul(term, 0x9e3779b1) >>> shift
      let slot = places[at]! - 1
      while (slot >= 0 && known[slot] !== term) {
        at = (at + 1) & last
        slot = places[at]! - 1
      }
      if (slot < 0) {
        slot = slots++
        places[at] = slots
        known[slot] = term
      }
      counts[slot]!++
      slotOf[k] = slot
    }
    this.#slots = slots
  }

  /** The table for more than these slots. */
  #widen(slots: number): Uint32Array {
    const places = new Uint32Array(2 ** ++this.#bits)
    const last = places.length - 1
    for (let slot = 0; slot < slots; slot++) {
      let at = Math.imul(this.#terms[slot]!, 0x9e3779b1) >>> (32 - this.#bits)
      while (places[at] !== 0) at = (at + 1) & last
      places[at] = slot + 1
    }
    this.#places = places
    return places
  }

  /** All are counted: each slot has its part. */
  spread(): void {
    for (let slot = 0, end = 0; slot < this.#slots; slot++) {
      this.#ends[slot] = end
      end += this.#counts[slot]!
    }
  }

  /** Takes order[from, to), the docs of these numbers, whose terms stand at `starts`. */
  place(order: Uint16Array, from: number, to: number, starts: Uint32Array, nexts: Uint8Array): void {
    const [slotOf, ends, postings] = [this.#slotOf, this.#ends, this.#postings]
    for (let number = from; number < to; number++) {
      const doc = order[number]!
      const end = starts[doc + 1]!
      for (let at = starts[doc]!; at < end; at++) postings[ends[slotOf[at]!]!++] = posting(number, nexts[at]!)
    }
  }

  /** All are placed: they can be packed, by their numbers. */
  sort(): void {
    const [terms, slots, sorted] = [this.#terms, this.#slots, this.#sorted]
    for (let slot = 0; slot < slots; slot++) sorted[slot] = terms[slot]! * SLOTS_MAX + slot
    sorted.subarray(0, slots).sort()
    this.#packed = 0
  }

  /** Is there something that is not packed yet? */
  get isLeft(): boolean {
    return this.#packed < this.#slots
  }

  /** The next value. */
  pack(): Part {
    const [sorted, counts, ends, postings] = [this.#sorted, this.#counts, this.#ends, this.#postings]
    let part = this.#part
    let length = 0
    let [first, before] = [0, 0]
    for (; this.#packed < this.#slots; this.#packed++) {
      const both = sorted[this.#packed]!
      const term = Math.floor(both / SLOTS_MAX)
      const slot = both - term * SLOTS_MAX
      const end = ends[slot]!
      const start = end - counts[slot]!
      const bytes = entryBytesMax(end - start)
      if (length > 0 && length + bytes > PART_BYTES) break
      if (length === 0) first = term
      if (bytes > part.length) part = new Uint8Array(bytes)
      length = packEntry(part, length, term - before, postings, start, end, isInText(term))
      before = term
    }
    return { first, value: part.subarray(0, length) }
  }
}

/** Not in use: one, or as many as segments were packed at once. */
const desks: Desk[] = []

/** A segment of the store. Values are read when they are asked for. */
export class Segment implements Searchable {
  readonly number: number
  readonly #read: (key: string) => Uint8Array | undefined
  /** The first number of each part of postings. */
  readonly #firsts: Int32Array
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
    this.#firsts = Int32Array.from({ length: (head.length - firstsAt) / TERM_BYTES }, (_, part) =>
      readUint(head, firstsAt + part * TERM_BYTES, TERM_BYTES),
    )
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

  postings(terms: Terms): Uint16Array | undefined {
    const firsts = this.#firsts
    const lists: Uint16Array[] = []
    for (let part = Math.max(0, lastAtMost(firsts, terms.from)); part < firsts.length; part++) {
      if (firsts[part]! >= terms.to) break
      const bytes = this.#part(this.#postingsAt + part)
      const found = bytes && unpackEntries(bytes, terms, this.count)
      if (!found) return undefined
      lists.push(...found)
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

/** The last index whose value is not above; -1: none. */
function lastAtMost(values: Int32Array, value: number): number {
  let low = 0
  let high = values.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (values[middle]! <= value) low = middle + 1
    else high = middle
  }
  return low - 1
}

/** FNV-1a over the bytes, four at a time: for damage, not against forgers. */
function sumOf(bytes: Uint8Array, end: number): number {
  let sum = 0x811c9dc5
  let k = 0
  for (; k + 3 < end; k += 4) {
    const four = bytes[k]! | (bytes[k + 1]! << 8) | (bytes[k + 2]! << 16) | (bytes[k + 3]! << 24)
    const mixed = Math.imul(sum ^ four, 0x01000193)
    // A product carries nothing down: so that each bit of the four comes to count in all of it.
    sum = mixed ^ (mixed >>> 15)
  }
  for (; k < end; k++) sum = Math.imul(sum ^ bytes[k]!, 0x01000193)
  return sum >>> 0
}

/** A copy with its sum. */
function summed(bytes: Uint8Array): Uint8Array {
  const { length } = bytes
  const copy = new Uint8Array(length + SUM_BYTES)
  copy.set(bytes)
  writeUint(copy, length, SUM_BYTES, sumOf(bytes, length))
  return copy
}

/** What was summed; undefined where it is missing or damaged. */
function whole(bytes: Uint8Array | undefined): Uint8Array | undefined {
  if (!bytes || bytes.length < SUM_BYTES) return undefined
  const end = bytes.length - SUM_BYTES
  return sumOf(bytes, end) === readUint(bytes, end, SUM_BYTES) ? bytes.subarray(0, end) : undefined
}
