import { describe, expect, test } from 'vitest'
import { NOT_JOINED } from '../../src/node/choice.ts'
import { fromHex } from '../../src/wire/bytes.ts'
import { HIGH, keyOf, LOW, Node, THIRD } from './choice-by-hand.ts'

describe('dials on the word of peers (HB-23)', () => {
  /** Every dial is refused at once; returns how often each address was dialled. */
  const dialled = (node: Node, run: () => void): Map<string, number> => {
    const counts = new Map<string, number>()
    const give = node.give.bind(node)
    node.give = (event) => {
      const effects = give(event)
      for (const effect of effects)
        if (effect.do === 'dial') {
          counts.set(effect.address, (counts.get(effect.address) ?? 0) + 1)
          node.give({ in: 'dialFailed', address: effect.address, why: 'refused' })
        }
      return effects
    }
    run()
    return counts
  }
  const VICTIM = '203.0.113.9:25'

  test('a hub that asks for dial-backs makes its members knock at a door once a second at most', () => {
    const node = new Node().following(LOW)
    const counts = dialled(node, () => {
      for (let i = 0; i < 1000; i++) {
        node.now += 10
        node.frame(1, { type: 'dialBack', token: i, key: fromHex(THIRD), addresses: [VICTIM] })
      }
    })
    expect(counts.get(VICTIM)).toBeLessThanOrEqual(11)
  })

  test('so does one that redirects them there under one name after another', () => {
    const node = new Node().following(LOW)
    const counts = dialled(node, () => {
      for (let i = 0; i < 1000; i++) {
        node.now += 10
        node.frame(1, { type: 'redirect', hub: fromHex(keyOf(i)), via: null, address: VICTIM })
      }
    })
    expect(counts.get(VICTIM)).toBeLessThanOrEqual(11)
  })

  const dialBacks = (node: Node, addresses: readonly string[]) => [
    ...dialled(node, () => {
      for (const address of addresses) {
        node.now += 1500
        node.frame(1, { type: 'dialBack', token: 1, key: fromHex(THIRD), addresses: [address] })
      }
    }).keys(),
  ]

  test('what is no address of one other machine in figures is not dialled', () => {
    const odd = [
      '[fade.cafe.de]:443',
      '[dead]:80',
      '[:::]:80',
      '[1:2]:80',
      '[1:2:3:4:5:6:7:8:9]:80',
      '[12345::]:80',
      '0.0.0.0:80',
      '224.0.0.251:5353',
      '255.255.255.255:9',
      '127.0.0.1:6379',
      '[::1]:6379',
      '[0:0:0:0:0:0:0:1]:6379',
      '[::]:80',
      '[ff02::fb]:5353',
      '[::ffff:127.0.0.1]:6379',
      '[::ffff:7f00:1]:6379',
      '[fe80::1%a.b.example]:80',
      '10.0.0.9:0',
      '10.0.0.9:65536',
      '10.0.0.9:080080',
    ]
    expect(dialBacks(new Node().following(LOW), odd)).toEqual([])
  })

  test('what is one is', () => {
    const good = ['10.0.0.9:1', '[2001:db8::1]:1', '[fe80::1%eth0]:1', '[1:2:3:4:5:6:7:8]:1', '[fd00::]:1']
    expect(dialBacks(new Node().following(LOW), good)).toEqual(good)
  })

  test('a peer on this machine may name others on it', () => {
    const node = new Node()
    const address = '127.0.0.1:5'
    node.give({ in: 'linkUp', link: 1, key: LOW, dialled: true, address, visitor: false })
    const word = { type: 'notJoined', reason: NOT_JOINED.following } as const
    node.frame(1, { ...word, hub: fromHex(HIGH), address: '127.0.0.1:7' })
    expect(node.did('dial')).toEqual([{ do: 'dial', address: '127.0.0.1:7' }])
  })
})

describe('what peers say of hubs', () => {
  test('offers of a way to them are bounded, and count as answers only (RL-5)', () => {
    const node = new Node({ neverHub: true })
    node.link(1, LOW)
    const offered = () => (node.choice.phase.state === 'seeking' ? node.choice.phase.offers.size : 0)
    const offer = (i: number) =>
      node.frame(1, { type: 'notJoined', reason: NOT_JOINED.relay, hub: fromHex(keyOf(i)), address: '' })
    for (let i = 0; i < 1000; i++) offer(i)
    expect(offered()).toBe(1)
    for (let i = 0; i < 1000; i++) {
      node.wait(150)
      offer(i)
    }
    expect(offered()).toBeLessThanOrEqual(16)
  })

  test('a member that reports one made-up hub after another keeps no report of others out (RL-7)', () => {
    const node = new Node().hub()
    for (const [link, who] of [
      [1, HIGH],
      [2, THIRD],
    ] as const) {
      node.link(link, who, false)
      node.frame(link, { type: 'join', at: 1 })
    }
    const to = new Set<string>()
    for (let round = 0; round < 40; round++) {
      for (let i = 0; i < 30; i++)
        node.frame(1, { type: 'report', hub: fromHex(keyOf(round * 30 + i)), address: '' })
      if (round % 10 === 0) node.frame(2, { type: 'report', hub: fromHex(LOW), address: '' })
      node.frame(2, { type: 'beaconAsk' })
      node.wait(200)
      for (const effect of node.effects) if (effect.do === 'circuit') to.add(effect.to)
    }
    expect(to).toContain(LOW)
  })
})
