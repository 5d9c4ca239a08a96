import { expect, test } from 'vitest'
import { Hub } from '../../src/hub/index.ts'
import type { Frame } from '../../src/wire/frames.ts'
import { Author } from '../node/author.ts'
import { hubPorts, persons } from './ports.ts'

const [self, early, late, stranger] = persons(1, 2, 3, 4)

/** A hub that has just followed a lost one, at 0, and how often each link was sent `live`. */
function bereaved() {
  const live = new Map<number, number>()
  const note = (link: number, frame: Frame) => {
    if (frame.type === 'live') live.set(link, (live.get(link) ?? 0) + 1)
  }
  const ports = hubPorts(self, {
    bereft: [early, late],
    send: note,
    sendShared: (links, frame) => {
      for (const link of links) note(link, frame)
    },
  })
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
