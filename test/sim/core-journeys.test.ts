/** What long absence, other places, wrong clocks and other versions do to whole nodes. */
import { expect, test } from 'vitest'
import { bodyKey } from '../../src/node/keys.ts'
import { encodeBody } from '../../src/wire/codec.ts'
import { signTombstone } from '../../src/wire/event.ts'
import { type EventId, generalRoom } from '../../src/wire/ids.ts'
import { type SimNode, World } from './core-world.ts'
import { hasBody } from './stored.ts'

const DAY_MS = 86_400_000

async function network(count: number) {
  const world = new World({ seed: 11 })
  for (let i = 0; i < count; i++) await world.start(world.add())
  await world.run(8000)
  return { world, nodes: world.nodes, general: generalRoom(world.crypto, world.net) }
}

const say = (world: World, node: SimNode, text: string) =>
  world.command(node, { do: 'say', room: 'general', text })

test('a replica that returns after 60 days brings nothing back that was deleted, and loses nothing that was not', async () => {
  const { world, nodes, general } = await network(4)
  const [a, b, , away] = nodes as [SimNode, SimNode, SimNode, SimNode]
  say(world, a, 'to be deleted')
  say(world, b, 'to stay')
  await world.run(3000)
  for (const node of nodes) if (node !== away) world.cut(away, node)
  say(world, away, 'said alone')
  await world.run(1000)
  world.kill(away)
  world.heal()
  const id = a.of('sent')[0]!.id as EventId
  world.act(a, (core) => {
    core.replica.delete(signTombstone(a.signer, core.replica.find(id)!))
    for (const link of world.network.links.values())
      if (link.dialer === a || link.acceptor === a) core.sync.compare(link.id)
  })
  await world.run(3000)
  for (const node of nodes) if (node !== away) world.kill(node)
  world.wall0 += 60 * DAY_MS
  for (const node of nodes) await world.start(node)
  await world.run(15_000)
  for (const node of nodes) {
    const lines = await node.core.readLines([general], 50)
    expect(lines.map(({ message }) => message.text)).toEqual(['to stay', 'said alone'])
    expect(node.store.get(bodyKey(id))).toBeUndefined()
    const event = node.core.replica.find(id)
    expect(event && hasBody(node.store, event)).not.toBe(true)
  }
})

test('a laptop carried from one grown group to another hands nobody’s words over, and finds its own again', async () => {
  const world = new World({ seed: 12 })
  for (let i = 0; i < 7; i++) world.add()
  const { nodes } = world
  const [laptop] = nodes as [SimNode]
  const school = nodes.slice(1, 4)
  const cafe = nodes.slice(4)
  const apart = (some: readonly SimNode[], others: readonly SimNode[]) => {
    for (const a of some) for (const b of others) world.cut(a, b)
  }
  apart([laptop, ...school], cafe)
  for (const node of nodes) {
    node.place = { ...node.place!, age: 595 }
    await world.start(node)
  }
  await world.run(15_000)
  say(world, school[0]!, 'in class')
  say(world, cafe[0]!, 'at the cafe')
  await world.run(2000)
  expect(laptop.texts()).toEqual(['in class'])
  world.kill(laptop)
  world.heal()
  apart(school, cafe)
  apart([laptop], school)
  await world.start(laptop)
  await world.run(15_000)
  say(world, laptop, 'to myself')
  await world.run(15_000)
  expect(laptop.texts()).not.toContain('at the cafe')
  for (const node of cafe) expect(node.texts()).toEqual(['at the cafe'])
  world.heal()
  apart([laptop, ...school], cafe)
  await world.run(60_000)
  for (const node of school) expect(node.texts()).toEqual(['in class', 'to myself'])
  for (const node of cafe) expect(node.texts()).toEqual(['at the cafe'])
})

test('kinds of a later version are stored and passed on, and shown to nobody', async () => {
  const { world, nodes, general } = await network(4)
  const [a] = nodes as [SimNode]
  const body = encodeBody(world.crypto.random(16), {
    kind: 'message',
    text: 'a poll',
    action: false,
    replyTo: null,
  })
  const ids: EventId[] = []
  for (const kind of [0x3f, 0xbf])
    world.act(a, (core) => {
      for (const { id } of core.write(general, [{ kind, body: () => body }], () => {})) ids.push(id)
    })
  say(world, a, 'known')
  await world.run(4000)
  const late = world.add()
  await world.start(late)
  await world.run(8000)
  for (const { core } of nodes) {
    for (const id of ids) expect(core.replica.find(id)).toBeDefined()
    const lines = await core.readLines([general], 50)
    expect(lines.map(({ message }) => message.text)).toEqual(['known'])
  }
  expect(world.violations).toEqual([])
})

test.each([1, -1])('one clock %i day off changes nothing for anybody else (INV-24)', async (days) => {
  const told = async (off: number) => {
    const world = new World({ seed: 13 })
    for (let i = 0; i < 5; i++) {
      const node = world.add()
      if (i === 3) node.clockOffset = off
      await world.start(node)
    }
    await world.run(12_000)
    for (let i = 0; i < 20; i++) {
      say(world, world.nodes[i % 5]!, `line ${i}`)
      await world.run(150)
    }
    await world.run(5000)
    return world.nodes
      .filter((_, i) => i !== 3)
      .map((node) =>
        node.events.flatMap((event) =>
          event.type === 'message' ? [event.text] : event.type === 'ack' ? [event.state] : [],
        ),
      )
  }
  const [right, wrong] = [await told(0), await told(days * DAY_MS)]
  expect(wrong).toEqual(right)
})
