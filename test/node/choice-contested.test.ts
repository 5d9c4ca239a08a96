import { describe, expect, test } from 'vitest'
import { FLAG, STATE } from '../../src/node/choice.ts'
import { fromHex } from '../../src/wire/bytes.ts'
import type { PersonKey } from '../../src/wire/ids.ts'
import { claim, HIGH, keyOf, LOW, Node, SELF, THIRD } from './choice-by-hand.ts'

describe('two hubs, and somebody who claims to be a third', () => {
  test('a better hub is asked although another one, better still, never answers (HB-13)', () => {
    const node = new Node().hub()
    node.link(1, LOW)
    node.link(2, keyOf(7))
    const asked = new Set<number>()
    for (let round = 0; round < 60; round++) {
      for (const link of [1, 2]) {
        if (link === 1) claim(node, 1, LOW)
        else if (round % 5 === 0) node.beat(2, { state: STATE.hub, upstream: fromHex(keyOf(7)), members: 9 })
        for (const { link: to } of node.sent('absorb') as { link: number }[]) asked.add(to)
      }
      node.wait(100)
      for (const { link: to } of node.sent('absorb') as { link: number }[]) asked.add(to)
    }
    expect([...asked].sort()).toEqual([1, 2])
  })

  const withLine = (keys: readonly PersonKey[], flags: number) => {
    const node = new Node().hub()
    node.link(90, HIGH, false)
    node.give({ in: 'linkUp', link: 91, key: THIRD, dialled: false, address: '10.0.0.91:1', visitor: false })
    keys.forEach((each, i) => {
      node.link(i + 1, each)
      node.frame(i + 1, { type: 'join', at: 1 })
      node.beat(i + 1, { state: STATE.following, upstream: fromHex(SELF), flags })
    })
    node.wait(600)
    return node
  }
  const alive = (node: Node, keys: readonly PersonKey[], flags: number) =>
    keys.forEach((_, i) => {
      node.beat(i + 1, { state: STATE.following, upstream: fromHex(SELF), flags })
    })

  test('a preferred node that does not answer a hand-over is not asked over and over (HB-18)', () => {
    const keys = [keyOf(1)]
    const node = withLine(keys, FLAG.reachable | FLAG.preferred)
    let asked = 0
    let bound = 0
    for (let round = 0; round < 100; round++) {
      alive(node, keys, FLAG.reachable | FLAG.preferred)
      node.wait(200)
      asked += node.sent('handover').length
      const { phase } = node.choice
      if (phase.state === 'hub' && phase.handover) bound++
    }
    expect(asked).toBeGreaterThan(0)
    expect(asked).toBeLessThanOrEqual(2)
    expect(bound).toBeLessThan(10)
  })

  test('a hub that has to go hands over to the next of the line where the first does not answer (HB-18)', () => {
    const keys = [keyOf(1), keyOf(2)]
    const node = withLine(keys, FLAG.reachable)
    node.give({ in: 'facts', facts: { failing: true } })
    const to = new Set<number>()
    for (let round = 0; round < 10; round++) {
      alive(node, keys, FLAG.reachable)
      node.wait(200)
      for (const { link } of node.sent('handover') as { link: number }[]) to.add(link)
    }
    expect([...to]).toEqual([1, 2])
  })

  test('asks to be absorbed, however many, keep no hub that has to go from handing over (HB-18)', () => {
    const keys = [keyOf(1)]
    const node = withLine(keys, FLAG.reachable)
    node.give({ in: 'facts', facts: { failing: true } })
    let handedOver = 0
    for (let round = 0; round < 30; round++) {
      alive(node, keys, FLAG.reachable)
      node.frame(90, { type: 'absorb', at: round, members: 0, flags: 0 })
      node.wait(200)
      handedOver += node.sent('handover').length
    }
    expect(handedOver).toBeGreaterThan(0)
  })
})
