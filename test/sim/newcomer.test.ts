/** Who comes into a large network takes its history in at the cost of what it is, not of all views made anew with each event. */
import { createHash } from 'node:crypto'
import { expect, test, vi } from 'vitest'
import type { ControlEvent } from '../../src/node/rooms.ts'
import { encodeBody } from '../../src/wire/codec.ts'
import { LANE_START, newControlLane, signRun } from '../../src/wire/event.ts'
import { generalRoom, madeRoom, NETWORK_ROOM, personKey, type RoomId } from '../../src/wire/ids.ts'
import { type BodyValue, kindNumber } from '../../src/wire/kinds.ts'
import { simSigner } from './core-crypto.ts'
import { World } from './core-world.ts'

/** Control events that views were made of anew. */
const weighed = vi.hoisted(() => ({ views: 0, events: 0 }))
vi.mock(import('../../src/node/rooms.ts'), async (original) => {
  const module = await original()
  const weigh = (events: Iterable<ControlEvent>) => {
    const all = [...events]
    weighed.views++
    weighed.events += all.length
    return all
  }
  return {
    ...module,
    reduceNetwork: (net, events, facts, owner) => module.reduceNetwork(net, weigh(events), facts, owner),
    reduceRoom: (net, crypto, room, events, network, facts) =>
      module.reduceRoom(net, crypto, room, weigh(events), network, facts),
  }
})
/** A profile, a join of general and one of another room. */
const EVENTS_EACH = 3

/** A network of one node that holds what so many people wrote who are away. */
async function largeNetwork(people: number) {
  const world = new World({ seed: 1 })
  const hub = world.add({ preferHub: true })
  await world.start(hub)
  await world.until(() => hub.of('ready').length > 0)
  const wall = world.wall0 + world.now
  const salt = new Uint8Array(16)
  const signers = Array.from({ length: people }, (_, i) =>
    simSigner(new Uint8Array(createHash('sha256').update(`person ${i}`).digest())),
  )
  const lab = madeRoom(world.crypto, world.net, personKey(signers[0]!.key), salt)
  const general = generalRoom(world.crypto, world.net)
  const write = (i: number, room: RoomId, value: BodyValue) => {
    const at = wall - 60_000 + i
    const lane = newControlLane(world.crypto)
    const draft = { kind: kindNumber(value.kind), at, t: at, body: encodeBody(salt, value) }
    const place = { net: world.net, room, lane, n: 0, prev: LANE_START }
    hub.core.replica.add(signRun(world.crypto, signers[i]!, place, [draft]))
  }
  const create = {
    kind: 'create',
    type: 0,
    name: 'lab',
    topic: '',
    max: 0,
    persons: new Uint8Array(0),
  } as const
  write(0, lab, create)
  for (let i = 0; i < people; i++) {
    write(i, NETWORK_ROOM, { kind: 'profile', nick: `person${i}`, boxKey: new Uint8Array(32), about: '' })
    write(i, lab, { kind: 'join', lifts: new Uint8Array(0) })
    write(i, general, { kind: 'join', lifts: new Uint8Array(0) })
  }
  await world.run(2000)
  return { world, lab, hub }
}

/** Somebody new is there until all of it is here. */
async function comesInto(people: number): Promise<void> {
  const { world, lab, hub } = await largeNetwork(people)
  expect(hub.core.views.room(lab)?.members.size).toBe(people)
  const newcomer = world.add()
  weighed.views = 0
  weighed.events = 0
  await world.start(newcomer)
  const holdsAll = () => newcomer.core.taken > EVENTS_EACH * people && newcomer.of('ready').length > 0
  expect(await world.until(holdsAll, 60_000)).toBe(true)
  expect(newcomer.core.views.room(lab)?.members.size).toBe(people)
  // Of these, and of the two that are here.
  expect(newcomer.core.views.network().profiles.size).toBe(people + 2)
}

test.each([
  { people: 300, views: 20, eventsOfEach: 4 },
  { people: 3000, views: 100, eventsOfEach: 20 },
])(
  'a network of $people people is taken in with its views made anew a few times',
  async (most) => {
    await comesInto(most.people)
    expect(weighed.views).toBeLessThan(most.views)
    expect(weighed.events / (EVENTS_EACH * most.people)).toBeLessThan(most.eventsOfEach)
  },
  120_000,
)
