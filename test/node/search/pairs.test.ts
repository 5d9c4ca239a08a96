import { expect, it } from 'vitest'
import { holdsPairs, pairsOf } from '../../../src/node/search/pairs.ts'
import { readText } from '../../../src/node/search/words.ts'

const TERMS = Array.from({ length: 300 }, (_, k) => (k + 1) * 4_503_599_627_371)

it('a text may hold every phrase that stands in it', () => {
  for (let start = 0; start < 250; start += 7) {
    const text = TERMS.slice(start, start + 12)
    const [low, high] = pairsOf(text)
    for (let from = 0; from < 12; from++)
      for (let to = from + 1; to <= 12; to++)
        expect(holdsPairs(low, high, pairsOf(text.slice(from, to)))).toBe(true)
  }
})

it('most texts with the same words elsewhere are ruled out', () => {
  let held = 0
  for (let k = 0; k < 288; k++) {
    const [low, high] = pairsOf(TERMS.slice(k, k + 12))
    if (holdsPairs(low, high, pairsOf([TERMS[k + 9]!, TERMS[k + 2]!, TERMS[k + 7]!]))) held++
  }
  expect(held).toBeLessThan(40)
})

it('the words of a text are read in order, in any script', () => {
  expect(readText('To be, or not TO be').words).toEqual(['to', 'be', 'or', 'not', 'to', 'be'])
  expect(readText('Äpfel und Äpfel').words).toEqual(['apfel', 'und', 'apfel'])
})
