/** Deaths at the worst moment: between what a process did and what it was about to say, or of many at once. */
import { expect, test } from 'vitest'
import type { FrameName } from '../../src/wire/frames.ts'
import { type SimNode, World } from './core-world.ts'

async function network(count: number) {
  const world = new World({ seed: 3 })
  for (let i = 0; i < count; i++) await world.start(world.add())
  await world.run(12_000)
  const [hub] = world.hubs() as [SimNode]
  return { world, hub, others: world.nodes.filter((node) => node !== hub) }
}

const say = (world: World, node: SimNode, text: string) =>
  world.command(node, { do: 'say', room: 'general', text })

/** The node dies, with what no sync stands behind, just before a frame of this kind leaves it. */
function diesBefore(world: World, node: SimNode, type: FrameName): () => boolean {
  let isDead = false
  world.onSend = (by, _link, frame) => {
    if (by !== node || frame.type !== type || isDead) return
    isDead = true
    world.kill(node, 'suffix')
  }
  return () => isDead
}

test('the hub dies between its sync and its ack: the word is there once, and acknowledged by the next hub', async () => {
  const { world, hub, others } = await network(4)
  const isDead = diesBefore(world, hub, 'ack')
  const [author, ...rest] = others as [SimNode, SimNode, SimNode]
  say(world, author, 'synced, not acknowledged')
  await world.until(isDead, 2000)
  expect(author.of('ack')).toEqual([])
  await world.until(() => author.of('ack').length > 0, 5000)
  await world.start(hub)
  await world.run(5000)
  for (const node of [author, ...rest]) expect(node.texts()).toEqual(['synced, not acknowledged'])
  expect(hub.life.filter((event) => event.type === 'message')).toHaveLength(1)
})

test('the hub dies before a replica’s witness is passed on: replicated is still said in the end', async () => {
  const { world, hub, others } = await network(4)
  const isDead = diesBefore(world, hub, 'witness')
  const [author] = others as [SimNode]
  say(world, author, 'stored, then')
  await world.until(isDead, 2000)
  await world.run(8000)
  expect(author.of('ack').map(({ state }) => state)).toEqual(['stored', 'replicated'])
})

test.each(['absorbed', 'redirect'] as const)(
  'of two hubs that meet one dies before its `%s`: one hub remains, and nothing is lost',
  async (type) => {
    const { world } = await network(6)
    const halves = (a: SimNode, b: SimNode) => a.index % 2 !== b.index % 2
    for (const a of world.nodes)
      for (const b of world.nodes) if (a.index < b.index && halves(a, b)) world.cut(a, b)
    await world.run(10_000)
    expect(world.hubs()).toHaveLength(2)
    for (const node of world.nodes) say(world, node, `of ${node.name}`)
    await world.run(2000)
    let dead: SimNode | undefined
    world.onSend = (by, _link, frame) => {
      if (frame.type !== type || dead) return
      dead = by
      world.kill(by, 'suffix')
    }
    world.heal()
    await world.until(() => dead !== undefined, 10_000)
    expect(dead).toBeDefined()
    await world.run(10_000)
    expect(world.hubs()).toHaveLength(1)
    await world.start(dead!)
    await world.run(5000)
    expect(world.hubs()).toHaveLength(1)
    for (const node of world.nodes) expect(new Set(node.texts()).size).toBe(6)
  },
)

test('the hub and all its line die at once: who is left goes on, and what was stored comes back with a disk', async () => {
  const { world, hub, others } = await network(9)
  const { line } = hub.core
  const left = others.filter((node) => !line.includes(node.key))
  const [author] = left as [SimNode]
  say(world, author, 'before the end of the line')
  await world.until(() => author.of('ack').length > 0)
  const dead = [hub, ...others.filter((node) => line.includes(node.key))]
  for (const node of dead) world.kill(node, 'suffix')
  const from = world.now
  await world.until(() => world.hubs().length === 1 && left.every((node) => !node.core.isOffline), 10_000)
  expect(world.now - from).toBeLessThan(5000)
  say(world, author, 'after it')
  await world.run(3000)
  for (const node of dead) await world.start(node)
  await world.run(8000)
  expect(world.hubs()).toHaveLength(1)
  for (const node of world.nodes)
    expect(new Set(node.texts())).toEqual(new Set(['before the end of the line', 'after it']))
})
