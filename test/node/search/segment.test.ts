import { describe, expect, it, test } from 'vitest'
import { type Doc, GatheredDocs, MARK } from '../../../src/node/search/docs.ts'
import { Gathered, Segment, segmentKey } from '../../../src/node/search/segment.ts'
import { nextOf, TermNumbers } from '../../../src/node/search/term-numbers.ts'
import type { LaneId, PersonKey, RoomId } from '../../../src/wire/ids.ts'
import { seeded } from '../../seeded.ts'

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
})

/** Docs with random terms, in memory and as a segment of a store. */
function filled(count: number) {
  const random = seeded(5)
  const gathered = new Gathered(new GatheredDocs(count))
  const docsOf = new Map<number, number[]>()
  const texts: number[][] = []
  for (let k = 0; k < count; k++) {
    const terms = new Set(
      Array.from({ length: 12 }, () => numbers.of(`w${Math.floor(random() ** 3 * 4000)}`)),
    )
    // As if they stood in a text in this order.
    const inOrder = Int32Array.from(terms)
    const nexts = Uint8Array.from(inOrder, (_, at) =>
      at + 1 < inOrder.length ? nextOf(inOrder[at + 1]!) : 0,
    )
    gathered.add(docOf(k), inOrder, nexts)
    texts.push([...inOrder])
    for (const term of terms) docsOf.set(term, [...(docsOf.get(term) ?? []), k])
  }
  const values = new Map<string, Uint8Array>()
  for (const packed of gathered.pack()) if (packed) values.set(segmentKey(9, packed[0]), packed[1])
  return { gathered, docsOf, texts, values, segment: Segment.open(9, (key) => values.get(key))! }
}

describe('a segment', () => {
  const { gathered, docsOf, texts, values, segment } = filled(3000)
  const exactly = (number: number, next?: number) => ({
    from: number,
    to: number + 1,
    ...(next !== undefined && { next }),
  })

  it('holds what was gathered, what was said last first', () => {
    expect(values.size).toBeGreaterThan(20)
    for (const from of [gathered, segment]) {
      // Doc k was said at k.
      const numberOf = (k: number) => (from === segment ? 2999 - k : k)
      for (const [term, docs] of docsOf)
        expect([...from.postings(exactly(term))!]).toEqual(docs.map(numberOf).sort((a, b) => a - b))
      expect([...from.postings(exactly(numbers.of('nowhere')))!]).toEqual([])
      expect(from.count).toBe(3000)
      for (const k of [0, 1, 77, 2999]) {
        const { place, ...rest } = docOf(k)
        const number = numberOf(k)
        const docs = from.docs(from.blockOf(number))!
        expect(from.place(docs.placeOf(number))).toEqual(place)
        const [n, t, at] = [docs.n(number), docs.t(number), docs.at(number)]
        expect({ n, t, at, terms: docs.terms(number), marks: docs.marks(number) }).toEqual(rest)
      }
    }
    expect({ ...segment.bounds }).toEqual({ ...gathered.bounds })
    expect(segment.keys.sort()).toEqual([...values.keys()].sort())
  })

  it('finds all docs in which one word stands before another, and few others, however common the first is', () => {
    for (const from of [gathered, segment]) {
      let [held, others] = [0, 0]
      for (let k = 0; k < 3000; k += 13) {
        const [word, next] = [texts[k]![4]!, texts[k]![5]!]
        const found = new Set(from.postings(exactly(word, nextOf(next))))
        const numberOf = (doc: number) => (from === segment ? 2999 - doc : doc)
        for (const doc of docsOf.get(word)!) {
          const isNext = texts[doc]![texts[doc]!.indexOf(word) + 1] === next
          if (isNext) expect(found.has(numberOf(doc))).toBe(true)
          if (isNext) held++
          else if (found.has(numberOf(doc))) others++
        }
      }
      expect(held).toBeGreaterThan(200)
      // Fewer than 8 of a rare word, and of a common one about one.
      expect(others).toBeLessThan(6 * 231)
    }
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
    expect([...gathered.postings({ from, to })]).toEqual(sorted)
    expect([...segment.postings({ from, to })!]).toEqual(sorted.map((k) => 2999 - k).reverse())
  })

  it('says so where the disk has damaged it', () => {
    for (const [key, value] of values) {
      const damaged = new Map(values)
      const flipped = Uint8Array.from(value)
      flipped[value.length >> 1]! ^= 4
      damaged.set(key, flipped)
      const opened = Segment.open(9, (asked) => damaged.get(asked))
      const read = opened && [
        opened.postings({ from: 0, to: 2 ** 31 }),
        ...opened.blocks.map((_, block) => opened.docs(block)),
        ...Array.from({ length: gathered.gathered.places.length }, (_, number) => opened.place(number)),
      ]
      expect(read?.every((each) => each !== undefined) ?? false, key).toBe(false)
    }
    expect(Segment.open(8, (key) => values.get(key))).toBeUndefined()
  })
})

it('holds docs of times however far apart', () => {
  const gathered = new Gathered(new GatheredDocs(4))
  const times = [7, 2 ** 48 - 1, 0, 1_800_000_000_000]
  for (const [k, t] of times.entries())
    gathered.add({ ...docOf(k), t, at: times[3 - k]! }, new Int32Array(0), new Uint8Array(0))
  const values = new Map<string, Uint8Array>()
  for (const packed of gathered.pack()) if (packed) values.set(segmentKey(9, packed[0]), packed[1])
  const docs = Segment.open(9, (key) => values.get(key))!.docs(0)!
  expect([0, 1, 2, 3].map((doc) => [docs.t(doc), docs.at(doc)])).toEqual([
    [2 ** 48 - 1, 0],
    [1_800_000_000_000, 7],
    [7, 1_800_000_000_000],
    [0, 2 ** 48 - 1],
  ])
})

it('has no room for another doc where those it has are long', () => {
  const gathered = new Gathered(new GatheredDocs(100))
  const terms = Int32Array.from({ length: 1000 }, (_, k) => k)
  for (const k of [0, 1, 2, 3]) {
    expect(gathered.isFull).toBe(false)
    gathered.add(docOf(k), terms, new Uint8Array(1000))
  }
  expect(gathered.isFull).toBe(true)
})

test('a word has the number of the words that begin as it does', () => {
  for (const word of ['ab', 'lunch', 'lunchtime', 'äpfel', '🍕']) {
    for (let length = 2; length <= word.length; length++) {
      const [from, to] = numbers.beginningWith(word.slice(0, length))!
      expect(numbers.of(word)).toBeGreaterThanOrEqual(from)
      expect(numbers.of(word)).toBeLessThan(to)
    }
  }
  expect(numbers.beginningWith('a')).toBeUndefined()
  // A sign of a script without spaces is all that counts of a word that begins with it.
  expect(numbers.beginningWith('会')).toEqual([numbers.of('会'), numbers.of('会') + 1])
  expect(numbers.of('\u0e4d\u0e32')).toBe(numbers.of('\u0e4d'))
  expect(numbers.of('lunch')).not.toBe(new TermNumbers(new Uint8Array(32)).of('lunch'))
})

test.each([
  ['that begin differently hardly ever share a number', (k: number) => `${k * 7919}word`, 49_500],
  ['that differ behind their first five letters seldom do', (k: number) => `word${k}`, 3900],
])('words %s', (_, word, atLeast) => {
  const all = new Set(Array.from({ length: 50_000 }, (_, k) => numbers.of(word(k))))
  expect(all.size).toBeGreaterThan(atLeast)
})
