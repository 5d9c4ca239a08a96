import { describe, expect, test } from 'vitest'
import { ChoiceNetwork, type NetworkOptions } from './choice-network.ts'

const SEEDS = [1, 2, 3, 4, 5]
/** Nothing; as a busy room; so that some heartbeats are left out and others are not. */
const RELAYS_MS = [0, 50, 400]
/** As many as come through where every fifth segment is lost and each is waited for before the next. */
const FEWER_RELAYS_MS = [0, 150, 400]

/** A network of n nodes that have been together for a while. */
function together(seed: number, nodes: number, options: Partial<NetworkOptions> = {}): ChoiceNetwork {
  const network = new ChoiceNetwork({ seed, nodes, ...options })
  for (let i = 0; i < nodes; i++) network.at(i * 150, () => network.start(i))
  network.run(12_000 + nodes * 150)
  expect(network.runUntil(() => network.isSettled(), 20_000)).toBeLessThan(network.loss > 0 ? 20_000 : 1)
  return network
}

const hubOf = (network: ChoiceNetwork) => network.hubs()[0]!.index
const lineOf = (network: ChoiceNetwork) =>
  network.view(hubOf(network)).line.map((key) => network.indexOf(key))
const settles = (network: ChoiceNetwork, maxMs: number, among?: readonly number[]) =>
  network.runUntil(() => network.isSettled(among), maxMs)
const changesIn = (network: ChoiceNetwork, since: number) =>
  network.log.filter((one) => one.at >= since && one.what.startsWith('hub,')).length
const others = (network: ChoiceNetwork, ...without: number[]) =>
  network
    .running()
    .map(({ index }) => index)
    .filter((index) => !without.includes(index))

describe.each(SEEDS)('seed %i', (seed) => {
  describe('starting', () => {
    test('a node alone is hub after 0.7 to 1 s', () => {
      const network = new ChoiceNetwork({ seed, nodes: 1 })
      network.start(0)
      const ms = network.runUntil(() => network.isSettled(), 2000, 1)
      expect(ms).toBeGreaterThanOrEqual(700)
      expect(ms).toBeLessThanOrEqual(1001)
    })

    test('a second node follows as soon as a hint and a dial are through', () => {
      const network = new ChoiceNetwork({ seed, nodes: 2 })
      network.start(0)
      network.run(3000)
      network.start(1)
      expect(settles(network, 1000)).toBeLessThanOrEqual(50)
    })

    test('nodes that start at once end with one hub', () => {
      const network = new ChoiceNetwork({ seed, nodes: 8, latencyMs: 20, mdnsLoss: 0.2 })
      for (const { index } of network.nodes) network.start(index)
      expect(settles(network, 6000)).toBeLessThanOrEqual(5000)
    })

    test('slow and lossy links end with one hub too', () => {
      const network = new ChoiceNetwork({ seed, nodes: 5, latencyMs: 100, jitterMs: 50, loss: 0.05 })
      for (const { index } of network.nodes) network.start(index)
      expect(settles(network, 15_000)).toBeLessThan(Infinity)
    })

    test('where nobody may be hub, people are told', () => {
      const network = new ChoiceNetwork({ seed, nodes: 2, options: () => ({ neverHub: true }) })
      network.start(0)
      network.start(1)
      network.run(5000)
      expect(network.hubs()).toEqual([])
      expect(network.nodes.map(({ offline }) => offline)).toEqual(['never-hub', 'never-hub'])
    })

    test('a visitor joins, and is neither hub nor in the line', () => {
      const network = together(seed, 3, { options: (index) => (index === 2 ? { visitor: true } : {}) })
      expect(network.view(hubOf(network)).members).toBe(2)
      expect(lineOf(network)).not.toContain(2)
      for (const index of others(network, 2)) network.kill(index)
      network.run(10_000)
      expect(network.hubs()).toEqual([])
    })
  })

  describe.each(RELAYS_MS)('take-over, where the hub relays something each %i ms', (relaysMs) => {
    test('hub killed: 0.05 s', () => {
      const network = together(seed, 5, { relaysMs })
      network.kill(hubOf(network))
      expect(settles(network, 5000)).toBeLessThanOrEqual(50)
    })

    test('hub and line[0] killed: 0.45 s', () => {
      const network = together(seed, 6, { relaysMs })
      const [next] = lineOf(network)
      network.kill(hubOf(network))
      network.kill(next!)
      expect(settles(network, 5000)).toBeLessThanOrEqual(450)
    })

    test('hub and the whole line killed: 3 s', () => {
      const network = together(seed, 12, { relaysMs })
      const line = lineOf(network)
      network.kill(hubOf(network))
      for (const index of line) network.kill(index)
      expect(settles(network, 5000)).toBeLessThanOrEqual(3000)
    })

    test('cable pulled: 2.1 s, and the other side serves on', () => {
      const network = together(seed, 5, { relaysMs })
      const hub = hubOf(network)
      network.unplug(hub)
      expect(settles(network, 6000, others(network, hub))).toBeLessThanOrEqual(2150)
      expect(network.view(hub).state).toBe('hub')
    })

    test('cables of hub and line[0] pulled: 2.8 s', () => {
      const network = together(seed, 6, { relaysMs })
      const hub = hubOf(network)
      const [next] = lineOf(network)
      network.unplug(hub)
      network.unplug(next!)
      expect(settles(network, 6000, others(network, hub, next!))).toBeLessThanOrEqual(2800)
    })

    test('cables of hub and line pulled: 5 s', () => {
      const network = together(seed, 12, { relaysMs })
      const away = [hubOf(network), ...lineOf(network)]
      for (const index of away) network.unplug(index)
      expect(settles(network, 8000, others(network, ...away))).toBeLessThanOrEqual(5000)
    })

    test('hub stopped for 0.9 s: nothing happens', () => {
      const network = together(seed, 4, { relaysMs })
      const hub = hubOf(network)
      const { now } = network
      network.pause(hub)
      network.run(900)
      network.resume(hub)
      network.run(3000)
      expect(network.isSettled()).toBe(true)
      expect(hubOf(network)).toBe(hub)
      expect(changesIn(network, now)).toBe(0)
    })

    test('hub stopped for 10 s: taken over in 2.1 s; woken, it follows in a moment', () => {
      const network = together(seed, 4, { relaysMs })
      const hub = hubOf(network)
      network.pause(hub)
      expect(settles(network, 5000)).toBeLessThanOrEqual(2150)
      network.run(8000)
      const next = hubOf(network)
      network.resume(hub)
      expect(settles(network, 5000)).toBeLessThanOrEqual(200)
      expect(hubOf(network)).toBe(next)
    })

    test('hub killed and started again at once: one hub', () => {
      const network = together(seed, 4, { relaysMs })
      const hub = hubOf(network)
      network.kill(hub)
      network.start(hub)
      expect(settles(network, 5000)).toBeLessThanOrEqual(1100)
    })
  })

  describe('leaving', () => {
    test('a hub that quits hands over: nobody is told that there was no hub, and it is gone within 1 s', () => {
      const network = together(seed, 5)
      const hub = hubOf(network)
      const [next] = lineOf(network)
      network.quit(hub)
      expect(settles(network, 2000)).toBeLessThanOrEqual(50)
      expect(hubOf(network)).toBe(next)
      expect(network.runUntil(() => network.nodes[hub]!.done, 2000)).toBeLessThanOrEqual(1000)
      expect(network.log.some((one) => one.what.startsWith('offline'))).toBe(false)
    })

    test('a hub whose line[0] has just stopped hands over to the next', () => {
      const network = together(seed, 5)
      const hub = hubOf(network)
      const [first, second] = lineOf(network)
      network.pause(first!)
      network.quit(hub)
      expect(settles(network, 2000)).toBeLessThanOrEqual(500)
      expect(hubOf(network)).toBe(second)
    })

    test('the last one quits at once', () => {
      const network = together(seed, 1)
      network.quit(0)
      expect(network.nodes[0]!.done).toBe(true)
    })
  })

  describe('two hubs', () => {
    test.each([
      [
        '2-2',
        [
          [0, 1],
          [2, 3],
        ],
      ],
      ['1-3', [[0], [1, 2, 3]]],
      ['three islands', [[0, 1], [2], [3, 4, 5]]],
    ])('partition %s: a hub each; healed, one hub within 5 s', (_, groups) => {
      const network = together(seed, groups.flat().length)
      network.partition(...groups)
      network.run(6000)
      for (const group of groups) expect(network.isSettled(group)).toBe(true)
      network.heal()
      expect(settles(network, 8000)).toBeLessThanOrEqual(5000)
    })

    test('apart for so long that no link is left: one hub within 5 s of the healing', () => {
      const network = together(seed, 6)
      network.partition([0, 1, 2], [3, 4, 5])
      network.run(60_000)
      network.heal()
      expect(settles(network, 8000)).toBeLessThanOrEqual(5000)
    })

    test('a link that flaps each 3 s leaves the hub with the majority', () => {
      const network = together(seed, 5)
      const hub = hubOf(network)
      const flaky = lineOf(network)[3]!
      for (let i = 0; i < 5; i++) {
        network.unplug(flaky)
        network.run(3000)
        network.plug(flaky)
        network.run(3000)
      }
      expect(settles(network, 5000)).toBeLessThanOrEqual(5000)
      expect(hubOf(network)).toBe(hub)
    })

    test('where only one of two hubs can dial the other, that one moves', () => {
      const network = new ChoiceNetwork({ seed, nodes: 4, mdnsLoss: 1 })
      for (const { index } of network.nodes) network.start(index)
      network.run(3000)
      expect(network.hubs()).toHaveLength(4)
      const [outside] = network.nodes
      outside!.firewalled = true
      for (const other of network.nodes.slice(1))
        network.give(outside!, {
          in: 'hint',
          address: other.address,
          node: other.instance,
          hub: true,
          reachable: false,
          source: 'mdns',
        })
      for (const other of network.nodes.slice(1))
        network.give(other, {
          in: 'hint',
          address: outside!.address,
          node: outside!.instance,
          hub: true,
          reachable: false,
          source: 'mdns',
        })
      network.run(8000)
      expect(network.view(0).state).toBe('following')
    })
  })

  describe('firewalls', () => {
    test('the first starter lets nobody in: another node is hub within 5 s, the first takes part', () => {
      const network = new ChoiceNetwork({ seed, nodes: 3 })
      network.nodes[0]!.firewalled = true
      network.start(0)
      network.run(3000)
      network.start(1)
      network.start(2)
      const moved = () => network.isSettled() && hubOf(network) !== 0
      expect(network.runUntil(moved, 8000)).toBeLessThanOrEqual(5000)
      network.run(10_000)
      expect(network.isSettled()).toBe(true)
      expect(lineOf(network)).not.toContain(0)
    })

    test('all but one let nobody in: that one is hub, and the line is empty', () => {
      const network = new ChoiceNetwork({ seed, nodes: 5 })
      for (const node of network.nodes) node.firewalled = node.index !== 3
      for (const { index } of network.nodes) network.at(index * 1500, () => network.start(index))
      network.run(16_000)
      expect(network.isSettled()).toBe(true)
      expect(hubOf(network)).toBe(3)
      expect(lineOf(network)).toEqual([])
    })

    test('hub lost where the rest lets nobody in: each serves itself, nobody waits for ever', () => {
      const network = new ChoiceNetwork({ seed, nodes: 3 })
      for (const node of network.nodes) node.firewalled = node.index !== 2
      for (const { index } of network.nodes) network.start(index)
      network.run(10_000)
      expect(hubOf(network)).toBe(2)
      network.kill(2)
      network.run(6000)
      expect(network.hubs()).toHaveLength(2)
    })
  })

  describe('cuts between two', () => {
    test('of two nodes cut one way the deaf one serves itself; mended, they are one', () => {
      const network = together(seed, 2)
      const hub = hubOf(network)
      network.cut(hub, 1 - hub)
      network.run(5000)
      expect(network.view(1 - hub).state).toBe('hub')
      network.mend(hub, 1 - hub)
      expect(settles(network, 10_000)).toBeLessThanOrEqual(6000)
    })
  })

  describe('rank', () => {
    test('a preferred node is handed the hub once it has been in sync for 2 s, without a gap', () => {
      const network = new ChoiceNetwork({
        seed,
        nodes: 4,
        options: (index) => (index === 3 ? { preferHub: true } : {}),
      })
      for (let i = 0; i < 3; i++) network.start(i)
      network.run(5000)
      network.start(3)
      network.run(1900)
      expect(hubOf(network)).not.toBe(3)
      network.run(3000)
      expect(hubOf(network)).toBe(3)
      expect(network.isSettled()).toBe(true)
      expect(network.log.some((one) => one.what.startsWith('offline'))).toBe(false)
    })

    test('a hub hands over to a preferred node once in 10 minutes', () => {
      const network = new ChoiceNetwork({
        seed,
        nodes: 3,
        options: (index) => (index === 2 ? { preferHub: true } : index === 1 ? { neverHub: true } : {}),
      })
      for (const { index } of network.nodes) network.at(index * 2000, () => network.start(index))
      network.run(12_000)
      expect(hubOf(network)).toBe(2)
      network.kill(2)
      network.run(3000)
      expect(hubOf(network)).toBe(0)
      network.start(2)
      network.run(60_000)
      expect(hubOf(network)).toBe(0)
      network.run(600_000)
      expect(hubOf(network)).toBe(2)
    })
  })

  describe.each(FEWER_RELAYS_MS)('a long time, where the hub relays something each %i ms', (relaysMs) => {
    test('no change of hub in a quiet hour', () => {
      const network = together(seed, 4, { relaysMs })
      const { now } = network
      network.run(seed === 1 && relaysMs === 0 ? 3_600_000 : 300_000)
      expect(changesIn(network, now)).toBe(0)
      expect(network.isSettled()).toBe(true)
    })

    test('delay of 200 ms with jitter: no change of hub in 5 minutes', () => {
      const network = together(seed, 4, { relaysMs, latencyMs: 200, jitterMs: 100 })
      const { now } = network
      network.run(300_000)
      expect(changesIn(network, now)).toBe(0)
    })

    test('20 % loss: at most one change of hub in 10 minutes', () => {
      const network = together(seed, 5, { relaysMs, loss: 0.2 })
      const { now } = network
      network.run(600_000)
      expect(changesIn(network, now)).toBeLessThanOrEqual(1)
    })
  })
})

test('thirty nodes: one hub, a line of five, and one heartbeat frame for all of them', () => {
  const network = together(7, 30)
  expect(lineOf(network)).toHaveLength(5)
  expect(network.view(hubOf(network)).members).toBe(30)
  network.kill(hubOf(network))
  expect(settles(network, 2000)).toBeLessThanOrEqual(50)
})
