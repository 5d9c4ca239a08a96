import { expect, test } from 'vitest'
import { Hub, type HubPorts } from '../../src/hub/index.ts'
import { nodeCrypto } from '../../src/node/crypto.ts'
import type { Frame } from '../../src/wire/frames.ts'
import { Author, NET } from '../node/author.ts'

const [self, early, late, stranger] = [1, 2, 3, 4].map((n) => new Author(n).person) as [
  HubPorts['self'],
  HubPorts['self'],
  HubPorts['self'],
  HubPorts['self'],
]

/** A hub that has just followed a lost one, at 0, and how often each link was sent `live`. */
function bereaved() {
  const live = new Map<number, number>()
  const note = (link: number, frame: Frame) => {
    if (frame.type === 'live') live.set(link, (live.get(link) ?? 0) + 1)
  }
  const ports: HubPorts = {
    crypto: nodeCrypto,
    net: NET,
    self,
    rate: { perS: 10, burst: 40 },
    bereft: [early, late],
    send: note,
    sendShared: (links, frame) => {
      for (const link of links) note(link, frame)
    },
    refuse: () => {},
    fault: () => {},
    verify: () => {},
    settle: () => {},
    holds: () => false,
    knows: () => true,
    carries: () => true,
    denial: () => undefined,
    permit: () => undefined,
    mayAcknowledge: () => true,
    durableN: () => 0,
    pull: () => {},
    online: () => {},
  }
  return { hub: new Hub(ports, 0), live }
}

test('what is told to all while somebody is on the way from the lost hub reaches them when they join', () => {
  const { hub, live } = bereaved()
  const author = new Author(9)
  hub.joined(1, early, false)
  hub.relay(author.run(author.contentLane(), ['one']), -1)
  hub.endTurn()
  expect(live.size).toBe(0)
  hub.setNow(hub.dueAt!)
  hub.endTurn()
  expect(live).toEqual(new Map([[1, 1]]))
  hub.joined(2, stranger, false)
  hub.joined(3, late, false)
  expect(live).toEqual(
    new Map([
      [1, 1],
      [3, 1],
    ]),
  )
})
