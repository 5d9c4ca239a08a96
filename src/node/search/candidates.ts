/**
 * Candidates: the docs that may be what is looked for, the best ones first, each asked for one at a time.
 *
 *   segment (bound by its newest doc) -> its blocks that have matches (each bound by its own) -> docs (their true score)
 *
 * All three stand in one heap by what their best doc can be; the one on top is opened, or given out where it is a doc. So of a
 * segment in which nothing good enough can be, nothing is read but its head.
 */
import { type Bounds, type Docs, isLoose, MARK, type Place } from './docs.ts'
import type { Terms } from './postings.ts'
import type { Searchable } from './segment.ts'

const DAY_MS = 24 * 3600 * 1000

/** A doc that may be what is wanted. score: its t, or how good it is where the best come first. */
export interface Candidate {
  readonly place: Place
  readonly n: number
  readonly marks: number
  readonly t: number
  readonly score: number
}

/** What is known of a message without reading it. */
export interface Sieve {
  /** Of each of these a doc has one. */
  readonly needs: readonly (readonly Terms[])[]
  /** Said at this time or later, and before that one, ms. */
  readonly since: number
  readonly until: number
  /** Nothing said later than this counts. */
  readonly tMax: number
  /** The best come first; else the newest. */
  readonly isRanked: boolean
  readonly now: number
  isMeant(place: Place): boolean
}

interface Entry {
  /** What its best doc can be at most. */
  readonly score: number
  readonly part: Searchable
  /** undefined: all of the segment. */
  readonly block?: number
  /** Docs of the block that match. */
  readonly matches?: Uint16Array
  /** One of them, read. */
  readonly doc?: Omit<Candidate, 'place'> & { readonly placeOf: number }
}

export class Candidates {
  readonly #sieve: Sieve
  readonly #heap = new Heap()
  readonly #places = new Map<Searchable, Map<number, Place | null>>()
  #damaged = false
  /** Segments and blocks opened so far. */
  opened = 0

  constructor(parts: readonly Searchable[], sieve: Sieve) {
    this.#sieve = sieve
    for (const part of parts) {
      if (part.count === 0 || !this.#mayHold(part.bounds)) continue
      this.#heap.push({ score: this.#bestOf(part.bounds), part })
    }
  }

  /** A value that should be there is not, or not as it was written: something may be missing. */
  get isDamaged(): boolean {
    return this.#damaged
  }

  /** What the next candidate can be at most. */
  get nextScore(): number {
    return this.#heap.top?.score ?? Number.NEGATIVE_INFINITY
  }

  /** Opens a segment or a block, or gives out a doc; null: there are no more. */
  step(): Candidate | null | undefined {
    const top = this.#heap.pop()
    if (!top) return null
    const { part, block, matches, doc } = top
    if (doc) {
      const { placeOf, ...rest } = doc
      const place = this.#placeAt(part, placeOf)
      return place ? { ...rest, place } : undefined
    }
    this.opened++
    if (block === undefined) this.#openPart(part)
    else this.#openBlock(part, block, matches!)
    return undefined
  }

  /** null: it is not meant. */
  #placeAt(part: Searchable, number: number): Place | null {
    let places = this.#places.get(part)
    if (!places) {
      places = new Map()
      this.#places.set(part, places)
    }
    const known = places.get(number)
    if (known !== undefined) return known
    const place = part.place(number)
    if (!place) this.#damaged = true
    const meant = place && this.#sieve.isMeant(place) ? place : null
    places.set(number, meant)
    return meant
  }

  #openPart(part: Searchable): void {
    const matches = this.#matchesIn(part)
    if (!matches) {
      this.#damaged = true
      return
    }
    for (let from = 0; from < matches.length; ) {
      const block = part.blockOf(matches[from]!)
      let to = from + 1
      while (to < matches.length && part.blockOf(matches[to]!) === block) to++
      const bounds = part.blocks[block]!
      if (this.#mayHold(bounds))
        this.#heap.push({ score: this.#bestOf(bounds), part, block, matches: matches.subarray(from, to) })
      from = to
    }
  }

  /** Docs that have something of each need, the rarest first; undefined: damaged. */
  #matchesIn(part: Searchable): Uint16Array | undefined {
    const lists: Uint16Array[] = []
    for (const need of this.#sieve.needs) {
      const list = anyOf(part, need)
      if (!list) return undefined
      if (list.length === 0) return list
      lists.push(list)
    }
    lists.sort((a, b) => a.length - b.length)
    return lists.length === 0 ? all(part.count) : lists.reduce(common)
  }

  #openBlock(part: Searchable, block: number, matches: Uint16Array): void {
    const docs = part.docs(block)
    if (!docs) {
      this.#damaged = true
      return
    }
    for (const number of matches) {
      const doc = this.#fitting(docs, number)
      if (doc) this.#heap.push({ score: doc.score, part, doc })
    }
  }

  #fitting(docs: Docs, doc: number): Entry['doc'] {
    const { since, until, tMax, isRanked, now } = this.#sieve
    const marks = docs.marks(doc)
    // Found by its words, of which a reaction has none.
    if (marks & MARK.reaction) return undefined
    const t = docs.t(doc)
    if (!isLoose(marks)) {
      const at = docs.at(doc)
      if (at < since || at >= until || t > tMax) return undefined
    }
    const score = isRanked ? scoreOf(docs.terms(doc), now - t) : t
    return { placeOf: docs.placeOf(doc), n: docs.n(doc), marks, t, score }
  }

  #mayHold({ atMin, atMax }: Bounds): boolean {
    return atMax >= this.#sieve.since && atMin < this.#sieve.until
  }

  #bestOf({ tMax, termsMin }: Bounds): number {
    const { isRanked, now } = this.#sieve
    return isRanked ? scoreOf(termsMin, now - tMax) : tMax
  }
}

/** More for a text that says little else, and for one of these days. */
const scoreOf = (terms: number, ageMs: number): number =>
  1 / (1 + Math.log2(1 + terms)) + 1 / (1 + Math.max(0, ageMs) / (30 * DAY_MS))

/** Docs that have one of these. */
function anyOf(part: Searchable, need: readonly Terms[]): Uint16Array | undefined {
  let found: Uint16Array | undefined
  for (const terms of need) {
    const docs = part.postings(terms)
    if (!docs) return undefined
    found = found && found.length > 0 ? either(found, docs) : docs
  }
  return found ?? new Uint16Array(0)
}

const all = (count: number) => Uint16Array.from({ length: count }, (_, doc) => doc)

/** What is in both, both ascending. */
function common(a: Uint16Array, b: Uint16Array): Uint16Array {
  const both = new Uint16Array(Math.min(a.length, b.length))
  let found = 0
  for (let i = 0, k = 0; i < a.length && k < b.length; ) {
    const difference = a[i]! - b[k]!
    if (difference === 0) both[found++] = a[i]!
    if (difference <= 0) i++
    if (difference >= 0) k++
  }
  return both.subarray(0, found)
}

/** What is in one of them, both ascending. */
function either(a: Uint16Array, b: Uint16Array): Uint16Array {
  const any = new Uint16Array(a.length + b.length)
  let found = 0
  for (let i = 0, k = 0; i < a.length || k < b.length; ) {
    const one = a[i] ?? Number.POSITIVE_INFINITY
    const other = b[k] ?? Number.POSITIVE_INFINITY
    any[found++] = Math.min(one, other)
    if (one <= other) i++
    if (other <= one) k++
  }
  return any.subarray(0, found)
}

/** The highest score on top; of equal ones what is still to be opened, which may hold as good ones. */
class Heap {
  readonly #entries: Entry[] = []

  get top(): Entry | undefined {
    return this.#entries[0]
  }

  push(entry: Entry): void {
    const entries = this.#entries
    entries.push(entry)
    for (let k = entries.length - 1; k > 0; ) {
      const above = (k - 1) >> 1
      if (!isBefore(entries[k]!, entries[above]!)) break
      ;[entries[above], entries[k]] = [entries[k]!, entries[above]!]
      k = above
    }
  }

  pop(): Entry | undefined {
    const entries = this.#entries
    const top = entries[0]
    const last = entries.pop()
    if (!top || !last || entries.length === 0) return top
    entries[0] = last
    for (let k = 0; ; ) {
      let first = k
      for (const below of [2 * k + 1, 2 * k + 2])
        if (below < entries.length && isBefore(entries[below]!, entries[first]!)) first = below
      if (first === k) return top
      ;[entries[first], entries[k]] = [entries[k]!, entries[first]!]
      k = first
    }
  }
}

const isBefore = (a: Entry, b: Entry): boolean =>
  a.score > b.score || (a.score === b.score && !a.doc && b.doc !== undefined)
