/** Clocks that are wrong: the order stays causal, and nobody else notices (INV-3, INV-24). */
import { expect, test } from 'vitest'
import type { NodeEvent } from '../../src/node/events.ts'
import { type SimNode, World } from './core-world.ts'

const DAY = 86_400_000

/** Nodes started one after the other with these clocks; the first is hub. */
async function network(offsets: readonly number[]) {
  const world = new World({ seed: 1 })
  for (const offset of offsets) {
    const node = world.add()
    node.clockOffset = offset
    await world.start(node)
  }
  const isReady = () => world.nodes.every((node) => node.core.isReady) && world.hubs().length === 1
  expect(await world.until(isReady, 10_000)).toBe(true)
  // The hub's median is published; and line[0], which the members' ranks may still change, hears all of them.
  await world.run(30_000)
  return { world, nodes: world.nodes, hub: world.hubs()[0]! }
}

/** One after the other, each once everybody has the line before. Returns the texts in the order they were said. */
async function talk(world: World, rounds: number, start = 0): Promise<string[]> {
  const said: string[] = []
  for (let i = start; i < start + rounds; i++)
    for (const node of world.nodes) {
      const text = `${i} ${node.name}`
      world.command(node, { do: 'say', room: 'general', text })
      said.push(text)
      const isThere = () => world.nodes.every((other) => other.texts().includes(text))
      expect(await world.until(isThere, 5000)).toBe(true)
    }
  return said
}

const messages = (node: SimNode) => node.of('message')
/** The order that people see. */
const shown = (node: SimNode) =>
  [...messages(node)].sort((a, b) => (a.order < b.order ? -1 : 1)).map(({ text }) => text)
const isUnrest = ({ type }: NodeEvent) => type === 'hub' || type === 'offline'

/** Stamps are the network's, nothing new is told as past, and all are acknowledged by two others. */
async function expectRight(world: World, said: readonly string[], slackMs: number): Promise<void> {
  await world.run(2000)
  for (const node of world.nodes) {
    for (const { ts, history, approx, text } of messages(node)) {
      if (!said.includes(text)) continue
      expect(Math.abs(ts - world.wall0 - world.now)).toBeLessThan(60_000 + slackMs)
      expect({ text, history, approx }).toEqual({ text, history: undefined, approx: undefined })
    }
    expect(node.events.filter(isUnrest)).toEqual([])
    expect(node.of('ack').filter(({ state }) => state === 'replicated')).toHaveLength(
      said.length / world.nodes.length,
    )
  }
  expect(world.violations).toEqual([])
}

test.each([
  ['the hub is a day ahead', [DAY, 0, 0, 0, 0]],
  ['the hub is a day behind', [-DAY, 0, 0, 0, 0]],
  ['a member is a day ahead', [0, 0, DAY, 0, 0]],
  ['a member is a day behind', [0, 0, 0, -DAY, 0]],
  ['one is a day ahead and one a day behind', [0, DAY, 0, -DAY, 0]],
])('%s: stamps are corrected, and everybody sees the order in which it was said', async (_, offsets) => {
  const { world, nodes } = await network(offsets)
  const said = await talk(world, 3)
  for (const node of nodes) expect(shown(node)).toEqual(said)
  await expectRight(world, said, 0)
})

test('none has the right time, and no two the same: one order, and one time among them', async () => {
  const { world, nodes } = await network([-3 * 3_600_000, 20 * 60_000, -40 * 60_000, 5 * DAY, 0])
  const said = await talk(world, 3)
  for (const node of nodes) expect(shown(node)).toEqual(said)
  await expectRight(world, said, 45 * 60_000)
  for (const text of said) {
    const times = nodes.map((node) => messages(node).find((message) => message.text === text)!.ts)
    expect(new Set(times).size).toBe(1)
  }
})

test.each([
  ['forward', [DAY]],
  ['backward', [-DAY]],
  ['forward, back and forth', [DAY, -DAY, 3_600_000, 0, 2 * DAY]],
])('clocks of the hub and of a member jump %s while they run, and nobody else notices', async (_, jumps) => {
  const { world, nodes, hub } = await network([0, 0, 0, 0, 0])
  const member = nodes.find((node) => node !== hub)!
  const said = await talk(world, 1)
  for (const [i, jump] of jumps.entries())
    for (const [other, node] of [hub, member].entries()) {
      const ahead = jump - node.clockOffset
      // What the shell finds: a clock gone forward may mean that the machine slept.
      if (ahead > 0) world.give(node, { in: 'away', ms: ahead })
      world.setClock(node, jump)
      said.push(...(await talk(world, 1, 10 * (i + 1) + other)))
      await world.run(7000)
    }
  for (const node of nodes) expect(shown(node)).toEqual(said)
  await expectRight(world, said, 10 * 60_000)
  expect(world.hubs()).toEqual([hub])
})

test('what somebody alone says right behind a jump of their clock bears the new time', async () => {
  const world = new World({ seed: 1 })
  const node = world.add()
  await world.start(node)
  expect(await world.until(() => node.core.isReady, 10_000)).toBe(true)
  for (const [i, jump] of [DAY, -DAY, 0].entries()) {
    await world.run(1500)
    world.setClock(node, jump)
    expect(Math.abs(node.core.netNow - world.wall0 - world.now - jump), `jump ${i}`).toBeLessThan(1000)
  }
})

test('what is held is nothing that a node stamps its words behind, after a start either (TL-2, TL-4)', async () => {
  const world = new World({ seed: 1 })
  const [ahead, reader] = [world.add(), world.add()]
  const isReady = () => [ahead, reader].every((node) => !node.isUp || node.of('ready').length > 0)
  for (const days of [6, 8]) {
    ahead.clockOffset = days * DAY
    await world.start(ahead)
    expect(await world.until(() => ahead.isUp && ahead.core.isReady, 10_000)).toBe(true)
    world.command(ahead, { do: 'say', room: 'general', text: `in ${days} days` })
    await world.run(2000)
    world.kill(ahead)
  }
  ahead.clockOffset = 0
  await world.start(ahead)
  await world.start(reader)
  expect(await world.until(isReady, 10_000)).toBe(true)
  await world.run(5000)
  world.kill(reader)
  await world.start(reader)
  await world.run(10_000)
  world.command(reader, { do: 'say', room: 'general', text: 'an answer' })
  await world.run(2000)
  const orderOf = (text: string) => reader.of('message').find((event) => event.text === text)!.order
  expect(orderOf('an answer') > orderOf('in 6 days')).toBe(true)
})
