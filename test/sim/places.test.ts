import { expect, test } from 'vitest'
import { runPlaceSeed } from './places.ts'

test('3,000 seeds of meetings mix no grown places, tear none, and nobody flips back (INV-26)', () => {
  for (let seed = 1; seed <= 3000; seed++) expect(() => runPlaceSeed(seed)).not.toThrow()
})
