/** The device that is hub is unlinked by its person: who knows of it hears no hub in it any more (rules DV-2, RM-21, INV-10). */
import { expect, test } from 'vitest'
import type { Command } from '../../src/node/events.ts'
import { Watch } from './core-watch.ts'
import { type SimNode, World } from './core-world.ts'

/** How soon all are with another hub: who is not in the line waits for that, and for up to a second more (HB-10). */
const ELSEWHERE_MS = 3000

/** The watch must know of a command: it is answered once. */
function types({ world, watch }: { world: World; watch: Watch }, node: SimNode, command: Command): void {
  watch.asked(node, world.nextSlot)
  world.command(node, command)
}

/** Four nodes under one hub that is a device of one of them: of the first in the line, or of the last. */
async function underDevice(first: 'first' | 'last') {
  const world = new World({ seed: 5 })
  const watch = new Watch(world)
  const nodes: SimNode[] = []
  for (let i = 0; i < 4; i++) {
    nodes.push(world.add())
    await world.start(nodes[i]!)
  }
  await world.run(8000)
  const [hub] = world.hubs() as [SimNode]
  const { line } = hub.core.choice
  expect(line).toHaveLength(3)
  const key = line.at(first === 'first' ? 0 : -1)
  const owner = nodes.find((node) => node.key === key)!
  types({ world, watch }, hub, { do: 'linkAsk', who: owner.name })
  await world.run(1000)
  types({ world, watch }, owner, { do: 'linkAccept', who: hub.key })
  const isLinked = () => nodes.every(({ core }) => core.views.personOf(hub.key) === owner.key)
  expect(await world.until(isLinked, 5000)).toBe(true)
  await world.run(3000)
  expect(world.hubs()).toEqual([hub])
  const others = nodes.filter((node) => node !== hub)
  const unlink = () => types({ world, watch }, owner, { do: 'unlink', who: hub.key })
  return { world, watch, hub, owner, others, unlink }
}

test('line[0] that unlinks the hub is hub at once, beside the heartbeats of that one, and all others follow it', async () => {
  const { world, watch, hub, owner, others, unlink } = await underDevice('first')
  watch.unlinked(hub.key)
  unlink()
  expect(owner.core.isHub).toBe(true)
  expect(hub.core.isHub).toBe(true)
  const isFollowed = () => others.every(({ core }) => core.hubKey === owner.key)
  expect(await world.until(isFollowed, ELSEWHERE_MS)).toBe(true)
  expect(world.violations).toEqual([])
})

test('who unlinks the hub and is not line[0] leaves it, and all are under one of their own soon', async () => {
  const { world, watch, hub, owner, others, unlink } = await underDevice('last')
  watch.unlinked(hub.key)
  unlink()
  expect(owner.core.choice.phase.state).toBe('seeking')
  const isElsewhere = () => {
    const [key, ...rest] = new Set(others.map(({ core }) => core.hubKey))
    return key !== undefined && key !== hub.key && rest.length === 0
  }
  expect(await world.until(isElsewhere, ELSEWHERE_MS)).toBe(true)
  await world.run(3000)
  expect(isElsewhere()).toBe(true)
  expect(world.violations).toEqual([])
})

test('who takes a hub for unlinked that nobody has unlinked, and takes over, breaks INV-10', async () => {
  const { world, unlink } = await underDevice('first')
  // The watch is not told that anybody was unlinked.
  unlink()
  expect(world.violations).toEqual([expect.stringMatching(/hears hub .* and becomes one \(INV-10\)/)])
})
