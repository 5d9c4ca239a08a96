import { describe, expect, it } from 'vitest'
import { Openings } from '../../src/node/openings.ts'
import type { RoomId } from '../../src/wire/ids.ts'

const ROOM = '00'.repeat(16) as RoomId

function openings() {
  const told: RoomId[] = []
  const named = new Set<RoomId>()
  const rooms = new Openings({
    isOpen: (room) => told.includes(room),
    close: () => {},
    hasHistory: () => true,
    isNamed: (room) => named.has(room),
    lines: (_room, then) => then([]),
    open: (room) => told.push(room),
  })
  rooms.note(ROOM, true, true, 0)
  return { rooms, named, told }
}

describe('a room whose name cannot be opened yet', () => {
  it('is opened when it can', () => {
    const { rooms, named, told } = openings()
    rooms.look(100)
    expect(told).toEqual([])
    named.add(ROOM)
    rooms.look(200)
    expect(told).toEqual([ROOM])
  })

  it('is opened without it after a while, so that nothing said there is kept from anybody', () => {
    const { rooms, told } = openings()
    rooms.look(3000)
    expect(told).toEqual([])
    rooms.look(3001)
    expect(told).toEqual([ROOM])
  })
})
