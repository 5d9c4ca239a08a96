/**
 * Segments: a few thousand docs and their postings, written once and never changed. A segment is a handful of values of the
 * store, `s` segment4 part2: part 0 says what is in it, part 1 is its docs, the others are its postings, in order of terms.
 *
 *   part 0     docs2 atMin6 atMax6 tMax6, then the first term of each part of postings, 7 bytes each
 *   postings   term7 length2 then the docs, ascending, as LEB128 of the differences
 *
 * Each value ends with a sum over itself: a disk that flips a bit costs the index, which is then made anew.
 */
import { concat, readUint, uint, writeUint } from '../../wire/bytes.ts'
import { type Docs, type GatheredDocs, unpackDocs } from './docs.ts'
import { TERM_BYTES } from './term-numbers.ts'

/** Bytes of one part of postings: what a look for one word reads. */
const PART_BYTES = 4096
const SUM_BYTES = 4
const HEAD_BYTES = 20
const ENTRY_BYTES = TERM_BYTES + 2
const FIRST_POSTINGS = 2

/** What can be searched: a segment, or docs that are still being gathered. */
export interface Searchable {
  readonly count: number
  readonly atMin: number
  readonly atMax: number
  readonly tMax: number
  /** undefined where the disk has damaged them. */
  docs(): Docs | undefined
  /** Docs of any term from <= term < to, ascending; undefined where the disk has damaged them. */
  postings(from: number, to: number): readonly number[] | undefined
}

export const segmentKey = (segment: number, part: number): string =>
  `s${segment.toString(16).padStart(8, '0')}${part.toString(16).padStart(4, '0')}`

/** Docs and postings in memory. */
export class Gathered implements Searchable {
  readonly gathered: GatheredDocs
  readonly #postings = new Map<number, number[]>()
  atMin = Number.POSITIVE_INFINITY
  atMax = 0
  tMax = 0

  constructor(docs: GatheredDocs) {
    this.gathered = docs
  }

  get count(): number {
    return this.gathered.count
  }

  docs(): Docs {
    return this.gathered
  }

  add(doc: Parameters<GatheredDocs['add']>[0], terms: Iterable<number>): void {
    const number = this.gathered.add(doc)
    this.atMin = Math.min(this.atMin, doc.at)
    this.atMax = Math.max(this.atMax, doc.at)
    this.tMax = Math.max(this.tMax, doc.t)
    for (const term of terms) {
      const docs = this.#postings.get(term)
      if (!docs) this.#postings.set(term, [number])
      // Two words of one number.
      else if (docs[docs.length - 1] !== number) docs.push(number)
    }
  }

  postings(from: number, to: number): readonly number[] {
    if (to - from === 1) return this.#postings.get(from) ?? []
    const found = new Set<number>()
    for (const [term, docs] of this.#postings)
      if (term >= from && term < to) for (const doc of docs) found.add(doc)
    return ascending(found)
  }

  /** The values of a segment, part by part, so that the caller can do something else in between; part 0 comes last. */
  *pack(): Generator<readonly [part: number, value: Uint8Array]> {
    const terms = Float64Array.from(this.#postings.keys()).sort()
    const firsts: number[] = []
    let entries: Uint8Array[] = []
    let bytes = 0
    const value = (): readonly [number, Uint8Array] => {
      const whole = summed(concat(...entries))
      entries = []
      bytes = 0
      return [FIRST_POSTINGS + firsts.length - 1, whole]
    }
    for (const term of terms) {
      const entry = packEntry(term, this.#postings.get(term)!)
      if (bytes > 0 && bytes + entry.length > PART_BYTES) yield value()
      if (bytes === 0) firsts.push(term)
      entries.push(entry)
      bytes += entry.length
    }
    if (bytes > 0) yield value()
    yield [1, summed(this.gathered.pack())]
    const head = concat(uint(this.count, 2), uint(this.atMin, 6), uint(this.atMax, 6), uint(this.tMax, 6))
    yield [0, summed(concat(head, ...firsts.map((term) => uint7(term))))]
  }
}

/** A segment of the store. Values are read when they are asked for. */
export class Segment implements Searchable {
  readonly number: number
  readonly #read: (key: string) => Uint8Array | undefined
  readonly #firsts: Float64Array
  readonly #checked = new Set<number>()
  readonly count: number
  readonly atMin: number
  readonly atMax: number
  readonly tMax: number

  private constructor(number: number, head: Uint8Array, read: (key: string) => Uint8Array | undefined) {
    this.number = number
    this.#read = read
    this.count = readUint(head, 0, 2)
    this.atMin = readUint(head, 2, 6)
    this.atMax = readUint(head, 8, 6)
    this.tMax = readUint(head, 14, 6)
    this.#firsts = new Float64Array((head.length - HEAD_BYTES) / TERM_BYTES)
    for (let k = 0; k < this.#firsts.length; k++)
      this.#firsts[k] = readTerm(head, HEAD_BYTES + k * TERM_BYTES)
  }

  /** undefined where it is not whole. */
  static open(number: number, read: (key: string) => Uint8Array | undefined): Segment | undefined {
    const head = whole(read(segmentKey(number, 0)))
    if (!head || head.length < HEAD_BYTES || (head.length - HEAD_BYTES) % TERM_BYTES !== 0) return undefined
    return new Segment(number, head, read)
  }

  /** Keys of all its values. */
  get keys(): string[] {
    return Array.from({ length: FIRST_POSTINGS + this.#firsts.length }, (_, part) =>
      segmentKey(this.number, part),
    )
  }

  docs(): Docs | undefined {
    const bytes = this.#part(1)
    return bytes && unpackDocs(bytes)
  }

  /** Summed up when it is read for the first time: a search reads a hundred of them. */
  #part(part: number): Uint8Array | undefined {
    const bytes = this.#read(segmentKey(this.number, part))
    if (bytes && this.#checked.has(part)) return bytes.subarray(0, bytes.length - SUM_BYTES)
    const checked = whole(bytes)
    if (checked) this.#checked.add(part)
    return checked
  }

  postings(from: number, to: number): readonly number[] | undefined {
    const firsts = this.#firsts
    let part = lastAtMost(firsts, from)
    if (part < 0) part = 0
    const lists: (readonly number[])[] = []
    for (; part < firsts.length && firsts[part]! < to; part++) {
      const bytes = this.#part(FIRST_POSTINGS + part)
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
    return lists.length > 1 ? ascending(new Set(lists.flat())) : (lists[0] ?? [])
  }
}

function packEntry(term: number, docs: readonly number[]): Uint8Array {
  const bytes: number[] = []
  let before = 0
  for (const doc of docs) {
    let rest = doc - before
    before = doc
    for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest & 127) | 128)
    bytes.push(rest)
  }
  const entry = new Uint8Array(ENTRY_BYTES + bytes.length)
  entry.set(uint7(term))
  writeUint(entry, TERM_BYTES, 2, bytes.length)
  entry.set(bytes, ENTRY_BYTES)
  return entry
}

/** undefined for docs that the segment does not have. */
function unpackPostings(bytes: Uint8Array, from: number, to: number, count: number): number[] | undefined {
  const docs: number[] = []
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
    docs.push(doc)
  }
  return docs
}

const uint7 = (term: number): Uint8Array =>
  concat(uint(Math.floor(term / 2 ** 24), 4), uint(term % 2 ** 24, 3))
const readTerm = (bytes: Uint8Array, at: number): number =>
  readUint(bytes, at, 4) * 2 ** 24 + readUint(bytes, at + 4, 3)

const ascending = (docs: Iterable<number>): number[] => [...docs].sort((a, b) => a - b)

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
