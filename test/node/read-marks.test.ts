import { expect, test } from 'vitest'
import { ReadMarks, readReadMarks } from '../../src/node/read-marks.ts'
import type { RoomId } from '../../src/wire/ids.ts'

const ROOM = '7'.repeat(32) as RoomId
const OTHER = '8'.repeat(32) as RoomId
const ORDER = '0'.repeat(140)
const saved = (value: unknown) => new TextEncoder().encode(JSON.stringify(value))

test('marks are read as they were saved, of rooms without a message too', () => {
  const marks = new ReadMarks()
  marks.begin(ROOM, ORDER)
  marks.begin(OTHER, '')
  const kept = marks.takeSaved()
  expect(readReadMarks(saved(kept))).toEqual(kept)
})

test('marks that the disk has damaged are left out: what they say is told to other devices', () => {
  const damaged = [
    [ROOM, ORDER.replace(/^0/, 'p')],
    [ROOM, ORDER.slice(1)],
    ['x', ORDER],
    [ROOM, null],
    [OTHER, ORDER],
  ]
  expect(readReadMarks(saved(damaged))).toEqual([[OTHER, ORDER]])
})
