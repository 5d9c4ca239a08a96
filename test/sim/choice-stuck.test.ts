import { describe, expect, test } from 'vitest'
import { ChoiceNetwork } from './choice-network.ts'

describe.each([1, 2, 3])('seed %i', (seed) => {
  test('a hub whose choice has stopped is left, although it still relays; and two parts of the network are one again (HB-4)', () => {
    let stuck = -1
    const network = new ChoiceNetwork({
      seed,
      nodes: 6,
      relaysMs: 60,
      plant: { input: (event, { taker }) => (taker === stuck ? undefined : event) },
    })
    const parts = [
      [0, 1, 2],
      [3, 4, 5],
    ]
    network.partition(...parts)
    for (let i = 0; i < 6; i++) network.at(i * 150, () => network.start(i))
    network.run(8000)
    stuck = network.hubs().find(({ index }) => index < 3)!.index
    network.run(1000)
    network.heal()
    const others = [0, 1, 2, 3, 4, 5].filter((index) => index !== stuck)
    const ms = network.runUntil(() => network.isSettled(others), 120_000)
    expect(ms).toBeLessThan(35_000)
  })
})
