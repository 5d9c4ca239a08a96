/**
 * Docs: what the index knows of each event beside its words: where it lies, when it was said, and what is in it. An edit
 * or a reaction is a doc of its own that stands for its message.
 *
 * On disk each doc is place2 n4 t6 at6 terms1 marks1 (a block of them is a value), each place room16 author32 lane8. The pairs of all
 * docs, 8 bytes each, are a value of their own: a phrase is looked for there before any doc is read.
 */
import { fromHex, hex, readUint, writeUint } from '../../wire/bytes.ts'
import type { LaneId, PersonKey, RoomId } from '../../wire/ids.ts'
import { TIME_MAX } from '../../wire/limits.ts'
import { holdsPairs, PAIRS_BYTES, type Pairs, packPairs } from './pairs.ts'

export const MARK = {
  /** Another text of a message, whose words these are. */
  edit: 1,
  reaction: 2,
  link: 4,
  file: 8,
  /** Of an edit or reaction: place and times are the message's. Without it they are its own. */
  ofTarget: 16,
} as const

/** Its times are its own and not those of the message that it stands for. */
export const isLoose = (marks: number): boolean =>
  (marks & (MARK.edit | MARK.reaction)) !== 0 && (marks & MARK.ofTarget) === 0

export interface Place {
  readonly room: RoomId
  readonly author: PersonKey
  readonly lane: LaneId
}

export interface Doc {
  readonly place: Place
  readonly n: number
  readonly t: number
  readonly at: number
  /** How many words it has, 255 for more. */
  readonly terms: number
  readonly marks: number
  /** Which words stand side by side (pairs.ts). */
  readonly pairs: Pairs
}

/** Docs by number. */
export interface Docs {
  /** Which of the different places a doc has. */
  placeOf(doc: number): number
  n(doc: number): number
  t(doc: number): number
  at(doc: number): number
  terms(doc: number): number
  marks(doc: number): number
}

/** What holds of each doc of some: where all of it rules them out, none of them is looked at. */
export interface Bounds {
  readonly tMax: number
  /** Of messages that are known; anything where one is not. */
  readonly atMin: number
  readonly atMax: number
  readonly termsMin: number
}

/** Widens bounds as docs come. */
export class GrowingBounds implements Bounds {
  tMax = 0
  atMin = TIME_MAX
  atMax = 0
  termsMin = 255

  add({ t, at, terms, marks }: Omit<Doc, 'place' | 'n' | 'pairs'>): void {
    this.tMax = Math.max(this.tMax, t)
    this.atMin = isLoose(marks) ? 0 : Math.min(this.atMin, at)
    this.atMax = isLoose(marks) ? TIME_MAX : Math.max(this.atMax, at)
    this.termsMin = Math.min(this.termsMin, terms)
  }
}

export const PLACE_BYTES = 56
export const DOC_BYTES = 20

/** Docs that are being gathered, at most `max`: columns and not objects, since there are thousands of them for long. */
export class GatheredDocs implements Docs {
  readonly places: Place[] = []
  readonly bounds = new GrowingBounds()
  readonly #known = new Map<string, number>()
  /** The same by the object that was given: a lane gives its own each time. */
  readonly #met = new WeakMap<Place, number>()
  readonly #placeOf: Uint16Array
  readonly #n: Uint32Array
  readonly #t: Float64Array
  readonly #at: Float64Array
  readonly #terms: Uint8Array
  readonly #marks: Uint8Array
  readonly #pairs: Uint32Array
  #count = 0

  /** max: docs that it takes. */
  constructor(readonly max: number) {
    this.#placeOf = new Uint16Array(max)
    this.#n = new Uint32Array(max)
    this.#t = new Float64Array(max)
    this.#at = new Float64Array(max)
    this.#terms = new Uint8Array(max)
    this.#marks = new Uint8Array(max)
    this.#pairs = new Uint32Array(2 * max)
  }

  add(added: Doc): number {
    const doc = this.#count++
    this.#placeOf[doc] = this.#numberOf(added.place)
    this.#n[doc] = added.n
    this.#t[doc] = added.t
    this.#at[doc] = added.at
    this.#terms[doc] = added.terms
    this.#marks[doc] = added.marks
    this.#pairs[2 * doc] = added.pairs[0]
    this.#pairs[2 * doc + 1] = added.pairs[1]
    this.bounds.add(added)
    return doc
  }

  #numberOf(place: Place): number {
    const met = this.#met.get(place)
    if (met !== undefined) return met
    const { room, author, lane } = place
    const name = room + author + lane
    const number = this.#known.get(name) ?? this.places.push({ room, author, lane }) - 1
    this.#known.set(name, number)
    this.#met.set(place, number)
    return number
  }

  get count(): number {
    return this.#count
  }
  placeOf = (doc: number) => this.#placeOf[doc]!
  n = (doc: number) => this.#n[doc]!
  t = (doc: number) => this.#t[doc]!
  at = (doc: number) => this.#at[doc]!
  terms = (doc: number) => this.#terms[doc]!
  marks = (doc: number) => this.#marks[doc]!
  /** Is each of these pairs in it, as far as its bits tell? */
  mayHold = (doc: number, pairs: Pairs) => holdsPairs(this.#pairs[2 * doc]!, this.#pairs[2 * doc + 1]!, pairs)

  /** Numbers of all docs, what was said last first. */
  newestFirst(): Uint16Array {
    const t = this.#t
    return Uint16Array.from({ length: this.#count }, (_, doc) => doc).sort((a, b) => t[b]! - t[a]!)
  }

  /** These docs as a value. */
  pack(docs: Uint16Array): Uint8Array {
    const bytes = new Uint8Array(docs.length * DOC_BYTES)
    for (let k = 0; k < docs.length; k++) {
      const [doc, at] = [docs[k]!, k * DOC_BYTES]
      writeUint(bytes, at, 2, this.placeOf(doc))
      writeUint(bytes, at + 2, 4, this.n(doc))
      writeUint(bytes, at + 6, 6, this.t(doc))
      writeUint(bytes, at + 12, 6, this.at(doc))
      bytes[at + 18] = this.terms(doc)
      bytes[at + 19] = this.marks(doc)
    }
    return bytes
  }

  /** The pairs of these docs as a value. */
  packPairs(docs: Uint16Array): Uint8Array {
    const bytes = new Uint8Array(docs.length * PAIRS_BYTES)
    for (let k = 0; k < docs.length; k++) {
      const doc = docs[k]!
      packPairs(bytes, k * PAIRS_BYTES, this.#pairs[2 * doc]!, this.#pairs[2 * doc + 1]!)
    }
    return bytes
  }

  boundsOf(docs: Uint16Array): Bounds {
    const bounds = new GrowingBounds()
    for (const doc of docs)
      bounds.add({ t: this.t(doc), at: this.at(doc), terms: this.terms(doc), marks: this.marks(doc) })
    return bounds
  }
}

/** Docs from this number on, as pack made them; undefined for what no packing made. */
export function unpackDocs(bytes: Uint8Array, from: number, count: number): Docs | undefined {
  if (bytes.length !== count * DOC_BYTES) return undefined
  const field = (offset: number, size: number) => (doc: number) =>
    readUint(bytes, (doc - from) * DOC_BYTES + offset, size)
  return {
    placeOf: field(0, 2),
    n: field(2, 4),
    t: field(6, 6),
    at: field(12, 6),
    terms: field(18, 1),
    marks: field(19, 1),
  }
}

export function packPlaces(places: readonly Place[]): Uint8Array {
  const bytes = new Uint8Array(places.length * PLACE_BYTES)
  for (const [k, { room, author, lane }] of places.entries())
    bytes.set(fromHex(room + author + lane), k * PLACE_BYTES)
  return bytes
}

/** The place at this number of packed ones. */
export function unpackPlace(bytes: Uint8Array, number: number): Place | undefined {
  const at = number * PLACE_BYTES
  if (at + PLACE_BYTES > bytes.length) return undefined
  return {
    room: hex(bytes, at, at + 16) as RoomId,
    author: hex(bytes, at + 16, at + 48) as PersonKey,
    lane: hex(bytes, at + 48, at + 56) as LaneId,
  }
}
