import { expect, test } from 'vitest'
import {
  type ChoiceEffect,
  type ChoiceEvent,
  choose,
  createChoice,
  STATE,
  viewOf,
} from '../../src/node/choice.ts'
import { LAN } from '../../src/node/timing.ts'
import { fromHex, uint } from '../../src/wire/bytes.ts'
import type { PersonKey } from '../../src/wire/ids.ts'
import { HIGH, LOW, Node } from './choice-by-hand.ts'

const SELF = '55'.repeat(32) as PersonKey
const HUB = '11'.repeat(32) as PersonKey
const PEER = 'bb'.repeat(32) as PersonKey
const VISITOR = 'cc'.repeat(32) as PersonKey

test('where every circuit fails nobody waits for ever: hub for itself after 30 s, and not before', () => {
  const choice = createChoice({ self: SELF, timing: LAN, instanceOf: (key) => key.slice(0, 16) })
  let now = 10_000
  let counter = 1
  const asked: number[] = []
  const give = (event: ChoiceEvent): ChoiceEffect[] => {
    const effects = choose(choice, { now, wall: 1_790_000_000_000 + now, random: () => 0.5, ...event })
    for (const effect of effects)
      if (effect.do === 'circuit') {
        asked.push(now)
        give({ in: 'circuitFailed', via: effect.via, to: effect.to })
      }
    return effects
  }
  give({ in: 'start' })
  give({ in: 'linkUp', link: 1, key: PEER, dialled: true, address: '10.0.0.2:1', visitor: false })
  let hubAt = Number.POSITIVE_INFINITY
  for (; now < 60_000 && hubAt === Number.POSITIVE_INFINITY; now += 50) {
    give({
      in: 'frame',
      link: 1,
      frame: {
        type: 'heartbeat',
        counter: counter++,
        state: STATE.following,
        upstream: fromHex(HUB),
        via: null,
        epoch: 1,
        members: 0,
        line: new Uint8Array(0),
        flags: 1,
        heardMs: 0,
        clock: uint(1_790_000_000_000, 6),
        median: null,
        lag: 0,
        uptimeS: 0,
        age: 0,
      },
    })
    give({ in: 'frame', link: 1, frame: { type: 'notJoined', reason: 4, hub: fromHex(HUB), address: '' } })
    give({ in: 'tick' })
    if (viewOf(choice).state === 'hub') hubAt = now
  }
  expect(hubAt - 10_000).toBeGreaterThanOrEqual(30_000)
  expect(hubAt - 10_000).toBeLessThanOrEqual(30_100)
  // A second for its own way, then a try each 5 s.
  expect(asked[0]! - 10_000).toBeGreaterThanOrEqual(1000)
  expect(asked.length).toBeGreaterThanOrEqual(5)
  expect(asked.length).toBeLessThanOrEqual(7)
})

test('a hub meets another one through a member that can carry, not through a visitor who reported last', () => {
  const choice = createChoice({ self: SELF, timing: LAN, instanceOf: (key) => key.slice(0, 16) })
  let now = 10_000
  const asked: number[] = []
  const give = (event: ChoiceEvent): void => {
    const effects = choose(choice, { now, wall: 1_790_000_000_000 + now, random: () => 0.5, ...event })
    for (const effect of effects) if (effect.do === 'circuit') asked.push(effect.via)
  }
  give({ in: 'start' })
  for (; viewOf(choice).state !== 'hub'; now += 50) give({ in: 'tick' })
  const links = [
    { link: 1, key: PEER, visitor: false },
    { link: 2, key: VISITOR, visitor: true },
  ]
  for (const link of links) {
    give({ in: 'linkUp', dialled: false, address: '', ...link })
    give({ in: 'frame', link: link.link, frame: { type: 'join', at: 0 } })
  }
  for (const until = now + 4000; now < until; now += 50) {
    for (const { link } of links)
      give({ in: 'frame', link, frame: { type: 'report', hub: fromHex(HUB), address: '' } })
    give({ in: 'tick' })
  }
  expect(asked.length).toBeGreaterThan(0)
  expect(new Set(asked)).toEqual(new Set([1]))
})

test('a hub whose machine was given another address is dialled there, and not waited for on the link from before', () => {
  const node = new Node().following(HIGH)
  node.link(2, LOW)
  const dialled: string[] = []
  const pass = (ms: number, say: () => void) => {
    for (let left = ms; left > 0; left -= 250) {
      say()
      for (const effect of node.wait(250)) if (effect.do === 'dial') dialled.push(effect.address)
    }
  }
  pass(2250, () => node.beat(2, { state: STATE.following, upstream: fromHex(HIGH) }))
  node.give({ in: 'linkUp', link: 3, key: HIGH, dialled: true, address: '', visitor: false, via: LOW })
  node.beat(3, { state: STATE.hub, upstream: fromHex(HIGH) })
  node.frame(3, { type: 'joined', at: node.now, epoch: 1 })
  expect(viewOf(node.choice)).toMatchObject({ state: 'following', via: LOW })
  const address = '10.0.0.90:1'
  const instance = HIGH.slice(0, 16)
  node.give({ in: 'hint', address, node: instance, reachable: true, hub: true, source: 'mdns' })
  pass(1250, () => {
    node.beat(2, { state: STATE.following, upstream: fromHex(HIGH) })
    node.beat(3, { state: STATE.hub, upstream: fromHex(HIGH) })
  })
  expect(dialled).toContain(address)
})
