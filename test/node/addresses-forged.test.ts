import { describe, expect, test } from 'vitest'
import { createAddresses, dialNode, due, failed, type Hint, note, reached } from '../../src/node/addresses.ts'
import { LAN } from '../../src/node/timing.ts'
import { fromHex } from '../../src/wire/bytes.ts'
import { keyOf, LOW, Node, SELF } from './choice-by-hand.ts'
import { hint } from './hints.ts'

const all = () => true

describe('what anybody on the link may announce (DI-6)', () => {
  /** Ten seconds of hints, a hundred a second, each dial refused at once: how often is what dialled? */
  const dials = (hintOf: (i: number) => Hint): Map<string, number> => {
    const list = createAddresses(LAN)
    const counts = new Map<string, number>()
    for (let i = 0; i < 1000; i++) {
      const now = i * 10
      note(list, hintOf(i), now)
      for (const address of due(list, now, all)) {
        counts.set(address, (counts.get(address) ?? 0) + 1)
        failed(list, address, 'refused', now, 0.5)
      }
    }
    return counts
  }
  const sum = (counts: Map<string, number>) => [...counts.values()].reduce((a, b) => a + b, 0)

  test('an address that is announced as a hub and as none in turn is dialled once a second at most', () => {
    expect(sum(dials((i) => hint('victim:25', { hub: i % 2 === 0 })))).toBeLessThanOrEqual(11)
  })

  test('nothing grows with the names under which one address is announced', () => {
    const list = createAddresses(LAN)
    for (let i = 0; i < 1000; i++) note(list, hint('victim:25', { node: `n${i}` }), i)
    expect([...list.byNode.keys()]).toEqual(['n999'])
  })

  test('nor does one whose refusal said that it is of another code gain anything by it', () => {
    const list = createAddresses(LAN)
    note(list, hint('other'), 0)
    expect(due(list, 0, all)).toEqual(['other'])
    failed(list, 'other', 'wrong-code', 0, 0.5)
    for (let now = 0; now < 50_000; now += 100) {
      note(list, hint('other', { hub: now % 200 === 0 }), now)
      expect(due(list, now, all)).toEqual([])
    }
  })

  test('an address that is said to be of two nodes is dialled, although one of them has a link', () => {
    const node = new Node()
    node.link(1, LOW)
    const of = (key: string) => ({ in: 'hint', ...hint('10.0.0.9:1', { node: key.slice(0, 16) }) }) as const
    expect(node.give(of(LOW))).not.toContainEqual({ do: 'dial', address: '10.0.0.9:1' })
    node.give(of(keyOf(3)))
    node.give(of(LOW))
    expect([...node.effects, ...node.wait(100)]).toContainEqual({ do: 'dial', address: '10.0.0.9:1' })
  })

  test('no hub can say that the address of another node is the own one', () => {
    const node = new Node().following(LOW)
    const address = '10.0.0.9:1'
    node.give({ in: 'hint', ...hint(address, { source: 'peer' }) })
    node.frame(1, { type: 'dialBack', token: 1, key: fromHex(SELF), addresses: [address] })
    node.give({ in: 'dialFailed', address, why: 'refused' })
    node.give({ in: 'linkDown', link: 1, cause: 'closed' })
    const dialled = node.wait(5000).filter((effect) => effect.do === 'dial' && effect.address === address)
    expect(dialled.length).toBeGreaterThan(0)
  })
})

describe('where those who came say that they accept links', () => {
  const known = () => {
    const list = createAddresses(LAN)
    note(list, hint('given', { source: 'peer' }), 0)
    note(list, hint('dialled', { node: 'friend' }), 0)
    due(list, 0, all)
    reached(list, 'dialled', 'friend', 0, true)
    failed(list, 'given', 'refused', 0, 0.5)
    return list
  }

  test('one key has 8 addresses at most', () => {
    const list = known()
    for (let i = 0; i < 1000; i++) reached(list, `host:${i}`, 'liar', i, false)
    expect(list.byNode.get('liar')?.size).toBe(8)
    expect(dialNode(list, 'liar', 2000, 0)).toContain('host:999')
  })

  test('any number of keys puts out neither what the person gave nor what was reached', () => {
    const list = known()
    for (let i = 0; i < 1000; i++) reached(list, `host:${i}`, `liar${i}`, i, false)
    expect(list.byAddress.size).toBeLessThanOrEqual(512)
    expect([...list.byAddress.keys()].slice(0, 2)).toEqual(['given', 'dialled'])
  })
})
