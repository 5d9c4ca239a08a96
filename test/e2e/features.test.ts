/** What docs/features.md lists, with several real processes: what one types, all others are told, also over a kill and a restart. */
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { NodeEvent } from '../../src/node/events.ts'
import { type Chat, Loopback } from './loopback.ts'

const SOON = { timeout: 60_000 }

let lan: Loopback
beforeEach(() => {
  lan = new Loopback()
})
afterEach(() => lan.close())

/** Asks, and takes a refusal for a mistake of the test. */
async function does(chat: Chat, command: string): Promise<NodeEvent> {
  const answer = await chat.ask({ command })
  if (answer.type === 'error') throw new Error(`${command}: ${answer.code} ${answer.message}`)
  return answer
}

const refused = async (chat: Chat, command: string): Promise<string> => {
  const answer = await chat.ask({ command })
  return answer.type === 'error' ? answer.code : answer.type
}

/** Asks again until the answer is as wanted: for what nobody is told. */
async function until<T>(chat: Chat, command: string, isWanted: (data: T) => unknown): Promise<T> {
  for (;;) {
    const answer = await chat.ask({ command })
    if (answer.type === 'result' && isWanted(answer.data as T)) return answer.data as T
  }
}

/** Says it in the current room; its id. */
async function says(chat: Chat, text: string): Promise<string> {
  const answer = await chat.ask({ text })
  return answer.type === 'sent' ? answer.id : ''
}

const message = (chat: Chat, text: string) => chat.event('message', (event) => event.text === text)
const system = (chat: Chat, what: string, about?: string) =>
  chat.event('system', ({ event, user }) => event === what && (about === undefined || user.name === about))

/** These people, the first as hub, all in its room lab. */
async function meet(...names: string[]): Promise<Chat[]> {
  const [first, ...others] = names
  const owner = lan.chat(first!)
  const peer = await owner.address()
  const chats = [owner, ...others.map((name) => lan.chat(name, '--peer', peer, '--never-hub'))]
  await Promise.all(chats.map((chat) => chat.event('ready')))
  await does(owner, '/create lab')
  for (const chat of chats.slice(1)) {
    await system(chat, 'create')
    await does(chat, '/join lab')
  }
  const isAll = (rows: unknown[]) => rows.length === names.length
  for (const chat of chats) await until<unknown[]>(chat, '/who lab', isAll)
  return chats
}

describe('with real processes', () => {
  it('messages are answered, changed, marked, counted and deleted for all', async () => {
    const [anna, ben, carl] = (await meet('anna', 'ben', 'carl')) as [Chat, Chat, Chat]
    const id = await says(anna, 'hello @ben, tea?')
    expect(await message(ben, 'hello @ben, tea?')).toMatchObject({ mention: true, notify: true, room: 'lab' })
    expect(await message(carl, 'hello @ben, tea?')).not.toHaveProperty('mention')
    expect(await until<{ mentions: number }[]>(ben, '/unread', (rows) => rows.length > 0)).toMatchObject([
      { room: 'lab', unread: 1, mentions: 1 },
    ])
    await does(ben, '/reply yes please')
    expect(await message(anna, 'yes please')).toMatchObject({
      replyTo: id,
      quote: { from: { name: 'anna' } },
    })
    expect(await until<unknown[]>(ben, '/unread', (rows) => rows.length === 0)).toEqual([])
    await does(anna, '/edit hello @ben, coffee?')
    expect(await carl.event('edit')).toMatchObject({ id, text: 'hello @ben, coffee?' })
    await message(carl, 'yes please')
    await does(carl, '/react @anna :thumbsup:')
    expect(await ben.event('reaction')).toMatchObject({ id, emoji: '👍', from: { name: 'carl' } })
    await does(carl, '/me pours')
    expect(await message(ben, 'pours')).toMatchObject({ action: true })
    await does(anna, `/pin ${id}`)
    await system(ben, 'pin')
    expect(await until<unknown[]>(carl, '/pins', (rows) => rows.length > 0)).toMatchObject([
      { id, edited: true, reactions: [{ emoji: '👍', count: 1 }] },
    ])
    const delivered = await until<{ held: number }>(
      anna,
      `/delivery ^${id.slice(0, 16)}`,
      ({ held }) => held === 2,
    )
    expect(delivered).toMatchObject({ of: 2, held: 2, waiting: [] })
    await does(anna, `/delete-message ${id}`)
    for (const chat of [ben, carl]) await chat.event('delete', (event) => event.id === id)
    const texts = ['yes please', 'pours']
    for (const chat of [anna, ben, carl])
      await until<{ text: string }[]>(
        chat,
        '/history',
        (rows) => JSON.stringify(rows.map(({ text }) => text)) === JSON.stringify(texts),
      )
  })

  it('moderators keep order, everybody sees the same of it, also after the hub was killed', async () => {
    const [anna, ben, carl, dora] = (await meet('anna', 'ben', 'carl', 'dora')) as [Chat, Chat, Chat, Chat]
    expect(await refused(ben, '/mute carl')).toBe('NOT_ALLOWED')
    await does(anna, '/role ben moderator')
    await system(ben, 'role')
    await does(ben, '/mute carl too loud')
    expect(await system(carl, 'mute')).toMatchObject({ reason: 'too loud', by: { name: 'ben' } })
    await vi.waitFor(
      async () => expect(await carl.ask({ text: 'but' })).toMatchObject({ code: 'MUTED' }),
      SOON,
    )
    await does(ben, '/unmute carl')
    await system(carl, 'unmute')
    const id = await says(carl, 'rude')
    await message(ben, 'rude')
    await does(ben, '/hide @carl language')
    expect(await system(dora, 'hide')).toMatchObject({ message: id, reason: 'language' })
    await does(anna, '/kick dora')
    await system(dora, 'kick')
    await does(dora, '/join lab')
    await does(anna, '/ban dora spam')
    await system(dora, 'ban')
    expect(await refused(dora, '/join lab')).toBe('BANNED')
    await does(anna, '/unban dora')
    await system(dora, 'unban')
    await does(dora, '/join lab')
    await does(anna, '/lock')
    await does(anna, '/readonly on')
    await vi.waitFor(
      async () => expect(await dora.ask({ text: 'x' })).toMatchObject({ code: 'ROOM_READ_ONLY' }),
      SOON,
    )
    await does(anna, '/readonly off')
    await does(anna, '/unlock')
    await does(ben, '/topic order')
    for (const chat of [carl, dora]) await system(chat, 'topic')
    type Act = { event: string; holds: boolean }
    const shown = (rows: Act[]) => rows.map(({ event, holds }) => `${event} ${holds}`)
    const log = await until<Act[]>(anna, '/log', (rows) => rows.at(-1)?.event === 'topic')
    expect(shown(log)).toHaveLength(13)
    // Everything that anybody has to know is with all of them by now: nobody needs the hub for it.
    const isSame = (rows: Act[]) => JSON.stringify(shown(rows)) === JSON.stringify(shown(log))
    for (const chat of [ben, carl, dora]) await until<Act[]>(chat, '/log', isSame)
    await anna.process.kill('SIGKILL')
    for (const chat of [ben, carl, dora])
      expect(shown(await until<Act[]>(chat, '/log', isSame))).toEqual(shown(log))
  })

  it('people show and know each other, over a restart too', async () => {
    const [anna, ben] = (await meet('anna', 'ben')) as [Chat, Chat]
    const picture = join(lan.home, 'face.png')
    writeFileSync(picture, Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 1, 2, 3))
    await does(ben, `/profile picture ${picture}`)
    await does(ben, '/profile text likes trains')
    await does(ben, '/status busy in an exam')
    expect(await anna.event('mode')).toMatchObject({
      user: { name: 'ben' },
      mode: 'busy',
      text: 'in an exam',
    })
    const isWhole = ({ about, picture: face }: { about?: string; picture?: object }) => about && face
    expect(await until<object>(anna, '/whois ben', isWhole)).toMatchObject({
      about: 'likes trains',
      picture: { type: 'image/png', bytes: 11 },
      mode: 'busy',
    })
    expect(await refused(ben, '/profile picture /nowhere')).toBe('FILE_UNREADABLE')
    const words = async (chat: Chat, nick: string) =>
      ((await does(chat, `/verify ${nick}`)) as { data: { compare: unknown[] } }).data.compare
    expect(await words(anna, 'ben')).toEqual(await words(ben, 'anna'))
    await does(anna, '/verify ben yes')
    await does(anna, '/contact ben Benjamin')
    await does(ben, '/typing')
    expect(await anna.event('typing')).toMatchObject({ room: 'lab', user: { label: 'Benjamin' }, on: true })
    await does(anna, '/block Benjamin')
    await vi.waitFor(async () => expect(await refused(ben, '/msg anna hello?')).toBe('NOT_WANTED'), SOON)
    anna.type('/quit')
    await anna.process.exited
    const again = lan.chat('anna', '--peer', '127.0.0.1:1')
    await again.event('ready')
    expect(await until<unknown[]>(again, '/contacts', (rows) => rows.length > 0)).toMatchObject([
      { name: 'ben', label: 'Benjamin', verified: true },
    ])
    expect(await until<unknown[]>(again, '/blocked', (rows) => rows.length > 0)).toMatchObject([
      { name: 'ben' },
    ])
  })

  it('a program of one’s own is run for what calls, and for nothing else', async () => {
    const program = join(lan.home, 'hook')
    writeFileSync(program, `#!/bin/sh\ncat >> "${lan.home}/heard"\n`)
    chmodSync(program, 0o700)
    const anna = lan.chat('anna')
    const ben = lan.chat('ben', '--peer', await anna.address(), '--hook', program)
    await Promise.all([anna, ben].map((chat) => chat.event('ready')))
    await anna.event('presence', ({ user }) => user.name === 'ben')
    await says(anna, 'nobody')
    await says(anna, 'ben: $(reboot)')
    await message(ben, 'ben: $(reboot)')
    const heard = () => readFileSync(join(lan.home, 'heard'), 'utf8').split('\n').slice(0, -1)
    await vi.waitFor(() => expect(heard()).toHaveLength(1), SOON)
    expect(JSON.parse(heard()[0]!)).toMatchObject({ type: 'message', text: 'ben: $(reboot)', notify: true })
  })
})
