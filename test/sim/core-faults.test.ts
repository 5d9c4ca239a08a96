import { expect, test } from 'vitest'
import { encodeBody } from '../../src/wire/codec.ts'
import type { RoomId } from '../../src/wire/ids.ts'
import { type SimNode, World, type WorldOptions } from './core-world.ts'

/** Nodes that have found each other: one hub, a line, warm links. */
async function network(count: number, options: Partial<WorldOptions> = {}) {
  const world = new World({ seed: 1, ...options })
  for (let i = 0; i < count; i++) await world.start(world.add())
  const isReady = await world.until(
    () => world.nodes.every((node) => node.core.isReady) && world.hubs().length === 1,
    10_000,
  )
  expect(isReady).toBe(true)
  await world.run(6000)
  const hub = world.hubs()[0]!
  return { world, nodes: world.nodes, hub, others: world.nodes.filter((node) => node !== hub) }
}

const say = (world: World, node: SimNode, text: string, room = 'general') =>
  world.command(node, { do: 'say', room, text })
const acks = (node: SimNode) => node.of('ack').map((ack) => ack.state)

test('the hub and the author die at once: what was stored comes back with the hub’s disk', async () => {
  const { world, hub, others } = await network(3)
  const [author, third] = others as [SimNode, SimNode]
  say(world, author, 'stored, then gone')
  await world.until(() => acks(author).includes('stored'))
  world.kill(hub, 'suffix')
  world.destroy(author)
  await world.run(3000)
  await world.start(hub)
  await world.run(5000)
  expect(third.texts()).toContain('stored, then gone')
})

test('what is replicated is with everybody although hub and author are lost for good', async () => {
  const { world, hub, others } = await network(4)
  const [author, ...rest] = others as [SimNode, SimNode, SimNode]
  say(world, author, 'replicated')
  await world.until(() => acks(author).includes('replicated'))
  world.destroy(hub)
  world.destroy(author)
  await world.run(8000)
  for (const node of rest) expect(node.texts()).toEqual(['replicated'])
})

test('a hub cut off alone serves itself; its words are everybody’s after the heal, once', async () => {
  const { world, hub, others } = await network(4)
  for (const other of others) world.cut(hub, other)
  say(world, hub, 'alone')
  say(world, others[0]!, 'together')
  await world.run(8000)
  expect(world.hubs()).toHaveLength(2)
  expect(hub.texts()).toEqual(['alone'])
  world.heal()
  await world.until(() => world.hubs().length === 1, 10_000)
  await world.run(5000)
  for (const node of world.nodes) expect(node.texts().sort()).toEqual(['alone', 'together'])
})

test('a hub that wakes acknowledges nothing before it has asked, and follows the new one (INV-13)', async () => {
  const { world, hub, others } = await network(3)
  const early: string[] = []
  world.onSend = (node, _link, frame) => {
    const isWoken = node.core.choice.phase.state === 'woken'
    if (isWoken && (frame.type === 'ack' || frame.type === 'witness')) early.push(frame.type)
  }
  say(world, others[0]!, 'on its way as the hub stops')
  await world.run(1)
  world.pause(hub)
  await world.run(8000)
  const [next] = world.hubs().filter((node) => node !== hub)
  expect(next).toBeDefined()
  world.resume(hub)
  await world.run(4000)
  expect(early).toEqual([])
  expect(world.hubs()).toEqual([next])
  for (const node of world.nodes) expect(node.texts()).toEqual(['on its way as the hub stops'])
})

test('a hub that stops for a moment stays hub, and nobody is told of anything', async () => {
  const { world, hub } = await network(3)
  const before = world.nodes.map((node) => node.events.length)
  world.pause(hub)
  await world.run(900)
  world.resume(hub)
  await world.run(3000)
  expect(world.hubs()).toEqual([hub])
  expect(world.nodes.map((node) => node.events.length)).toEqual(before)
})

test('a change of hub tells nobody as gone who is still here', async () => {
  const { world, hub, others } = await network(5)
  const before = new Map(others.map((node) => [node, node.of('presence').length]))
  world.kill(hub)
  await world.run(12_000)
  for (const node of others) {
    const told = node.of('presence').slice(before.get(node))
    expect(told.map(({ user, online }) => ({ name: user.name, online }))).toEqual([
      { name: hub.name, online: false },
    ])
  }
})

test('a planned departure of the hub costs no message, no offline and no false presence', async () => {
  const { world, hub, others } = await network(4)
  const before = new Map(others.map((node) => [node, node.of('presence').length]))
  world.quit(hub)
  for (const node of others) say(world, node, `meanwhile ${node.name}`)
  await world.run(8000)
  for (const node of others) {
    expect(node.texts()).toHaveLength(3)
    expect(node.of('offline')).toEqual([])
    expect(node.of('presence').slice(before.get(node))).toHaveLength(1)
  }
})

test('a drained hub hands over, stays a member, and is hub again only where nobody else can be', async () => {
  const { world, hub, others } = await network(4)
  world.command(hub, { do: 'drain' })
  for (const node of others) say(world, node, `meanwhile ${node.name}`)
  await world.run(3000)
  expect(world.hubs()).toHaveLength(1)
  expect(world.hubs()[0]).not.toBe(hub)
  for (const node of world.nodes) {
    expect(node.texts()).toHaveLength(3)
    expect(node.of('offline')).toEqual([])
  }
  world.kill(world.hubs()[0]!)
  await world.run(6000)
  expect(world.hubs()[0]).not.toBe(hub)
  for (const node of others) if (node.isUp) world.kill(node)
  await world.run(10_000)
  expect(world.hubs()).toEqual([hub])
})

test('what was written alone goes on to replicated once two others are there, and is never told twice', async () => {
  const world = new World({ seed: 1 })
  const [first, second, third] = [world.add(), world.add(), world.add()] as [SimNode, SimNode, SimNode]
  await world.start(first)
  await world.until(() => first.core.isReady, 5000)
  say(world, first, 'nobody is here yet')
  await world.run(5000)
  expect(first.of('ack')).toMatchObject([{ state: 'stored', copies: 0, alone: true }])
  await world.start(second)
  await world.run(30_000)
  expect(acks(first)).toEqual(['stored'])
  expect(first.core.replication.size).toBeGreaterThan(0)
  await world.start(third)
  await world.run(20_000)
  expect(first.of('ack').map(({ state, copies }) => [state, copies])).toEqual([
    ['stored', 0],
    ['replicated', 2],
  ])
  expect(world.nodes.map((node) => node.core.replication.size)).toEqual([0, 0, 0])
})

test('signatures that never arrived are asked for again', async () => {
  const { world, others } = await network(4)
  const author = others[0]!
  let isLost = true
  for (const node of world.nodes) {
    const takeEffects = node.core.takeEffects.bind(node.core)
    node.core.takeEffects = () =>
      takeEffects().filter((effect) => !(isLost && effect.do === 'send' && effect.frame.type === 'witness'))
  }
  say(world, author, 'who signs this?')
  await world.run(20_000)
  expect(acks(author)).toEqual(['stored'])
  isLost = false
  await world.run(60_000)
  expect(acks(author)).toEqual(['stored', 'replicated'])
  const offers: string[] = []
  world.onSend = (_node, _link, frame) => {
    if (frame.type === 'offer') offers.push(frame.type)
  }
  await world.run(600_000)
  expect(offers).toEqual([])
})

test('what an earlier process wrote and was never replicated is settled after its restart', async () => {
  const world = new World({ seed: 1 })
  const [author, second, third] = [world.add(), world.add(), world.add()] as [SimNode, SimNode, SimNode]
  await world.start(author)
  await world.until(() => author.core.isReady, 5000)
  say(world, author, 'written before the restart')
  await world.run(3000)
  world.kill(author)
  await world.start(second)
  await world.start(third)
  await world.run(5000)
  await world.start(author)
  await world.until(() => author.core.replication.size > 0, 2000)
  expect(author.core.replication.size).toBeGreaterThan(0)
  await world.run(60_000)
  expect(author.core.replication.size).toBe(0)
  for (const node of [second, third]) expect(node.texts()).toContain('written before the restart')
})

test('when two sides meet again each is told once how much came from the other, of how many people', async () => {
  const { world, nodes } = await network(5)
  const [left, right] = [nodes.slice(0, 2), nodes.slice(2)]
  for (const a of left) for (const b of right) world.cut(a, b)
  await world.run(8000)
  expect(world.hubs()).toHaveLength(2)
  for (let i = 0; i < 5; i++) for (const node of left) say(world, node, `left ${i} ${node.name}`)
  for (let i = 0; i < 7; i++) for (const node of right) say(world, node, `right ${i} ${node.name}`)
  await world.run(8000)
  world.heal()
  await world.until(() => world.hubs().length === 1, 10_000)
  await world.run(30_000)
  const heals = (node: SimNode) =>
    node.of('system').flatMap(({ event, messages, people }) => (event === 'heal' ? [[messages, people]] : []))
  expect(left.map(heals)).toEqual([[[21, 3]], [[21, 3]]])
  expect(right.map(heals)).toEqual([[[10, 2]], [[10, 2]], [[10, 2]]])
})

test('a change of hub, somebody new and somebody late are no heal', async () => {
  const { world, hub, others } = await network(4)
  world.kill(hub)
  for (const node of others) say(world, node, `meanwhile ${node.name}`)
  await world.run(8000)
  const late = world.add()
  await world.start(late)
  say(world, late, 'the first words')
  await world.run(30_000)
  for (const node of world.nodes) expect(node.of('system').map(({ event }) => event)).not.toContain('heal')
})

test('the hub says why it is hub, and who would follow it', async () => {
  const { world, hub, others } = await network(3)
  const dataOf = async (node: SimNode) => {
    const slot = world.command(node, { do: 'hub' })
    await world.run(10)
    return (node.answers.get(slot) as { data: { why: string; ranks: { id: string; why: string }[] } }).data
  }
  expect((await dataOf(hub)).why).toBe(
    `${hub.name} is hub: nobody else was found when it started; it is reachable`,
  )
  expect((await dataOf(others[0]!)).why).toBe(
    `${hub.name} is hub: it was hub when this node came; it is reachable`,
  )
  const [first] = (await dataOf(others[0]!)).ranks
  expect(first!.why).toContain('would follow: it is reachable, has all messages')
  world.kill(hub)
  await world.run(3000)
  for (const node of others) expect((await dataOf(node)).why).toContain(`took over when ${hub.name} was lost`)
})

test('what is typed while there is no hub is stored within a moment of the next one', async () => {
  const { world, hub, others } = await network(3)
  world.kill(hub)
  say(world, others[0]!, 'into the gap')
  const at = world.now
  await world.until(() => acks(others[0]!).includes('stored'), 5000)
  expect(world.now - at).toBeLessThan(1500)
})

test('who comes back after 1,000 missed events has them all, and is shown the last 50', async () => {
  const { world, hub, others } = await network(3)
  const [away, author] = others as [SimNode, SimNode]
  world.kill(away)
  for (let i = 0; i < 1000; i++) say(world, author, `line ${i}`)
  await world.until(() => hub.texts().length >= 1000, 200_000)
  await world.start(away)
  await world.until(() => away.core.isReady, 10_000)
  await world.run(3000)
  const general = [...away.core.replica.rooms()].find((room) => room !== '0'.repeat(32))!
  expect(await away.core.readLines([general], 2000)).toHaveLength(1000)
  const told = away.life.filter((event) => event.type === 'message')
  expect(told).toHaveLength(50)
  expect(told.at(-1)).toMatchObject({ text: 'line 999', history: true })
})

test('a room joined late is shown with its last 50 lines as history, then goes on', async () => {
  const { world, nodes } = await network(3)
  const [a, b] = nodes as [SimNode, SimNode]
  world.command(a, { do: 'create', room: 'lab' })
  await world.run(500)
  for (let i = 0; i < 70; i++) say(world, a, `line ${i}`, 'lab')
  await world.run(8000)
  world.command(b, { do: 'join', room: 'lab' })
  await world.run(1500)
  say(world, a, 'after the join', 'lab')
  await world.run(1500)
  expect(b.of('message').map(({ text, history }) => [text, history ?? false])).toEqual([
    ...Array.from({ length: 50 }, (_, i) => [`line ${20 + i}`, true]),
    ['after the join', false],
  ])
})

test('commands are carried out in order: what is said behind /join is said in the room', async () => {
  const { world, hub, others } = await network(3)
  const [a] = others as [SimNode]
  world.command(hub, { do: 'create', room: 'lab' })
  await world.run(1000)
  world.command(a, { do: 'join', room: 'lab' })
  say(world, a, 'in', 'lab')
  await world.run(1000)
  expect(a.of('error')).toEqual([])
  expect(hub.texts()).toEqual(['in'])
})

test('a delete reaches a node that returns: the room is gone there, and its name is free', async () => {
  const { world, hub, others } = await network(3)
  const [a, b] = others as [SimNode, SimNode]
  world.command(a, { do: 'create', room: 'lab' })
  await world.run(500)
  world.command(b, { do: 'join', room: 'lab' })
  await world.run(1000)
  world.kill(b)
  world.command(a, { do: 'delete', room: 'lab' })
  await world.run(1000)
  await world.start(b)
  await world.run(4000)
  const refused = say(world, b, 'is anybody here?', 'lab')
  const made = world.command(b, { do: 'create', room: 'lab' })
  await world.run(2000)
  expect(b.answers.get(refused)).toMatchObject({ code: 'ROOM_UNKNOWN' })
  expect(b.answers.get(made)).toMatchObject({ event: 'create', room: 'lab' })
  expect(hub.of('system').at(-1)).toMatchObject({ event: 'create', room: 'lab' })
})

test('who was in a room is told when they are back that it was deleted, once, and nobody else', async () => {
  const { world, hub, others } = await network(4)
  const [a, b, c] = others as [SimNode, SimNode, SimNode]
  const invite = [b.name]
  world.command(a, { do: 'create', room: 'safe', private: true, invite })
  world.command(a, { do: 'create', room: 'lab' })
  await world.run(1000)
  for (const room of ['lab', 'safe']) world.command(b, { do: 'join', room })
  await world.run(1000)
  for (const node of [b, c]) world.kill(node)
  for (const room of ['lab', 'safe']) world.command(a, { do: 'delete', room })
  await world.run(1000)
  const deleted = (node: SimNode) =>
    node.of('system').flatMap(({ event, room }) => (event === 'delete' ? [room] : []))
  const before = new Map([b, c].map((node) => [node, deleted(node).length]))
  for (const node of [b, c]) await world.start(node)
  await world.run(6000)
  const since = (node: SimNode) => deleted(node).slice(before.get(node))
  expect(since(b).sort()).toEqual(['lab', 'safe'])
  expect(since(c)).toEqual([])
  world.kill(b)
  await world.start(b)
  await world.run(6000)
  expect(since(b)).toHaveLength(2)
  expect(deleted(hub)).toEqual(['lab'])
})

test('what waits for a room that is deleted meanwhile is waited for no longer', async () => {
  const { world, hub, others } = await network(3)
  const [a, b] = others as [SimNode, SimNode]
  world.command(a, { do: 'create', room: 'lab' })
  await world.run(500)
  world.command(b, { do: 'join', room: 'lab' })
  await world.run(1000)
  for (const node of [hub, a]) world.cut(b, node)
  await world.run(200)
  say(world, b, 'too late', 'lab')
  world.command(a, { do: 'delete', room: 'lab' })
  await world.run(500)
  expect(b.core.settled).toBe(false)
  world.heal()
  await world.run(6000)
  expect(b.core.settled).toBe(true)
})

test('a private room: who is invited sees its name, members read, who left and strangers do not', async () => {
  const { world, nodes } = await network(4)
  const [a, b, c, d] = nodes as [SimNode, SimNode, SimNode, SimNode]
  world.command(a, { do: 'create', room: 'secret', private: true })
  await world.run(1000)
  for (const node of [b, c]) world.command(a, { do: 'invite', room: 'secret', to: node.name })
  await world.run(1500)
  for (const node of [b, c]) world.command(node, { do: 'join', room: 'secret' })
  await world.run(1500)
  say(world, a, 'for three', 'secret')
  await world.run(1500)
  world.command(c, { do: 'leave', room: 'secret' })
  await world.run(1500)
  say(world, b, 'for two', 'secret')
  await world.run(2000)
  expect(a.texts()).toEqual(['for three', 'for two'])
  expect(b.texts()).toEqual(['for three', 'for two'])
  expect(c.texts()).toEqual(['for three'])
  expect(d.texts()).toEqual([])
  const slot = world.command(d, { do: 'rooms' })
  expect((d.answers.get(slot) as { data: { name: string }[] }).data.map(({ name }) => name)).toEqual([
    'general',
  ])
  expect(world.violations).toEqual([])
})

test('a member whose box key is weak keeps nobody from writing', async () => {
  const { world, nodes } = await network(3)
  const [a, b, weak] = nodes as [SimNode, SimNode, SimNode]
  const profile = {
    kind: 0x8b,
    body: () =>
      encodeBody(world.crypto.random(16), {
        kind: 'profile',
        nick: 'n2',
        boxKey: new Uint8Array(32),
        about: '',
      }),
  }
  weak.core.write('0'.repeat(32) as RoomId, [profile], () => {})
  await world.run(2000)
  world.command(a, { do: 'create', room: 'secret', private: true })
  await world.run(500)
  world.command(a, { do: 'invite', room: 'secret', to: b.name })
  await world.run(1000)
  world.command(b, { do: 'join', room: 'secret' })
  await world.run(1000)
  const slot = say(world, a, 'readable', 'secret')
  await world.run(1500)
  expect(a.answers.get(slot)).toMatchObject({ type: 'sent' })
  expect(b.texts()).toEqual(['readable'])
  const talk = world.command(a, { do: 'msg', to: 'n2', text: 'sealed to nobody but me' })
  await world.run(500)
  expect(a.answers.get(talk)).toMatchObject({ type: 'sent' })
})

test('two grown groups that meet stay apart, and are told so; young ones become one', async () => {
  const world = new World({ seed: 4 })
  for (let i = 0; i < 6; i++) world.add()
  for (const a of world.nodes)
    for (const b of world.nodes) if (a.index < b.index && a.index < 3 !== b.index < 3) world.cut(a, b)
  for (const node of world.nodes) {
    node.place = { ...node.place!, age: 590 }
    await world.start(node)
  }
  await world.run(15_000)
  expect(world.hubs()).toHaveLength(2)
  for (const node of world.nodes) expect(node.core.place?.isGrown).toBe(true)
  say(world, world.nodes[0]!, 'left')
  say(world, world.nodes[3]!, 'right')
  await world.run(1000)
  world.heal()
  await world.run(20_000)
  expect(world.hubs()).toHaveLength(2)
  for (const node of world.nodes) expect(node.texts()).toEqual([node.index < 3 ? 'left' : 'right'])
})

test('two young groups that meet become one place, and share what they have', async () => {
  const world = new World({ seed: 5 })
  for (let i = 0; i < 4; i++) world.add()
  for (const a of world.nodes)
    for (const b of world.nodes) if (a.index < b.index && a.index < 2 !== b.index < 2) world.cut(a, b)
  for (const node of world.nodes) await world.start(node)
  await world.run(5000)
  say(world, world.nodes[0]!, 'left')
  say(world, world.nodes[3]!, 'right')
  await world.run(1000)
  world.heal()
  await world.run(15_000)
  expect(world.hubs()).toHaveLength(1)
  for (const node of world.nodes) expect(node.texts().sort()).toEqual(['left', 'right'])
  const least = new Set(world.nodes.map((node) => node.core.place!.ids[0]))
  expect(least.size).toBe(1)
})

test('a disk that fails acknowledges nothing, gives the hub away, and catches up when it works again', async () => {
  const { world, hub, others } = await network(4)
  let acked = 0
  world.onSend = (node, _link, frame) => {
    if (node === hub && hub.isDiskFailing && (frame.type === 'ack' || frame.type === 'witness')) acked++
  }
  world.failDisk(hub, true)
  for (const node of others) say(world, node, `from ${node.name}`)
  await world.run(3000)
  expect(world.hubs()).not.toContain(hub)
  expect(acked).toBe(0)
  for (const node of others) expect(acks(node)).toContain('stored')
  world.failDisk(hub, false)
  await world.run(3000)
  expect(hub.texts()).toHaveLength(3)
})

test('of two, one of whom has a disk that fails, the other is alone, and has a copy there once it works again', async () => {
  const { world, hub, others } = await network(2)
  const [failing] = others as [SimNode]
  world.failDisk(failing, true)
  await world.run(2000)
  say(world, hub, 'nobody can confirm this')
  await world.run(2000)
  expect(hub.of('ack')).toMatchObject([{ state: 'stored', copies: 0, alone: true }])
  expect(failing.texts()).toEqual(['nobody can confirm this'])
  // It is no copy: a power cut there takes it.
  let confirmed = 0
  world.onSend = (node, _link, frame) => {
    if (node === failing && frame.type === 'ack') confirmed++
  }
  await world.run(5000)
  expect(confirmed).toBe(0)
  expect(hub.core.outbox.latestCopies).toBe(0)
  world.failDisk(failing, false)
  await world.until(() => hub.core.outbox.latestCopies === 1, 5000)
  expect(hub.core.outbox.latestCopies).toBe(1)
})

test('who comes while the only other one has a failing disk is offered what was stored here alone', async () => {
  const { world, hub, others } = await network(2)
  const [failing] = others as [SimNode]
  world.failDisk(failing, true)
  await world.run(2000)
  say(world, hub, 'alone')
  await world.until(() => acks(hub).includes('stored'), 3000)
  expect(hub.of('ack')).toMatchObject([{ alone: true }])
  const third = world.add()
  await world.start(third)
  await world.until(() => hub.core.outbox.latestHolders.includes(third.key), 10_000)
  expect(hub.core.outbox.latestHolders).toEqual([third.key])
  say(world, hub, 'confirmed')
  await world.run(2000)
  expect(hub.of('ack').at(-1)).not.toHaveProperty('alone')
})

test('who follows a hub whose disk fails, with nobody else there, has its own disk alone', async () => {
  const world = new World({ seed: 1 })
  const hub = world.add()
  const follower = world.add({ neverHub: true })
  for (const node of [hub, follower]) await world.start(node)
  await world.run(8000)
  expect(follower.core.hubKey).toBe(hub.key)
  world.give(hub, { in: 'storeFailing', failing: true, sinceStart: true })
  await world.run(2000)
  expect(follower.core.hubKey).toBe(hub.key)
  say(world, follower, 'nobody can confirm this')
  await world.until(() => acks(follower).includes('stored'), 3000)
  expect(follower.of('ack')).toMatchObject([{ state: 'stored', copies: 0, alone: true }])
})

test('labels outlive a restart: the first one met under a name keeps it (INV-23)', async () => {
  const { world, nodes } = await network(3)
  const [reader, first, second] = nodes as [SimNode, SimNode, SimNode]
  world.command(first, { do: 'nick', name: 'anna' })
  await world.run(2000)
  world.command(second, { do: 'nick', name: 'anna' })
  await world.run(3000)
  const labels = (): Map<string, string> => {
    const slot = world.command(reader, { do: 'who' })
    const list = (reader.answers.get(slot) as { data: { id: string; name: string; label?: string }[] }).data
    return new Map(list.map(({ id, name, label }) => [id, label ?? name]))
  }
  const before = labels()
  expect(before.get(first.key)).toBe('anna')
  expect(before.get(second.key)).toMatch(/^anna~/)
  world.kill(reader)
  await world.start(reader)
  await world.run(4000)
  expect(labels()).toEqual(before)
})

test('only a synced write stands behind an acknowledgement (INV-6)', async () => {
  const { world, hub, others } = await network(5)
  const [author] = others as [SimNode]
  say(world, author, 'kept through every power loss')
  await world.until(() => acks(author).includes('stored'))
  for (const node of world.nodes) if (node !== author) world.kill(node, 'suffix')
  world.destroy(author)
  for (const node of world.nodes) if (!node.isGone) await world.start(node)
  await world.run(8000)
  expect(hub.life.some((event) => event.type === 'message' && event.text.startsWith('kept'))).toBe(true)
  for (const node of world.nodes)
    if (!node.isGone) expect(node.texts()).toContain('kept through every power loss')
})

test('a network with a code has no place, whatever events say', async () => {
  const { world, nodes } = await network(2, { hasCode: true })
  const pair = { kind: 'place' as const, a: new Uint8Array(8).fill(1), b: new Uint8Array(8).fill(2) }
  nodes[0]!.core.write(
    '0'.repeat(32) as RoomId,
    [{ kind: 0x8d, body: () => encodeBody(world.crypto.random(16), pair) }],
    () => {},
  )
  await world.run(2000)
  for (const node of nodes) expect(node.core.place).toBeUndefined()
})

test('a member that loses its hub and finds it again on the same link may post at once', async () => {
  const { world, hub, others } = await network(3)
  world.pause(hub)
  for (const node of others) world.pause(node)
  await world.run(4000)
  world.resume(hub)
  for (const node of others) world.resume(node)
  await world.run(4000)
  const [node] = others as [SimNode]
  const at = world.now
  say(world, node, 'still here')
  await world.until(() => acks(node).includes('stored'), 5000)
  expect(world.now - at).toBeLessThan(200)
})
