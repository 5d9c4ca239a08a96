/** The talk of two as a room: everything that is done in rooms can be done there. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createLan, type Lan } from '../../src/node/testing.ts'
import { meet, type Person } from './people.ts'

let lan: Lan
let anna: Person
let ben: Person
beforeEach(async () => {
  lan = createLan()
  ;[anna, ben] = (await meet(lan, 'anna', 'ben')) as [Person, Person]
})
afterEach(() => lan.close())

const room = '@ben'

describe('a talk, named by @nick', () => {
  it('takes texts, answers, edits, reactions and deletions, each by the place of a message', async () => {
    const sent = await anna.does({ do: 'say', room, text: 'helo' })
    expect(sent).toMatchObject({ type: 'sent', room: null, to: { name: 'ben' } })
    await ben.hears({ text: 'helo' })
    await anna.does({ do: 'edit', room, message: '^', text: 'hello' })
    expect(await ben.hears({ type: 'edit' })).toMatchObject({ text: 'hello', room: null })
    await ben.does({ do: 'reply', room: '@anna', message: '^', text: 'hi you' })
    expect(await anna.hears({ text: 'hi you' })).toMatchObject({ quote: { from: { name: 'anna' } } })
    await anna.does({ do: 'react', room, message: '@ben', emoji: '👍', on: true })
    await ben.hears({ type: 'reaction', emoji: '👍' })
    await anna.does({ do: 'say', room, text: 'waves', action: true })
    expect(await ben.hears({ text: 'waves' })).toMatchObject({ action: true, private: true })
    await anna.does({ do: 'erase', room, message: '^' })
    await ben.hears({ type: 'delete' })
    expect(await anna.knows({ do: 'details', room, message: '^' })).toMatchObject({ text: 'hi you' })
    expect(await anna.knows({ do: 'who', room })).toHaveLength(2)
    expect(await anna.knows({ do: 'pins', room })).toEqual([])
    await ben.does({ do: 'typing', room: '@anna' })
    await anna.hears({ type: 'typing', on: true })
  })

  it('is counted, taken for read, and calls or not', async () => {
    await anna.does({ do: 'say', room, text: 'one' })
    await ben.hears({ text: 'one' })
    expect(await ben.knows({ do: 'unread' })).toMatchObject([
      { room: null, with: { name: 'anna' }, unread: 1 },
    ])
    await ben.does({ do: 'read', room: '@anna' })
    expect(await ben.knows({ do: 'unread' })).toEqual([])
    expect(await ben.knows({ do: 'notify', room: '@anna', calls: 'none' })).toMatchObject({
      rooms: [{ room: '@anna', calls: 'none' }],
    })
    await anna.does({ do: 'say', room, text: 'two' })
    expect(await ben.hears({ text: 'two' })).not.toHaveProperty('notify')
  })

  it('has nothing before somebody has said something, and nobody who ranks: that is said', async () => {
    expect(await anna.ask({ do: 'reply', room, message: '^', text: 'what?' })).toMatchObject({
      code: 'TALK_UNKNOWN',
      message: expect.stringContaining('/msg ben'),
    })
    expect(await anna.knows({ do: 'history', room, count: 5 })).toEqual([])
    await anna.does({ do: 'say', room, text: 'hello' })
    for (const command of [
      { do: 'kick', room, who: 'ben' },
      { do: 'delete', room },
      { do: 'topic', room, topic: 'us' },
      { do: 'invite', room, to: 'ben' },
      { do: 'lock', room, on: true },
    ] as const)
      expect(await anna.ask(command), command.do).toMatchObject({
        code: 'NOT_ALLOWED',
        message: expect.stringContaining('/block'),
      })
  })

  it('is entered by its person’s key, whatever they and others call themselves later', async () => {
    expect(await anna.knows({ do: 'join', room })).toMatchObject({
      with: { name: 'ben', id: ben.node.self.id },
    })
    const talk = await anna.node.join('@ben')
    const said = talk.messages()[Symbol.asyncIterator]()
    await ben.does({ do: 'nick', name: 'benny' })
    await anna.hears({ event: 'nick' })
    await talk.send('still you?')
    expect(await ben.hears({ text: 'still you?' })).toMatchObject({ private: true })
    await ben.does({ do: 'say', room: 'general', text: 'not in here' })
    await ben.does({ do: 'say', room: '@anna', text: 'yes' })
    expect((await said.next()).value).toMatchObject({ text: 'still you?' })
    expect((await said.next()).value).toMatchObject({ text: 'yes', from: { name: 'benny' } })
  })
})

describe('what is meant for others', () => {
  it('is refused where one names oneself, and says so', async () => {
    await anna.does({ do: 'create', room: 'lab' })
    for (const command of [
      { do: 'msg', to: 'anna', text: 'note' },
      { do: 'msg', to: ['ben', 'anna'], text: 'note' },
      { do: 'join', room: '@anna' },
      { do: 'block', who: 'anna' },
      { do: 'kick', room: 'lab', who: 'anna' },
      { do: 'ban', room: 'lab', who: 'anna' },
      { do: 'mute', room: 'lab', who: 'anna' },
      { do: 'role', room: 'lab', who: 'anna', role: 'member' },
    ] as const)
      expect(await anna.ask(command), command.do).toMatchObject({ code: 'NICK_SELF' })
  })

  it('names no more people than one event holds', async () => {
    await anna.does({ do: 'create', room: 'lab' })
    const to = Array.from({ length: 257 }, () => 'ben')
    expect(await anna.ask({ do: 'invite', room: 'lab', to })).toMatchObject({ code: 'TOO_MANY' })
  })
})

it('rooms are found by a part of their name or topic, those that begin so first; a topic of a private one is shown', async () => {
  await anna.does({ do: 'create', room: 'collab' })
  await anna.does({ do: 'create', room: 'lab' })
  await anna.does({ do: 'create', room: 'garden', topic: 'Roses by the lab' })
  await anna.does({ do: 'create', room: 'secret', private: true, topic: 'surprise' })
  const names = async (part: string) => (await anna.knows({ do: 'rooms', part })).map(({ name }) => name)
  expect(await names('LA')).toEqual(['lab', 'collab', 'garden'])
  expect(await names('surp')).toEqual(['secret'])
  expect(await names('zzz')).toEqual([])
})
