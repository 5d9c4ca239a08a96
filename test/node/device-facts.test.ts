import { describe, expect, it } from 'vitest'
import { DeviceFacts } from '../../src/node/device-facts.ts'
import { readLabels, type SavedLabels } from '../../src/node/people.ts'
import type { PersonKey, RoomId } from '../../src/wire/ids.ts'

const text = (value: string) => new TextEncoder().encode(value)
const labels: SavedLabels = {
  persons: [['anna', 'a'.repeat(64) as PersonKey]],
  rooms: [['lab', 'b'.repeat(32) as RoomId]],
}

describe('what a device keeps for itself', () => {
  it('reads the labels that it has saved', () => {
    expect(readLabels(undefined)).toBeUndefined()
    expect(readLabels(text(JSON.stringify(labels)))).toEqual(labels)
  })

  it.each([
    ['no labels at all', null, undefined],
    ['of another shape', { persons: 5 }, { persons: [], rooms: [] }],
    [
      'in parts',
      { persons: [null, ['ben'], ['ben', 'b'], [7, 'a'.repeat(64)], ...labels.persons], rooms: labels.rooms },
      labels,
    ],
  ])('starts where a disk has damaged what is saved: labels %s', (_, saved, read) => {
    const facts = new DeviceFacts({ get: () => text(JSON.stringify(saved)), put: () => {} })
    expect(facts.labels).toEqual(read)
  })
})
