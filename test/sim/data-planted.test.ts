import { expect, test } from 'vitest'
import { EARLIER_ACTS, runDataSeed } from './data.ts'
import { MUTATIONS } from './data-mutations.ts'

/** Every planted bug shows within so many seeds. */
const SEEDS = 120

test.each(Object.entries(MUTATIONS))('finds that %s', async (_, mutation) => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const error = await runDataSeed(seed, { mutation, weights: EARLIER_ACTS }).then(
      () => undefined,
      (cause: Error) => cause,
    )
    if (!error) continue
    expect(error.message).toMatch(/^data seed \d+: /)
    expect(error.message).toMatch(/again: npm run sim -- --model data --seeds 1 --from \d+/)
    return
  }
  expect.unreachable(`not found within ${SEEDS} seeds`)
})
