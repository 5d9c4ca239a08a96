import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createLan, type Lan } from '../../src/node/testing.ts'
import { lab, meet, type Person } from './people.ts'

let lan: Lan
let anna: Person
let max: Person
let ben: Person
beforeEach(async () => {
  lan = createLan()
  ;[anna, max, ben] = (await meet(lan, 'anna', 'max', 'ben')) as [Person, Person, Person]
  await lab([anna, max, ben])
})
afterEach(() => lan.close())

/** Anna makes max a moderator of the room. */
async function appoint(): Promise<void> {
  await anna.does({ do: 'role', room: 'lab', who: 'max', role: 'moderator' })
  await max.hears({ event: 'role' })
  await ben.hears({ event: 'role' })
}
const membersOf = (person: Person) =>
  person
    .knows<{ name: string }[]>({ do: 'who', room: 'lab' })
    .then((all) => all.map(({ name }) => name).sort())

describe('roles', () => {
  it('are given and taken by the owner, told to all, and listed', async () => {
    const answer = await anna.does({
      do: 'role',
      room: 'lab',
      who: 'max',
      role: 'moderator',
      reason: 'helps',
    })
    const told = {
      event: 'role',
      user: { name: 'max' },
      by: { name: 'anna' },
      role: 'moderator',
      reason: 'helps',
    }
    expect(answer).toMatchObject(told)
    expect(await ben.hears({ event: 'role' })).toMatchObject(told)
    expect(await ben.knows({ do: 'roles', room: 'lab' })).toMatchObject([
      { name: 'anna', role: 'owner' },
      { name: 'max', role: 'moderator' },
    ])
    await anna.does({ do: 'role', room: 'lab', who: 'max', role: 'member' })
    await max.hears({ event: 'role', role: 'member' })
    expect(await max.ask({ do: 'kick', room: 'lab', who: 'ben' })).toMatchObject({ code: 'NOT_ALLOWED' })
    await anna.does({ do: 'role', room: 'lab', who: 'max', role: 'moderator' })
    await max.until({ do: 'roles', room: 'lab' }, (data: unknown[]) => data.length === 2)
  })

  it('keep members and moderators from what takes more', async () => {
    await appoint()
    const refused = { type: 'error', code: 'NOT_ALLOWED' }
    for (const command of [
      { do: 'kick', room: 'lab', who: 'max' },
      { do: 'mute', room: 'lab', who: 'max' },
      { do: 'role', room: 'lab', who: 'ben', role: 'moderator' },
      { do: 'topic', room: 'lab', topic: 'mine' },
      { do: 'lock', room: 'lab', on: true },
      { do: 'set', room: 'lab', setting: 'slow', value: 5 },
    ] as const)
      expect(await ben.ask(command)).toMatchObject(refused)
    expect(await max.ask({ do: 'ban', room: 'lab', who: 'anna' })).toMatchObject(refused)
    expect(await max.ask({ do: 'role', room: 'lab', who: 'ben', role: 'moderator' })).toMatchObject(refused)
    expect(await anna.ask({ do: 'kick', room: 'general', who: 'ben' })).toMatchObject({
      ...refused,
      message: expect.stringContaining('/block'),
    })
  })
})

describe('a kick', () => {
  it('removes somebody with a reason, who may join again', async () => {
    await appoint()
    const told = { event: 'kick', user: { name: 'ben' }, by: { name: 'max' }, reason: 'caps' }
    expect(await max.does({ do: 'kick', room: 'lab', who: 'ben', reason: 'caps' })).toMatchObject(told)
    expect(await anna.hears({ event: 'kick' })).toMatchObject(told)
    expect(await ben.hears({ event: 'kick' })).toMatchObject(told)
    expect(await membersOf(anna)).toEqual(['anna', 'max'])
    expect(await ben.ask({ do: 'say', room: 'lab', text: 'x' })).toMatchObject({ code: 'NOT_MEMBER' })
    await ben.does({ do: 'join', room: 'lab' })
    await anna.until({ do: 'who', room: 'lab' }, (data: unknown[]) => data.length === 3)
    const text = await ben.says('back')
    await anna.hears({ type: 'message', id: text })
  })
})

describe('a ban', () => {
  it('keeps somebody out until it is lifted', async () => {
    await max.hears({ type: 'message', id: await ben.says('before') })
    await anna.hears({ type: 'message', text: 'before' })
    await anna.does({ do: 'ban', room: 'lab', who: 'ben' })
    await ben.hears({ event: 'ban' })
    expect(await ben.ask({ do: 'join', room: 'lab' })).toMatchObject({ code: 'BANNED' })
    expect(await max.texts()).toEqual(['before'])
    expect(await anna.does({ do: 'unban', room: 'lab', who: 'ben', reason: 'sorry' })).toMatchObject({
      event: 'unban',
      user: { name: 'ben' },
    })
    expect(await max.hears({ event: 'unban' })).toMatchObject({ user: { name: 'ben' }, by: { name: 'anna' } })
    await ben.hears({ event: 'unban' })
    await ben.does({ do: 'join', room: 'lab' })
  })

  it('ends what a moderator does too', async () => {
    await appoint()
    await anna.does({ do: 'ban', room: 'lab', who: 'max' })
    await max.hears({ event: 'ban' })
    for (const command of [
      { do: 'kick', room: 'lab', who: 'ben' },
      { do: 'topic', room: 'lab', topic: 'mine' },
      { do: 'invite', room: 'lab', to: 'ben' },
    ] as const)
      expect(await max.ask(command)).toMatchObject({ code: 'BANNED' })
    await anna.does({ do: 'unban', room: 'lab', who: 'max' })
    await max.hears({ event: 'unban' })
    await max.does({ do: 'topic', room: 'lab', topic: 'ours' })
  })

  it('for a time ends when the target comes back after it, not before', async () => {
    const ban = await anna.does({ do: 'ban', room: 'lab', who: 'ben', forMs: 3_600_000 })
    expect(ban).toMatchObject({ event: 'ban', until: expect.any(Number) })
    await ben.hears({ event: 'ban' })
    expect(await ben.ask({ do: 'join', room: 'lab' })).toMatchObject({ code: 'BANNED' })
    await anna.does({ do: 'unban', room: 'lab', who: 'ben' })
    const short = await anna.does({ do: 'ban', room: 'lab', who: 'ben', forMs: 1 })
    await ben.hears({ event: 'ban', until: (short as { until?: number }).until })
    await ben.patiently({ do: 'join', room: 'lab' })
    await anna.until({ do: 'who', room: 'lab' }, (data: unknown[]) => data.length === 3)
  })
})

describe('a mute', () => {
  it('keeps what somebody says from everybody, and ends', async () => {
    await appoint()
    await max.does({ do: 'mute', room: 'lab', who: 'ben', reason: 'noise' })
    expect(await ben.hears({ event: 'mute' })).toMatchObject({ by: { name: 'max' }, reason: 'noise' })
    expect(await ben.ask({ do: 'say', room: 'lab', text: 'x' })).toMatchObject({ code: 'MUTED' })
    expect(await membersOf(ben)).toEqual(['anna', 'ben', 'max'])
    await anna.does({ do: 'unmute', room: 'lab', who: 'ben' })
    await ben.hears({ event: 'unmute' })
    await anna.hears({ type: 'message', id: await ben.says('again') })
  })

  it('for a time ends by itself with what is said after it', async () => {
    await anna.does({ do: 'mute', room: 'lab', who: 'ben', forMs: 1 })
    await ben.hears({ event: 'mute' })
    await ben.patiently({ do: 'say', room: 'lab', text: 'again' })
    await anna.hears({ type: 'message', text: 'again' })
  })

  it('cuts what was said on the other side of a partition without knowing of it', async () => {
    await anna.hears({ type: 'message', id: await ben.says('seen') })
    lan.cut(anna.node, ben.node)
    lan.cut(max.node, ben.node)
    await ben.hears({ type: 'hub' })
    await anna.does({ do: 'mute', room: 'lab', who: 'ben' })
    await ben.says('unseen')
    lan.heal()
    await ben.hears({ event: 'mute' })
    for (const person of [anna, max, ben])
      await person.until({ do: 'history', room: 'lab', count: 9 }, (data: unknown[]) => data.length === 1)
  })
})

describe('a message of somebody else', () => {
  it('is hidden by a moderator and shown again', async () => {
    const id = await ben.says('rude')
    await anna.hears({ type: 'message', id })
    await max.hears({ type: 'message', id })
    const hide = await anna.does({ do: 'hide', room: 'lab', message: '@ben', on: true, reason: 'rude' })
    expect(hide).toMatchObject({ event: 'hide', message: id, user: { name: 'ben' }, by: { name: 'anna' } })
    expect(await max.hears({ event: 'hide' })).toMatchObject({ message: id, reason: 'rude' })
    expect(await max.texts()).toEqual([])
    expect(await anna.does({ do: 'hide', room: 'lab', message: id, on: false })).toMatchObject({
      event: 'unhide',
    })
    await max.hears({ event: 'unhide' })
    expect(await max.texts()).toEqual(['rude'])
  })

  it('is pinned where everybody finds it', async () => {
    const id = await ben.says('rules: be kind')
    await anna.hears({ type: 'message', id })
    await anna.does({ do: 'pin', room: 'lab', message: '^', on: true })
    expect(await ben.hears({ event: 'pin' })).toMatchObject({ message: id })
    expect(await ben.knows({ do: 'pins', room: 'lab' })).toMatchObject([{ id, text: 'rules: be kind' }])
    await anna.does({ do: 'pin', room: 'lab', message: id, on: false })
    await ben.hears({ event: 'unpin' })
    expect(await ben.knows({ do: 'pins', room: 'lab' })).toEqual([])
  })

  it('is one of a hundred pinned ones at most; what was deleted is none of them', async () => {
    const pin = (message: string) => anna.ask({ do: 'pin', room: 'lab', message, on: true })
    const first = await anna.says('rule 0')
    await pin(first)
    for (let n = 1; n < 100; n++)
      expect(await pin(await anna.says(`rule ${n}`))).toMatchObject({ event: 'pin' })
    const last = await anna.says('one too many')
    expect(await pin(last)).toMatchObject({ code: 'TOO_MANY' })
    await anna.does({ do: 'erase', room: 'lab', message: first })
    expect(await pin(last)).toMatchObject({ event: 'pin' })
    expect(await anna.knows({ do: 'pins', room: 'lab' })).toHaveLength(100)
  })

  it('is no pinned one that counts while nobody may read it', async () => {
    await anna.does({ do: 'create', room: 'hall' })
    await anna.does({ do: 'set', room: 'hall', setting: 'newcomers', value: 1 })
    await ben.patiently({ do: 'join', room: 'hall' })
    await anna.does({ do: 'voice', room: 'hall', to: 'ben' })
    await ben.hears({ event: 'voice' })
    const pin = (message: string) => anna.ask({ do: 'pin', room: 'hall', message, on: true })
    for (let n = 0; n < 100; n++) {
      const id = await ben.says(`rule ${n}`, 'hall')
      await anna.hears({ type: 'message', id })
      expect(await pin(id)).toMatchObject({ event: 'pin' })
    }
    const own = await anna.says('mine', 'hall')
    expect(await pin(own)).toMatchObject({ code: 'TOO_MANY' })
    await anna.does({ do: 'unvoice', room: 'hall', to: 'ben' })
    expect(await anna.knows({ do: 'pins', room: 'hall' })).toEqual([])
    expect(await pin(own)).toMatchObject({ event: 'pin' })
    expect(await anna.knows({ do: 'pins', room: 'hall' })).toMatchObject([{ id: own }])
  })
})

describe('a room', () => {
  it('is left, which those in it are told, and entered again', async () => {
    expect(await ben.does({ do: 'leave', room: 'lab' })).toMatchObject({ event: 'leave', room: 'lab' })
    expect(await anna.hears({ event: 'leave' })).toMatchObject({ user: { name: 'ben' }, room: 'lab' })
    expect(await membersOf(anna)).toEqual(['anna', 'max'])
    expect(await ben.ask({ do: 'say', room: 'lab', text: 'x' })).toMatchObject({ code: 'NOT_MEMBER' })
    expect(await ben.does({ do: 'join', room: 'lab' })).toMatchObject({ event: 'join' })
    await anna.until({ do: 'who', room: 'lab' }, (data: unknown[]) => data.length === 3)
  })

  it('that is locked lets nobody in but those invited', async () => {
    const [carl] = (await meet(lan, 'carl')) as [Person]
    await carl.until({ do: 'rooms' }, (data: { name: string }[]) => data.some(({ name }) => name === 'lab'))
    await anna.does({ do: 'lock', room: 'lab', on: true })
    await carl.until({ do: 'log', room: 'general', count: 1 }, () => true)
    const refused = await carl.ask({ do: 'join', room: 'lab' })
    expect(refused).toMatchObject({ code: 'ROOM_LOCKED' })
    await anna.until({ do: 'who' }, (data: { name: string }[]) => data.some(({ name }) => name === 'carl'))
    expect(await anna.does({ do: 'invite', room: 'lab', to: ['carl'] })).toMatchObject({ event: 'invite' })
    expect(await carl.hears({ event: 'invite' })).toMatchObject({ room: 'lab', user: { name: 'carl' } })
    await carl.does({ do: 'join', room: 'lab' })
    await anna.does({ do: 'lock', room: 'lab', on: false })
    await ben.hears({ event: 'unlock' })
  })

  it('that is read-only takes messages of moderators alone', async () => {
    await anna.does({ do: 'set', room: 'lab', setting: 'readonly', value: 1 })
    await ben.hears({ event: 'settings' })
    expect(await ben.ask({ do: 'say', room: 'lab', text: 'x' })).toMatchObject({ code: 'ROOM_READ_ONLY' })
    await ben.hears({ type: 'message', id: await anna.says('news') })
  })

  it('in slow mode takes one message of each in its time', async () => {
    await anna.does({ do: 'set', room: 'lab', setting: 'slow', value: 60 })
    await ben.hears({ event: 'settings', setting: 'slow', value: 60 })
    await anna.hears({ type: 'message', id: await ben.says('one') })
    expect(await ben.ask({ do: 'say', room: 'lab', text: 'two' })).toMatchObject({ code: 'SLOW_MODE' })
    await anna.says('three')
    await anna.says('four')
  })

  it('where newcomers wait shows them once they have a voice', async () => {
    await anna.does({ do: 'set', room: 'lab', setting: 'newcomers', value: 1 })
    await ben.hears({ event: 'settings', setting: 'newcomers' })
    const [carl] = (await meet(lan, 'carl')) as [Person]
    await carl.until({ do: 'rooms' }, (data: { name: string }[]) => data.some(({ name }) => name === 'lab'))
    await carl.does({ do: 'join', room: 'lab' })
    expect(await carl.ask({ do: 'say', room: 'lab', text: 'hi' })).toMatchObject({ code: 'NOT_VOICED' })
    await ben.does({ do: 'say', room: 'lab', text: 'old hand' })
    await anna.until({ do: 'who' }, (data: { name: string }[]) => data.some(({ name }) => name === 'carl'))
    const voiced = { event: 'voice', room: 'lab', user: { name: 'carl' }, by: { name: 'anna' } }
    expect(await anna.does({ do: 'voice', room: 'lab', to: 'carl', reason: 'knows it' })).toMatchObject(
      voiced,
    )
    for (const person of [carl, ben])
      expect(await person.hears({ event: 'voice' })).toMatchObject({ ...voiced, reason: 'knows it' })
    expect(await ben.knows({ do: 'log', room: 'lab', count: 1 })).toMatchObject([voiced])
    expect(carl.told.some((told) => told.type === 'system' && told.event === 'invite')).toBe(false)
    await anna.hears({ type: 'message', id: await carl.says('hi') })
    expect(await anna.ask({ do: 'unvoice', room: 'lab', to: 'ben' })).toMatchObject({ code: 'VOICE_UNKNOWN' })
    // Whom everybody knew when newcomers began to wait speaks whether invited or not.
    await anna.does({ do: 'invite', room: 'lab', to: 'ben' })
    await ben.hears({ event: 'invite', user: 'ben' })
    expect(await anna.ask({ do: 'unvoice', room: 'lab', to: 'ben' })).toMatchObject({ code: 'VOICE_UNKNOWN' })
    expect(await ben.ask({ do: 'unvoice', room: 'lab', to: 'carl' })).toMatchObject({ code: 'NOT_ALLOWED' })
    await anna.does({ do: 'unvoice', room: 'lab', to: 'carl', reason: 'ads' })
    expect(await carl.hears({ event: 'unvoice' })).toMatchObject({ by: { name: 'anna' }, reason: 'ads' })
    expect(await carl.ask({ do: 'say', room: 'lab', text: 'but' })).toMatchObject({ code: 'NOT_VOICED' })
    expect(await anna.texts()).toEqual(['old hand'])
    await anna.does({ do: 'invite', room: 'lab', to: 'carl' })
    await anna.until({ do: 'history', room: 'lab', count: 9 }, (data: unknown[]) => data.length === 2)
  })

  it('that is private is entered by an invitation, also where it was given as a voice', async () => {
    await anna.does({ do: 'create', room: 'secret', private: true, invite: ['max'] })
    await max.hears({ event: 'create', room: 'secret' })
    expect(await anna.does({ do: 'voice', room: 'secret', to: 'ben' })).toMatchObject({ event: 'invite' })
    await ben.hears({ event: 'invite', room: 'secret' })
    await ben.patiently({ do: 'join', room: 'secret' })
  })

  it('that is private seals why somebody is invited to those in it and the invited', async () => {
    await anna.does({ do: 'create', room: 'secret', private: true, invite: ['max'] })
    await max.hears({ event: 'create', room: 'secret' })
    await anna.does({ do: 'invite', room: 'secret', to: 'ben', reason: 'brings cake' })
    for (const person of [ben, max])
      expect(await person.hears({ event: 'invite', user: 'ben' })).toMatchObject({
        room: 'secret',
        reason: 'brings cake',
      })
    await ben.does({ do: 'join', room: 'secret' })
    await max.hears({ event: 'join', room: 'secret', user: 'ben' })
    expect(await ben.knows({ do: 'log', room: 'secret', count: 1 })).toMatchObject([
      { event: 'invite', user: { name: 'ben' }, reason: 'brings cake' },
    ])
    await max.hears({ type: 'message', id: await ben.says('here it is', 'secret') })
  })

  it('changes its topic and its limit later', async () => {
    await anna.does({ do: 'topic', room: 'lab', topic: 'rockets' })
    expect(await ben.hears({ event: 'topic' })).toMatchObject({ topic: 'rockets', user: { name: 'anna' } })
    expect(await ben.knows({ do: 'topic', room: 'lab' })).toEqual({ room: 'lab', topic: 'rockets' })
    expect(await anna.does({ do: 'set', room: 'lab', setting: 'max', value: 3 })).toMatchObject({
      event: 'settings',
      setting: 'max',
      value: 3,
    })
    const [carl] = (await meet(lan, 'carl')) as [Person]
    await carl.until({ do: 'rooms' }, (data: { name: string }[]) => data.some(({ name }) => name === 'lab'))
    expect(await carl.ask({ do: 'join', room: 'lab' })).toMatchObject({ code: 'ROOM_FULL' })
  })

  it('that is private invites several at once, who accept or decline, and seals what is said of it', async () => {
    const invite = ['max', 'ben']
    await anna.does({ do: 'create', room: 'secret', private: true, topic: 'plans' })
    expect(await anna.does({ do: 'invite', room: 'secret', to: invite })).toMatchObject({
      event: 'invite',
      user: { name: 'max' },
      more: [{ name: 'ben' }],
    })
    for (const person of [max, ben]) await person.hears({ event: 'invite', user: person.node.self.name })
    await max.does({ do: 'join', room: 'secret' })
    expect(await ben.does({ do: 'decline', room: 'secret' })).toMatchObject({ event: 'decline' })
    expect(await anna.hears({ event: 'decline' })).toMatchObject({ user: { name: 'ben' }, room: 'secret' })
    await anna.hears({ event: 'join', room: 'secret' })
    await anna.does({ do: 'topic', room: 'secret', topic: 'other plans' })
    expect(await max.hears({ event: 'topic' })).toMatchObject({ topic: 'other plans' })
    await anna.does({ do: 'kick', room: 'secret', who: 'max', reason: 'leaks' })
    expect(await max.hears({ event: 'kick' })).toMatchObject({ reason: 'leaks' })
  })
})

describe('the log of a room', () => {
  it('says who did what to whom, why, and whether it holds', async () => {
    await appoint()
    await max.does({ do: 'ban', room: 'lab', who: 'ben', reason: 'spam' })
    await anna.hears({ event: 'ban' })
    await anna.does({ do: 'unban', room: 'lab', who: 'ben' })
    await max.hears({ event: 'unban' })
    const log = await max.knows({ do: 'log', room: 'lab', count: 10 })
    expect(log).toMatchObject([
      { event: 'create', by: { name: 'anna' }, holds: true },
      { event: 'role', user: { name: 'max' }, role: 'moderator', holds: true },
      {
        event: 'ban',
        user: { name: 'ben' },
        by: { name: 'max' },
        reason: 'spam',
        holds: false,
        ended: { by: { name: 'anna' } },
      },
      { event: 'unban', user: { name: 'ben' }, by: { name: 'anna' }, holds: true },
    ])
  })
})

describe('two sides of a partition that moderate each other', () => {
  it('agree when it heals', async () => {
    await appoint()
    await ben.hears({ event: 'role' })
    lan.cut(anna.node, max.node)
    lan.cut(ben.node, max.node)
    await max.hears({ type: 'hub' })
    await anna.does({ do: 'role', room: 'lab', who: 'max', role: 'member' })
    await max.does({ do: 'ban', room: 'lab', who: 'ben', reason: 'mine' })
    await max.does({ do: 'topic', room: 'lab', topic: 'mine' })
    lan.heal()
    const same = async () => JSON.stringify(await anna.knows({ do: 'log', room: 'lab', count: 50 }))
    await max.hears({ event: 'role', role: 'member' })
    await max.until({ do: 'log', room: 'lab', count: 50 }, (data: unknown[]) => data.length === 5)
    await anna.until({ do: 'log', room: 'lab', count: 50 }, (data: unknown[]) => data.length === 5)
    expect(JSON.stringify(await max.knows({ do: 'log', room: 'lab', count: 50 }))).toBe(await same())
    expect(await membersOf(max)).toEqual(['anna', 'ben', 'max'])
    expect(await membersOf(anna)).toEqual(['anna', 'ben', 'max'])
  })
})
