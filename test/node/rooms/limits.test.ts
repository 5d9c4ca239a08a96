/** RM-6, RM-9: of several cuts the least decides, however many there are. */
import { expect, test } from 'vitest'
import { nodeCrypto } from '../../../src/node/crypto.ts'
import { NO_DEVICES } from '../../../src/node/rooms/devices.ts'
import { LaneLimits } from '../../../src/node/rooms/limits.ts'
import type { CountedBan } from '../../../src/node/rooms/view.ts'
import { newControlLane } from '../../../src/wire/event.ts'
import { Author, ROOM } from '../author.ts'

test('a lane ends at the least of more bans than a call takes arguments', () => {
  const { person } = new Author(1)
  const limits = new LaneLimits(ROOM, { forkAt: () => undefined, idAt: () => undefined }, NO_DEVICES)
  const ban = { target: person, rank: 2, cut: new Map() } as unknown as CountedBan
  for (let i = 0; i < 200_000; i++) limits.addBan(ban)
  expect(limits.visible(person, newControlLane(nodeCrypto))).toBe(0)
})
