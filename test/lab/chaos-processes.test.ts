/** Processes that die, pause and wake, and clocks that jump, while everybody writes. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Arena } from './chaos/arena.ts'
import { clock, killHub, killOne, killTwo, pauseHub, pauseOne, quitHub } from './chaos/nemeses/processes.ts'
import { named, round } from './chaos/round.ts'
import { describeInLab } from './hosts.ts'

describeInLab('nothing is lost, doubled or reordered by', () => {
  let arena: Arena
  beforeAll(async () => {
    arena = await Arena.open({ prefix: 'chp', clocks: true })
  })
  afterAll(() => arena?.close())

  it.each(named(killHub, killOne, killTwo, quitHub, pauseHub, pauseOne, clock))('%s', async (_, nemesis) =>
    expect(await round(arena, nemesis, { holdMs: 4000 })).toEqual([]),
  )
})
