import { expect, test } from 'vitest'
import { Hub, type HubPorts } from '../../src/hub/index.ts'
import { nodeCrypto } from '../../src/node/crypto.ts'
import { Author, NET } from '../node/author.ts'

const [self, ann, bob] = [1, 2, 3].map((n) => new Author(n).person) as [
  HubPorts['self'],
  HubPorts['self'],
  HubPorts['self'],
]

/** A hub, who carries what is relayed, how often that was asked, and over which links each `live` went. */
function hubOf(...carriers: HubPorts['self'][]) {
  const carrying = new Set(carriers)
  const live: number[][] = []
  let asked = 0
  const ports: HubPorts = {
    crypto: nodeCrypto,
    net: NET,
    self,
    rate: { perS: 10, burst: 40 },
    bereft: [],
    send: () => {},
    sendShared: (links, frame) => {
      if (frame.type === 'live') live.push([...links])
    },
    refuse: () => {},
    fault: () => {},
    verify: () => {},
    settle: () => {},
    holds: () => false,
    knows: () => true,
    carries: (person) => {
      asked++
      return carrying.has(person)
    },
    denial: () => undefined,
    permit: () => undefined,
    mayAcknowledge: () => true,
    durableN: () => 0,
    pull: () => {},
    online: () => {},
  }
  const hub = new Hub(ports, 0)
  const author = new Author(9)
  const say = () => {
    hub.relay(author.run(author.contentLane(), ['one']), -1)
    hub.endTurn()
  }
  return { hub, carrying, live, say, asked: () => asked }
}

test('who carries a room is asked once, and again when it may have changed', () => {
  const { hub, carrying, live, say, asked } = hubOf(ann)
  hub.joined(1, ann, false)
  hub.joined(2, bob, false)
  say()
  say()
  expect(asked()).toBe(2)
  carrying.add(bob)
  hub.carriageChanged()
  say()
  expect(live).toEqual([[1], [1], [1, 2]])
  expect(asked()).toBe(4)
})

test('members that come and go are relayed to, and no more', () => {
  const { hub, live, say } = hubOf(ann, bob)
  hub.joined(1, ann, false)
  say()
  hub.joined(2, bob, false)
  say()
  hub.left(1)
  say()
  expect(live).toEqual([[1], [1, 2], [2]])
})
