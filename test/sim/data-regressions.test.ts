/** Seeds that once failed. What they found is tested on its own too, where the name says. */
import { test } from 'vitest'
import { type DataOptions, EARLIER_ACTS, runDataSeed } from './data.ts'

const play = (seed: number, weights: DataOptions['weights'] = {}) =>
  runDataSeed(seed, { weights: { ...EARLIER_ACTS, ...weights } })

test('a run whose bodies came in part is shown nowhere until it is whole (replica.test.ts)', async () => {
  for (const seed of [6, 9, 13, 28]) await play(seed)
})

test('a moderator who names an event that nobody has cannot keep vectors apart', async () => {
  await play(37, { fork: 20, ban: 12, kick: 6, lift: 6, createRoom: 8, jumpTime: 0 })
})

test('a lane forked below a cut ends alike on both branches (rooms-found.test.ts)', async () => {
  await play(166)
})

test('stamps follow what is shown also after the clock was set back', async () => {
  await play(1314)
})

test('who comes to carry a room in the last round still gets all of it', async () => {
  await play(1323)
})

test('a talk told to strangers by an attacker is no copy to rely on', async () => {
  await play(1195)
})

test.each([4946, 5551])(
  'a burst behind an event at the very edge of 7 days keeps behind it (seed %i)',
  async (seed) => {
    await play(seed)
  },
)

test.each([24_270, 27_157])(
  'two processes of one person, everybody else expelled, have nobody to meet through (seed %i)',
  async (seed) => {
    await play(seed)
  },
)

test('a line whose place another branch of a forked lane has taken is not found under its id', async () => {
  await play(1814)
})

test.each([20_922, 24_772])(
  'two bans of one author, the higher cut of another branch, end the lane alike at the lower (seed %i)',
  async (seed) => {
    await play(seed)
  },
)

test('nothing is acknowledged of a lane with a hole before the disk is known (seed 101484)', async () => {
  await play(101_484)
})

test('an answer to a search that was given up is no fault of a slow peer (seed 107324, sync.test.ts)', async () => {
  await play(107_324)
})

test('a run whose body is deleted while it is pulled is not pulled twice (seed 120424)', async () => {
  await runDataSeed(120_424)
})
