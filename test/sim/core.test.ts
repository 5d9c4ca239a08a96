import { expect, test } from 'vitest'
import { type SimNode, World } from './core-world.ts'

async function network(count: number, seed = 1) {
  const world = new World({ seed })
  const nodes: SimNode[] = []
  for (let i = 0; i < count; i++) {
    const node = world.add()
    nodes.push(node)
    await world.start(node)
  }
  const isReady = await world.until(() => nodes.every((node) => node.of('ready').length > 0), 10_000)
  expect(isReady).toBe(true)
  return { world, nodes }
}

test('a node alone becomes hub, is ready, and its own disk counts', async () => {
  const { world, nodes } = await network(1)
  const [a] = nodes as [SimNode]
  world.command(a, { do: 'say', room: 'general', text: 'hello' }, 'r1')
  await world.until(() => a.of('ack').length > 0)
  expect(a.events.map((event) => event.type)).toEqual(['ready', 'sent', 'message', 'ack'])
  expect(a.of('ack')[0]).toMatchObject({ state: 'stored', copies: 0, alone: true })
  expect(a.of('sent')[0]).toMatchObject({ ref: 'r1', room: 'general', text: 'hello' })
})

test('three nodes elect one hub and talk; what is said is stored and replicated', async () => {
  const { world, nodes } = await network(3)
  await world.run(3000)
  expect(world.hubs()).toHaveLength(1)
  const [a, b, c] = nodes as [SimNode, SimNode, SimNode]
  for (const node of nodes) world.command(node, { do: 'say', room: 'general', text: `from ${node.name}` })
  await world.run(3000)
  for (const node of [a, b, c]) expect(node.texts().sort()).toEqual(['from n0', 'from n1', 'from n2'])
  for (const node of [a, b, c])
    expect(node.of('ack').map((ack) => ack.state)).toEqual(['stored', 'replicated'])
  expect(world.violations).toEqual([])
})

test('a late joiner gets the history', async () => {
  const { world, nodes } = await network(2)
  const [a] = nodes as [SimNode]
  for (let i = 0; i < 60; i++) world.command(a, { do: 'say', room: 'general', text: `line ${i}` })
  await world.run(8000)
  const late = world.add()
  await world.start(late)
  await world.until(() => late.of('ready').length > 0, 10_000)
  expect(late.of('message')).toHaveLength(50)
  expect(late.of('message').every((message) => message.history)).toBe(true)
  expect(late.texts()[49]).toBe('line 59')
  expect(late.events[late.events.length - 1]?.type).toBe('ready')
})

test('rooms: create, join, leave, delete, and messages only to members', async () => {
  const { world, nodes } = await network(3)
  const [a, b, c] = nodes as [SimNode, SimNode, SimNode]
  world.command(a, { do: 'create', room: 'lab', topic: 'physics' })
  await world.run(1500)
  expect(a.of('system').map((event) => event.event)).toEqual(['create'])
  expect(b.of('system').map((event) => event.event)).toEqual(['create'])
  world.command(b, { do: 'join', room: 'lab' })
  await world.run(1500)
  world.command(a, { do: 'say', room: 'lab', text: 'in the lab' })
  const slot = world.command(c, { do: 'say', room: 'lab', text: 'not in' })
  await world.run(1500)
  expect(b.texts()).toEqual(['in the lab'])
  expect(c.texts()).toEqual([])
  expect(c.answers.get(slot)).toMatchObject({ type: 'error', code: 'NOT_MEMBER' })
  const taken = world.command(c, { do: 'create', room: 'lab' })
  await world.run(1500)
  expect(c.answers.get(taken)).toMatchObject({ type: 'error', code: 'ROOM_NAME_TAKEN' })
  world.command(c, { do: 'join', room: 'lab' })
  await world.run(1500)
  expect(c.texts()).toEqual(['in the lab'])
  world.command(a, { do: 'delete', room: 'lab' })
  await world.run(1500)
  expect(c.of('system').some((event) => event.event === 'delete')).toBe(true)
})

test('a private talk reaches the two and nobody else can read it', async () => {
  const { world, nodes } = await network(3)
  const [a, b, c] = nodes as [SimNode, SimNode, SimNode]
  await world.run(1000)
  world.command(a, { do: 'msg', to: 'n1', text: 'psst' })
  await world.run(2000)
  expect(b.of('message')[0]).toMatchObject({ text: 'psst', private: true, room: null })
  expect(a.of('ack').map((ack) => ack.state)).toContain('delivered')
  expect(c.texts()).toEqual([])
  world.command(b, { do: 'msg', to: 'n0', text: 'what?' })
  await world.run(2000)
  expect(a.texts()).toEqual(['psst', 'what?'])
  expect(world.violations).toEqual([])
})

test('the hub is killed and everybody goes on; what was typed meanwhile arrives once', async () => {
  const { world, nodes } = await network(4)
  await world.run(6000)
  const [hub] = world.hubs() as [SimNode]
  const rest = nodes.filter((node) => node !== hub)
  world.kill(hub)
  for (const node of rest) world.command(node, { do: 'say', room: 'general', text: `after ${node.name}` })
  const expected = rest.map((node) => `after ${node.name}`).sort()
  const isThere = await world.until(() => rest.every((node) => node.texts().length >= 3), 5000)
  expect(isThere).toBe(true)
  await world.run(2000)
  for (const node of rest) expect(node.texts().sort()).toEqual(expected)
  for (const node of rest) expect(node.of('ack').map((ack) => ack.state)).toContain('stored')
  expect(world.hubs()).toHaveLength(1)
})

test('a visitor comes and goes without anybody being told', async () => {
  const { world, nodes } = await network(2)
  await world.run(2000)
  const before = nodes.map((node) => node.of('presence').length)
  const visitor = world.add({ visitor: true })
  await world.start(visitor)
  expect(await world.until(() => visitor.of('ready').length > 0, 10_000)).toBe(true)
  world.give(visitor, { in: 'quit' })
  await world.run(5000)
  world.kill(visitor)
  await world.run(5000)
  expect(nodes.map((node) => node.of('presence').length)).toEqual(before)
})
