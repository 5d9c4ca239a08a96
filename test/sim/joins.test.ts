/** What a hub says to those who come, and what it does not say twice. */
import { expect, test } from 'vitest'
import { STATE } from '../../src/node/choice.ts'
import { packPlaces } from '../../src/node/places.ts'
import { fromHex } from '../../src/wire/bytes.ts'
import type { Frame } from '../../src/wire/frames.ts'
import { type SimNode, World } from './core-world.ts'

async function withHub(seed: number): Promise<{ world: World; hub: SimNode }> {
  const world = new World({ seed, delayMs: 0.2, jitterMs: 0.3 })
  const hub = world.add()
  await world.start(hub)
  await world.until(() => hub.of('ready').length > 0)
  await world.run(2000)
  return { world, hub }
}

/** What this node sends, by the type of the frame, from now on. */
function sent(world: World, by: SimNode): Frame[] {
  const frames: Frame[] = []
  world.onSend = (node, _link, frame) => {
    if (node === by) frames.push(frame)
  }
  return frames
}

test('SY-7: who joins as it comes is told once what the hub holds', async () => {
  const { world, hub } = await withHub(5)
  const frames = sent(world, hub)
  await world.start(world.add())
  await world.until(() => frames.some(({ type }) => type === 'joined'))
  await world.run(20)
  expect(frames.filter((frame) => frame.type === 'have' && frame.last)).toHaveLength(1)
})

test('of many who come at once a hub asks one for its hub, and all of them come to follow it', async () => {
  const { world, hub } = await withHub(6)
  const frames = sent(world, hub)
  const newcomers = Array.from({ length: 12 }, () => world.add())
  await Promise.all(newcomers.map((node) => world.start(node)))
  await world.until(() => frames.filter(({ type }) => type === 'joined').length >= newcomers.length)
  expect(frames.filter(({ type }) => type === 'who').length).toBeLessThan(newcomers.length / 2)
  await world.run(3000)
  for (const node of newcomers) expect(node.core.hubKey).toBe(hub.key)
})

test('a hub tells of those who come and go where somebody reads, and of nobody where nobody does', async () => {
  const told = async (isThere: boolean) => {
    const { world, hub } = await withHub(7)
    world.give(hub, { in: 'audience', isThere })
    const newcomer = world.add()
    await world.start(newcomer)
    await world.until(() => newcomer.of('ready').length > 0)
    await world.run(3000)
    return hub.of('presence').map(({ user }) => user.id === newcomer.key)
  }
  expect(await told(true)).toEqual([true])
  expect(await told(false)).toEqual([])
})

test('LV-1: who joins twice and follows another hub has no session at this one any more', async () => {
  const { world, hub } = await withHub(8)
  const frames = sent(world, hub)
  const link = 1000
  const guest = world.add()
  const { place } = hub.core
  const hello = { places: packPlaces(place!.ids), grown: place!.isGrown, age: 0, visitor: false }
  world.give(hub, { in: 'linkUp', link, key: guest.key, dialled: false, address: '', hello })
  const says = (frame: Frame) => world.give(hub, { in: 'frame', link, frame })
  says({ type: 'join', at: 1 })
  says({ type: 'join', at: 2 })
  await world.run(10)
  expect(hub.core.isHere(guest.key)).toBe(true)
  const answered = frames.filter(({ type }) => type === 'credit').length
  says(following(world.add()))
  await world.run(4000)
  expect(hub.core.isHere(guest.key)).toBe(false)
  expect(frames.filter(({ type }) => type === 'credit')).toHaveLength(answered)
})

/** The heartbeat of a node that follows this one. */
const following = (hub: SimNode): Frame => ({
  type: 'heartbeat',
  counter: 1,
  state: STATE.following,
  upstream: fromHex(hub.key),
  via: null,
  epoch: 1,
  members: 0,
  line: new Uint8Array(0),
  flags: 0,
  heardMs: 0,
  clock: new Uint8Array(6),
  median: null,
  lag: 0,
  uptimeS: 0,
  age: 0,
})
