import { expect, test } from 'vitest'
import { Hub, type HubPorts } from '../../src/hub/index.ts'
import { Author } from '../node/author.ts'
import { hubPorts, persons } from './ports.ts'

const [self, ann, bob] = persons(1, 2, 3)

/** A hub, who carries what is relayed, how often that was asked, and over which links each `live` went. */
function hubOf(...carriers: HubPorts['self'][]) {
  const carrying = new Set(carriers)
  const live: number[][] = []
  let asked = 0
  const ports = hubPorts(self, {
    sendShared: (links, frame) => {
      if (frame.type === 'live') live.push([...links])
    },
    carries: (person) => {
      asked++
      return carrying.has(person)
    },
  })
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
