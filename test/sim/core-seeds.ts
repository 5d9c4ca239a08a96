/** Seeds of whole nodes for one test file: several files, so that both workers of the test run have some. */
import { expect, test } from 'vitest'
import { runCoreSeed } from './core-random.ts'

const PART = 20

/** Tests seeds from..to, some in each test. */
export function testCoreSeeds(from: number, to: number): void {
  const parts = Array.from({ length: Math.ceil((to - from + 1) / PART) }, (_, part) => from + part * PART)
  test.each(parts)(
    'whole nodes keep their promises through faults, and are one again when all is healed (seeds from %i)',
    async (first) => {
      for (let seed = first; seed < first + PART && seed <= to; seed++) {
        const run = await runCoreSeed(seed)
        expect(run.quietMs).toBeLessThanOrEqual(35_000)
      }
    },
  )
}
