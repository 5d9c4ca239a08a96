/** What people are told of a hub that they meet for the first time: its name, once that is known. */
import { afterEach, expect, it, vi } from 'vitest'
import { People } from '../../src/node/people.ts'
import type { SimNode } from '../sim/core-node.ts'
import { World } from '../sim/core-world.ts'

afterEach(() => {
  vi.restoreAllMocks()
})

/** Two that began alone, each its own hub, and one of them follows the other now. */
async function met(): Promise<{ world: World; member: SimNode; hub: SimNode }> {
  const world = new World({ seed: 3 })
  const all = [world.add(), world.add()] as const
  world.cut(...all)
  for (const node of all) await world.start(node)
  await world.until(() => all.every((node) => node.of('ready').length > 0), 20_000)
  world.heal()
  await world.until(() => world.hubs().length === 1, 20_000)
  const [hub, member] = all[0].core.isHub ? all : [all[1], all[0]]
  return { world, member, hub }
}

it('a hub met for the first time is told of by its name', async () => {
  const { world, member, hub } = await met()
  await world.run(5000)
  const name = hub.of('ready')[0]!.self.name
  expect(member.of('hub')).toMatchObject([{ hub: { id: hub.key, name, self: false } }])
  expect(member.of('offline')).toEqual([])
})

it('a hub whose name does not come is told of without it, a second later', async () => {
  vi.spyOn(People.prototype, 'isNamed').mockReturnValue(false)
  const { world, member, hub } = await met()
  const foundAt = world.now
  expect(await world.until(() => member.of('hub').length > 0, 3000)).toBe(true)
  expect(world.now - foundAt).toBeLessThanOrEqual(1500)
  expect(member.of('hub')).toMatchObject([{ hub: { id: hub.key } }])
})
