/** The simulator can fail: each mistake planted in whole nodes is found within a few seeds, and for what it is. */
import { expect, test } from 'vitest'
import { CORE_MUTATIONS } from './core-mutations.ts'
import { runCoreSeed } from './core-random.ts'

const SEEDS = 150

/** What the first seed that finds something says. */
async function found(rule: RegExp): Promise<string> {
  let said = 'nothing'
  for (let seed = 1; seed <= SEEDS && !rule.test(said); seed++)
    said = await runCoreSeed(seed).then(
      () => said,
      (error: Error) => error.message,
    )
  return said
}

test.each(CORE_MUTATIONS.map((mutation) => [mutation.what, mutation] as const))(
  'it is found that %s',
  { timeout: 600_000 },
  async (_what, mutation) => {
    const undo = mutation.plant()
    try {
      expect(await found(mutation.found)).toMatch(mutation.found)
    } finally {
      undo()
    }
  },
)
