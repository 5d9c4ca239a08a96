import { expect, test } from 'vitest'
import { runCoreSeed } from './core-random.ts'
import { testCoreSeeds } from './core-seeds.ts'

testCoreSeeds(1, 100)

test('the same seed gives the same run', async () => {
  for (const seed of [2, 5]) expect((await runCoreSeed(seed)).trace).toBe((await runCoreSeed(seed)).trace)
})

test('different seeds give different runs', async () => {
  expect((await runCoreSeed(4)).trace).not.toBe((await runCoreSeed(5)).trace)
})

test('a member that comes over another link while its former one is still up gets its credit anew (LV-6)', async () => {
  expect((await runCoreSeed(2005)).quietMs).toBeLessThanOrEqual(35_000)
})

test('a circuit that comes about when its asker follows by itself already is closed (RL-6)', async () => {
  expect((await runCoreSeed(2006)).quietMs).toBeLessThanOrEqual(35_000)
})
