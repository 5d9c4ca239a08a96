/** What a member that cheats can do, and no more (powers of PROTOCOL.md): each cheat once, among five honest nodes. */
import { expect, test } from 'vitest'
import { fromHex, hex } from '../../src/wire/bytes.ts'
import { encodeFrame } from '../../src/wire/codec.ts'
import { LANE_START, newControlLane, packRun } from '../../src/wire/event.ts'
import type { Frame } from '../../src/wire/frames.ts'
import type { RoomId } from '../../src/wire/ids.ts'
import { Cheat, type LaneEnd, live } from './core-cheats.ts'
import { unrest } from './core-checks.ts'
import { Watch } from './core-watch.ts'
import { type SimNode, World } from './core-world.ts'

const DAY_MS = 86_400_000

/** headStartMs: for so long the honest ones are among themselves. */
async function besides(prepare: (cheat: Cheat) => void = () => {}, headStartMs = 0) {
  const world = new World({ seed: 7 })
  const watch = new Watch(world)
  const faults: string[] = []
  world.onFault = (_node, _key, why) => faults.push(why)
  const honest: SimNode[] = []
  for (let i = 0; i < 5; i++) {
    honest.push(world.add())
    await world.start(honest[i]!)
  }
  if (headStartMs > 0) await world.run(headStartMs)
  const cheat = new Cheat(world)
  prepare(cheat)
  await world.start(cheat.node)
  await world.run(12_000)
  expect(cheat.peers().length).toBeGreaterThan(1)
  const [hub] = world.hubs() as [SimNode]
  return { world, watch, faults, honest, cheat, hub }
}
type Besides = Awaited<ReturnType<typeof besides>>

/** The honest are one again and at peace, and none of them was charged with anything. */
async function atPeace({ world, watch }: Besides, ms = 40_000): Promise<void> {
  await world.run(ms)
  expect(unrest(world, watch)).toBeUndefined()
  expect(world.violations).toEqual([])
}

function say({ world, watch }: Besides, node: SimNode, text: string): void {
  watch.asked(node, world.nextSlot)
  world.command(node, { do: 'say', room: 'general', text })
}

test('a fork shown to different halves is proven everywhere, and the lane ends below it for everyone', async () => {
  const all = await besides()
  const lane = all.cheat.fork(['to these', 'to those'])
  await atPeace(all)
  for (const { core } of all.honest) {
    expect(core.replica.forkAt(all.cheat.general, all.cheat.node.key, lane)).toBe(2)
    const lines = await core.readLines([all.cheat.general], 50)
    expect(lines.map(({ message }) => message.text)).toEqual(['before the fork'])
  }
})

test('headers without bodies count nowhere, and nobody asks for them without end', async () => {
  const all = await besides()
  const lane = all.cheat.headersOnly(30)
  await atPeace(all)
  const asked: string[] = []
  all.world.onSend = (node, _link, frame) => {
    if (frame.type === 'want' && !node.isCheat) asked.push(node.name)
  }
  await all.world.run(60_000)
  expect(asked.length).toBeLessThan(20)
  for (const { core } of all.honest) {
    expect(core.replica.lane(all.cheat.general, all.cheat.node.key, lane)?.n ?? 0).toBe(0)
    expect(await core.readLines([all.cheat.general], 50)).toEqual([])
  }
})

test('what is said to be a week older is shown where it claims to be, and moves nothing that was shown', async () => {
  const all = await besides()
  say(all, all.honest[0]!, 'before')
  await all.world.run(1000)
  all.cheat.misdate('backdated', -7 * DAY_MS)
  await all.world.run(1000)
  say(all, all.honest[1]!, 'after')
  await atPeace(all)
  for (const { core } of all.honest) {
    const lines = await core.readLines([all.cheat.general], 50)
    expect(lines.map(({ message }) => message.text)).toEqual(['backdated', 'before', 'after'])
  }
})

test('who is not in a private room hears nothing of it, whatever they ask, and nobody’s place in it though they write there', async () => {
  const all = await besides()
  const { world, honest, cheat } = all
  const [anna, ben] = honest as [SimNode, SimNode]
  const heard = new Map<string, Frame[]>()
  const note = world.onFrame
  world.onFrame = (node, link, frame) => {
    note(node, link, frame)
    if (node !== cheat.node) return
    heard.set(frame.type, [...(heard.get(frame.type) ?? []), frame])
  }
  const isOf = (room: RoomId) => (frame: Frame) => hex(encodeFrame(frame)).includes(room)
  world.command(anna, { do: 'create', room: 'ours', private: true, invite: [ben.name] })
  await world.run(3000)
  world.command(ben, { do: 'join', room: 'ours' })
  await world.run(3000)
  const room = [...anna.core.views.ids()].find((id) => anna.core.views.room(id)?.type === 'private')!
  expect(anna.core.views.room(room)?.members.size).toBe(2)
  const say = async (text: string) => {
    world.command(anna, { do: 'say', room: 'ours', text })
    world.command(ben, { do: 'say', room: 'ours', text })
    await world.run(100)
  }
  for (let i = 0; i < 5; i++) {
    cheat.numberless()
    await say(`among us ${i}`)
    await world.run(10_000)
  }
  expect([...heard.values()].flat().filter(isOf(room))).toEqual([])
  // It has learned the id all the same, as that of a talk can be computed.
  let end: LaneEnd = { lane: newControlLane(world.crypto), n: 0, prev: LANE_START }
  for (let i = 0; i < 40; i++) {
    end = cheat.intrude(room, end)
    await say(`in company ${i}`)
  }
  await world.run(3000)
  expect((heard.get('witness') ?? []).filter(isOf(room))).toEqual([])
  expect(ben.of('message').filter(({ text }) => text.startsWith('in company')).length).toBeGreaterThan(20)
})

test('six days ahead pushes the room’s order on, and answers still stand behind what they answer', async () => {
  const all = await besides()
  all.cheat.misdate('from the future', 6 * DAY_MS)
  await all.world.run(1000)
  say(all, all.honest[1]!, 'an answer')
  await all.world.run(1000)
  say(all, all.honest[2]!, 'another')
  await atPeace(all)
  for (const { core } of all.honest) {
    const lines = await core.readLines([all.cheat.general], 50)
    expect(lines.map(({ message }) => message.text)).toEqual(['from the future', 'an answer', 'another'])
    // What they said they said now: only the order was pushed.
    for (const { message } of lines.slice(1))
      expect(Math.abs(message.ts - all.world.wall0)).toBeLessThan(DAY_MS)
  }
})

test('sixty days ahead is shown to nobody and pushes nothing', async () => {
  const all = await besides()
  all.cheat.misdate('held', 60 * DAY_MS)
  say(all, all.honest[1]!, 'now')
  await atPeace(all)
  for (const { core } of all.honest) {
    const lines = await core.readLines([all.cheat.general], 50)
    expect(lines.map(({ message }) => message.text)).toEqual(['now'])
    const t = Number.parseInt(lines[0]!.message.order.slice(0, 12), 16)
    expect(Math.abs(t - all.world.wall0)).toBeLessThan(DAY_MS)
  }
})

test('old frames sent again change nothing, are told to nobody, and are no fault', async () => {
  const all = await besides()
  for (const node of all.honest) say(all, node, `from ${node.name}`)
  await all.world.run(3000)
  const before = all.honest.map((node) => node.events.length)
  all.cheat.replay(20)
  await atPeace(all, 10_000)
  expect(all.honest.map((node) => node.events.length)).toEqual(before)
  expect(all.faults).toEqual([])
})

test('a flood over its credit takes nothing from others: their words are stored at once', async () => {
  const all = await besides()
  const { world, hub, honest, cheat } = all
  const toHub = cheat.peers().find(({ peer }) => peer === hub)!
  cheat.flood(toHub.link, 400)
  const author = honest.find((node) => node !== hub)!
  const from = world.now
  say(all, author, 'calm')
  await world.until(() => author.of('ack').length > 0, 5000)
  expect(world.now - from).toBeLessThan(500)
  await world.run(1000)
  // What the credit covered, and what has grown back since.
  const flooded = hub.texts().filter((text) => text.startsWith('flood')).length
  expect(flooded).toBeLessThanOrEqual(40 + 20)
  await atPeace(all)
})

const ways: readonly [string, (all: Besides) => void][] = [
  [
    'sent live',
    ({ cheat, hub }) => {
      for (const run of cheat.monologue(500)) cheat.send(cheat.linkTo(hub), live(packRun(run)))
    },
  ],
  [
    'sent as what was asked for',
    ({ cheat, hub }) => {
      for (const run of cheat.monologue(500))
        cheat.send(cheat.linkTo(hub), { type: 'runs', runs: [packRun(run)] })
    },
  ],
  [
    'offered, and pulled',
    ({ cheat, hub }) => {
      const entries = cheat.hold(cheat.monologue(500))
      cheat.send(cheat.linkTo(hub), { type: 'offer', room: fromHex(cheat.general), entries })
    },
  ],
  [
    'told to the hub, and pulled',
    ({ cheat, hub }) => {
      cheat.send(cheat.linkTo(hub), cheat.push(cheat.hold(cheat.monologue(500))))
    },
  ],
  [
    'told to all but the hub, and pulled',
    ({ cheat, hub }) => {
      const page = cheat.push(cheat.hold(cheat.monologue(500)))
      for (const { link, peer } of cheat.peers()) if (peer !== hub) cheat.send(link, page)
    },
  ],
  [
    'sent live and posted (AK-7)',
    ({ cheat, hub }) => {
      for (const run of cheat.monologue(500)) cheat.send(cheat.linkTo(hub), live(packRun(run)))
      cheat.flood(cheat.linkTo(hub), 500)
    },
  ],
  [
    'in a lane for each, to all in all ways',
    ({ cheat }) => {
      for (let i = 0; i < 500; i++) {
        const run = cheat.lines(cheat.newLane(), [`flood ${i}`])
        const { link } = cheat.peers()[i % cheat.peers().length]!
        cheat.send(link, i % 2 === 0 ? live(packRun(run)) : { type: 'runs', runs: [packRun(run)] })
      }
    },
  ],
]

for (const [way, flood] of ways)
  test(`LV-18: lines over the measure, ${way}, are not all shown at once`, async () => {
    // A burst at each node told, and what was granted.
    const most = way.includes(' all ways') || way.includes('posted') ? 150 : 100
    const all = await besides()
    const { world, hub, honest } = all
    const flooded = (node: SimNode) => node.texts().filter((text) => text.startsWith('flood')).length
    flood(all)
    await world.run(2000)
    const others = honest.filter((node) => node !== hub)
    for (const node of honest) expect(flooded(node)).toBeLessThan(most)
    expect(Math.max(...others.map(flooded))).toBeGreaterThan(0)
    expect(all.faults).toEqual([])
    if (!way.includes('pulled')) return atPeace(all)
    // Nothing valid is refused for good: the rest comes at the rate, in order.
    await world.run(75_000)
    for (const node of honest)
      expect(node.texts().filter((text) => text.startsWith('flood'))).toEqual(
        Array.from({ length: 500 }, (_, i) => `flood ${i}`),
      )
    expect(all.honest.map(({ core }) => core.omissions)).toEqual([0, 0, 0, 0, 0])
    await atPeace(all)
  })

test('a signature that does not hold, or another’s name, is kept and shown nowhere, and costs the link', async () => {
  const all = await besides()
  const victim = all.honest[3]!
  const bad = [
    all.cheat.forge('not signed'),
    all.cheat.forge('in your name', victim),
    all.cheat.forge('again'),
  ]
  await atPeace(all, 20_000)
  for (const { core, events } of all.honest) {
    for (const id of bad) expect(core.replica.find(id)).toBeUndefined()
    expect(events.filter((event) => event.type === 'message')).toEqual([])
  }
  expect(all.faults.length).toBeGreaterThanOrEqual(3)
  expect(all.hub.refuses(all.cheat.node.key)).toBe(true)
})

test('any age claimed in hello among people who have met makes their place grown, and tears nothing: who comes later still finds the others', async () => {
  const all = await besides(({ node }) => {
    node.place = { ...node.place!, age: 0xffffffff }
  }, 8000)
  await atPeace(all, 10_000)
  const late = all.world.add()
  await all.world.start(late)
  await atPeace(all)
  say(all, late, 'found you')
  await all.world.run(2000)
  for (const node of all.honest) expect(node.texts()).toContain('found you')
})
