/**
 * What expired is erased, over 224 days (rules EV-14 to EV-16): nothing of it comes back with somebody who returns late with
 * an old store, and nothing else is erased (INV-17, INV-27). Machines are off between the days that are played.
 */
import { expect, test } from 'vitest'
import { parseRun, type VerifiedRun, verifyRun } from '../../src/wire/event.ts'
import { generalRoom, type RoomId } from '../../src/wire/ids.ts'
import { PERIOD_MS } from '../../src/wire/limits.ts'
import { differing } from './core-checks.ts'
import { type SimNode, World } from './core-world.ts'
import { roomText } from './view-text.ts'

const DAY_MS = 86_400_000
const RETENTION_MS = 180 * DAY_MS
const STEP_DAYS = 14

class Year {
  readonly world = new World({ seed: 1 })
  readonly room = generalRoom(this.world.crypto, this.world.net)
  /** What was said in general, and when. */
  readonly said: { readonly text: string; readonly wall: number }[] = []
  day = 0

  get wall(): number {
    return this.world.wall0 + this.world.now + this.day * DAY_MS
  }

  /** The evening of one day and the morning of a later one; only these come. */
  async comes(day: number, nodes: readonly SimNode[]): Promise<void> {
    const { world } = this
    for (const node of world.nodes) if (node.isUp) world.kill(node)
    this.day = day
    for (const node of world.nodes) node.clockOffset = day * DAY_MS
    for (const node of nodes) await world.start(node)
    const isTogether = () => nodes.every(({ core }) => core.isReady) && world.hubs().length === 1
    expect(await world.until(isTogether, 15_000)).toBe(true)
    // Vectors are compared, and what is due goes, a slice with each tick.
    await world.run(8000)
  }

  async says(node: SimNode, text: string, room = 'general'): Promise<string> {
    this.world.command(node, { do: 'say', room, text })
    const isSaid = () => node.of('sent').some((sent) => sent.text === text)
    expect(await this.world.until(isSaid, 5000)).toBe(true)
    if (room === 'general') this.said.push({ text, wall: this.wall })
    return node.of('sent').find((sent) => sent.text === text)!.id
  }

  /** Texts of general that may still be shown, in any order. */
  valid(): string[] {
    const endsAt = (wall: number) => (Math.floor(wall / PERIOD_MS) + 1) * PERIOD_MS + RETENTION_MS
    return this.said.flatMap(({ text, wall }) => (endsAt(wall) >= this.wall ? [text] : [])).sort()
  }

  async shown(node: SimNode): Promise<string[]> {
    const lines = await node.core.readLines([this.room], 1000)
    return lines.map(({ message }) => message.text).sort()
  }
}

/** Does the text lie in its store? */
const holds = (node: SimNode, text: string) =>
  node.store.snapshot().some(([, value]) => Buffer.from(value).includes(text))

test('who returns after half a year with an old store brings nothing back, and loses nothing that is valid', async () => {
  const year = new Year()
  const { world } = year
  const [anna, ben, brief, late] = [world.add(), world.add(), world.add(), world.add()]
  let secretId = ''
  for (let day = 0; day <= 210; day += STEP_DAYS) {
    const here = [anna, ben]
    if (day < 98 || day >= 126) here.push(brief)
    if (day < 28 || day === 210) here.push(late)
    await year.comes(day, here)
    if (day === 0) {
      world.command(anna, { do: 'create', room: 'lab' })
      await world.run(1000)
      for (const node of [ben, brief, late]) world.command(node, { do: 'join', room: 'lab' })
      await world.run(2000)
      secretId = await year.says(anna, '<secret>')
      year.said.pop()
    }
    for (const node of here) {
      await year.says(node, `<${day} ${node.name}>`)
      if (day < 98) await year.says(node, `<lab ${day} ${node.name}>`, 'lab')
    }
    await world.run(3000)
    if (day === 14) {
      // Cut off from all others, on its last day for long: nobody else has this.
      await year.comes(28, [late])
      await year.says(late, '<only late>')
      await world.run(1000)
      expect(holds(late, '<secret>')).toBe(true)
    }
    if (day === 42) world.command(anna, { do: 'erase', room: 'general', message: secretId })
    if (day === 98) world.command(anna, { do: 'delete', room: 'lab' })
    // What is due is looked for once a minute: the week begins when the delete is seen so.
    await world.run(day === 98 || day === 126 ? 61_000 : 1000)
    if (day >= 56) for (const node of [anna, ben]) expect(holds(node, '<secret>')).toBe(false)
    if (day === 98) expect(holds(ben, '<lab 84 n1>')).toBe(true)
    // A week after the delete; who was away meanwhile brings nothing of it back, and has a week of its own.
    if (day >= 112) for (const node of [anna, ben]) expect(holds(node, '<lab ')).toBe(false)
    if (day === 126) expect(holds(brief, '<lab 84 n2>')).toBe(true)
    if (day >= 140) expect(holds(brief, '<lab ')).toBe(false)
    // Nothing is erased before its time: retention, the rest of its period, and a week.
    if (day <= 182) for (const node of [anna, ben]) expect(holds(node, '<0 n0>')).toBe(true)
  }
  await world.run(10_000)
  const everybody = [anna, ben, brief, late]
  expect(year.valid()).toContain('<only late>')
  expect(year.valid()).not.toContain('<0 n0>')
  expect(differing(everybody)).toBeUndefined()
  for (const node of everybody) {
    expect(await year.shown(node)).toEqual(year.valid())
    // What expired less than a week ago is not erased; nor is anything where the clock is believed in a week only (EV-16).
    if (node !== late)
      for (const text of ['<secret>', '<0 n0>', '<0 n3>'])
        expect([node.name, text, holds(node, text)]).toEqual([node.name, text, false])
    expect(holds(node, '<14 n0>')).toBe(true)
  }
  // It has seen only now that the room is deleted.
  expect([...late.core.views.ids()].filter((id) => late.core.views.room(id)?.deleted)).toHaveLength(1)
  await year.comes(224, everybody)
  expect(differing(everybody)).toBeUndefined()
  for (const node of everybody) {
    expect(await year.shown(node)).toEqual(year.valid())
    // Erased everywhere, also where it had lain all the time.
    for (const text of ['<secret>', '<lab ', '<14 ', '<0 ']) expect(holds(node, text)).toBe(false)
    expect(holds(node, '<28 n0>')).toBe(true)
  }
  expect(world.violations).toEqual([])
})

/** The sealed keys of a room that a node sees, and where in its store they lie. */
const keysOf = (node: SimNode, room: RoomId): Uint8Array[] =>
  [...node.core.views.controls(room)].flatMap(({ body }) => (body?.kind === 'key' ? [body.sealed] : []))
const holdsBytes = (node: SimNode, bytes: Uint8Array) =>
  node.store.snapshot().some(([, value]) => Buffer.from(value).includes(Buffer.from(bytes)))

test('the keys of a deleted room are gone from every store a week later, and from those that return later still', async () => {
  const year = new Year()
  const { world } = year
  const [anna, ben, stranger, late] = [world.add(), world.add(), world.add(), world.add()]
  const members = [anna, ben, late]
  const everybody = [anna, ben, stranger, late]
  await year.comes(0, everybody)
  const invite = [ben, late].map(({ core }) => core.people.who(core.me).name)
  world.command(anna, { do: 'create', room: 'safe', private: true, invite })
  await world.run(1000)
  for (const node of [ben, late]) world.command(node, { do: 'join', room: 'safe' })
  await world.run(2000)
  const room = [...anna.core.views.ids()].find((id) => anna.core.views.room(id)?.type === 'private')!
  for (const node of members) await year.says(node, `<safe of ${node.name}>`, 'safe')
  await world.run(3000)
  // Of those who go on, and of one whom the others will not have heard of.
  await year.comes(14, [late])
  await year.says(late, '<safe alone>', 'safe')
  await world.run(1000)
  const keys = keysOf(late, room)
  expect(keys.length).toBeGreaterThan(0)
  for (const node of everybody.slice(0, 3))
    for (const key of keysOf(anna, room)) expect(holdsBytes(node, key)).toBe(true)
  await year.comes(28, [anna, ben, stranger])
  world.command(anna, { do: 'delete', room: 'safe' })
  await world.run(61_000)
  await year.comes(42, [anna, ben, stranger])
  await world.run(61_000)
  for (const node of [anna, ben, stranger]) {
    for (const key of keys) expect(holdsBytes(node, key)).toBe(false)
    expect(node.core.private.openName(node.core.views.room(room)!)).toBeUndefined()
  }
  // Who has all of it comes back, and somebody who has nothing.
  const nobody = world.add()
  await year.comes(56, [...everybody, nobody])
  await world.run(61_000)
  expect(differing([...everybody, nobody])).toBeUndefined()
  expect(late.core.views.room(room)?.deleted).toBe(true)
  for (const key of keys) {
    expect(holdsBytes(late, key)).toBe(true)
    // Who has nothing may hear of the deletion first or last.
    for (const node of [anna, ben, stranger]) expect(holdsBytes(node, key)).toBe(false)
  }
  await year.comes(70, [...everybody, nobody])
  await world.run(61_000)
  for (const node of [...everybody, nobody]) {
    expect(node.core.views.room(room)?.deleted).toBe(true)
    for (const key of keys) expect(holdsBytes(node, key)).toBe(false)
  }
  expect(differing([...everybody, nobody])).toBeUndefined()
  expect(new Set(everybody.map(({ core }) => roomText(core.views.room(room)))).size).toBe(1)
  expect(world.violations).toEqual([])
})

test('what another device of its author deleted goes from the disks a week later though its own never returns, and what a moderator hid stays', async () => {
  const year = new Year()
  const { world } = year
  const [anna, phone, ben, late] = [world.add(), world.add(), world.add(), world.add()]
  const rest = [phone, ben, late]
  await year.comes(0, [anna, ...rest])
  world.command(phone, { do: 'linkAsk', who: anna.core.people.who(anna.key).name })
  await world.run(1000)
  world.command(anna, { do: 'linkAccept', who: phone.key })
  const isLinked = () => rest.every(({ core }) => core.views.personOf(phone.key) === anna.key)
  expect(await world.until(isLinked, 10_000)).toBe(true)
  world.command(ben, { do: 'create', room: 'lab' })
  await world.run(1000)
  for (const node of [anna, phone, late]) world.command(node, { do: 'join', room: 'lab' })
  await world.run(2000)
  await year.says(anna, '<kept>', 'lab')
  const secret = await year.says(anna, '<secret>', 'lab')
  await year.says(anna, '<also kept>', 'lab')
  const hidden = await year.says(late, '<hidden>', 'lab')
  await world.run(3000)
  // Anna's first device is gone for good from here on; one node comes back late.
  await year.comes(14, [phone, ben])
  world.command(phone, { do: 'erase', room: 'lab', message: secret })
  world.command(ben, { do: 'hide', room: 'lab', message: hidden, on: true })
  await world.run(61_000)
  for (const node of [phone, ben]) expect(holds(node, '<secret>')).toBe(true)
  const lab = [...ben.core.views.ids()].find((id) => ben.core.views.room(id)?.type === 'public')!
  const lanes = [...ben.core.replica.lanes(lab, 1, anna.key)]
  const whole = lanes.flatMap((lane) => ben.core.replica.runs.after(lane, 0, 1_000_000).runs)
  await year.comes(28, [phone, ben])
  await world.run(61_000)
  for (const node of [phone, ben]) {
    expect(holds(node, '<secret>')).toBe(false)
    for (const text of ['<kept>', '<also kept>', '<hidden>']) expect(holds(node, text)).toBe(true)
  }
  // It comes again, with others of its lane that were asked for: its week is over.
  for (const run of whole) {
    const parsed = parseRun(world.crypto, world.net, run)
    const good = typeof parsed === 'string' ? parsed : verifyRun(world.crypto, parsed)
    expect(typeof good).toBe('object')
    ben.core.replica.add(good as VerifiedRun)
  }
  ben.core.endTurn()
  await world.run(1000)
  expect(holds(ben, '<secret>')).toBe(false)
  // Who was away, with the body, and somebody who has nothing: neither brings it back, nor misses it.
  const nobody = world.add()
  await year.comes(42, [...rest, nobody])
  world.command(nobody, { do: 'join', room: 'lab' })
  await world.run(61_000)
  expect(differing([...rest, nobody])).toBeUndefined()
  for (const node of [phone, ben]) expect(holds(node, '<secret>')).toBe(false)
  await year.comes(56, [...rest, nobody])
  await world.run(61_000)
  const room = [...ben.core.views.ids()].find((id) => ben.core.views.room(id)?.type === 'public')!
  for (const node of [...rest, nobody]) {
    expect(holds(node, '<secret>')).toBe(false)
    const lines = await node.core.readLines([room], 100)
    expect(lines.map(({ message }) => message.text)).toEqual(['<kept>', '<also kept>'])
  }
  // Should she come back after all, she signs.
  await year.comes(70, [anna, ...rest, nobody])
  await world.run(10_000)
  expect(differing([anna, ...rest, nobody])).toBeUndefined()
  for (const node of [anna, ...rest, nobody]) expect(holds(node, '<secret>')).toBe(false)
  expect(world.violations).toEqual([])
})
