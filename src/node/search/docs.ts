/**
 * Docs: what the index knows of each event beside its words: where it lies, when it was said, and what is in it. An edit
 * or a reaction is a doc of its own that stands for its message.
 *
 * On disk: lanes, u16 count then room16 author32 lane8 each; docs, u16 count then lane2 n4 t6 at6 terms1 marks1 each.
 */
import { concat, fromHex, hex, readUint, uint, writeUint } from '../../wire/bytes.ts'
import type { LaneId, PersonKey, RoomId } from '../../wire/ids.ts'

export const MARK = {
  /** Another text of a message, whose words these are. */
  edit: 1,
  reaction: 2,
  link: 4,
  file: 8,
  /** Of an edit or reaction: place and times are the message's. Without it they are its own. */
  ofTarget: 16,
} as const

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
}

/** Docs by number. */
export interface Docs {
  readonly count: number
  /** Which of the different places a doc has, and that place. */
  placeOf(doc: number): number
  place(number: number): Place
  n(doc: number): number
  t(doc: number): number
  at(doc: number): number
  terms(doc: number): number
  marks(doc: number): number
}

const PLACE_BYTES = 56
const DOC_BYTES = 20

/** Docs that are being gathered, at most `max`: columns and not objects, since there are thousands of them for long. */
export class GatheredDocs implements Docs {
  readonly places: Place[] = []
  readonly #known = new Map<string, number>()
  /** The same by the object that was given: a lane gives its own each time. */
  readonly #met = new WeakMap<Place, number>()
  readonly #placeOf: Uint16Array
  readonly #n: Uint32Array
  readonly #t: Float64Array
  readonly #at: Float64Array
  readonly #terms: Uint8Array
  readonly #marks: Uint8Array
  #count = 0

  constructor(max: number) {
    this.#placeOf = new Uint16Array(max)
    this.#n = new Uint32Array(max)
    this.#t = new Float64Array(max)
    this.#at = new Float64Array(max)
    this.#terms = new Uint8Array(max)
    this.#marks = new Uint8Array(max)
  }

  add({ place, n, t, at, terms, marks }: Doc): number {
    const doc = this.#count++
    this.#placeOf[doc] = this.#numberOf(place)
    this.#n[doc] = n
    this.#t[doc] = t
    this.#at[doc] = at
    this.#terms[doc] = terms
    this.#marks[doc] = marks
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
  place = (number: number) => this.places[number]!
  n = (doc: number) => this.#n[doc]!
  t = (doc: number) => this.#t[doc]!
  at = (doc: number) => this.#at[doc]!
  terms = (doc: number) => this.#terms[doc]!
  marks = (doc: number) => this.#marks[doc]!

  pack(): Uint8Array {
    const places = this.places.map(({ room, author, lane }) =>
      concat(fromHex(room), fromHex(author), fromHex(lane)),
    )
    const docs = new Uint8Array(this.count * DOC_BYTES)
    for (let doc = 0; doc < this.count; doc++) {
      const at = doc * DOC_BYTES
      writeUint(docs, at, 2, this.placeOf(doc))
      writeUint(docs, at + 2, 4, this.n(doc))
      writeUint(docs, at + 6, 6, this.t(doc))
      writeUint(docs, at + 12, 6, this.at(doc))
      docs[at + 18] = this.terms(doc)
      docs[at + 19] = this.marks(doc)
    }
    return concat(uint(places.length, 2), ...places, uint(this.count, 2), docs)
  }
}

/** Docs as they were packed; undefined for what no packing made. */
export function unpackDocs(bytes: Uint8Array): Docs | undefined {
  if (bytes.length < 4) return undefined
  const placeCount = readUint(bytes, 0, 2)
  const docsAt = 2 + placeCount * PLACE_BYTES + 2
  if (bytes.length < docsAt) return undefined
  const count = readUint(bytes, docsAt - 2, 2)
  if (bytes.length !== docsAt + count * DOC_BYTES) return undefined
  // Few of them are looked at by one search.
  const places: (Place | undefined)[] = []
  const placeAt = (number: number): Place => {
    const at = 2 + number * PLACE_BYTES
    return {
      room: hex(bytes, at, at + 16) as RoomId,
      author: hex(bytes, at + 16, at + 48) as PersonKey,
      lane: hex(bytes, at + 48, at + 56) as LaneId,
    }
  }
  const field = (offset: number, size: number) => (doc: number) =>
    readUint(bytes, docsAt + doc * DOC_BYTES + offset, size)
  return {
    count,
    place(number) {
      places[number] ??= placeAt(number)
      return places[number]
    },
    placeOf: field(0, 2),
    n: field(2, 4),
    t: field(6, 6),
    at: field(12, 6),
    terms: field(18, 1),
    marks: field(19, 1),
  }
}
