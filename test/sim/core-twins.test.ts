/** One identity on two machines, one of them hub: neither stays hub where anybody else can be, and nothing is lost. */
import { expect, test } from 'vitest'
import { type SimNode, World } from './core-world.ts'

const say = (world: World, node: SimNode, text: string) =>
  world.command(node, { do: 'say', room: 'general', text })
const isTold = (node: SimNode) =>
  node
    .of('system')
    .filter(({ event, text }) => event === 'warning' && text?.includes('writes under your identity')).length

/** The first is hub and has `others` with it; then a copy of it starts on another machine. */
async function twins(others: number, seed: number) {
  const world = new World({ seed })
  const hub = world.add()
  await world.start(hub)
  await world.until(() => hub.core.isReady, 5000)
  await world.run(3000)
  for (let i = 0; i < others; i++) await world.start(world.add())
  await world.run(6000)
  expect(world.hubs()).toEqual([hub])
  const twin = world.clone(hub)
  await world.start(twin)
  await world.run(6000)
  return { world, hub, twin }
}

test.each([1, 2, 3, 4, 5])(
  'where both write, another node takes over and stays hub, and all have all (seed %i)',
  async (seed) => {
    const { world, hub, twin } = await twins(3, seed)
    const texts: string[] = []
    for (let i = 0; i < 10; i++) {
      for (const node of world.nodes) {
        texts.push(`${i} of ${node.name}`)
        say(world, node, texts.at(-1)!)
      }
      await world.run(2000)
    }
    await world.run(10_000)
    for (const node of [hub, twin]) expect(isTold(node)).toBe(1)
    const now = world.hubs()
    expect(now).toHaveLength(1)
    expect([hub, twin]).not.toContain(now[0])
    const before = world.nodes.map((node) => node.of('hub').length)
    await world.run(60_000)
    expect(world.hubs()).toEqual(now)
    expect(world.nodes.map((node) => node.of('hub').length)).toEqual(before)
    for (const node of world.nodes) expect([...node.texts()].sort()).toEqual([...texts].sort())
  },
)

test('where there is nobody else one of them goes on serving', async () => {
  const { world, hub, twin } = await twins(0, 1)
  for (const node of [hub, twin]) say(world, node, `alone ${node.name}`)
  await world.run(10_000)
  expect(world.hubs().length).toBeGreaterThan(0)
  const last = world.add()
  await world.start(last)
  await world.run(20_000)
  expect(world.hubs().length).toBeGreaterThan(0)
})
