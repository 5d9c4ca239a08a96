/** Every act of those who look after a room or a network: why it was done is told and logged, and there is a way back. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Command } from '../../src/node/index.ts'
import type { Lan } from '../../src/node/testing.ts'
import { lab, ownedNetwork, type Person } from './people.ts'

let lan: Lan
let olga: Person
let max: Person
let ben: Person
beforeEach(async () => {
  ;({ lan, olga, max, ben } = await ownedNetwork())
})
afterEach(() => lan.close())

/** An act, what it is told as, and what takes it back. */
type Pair = readonly [does: Command, event: string, undoes: Command, undone: string]
type Row = { readonly id?: string; readonly name?: string; readonly role?: string; readonly text?: string }

const whyDone = ([does]: Pair) => `for ${JSON.stringify(does)}`
const whyUndone = ([does]: Pair) => `back from ${JSON.stringify(does)}`

/** What of a room and the network this person sees. */
async function seen(person: Person, room: string): Promise<string> {
  const asked: Command[] = [
    { do: 'who', room },
    { do: 'roles', room },
    { do: 'pins', room },
    { do: 'history', room, count: 9 },
    { do: 'members' },
  ]
  const told = await Promise.all(asked.map((command) => person.knows<Row[]>(command)))
  return JSON.stringify(
    told.map((rows) => rows.map(({ name, role, text }) => [name, role, text].join(' ')).sort()),
  )
}

/** Does it and takes it back; all hear both, with the reasons, and see in the end what they saw before. */
async function isUndone(by: Person, room: string, pair: Pair): Promise<void> {
  const [does, event, undoes, undone] = pair
  const people = [olga, max, ben]
  const before = await Promise.all(people.map((person) => seen(person, room)))
  for (const [command, told, reason] of [
    [does, event, whyDone(pair)],
    [undoes, undone, whyUndone(pair)],
  ] as const) {
    expect(await by.does({ ...command, reason } as Command), told).toMatchObject({ event: told, reason })
    for (const person of people) if (person !== by) await person.hears({ event: told, reason })
  }
  expect(await Promise.all(people.map((person) => seen(person, room))), event).toEqual(before)
}

/** Whether the log has both acts of each pair in their order, with the reasons, and says of the first that the second ended it. */
async function isLogged(person: Person, by: string, log: Command, pairs: readonly Pair[]): Promise<void> {
  const acts = pairs.flatMap((pair) => [
    { event: pair[1], reason: whyDone(pair), holds: false, ended: { by: { name: by } } },
    { event: pair[3], reason: whyUndone(pair) },
  ])
  const rows = await person.knows<{ event: string; reason?: string; void?: true }[]>(log)
  expect(rows.filter((row) => row.void)).toEqual([])
  expect(rows.filter(({ reason }) => reason !== undefined)).toMatchObject(acts)
}

describe('what is done', () => {
  it('in a room has a reason and a way back, and stands in the log', async () => {
    await lab([max, olga, ben])
    const id = await ben.says('hello')
    for (const person of [olga, max]) await person.hears({ type: 'message', id })
    const [room, who, message] = ['lab', 'ben', id]
    const set = (setting: 'max' | 'readonly' | 'slow' | 'newcomers' | 'visible', value: number): Pair => [
      { do: 'set', room, setting, value },
      'settings',
      { do: 'set', room, setting, value: 0 },
      'settings',
    ]
    const pairs: Pair[] = [
      [{ do: 'kick', room, who }, 'kick', { do: 'unban', room, who }, 'unban'],
      [{ do: 'ban', room, who }, 'ban', { do: 'unban', room, who }, 'unban'],
      [{ do: 'ban', room, who, forMs: 60_000 }, 'ban', { do: 'unban', room, who }, 'unban'],
      [{ do: 'mute', room, who }, 'mute', { do: 'unmute', room, who }, 'unmute'],
      [
        { do: 'role', room, who, role: 'moderator' },
        'role',
        { do: 'role', room, who, role: 'member' },
        'role',
      ],
      [{ do: 'hide', room, message, on: true }, 'hide', { do: 'hide', room, message, on: false }, 'unhide'],
      [{ do: 'pin', room, message, on: true }, 'pin', { do: 'pin', room, message, on: false }, 'unpin'],
      [{ do: 'lock', room, on: true }, 'lock', { do: 'lock', room, on: false }, 'unlock'],
      [{ do: 'invite', room, to: who }, 'invite', { do: 'unvoice', room, to: who }, 'unvoice'],
      [{ do: 'voice', room, to: who }, 'voice', { do: 'unvoice', room, to: who }, 'unvoice'],
      [{ do: 'topic', room, topic: 'rats' }, 'topic', { do: 'topic', room, topic: '' }, 'topic'],
      set('max', 9),
      set('readonly', 1),
      set('slow', 9),
      set('newcomers', 1),
      set('visible', 9),
    ]
    for (const pair of pairs) await isUndone(max, room, pair)
    await isLogged(ben, 'max', { do: 'log', room, count: 99 }, pairs)
  })

  it.each([false, true])(
    'to a room by deleting it has a reason, which those in it are told and find in its log',
    async (isPrivate) => {
      await max.does({ do: 'create', room: 'lab', private: isPrivate, invite: ['ben'] })
      await ben.patiently({ do: 'join', room: 'lab' })
      await max.until({ do: 'who', room: 'lab' }, (data: unknown[]) => data.length === 2)
      const reason = 'the exam is over'
      expect(await max.does({ do: 'delete', room: 'lab', reason })).toMatchObject({ event: 'delete', reason })
      await ben.hears({ event: 'delete', room: 'lab', reason })
      for (const person of [max, ben]) {
        const log = await person.knows<{ event: string }[]>({ do: 'log', room: 'lab', count: 9 })
        expect(log.at(-1)).toMatchObject({ event: 'delete', by: { name: 'max' }, reason, holds: true })
      }
      expect(await olga.ask({ do: 'log', room: 'lab', count: 9 })).toMatchObject({ code: 'ROOM_UNKNOWN' })
    },
  )

  it('by nobody who may not, whatever their reason, nor for one that is too long', async () => {
    await lab([max, ben])
    expect(await ben.ask({ do: 'delete', room: 'lab', reason: 'bored' })).toMatchObject({
      code: 'NOT_ALLOWED',
    })
    const reason = 'x'.repeat(257)
    for (const command of [
      { do: 'delete', room: 'lab', reason },
      { do: 'topic', room: 'lab', topic: 'rats', reason },
    ] as const)
      expect(await max.ask(command)).toMatchObject({ code: 'REASON_TOO_LONG' })
  })

  it('to the network has a reason and a way back, and stands in the log', async () => {
    const room = 'general'
    const pairs: Pair[] = [
      [{ do: 'admin', who: 'max', on: true }, 'role', { do: 'admin', who: 'max', on: false }, 'role'],
      [{ do: 'membersOnly', on: true }, 'settings', { do: 'membersOnly', on: false }, 'settings'],
    ]
    for (const pair of pairs) await isUndone(olga, room, pair)
    await isLogged(ben, 'olga', { do: 'networkLog', count: 99 }, pairs)
  })
})
