/**
 * Segments: a few thousand docs and their postings, written once and never changed. A segment is a handful of values of the
 * store, `s` segment4 part2. Its docs are numbered from what was said last to what was said first.
 *
 *   part 0     docs2 places2 then tMax6 atMin6 atMax6 termsMin1 of each block of docs, then the first term of each part of
 *              postings, 5 bytes each
 *   then       the blocks of docs (docs.ts), the pairs of all docs in one value, the places, so many to a value
 *   postings   term5 length then the docs, ascending, as LEB128 of the differences; the length is LEB128 too
 *
 * Each value ends with a sum over itself: a disk that flips a bit costs the index, which is then made anew.
 */
import { concat, readUint, uint } from '../../wire/bytes.ts'
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
import { PAIRS_BYTES, type Pairs, withPairs } from './pairs.ts'
import { TERM_BYTES } from './term-numbers.ts'

/** Bytes of one part of postings: what a look for one word reads. */
const PART_BYTES = 4096
/** Docs and places of one value: about as much. */
const BLOCK_DOCS = 256
const BLOCK_PLACES = 64
const SUM_BYTES = 4
const COUNTS_BYTES = 4
const BOUNDS_BYTES = 19
/** At most, of what stands before the docs of a term: the length of all docs there can be fits two bytes. */
const ENTRY_BYTES = TERM_BYTES + 2
/** Of one doc in postings: their numbers fit two bytes. */
const POSTING_BYTES_MAX = 3
/** Terms of one doc, about: room for more is made where they have more. */
const TERMS_OF_DOC = 16
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
  /** Those of the docs in which all these pairs may stand; undefined where the disk has damaged what tells it. */
  withPairs(docs: Uint16Array, pairs: Pairs): Uint16Array | undefined
  /** Docs of any term from <= term < to, ascending; undefined where the disk has damaged them. */
  postings(from: number, to: number): Uint16Array | undefined
}

export const segmentKey = (segment: number, part: number): string =>
  `s${segment.toString(16).padStart(8, '0')}${part.toString(16).padStart(4, '0')}`

/** Docs and their terms in memory. */
export class Gathered implements Searchable {
  readonly gathered: GatheredDocs
  /** The terms of all docs, one doc after the other. */
  #terms: Float64Array
  /** Where those of the next doc begin. */
  readonly #starts: number[] = [0]

  constructor(docs: GatheredDocs) {
    this.gathered = docs
    this.#terms = new Float64Array(TERMS_OF_DOC * docs.max)
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
  withPairs = (docs: Uint16Array, pairs: Pairs) => docs.filter((doc) => this.gathered.mayHold(doc, pairs))

  /** terms: the first `count` of them; a term may stand there twice. */
  add(doc: Doc, terms: ArrayLike<number>, count = terms.length): void {
    this.gathered.add(doc)
    const start = this.#starts[this.#starts.length - 1]!
    const end = start + count
    if (end > this.#terms.length) {
      const longer = new Float64Array(Math.max(end, 2 * start))
      longer.set(this.#terms)
      this.#terms = longer
    }
    for (let k = 0; k < count; k++) this.#terms[start + k] = terms[k]!
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
    yield [++part, summed(this.gathered.packPairs(order))]
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
    const desk = desks.pop() ?? new Desk()
    yield* this.#sortOn(desk, order)
    desks.push(desk)
  }

  *#sortOn(desk: Desk, order: Uint16Array): Generator<Uint8Array | undefined> {
    // Which slot each term has, then where the docs of each slot begin: two passes, and no list for each term.
    const all = this.#terms
    const count = this.#starts[this.#starts.length - 1]!
    desk.clear(count)
    const { slotOf, counts, ends, docs } = desk
    for (let at = 0; at < count; at++) {
      if (at % (16 * PACK_DOCS) === 0) yield undefined
      const slot = desk.slot(all[at]!)
      counts[slot]!++
      slotOf[at] = slot
    }
    for (let slot = 0, end = 0; slot < desk.slots; slot++) {
      ends[slot] = end
      end += counts[slot]!
    }
    for (let number = 0; number < order.length; number++) {
      if (number % PACK_DOCS === 0) yield undefined
      const doc = order[number]!
      const end = this.#starts[doc + 1]!
      for (let at = this.#starts[doc]!; at < end; at++) docs[ends[slotOf[at]!]!++] = number
    }
    const terms = desk.terms.slice(0, desk.slots).sort()
    yield undefined
    let part = desk.part
    let length = 0
    for (const term of terms) {
      const slot = desk.slot(term)
      const end = ends[slot]!
      const start = end - counts[slot]!
      const bytes = ENTRY_BYTES + POSTING_BYTES_MAX * counts[slot]!
      if (length > 0 && length + bytes > PART_BYTES) {
        yield part.slice(0, length)
        length = 0
      }
      if (length + bytes > part.length) part = new Uint8Array(bytes)
      length = packEntry(part, length, term, docs, start, end)
    }
    if (length > 0) yield part.slice(0, length)
  }
}

/** What postings are sorted on. Kept for the next segment: two MiB made anew for each would be collected late. */
class Desk {
  /** Of each term of each doc its slot: terms that are the same have one. */
  slotOf = new Uint32Array(0)
  /** Of each slot its term, how many docs it has, and where these end so far. */
  terms = new Float64Array(0)
  counts = new Uint32Array(0)
  ends = new Uint32Array(0)
  /** Docs of all slots, one slot behind the other. */
  docs = new Uint16Array(0)
  readonly part = new Uint8Array(2 * PART_BYTES)
  slots = 0
  /** A hash table, since a Map of such numbers takes half of the time of packing. The slot and one more; 0: none. */
  #places = new Uint32Array(0)
  #mask = 0

  /** For so many terms of all docs together. */
  clear(count: number): void {
    this.slots = 0
    if (count > this.slotOf.length) {
      this.#mask = 2 ** Math.ceil(Math.log2(2 * count + 1)) - 1
      this.#places = new Uint32Array(this.#mask + 1)
      this.slotOf = new Uint32Array(count)
      this.terms = new Float64Array(count)
      this.counts = new Uint32Array(count)
      this.ends = new Uint32Array(count)
      this.docs = new Uint16Array(count)
      return
    }
    this.#places.fill(0)
    this.counts.fill(0)
  }

  slot(term: number): number {
    // The lower bits of a term are those of its whole word (term-numbers.ts).
    for (let at = term & this.#mask; ; at = (at + 1) & this.#mask) {
      const known = this.#places[at]!
      if (known === 0) {
        this.terms[this.slots] = term
        this.#places[at] = ++this.slots
        return this.slots - 1
      }
      if (this.terms[known - 1] === term) return known - 1
    }
  }
}

/** Not in use: one, or as many as segments were packed at once. */
const desks: Desk[] = []

/** A segment of the store. Values are read when they are asked for. */
export class Segment implements Searchable {
  readonly number: number
  readonly #read: (key: string) => Uint8Array | undefined
  readonly #firsts: Float64Array
  readonly #checked = new Set<number>()
  readonly count: number
  readonly bounds: Bounds
  readonly blocks: readonly Bounds[]
  readonly #pairsAt: number
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
    this.#pairsAt = 1 + blockCount
    this.#placesAt = this.#pairsAt + 1
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

  withPairs(docs: Uint16Array, pairs: Pairs): Uint16Array | undefined {
    const bytes = this.#part(this.#pairsAt)
    return bytes?.length === this.count * PAIRS_BYTES ? withPairs(bytes, docs, pairs) : undefined
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
      for (let at = 0; at + TERM_BYTES < bytes.length; ) {
        const term = readTerm(bytes, at)
        let start = at + TERM_BYTES
        let length = bytes[start++]!
        if (length > 127) length = (length & 127) | (bytes[start++]! << 7)
        at = start + length
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

/** Writes an entry of docs[first, last) at `at`, where there is room for POSTING_BYTES_MAX for each; returns where it ends. */
function packEntry(
  bytes: Uint8Array,
  at: number,
  term: number,
  docs: Uint16Array,
  first: number,
  last: number,
): number {
  const upper = Math.floor(term / 2 ** 16)
  bytes[at] = upper >>> 16
  bytes[at + 1] = upper >>> 8
  bytes[at + 2] = upper
  bytes[at + 3] = term >>> 8
  bytes[at + 4] = term
  // The length before what it is the length of: one byte, or two where that many docs follow.
  const lengthBytes = POSTING_BYTES_MAX * (last - first) > 127 ? 2 : 1
  const start = at + TERM_BYTES + lengthBytes
  let end = start
  let before = 0
  for (let k = first; k < last; k++) {
    const doc = docs[k]!
    // Two words of one number: the same doc again.
    if (doc === before && end > start) continue
    let rest = doc - before
    before = doc
    for (; rest > 127; rest >>= 7) bytes[end++] = (rest & 127) | 128
    bytes[end++] = rest
  }
  const length = end - start
  bytes[at + TERM_BYTES] = lengthBytes === 1 ? length : (length & 127) | 128
  if (lengthBytes === 2) bytes[at + TERM_BYTES + 1] = length >> 7
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
  ((bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!) * 2 ** 16 +
  ((bytes[at + 3]! << 8) | bytes[at + 4]!)

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
