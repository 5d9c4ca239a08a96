/** Seeds of whole nodes that failed once, and what they found. Schedules change with the simulator: the last ones count. */
import { test } from 'vitest'
import { runCoreSeed } from './core-random.ts'

const FOUND: readonly (readonly [seed: number, what: string])[] = [
  [759, 'an offer of a hub that is left meanwhile was acknowledged to the next one'],
  [845, 'runs that were stored while they waited for credit were posted all the same, one by one'],
  [272, 'what was on its way to the disk when its author was banned was offered for ever'],
  [
    400,
    'a member that joined twice in a moment was refused posts that were on their way under its first grant',
  ],
  [
    2414,
    'posts that a cut held back for seconds were refused by the session that began anew when it was over',
  ],
  [
    1602,
    'history whose author had a clock ahead, had from others at once after following, counted as withheld by the hub',
  ],
  [5091, 'a session of somebody whose other one was idle, and held all of their credit, waited for ever'],
  [457, 'a run written anew for a deletion counted as what a power loss may take, though it was on the disk'],
  [5394, 'what a former process had written under a clock that was wrong was taken for a twin'],
  [80053, 'what a deletion lets count, whose header alone was there, was acknowledged before it was synced'],
  [80175, 'who unlinked the device that was hub, and took over, was said to become hub beside it'],
]

test.each(FOUND)('seed %i: %s', async (seed) => {
  await runCoreSeed(seed)
})
