/** What is said in rooms, by whole nodes that stop, come back and come later. */
import { expect, test } from 'vitest'
import type { Command } from '../../src/node/events.ts'
import { hex } from '../../src/wire/bytes.ts'
import { encodeBody } from '../../src/wire/codec.ts'
import { signCounter } from '../../src/wire/device.ts'
import { LANE_START, newContentLane, signRun } from '../../src/wire/event.ts'
import { NETWORK_ROOM, type PersonKey, type RoomId } from '../../src/wire/ids.ts'
import { kindNumber } from '../../src/wire/kinds.ts'
import { CUT_ENTRIES_MAX } from '../../src/wire/limits.ts'
import { simSigner } from './core-crypto.ts'
import { type SimNode, World } from './core-world.ts'

async function network(count: number) {
  const world = new World({ seed: 1 })
  for (let i = 0; i < count; i++) await world.start(world.add())
  const isReady = () => world.nodes.every((node) => node.core.isReady) && world.hubs().length === 1
  expect(await world.until(isReady, 10_000)).toBe(true)
  await world.run(6000)
  return world
}

/** A public room of the first, with all of them in it. */
async function lab(world: World, nodes: readonly SimNode[], isPrivate = false): Promise<RoomId> {
  const [maker, ...others] = nodes
  const invite = isPrivate ? others.map(({ name }) => name) : []
  world.command(maker!, { do: 'create', room: 'lab', private: isPrivate, invite })
  expect(await world.until(() => maker!.of('system').some(({ event }) => event === 'create'))).toBe(true)
  await world.run(2000)
  for (const node of others) world.command(node, { do: 'join', room: 'lab' })
  await world.run(2000)
  const { views } = maker!.core
  const room = [...views.ids()].find((id) => maker!.core.roomName(views.room(id)!) === 'lab')!
  expect(views.room(room)!.members.size).toBe(nodes.length)
  return room
}

const shown = async (node: SimNode, room: RoomId) =>
  (await node.core.readLines([room], 5000)).map(({ message }) => message.text)

/** Somebody writes so many messages in a room, each in a lane of its own, as after as many starts; all have them. */
function startsOften(world: World, node: SimNode, room: RoomId, count: number): void {
  const t = Math.round(node.core.netNow)
  const runs = Array.from({ length: count }, (_, i) => {
    const value = { kind: 'message', text: `start ${i}`, action: false, replyTo: null } as const
    const lane = newContentLane(world.crypto, t + i)
    const body = encodeBody(world.crypto.random(16), value)
    const start = { net: world.net, room, lane, n: 0, prev: LANE_START }
    const draft = { kind: kindNumber('message'), at: t + i, t: t + i, body }
    return signRun(world.crypto, node.signer, start, [draft])
  })
  for (const each of world.nodes)
    world.act(each, ({ replica }) => {
      for (const run of runs) replica.add(run)
    })
}

test('whoever is banned after a thousand starts of the program is still read by all, also by those who come later', async () => {
  const world = await network(3)
  const [anna, ben, max] = world.nodes as [SimNode, SimNode, SimNode]
  const room = await lab(world, [anna, ben, max])
  const count = CUT_ENTRIES_MAX + 200
  startsOften(world, ben, room, count)
  await world.run(2000)
  world.command(anna, { do: 'ban', room: 'lab', who: ben.name, reason: 'ads' })
  const isHeard = () => max.of('system').some(({ event, reason }) => event === 'ban' && reason === 'ads')
  expect(await world.until(isHeard, 30_000)).toBe(true)
  const late = world.add()
  await world.start(late)
  await world.until(() => late.core.isReady, 10_000)
  await world.run(2000)
  world.command(late, { do: 'join', room: 'lab' })
  await world.run(60_000)
  for (const node of [anna, ben, max, late]) {
    const texts = await shown(node, room)
    expect(new Set(texts).size, node.name).toBe(count)
  }
  // Nobody is told of the parts, and nothing that is said from now on is shown.
  expect(max.of('system').filter(({ by }) => by?.id === anna.key)).toHaveLength(1)
  world.command(ben, { do: 'say', room: 'lab', text: 'more' })
  await world.run(3000)
  expect(await shown(max, room)).not.toContain('more')
})

test.each(['kick', 'mute', 'role'] as const)(
  'the same of a %s in a private room, whose key is made anew before it',
  async (what) => {
    const world = await network(3)
    const [anna, ben, max] = world.nodes as [SimNode, SimNode, SimNode]
    const room = await lab(world, [anna, ben, max], true)
    const count = CUT_ENTRIES_MAX + 200
    // As a moderator, so that they can be a member again; somebody leaves, so that the key is none any more.
    const command = (node: SimNode, asked: Command) => world.command(node, asked)
    if (what === 'role') command(anna, { do: 'role', room: 'lab', who: ben.name, role: 'moderator' })
    command(max, { do: 'leave', room: 'lab' })
    await world.run(2000)
    startsOften(world, ben, room, count)
    await world.run(2000)
    if (what === 'role')
      command(anna, { do: what, room: 'lab', who: ben.name, role: 'member', reason: 'tired' })
    else command(anna, { do: what, room: 'lab', who: ben.name, reason: 'tired' })
    await world.run(10_000)
    for (const { core, name } of [anna, ben]) {
      const view = core.views.room(room)!
      const [bound] = what === 'kick' ? view.bans : what === 'mute' ? view.mutes : view.demotions
      expect(bound?.cut.size, name).toBeGreaterThanOrEqual(count)
    }
  },
)

test('nobody keeps others from writing in a private room by a device of which there is no profile (SE-6)', async () => {
  const world = await network(4)
  const [anna, ben, max, carl] = world.nodes as [SimNode, SimNode, SimNode, SimNode]
  await lab(world, [anna, ben, max, carl], true)
  const device = simSigner(world.crypto.random(32))
  const value = {
    kind: 'device',
    device: device.key,
    link: true,
    counter: signCounter(device, hex(device.key) as PersonKey, max.key),
    cuts: new Uint8Array(0),
  } as const
  world.act(max, (core) => {
    const body = () => encodeBody(world.crypto.random(16), value)
    core.write(NETWORK_ROOM, [{ kind: kindNumber('device'), body }], () => {})
  })
  const isLinked = () => anna.core.views.network().devices.of(max.key).length === 2
  expect(await world.until(isLinked, 5000)).toBe(true)
  // Another key is needed from now on.
  world.command(carl, { do: 'leave', room: 'lab' })
  await world.run(2000)
  world.command(anna, { do: 'say', room: 'lab', text: 'among us' })
  const isHeard = () => [ben, max].every((node) => node.of('message').some(({ text }) => text === 'among us'))
  expect(await world.until(isHeard, 5000)).toBe(true)
})

test('an answer quotes a message of long ago as it was edited before this program was started', async () => {
  const world = await network(3)
  const [anna, ben, max] = world.nodes as [SimNode, SimNode, SimNode]
  const room = await lab(world, [anna, ben, max])
  const says = async (node: SimNode, text: string) => {
    world.command(node, { do: 'say', room: 'lab', text })
    await world.until(() => max.of('message').some((message) => message.text === text), 5000)
  }
  await says(anna, 'frist')
  const { id } = max.of('message').find(({ text }) => text === 'frist')!
  world.command(anna, { do: 'edit', room: 'lab', message: id, text: 'first' })
  await world.until(() => max.of('edit').length > 0, 5000)
  for (let i = 0; i < 60; i++) await says(ben, `then ${i}`)
  await world.run(5000)
  world.kill(max)
  await world.start(max)
  await world.until(() => max.core.isReady, 10_000)
  await world.run(3000)
  world.command(ben, { do: 'reply', room: 'lab', message: id, text: 'is it?' })
  world.command(ben, { do: 'say', room: 'lab', text: 'well?' })
  const answers = () => max.life.flatMap((told) => (told.type === 'message' && !told.history ? [told] : []))
  expect(await world.until(() => answers().length > 1, 5000)).toBe(true)
  expect(answers()).toMatchObject([{ text: 'is it?', quote: { text: 'first' } }, { text: 'well?' }])
  const [answer] = await max.core.readLines([room], 2)
  expect(answer?.message).toMatchObject({ quote: { text: 'first' } })
})
