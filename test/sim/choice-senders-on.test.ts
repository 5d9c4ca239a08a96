import { describe, expect, test } from 'vitest'
import { fromHex } from '../../src/wire/bytes.ts'
import { ChoiceNetwork } from './choice-network.ts'

const HONEST = 6
const LIARS = 60

/**
 * Hubs that are better than any, take everybody in and are gone a moment later: each sends those who came on to the next, under a
 * key of its own. The first nodes are honest.
 */
class SendersOn {
  #at = HONEST - 1
  readonly network: ChoiceNetwork

  constructor(network: ChoiceNetwork) {
    this.network = network
  }

  begin(): void {
    this.#prepare(HONEST)
    this.network.at(1500, () => this.#turn())
  }

  /** It is hub, where nobody hears it. */
  #prepare(index: number): void {
    if (index >= HONEST + LIARS) return
    this.network.unplug(index)
    this.network.start(index)
  }

  #turn(): void {
    const { network } = this
    const index = this.#at + 1
    this.#at = index
    if (index >= HONEST + LIARS) return
    this.#prepare(index + 1)
    network.plug(index)
    const liar = network.nodes[index]!
    for (const node of network.nodes.slice(0, HONEST)) {
      for (const [about, to] of [
        [liar, node],
        [node, liar],
      ] as const)
        network.give(to, {
          in: 'hint',
          address: about.address,
          node: about.instance,
          reachable: true,
          hub: about === liar,
          source: 'mdns',
        })
    }
    let waited = 0
    const look = () => {
      const followers = [...liar.choice.links.values()].filter(({ member }) => member).length
      waited += 100
      if (followers < 3 && waited < 2500) return void network.at(100, look)
      this.#turn()
      network.at(300, () => {
        const hub = fromHex(network.nodes[Math.min(index + 1, HONEST + LIARS - 1)]!.key)
        for (const { id } of liar.choice.links.values()) {
          const side = liar.links.get(id)
          if (side)
            network.give(side.peer, {
              in: 'frame',
              link: [...side.peer.links.values()].find((other) => other.peer === liar)?.id ?? 0,
              frame: { type: 'redirect', hub, via: null, address: network.nodes[index + 1]?.address ?? '' },
            })
        }
        network.kill(index)
      })
    }
    network.at(100, look)
  }
}

describe.each([1, 2, 3, 4, 5])('seed %i', (seed) => {
  test('hubs that take everybody in and send them on, each under a new key, move the network a few times only (HB-29)', () => {
    const network = new ChoiceNetwork({
      seed,
      nodes: HONEST + LIARS,
      options: (index) => (index >= HONEST ? { preferHub: true } : {}),
    })
    for (let i = 0; i < HONEST; i++) network.at(i * 150, () => network.start(i))
    network.run(20_000)
    const before = network.log.length
    new SendersOn(network).begin()
    network.run(60_000)
    const moves = network.log
      .slice(before)
      .filter(({ node, what }) => node < HONEST && /^(hub|follows)/.test(what))
    expect(moves.length / HONEST).toBeLessThan(9)
    expect(network.isSettled([0, 1, 2, 3, 4, 5])).toBe(true)
  })
})
