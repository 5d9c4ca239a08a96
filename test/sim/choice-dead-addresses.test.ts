import { describe, expect, test } from 'vitest'
import type { ChoiceEvent } from '../../src/node/choice.ts'
import { ChoiceNetwork } from './choice-network.ts'

/** Announces dead addresses of hubs without end: so many a second, by so many senders in turn. */
const announceDead = (network: ChoiceNetwork, aSecond: number, senders: number): void => {
  let n = 0
  const next = () => {
    n++
    const dead: ChoiceEvent = {
      in: 'hint',
      address: `10.9.${n >> 8}.${n & 255}:1`,
      node: n.toString(16).padStart(16, '0'),
      hub: true,
      reachable: true,
      source: 'mdns',
      by: `10.8.0.${n % senders}`,
    }
    for (const node of network.nodes) network.give(node, dead)
    network.at(1000 / aSecond, next)
  }
  next()
}

describe.each([1, 2, 3, 4, 5])('seed %i', (seed) => {
  test.each([
    [8, 1],
    [64, 100],
  ])(
    'two hubs that hear %i dead addresses a second from %i senders meet at their next announcement (DI-6)',
    (aSecond, senders) => {
      const network = new ChoiceNetwork({ seed, nodes: 2 })
      for (let i = 0; i < 2; i++) network.at(i * 150, () => network.start(i))
      network.unplug(1)
      network.run(3000)
      announceDead(network, aSecond, senders)
      network.run(12_000)
      expect(network.view(1).state).toBe('hub')
      network.plug(1)
      const ms = network.runUntil(() => network.isSettled(), 60_000)
      expect(ms).toBeLessThan(3000)
    },
  )
})
