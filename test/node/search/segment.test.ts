import { describe, expect, it, test } from 'vitest'
import { type Doc, GatheredDocs, MARK } from '../../../src/node/search/docs.ts'
import { pairsOf } from '../../../src/node/search/pairs.ts'
import { Gathered, Segment, segmentKey } from '../../../src/node/search/segment.ts'
import { TermNumbers } from '../../../src/node/search/term-numbers.ts'
import type { LaneId, PersonKey, RoomId } from '../../../src/wire/ids.ts'
import { seeded } from '../../lab/chaos/round.ts'

const numbers = new TermNumbers(Uint8Array.from({ length: 32 }, (_, k) => 7 * k))

const docOf = (k: number): Doc => ({
  place: {
    room: String(k % 3).repeat(32) as RoomId,
    author: String(k % 7).repeat(64) as PersonKey,
    lane: '0'.repeat(16) as LaneId,
  },
  n: k + 1,
  t: 1_800_000_000_000 + k,
  at: 1_800_000_000_000 - k,
  terms: k % 256,
  marks: k % 2 === 0 ? MARK.link : 0,
  pairs: pairsOf([k, k + 1]),
})

/** Docs with random terms, in memory and as a segment of a store. */
function filled(count: number) {
  const random = seeded(5)
  const gathered = new Gathered(new GatheredDocs(count))
  const docsOf = new Map<number, number[]>()
  for (let k = 0; k < count; k++) {
    const terms = new Set(
      Array.from({ length: 12 }, () => numbers.of(`w${Math.floor(random() ** 3 * 4000)}`)),
    )
    gathered.add(docOf(k), [...terms])
    for (const term of terms) docsOf.set(term, [...(docsOf.get(term) ?? []), k])
  }
  const values = new Map<string, Uint8Array>()
  for (const packed of gathered.pack()) if (packed) values.set(segmentKey(9, packed[0]), packed[1])
  return { gathered, docsOf, values, segment: Segment.open(9, (key) => values.get(key))! }
}

describe('a segment', () => {
  const { gathered, docsOf, values, segment } = filled(3000)

  it('holds what was gathered, what was said last first', () => {
    expect(values.size).toBeGreaterThan(20)
    for (const from of [gathered, segment]) {
      // Doc k was said at k.
      const numberOf = (k: number) => (from === segment ? 2999 - k : k)
      for (const [term, docs] of docsOf)
        expect([...from.postings(term, term + 1)!]).toEqual(docs.map(numberOf).sort((a, b) => a - b))
      expect([...from.postings(numbers.of('nowhere'), numbers.of('nowhere') + 1)!]).toEqual([])
      expect(from.count).toBe(3000)
      for (const k of [0, 1, 77, 2999]) {
        const { place, pairs, ...rest } = docOf(k)
        const number = numberOf(k)
        const docs = from.docs(from.blockOf(number))!
        expect(from.place(docs.placeOf(number))).toEqual(place)
        const [n, t, at] = [docs.n(number), docs.t(number), docs.at(number)]
        const these = Uint16Array.of(number)
        expect(from.withPairs(these, pairs)).toEqual(these)
        expect(from.withPairs(these, [0xffffffff, 0])).toHaveLength(0)
        expect({ n, t, at, terms: docs.terms(number), marks: docs.marks(number) }).toEqual(rest)
      }
    }
    expect({ ...segment.bounds }).toEqual({ ...gathered.bounds })
    expect(segment.keys.sort()).toEqual([...values.keys()].sort())
  })

  it('says of each block what its docs can be at most', () => {
    for (const from of [gathered, segment]) {
      for (let doc = 0; doc < from.count; doc++) {
        const block = from.blockOf(doc)
        const bounds = from.blocks[block]!
        const docs = from.docs(block)!
        expect(docs.t(doc)).toBeLessThanOrEqual(bounds.tMax)
        expect(docs.at(doc)).toBeLessThanOrEqual(bounds.atMax)
        expect(docs.at(doc)).toBeGreaterThanOrEqual(bounds.atMin)
        expect(docs.terms(doc)).toBeGreaterThanOrEqual(bounds.termsMin)
      }
      expect(from.blockOf(from.count - 1)).toBe(from.blocks.length - 1)
    }
  })

  it('finds all words that begin alike', () => {
    const [from, to] = numbers.beginningWith('w1')!
    const wanted = new Set<number>()
    for (const [term, docs] of docsOf) if (term >= from && term < to) for (const doc of docs) wanted.add(doc)
    const sorted = [...wanted].sort((a, b) => a - b)
    expect([...gathered.postings(from, to)]).toEqual(sorted)
    expect([...segment.postings(from, to)!]).toEqual(sorted.map((k) => 2999 - k).reverse())
  })

  it('says so where the disk has damaged it', () => {
    for (const [key, value] of values) {
      const damaged = new Map(values)
      const flipped = Uint8Array.from(value)
      flipped[value.length >> 1]! ^= 4
      damaged.set(key, flipped)
      const opened = Segment.open(9, (asked) => damaged.get(asked))
      const read = opened && [
        opened.postings(0, Number.MAX_SAFE_INTEGER),
        opened.withPairs(Uint16Array.of(0), [1, 1]),
        ...opened.blocks.map((_, block) => opened.docs(block)),
        ...Array.from({ length: gathered.gathered.places.length }, (_, number) => opened.place(number)),
      ]
      expect(read?.every((each) => each !== undefined) ?? false, key).toBe(false)
    }
    expect(Segment.open(8, (key) => values.get(key))).toBeUndefined()
  })
})

test('a word has the number of the words that begin as it does', () => {
  for (const word of ['ab', 'lunch', 'lunchtime', 'äpfel', '会議']) {
    for (let length = 2; length <= word.length; length++) {
      const [from, to] = numbers.beginningWith(word.slice(0, length))!
      expect(numbers.of(word)).toBeGreaterThanOrEqual(from)
      expect(numbers.of(word)).toBeLessThan(to)
    }
  }
  expect(numbers.beginningWith('a')).toBeUndefined()
  expect(numbers.of('lunch')).not.toBe(new TermNumbers(new Uint8Array(32)).of('lunch'))
})

test.each([
  ['that begin differently hardly ever share a number', (k: number) => `${k * 7919}word`, 49_900],
  ['that differ behind their first six letters seldom do', (k: number) => `word${k}`, 40_000],
])('words %s', (_, word, atLeast) => {
  const all = new Set(Array.from({ length: 50_000 }, (_, k) => numbers.of(word(k))))
  expect(all.size).toBeGreaterThan(atLeast)
})
