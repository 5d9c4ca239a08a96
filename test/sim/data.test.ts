import { expect, test } from 'vitest'
import { runDataSeed } from './data.ts'

/** As many as fit in half a minute; `npm run sim` runs any number. */
const SEEDS = 300
const PARTS = 6

test.each(Array.from({ length: PARTS }, (_, part) => part))(
  'all invariants of the data model hold after peace is made (part %i)',
  async (part) => {
    for (let i = 0; i < SEEDS / PARTS; i++) {
      const seed = 1 + part + i * PARTS
      const result = await runDataSeed(seed, { operations: 20 + ((seed * 7) % 50) })
      expect(result.rounds).toBeLessThanOrEqual(8)
    }
  },
)

test('the same seed gives the same run', async () => {
  for (const seed of [3, 8]) expect((await runDataSeed(seed)).trace).toBe((await runDataSeed(seed)).trace)
})

test('different seeds give different runs', async () => {
  expect((await runDataSeed(3)).trace).not.toBe((await runDataSeed(4)).trace)
})
