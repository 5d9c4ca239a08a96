/** Whoever has no profile any more, for they forked what said it, keeps nobody from writing in a private room (SE-6). */
import { expect, it } from 'vitest'
import type { Command } from '../../src/node/index.ts'
import { encodeBody } from '../../src/wire/codec.ts'
import { LANE_START, packRun, signRun } from '../../src/wire/event.ts'
import { NETWORK_ROOM } from '../../src/wire/ids.ts'
import { kindNumber } from '../../src/wire/kinds.ts'
import { Cheat, live } from '../sim/core-cheats.ts'
import { World } from '../sim/core-world.ts'

it('a member who has forked their profile away is left out, and can be put out, and the others go on', async () => {
  const world = new World({ seed: 1 })
  const [anna, ben] = [world.add(), world.add()]
  const cheat = new Cheat(world)
  const all = [anna, ben, cheat.node]
  for (const node of all) await world.start(node)
  await world.until(() => all.every((node) => node.of('ready').length > 0), 20_000)
  const nicks = [ben, cheat.node].map(({ key }) => anna.core.people.nick(key))
  world.command(anna, { do: 'create', room: 'lab', private: true, invite: nicks })
  await world.run(3000)
  for (const node of [ben, cheat.node]) world.command(node, { do: 'join', room: 'lab' })
  await world.run(3000)
  world.command(ben, { do: 'say', room: 'lab', text: 'before' })
  await world.until(() => anna.texts().includes('before'))
  expect(cheat.node.texts()).toContain('before')

  // Another event in the place of the one that its profile is.
  const profile = [...cheat.node.core.replica.lanes(NETWORK_ROOM, 0, cheat.node.key)][0]!
  const at = cheat.wall()
  const body = encodeBody(world.crypto.random(16), { kind: 'leave' })
  const { crypto, net } = world
  const place = { net, room: NETWORK_ROOM, lane: profile.lane, n: 0, prev: LANE_START }
  const branch = signRun(crypto, cheat.node.signer, place, [{ kind: kindNumber('leave'), at, t: at, body }])
  cheat.sendAll(live(packRun(branch)))
  await world.until(() => [anna, ben].every(({ core }) => !core.people.boxKey(cheat.node.key)))
  expect(anna.core.people.boxKey(cheat.node.key)).toBeUndefined()

  // It might just be on its way.
  const early = world.command(ben, { do: 'say', room: 'lab', text: 'early' })
  await world.run(1000)
  expect(ben.answers.get(early)).toMatchObject({ code: 'KEY_MISSING' })
  await world.run(10_000)
  world.command(ben, { do: 'say', room: 'lab', text: 'after' })
  await world.until(() => anna.texts().includes('after'), 10_000)
  expect(anna.texts()).toContain('after')
  expect(cheat.node.texts()).not.toContain('after')
  const ban: Command = { do: 'ban', room: 'lab', who: cheat.node.key, reason: 'forked' }
  world.command(anna, ban)
  await world.run(1000)
  const views = [...ben.core.views.ids()].map((room) => ben.core.views.room(room))
  expect(views.find((view) => view?.type === 'private')?.bans.map(({ target }) => target)).toEqual([
    cheat.node.key,
  ])
})
