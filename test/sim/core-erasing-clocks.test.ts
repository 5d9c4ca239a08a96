/** A clock that is years ahead has nothing erased, whoever's it is (EV-16). */
import { expect, test } from 'vitest'
import { type SimNode, World } from './core-world.ts'

const YEAR_MS = 365 * 86_400_000

const isReady = (nodes: readonly SimNode[]) => () => nodes.every(({ core }) => core.isReady)

test('whoever alone holds a history keeps it on the disk when somebody comes whose clock is five years ahead', async () => {
  const world = new World({ seed: 1 })
  const [keeper, wrong] = [world.add(), world.add()]
  await world.start(keeper)
  expect(await world.until(isReady([keeper]), 10_000)).toBe(true)
  world.command(keeper, { do: 'say', room: 'general', text: 'kept' })
  await world.run(2000)
  wrong.clockOffset = 5 * YEAR_MS
  await world.start(wrong)
  expect(await world.until(isReady([keeper, wrong]), 10_000)).toBe(true)
  await world.run(2 * 3_600_000)
  world.kill(wrong)
  world.kill(keeper)
  keeper.events.length = 0
  await world.start(keeper)
  expect(await world.until(isReady([keeper]), 10_000)).toBe(true)
  await world.run(2000)
  expect(keeper.texts()).toContain('kept')
})

test.each([
  ['five years', 5 * YEAR_MS],
  ['ten months', (10 / 12) * YEAR_MS],
])('all clocks of a network go %s ahead for two hours, and nothing is erased', async (_, aheadMs) => {
  const world = new World({ seed: 2 })
  const nodes = [world.add(), world.add(), world.add()]
  for (const node of nodes) await world.start(node)
  expect(await world.until(isReady(nodes), 10_000)).toBe(true)
  world.command(nodes[0]!, { do: 'say', room: 'general', text: 'kept' })
  await world.run(70_000)
  for (const node of nodes) world.setClock(node, aheadMs)
  await world.run(2 * 3_600_000)
  for (const node of nodes) world.setClock(node, 0)
  for (const node of nodes) {
    world.kill(node)
    node.events.length = 0
  }
  for (const node of nodes) await world.start(node)
  expect(await world.until(isReady(nodes), 10_000)).toBe(true)
  await world.run(5000)
  for (const node of nodes) expect(node.texts()).toContain('kept')
})
