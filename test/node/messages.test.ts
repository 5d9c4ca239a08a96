import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createLan, type Lan } from '../../src/node/testing.ts'
import { lab, meet, type Person } from './people.ts'

let lan: Lan
let anna: Person
let ben: Person
beforeEach(async () => {
  lan = createLan()
  ;[anna, ben] = (await meet(lan, 'anna', 'ben')) as [Person, Person]
  await lab([anna, ben])
})
afterEach(() => lan.close())

/** Anna says it, and ben has it. */
async function said(text: string): Promise<string> {
  const id = await anna.says(text)
  await ben.hears({ type: 'message', id })
  return id
}

describe('a reply', () => {
  it('names the message it answers, and shows its beginning', async () => {
    const id = await said(`where   are\nyou ${'x'.repeat(200)}`)
    expect(await ben.does({ do: 'reply', room: 'lab', message: '^', text: 'here' })).toMatchObject({
      type: 'sent',
    })
    const told = await anna.hears({ type: 'message', text: 'here' })
    const quote = { from: { name: 'anna' }, text: `where are you ${'x'.repeat(65)}…` }
    expect(told).toMatchObject({ replyTo: id, quote })
    expect(await anna.knows({ do: 'history', room: 'lab', count: 1 })).toMatchObject([{ replyTo: id, quote }])
  })

  it('shows nothing of a message that is gone', async () => {
    await said('secret')
    await ben.does({ do: 'reply', room: 'lab', message: '@anna', text: 'oh' })
    await anna.does({ do: 'erase', room: 'lab', message: '^' })
    await ben.hears({ type: 'delete' })
    const [line] = await ben.knows({ do: 'history', room: 'lab', count: 1 })
    expect(line).toMatchObject({ text: 'oh', replyTo: expect.any(String) })
    expect(line).not.toHaveProperty('quote')
  })

  it('to nothing is refused', async () => {
    const ask = (message: string) => ben.ask({ do: 'reply', room: 'lab', message, text: 'x' })
    for (const message of ['^', '^7', '^abcd', 'f'.repeat(64), 'ben'])
      expect(await ask(message)).toMatchObject({ type: 'error', code: 'MESSAGE_UNKNOWN' })
    expect(await ask('@nobody')).toMatchObject({ code: 'NICK_UNKNOWN' })
  })
})

describe('an edit', () => {
  it('gives a message another text for everybody, and keeps the earlier ones', async () => {
    const id = await said('helo')
    const answer = await anna.does({ do: 'edit', room: 'lab', message: '^', text: 'hello' })
    expect(answer).toMatchObject({ type: 'edit', id, room: 'lab', text: 'hello', self: true })
    expect(await ben.hears({ type: 'edit', id })).toMatchObject({ text: 'hello', from: { name: 'anna' } })
    await anna.does({ do: 'edit', room: 'lab', message: `^${id.slice(0, 8)}`, text: 'hello!' })
    await ben.hears({ type: 'edit', text: 'hello!' })
    expect(await ben.knows({ do: 'history', room: 'lab', count: 9 })).toMatchObject([
      { id, text: 'hello!', edited: true },
    ])
    const details = await ben.knows<{ texts: { text: string }[] }>({
      do: 'details',
      room: 'lab',
      message: id,
    })
    expect(details.texts.map(({ text }) => text)).toEqual(['helo', 'hello', 'hello!'])
  })

  it('is its author’s alone', async () => {
    const id = await said('mine')
    const answer = await ben.ask({ do: 'edit', room: 'lab', message: id, text: 'yours' })
    expect(answer).toMatchObject({ type: 'error', code: 'MESSAGE_FOREIGN' })
  })

  it('to the same text changes nothing', async () => {
    await said('same')
    const answer = await anna.ask({ do: 'edit', room: 'lab', message: '^', text: 'same' })
    expect(answer).toMatchObject({ type: 'result', data: null })
  })

  it('works between two people too', async () => {
    await anna.does({ do: 'msg', to: 'ben', text: 'psst' })
    const { id } = (await ben.hears({ type: 'message', text: 'psst' })) as { id: string }
    expect(await anna.does({ do: 'edit', room: 'lab', message: id, text: 'pst' })).toMatchObject({
      type: 'edit',
      room: null,
      private: true,
      to: { name: 'ben' },
    })
    expect(await ben.hears({ type: 'edit', id })).toMatchObject({ text: 'pst', private: true })
  })
})

describe('a deletion', () => {
  it('takes a message and its edits from everybody, and is told', async () => {
    const id = await said('oops')
    await anna.does({ do: 'edit', room: 'lab', message: '^', text: 'oops!' })
    await ben.hears({ type: 'edit', id })
    expect(await anna.does({ do: 'erase', room: 'lab', message: '^' })).toMatchObject({
      type: 'delete',
      id,
      self: true,
    })
    expect(await ben.hears({ type: 'delete' })).toMatchObject({ id, from: { name: 'anna' }, room: 'lab' })
    expect([await anna.texts(), await ben.texts()]).toEqual([[], []])
    expect(await ben.ask({ do: 'details', room: 'lab', message: id })).toMatchObject({
      code: 'MESSAGE_UNKNOWN',
    })
  })

  it('reaches who was away when it happened', async () => {
    await said('gone soon')
    lan.cut(anna.node, ben.node)
    await ben.hears({ type: 'hub' })
    await anna.does({ do: 'erase', room: 'lab', message: '^' })
    expect(await ben.texts()).toEqual(['gone soon'])
    lan.heal()
    await ben.hears({ type: 'delete' })
    expect(await ben.texts()).toEqual([])
  })

  it('is its author’s alone', async () => {
    const id = await said('mine')
    expect(await ben.ask({ do: 'erase', room: 'lab', message: id })).toMatchObject({
      code: 'MESSAGE_FOREIGN',
    })
  })
})

describe('a reaction', () => {
  it('is told, counted and taken back', async () => {
    const id = await said('tea?')
    expect(await ben.does({ do: 'react', room: 'lab', message: '^', emoji: '👍', on: true })).toMatchObject({
      type: 'reaction',
      id,
      emoji: '👍',
      on: true,
    })
    expect(await anna.hears({ type: 'reaction', id })).toMatchObject({ emoji: '👍', from: { name: 'ben' } })
    await anna.does({ do: 'react', room: 'lab', message: id, emoji: '👍', on: true })
    const history = () => anna.knows<{ reactions?: unknown }[]>({ do: 'history', room: 'lab', count: 1 })
    expect((await history())[0]!.reactions).toEqual([{ emoji: '👍', count: 2, self: true }])
    await ben.does({ do: 'react', room: 'lab', message: '^', emoji: '👍', on: false })
    await anna.hears({ type: 'reaction', on: false })
    expect((await history())[0]!.reactions).toEqual([{ emoji: '👍', count: 1, self: true }])
    const again = await ben.ask({ do: 'react', room: 'lab', message: '^', emoji: '👍', on: false })
    expect(again).toMatchObject({ type: 'result', data: null })
  })

  it('is one emoji', async () => {
    await said('tea?')
    for (const emoji of ['', 'ok', '👍👍', ' ', 'x'.repeat(65)])
      expect(await ben.ask({ do: 'react', room: 'lab', message: '^', emoji, on: true })).toMatchObject({
        code: 'EMOJI_INVALID',
      })
    expect(await ben.ask({ do: 'react', room: 'lab', message: '^', emoji: '👩‍🚀', on: true })).toMatchObject({
      type: 'reaction',
    })
  })
})

describe('a mention', () => {
  it('is told and counted where a text names its reader as a word, in any case', async () => {
    const is = async (text: string) => {
      await said(text)
      return ((await ben.hears({ type: 'message', text })) as { mention?: true }).mention === true
    }
    const texts = ['@ben, look', 'BEN?', 'has ben?', 'benign', 'xben', 'nobody']
    const found: boolean[] = []
    for (const text of texts) found.push(await is(text))
    expect(found).toEqual([true, true, true, false, false, false])
    expect(await ben.knows({ do: 'unread' })).toMatchObject([{ unread: 6, mentions: 3 }])
    expect(await anna.knows({ do: 'history', room: 'lab', count: 1 })).not.toMatchObject([{ mention: true }])
    await said('oops')
    await anna.does({ do: 'edit', room: 'lab', message: '^', text: 'ben!' })
    await ben.hears({ type: 'edit' })
    expect(await ben.knows({ do: 'history', room: 'lab', count: 1 })).toMatchObject([{ mention: true }])
  })
})

describe('an action', () => {
  it('says what somebody does, and has a limit like any text', async () => {
    await anna.does({ do: 'say', room: 'lab', text: 'waves', action: true })
    expect(await ben.hears({ type: 'message', text: 'waves' })).toMatchObject({ action: true })
    const long = await anna.ask({ do: 'say', room: 'lab', text: 'é'.repeat(4001), action: true })
    expect(long).toMatchObject({ type: 'error', code: 'TEXT_TOO_LONG' })
  })
})

describe('what is unread', () => {
  it('is counted behind the mark, which reading and answering move', async () => {
    await said('one')
    await said('two')
    expect(await ben.knows({ do: 'unread' })).toMatchObject([{ room: 'lab', unread: 2 }])
    await ben.does({ do: 'read', room: 'lab' })
    expect(await ben.knows({ do: 'unread' })).toEqual([])
    await said('three')
    await ben.says('mine')
    expect(await ben.knows({ do: 'unread' })).toEqual([])
  })

  it('is known from the first message on, also where more is unread than is counted', async () => {
    await ben.does({ do: 'read', room: 'lab' })
    const first = await said('first')
    for (let k = 1; k < 100; k++) await anna.says(`${k}`)
    await said('hundred')
    expect(await ben.knows({ do: 'unread' })).toEqual([
      { room: 'lab', unread: 100, mentions: 0, first, more: true },
    ])
    const whole = await anna.knows({ do: 'unread' })
    expect(whole).toEqual([])
  })
})

describe('somebody blocked', () => {
  it('is not shown any more, cannot be written to, and comes back', async () => {
    await said('before')
    expect(await ben.does({ do: 'block', who: 'anna' })).toMatchObject({
      event: 'block',
      user: { name: 'anna' },
    })
    expect(await ben.knows({ do: 'blocked' })).toMatchObject([{ name: 'anna' }])
    await anna.says('during')
    await anna.does({ do: 'msg', to: 'ben', text: 'psst' })
    await anna.does({ do: 'create', room: 'trap', private: true, invite: ['ben'] })
    await anna.says('news', 'general')
    await ben.does({ do: 'say', room: 'lab', text: 'mine' })
    expect(await ben.texts()).toEqual(['mine'])
    expect(await ben.ask({ do: 'msg', to: 'anna', text: 'x' })).toMatchObject({ code: 'BLOCKED' })
    expect(ben.told.filter((event) => event.type === 'message' && event.text === 'during')).toEqual([])
    await ben.does({ do: 'unblock', who: 'anna' })
    expect(await ben.texts()).toEqual(['before', 'during', 'mine'])
  })
})

describe('somebody blocked', () => {
  it('says nothing by names, nor by coming and going; what they decide is still told', async () => {
    await anna.does({ do: 'role', room: 'lab', who: 'ben', role: 'moderator' })
    await ben.hears({ type: 'system', event: 'role' })
    await anna.does({ do: 'block', who: 'ben' })
    const before = anna.told.length
    await ben.does({ do: 'nick', name: 'anna-is-stupid' })
    await ben.does({ do: 'create', room: 'anna-is-rude' })
    await ben.does({ do: 'topic', room: 'lab', topic: 'cats' })
    await ben.does({ do: 'leave', room: 'lab' })
    await ben.does({ do: 'join', room: 'lab' })
    const [carl] = await meet(lan, 'carl')
    await carl!.does({ do: 'create', room: 'carls' })
    await anna.hears({ type: 'system', event: 'create', room: 'carls' })
    const heard = anna.told.slice(before).filter((event) => event.type === 'system')
    expect(heard.filter(({ user }) => user.id === ben.node.self.id)).toMatchObject([
      { event: 'topic', topic: 'cats' },
    ])
  })
})

describe('a message to several', () => {
  it('makes a small private room of just them, once', async () => {
    const [carl] = await meet(lan, 'carl')
    await anna.until({ do: 'who' }, (data: { name: string }[]) => data.some(({ name }) => name === 'carl'))
    const sent = await anna.does({ do: 'msg', to: ['ben', 'carl'], text: 'us three' })
    expect(sent).toMatchObject({ type: 'sent', room: 'anna-ben-carl' })
    for (const person of [ben, carl!])
      expect(await person.hears({ type: 'message', text: 'us three' })).toMatchObject({
        room: 'anna-ben-carl',
        private: true,
      })
    await ben.does({ do: 'msg', to: ['carl', 'anna'], text: 'yes' })
    expect(await anna.hears({ type: 'message', text: 'yes' })).toMatchObject({ room: 'anna-ben-carl' })
  })

  it('goes into no room that somebody made of just them under a name, nor into its own once somebody else is in it', async () => {
    const [carl, dora] = await meet(lan, 'carl', 'dora')
    const knowsAll = (data: { name: string }[]) =>
      ['carl', 'dora'].every((name) => data.some((person) => person.name === name))
    await anna.until({ do: 'who' }, knowsAll)
    await anna.does({ do: 'create', room: 'party', private: true, invite: ['ben', 'carl'] })
    await carl!.hears({ type: 'system', event: 'create', room: 'party' })
    const write = (text: string) => anna.does({ do: 'msg', to: ['ben', 'carl'], text })
    expect(await write('us three')).toMatchObject({ type: 'sent', room: 'anna-ben-carl' })
    await carl!.hears({ type: 'message', text: 'us three' })
    await anna.does({ do: 'invite', room: 'anna-ben-carl', to: ['dora'] })
    await dora!.hears({ type: 'system', event: 'invite' })
    await write('without dora')
    await ben.hears({ type: 'message', text: 'without dora' })
    const rooms = await anna.knows<{ name: string; private?: boolean }[]>({ do: 'rooms' })
    expect(rooms.filter((room) => room.private)).toHaveLength(3)
    expect(await dora!.ask({ do: 'search', words: 'without', count: 9 })).toMatchObject({ data: [] })
  })
})

describe('a room of the API', () => {
  it('answers, edits, reacts and deletes', async () => {
    const room = await anna.node.join('lab')
    const { id } = await room.send('helo')
    await room.edit(id, 'hello')
    await room.react(id, '👍')
    const { id: answer } = await room.reply(id, 'to myself')
    const lines = await anna.knows({ do: 'history', room: 'lab', count: 9 })
    expect(lines).toMatchObject([
      { id, text: 'hello', reactions: [{ emoji: '👍' }] },
      { id: answer, replyTo: id },
    ])
    await room.delete(id)
    expect(await anna.texts()).toEqual(['to myself'])
    await expect(room.delete(id)).rejects.toMatchObject({ code: 'MESSAGE_UNKNOWN' })
  })
})
