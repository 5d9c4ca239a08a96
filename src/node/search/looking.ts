/**
 * Looking for messages: candidates by the index, then each event itself, so that only what is shown now is found, with the
 * text that it has now. Newest first, or the best first: those that say little else, not long ago, in whole phrases.
 */
import type { Event } from '../../wire/event.ts'
import { type EventId, eventId, type PersonKey, type RoomId } from '../../wire/ids.ts'
import { type BodyOf, type BodyValue, kindNumber } from '../../wire/kinds.ts'
import type { Replica } from '../replica.ts'
import type { Store } from '../store.ts'
import { type Edit, isVisible, type Line, orderOf, Reactions, type Visibility } from '../timeline.ts'
import { type Docs, MARK, type Place } from './docs.ts'
import { type Has, hitsOf, type Query, type Term } from './query.ts'
import type { SearchIndex } from './search-index.ts'
import type { Searchable } from './segment.ts'
import { hasLink, termsOfWords } from './words.ts'

const MESSAGE = kindNumber('message')
const DAY_MS = 24 * 3600 * 1000
/** What one search reads of what no segment has yet, in events. */
const CATCH_UP_MAX = 50_000
const CATCH_UP_SLICE = 500
/** Segments looked through before others get their turn. */
const SEGMENTS_AT_ONCE = 16
/** Candidates looked at for each message asked for, and at least; then as many times more, until there are enough. */
const LOOK_FACTOR = 2
const LOOK_MIN = 64
const LOOK_AGAIN = 8
const LOOK_MAX = 100_000
/** Edits and reactions of one message that are read. */
const MARKS_MAX = 2000

/** A query with its names known. */
export interface Wanted extends Pick<Query, 'terms' | 'phrases' | 'since' | 'until' | 'has' | 'isRanked'> {
  /** Rooms that may be looked in. */
  readonly rooms: ReadonlySet<RoomId>
  /** Whose messages are meant; undefined: anybody's. */
  readonly from?: ReadonlySet<PersonKey>
  /** Only those before this `order`. */
  readonly before?: string
}

export interface LookPorts {
  readonly index: SearchIndex
  readonly store: Pick<Store, 'scan'>
  readonly replica: Replica
  /** What is shown in a room; undefined: nothing. */
  visibility(room: RoomId): Visibility | undefined
  open(event: Event, body: Uint8Array): BodyValue | null
}

export interface Found {
  readonly line: Line
  /** Pieces of its text that are what was looked for. */
  readonly hits: readonly string[]
}

/** A doc that may be what is wanted. */
interface Candidate {
  readonly place: Place
  readonly n: number
  readonly marks: number
  readonly t: number
  readonly score: number
}

/** The first `count` messages that are wanted. Rejects only where the store's scan does. */
export async function look(ports: LookPorts, wanted: Wanted, count: number): Promise<Found[]> {
  const { index, store } = ports
  index.begin()
  for (let read = 0; index.isBehind && read < CATCH_UP_MAX; read += CATCH_UP_SLICE) {
    index.work(CATCH_UP_SLICE)
    await breathe(store)
  }
  const reacted = wanted.has.has('reaction') ? await reactedOf(ports) : undefined
  for (let most = Math.max(LOOK_MIN, LOOK_FACTOR * count); ; most *= LOOK_AGAIN) {
    const { candidates, isAll } = await candidatesOf(ports, wanted, most, reacted)
    const found = await foundOf(ports, wanted, candidates, count)
    if (found.length >= count || isAll || most > LOOK_MAX) return found.slice(0, count)
  }
}

/** Reads the disk once, so that others get their turn. */
async function breathe(store: Pick<Store, 'scan'>): Promise<void> {
  for await (const _ of store.scan({ from: 'm', to: 'n', limit: 1 })) return
}

const nameOf = ({ room, author, lane }: Place, n: number): string => `${room}${author}${lane}${n}`

/** Messages that somebody reacted to, as nameOf. */
async function reactedOf(ports: LookPorts): Promise<Set<string>> {
  const { index, store } = ports
  const reacted = new Set<string>()
  let seen = 0
  for (const part of index.searchables()) {
    if (++seen % SEGMENTS_AT_ONCE === 0) await breathe(store)
    const docs = part.docs()
    for (let doc = 0; docs && doc < docs.count; doc++) {
      const marks = docs.marks(doc)
      if (!(marks & MARK.reaction)) continue
      const place = docs.place(docs.placeOf(doc))
      const target = marks & MARK.ofTarget ? undefined : targetOf(ports, { place, n: docs.n(doc), marks })
      if (target) reacted.add(nameOf(target, target.n))
      else reacted.add(nameOf(place, docs.n(doc)))
    }
  }
  return reacted
}

/** Docs that may be wanted, the first `most` by time or score. isAll: there are no others. */
async function candidatesOf(
  { index, store, replica }: LookPorts,
  wanted: Wanted,
  most: number,
  reacted: ReadonlySet<string> | undefined,
): Promise<{ readonly candidates: readonly Candidate[]; readonly isAll: boolean }> {
  const first = new First(most)
  const ranges = rangesOf(index, wanted)
  let seen = 0
  for (const part of index.searchables()) {
    if (++seen % SEGMENTS_AT_ONCE === 0) await breathe(store)
    if (part.count === 0 || part.atMax < wanted.since || part.atMin >= wanted.until) continue
    // All that follow are older.
    if (!wanted.isRanked && part.tMax <= first.worst) break
    const matches = matchesIn(part, ranges)
    if (matches?.length === 0) continue
    const docs = matches === null ? undefined : part.docs()
    if (matches === null || !docs) {
      index.damaged()
      continue
    }
    addFitting(first, docs, matches, wanted, reacted, replica.now)
  }
  return { candidates: first.inOrder(), isAll: !first.isFull }
}

/** Numbers from <= n < to of each thing that must be in the text. */
function rangesOf(index: SearchIndex, { terms, phrases }: Wanted): (readonly [number, number])[] {
  const ranges = terms.flatMap(({ word, isBeginning }: Term) => {
    const range = isBeginning ? index.numbers.beginningWith(word) : undefined
    // A single letter is the beginning of too much: the text alone tells.
    return range ? [range] : isBeginning ? [] : [exactly(index, word)]
  })
  const pairs = phrases.flatMap((phrase) => [...termsOfWords(phrase)])
  const known = new Set(terms.map(({ word }) => word))
  return [...ranges, ...pairs.filter((pair) => !known.has(pair)).map((pair) => exactly(index, pair))]
}

function exactly(index: SearchIndex, word: string): readonly [number, number] {
  const number = index.numbers.of(word)
  return [number, number + 1]
}

/** Docs that have something of each range; undefined: all of them, since nothing is asked; null: damaged. */
function matchesIn(
  part: Searchable,
  ranges: readonly (readonly [number, number])[],
): readonly number[] | undefined | null {
  let matches: readonly number[] | undefined
  for (const [from, to] of ranges) {
    const docs = part.postings(from, to)
    if (!docs) return null
    matches = matches ? common(matches, docs) : docs
    if (matches.length === 0) break
  }
  return matches
}

/** What is in both, both ascending. */
function common(a: readonly number[], b: readonly number[]): number[] {
  const both: number[] = []
  for (let i = 0, k = 0; i < a.length && k < b.length; ) {
    const difference = a[i]! - b[k]!
    if (difference === 0) both.push(a[i]!)
    if (difference <= 0) i++
    if (difference >= 0) k++
  }
  return both
}

function addFitting(
  first: First,
  docs: Docs,
  matches: readonly number[] | undefined,
  wanted: Wanted,
  reacted: ReadonlySet<string> | undefined,
  now: number,
): void {
  const { rooms, from, has, since, until, isRanked } = wanted
  const judged: (boolean | undefined)[] = []
  const isMeant = (number: number): boolean => {
    const known = judged[number]
    if (known !== undefined) return known
    const { room, author } = docs.place(number)
    const is = rooms.has(room) && (!from || from.has(author))
    judged[number] = is
    return is
  }
  const needs = (has.has('link') ? MARK.link : 0) | (has.has('file') ? MARK.file : 0)
  const count = matches ? matches.length : docs.count
  for (let k = count - 1; k >= 0; k--) {
    const doc = matches ? matches[k]! : k
    const t = docs.t(doc)
    if (!isRanked && t <= first.worst) continue
    const placeAt = docs.placeOf(doc)
    if (!isMeant(placeAt)) continue
    const marks = docs.marks(doc)
    if ((marks & needs) !== needs) continue
    // Found by its words, of which a reaction has none.
    if (marks & MARK.reaction) continue
    const at = docs.at(doc)
    // Of an edit without its message the times are not the message's.
    if ((marks & MARK.ofTarget || !(marks & MARK.edit)) && (at < since || at >= until)) continue
    const place = docs.place(placeAt)
    const n = docs.n(doc)
    if (reacted && (marks & MARK.ofTarget || !(marks & MARK.edit)) && !reacted.has(nameOf(place, n))) continue
    const score = isRanked ? scoreOf(docs.terms(doc), now - t) : t
    first.add({ place, n, marks, t, score })
  }
}

/** More for a text that says little else, and for one of these days. */
const scoreOf = (terms: number, ageMs: number): number =>
  1 / (1 + Math.log2(1 + terms)) + 1 / (1 + Math.max(0, ageMs) / (30 * DAY_MS))

/** The `most` candidates of the highest score: a heap with the least on top. */
class First {
  readonly #most: number
  readonly #heap: Candidate[] = []

  constructor(most: number) {
    this.#most = most
  }

  get isFull(): boolean {
    return this.#heap.length >= this.#most
  }

  /** What is not above this has no place any more. */
  get worst(): number {
    return this.isFull ? this.#heap[0]!.score : Number.NEGATIVE_INFINITY
  }

  add(candidate: Candidate): void {
    const heap = this.#heap
    if (!this.isFull) {
      heap.push(candidate)
      for (let k = heap.length - 1; k > 0; ) {
        const above = (k - 1) >> 1
        if (heap[above]!.score <= heap[k]!.score) break
        ;[heap[above], heap[k]] = [heap[k]!, heap[above]!]
        k = above
      }
      return
    }
    if (candidate.score <= heap[0]!.score) return
    heap[0] = candidate
    for (let k = 0; ; ) {
      let least = k
      for (const below of [2 * k + 1, 2 * k + 2])
        if (below < heap.length && heap[below]!.score < heap[least]!.score) least = below
      if (least === k) return
      ;[heap[least], heap[k]] = [heap[k]!, heap[least]!]
      k = least
    }
  }

  inOrder(): Candidate[] {
    return this.#heap.sort((a, b) => b.score - a.score)
  }
}

/** The messages behind the candidates, as they are shown now, the first ones first. */
async function foundOf(
  ports: LookPorts,
  wanted: Wanted,
  candidates: readonly Candidate[],
  count: number,
): Promise<Found[]> {
  const found = new Map<EventId, Found & { readonly score: number }>()
  for (const candidate of candidates) {
    // The best are known only once all were looked at: a phrase may be in any of them.
    if (found.size >= count && !wanted.isRanked) break
    const event = targetOf(ports, candidate)
    if (!event || found.has(event.id)) continue
    const match = await matchOf(ports, wanted, event)
    if (match) found.set(event.id, { ...match, score: candidate.score + match.hits.length / 100 })
  }
  const orders = (a: Found, b: Found) => (orderOf(a.line.event) < orderOf(b.line.event) ? 1 : -1)
  return [...found.values()].sort((a, b) => (wanted.isRanked ? b.score - a.score : 0) || orders(a, b))
}

/** The message of a candidate. */
function targetOf(
  { replica, open }: LookPorts,
  { place, n, marks }: Pick<Candidate, 'place' | 'n' | 'marks'>,
): Event | undefined {
  const event = replica.event(place.room, place.author, place.lane, n)
  if (!event || !(marks & (MARK.edit | MARK.reaction)) || marks & MARK.ofTarget) return event
  const body = replica.body(event)
  const value = body && open(event, body)
  return value && 'target' in value ? replica.find(eventId(value.target)) : undefined
}

async function matchOf(ports: LookPorts, wanted: Wanted, event: Event): Promise<Found | undefined> {
  const { replica, open } = ports
  if (event.kind !== MESSAGE || !wanted.rooms.has(event.room)) return undefined
  if (wanted.from && !wanted.from.has(event.author)) return undefined
  if (event.at < wanted.since || event.at >= wanted.until) return undefined
  if (wanted.before !== undefined && orderOf(event) >= wanted.before) return undefined
  const by = ports.visibility(event.room)
  if (!by || !isVisible(event, by)) return undefined
  const bytes = replica.body(event)
  const body = bytes && open(event, bytes)
  if (body?.kind !== 'message') return undefined
  const { edit, reactions } = await marksOf(ports, event, by)
  const text = edit?.text ?? body.text
  const hits = hitsOf(wanted, text)
  if (!hits || !isThere(wanted.has, text, reactions !== undefined)) return undefined
  return { line: { event, body, ...(edit && { edit }), ...(reactions && { reactions }) }, hits }
}

function isThere(has: ReadonlySet<Has>, text: string, isReacted: boolean): boolean {
  return !(has.has('link') && !hasLink(text)) && !(has.has('reaction') && !isReacted) && !has.has('file')
}

/** What was said about a message since: the text that it has now, and the reactions. */
async function marksOf(
  { replica, store, open }: LookPorts,
  event: Event,
  by: Visibility,
): Promise<{ readonly edit?: Edit; readonly reactions?: ReadonlyMap<string, readonly PersonKey[]> }> {
  let edit: Edit | undefined
  const given = new Reactions(by)
  const range = { from: `u${event.id}`, to: `u${event.id}g`, reverse: true, limit: MARKS_MAX }
  for await (const [key] of store.scan(range)) {
    const about = replica.find(key.slice(-64) as EventId)
    if (!about || about.room !== event.room || orderOf(about) < orderOf(event) || !isVisible(about, by))
      continue
    const bytes = replica.body(about)
    const value = bytes && open(about, bytes)
    if (value?.kind === 'edit' && by.personOf(about.author) === by.personOf(event.author)) {
      if (!edit || orderOf(edit.event) < orderOf(about)) edit = { event: about, text: value.text }
    } else if (value?.kind === 'reaction') given.add(about, value as BodyOf<'reaction'>)
  }
  const reactions = given.of(event.id)
  return { ...(edit && { edit }), ...(reactions && { reactions }) }
}
