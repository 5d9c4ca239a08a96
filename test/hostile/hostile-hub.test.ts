/** A hub that lies: its members stay alive and small, knock at few doors, and go on once an honest hub is there. */
import { createServer, type Server } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { nodeCrypto, signerOf } from '../../src/node/crypto.ts'
import { type Listener, listen } from '../../src/node/io/listen.ts'
import { fromHex } from '../../src/wire/bytes.ts'
import { encodeFrame } from '../../src/wire/codec.ts'
import type { Frame } from '../../src/wire/frames.ts'
import { nameHint, pskOf } from '../../src/wire/ids.ts'
import { HAVE_PAGE_ENTRIES_MAX, ROSTER_PAGE_KEYS_MAX } from '../../src/wire/limits.ts'
import type { Chat } from '../e2e/loopback.ts'
import { Attacker, beat, Scene } from './attack.ts'

const scene = new Scene()
const signer = signerOf(nodeCrypto.random(32))
let listener: Listener
let member: Chat
let link: Attacker
let beating: NodeJS.Timeout
let counter = 0

beforeAll(async () => {
  let arrived: (attacker: Attacker) => void
  const arrival = new Promise<Attacker>((resolve) => {
    arrived = resolve
  })
  scene.place = nodeCrypto.random(8)
  listener = await listen({
    psk: pskOf(nodeCrypto, new Uint8Array(32)),
    nn: nameHint(nodeCrypto, scene.loopback.network),
    port: 0,
    host: '127.0.0.1',
    signer,
    hello: () => ({ ...scene.hello(), role: 1, port: listener.port }),
    onLink: (opened) => {
      const attacker = new Attacker(scene, opened, signer)
      scene.attackers.push(attacker)
      attacker.onFrame = (frame) => {
        if (frame.type === 'join')
          attacker.send({ type: 'joined', at: frame.at, epoch: 2 ** 32 - 1 }, claim())
        if (frame.type === 'who') attacker.send({ type: 'whoIs', hub: signer.key, address: '' })
      }
      attacker.send(claim(), { type: 'have', entries: new Uint8Array(0), last: true })
      arrived(attacker)
    },
  })
  beating = setInterval(() => {
    for (const attacker of scene.attackers) attacker.send(claim())
  }, 300)
  scene.port = listener.port
  member = await scene.member('member', '--never-hub', '--log-level', 'info')
  link = await arrival
})
afterAll(async () => {
  clearInterval(beating)
  await listener.close()
  await scene.close()
})

const claim = () => beat({ counter: ++counter, state: 3, upstream: signer.key, epoch: 2 ** 32 - 1, flags: 1 })

/** Sends frames as fast as they are read; resolves once the member has taken all of them: what it grew by, MiB. */
async function push(count: number, make: (i: number) => Frame): Promise<number> {
  const before = scene.rss(member.process)
  for (let i = 0; i < count && link.isOpen; i++) await link.push(encodeFrame(make(i)))
  const heard = link.frame('hears')
  link.send({ type: 'hear', hub: signer.key })
  await heard
  return scene.rss(member.process) - before
}

/** The middle of what five rounds grow by: heaps grow by leaps, and what is remembered in every round. MiB. */
async function growth(count: number, make: (i: number) => Frame): Promise<number> {
  const rounds: number[] = []
  for (let round = 0; round < 5; round++) rounds.push(await push(count, make))
  return rounds.sort((a, b) => a - b)[2]!
}

describe('a member of a hub that lies', () => {
  it('follows it, for want of another', async () => {
    expect(await member.event('ready')).toMatchObject({ epoch: 2 ** 32 - 1 })
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
      Buffer.concat(Array.from({ length: 512 }, () => Buffer.concat([signer.key, nodeCrypto.random(32)])))
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
