import { describe, expect, test } from 'vitest'
import { type ChoiceFrame, FLAG, STATE } from '../../src/node/choice.ts'
import { fromHex } from '../../src/wire/bytes.ts'
import { ChoiceNetwork, type SimNode } from './choice-network.ts'

/** The first node claims from some moment to be the best hub there is, and takes nobody in. */
class Claimer {
  isOn = false

  readonly say = (from: SimNode, frame: ChoiceFrame): ChoiceFrame | undefined => {
    if (!this.isOn || from.index !== 0) return frame
    if (frame.type === 'joined' || frame.type === 'notJoined') return undefined
    if (frame.type !== 'heartbeat') return frame
    const flags = FLAG.reachable | FLAG.pinned | FLAG.preferred
    const upstream = fromHex(from.key)
    return { ...frame, state: STATE.hub, upstream, via: null, flags, members: 65_535, epoch: 2 ** 32 - 1 }
  }
}

describe.each([1, 2, 3, 4, 5])('seed %i', (seed) => {
  test('the others have a hub again within 20 s of its death, whoever claims to be one (HB-28)', () => {
    const claimer = new Claimer()
    const network = new ChoiceNetwork({
      seed,
      nodes: 8,
      options: (index) => (index === 0 ? { neverHub: true } : {}),
      lies: claimer.say,
    })
    for (let i = 0; i < 8; i++) network.at(i * 150, () => network.start(i))
    network.run(14_000)
    claimer.isOn = true
    // It has a link to everybody.
    const [liar, ...rest] = network.nodes
    for (const { address, instance } of rest)
      network.give(liar!, {
        in: 'hint',
        address,
        node: instance,
        reachable: true,
        hub: true,
        source: 'mdns',
      })
    network.run(3000)
    for (const { choice } of rest) expect(choice.byKey.has(liar!.key)).toBe(true)
    const [hub] = network.hubs()
    network.kill(hub!.index)
    const honest = [1, 2, 3, 4, 5, 6, 7].filter((index) => index !== hub!.index)
    expect(network.runUntil(() => network.isSettled(honest), 40_000)).toBeLessThan(20_000)
    // And it is left alone for the time being.
    network.run(30_000)
    expect(network.isSettled(honest)).toBe(true)
  })
})
