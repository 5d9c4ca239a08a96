/** Whom another device of this person blocks is blocked here, in whatever order that becomes known. */
import { expect, it } from 'vitest'
import { Telling } from '../../src/node/acts/telling.ts'
import { Blocks } from '../../src/node/blocks.ts'
import type { Core } from '../../src/node/core.ts'
import { nodeCrypto } from '../../src/node/crypto.ts'
import type { ControlEvent } from '../../src/node/rooms.ts'
import { concat, fromHex } from '../../src/wire/bytes.ts'
import { type PersonKey, type RoomId, talkRoom } from '../../src/wire/ids.ts'
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
    options: { crypto: nodeCrypto, net: NET },
    saveMarks: () => {},
    tell: (event: unknown) => told.push(event),
  }
  const telling = new Telling(core as unknown as Core)
  const take = (control: ControlEvent) => {
    here.push(control)
    telling.counted(control.event)
  }
  /** What is asked of this device itself. */
  const unblock = () => blocks.set(names.ben as never, false)
  return { take, told, unblock, isBlocked: () => blocks.has(names.ben as never) }
}

/** Anna, whose phone is linked, has a talk with ben; this device has heard of both. */
function talking() {
  const world = new World()
  const [anna, phone, ben] = [world.person('anna'), world.person('phone'), world.person('ben')]
  const here = device(world, { anna, ben })
  const heard = () => here.take(world.events.at(-1)!)
  world.device(anna, phone, true)
  heard()
  world.talk(anna, ben)
  heard()
  return { world, anna, phone, here, heard }
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

it('whom this device takes back stays so, whatever a device said in its own talk before it was linked', () => {
  const world = new World()
  const [anna, phone, ben, tablet] = ['anna', 'phone', 'ben', 'tablet'].map((name) => world.person(name)) as [
    PersonKey,
    PersonKey,
    PersonKey,
    PersonKey,
  ]
  const here = device(world, { anna, ben })
  const heard = () => here.take(world.events.at(-1)!)
  world.talk(phone, ben)
  heard()
  world.add(phone, { kind: 'block', on: true })
  heard()
  world.device(anna, phone, true)
  heard()
  expect(here.isBlocked()).toBe(true)
  world.talk(anna, ben)
  heard()
  here.unblock()
  world.add(anna, { kind: 'block', on: false })
  heard()
  expect(here.isBlocked()).toBe(false)
  world.device(anna, tablet, true)
  heard()
  expect(here.isBlocked()).toBe(false)
})

it('what is said here is not undone by what a device whose clock is ahead said before', () => {
  const { world, anna, phone, here, heard } = talking()
  world.add(phone, { kind: 'block', on: true }, { t: 1_800_003_600_000 })
  heard()
  expect(here.isBlocked()).toBe(true)
  here.unblock()
  world.add(anna, { kind: 'block', on: false })
  heard()
  expect(here.isBlocked()).toBe(false)
})

it('a device that was unlinked has no word in whom its person blocks', () => {
  const { world, anna, phone, here, heard } = talking()
  world.device(anna, phone, false)
  heard()
  world.add(phone, { kind: 'block', on: true })
  heard()
  expect(here.isBlocked()).toBe(false)
})
