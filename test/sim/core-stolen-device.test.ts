/**
 * A stolen device deletes all that its person wrote, is unlinked with a cut before that, and a hub that helps it gives newcomers
 * these messages without bodies: they ask others for them (rule EV-20).
 */
import { afterEach, expect, test, vi } from 'vitest'
import { WantedBodies } from '../../src/node/wanted-bodies.ts'
import { generalRoom } from '../../src/wire/ids.ts'
import { lie } from './core-hostile-hub.ts'
import { type SimNode, World } from './core-world.ts'

afterEach(() => void vi.restoreAllMocks())

/** anna, whose phone is stolen, a hostile hub and ben; all of them are up but the phone, which is gone for good. */
async function robbed(seed: number) {
  const world = new World({ seed })
  for (let i = 0; i < 4; i++) await world.start(world.add())
  const { nodes } = world
  const isTogether = () => nodes.every(({ core }) => core.isReady) && world.hubs().length === 1
  expect(await world.until(isTogether, 20_000)).toBe(true)
  await world.run(10_000)
  const hub = world.hubs()[0]!
  const [anna, phone, ben] = nodes.filter((node) => node !== hub) as [SimNode, SimNode, SimNode]
  world.command(phone, { do: 'linkAsk', who: anna.core.people.who(anna.key).name })
  await world.run(2000)
  world.command(anna, { do: 'linkAccept', who: phone.key })
  const isLinked = () => nodes.every(({ core }) => core.views.personOf(phone.key) === anna.key)
  expect(await world.until(isLinked, 10_000)).toBe(true)
  world.command(anna, { do: 'create', room: 'lab' })
  await world.run(2000)
  for (const node of [ben, hub]) world.command(node, { do: 'join', room: 'lab' })
  await world.run(2000)
  world.command(anna, { do: 'create', room: 'safe', private: true, invite: [ben.name] })
  await world.run(2000)
  world.command(ben, { do: 'join', room: 'safe' })
  await world.run(2000)
  const texts = ['<one>', '<two>', '<three>']
  for (const room of ['general', 'lab', 'safe'])
    for (const text of texts) {
      world.command(anna, { do: 'say', room, text })
      await world.run(500)
    }
  world.command(anna, { do: 'say', room: 'general', text: '<deleted by herself>' })
  await world.run(3000)
  const mine = anna.of('sent')
  const own = mine.find(({ text }) => text === '<deleted by herself>')!
  world.command(anna, { do: 'erase', room: 'general', message: own.id })
  await world.run(3000)
  // Anna does not hear of what it does until she has unlinked it.
  for (const other of [hub, phone, ben]) world.cut(anna, other)
  await world.run(3000)
  for (const { id, room } of mine.filter(({ text, room }) => room !== 'safe' && texts.includes(text!)))
    world.command(phone, { do: 'erase', room: room!, message: id })
  world.command(phone, { do: 'delete', room: 'safe' })
  await world.run(3000)
  const general = generalRoom(world.crypto, world.net)
  const shown = async (node: SimNode, room = general) =>
    (await node.core.readLines([room], 100)).map(({ message }) => message.text)
  expect(await shown(ben)).toEqual([])
  world.command(anna, { do: 'unlink', who: phone.key })
  await world.run(1000)
  world.kill(phone)
  world.heal()
  const isUnlinked = () => [hub, ben].every(({ core }) => core.views.network().devices.isRemoved(phone.key))
  expect(await world.until(isUnlinked, 60_000)).toBe(true)
  await world.run(5000)
  expect(await shown(ben)).toEqual(texts)
  const ofType = (type: string) =>
    [...ben.core.views.ids()].find((id) => ben.core.views.room(id)?.type === type)!
  const [lab, safe] = [ofType('public'), ofType('private')]
  expect(await shown(ben, safe)).toEqual(texts)
  return { world, hub, anna, ben, texts, general, lab, safe, shown }
}

/** Somebody new, who reaches nobody but the hub until they have what that gives them. */
async function newcomer({ world, hub, anna, ben, general }: Awaited<ReturnType<typeof robbed>>) {
  lie(world, hub, 'leaves out the bodies of one author', anna)
  const late = world.add()
  for (const other of [anna, ben]) world.cut(late, other)
  await world.start(late)
  const lanes = () => [...late.core.replica.lanes(general, 1, anna.key)]
  expect(await world.until(() => late.core.isReady && lanes().some(({ n }) => n > 0), 60_000)).toBe(true)
  world.command(late, { do: 'join', room: 'lab' })
  await world.run(10_000)
  world.heal()
  return late
}

test('a newcomer gets what a stolen device deleted, though the hub leaves it out, and is told it', async () => {
  for (const seed of [1, 2]) {
    const scene = await robbed(seed)
    const { world, ben, texts, lab, shown } = scene
    const late = await newcomer(scene)
    await world.run(240_000)
    expect(await shown(late), `seed ${seed}`).toEqual(texts)
    expect(await shown(late, lab)).toEqual(texts)
    expect(await shown(ben)).toEqual(texts)
    for (const text of texts) expect(late.of('message').filter((line) => line.text === text)).toHaveLength(2)
    // What she deleted herself is asked for by nobody.
    expect([...late.core.replica.bare.places()]).toEqual([])
    expect(world.violations).toEqual([])
  }
})

/** What ben is shown of the private room, who lost all that was on his disk. */
async function emptied(scene: Awaited<ReturnType<typeof robbed>>) {
  const { world, hub, anna, ben, safe, shown } = scene
  lie(world, hub, 'leaves out the bodies of one author', anna)
  world.cut(ben, anna)
  await world.restore(ben, { at: world.now, entries: [] })
  const lanes = () => [...ben.core.replica.lanes(safe, 0, anna.key)]
  expect(await world.until(() => ben.core.isReady && lanes().some(({ n }) => n > 0), 60_000)).toBe(true)
  await world.run(10_000)
  world.heal()
  await world.run(300_000)
  return await shown(ben, safe)
}

test('a member who lost everything reads a private room again that a stolen device had deleted, though the hub leaves out its keys', async () => {
  const scene = await robbed(1)
  expect(await emptied(scene)).toEqual(scene.texts)
})

test('without asking others neither would', async () => {
  vi.spyOn(WantedBodies.prototype, 'tick').mockImplementation(() => {})
  const scene = await robbed(1)
  const late = await newcomer(scene)
  await scene.world.run(240_000)
  expect(await scene.shown(late)).toEqual([])
  expect(await emptied(await robbed(1))).toEqual([])
})
