import { describe, expect, it } from 'vitest'
import type { RoomLine } from '../../src/node/core-io.ts'
import { FirstLines } from '../../src/node/first-lines.ts'
import type { Which } from '../../src/node/timeline.ts'
import type { RoomId } from '../../src/wire/ids.ts'

const ROOM = '11'.repeat(16) as RoomId
const OTHER = '22'.repeat(16) as RoomId
const line = (room: RoomId) => ({ room }) as RoomLine

/** One reading under way. */
interface Reading {
  readonly rooms: readonly RoomId[]
  readonly which: Which
  readonly then: (lines: readonly RoomLine[]) => void
}

class Node {
  rooms: readonly RoomId[] = [ROOM]
  readonly readings: Reading[] = []
  readonly given: unknown[] = []
  readonly lines = new FirstLines({
    rooms: () => this.rooms,
    read: (rooms, which, then) => this.readings.push({ rooms, which, then }),
  })

  take(): void {
    this.lines.take((rooms, lines) => this.given.push([rooms, lines]))
  }
}

describe('the first lines', () => {
  it('are given at once where they were read ahead', () => {
    const node = new Node()
    node.lines.begin()
    node.readings[0]!.then([line(ROOM)])
    node.take()
    expect(node.given).toEqual([[[ROOM], [line(ROOM)]]])
    expect(node.readings).toHaveLength(1)
  })

  it('are waited for while they are being read ahead', () => {
    const node = new Node()
    node.lines.begin()
    node.take()
    expect(node.given).toEqual([])
    node.readings[0]!.then([line(ROOM)])
    expect(node.given).toEqual([[[ROOM], [line(ROOM)]]])
    expect(node.readings).toHaveLength(1)
  })

  it('are read anew where something happened since they were read', () => {
    const node = new Node()
    node.lines.begin()
    node.readings[0]!.then([line(ROOM)])
    node.rooms = [ROOM, OTHER]
    node.lines.drop()
    node.take()
    expect(node.given).toEqual([])
    expect(node.readings[1]!.rooms).toEqual([ROOM, OTHER])
    node.readings[1]!.then([line(OTHER)])
    expect(node.given).toEqual([[[ROOM, OTHER], [line(OTHER)]]])
  })

  it('are read anew for who waits where something happens meanwhile, and what was being read is given up', () => {
    const node = new Node()
    node.lines.begin()
    expect(node.readings[0]!.which.isWanted!()).toBe(true)
    node.take()
    node.lines.drop()
    expect(node.readings[0]!.which.isWanted!()).toBe(false)
    node.readings[0]!.then([])
    expect(node.given).toEqual([])
    node.readings[1]!.then([line(ROOM)])
    expect(node.given).toEqual([[[ROOM], [line(ROOM)]]])
  })

  it('are read when they are needed where nothing was read ahead', () => {
    const node = new Node()
    node.take()
    node.lines.drop()
    node.readings[0]!.then([line(ROOM)])
    expect(node.given).toEqual([[[ROOM], [line(ROOM)]]])
  })
})
