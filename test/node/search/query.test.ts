import { describe, expect, it, test } from 'vitest'
import { hitsOf, type Query, readQuery } from '../../../src/node/search/query.ts'

const NOW = new Date(2026, 4, 20, 15, 30).getTime()
const day = (year: number, month: number, date: number) => new Date(year, month - 1, date).getTime()

function query(text: string): Query {
  const read = readQuery(text, NOW)
  if ('fault' in read) throw new Error(read.fault)
  return read
}

describe('a query', () => {
  it('is words, phrases and beginnings of words', () => {
    const { terms, phrases } = query('Lunch "on Monday" phys*')
    expect(terms).toEqual([
      { word: 'lunch', isBeginning: false },
      { word: 'on', isBeginning: false },
      { word: 'monday', isBeginning: false },
      { word: 'phys', isBeginning: true },
    ])
    expect(phrases.map((phrase) => phrase.map(({ word }) => word))).toEqual([['on', 'monday']])
  })

  it('names people, rooms and what is in a message', () => {
    expect(query('from:anna from:me in:lab in:@ben has:link has:REACTION')).toMatchObject({
      terms: [],
      from: ['anna', 'me'],
      in: ['lab', '@ben'],
      has: new Set(['link', 'reaction']),
      isRanked: false,
    })
    expect(query('x sort:best').isRanked).toBe(true)
  })

  it.each([
    ['on:2026-05-01', day(2026, 5, 1), day(2026, 5, 2)],
    ['on:2026-02', day(2026, 2, 1), day(2026, 3, 1)],
    ['on:2025', day(2025, 1, 1), day(2026, 1, 1)],
    ['on:today', day(2026, 5, 20), day(2026, 5, 21)],
    ['on:yesterday', day(2026, 5, 19), day(2026, 5, 20)],
    ['before:2026-05-01', 0, day(2026, 5, 1)],
    ['after:2026-05-01', day(2026, 5, 2), Number.POSITIVE_INFINITY],
    ['after:7d before:today', day(2026, 5, 14), day(2026, 5, 20)],
  ])('%s is a time', (text, since, until) => {
    expect(query(text)).toMatchObject({ since, until })
  })

  it.each([
    '',
    '   ',
    '...',
    'from:',
    'on:monday',
    'on:2026-02-30',
    'on:2026-13',
    'has:x',
    'sort:x',
    'a '.repeat(33),
  ])('%j is not understood', (text) => {
    expect(readQuery(text, NOW)).toHaveProperty('fault')
  })

  it('takes words with a colon that is no filter as words', () => {
    expect(query('re:lunch 12:30').terms.map(({ word }) => word)).toEqual(['re', 'lunch', '12', '30'])
  })
})

test.each([
  ['lunch monday', 'Monday: LUNCH!', ['LUNCH', 'Monday']],
  ['lunch', 'launch', undefined],
  ['lun*', 'Lunches, lunar', ['Lunches', 'lunar']],
  ['"on monday"', 'on a Monday', undefined],
  ['"on monday"', 'is it on Monday?', ['on', 'Monday', 'on Monday']],
  ['a.b', 'a b', ['a', 'b', 'a b']],
  ['会議', '今日の会議室', ['会', '議', '会議']],
  ['会議', '議会', undefined],
])('%s in %s', (text, said, hits) => {
  expect(hitsOf(query(text), said)).toEqual(hits)
})
