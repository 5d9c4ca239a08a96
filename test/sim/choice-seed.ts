/** One random run of the choice of hub: a network, a schedule of faults, then peace, and the invariants. */

import type { ChoiceOptions } from '../../src/node/choice.ts'
import { LAN } from '../../src/node/timing.ts'
import { type Random, seeded } from '../seeded.ts'
import { ChoiceNetwork, type NetworkOptions, type Plant, Violation } from './choice-network.ts'

export interface SeedResult {
  readonly seed: number
  readonly nodes: number
  /** From the last change to one hub that everybody follows. */
  readonly settledMs: number
  /** From cuts between some pairs to one hub that everybody reaches directly or by one relay. */
  readonly oneHopMs: number
  readonly hubChanges: number
}

const pick = <T>(random: Random, from: readonly T[]): T => from[Math.floor(random() * from.length)]!

/** The network of a seed: its shape is drawn from chance of its own, so that a planted mistake does not change it. */
function networkOf(seed: number): NetworkOptions & { readonly steps: number } {
  const random = seeded(seed ^ 0x5eed)
  const nodes = random() < 0.1 ? 10 + Math.floor(random() * 20) : 2 + Math.floor(random() * 6)
  const options = new Map<number, Partial<ChoiceOptions>>()
  for (let i = 1; i < nodes; i++) {
    const kind = random()
    if (kind < 0.08) options.set(i, { neverHub: true })
    else if (kind < 0.16) options.set(i, { preferHub: true })
    else if (kind < 0.2) options.set(i, { visitor: true })
  }
  const latencyMs = pick(random, [0.3, 0.3, 0.3, 2, 10, 60])
  return {
    seed,
    nodes,
    latencyMs,
    jitterMs: latencyMs * random(),
    loss: pick(random, [0, 0, 0, 0.01, 0.04]),
    mdnsLoss: pick(random, [0, 0, 0.1, 0.3]),
    options: (index) => options.get(index) ?? {},
    steps: 10 + Math.floor(random() * 25),
    relaysMs: pick(random, [0, 0, 60, 400]),
  }
}

/**
 * What INV-9 allows from the last change: 5 s + 10 round trips, and where multicast is lost one question more, since of two who
 * know nobody else neither may have heard the others. Where segments are lost, `settle` allows three times that.
 */
export const settleLimitMs = (network: ChoiceNetwork): number =>
  5000 + 20 * (network.latencyMs + network.jitterMs) + (network.mdnsLoss > 0 ? LAN.queryEveryMs : 0)

/**
 * Plays one seed. Throws Violation with the steps; the same seed gives the same run. quiet: hubs relay nothing, as when the first
 * seeds were found.
 */
export function runChoiceSeed(seed: number, plant?: Plant, quiet = false): SeedResult {
  const { steps, ...options } = networkOf(seed)
  const relaysMs = quiet ? 0 : (options.relaysMs ?? 0)
  const network = new ChoiceNetwork({ ...options, relaysMs, ...(plant && { plant }) })
  const random = seeded(seed ^ 0xfa017)
  const all = network.nodes.map(({ index }) => index)
  for (const index of all)
    if (index === 0 || random() < 0.7) network.at(random() * 3000, () => network.start(index))
  network.run(500 + random() * 6000)
  for (let step = 0; step < steps; step++) {
    act(network, random, all)
    network.run(random() < 0.3 ? random() * 200 : random() * 6000)
  }
  peace(network, all)
  const settledMs = settle(network)
  // A preferred node may still be handed the hub; that must be over in a moment, or in three where segments are lost.
  network.run(3000)
  const momentMs = (500 + 20 * network.latencyMs) * (network.loss > 0 ? 3 : 1)
  if (network.runUntil(() => network.isSettled(), momentMs) === Infinity)
    network.fail('INV-9', 'settled and came apart again')
  const oneHopMs = oneHop(network, seeded(seed ^ 0x1409))
  return {
    seed,
    nodes: all.length,
    settledMs,
    oneHopMs,
    hubChanges: network.log.filter((one) => /hub/.test(one.what)).length,
  }
}

function act(network: ChoiceNetwork, random: Random, all: readonly number[]): void {
  const any = () => pick(random, all)
  const hub = network.hubs()[0]?.index ?? any()
  const victim = random() < 0.5 ? hub : any()
  const what = random()
  if (what < 0.2) network.start(any())
  else if (what < 0.35) network.kill(victim)
  else if (what < 0.5) {
    network.pause(victim)
    const until = random() < 0.3 ? random() * 1500 : random() * 12_000
    network.at(until, () => network.resume(victim))
  } else if (what < 0.6) network.quit(victim)
  else if (what < 0.7) {
    network.unplug(victim)
    network.at(random() * 9000, () => network.plug(victim))
  } else if (what < 0.78) {
    const side = all.filter(() => random() < 0.5)
    network.partition(
      side,
      all.filter((index) => !side.includes(index)),
    )
  } else if (what < 0.86) network.heal()
  else if (what < 0.93) {
    const [from, to] = [victim, any()]
    if (from === to) return
    network.cut(from, to)
    network.at(random() * 8000, () => network.mend(from, to))
  } else {
    const node = network.nodes[any()]!
    node.firewalled = !node.firewalled
    for (const index of all.slice(0, 3)) network.start(index)
  }
}

/** Many hubs meet at once: every node is hub of its own island, then all cuts are gone. */
export function runHubStorm(seed: number, plant?: Plant): SeedResult {
  const nodes = 12
  const options = { seed, nodes, latencyMs: 30, jitterMs: 30 }
  const network = new ChoiceNetwork(plant ? { ...options, plant } : options)
  network.partition(...network.nodes.map(({ index }) => [index]))
  for (const { index } of network.nodes) network.start(index)
  network.run(3000)
  network.heal()
  // They have never heard of each other: up to a round of mDNS queries more than INV-9 allows.
  const settledMs = settle(network, 2 * network.timing.queryEveryMs)
  return {
    seed,
    nodes,
    settledMs,
    oneHopMs: 0,
    hubChanges: network.log.filter((one) => /hub/.test(one.what)).length,
  }
}

/**
 * Cuts between random pairs, both ways or one way, that leave any two a way of at most one hop: one hub must come of it,
 * and again of the healing. Both are measured from the change.
 */
function oneHop(network: ChoiceNetwork, random: Random): number {
  const all = network.running().map(({ index }) => index)
  const isVisitor = (index: number) => network.options.options?.(index).visitor ?? false
  const cuts = new Set<string>()
  const isClean = (a: number, b: number) => !cuts.has(`${Math.min(a, b)} ${Math.max(a, b)}`)
  const density = pick(random, [0.1, 0.3, 0.5, 0.8])
  const pairs = all.flatMap((a) => all.filter((b) => a < b).map((b) => [a, b] as const))
  for (const [a, b] of pairs) if (random() < density) cuts.add(`${a} ${b}`)
  for (let changed = true; changed; ) {
    changed = false
    for (const [a, b] of pairs) {
      const relays = all.filter((c) => c !== a && c !== b && !isVisitor(c) && isClean(a, c) && isClean(b, c))
      if (isClean(a, b) || relays.length > 0) continue
      cuts.delete(`${a} ${b}`)
      changed = true
    }
  }
  for (const [a, b] of pairs) {
    if (isClean(a, b)) continue
    const way = random()
    if (way < 0.8) network.cut(a, b)
    if (way > 0.2) network.cut(b, a)
  }
  network.trace.push(`cuts ${[...cuts].join(', ')}`)
  const silenceMs = network.timing.silenceMsMax
  network.run(silenceMs)
  const ms = settle(network, 2 * network.timing.reportEveryMs + network.timing.relayAfterMs)
  network.run(10_000)
  if (network.runUntil(() => network.isSettled(), 5000 + 20 * network.latencyMs) === Infinity)
    network.fail('INV-9', 'one hop: settled and came apart again')
  network.heal()
  settle(network)
  return ms
}

/** All cuts and firewalls gone, everybody awake, somebody there who may be hub. */
function peace(network: ChoiceNetwork, all: readonly number[]): void {
  for (const node of network.nodes) {
    node.firewalled = false
    if (node.pausedAt !== undefined) network.resume(node.index)
  }
  network.heal()
  network.start(all[0]!)
}

function settle(network: ChoiceNetwork, moreMs = 0): number {
  const limit = settleLimitMs(network) + moreMs
  const ms = network.runUntil(() => network.isSettled(), limit * (network.loss > 0 ? 3 : 1), 10)
  if (ms === Infinity)
    network.fail(
      'INV-9',
      `no single hub after ${Math.round(limit)} ms: ${network
        .running()
        .map(({ index }) => `${index}:${network.view(index).state}`)
        .join(' ')}`,
    )
  return ms
}

export { Violation }
