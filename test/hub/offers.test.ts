import { expect, test } from 'vitest'
import { Hub } from '../../src/hub/index.ts'
import { concat, fromHex, uint } from '../../src/wire/bytes.ts'
import type { LaneId, RoomId } from '../../src/wire/ids.ts'
import { hubPorts, persons } from './ports.ts'

const ROOM = 'ab'.repeat(16) as RoomId
const [self, anna, ben] = persons(1, 2, 3)

test('an offer costs the hub what it offers, however much is owed to others', () => {
  let looks = 0
  const acked: number[] = []
  const ports = hubPorts(self, {
    durableN: (_room, _author, lane) => {
      looks++
      return lane.startsWith('ff') ? 1 : 0
    },
    send: (link, frame) => {
      if (frame.type === 'ack') acked.push(link)
    },
  })
  const hub = new Hub(ports, 0)
  hub.joined(1, anna, false)
  hub.joined(2, ben, false)
  const offer = (link: number, author: typeof anna, lanes: readonly string[]) => {
    const entries = lanes.map((lane) =>
      concat(fromHex(author), fromHex(lane as LaneId), uint(1, 4), new Uint8Array(20)),
    )
    hub.frame(link, { type: 'offer', room: fromHex(ROOM), entries: concat(...entries) })
  }
  // None of them ever comes.
  const lanes = Array.from({ length: 500 }, (_, i) => i.toString(16).padStart(16, '0'))
  offer(1, anna, lanes)
  looks = 0
  offer(2, ben, ['ff00000000000001'])
  expect(looks).toBeLessThan(5)
  expect(acked).toEqual([2])
})
