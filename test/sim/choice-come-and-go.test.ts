import { describe, expect, test } from 'vitest'
import { ChoiceNetwork } from './choice-network.ts'

const NODES = 30
const HALVES = [0, 1].map((half) => [...Array(NODES).keys()].filter((i) => i % 2 === half))
/** What HB-14 takes: heartbeats, and one more turn where two ask each other. */
const SOON_MS = 5000

const aliveOf = (network: ChoiceNetwork, among: readonly number[]) =>
  among.filter((i) => network.nodes[i]!.alive)

/** Its machine is taken away. */
function killHub(network: ChoiceNetwork, among: readonly number[]): void {
  const hub = aliveOf(network, among).find((i) => network.nodes[i]!.choice.phase.state === 'hub')
  if (hub !== undefined) network.kill(hub)
}

describe.each([1, 2, 3, 4])('seed %i', (seed) => {
  test('two parts of a network, in each of which people came and hubs went, are one soon after they meet (HB-29)', () => {
    const network = new ChoiceNetwork({ seed, nodes: NODES })
    network.partition(...HALVES)
    for (let i = 0; i < NODES; i++) network.at(i * 2500, () => network.start(i))
    network.run(80_000)
    for (let k = 0; k < 8; k++) {
      for (const half of HALVES) killHub(network, half)
      network.run(25_000)
    }
    network.heal()
    const isOne = () => network.isSettled(aliveOf(network, HALVES.flat()))
    expect(network.runUntil(isOne, 60_000)).toBeLessThan(SOON_MS)
  })
})
