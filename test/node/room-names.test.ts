import { describe, expect, it } from 'vitest'
import { nodeCrypto } from '../../src/node/crypto.ts'
import { People } from '../../src/node/people.ts'
import { Views } from '../../src/node/views.ts'
import { type NetId, personKey, type RoomId } from '../../src/wire/ids.ts'

const NET = '00'.repeat(8) as NetId
const ROOM = '8026e369'.repeat(4) as RoomId
const OTHER = '11111111'.repeat(4) as RoomId

function people() {
  const views = new Views({ crypto: nodeCrypto, net: NET, carriesAll: () => true })
  return new People(nodeCrypto, NET, personKey(new Uint8Array(32)), 'anna', views)
}

describe('the name of a room', () => {
  it('is its id until it is known, and stays while it cannot be opened', () => {
    const known = people()
    expect(known.roomLabel(ROOM, undefined)).toBe('8026e369')
    expect(known.roomLabel(ROOM, 'den')).toBe('den')
    expect(known.roomLabel(ROOM, undefined)).toBe('den')
    expect(known.roomLabel(OTHER, 'den')).toMatch(/^den~/)
    expect(known.roomLabel(ROOM, undefined)).toBe('den')
  })
})
