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

it('who comes and goes without end, or takes ever new names, is told of ten times in a minute', async () => {
  world.command(anna, { do: 'create', room: 'lab' })
  await world.run(1000)
  const lab = [...anna.core.views.ids()].find((each) => anna.core.views.room(each)?.name === 'lab')!
  const steps = () => anna.of('system').filter(({ event }) => event === 'join' || event === 'leave').length
  const names = () => anna.of('system').filter(({ event }) => event === 'nick').length
  const boxKey = world.crypto.random(32)
  for (let i = 0; i < 9; i++) {
    write(mean, lab, { kind: 'join', lifts: new Uint8Array(0) })
    write(mean, lab, { kind: 'leave' })
    write(mean, NETWORK_ROOM, { kind: 'profile', nick: `mean${2 * i}`, boxKey, about: '' })
    // Of names that come in one turn the last is told.
    await world.run(100)
    write(mean, NETWORK_ROOM, { kind: 'profile', nick: `mean${2 * i + 1}`, boxKey, about: '' })
    await world.run(1000)
  }
  expect([steps(), names()]).toEqual([10, 10])
  await world.run(60_000)
  write(mean, lab, { kind: 'join', lifts: new Uint8Array(0) })
  await world.run(1000)
  expect(steps()).toBe(11)
})
