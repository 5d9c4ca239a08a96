/** What a modified program says again and again is told once, and what it says about others not at all. */
import { beforeEach, describe, expect, it } from 'vitest'
import { fromHex } from '../../src/wire/bytes.ts'
import { encodeBody } from '../../src/wire/codec.ts'
import { signCounter } from '../../src/wire/device.ts'
import { generalRoom, NETWORK_ROOM, type RoomId } from '../../src/wire/ids.ts'
import { type BodyValue, kindNumber } from '../../src/wire/kinds.ts'
import type { SimNode } from '../sim/core-node.ts'
import { World } from '../sim/core-world.ts'

let world: World
let anna: SimNode
let ben: SimNode
let mean: SimNode

beforeEach(async () => {
  world = new World({ seed: 1 })
  ;[anna, ben, mean] = [world.add(), world.add(), world.add()]
  const all = [anna, ben, mean]
  for (const node of all) await world.start(node)
  await world.until(() => all.every((node) => node.of('ready').length > 0), 20_000)
})

/** Writes an event as it is. */
function write(node: SimNode, room: RoomId, value: BodyValue): void {
  const body = encodeBody(world.crypto.random(16), value)
  world.act(node, (core) => core.write(room, [{ kind: kindNumber(value.kind), body: () => body }], () => {}))
}

describe('a question to be somebody’s device', () => {
  const ask = (node: SimNode) =>
    write(node, NETWORK_ROOM, {
      kind: 'device',
      device: fromHex(anna.key),
      link: false,
      counter: signCounter(node.signer, node.key, anna.key),
      cuts: new Uint8Array(0),
    })
  const asked = () => anna.of('system').filter(({ event }) => event === 'link').length

  it('is told once in a while, however often it is asked', async () => {
    for (let i = 0; i < 20; i++) ask(mean)
    await world.run(3000)
    expect(asked()).toBe(1)
    ask(ben)
    await world.run(60_000)
    expect(asked()).toBe(2)
    ask(mean)
    await world.run(3000)
    expect(asked()).toBe(3)
  })

  it('of somebody who is blocked is not told', async () => {
    world.act(anna, (core) => core.blocks.set(mean.key, true))
    ask(mean)
    await world.run(3000)
    expect(asked()).toBe(0)
  })
})

it('what its author deleted from another device is not told as deleted again when somebody else says so', async () => {
  world.command(ben, { do: 'say', room: 'general', text: 'hello' })
  await world.until(() => anna.of('message').length > 0)
  const { id } = anna.of('message')[0]!
  const general = generalRoom(world.crypto, anna.core.replica.net)
  const erase: BodyValue = { kind: 'erase', targets: fromHex(id) }
  write(ben, general, erase)
  await world.run(2000)
  const told = () => anna.of('delete').length
  expect(told()).toBe(1)
  for (let i = 0; i < 5; i++) write(mean, general, erase)
  await world.run(3000)
  expect(told()).toBe(1)
})

describe('who comes and goes without end, or takes ever new names,', () => {
  let lab: RoomId
  const steps = () => anna.of('system').filter(({ event }) => event === 'join' || event === 'leave')
  const names = () => anna.of('system').filter(({ event }) => event === 'nick')
  const join = () => write(mean, lab, { kind: 'join', lifts: new Uint8Array(0) })
  const leave = () => write(mean, lab, { kind: 'leave' })
  const call = (nick: string) => write(mean, NETWORK_ROOM, { kind: 'profile', nick, boxKey, about: '' })
  let boxKey: Uint8Array

  beforeEach(async () => {
    boxKey = world.crypto.random(32)
    world.command(anna, { do: 'create', room: 'lab' })
    await world.run(1000)
    lab = [...anna.core.views.ids()].find((each) => anna.core.views.room(each)?.name === 'lab')!
  })

  it('is told of ten times in a minute', async () => {
    for (let i = 0; i < 9; i++) {
      join()
      leave()
      call(`mean${2 * i}`)
      // Of names that come in one turn the last is told.
      await world.run(100)
      call(`mean${2 * i + 1}`)
      await world.run(1000)
    }
    expect([steps().length, names().length]).toEqual([10, 10])
    await world.run(60_000)
    // They are as gone as was told last.
    expect(steps()).toHaveLength(10)
    join()
    await world.run(1000)
    expect(steps()).toHaveLength(11)
  })

  it('is told as they are then once the minute is over, from what was told last', async () => {
    for (let i = 0; i < 8; i++) {
      join()
      leave()
    }
    join()
    await world.run(1000)
    expect(steps().map(({ event }) => event)).toEqual(Array(5).fill(['join', 'leave']).flat())
    await world.run(60_000)
    expect(steps().at(-1)).toMatchObject({ event: 'join', room: 'lab', user: { id: mean.key } })
    expect(steps()).toHaveLength(11)

    for (let i = 0; i < 14; i++) {
      call(`mean${i}`)
      await world.run(100)
    }
    expect(names()).toHaveLength(10)
    await world.run(60_000)
    expect(names().at(-1)).toMatchObject({ was: 'mean9', user: { name: 'mean13' } })
    expect(names()).toHaveLength(11)
    await world.run(120_000)
    expect([steps().length, names().length]).toEqual([11, 11])
  })

  it('and is blocked meanwhile, is not told of behind the minute', async () => {
    for (let i = 0; i < 8; i++) {
      join()
      leave()
    }
    join()
    for (let i = 0; i < 14; i++) {
      call(`mean${i}`)
      await world.run(100)
    }
    world.act(anna, (core) => core.blocks.set(mean.key, true))
    await world.run(61_000)
    expect([steps().length, names().length]).toEqual([10, 10])
  })
})
