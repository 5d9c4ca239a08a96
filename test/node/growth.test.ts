/** What somebody writes without end costs others for each event what it is, and not what there was before. */
import { expect, test, vi } from 'vitest'
import { requests } from '../../src/node/acts/devices.ts'
import type { Core } from '../../src/node/core.ts'
import { nodeCrypto } from '../../src/node/crypto.ts'
import { type MarkerPorts, Markers } from '../../src/node/markers.ts'
import { MemoryStore } from '../../src/node/memory-store.ts'
import { Replica } from '../../src/node/replica.ts'
import { NO_DEVICES } from '../../src/node/rooms.ts'
import { Views } from '../../src/node/views.ts'
import { concat, fromHex, uint } from '../../src/wire/bytes.ts'
import { encodeBody } from '../../src/wire/codec.ts'
import { LANE_START, newControlLane, signRun } from '../../src/wire/event.ts'
import { generalRoom, madeRoom, NETWORK_ROOM, personKey } from '../../src/wire/ids.ts'
import { type BodyValue, kindNumber } from '../../src/wire/kinds.ts'
import { MEMBERS_MAX } from '../../src/wire/limits.ts'
import { Author, NET, NOW } from './author.ts'

/** One node, and somebody who writes into room 0 in one lane, an event at a time. */
function flooded() {
  const views = new Views({ crypto: nodeCrypto, net: NET, carriesAll: () => false })
  const store = new MemoryStore()
  const options = { crypto: nodeCrypto, net: NET, store, retentionMs: 1e10, limitOf: views.limitOf }
  const replica = new Replica({ ...options, isFresh: true })
  views.attach(replica)
  replica.setNow(NOW)
  const eve = new Author(1)
  const lane = newControlLane(nodeCrypto)
  let last = { n: 0, id: LANE_START as string }
  const write = async (value: BodyValue) => {
    const body = encodeBody(nodeCrypto.random(16), value)
    const draft = { kind: kindNumber(value.kind), at: NOW + last.n, t: NOW + last.n, body }
    const at = { net: NET, room: NETWORK_ROOM, lane, n: last.n, prev: last.id as typeof LANE_START }
    const run = signRun(nodeCrypto, eve.signer, at, [draft])
    last = run.events[0]!
    replica.add(run)
    await store.write(replica.takeOps(), false)
    views.network()
  }
  return { views, store, replica, eve, lane, write }
}

test('a control event is weighed without reading from the disk what was there before it', async () => {
  const { store, views, write } = flooded()
  let reads = 0
  const get = store.get.bind(store)
  store.get = (key) => {
    reads++
    return get(key)
  }
  const readsOf = async (count: number) => {
    reads = 0
    for (let i = 0; i < count; i++) await write({ kind: 'join', lifts: new Uint8Array(0) })
    return reads / count
  }
  await readsOf(20)
  const first = await readsOf(50)
  await readsOf(200)
  expect(await readsOf(50)).toBeLessThan(first + 1)
  expect(views.network().counted.size).toBe(320)
})

test('lanes that acts name which do not count are not remembered, and profiles keep the rooms as they are', async () => {
  const { views, replica, eve, lane, write } = flooded()
  const salt = nodeCrypto.random(16)
  const room = madeRoom(nodeCrypto, NET, eve.person, salt)
  const value = { type: 0, name: 'lab', topic: '', max: 0, persons: new Uint8Array(0) } as const
  const create = encodeBody(salt, { kind: 'create', ...value })
  const start = { net: NET, room, lane: newControlLane(nodeCrypto), n: 0, prev: LANE_START }
  replica.add(
    signRun(nodeCrypto, eve.signer, start, [{ kind: kindNumber('create'), at: NOW, t: NOW, body: create }]),
  )
  const cuts = concat(fromHex(NETWORK_ROOM), fromHex(lane), uint(9, 4), nodeCrypto.random(8))
  for (let i = 0; i < 5; i++) await write({ kind: 'cut', cut: new Uint8Array(0), cuts })
  const before = views.room(room)
  expect(before?.name).toBe('lab')
  await write({ kind: 'profile', nick: 'eve', boxKey: nodeCrypto.random(32), about: '' })
  expect(views.room(room)).toBe(before)
  expect([...views.room(generalRoom(nodeCrypto, NET))!.members]).toHaveLength(1)
})

test('who asks again and again to be somebody’s device is checked once for each of these', () => {
  const verify = vi.fn(() => false)
  const controls = Array.from({ length: 50 }, (_, i) => ({
    event: { author: (i + 1).toString(16).padStart(64, '0') },
    body: { kind: 'device', device: new Uint8Array(32), link: false, counter: new Uint8Array(64) },
  }))
  const core = {
    self: personKey(new Uint8Array(32)),
    options: { crypto: { ...nodeCrypto, verify } },
    views: {
      network: () => ({ devices: NO_DEVICES }),
      controls: () => controls,
    },
  } as unknown as Core
  for (let i = 0; i < 10; i++) expect(requests(core).size).toBe(0)
  expect(verify.mock.calls.length).toBeLessThanOrEqual(50)
})

test('a hub that invents people in general fills nobody’s memory with what they hold', () => {
  const view = { type: 'general', members: new Set(), personOf: (key: string) => key }
  const markers = new Markers({ self: 'me', room: () => view } as unknown as MarkerPorts)
  const room = 'a'.repeat(32)
  const lane = 'b'.repeat(16)
  const key = (i: number) => i.toString(16).padStart(64, '0')
  for (let i = 0; i < MEMBERS_MAX + 10; i++)
    markers.heard({
      type: 'marker',
      room: fromHex(room),
      key: fromHex(key(i)),
      to: new Uint8Array(32),
      held: new Uint8Array([...fromHex(lane), ...uint(1, 4)]),
      read: new Uint8Array(0),
    })
  const holds = (i: number) => markers.holds(room as never, key(i) as never, lane as never, 1)
  expect([holds(0), holds(9), holds(10), holds(MEMBERS_MAX + 9)]).toEqual([false, false, true, true])
})
