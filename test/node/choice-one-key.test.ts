import { describe, expect, test } from 'vitest'
import { viewOf } from '../../src/node/choice.ts'
import { uint } from '../../src/wire/bytes.ts'
import { HIGH, LOW, Node, WALL } from './choice-by-hand.ts'

describe('one key', () => {
  test('has one clock in the median, however many links it has (CL-4)', () => {
    const node = new Node().hub()
    node.link(1, HIGH, false)
    node.beat(1, { clock: uint(WALL + node.now, 6) })
    for (let i = 2; i < 20; i++) {
      node.link(i, LOW, false)
      node.beat(i, { clock: uint(WALL + node.now + 86_400_000, 6) })
    }
    for (let i = 0; i < 14; i++) {
      node.wait(400)
      for (let link = 1; link < 20; link++) node.give({ in: 'frame', link, frame: { type: 'beaconAsk' } })
    }
    const { hubMedian } = viewOf(node.choice).clock
    expect(Math.abs(hubMedian!.value - WALL - node.now)).toBeLessThan(60_000)
  })

  test('is one member, however many links it joins over (HB-20)', () => {
    const node = new Node().hub()
    for (let i = 1; i < 20; i++) {
      node.link(i, HIGH, false)
      node.frame(i, { type: 'join', at: 1 })
    }
    expect(viewOf(node.choice).members).toBe(2)
    for (let i = 1; i < 19; i++) node.give({ in: 'linkDown', link: i, cause: 'closed' })
    expect(viewOf(node.choice).members).toBe(2)
    node.give({ in: 'linkDown', link: 19, cause: 'closed' })
    expect(viewOf(node.choice).members).toBe(1)
  })

  test('has 64 links at most: those heard longest ago go', () => {
    const node = new Node().hub()
    const closed: number[] = []
    for (let i = 1; i <= 1000; i++) {
      node.now += 1
      for (const effect of node.link(i, HIGH, false)) if (effect.do === 'close') closed.push(effect.link)
    }
    expect(node.choice.links.size).toBe(64)
    expect(closed).toEqual(Array.from({ length: 936 }, (_, i) => i + 1))
  })
})
