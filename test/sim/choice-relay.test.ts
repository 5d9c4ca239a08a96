import { describe, expect, test } from 'vitest'
import { ChoiceNetwork, type NetworkOptions } from './choice-network.ts'

const SEEDS = [1, 2, 3, 4, 5]

/** A network of n nodes that have been together for a while. */
function together(seed: number, nodes: number, options: Partial<NetworkOptions> = {}): ChoiceNetwork {
  const network = new ChoiceNetwork({ seed, nodes, ...options })
  for (let i = 0; i < nodes; i++) network.at(i * 150, () => network.start(i))
  network.run(12_000 + nodes * 150)
  expect(network.isSettled()).toBe(true)
  return network
}

const hubOf = (network: ChoiceNetwork) => network.hubs()[0]!.index
const lineOf = (network: ChoiceNetwork) =>
  network.view(hubOf(network)).line.map((key) => network.indexOf(key))
/** Through whom a node follows; null: directly, or not at all. */
const viaOf = (network: ChoiceNetwork, index: number) => {
  const { via } = network.view(index)
  return via === null ? null : network.indexOf(via)
}
const settles = (network: ChoiceNetwork, maxMs: number, among?: readonly number[]) =>
  network.runUntil(() => network.isSettled(among), maxMs)
const becameHub = (network: ChoiceNetwork, since: number) =>
  network.log.filter((one) => one.at >= since && one.what.startsWith('hub,')).length
const mendBoth = (network: ChoiceNetwork, a: number, b: number) => {
  network.mend(a, b)
  network.mend(b, a)
}
const others = (network: ChoiceNetwork, ...without: number[]) =>
  network
    .running()
    .map(({ index }) => index)
    .filter((index) => !without.includes(index))

describe.each(SEEDS)('seed %i', (seed) => {
  describe('one client is cut from the hub', () => {
    test.each(['both ways', 'from the hub', 'to the hub'])('%s: a peer carries it, the hub stays', (way) => {
      const network = together(seed, 4)
      const hub = hubOf(network)
      const client = lineOf(network)[1]!
      const { now } = network
      if (way !== 'to the hub') network.cut(hub, client)
      if (way !== 'from the hub') network.cut(client, hub)
      const isCarried = () => network.isSettled() && viaOf(network, client) !== null
      expect(network.runUntil(isCarried, 8000)).toBeLessThanOrEqual(4000)
      network.run(60_000)
      expect(isCarried()).toBe(true)
      expect(hubOf(network)).toBe(hub)
      expect(becameHub(network, now)).toBe(0)
      expect(lineOf(network)).not.toContain(client)
    })

    test('line[0]: it asks before it acts, and is carried too', () => {
      const network = together(seed, 4)
      const hub = hubOf(network)
      const [first] = lineOf(network)
      network.cutBoth(hub, first!)
      const isCarried = () => network.isSettled() && viaOf(network, first!) !== null
      expect(network.runUntil(isCarried, 8000)).toBeLessThanOrEqual(2500)
      expect(hubOf(network)).toBe(hub)
      network.run(5000)
      expect(lineOf(network)).not.toContain(first)
    })

    test('mended: it follows by itself again, and stands in the line again', () => {
      const network = together(seed, 4)
      const hub = hubOf(network)
      const client = lineOf(network)[1]!
      network.cutBoth(hub, client)
      network.run(20_000)
      expect(viaOf(network, client)).not.toBeNull()
      mendBoth(network, hub, client)
      const isDirect = () => network.isSettled() && viaOf(network, client) === null
      expect(network.runUntil(isDirect, 40_000)).toBeLessThanOrEqual(33_000)
      network.run(2000)
      expect(lineOf(network)).toContain(client)
      expect(hubOf(network)).toBe(hub)
    })

    test('it starts anew behind the cut: joined through a peer within 5 s', () => {
      const network = together(seed, 4)
      const hub = hubOf(network)
      const client = lineOf(network)[1]!
      network.kill(client)
      network.cutBoth(hub, client)
      network.run(3000)
      network.start(client)
      expect(settles(network, 8000)).toBeLessThanOrEqual(5000)
      expect(hubOf(network)).toBe(hub)
      expect(viaOf(network, client)).not.toBeNull()
    })

    test.each(['killed', 'unplugged', 'leaving'])('its relay is %s: another peer carries it', (what) => {
      const network = together(seed, 5)
      const hub = hubOf(network)
      const client = lineOf(network)[1]!
      network.cutBoth(hub, client)
      network.run(8000)
      const relay = viaOf(network, client)!
      if (what === 'killed') network.kill(relay)
      else if (what === 'unplugged') network.unplug(relay)
      else network.quit(relay)
      const left = others(network, relay)
      const isCarried = () => network.isSettled(left) && viaOf(network, client) !== relay
      expect(network.runUntil(isCarried, 10_000)).toBeLessThanOrEqual(5000)
      expect(network.view(hub).state).toBe('hub')
    })

    test.each(['killed', 'unplugged', 'leaving'])('the hub is %s: one hub for all', (what) => {
      const network = together(seed, 5)
      const hub = hubOf(network)
      const client = lineOf(network)[1]!
      network.cutBoth(hub, client)
      network.run(8000)
      expect(viaOf(network, client)).not.toBeNull()
      if (what === 'killed') network.kill(hub)
      else if (what === 'unplugged') network.unplug(hub)
      else network.quit(hub)
      expect(settles(network, 10_000, others(network, hub))).toBeLessThanOrEqual(5000)
    })

    test('a new hub that it cannot reach: carried to that one', () => {
      const options = (index: number) => (index === 3 ? { preferHub: true } : {})
      const network = new ChoiceNetwork({ seed, nodes: 4, options })
      for (const index of [0, 1, 2]) network.start(index)
      network.run(6000)
      const client = others(network, hubOf(network))[0]!
      network.cutBoth(3, client)
      network.start(3)
      const isMoved = () => network.isSettled() && hubOf(network) === 3 && viaOf(network, client) !== null
      // It has to be dialled back by a member that can reach it: asked for each 10 s.
      expect(network.runUntil(isMoved, 300_000)).toBeLessThan(300_000)
    })
  })

  describe('who is relayed and avoids a hub', () => {
    const AVOID_MS = 1_800_000
    /** Runs on, and says whether a node ever followed a hub, by itself or through a peer. */
    const everFollows = (network: ChoiceNetwork, index: number, hub: number, ms: number) => {
      const key = network.nodes[hub]!.key
      return network.runUntil(() => network.view(index).hub === key, ms) < ms
    }

    test('the one it follows: it leaves, and nobody carries it back', () => {
      const network = together(seed, 5)
      const hub = hubOf(network)
      const client = lineOf(network)[1]!
      network.cutBoth(hub, client)
      network.run(8000)
      expect(viaOf(network, client)).not.toBeNull()
      network.give(network.nodes[client]!, { in: 'avoid', hub: network.nodes[hub]!.key, ms: AVOID_MS })
      expect(everFollows(network, client, hub, 60_000)).toBe(false)
      expect(network.view(client).state).toBe('hub')
    })

    test('one that others follow and it hears of only through them: it takes no offer', () => {
      const network = together(seed, 5)
      const hub = hubOf(network)
      const client = lineOf(network)[1]!
      network.kill(client)
      network.cutBoth(hub, client)
      network.run(3000)
      network.start(client)
      network.give(network.nodes[client]!, { in: 'avoid', hub: network.nodes[hub]!.key, ms: AVOID_MS })
      expect(everFollows(network, client, hub, 60_000)).toBe(false)
      expect(network.view(client).state).toBe('hub')
    })

    test.each(['the relay', 'another'])('the next one, %s: it is not carried there', (who) => {
      const network = together(seed, 6)
      const hub = hubOf(network)
      const client = lineOf(network)[2]!
      network.cutBoth(hub, client)
      network.run(8000)
      const relay = viaOf(network, client)!
      const next = who === 'the relay' ? relay : lineOf(network).find((index) => index !== relay)!
      network.give(network.nodes[client]!, { in: 'avoid', hub: network.nodes[next]!.key, ms: AVOID_MS })
      // The next one is hub: those before it in the line die first, the hub last.
      for (const index of lineOf(network)) {
        if (index === next) break
        network.kill(index)
      }
      network.run(5000)
      expect(lineOf(network)[0]).toBe(next)
      network.kill(hub)
      expect(everFollows(network, client, next, 60_000)).toBe(false)
      expect(network.view(client).hub).not.toBeNull()
    })
  })

  test('the hub is cut from all but one, which hears all: one hub again', () => {
    const network = together(seed, 7)
    const hub = hubOf(network)
    const middle = lineOf(network)[2]!
    const far = others(network, hub, middle)
    for (const index of far) network.cutBoth(hub, index)
    // The silence is noticed after 2 s; who then hears of no hub may be one for a moment.
    network.run(2000)
    expect(settles(network, 12_000)).toBeLessThanOrEqual(5000)
    network.run(30_000)
    expect(network.isSettled()).toBe(true)
    network.kill(hubOf(network))
    network.run(100)
    expect(settles(network, 10_000)).toBeLessThanOrEqual(5000)
  })

  test('a star: all hear one node only, whoever is hub', () => {
    const network = new ChoiceNetwork({ seed, nodes: 5 })
    for (const a of [1, 2, 3, 4]) for (const b of [1, 2, 3, 4]) if (a < b) network.cutBoth(a, b)
    network.start(1)
    network.start(2)
    network.run(3000)
    expect(network.hubs()).toHaveLength(2)
    for (const { index } of network.nodes) network.start(index)
    expect(settles(network, 15_000)).toBeLessThanOrEqual(8000)
    const hub = hubOf(network)
    network.run(30_000)
    expect(network.isSettled()).toBe(true)
    expect(hubOf(network)).toBe(hub)
  })

  test('the middle of a star may not be hub: it carries all the others', () => {
    const options = (index: number) => (index === 0 ? { neverHub: true } : {})
    const network = new ChoiceNetwork({ seed, nodes: 6, options })
    for (const a of [1, 2, 3, 4, 5]) for (const b of [1, 2, 3, 4, 5]) if (a < b) network.cutBoth(a, b)
    for (const { index } of network.nodes) network.start(index)
    expect(settles(network, 20_000)).toBeLessThanOrEqual(12_000)
    network.run(20_000)
    expect(network.isSettled()).toBe(true)
    for (const index of others(network, 0, hubOf(network))) expect(viaOf(network, index)).toBe(0)
    network.kill(hubOf(network))
    network.run(100)
    expect(settles(network, 20_000)).toBeLessThanOrEqual(12_000)
  })

  describe('two hubs that cannot reach each other', () => {
    test('meet through the one member that hears both', () => {
      const network = new ChoiceNetwork({ seed, nodes: 5 })
      for (const a of [0, 1]) for (const b of [3, 4]) network.cutBoth(a, b)
      for (const index of [0, 1, 3, 4]) network.start(index)
      network.run(6000)
      expect(network.hubs()).toHaveLength(2)
      network.start(2)
      expect(settles(network, 12_000)).toBeLessThanOrEqual(7000)
      network.run(20_000)
      expect(network.isSettled()).toBe(true)
    })

    test('meet over a cut one way', () => {
      const network = new ChoiceNetwork({ seed, nodes: 3 })
      network.cut(0, 2)
      network.start(0)
      network.start(2)
      network.run(3000)
      expect(network.hubs()).toHaveLength(2)
      network.start(1)
      expect(settles(network, 12_000)).toBeLessThanOrEqual(7000)
    })
  })

  test('nobody is carried two hops: behind a relayed node each serves itself', () => {
    const network = new ChoiceNetwork({ seed, nodes: 4 })
    // A chain: 0 and 2 hear 1, 3 hears 2.
    for (const [a, b] of [
      [0, 2],
      [0, 3],
      [1, 3],
    ] as const)
      network.cutBoth(a, b)
    network.start(0)
    network.run(3000)
    network.start(1)
    network.start(2)
    expect(settles(network, 10_000)).toBeLessThanOrEqual(7000)
    if (viaOf(network, 2) === null) return
    network.start(3)
    network.run(10_000)
    expect(viaOf(network, 3)).toBeNull()
  })
})
