/**
 * Looking for messages: candidates by the index, then each event itself, so that only what is shown now is found, with the
 * text that it has now. Newest first, or the best first: those that say little else, not long ago, in whole phrases.
 */
import type { Event } from '../../wire/event.ts'
import { type EventId, eventId, type PersonKey, type RoomId } from '../../wire/ids.ts'
import { type BodyValue, kindNumber } from '../../wire/kinds.ts'
import { orderOf, timeOf } from '../display-order.ts'
import type { Replica } from '../replica.ts'
import type { Store } from '../store.ts'
import { isVisible, type Line, type Visibility } from '../timeline.ts'
import { type Candidate, Candidates, type Sieve } from './candidates.ts'
import { type Docs, isLoose, type Place } from './docs.ts'
import { authorTerm, FILE_TERM, LINK_TERM, REACTION_TERM, roomTerm } from './facets.ts'
import { aboutMark, marksOf } from './marks.ts'
import type { Terms } from './postings.ts'
import { type Has, hitsOf, type Query } from './query.ts'
import { costOf, type SearchIndex } from './search-index.ts'
import { nextOf } from './term-numbers.ts'
import { hasLink } from './words.ts'

const MESSAGE = kindNumber('message')
/** What one search reads of what no segment has yet, in events. */
const CATCH_UP_MAX = 50_000
const CATCH_UP_SLICE = 500
/** Segments and blocks opened, and events looked at as far as they cost, before others get their turn: a millisecond or so. */
const STEPS_AT_ONCE = 24
/** Where the best come first, messages found of which they are chosen: a phrase may be in any of them. */
const CHOOSE_FACTOR = 2
const CHOOSE_MIN = 64
/** Candidates looked at by one search. */
export const LOOK_MAX = 100_000
/** Of more rooms than this nothing is asked of the index: most messages are in one of them. */
const ROOMS_ASKED_MAX = 8

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
  readonly store: Pick<Store, 'get' | 'scan'>
  readonly replica: Replica
  /** Lets others have their turn. */
  breathe(): Promise<void>
  /** What is shown in a room; undefined: nothing. */
  visibility(room: RoomId): Visibility | undefined
  open(event: Event, body: Uint8Array): BodyValue | null
  /** All keys that ever were this person's. */
  devicesOf(person: PersonKey): readonly PersonKey[]
  /** Default: LOOK_MAX. */
  readonly lookMax?: number
}

export interface Looked {
  readonly found: readonly Found[]
  /** So many candidates were looked at that the rest was left. newest: of the rest, ms; undefined where the best come first. */
  readonly left?: { readonly newest?: number }
}

export interface Found {
  readonly line: Line
  /** Pieces of its text that are what was looked for. */
  readonly hits: readonly string[]
}

/** Has the index take in what came since. What it writes goes to the store with the turn: whoever looks does so in a later one. */
export async function catchUp(index: SearchIndex, breathe: () => Promise<void>): Promise<void> {
  index.begin()
  for (let read = 0; index.isBehind && read < CATCH_UP_MAX; read += CATCH_UP_SLICE) {
    index.work(CATCH_UP_SLICE)
    await breathe()
  }
}

/** The first `count` messages that are wanted. Rejects only where the store's scan does. */
export async function look(ports: LookPorts, wanted: Wanted, count: number): Promise<Looked> {
  const { index, lookMax = LOOK_MAX } = ports
  const reacted = wanted.has.has('reaction') ? await reactedOf(ports) : undefined
  const candidates = new Candidates(index.searchables(), sieveOf(ports, wanted))
  const found = new FoundSoFar(wanted.isRanked, count)
  const seen = new Set<string>()
  let looked = 0
  for (let steps = 1; looked < lookMax && !found.isEnough(candidates.nextScore); steps++) {
    if (steps >= STEPS_AT_ONCE) {
      steps = 0
      await ports.breathe()
    }
    const candidate = candidates.step()
    if (candidate === null) break
    if (!candidate) continue
    const name = nameOf(candidate.place, candidate.n)
    // An edited message stands there with each of its texts.
    if (!isLoose(candidate.marks) && (seen.has(name) || (reacted && !reacted.has(name)))) continue
    seen.add(name)
    looked++
    const event = targetOf(ports, candidate)
    if (!event || found.has(event.id)) continue
    steps += costOf(event)
    const match = await matchOf(ports, wanted, event)
    if (match) found.add(match, candidate.score)
  }
  if (candidates.isDamaged) index.damaged()
  const { nextScore } = candidates
  const isCut = looked >= lookMax && nextScore > Number.NEGATIVE_INFINITY && !found.isEnough(nextScore)
  return {
    found: found.first(),
    ...(isCut && { left: wanted.isRanked ? {} : { newest: nextScore } }),
  }
}

const nameOf = ({ room, author, lane }: Place, n: number): string => `${room}${author}${lane}${n}`

/** Messages that somebody reacted to, as nameOf. */
async function reactedOf(ports: LookPorts): Promise<Set<string>> {
  const { index } = ports
  const reacted = new Set<string>()
  const number = index.numbers.ofFacet(REACTION_TERM)
  let steps = 0
  for (const part of index.searchables()) {
    if (++steps % STEPS_AT_ONCE === 0) await ports.breathe()
    let docs: Docs | undefined
    let read = -1
    for (const doc of part.postings({ from: number, to: number + 1 }) ?? []) {
      const block = part.blockOf(doc)
      if (block !== read) docs = part.docs(block)
      read = block
      const place = docs && part.place(docs.placeOf(doc))
      if (!docs || !place) continue
      const [n, marks] = [docs.n(doc), docs.marks(doc)]
      const target = isLoose(marks) ? targetOf(ports, { place, n, marks }) : { ...place, n }
      if (target) reacted.add(nameOf(target, target.n))
    }
  }
  return reacted
}

/** What the index tells of what is wanted. */
function sieveOf({ index, replica }: LookPorts, wanted: Wanted): Sieve {
  const { terms, phrases, has, rooms, from, since, until, before, isRanked } = wanted
  const exactly = (number: number): Terms => ({ from: number, to: number + 1 })
  const facet = (name: string) => exactly(index.numbers.ofFacet(name))
  const needs: Terms[][] = []
  const known = new Set<string>()
  for (const phrase of phrases)
    for (let k = 1; k < phrase.length; k++) {
      const [word, next] = [phrase[k - 1]!.word, phrase[k]!.word]
      needs.push([{ ...exactly(index.numbers.of(word)), next: nextOf(index.numbers.of(next)) }])
      known.add(word)
    }
  for (const { word, isBeginning } of terms) {
    if (isBeginning) {
      const range = index.numbers.beginningWith(word)
      // A single letter is the beginning of too much: the text alone tells.
      if (range) needs.push([{ from: range[0], to: range[1] }])
    } else if (!known.has(word)) needs.push([exactly(index.numbers.of(word))])
  }
  if (has.has('link')) needs.push([facet(LINK_TERM)])
  if (has.has('file')) needs.push([facet(FILE_TERM)])
  if (from) needs.push([...from].map((author) => facet(authorTerm(author))))
  if (rooms.size <= ROOMS_ASKED_MAX) needs.push([...rooms].map((room) => facet(roomTerm(room))))
  return {
    needs,
    since,
    until,
    tMax: before === undefined ? Number.POSITIVE_INFINITY : timeOf(before),
    isRanked,
    now: replica.now,
    isMeant: ({ room, author }) => rooms.has(room) && (!from || from.has(author)),
  }
}

/** What was found, until it is known that nothing better comes. */
class FoundSoFar {
  readonly #isRanked: boolean
  readonly #count: number
  readonly #found = new Map<EventId, Found & { readonly score: number }>()
  /** Times of the newest `count` of them, the oldest of these first. */
  readonly #newest: number[] = []

  constructor(isRanked: boolean, count: number) {
    this.#isRanked = isRanked
    this.#count = count
  }

  has(id: EventId): boolean {
    return this.#found.has(id)
  }

  /** score: of the candidate that it was found by. */
  add(match: Found, score: number): void {
    const { event } = match.line
    this.#found.set(event.id, { ...match, score: score + match.hits.length / 100 })
    const newest = this.#newest
    let k = newest.length
    while (k > 0 && newest[k - 1]! > event.t) k--
    newest.splice(k, 0, event.t)
    if (newest.length > this.#count) newest.shift()
  }

  /** nextScore: what any other candidate can be at most. Of those of one time all are looked at: who said it decides then. */
  isEnough(nextScore: number): boolean {
    if (this.#isRanked) return this.#found.size >= Math.max(CHOOSE_MIN, CHOOSE_FACTOR * this.#count)
    return this.#newest.length >= this.#count && this.#newest[0]! > nextScore
  }

  first(): Found[] {
    const orders = (a: Found, b: Found) => (orderOf(a.line.event) < orderOf(b.line.event) ? 1 : -1)
    return [...this.#found.values()]
      .sort((a, b) => (this.#isRanked ? b.score - a.score : 0) || orders(a, b))
      .slice(0, this.#count)
  }
}

/** The message of a candidate. */
function targetOf(
  { replica, open }: LookPorts,
  { place, n, marks }: Pick<Candidate, 'place' | 'n' | 'marks'>,
): Event | undefined {
  const event = replica.event(place.room, place.author, place.lane, n)
  if (!event || !isLoose(marks)) return event
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
  const bytes = by && replica.body(event)
  const body = bytes && open(event, bytes)
  if (body?.kind !== 'message') return undefined
  // Most of what a phrase is looked for in does not have it, and was never edited.
  const isPlain = ports.store.get(aboutMark(event.id)) === undefined
  if (isPlain && !hitsOf(wanted, body.text)) return undefined
  if (!by || !isVisible(event, by)) return undefined
  const { edit, reactions } = isPlain ? {} : await marksOf(ports, event, by)
  const text = edit?.text ?? body.text
  const hits = hitsOf(wanted, text)
  if (!hits || !isThere(wanted.has, text, reactions !== undefined)) return undefined
  return { line: { event, body, ...(edit && { edit }), ...(reactions && { reactions }) }, hits }
}

function isThere(has: ReadonlySet<Has>, text: string, isReacted: boolean): boolean {
  return !(has.has('link') && !hasLink(text)) && !(has.has('reaction') && !isReacted) && !has.has('file')
}
