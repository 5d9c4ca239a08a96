/** Whom another device of this person blocks is blocked here, in whatever order that becomes known. */
import { expect, it } from 'vitest'
import { Telling } from '../../src/node/acts/telling.ts'
import { Blocks } from '../../src/node/blocks.ts'
import type { Core } from '../../src/node/core.ts'
import { nodeCrypto } from '../../src/node/crypto.ts'
import type { ControlEvent } from '../../src/node/rooms.ts'
import { concat, fromHex } from '../../src/wire/bytes.ts'
import { type RoomId, talkRoom } from '../../src/wire/ids.ts'
import { NET, World } from './rooms/world.ts'

/** What this device takes in, event by event. */
function device(world: World, names: { readonly anna: string; readonly ben: string }) {
  const here: ControlEvent[] = []
  const blocks = new Blocks()
  const told: unknown[] = []
  const network = () => world.network(undefined, here)
  const core = {
    self: names.anna,
    me: names.anna,
    isReady: true,
    startedAt: 0,
    blocks,
    people: { met: () => undefined, labelled: (id: string) => ({ id }) },
    views: {
      network,
      personOf: (key: never) => network().devices.personOf(key),
      room: (id: RoomId) => world.known(undefined, here, id),
      ids: () => new Set(here.map(({ event }) => event.room)),
      controls: (id: RoomId) => here.filter(({ event }) => event.room === id),
    },
    replica: { body: () => undefined },
    saveMarks: () => {},
    tell: (event: unknown) => told.push(event),
  }
  const telling = new Telling(core as unknown as Core)
  const take = (control: ControlEvent) => {
    here.push(control)
    telling.counted(control.event)
  }
  return { take, told, isBlocked: () => blocks.has(names.ben as never) }
}

it.each([
  ['in the order it happened', [0, 1, 2]],
  ['the block before what it is in', [0, 2, 1]],
  ['the block before what says whose it is', [1, 2, 0]],
  ['the block before all else', [2, 1, 0]],
] as const)('%s', (_, order) => {
  const world = new World()
  const [anna, phone, ben] = [world.person('anna'), world.person('phone'), world.person('ben')]
  world.device(anna, phone, true)
  const room = talkRoom(nodeCrypto, NET, anna, ben)
  const persons = concat(...[anna, ben].sort().map(fromHex))
  world.add(ben, { kind: 'create', type: 2, name: '', topic: '', max: 0, persons }, { room })
  world.add(phone, { kind: 'block', on: true }, { room })
  const here = device(world, { anna, ben })
  for (const which of order) here.take(world.events[which]!)
  expect(here.isBlocked()).toBe(true)
  expect(here.told).toEqual([{ type: 'system', event: 'block', room: null, user: { id: ben } }])
})
