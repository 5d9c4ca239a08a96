import { describe, expect, test } from 'vitest'
import { NOT_JOINED, STATE } from '../../src/node/choice.ts'
import { fromHex } from '../../src/wire/bytes.ts'
import { claim, HIGH, keyOf, LOW, Node, SELF, THIRD } from './choice-by-hand.ts'

describe('hubs in name only (HB-28)', () => {
  /** How long a node that has to be hub is kept from it; each 400 ms peers say something. */
  const keptFor = (node: Node, say: (round: number) => void): number => {
    for (let round = 0; round < 150; round++) {
      say(round)
      node.wait(400)
      if (node.state === 'hub') return (round + 1) * 400
    }
    return Number.POSITIVE_INFINITY
  }

  test('whoever claims to be hub and takes nobody in keeps nobody from being it for more than 16 s', () => {
    const node = new Node()
    node.link(1, LOW)
    const ms = keptFor(node, () => claim(node, 1, LOW))
    expect(ms).toBeGreaterThan(14_000)
    expect(ms).toBeLessThan(16_500)
  })

  test('nor does one that refuses each join', () => {
    const node = new Node()
    node.link(1, LOW)
    const ms = keptFor(node, () => {
      claim(node, 1, LOW)
      node.frame(1, { type: 'notJoined', reason: NOT_JOINED.full, hub: null, address: '' })
    })
    expect(ms).toBeLessThan(16_500)
  })

  test('nor do any number that take turns', () => {
    const node = new Node()
    const ms = keptFor(node, (round) => {
      node.link(round + 1, keyOf(round))
      claim(node, round + 1, keyOf(round))
    })
    expect(ms).toBeLessThan(16_500)
  })

  test('nor does one that claims to follow somebody in between', () => {
    const node = new Node()
    node.link(1, LOW)
    const ms = keptFor(node, (round) => {
      if (round % 30 === 29) node.beat(1, { state: STATE.following, upstream: fromHex(THIRD) })
      else claim(node, 1, LOW)
    })
    expect(ms).toBeLessThan(31_000)
  })

  test('who was kept from it does not give up for that one at once again', () => {
    const node = new Node()
    node.link(1, LOW)
    keptFor(node, () => claim(node, 1, LOW))
    claim(node, 1, LOW)
    expect(node.sent('absorb')).toHaveLength(0)
    node.wait(2000)
    node.link(2, keyOf(7))
    claim(node, 2, keyOf(7))
    expect(node.sent('absorb')).toHaveLength(0)
  })

  test('but to one that it had met before it goes at once', () => {
    const node = new Node()
    node.link(2, THIRD)
    node.beat(2, { state: STATE.seeking })
    node.wait(100)
    node.link(1, LOW)
    keptFor(node, () => {
      claim(node, 1, LOW)
      node.beat(2, { state: STATE.seeking })
    })
    claim(node, 2, THIRD)
    expect(node.sent('absorb')).toHaveLength(1)
  })

  test('and one that it does not know is asked to be the one who gives up', () => {
    const node = new Node()
    node.link(1, LOW)
    keptFor(node, () => claim(node, 1, LOW))
    node.link(2, keyOf(7))
    claim(node, 2, keyOf(7))
    expect(node.sent('noDial')).toHaveLength(1)
  })

  test('a hub that is heard for the first time is waited for, however long others claimed to be it', () => {
    const node = new Node()
    node.link(1, HIGH)
    for (let round = 0; round < 60; round++) {
      node.beat(1, { state: STATE.following, upstream: fromHex(THIRD) })
      node.wait(450)
    }
    node.link(2, LOW)
    node.beat(2, { state: STATE.hub, upstream: fromHex(LOW) })
    node.wait(1900)
    node.beat(2, { state: STATE.hub, upstream: fromHex(LOW) })
    node.wait(1900)
    expect(node.state).toBe('seeking')
  })

  test('a hub that sends its members on and on keeps them from being hub for 4 s and their turn', () => {
    const node = new Node().following(LOW, [SELF])
    const ms = keptFor(node, (round) => {
      if (round % 7 === 0)
        node.frame(1, { type: 'redirect', hub: fromHex(keyOf(round)), via: null, address: '' })
    })
    expect(ms).toBeLessThan(6000)
  })

  test('a hub that is avoided is not heard, whatever it says that it follows (HB-26)', () => {
    const node = new Node().following(LOW)
    node.give({ in: 'avoid', hub: LOW, ms: 1_800_000 })
    const ms = keptFor(node, () => node.beat(1, { state: STATE.hub, upstream: null }))
    expect(ms).toBeLessThan(2000)
  })

  test('hubs that are only told of hold nobody up for 30 s more than once in ten minutes', () => {
    const node = new Node()
    node.link(1, HIGH)
    const tell = () => node.beat(1, { state: STATE.following, upstream: fromHex(THIRD) })
    expect(keptFor(node, tell)).toBeGreaterThan(29_000)
    node.link(2, LOW)
    claim(node, 2, LOW)
    node.frame(2, { type: 'absorbed', at: node.now })
    node.frame(2, { type: 'joined', at: node.now, epoch: 1 })
    expect(node.state).toBe('following')
    node.frame(2, { type: 'goodbye' })
    expect(keptFor(node, tell)).toBeLessThan(7000)
  })
})
