/** A hub that lies: its members stay alive and small, knock at few doors, and go on once an honest hub is there. */
import { createServer, type Server } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { nodeCrypto } from '../../src/node/crypto.ts'
import { fromHex } from '../../src/wire/bytes.ts'
import type { Frame } from '../../src/wire/frames.ts'
import { HAVE_PAGE_ENTRIES_MAX, ROSTER_PAGE_KEYS_MAX } from '../../src/wire/limits.ts'
import type { Chat } from '../e2e/loopback.ts'
import { Held } from '../lab/held.ts'
import { type Attacker, repeat, Scene } from './attack.ts'
import { EPOCH, LyingHub } from './lying-hub.ts'

const scene = new Scene()
const hub = new LyingHub(scene)
let member: Chat
let link: Attacker
let held: Held

beforeAll(async () => {
  await hub.open()
  member = await scene.member('member', '--never-hub', '--log-level', 'info')
  held = await Held.of(member.process)
  link = await hub.arrival
})
afterAll(async () => {
  await hub.close()
  await scene.close()
})

/** Sends frames as fast as they are read; resolves once the member has taken all of them: what more it holds, MiB. */
async function push(count: number, make: (i: number) => Frame): Promise<number> {
  const before = await held.mib()
  await link.pushAll(repeat(count, make))
  await hub.taken(link)
  return (await held.mib()) - before
}

/** The middle of what five rounds add: pieces of freed memory come and go, and what is remembered in every round. MiB. */
async function growth(count: number, make: (i: number) => Frame): Promise<number> {
  const rounds: number[] = []
  for (let round = 0; round < 5; round++) rounds.push(await push(count, make))
  return rounds.sort((a, b) => a - b)[2]!
}

describe('a member of a hub that lies', () => {
  it('follows it, for want of another', async () => {
    expect(await member.event('ready')).toMatchObject({ epoch: EPOCH })
  })

  it('dials back few of the addresses it is told', async () => {
    let dialled = 0
    const target = await new Promise<Server>((resolve) => {
      const server = createServer((socket) => {
        dialled++
        socket.on('error', () => {})
        socket.destroy()
      }).listen(0, '127.0.0.1', () => resolve(server))
    })
    const { port } = target.address() as { port: number }
    await push(1000, (i) => ({
      type: 'dialBack',
      token: i,
      key: nodeCrypto.random(32),
      addresses: Array.from({ length: 8 }, (_, k) => `127.${k}.${i % 250}.${1 + (i % 250)}:${port}`),
    }))
    await push(500, (i) => ({
      type: 'beacon',
      epoch: i,
      line: nodeCrypto.random(5 * 41),
      addresses: ['x', `127.9.9.${i % 250}:${port}`, '[::1]:99999', 'name.invalid:1', '127.0.0.1:0'],
    }))
    target.close()
    expect(dialled).toBeLessThan(60)
    expect(scene.bugs(member.process)).toEqual([])
  })

  it('remembers no crowd that is too large to be true', async () => {
    expect(
      await growth(60, () => ({
        type: 'roster',
        keys: nodeCrypto.random(32 * ROSTER_PAGE_KEYS_MAX),
        first: false,
      })),
    ).toBeLessThan(8)
    expect(scene.bugs(member.process)).toEqual([])
  })

  it('remembers no rooms, offers or witnesses that come to nothing', async () => {
    const room = fromHex(scene.general)
    const rooms = (): Frame => ({
      type: 'have',
      entries: nodeCrypto.random(33 * HAVE_PAGE_ENTRIES_MAX),
      last: true,
    })
    expect(await growth(60, rooms)).toBeLessThan(8)
    const lanes = () =>
      Buffer.concat(Array.from({ length: 512 }, () => Buffer.concat([hub.signer.key, nodeCrypto.random(32)])))
    const offer = (): Frame => ({ type: 'offer', room, entries: new Uint8Array(lanes()) })
    expect(await growth(200, offer)).toBeLessThan(8)
    expect(scene.bugs(member.process)).toEqual([])
  })

  it('remembers nobody of whom it is only told', async () => {
    const room = fromHex(scene.general)
    const self = fromHex((await member.event('ready')).self.id)
    const key = () => nodeCrypto.random(32)
    const told: (() => Frame)[] = [
      () => ({ type: 'presence', key: key(), online: true }),
      () => ({ type: 'mode', key: key(), mode: 1, text: 'x'.repeat(200) }),
      () => ({ type: 'typing', room, key: key() }),
      () => ({ type: 'markerAsk', room, key: key() }),
      () => ({
        type: 'marker',
        room,
        key: key(),
        to: self,
        held: nodeCrypto.random(192),
        read: nodeCrypto.random(70),
      }),
      () => ({ type: 'ack', room, entries: nodeCrypto.random(12 * 16) }),
      () => ({ type: 'refused', id: key(), code: 'BANNED' }),
    ]
    expect(await growth(4000, (i) => told[i % told.length]!())).toBeLessThan(8)
    expect(scene.bugs(member.process)).toEqual([])
  })

  it('still takes what is typed, and answers', async () => {
    member.type({ text: 'are you there', ref: 'x' })
    await member.event('sent', ({ ref }) => ref === 'x')
    expect(await member.ask({ command: '/rooms' })).toMatchObject({ type: 'result' })
  })
})
