import { beforeEach, describe, expect, test, vi } from 'vitest'
import { keyOf, Node } from './choice-by-hand.ts'

const MET_MAX = 1024

describe('keys that a node has met (HB-29)', () => {
  let node: Node
  const met = () => node.choice.wary.met
  beforeEach(() => {
    node = new Node().hub()
    for (let i = met().size; i < MET_MAX; i++) node.link(i + 1, keyOf(i), false)
    expect(met().size).toBe(MET_MAX)
  })

  test('are looked through once, and not for each who comes, while all of them have links', () => {
    const looked = vi.spyOn(met(), 'keys')
    for (let i = MET_MAX; i < MET_MAX + 100; i++) node.link(i + 1, keyOf(i), false)
    expect(looked).toHaveBeenCalledTimes(1)
    expect([...met().keys()].at(-1)).toBe(keyOf(MET_MAX - 1))
  })

  test('make room for one who comes as soon as one of them has no link any more', () => {
    node.link(MET_MAX + 1, keyOf(MET_MAX), false)
    expect(met().has(keyOf(MET_MAX))).toBe(false)
    node.give({ in: 'linkDown', link: 500, cause: 'closed' })
    node.link(MET_MAX + 2, keyOf(MET_MAX + 1), false)
    expect(met().has(keyOf(499))).toBe(false)
    expect(met().has(keyOf(MET_MAX + 1))).toBe(true)
    expect(met().size).toBe(MET_MAX)
  })
})
