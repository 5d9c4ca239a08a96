/** Of two who ask at once for the last place in a room one gets it (rule LV-8). */
import { expect, it } from 'vitest'
import { Hub } from '../../src/hub/index.ts'
import { fromHex } from '../../src/wire/bytes.ts'
import type { RoomId } from '../../src/wire/ids.ts'
import { Author, ROOM as LAB } from '../node/author.ts'
import { hubPorts, persons } from './ports.ts'

const ROOM = 'ab'.repeat(16) as RoomId

it('the hub counts whom it let into a room a moment ago, until they could have come', () => {
  const [self, a, b] = persons(1, 2, 3)
  const told: [link: number, code: string][] = []
  const ports = hubPorts(self, {
    // A room with one place left.
    permit: (person, _action, _room, _name, expected) =>
      expected.some((each) => each !== person) ? 'ROOM_FULL' : undefined,
    send: (link, frame) => {
      if (frame.type === 'permit') told.push([link, frame.code])
    },
  })
  const hub = new Hub(ports, 0)
  hub.joined(1, a, false)
  hub.joined(2, b, false)
  const ask = (link: number) =>
    hub.frame(link, { type: 'permitAsk', ref: 1, action: 1, room: fromHex(ROOM), name: '' })
  ask(1)
  ask(2)
  ask(1)
  expect(hub.permitSelf('join', ROOM, '')).toBe('ROOM_FULL')
  hub.setNow(4999)
  ask(2)
  hub.setNow(5200)
  ask(2)
  expect(told).toEqual([
    [1, ''],
    [2, 'ROOM_FULL'],
    [1, ''],
    [2, 'ROOM_FULL'],
    [2, ''],
  ])
})

it('whose join has come is counted as a member, and no more once they were removed', () => {
  const [self] = persons(1)
  const author = new Author(2)
  const asked: number[] = []
  const ports = hubPorts(self, {
    permit: (_person, _action, _room, _name, expected) => {
      asked.push(expected.length)
      return undefined
    },
  })
  const hub = new Hub(ports, 0)
  hub.joined(1, author.person, false)
  hub.frame(1, { type: 'permitAsk', ref: 1, action: 1, room: fromHex(LAB), name: '' })
  hub.permitSelf('create', LAB, 'x')
  hub.relay(author.run(author.controlLane(), ['x']), 1)
  hub.permitSelf('create', LAB, 'x')
  expect(asked).toEqual([0, 1, 0])
})
