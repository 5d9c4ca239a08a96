import { expect, test } from 'vitest'
import type { Plant } from './choice-network.ts'
import { runChoiceSeed, runHubStorm, Violation } from './choice-seed.ts'

const SEEDS = 300

test(`${SEEDS} random runs hold the invariants and end with one hub`, () => {
  for (let seed = 1; seed <= SEEDS; seed++) runChoiceSeed(seed)
})

test('twelve hubs that meet at once become one, in each of ten runs', () => {
  for (let seed = 1; seed <= 10; seed++) runHubStorm(seed)
})

/** Seeds that failed once, and what they found. */
const FOUND: readonly (readonly [seed: number, what: string])[] = [
  [311, 'a leaving hub that was stopped acts as if it were still hub'],
  [1059, 'two former hubs follow each other by answers to joins of long ago'],
  [1317, 'the word of a hub is still on its way when that hub has died and started anew'],
  [6009, 'two nodes that a cut kept apart, and that never met, wait out their back-off when it is over'],
  [
    10632,
    'a hub that a cut keeps from dialling a better one takes itself for the better one long after the cut',
  ],
  [20834, 'a node that may not be hub, and has met nobody, does not look for one'],
  [26403, 'a cut swallows the word of a hub that it could not dial the better one'],
  [3443, 'a hub hands over while another one gives up for it on its word'],
  [300538, 'who is cut off knows nobody yet who could carry it to the hub, and asks only for hubs'],
  [
    703551,
    'two hubs that have met nobody else lose three of ten packets by multicast, and meet at a question later',
  ],
  [24836, 'two hubs that only others hear both of try to meet through a visitor, who carries nobody'],
  [
    7310840,
    'a hub has fallen silent on one of two links, and its heartbeats over the other one came too late',
  ],
]
test.each(FOUND)('seed %i: %s', (seed) => {
  runChoiceSeed(seed, undefined, true)
})

test('the same seed gives the same run', () => {
  expect(runChoiceSeed(17)).toEqual(runChoiceSeed(17))
})

/** Mistakes that the checks must find: by which rule, and within how many seeds. */
const PLANTS: readonly (readonly [what: string, rule: RegExp, plant: Plant])[] = [
  [
    'a hub breaks the promise it gave with an ok',
    /INV-11/,
    {
      state: ({ phase }) => {
        if (phase.state === 'hub') phase.promiseUntil = -Infinity
      },
    },
  ],
  [
    'a woken node goes on as if nothing had been',
    /INV-13/,
    { input: (event) => (event.in === 'away' ? undefined : event) },
  ],
  [
    'a node becomes hub though it hears one',
    /INV-10/,
    {
      state: (choice) => {
        if (choice.phase.state === 'seeking') for (const link of choice.links.values()) link.beat = undefined
      },
    },
  ],
  [
    'hubs never ask to be absorbed',
    /INV-9/,
    {
      state: ({ phase }) => {
        if (phase.state === 'hub') phase.absorbing = { into: '' as never, retryAt: Infinity }
      },
    },
  ],
]
test.each(PLANTS)('planted: %s', (_, rule, plant) => {
  let found = ''
  for (let seed = 1; seed <= 50 && found === ''; seed++) {
    try {
      runHubStorm(seed, plant)
      runChoiceSeed(seed, plant)
    } catch (error) {
      if (!(error instanceof Violation)) throw error
      if (rule.test(error.message)) found = `${seed}: ${error.message.split('\n')[0]}`
    }
  }
  expect(found).toMatch(rule)
})
