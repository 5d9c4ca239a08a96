/** What a proved member may try with well-formed frames, at the hub and at another member: none of it works. */
import { createServer, type Server } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { nodeCrypto, signerOf } from '../../src/node/crypto.ts'
import type { NodeReport } from '../../src/node/report.ts'
import { concat, fromHex, uint } from '../../src/wire/bytes.ts'
import type { Run } from '../../src/wire/event.ts'
import type { Frame } from '../../src/wire/frames.ts'
import { madeRoom, NETWORK_ROOM, type PersonKey, personKey } from '../../src/wire/ids.ts'
import type { Chat } from '../e2e/loopback.ts'
import { type Attacker, beat, LINE_MS_MAX, randomKey, Scene } from './attack.ts'

const scene = new Scene()
let anna: Chat
let bert: Chat
let annaPort: number

beforeAll(async () => {
  await scene.open()
  ;[anna, bert] = await Promise.all([scene.member('anna'), scene.member('bert')])
  const answer = (await anna.ask({ command: '/doctor' })) as { data: NodeReport }
  annaPort = answer.data.port
  await scene.talk(anna, bert)
})
afterAll(() => scene.close())

const listening = (server: Server) =>
  new Promise<Server>((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)))
const portOf = (server: Server) => (server.address() as { port: number }).port

const broken = (run: Run): Run => ({
  ...run,
  signature: run.signature.map((byte, i) => (i === 9 ? byte ^ 4 : byte)),
})
const texts = (chat: Chat) => chat.events.flatMap((event) => (event.type === 'message' ? [event.text] : []))

describe('at the hub', () => {
  it('events of others are faults, and the third ends the link', async () => {
    const attacker = await scene.joined()
    const victim = signerOf(randomKey())
    const other = await scene.attacker({ signer: victim })
    for (let i = 0; i < 3; i++) attacker.send({ type: 'post', run: other.message('not mine') })
    expect(await attacker.closed).toMatchObject({ why: 'closed', code: 4012 })
    expect(attacker.refused?.code).toBe('FAULTS')
    const again = await scene.attacker({ signer: attacker.signer })
    expect(await again.closed).toMatchObject({ why: 'closed', code: 4013 })
    await scene.talk(anna, bert)
    expect(texts(bert)).not.toContain('not mine')
  })

  it('a bad signature ends the session of its author, and is shown to nobody', async () => {
    const attacker = await scene.joined()
    attacker.send({ type: 'post', run: broken(attacker.message('forged')) })
    expect(await attacker.closed).toMatchObject({ why: 'closed', code: 4023 })
    expect(attacker.refused?.code).toBe('SIGNATURE_INVALID')
    await scene.talk(anna, bert)
    expect(texts(bert)).not.toContain('forged')
    expect(texts(scene.hub)).not.toContain('forged')
  })

  it('what is posted into a private room of others is refused', async () => {
    const owner = await scene.joined()
    const salt = randomKey().subarray(0, 16)
    const room = madeRoom(nodeCrypto, scene.net, owner.key, salt)
    const create = {
      kind: 'create',
      type: 1,
      name: randomKey(),
      topic: '',
      max: 0,
      persons: owner.signer.key,
    } as const
    const acked = owner.frame('ack')
    owner.send({ type: 'post', run: owner.run(room, [create], { salt }) })
    await acked
    const attacker = await scene.joined()
    const refused = attacker.frame('refused')
    attacker.send({
      type: 'post',
      run: attacker.run(room, [{ kind: 'message', text: 'let me in', action: false, replyTo: null }]),
    })
    expect((await refused).code).toBe('NOT_MEMBER')
    expect(attacker.isOpen).toBe(true)
    // Nor is it told that the room exists, nor given what is in it.
    const vector = attacker.frame('vector')
    attacker.send({ type: 'ask', room: fromHex(room), class: 0, buckets: new Uint8Array(4096) })
    expect((await vector).entries.length).toBe(0)
  })

  it('more than the credit is refused by a code, and what was within it counts', async () => {
    const attacker = await scene.joined()
    const refused = attacker.frame('refused')
    for (let i = 0; i < 60; i++) attacker.send({ type: 'post', run: attacker.message(`spam ${i}`) })
    expect((await refused).code).toBe('RATE_LIMITED')
    await bert.event('message', ({ text }) => text === 'spam 0')
    expect(texts(bert)).not.toContain('spam 59')
  })

  it('nobody gets new credit by coming again and again', async () => {
    const signer = signerOf(randomKey())
    let posted = 0
    for (let i = 0; i < 20; i++) {
      const attacker = i % 5 === 0 ? await scene.joined({ signer }) : scene.attackers.at(-1)!
      if (i % 5 !== 0) {
        attacker.send({ type: 'goodbye' })
        await attacker.join()
      }
      for (let k = 0; k < 40; k++)
        attacker.send({ type: 'post', run: attacker.message(`again ${posted++}`, { lane: `${i}` }) })
      await attacker.settled()
      if (i % 5 === 4) attacker.link.terminate()
    }
    await scene.talk(anna, bert)
    expect(texts(bert).filter((text) => text.startsWith('again ')).length).toBeLessThan(200)
  })

  it('events of the far future wait, those of long ago are shown, and nobody is thrown off', async () => {
    const attacker = await scene.joined()
    const day = 24 * 3600 * 1000
    const now = Date.now()
    attacker.send(
      { type: 'post', run: attacker.message('next month', { at: now + 30 * day, lane: 'a' }) },
      { type: 'post', run: attacker.message('in eight days', { at: now + 8 * day, lane: 'b' }) },
      { type: 'post', run: attacker.message('a time of its own', { at: 0, t: now, lane: 'c' }) },
      { type: 'post', run: attacker.message('long ago', { at: now - 100 * day, lane: 'd' }) },
      { type: 'post', run: attacker.message('in six days', { at: now + 6 * day, lane: 'e' }) },
    )
    await attacker.settled()
    await scene.talk(anna, bert)
    expect(texts(bert)).not.toContain('next month')
    expect(texts(bert)).not.toContain('in eight days')
    expect(scene.bugs()).toEqual([])
    expect(scene.bugs(bert.process)).toEqual([])
  })

  it('a heartbeat, a hand-over, a redirect or an answer that nobody asked for moves no hub', async () => {
    const attacker = await scene.joined()
    const frames: Frame[] = [
      beat({
        state: 3,
        upstream: attacker.signer.key,
        epoch: 2 ** 32 - 1,
        members: 65_535,
        flags: 7,
        uptimeS: 2 ** 31,
      }),
      { type: 'absorb', at: 1, members: 65_535, flags: 7 },
      { type: 'absorbed', at: 1 },
      { type: 'noDial' },
      { type: 'took' },
      { type: 'handover', epoch: 99 },
      { type: 'redirect', hub: attacker.signer.key, via: null, address: '127.0.0.1:1' },
      { type: 'joined', at: 1, epoch: 99 },
      { type: 'notJoined', reason: 1, hub: attacker.signer.key, address: '127.0.0.1:1' },
      { type: 'whoIs', hub: attacker.signer.key, address: '127.0.0.1:1' },
    ]
    for (let i = 0; i < 20; i++) await attacker.settled(...frames)
    await scene.talk(anna, bert)
    for (const chat of [scene.hub, anna, bert])
      expect(chat.events.filter(({ type }) => type === 'hub' || type === 'offline')).toEqual([])
  })

  it('the addresses that a member names are dialled in measure', async () => {
    let dialled = 0
    const target = await listening(
      createServer((socket) => {
        dialled++
        socket.on('error', () => {})
        socket.destroy()
      }),
    )
    const attacker = await scene.joined()
    for (let i = 0; i < 30; i++)
      await attacker.settled(
        ...Array.from(
          { length: 100 },
          (): Frame => ({
            type: 'report',
            hub: randomKey(),
            address: `127.0.0.${1 + (i % 200)}:${portOf(target)}`,
          }),
        ),
      )
    await scene.talk(anna, bert)
    target.close()
    expect(dialled).toBeLessThan(60)
  })

  it('an address that is none ends nobody', async () => {
    const attacker = await scene.joined()
    const addresses = [
      'x',
      '127.0.0.1:99999',
      '127.0.0.1:-1',
      ':',
      '',
      '[::1]:1e9',
      'a:b:c',
      '127.0.0.1:1.5',
      '\u0000:5',
    ]
    for (const address of addresses) await attacker.settled({ type: 'report', hub: randomKey(), address })
    expect(scene.bugs()).toEqual([])
  })

  it('a hundred keys with places of their own are told apart and change nobody’s place', async () => {
    const sybils: Attacker[] = []
    for (let i = 0; i < 100; i++) {
      const places = concat(...Array.from({ length: 32 }, () => concat(uint(i, 2), nodeCrypto.random(6))))
      const dialled = await scene.dial({ hello: { places } })
      if ('link' in dialled) sybils.push(dialled as Attacker)
    }
    await scene.talk(anna, bert)
    const late = await scene.member('late')
    await scene.talk(late, anna)
    expect(scene.bugs()).toEqual([])
    for (const { link } of sybils) link.terminate()
  })

  it('who never reads is dropped, and the others do not notice', async () => {
    const attacker = await scene.joined()
    attacker.link.pause()
    const frame: Frame = { type: 'who' }
    const gone = anna.event('presence', ({ user, online }) => user.id === attacker.key && !online)
    let isGone = false
    void gone.then(() => {
      isGone = true
    })
    while (!isGone && attacker.isOpen) {
      attacker.send(...Array.from({ length: 5000 }, () => frame))
      await attacker.drained()
      expect(await scene.talk(anna, bert)).toBeLessThan(LINE_MS_MAX)
    }
    await gone
    attacker.link.terminate()
  })
})

describe('at another member', () => {
  it('what only a hub may say is not believed', async () => {
    const { self } = await anna.event('ready')
    const attacker = await scene.attacker({ port: annaPort })
    const from = anna.events.length
    const ghost = randomKey()
    const forged = broken(attacker.message('from nowhere'))
    const entries = concat(fromHex(self.id), nodeCrypto.random(8), uint(1, 4), nodeCrypto.random(8))
    const said: Frame[] = [
      { type: 'roster', keys: concat(ghost, attacker.signer.key), first: true },
      { type: 'presence', key: ghost, online: true },
      { type: 'presence', key: fromHex(await scene.hubKey), online: false },
      { type: 'ack', room: fromHex(scene.general), entries: concat(nodeCrypto.random(8), uint(9, 4)) },
      { type: 'credit', events: 65_535 },
      { type: 'refused', id: randomKey(), code: 'BANNED' },
      { type: 'permit', ref: 1, code: 'ROOM_FULL' },
      {
        type: 'witness',
        room: fromHex(scene.general),
        at: uint(Date.now(), 6),
        key: ghost,
        entries,
        signature: nodeCrypto.random(64),
      },
      { type: 'redirect', hub: ghost, via: null, address: '127.0.0.1:1' },
      { type: 'handover', epoch: 50 },
      { type: 'joined', at: 1, epoch: 50 },
      { type: 'goodbye' },
      { type: 'dialBack', token: 1, key: ghost, addresses: ['127.0.0.1:1'] },
      { type: 'beacon', epoch: 50, line: concat(ghost, uint(7, 9)), addresses: ['127.0.0.1:1'] },
      { type: 'tombstones', tombstones: new Uint8Array(0) },
      beat({
        state: 3,
        upstream: attacker.signer.key,
        epoch: 2 ** 32 - 1,
        members: 65_535,
        flags: 7,
        line: ghost,
      }),
      { type: 'live', runs: [forged] },
    ]
    await attacker.settled(...said)
    expect(await anna.ask({ command: '/create trust' })).toMatchObject({ type: 'system', event: 'create' })
    anna.type({ command: '/join general' })
    await scene.talk(bert, anna)
    await scene.talk(anna, bert)
    const told = anna.events.slice(from)
    expect(told.filter(({ type }) => ['hub', 'offline'].includes(type))).toEqual([])
    // Of others: attackers of the tests before may still be told to be gone.
    const spokenOf = [personKey(ghost), attacker.key, await scene.hubKey]
    expect(
      told.filter((event) => event.type === 'presence' && spokenOf.includes(event.user.id as PersonKey)),
    ).toEqual([])
    expect(told.filter((event) => event.type === 'error')).toEqual([])
    expect(texts(anna)).not.toContain('from nowhere')
    expect(scene.bugs(anna.process)).toEqual([])
    expect(await anna.ask({ command: '/hub' })).toMatchObject({ data: { hub: { id: await scene.hubKey } } })
  })

  it('bad signatures that come as relayed count against who relays them', async () => {
    const attacker = await scene.attacker({ port: annaPort })
    const bad = broken(attacker.message('again and again'))
    attacker.send({ type: 'live', runs: [bad, bad, bad] })
    expect(await attacker.closed).toMatchObject({ why: 'closed', code: 4012 })
    await scene.talk(bert, anna)
  })
})

it('room 0 is no place for talk', async () => {
  const attacker = await scene.joined()
  attacker.send({
    type: 'post',
    run: attacker.run(NETWORK_ROOM, [{ kind: 'message', text: 'in room 0', action: false, replyTo: null }]),
  })
  await attacker.settled()
  await scene.talk(anna, bert)
  expect(texts(bert)).not.toContain('in room 0')
  expect(scene.bugs()).toEqual([])
})
