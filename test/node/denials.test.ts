/** What people are told who may not: until when, by whom, why, and who can end it. */
import { afterEach, describe, expect, it } from 'vitest'
import { errorTold } from '../../src/node/acts/denial-told.ts'
import { type Command, localTime } from '../../src/node/index.ts'
import { createLan, type Lan } from '../../src/node/testing.ts'
import { refusalCodes } from '../../src/wire/refusal.ts'
import { World } from '../sim/core-world.ts'
import { lab, meet, ownedNetwork, type Person } from './people.ts'

let lan: Lan | undefined
afterEach(async () => {
  await lan?.close()
  lan = undefined
})

/** What a hub refuses of one's own events (rule LV-5), and answers to a question (rule LV-8). */
const ON_EVENTS: ReadonlySet<string> = new Set([
  ...[
    'RATE_LIMITED',
    'NOT_MEMBER',
    'BANNED',
    'MUTED',
    'ROOM_UNKNOWN',
    'ROOM_READ_ONLY',
    'NOT_VOICED',
    'SLOW_MODE',
  ],
  ...['NOT_ADMITTED', 'EXPELLED', 'NOT_WANTED', 'NOT_ALLOWED', 'ROOM_NAME_TAKEN', 'ROOM_FULL', 'ROOM_LOCKED'],
])

const HOUR_MS = 3_600_000
const say: Command = { do: 'say', room: 'lab', text: 'x' }
const join: Command = { do: 'join', room: 'lab' }

async function three(): Promise<[Person, Person, Person]> {
  lan = createLan()
  const [anna, max, ben] = (await meet(lan, 'anna', 'max', 'ben')) as [Person, Person, Person]
  await lab([anna, max, ben])
  await anna.does({ do: 'role', room: 'lab', who: 'max', role: 'moderator' })
  await max.hears({ event: 'role' })
  await ben.hears({ event: 'role' })
  return [anna, max, ben]
}

/** The refusal, whose sentence has all of these. */
async function refusal(person: Person, command: Command, code: string, ...parts: string[]) {
  const answer = await person.ask(command)
  expect(answer).toMatchObject({ type: 'error', code })
  const { message } = answer as { message: string }
  for (const part of parts) expect(message).toContain(part)
  return answer
}

describe('whoever is banned', () => {
  it('is told by whom, why, and who lets them in again', async () => {
    const [, max, ben] = await three()
    await max.does({ do: 'ban', room: 'lab', who: 'ben', reason: 'spam' })
    await ben.hears({ event: 'ban' })
    for (const command of [join, say]) {
      const told = await refusal(ben, command, 'BANNED', 'banned from lab by max (spam). Ask ', 'anna', 'max')
      expect(told).toMatchObject({ by: { name: 'max' }, reason: 'spam' })
      expect(told).not.toHaveProperty('until')
    }
  })

  it('by the owner is not sent to a moderator, who could not lift it', async () => {
    const [anna, , ben] = await three()
    await anna.does({ do: 'ban', room: 'lab', who: 'ben' })
    await ben.hears({ event: 'ban' })
    await refusal(ben, join, 'BANNED', 'banned from lab by anna. Ask anna to let you in again.')
  })

  it('for a time is told until when, and how to come back then', async () => {
    const [anna, max, ben] = await three()
    await max.does({ do: 'ban', room: 'lab', who: 'ben', forMs: HOUR_MS })
    const answer = (await anna.does({ do: 'ban', room: 'lab', who: 'ben', forMs: 2 * HOUR_MS })) as {
      until?: number
    }
    const until = answer.until!
    await ben.hears({ event: 'ban', until })
    const told = await refusal(
      ben,
      join,
      'BANNED',
      `until ${localTime(until)} by anna. /join lab enters it again then; anna can let you in sooner.`,
    )
    expect(told).toMatchObject({ until })
  })

  it('for a time that is over is only not in the room', async () => {
    const [, max, ben] = await three()
    await max.does({ do: 'ban', room: 'lab', who: 'ben', forMs: 1 })
    await ben.hears({ event: 'ban' })
    for (;;) {
      const told = await ben.ask(say)
      if (told.type === 'error' && told.code === 'NOT_MEMBER') break
    }
    await ben.does(join)
  })

  it('in a private room reads the reason, which is sealed', async () => {
    const [anna, max, ben] = await three()
    await anna.does({ do: 'create', room: 'den', private: true, invite: ['ben', 'max'] })
    for (const person of [max, ben]) await person.patiently({ do: 'join', room: 'den' })
    await anna.until({ do: 'who', room: 'den' }, (data: unknown[]) => data.length === 3)
    await anna.does({ do: 'ban', room: 'den', who: 'ben', reason: 'told others' })
    await ben.hears({ event: 'ban' })
    await refusal(ben, { do: 'join', room: 'den' }, 'BANNED', 'banned from den by anna (told others)')
  })

  it('from general for a time comes back by joining it', async () => {
    let olga: Person
    let ben: Person
    ;({ lan, olga, ben } = await ownedNetwork())
    await olga.does({ do: 'ban', room: 'general', who: 'ben', forMs: HOUR_MS, reason: 'caps' })
    await ben.hears({ event: 'ban' })
    await refusal(
      ben,
      { do: 'say', room: 'general', text: 'x' },
      'BANNED',
      'banned from general until',
      'olga',
    )
    await refusal(ben, { do: 'join', room: 'general' }, 'BANNED', '/join general enters it again then')
    await olga.does({ do: 'unban', room: 'general', who: 'ben' })
    await ben.hears({ event: 'unban' })
    await olga.does({ do: 'kick', room: 'general', who: 'ben' })
    await ben.hears({ event: 'kick' })
    const out = 'You are removed from general by olga. /join general enters it again.'
    await refusal(ben, { do: 'say', room: 'general', text: 'x' }, 'BANNED', out)
    await ben.does({ do: 'join', room: 'general' })
    await olga.hears({ type: 'message', id: await ben.says('again', 'general') })
  })
})

describe('whoever is muted', () => {
  it('is told by whom, why, and who ends it, or when it ends', async () => {
    const [anna, max, ben] = await three()
    await max.does({ do: 'mute', room: 'lab', who: 'ben', reason: 'noise' })
    await ben.hears({ event: 'mute' })
    await refusal(ben, say, 'MUTED', 'muted in lab by max (noise), so nobody', 'Ask ', 'max', 'to end it.')
    await max.does({ do: 'unmute', room: 'lab', who: 'ben' })
    await ben.hears({ event: 'unmute' })
    const answer = await anna.does({ do: 'mute', room: 'lab', who: 'ben', forMs: HOUR_MS })
    const { until } = answer as { until?: number }
    await ben.hears({ event: 'mute', until })
    const told = await refusal(
      ben,
      say,
      'MUTED',
      `in lab until ${localTime(until!)} by anna, so`,
      'It ends then; anna can end it sooner.',
    )
    expect(told).toMatchObject({ until, by: { name: 'anna' } })
  })
})

describe('whoever writes again', () => {
  it('in slow mode is told how long to wait', async () => {
    const [anna, , ben] = await three()
    await anna.does({ do: 'set', room: 'lab', setting: 'slow', value: 3600 })
    await ben.hears({ event: 'settings', setting: 'slow' })
    await anna.hears({ type: 'message', id: await ben.says('one') })
    const said = anna.told.find((told) => told.type === 'message' && told.text === 'one') as { ts: number }
    const told = await refusal(ben, say, 'SLOW_MODE', 'every 3600 s. Send it again in 3')
    const { until } = told as { until?: number }
    expect(until! - said.ts).toBeGreaterThanOrEqual(HOUR_MS)
    expect(until! - said.ts).toBeLessThan(2 * HOUR_MS)
  })

  it('where newcomers wait, or knocks at a locked room, is told who lets them', async () => {
    const [anna, max, ben] = await three()
    await anna.does({ do: 'set', room: 'lab', setting: 'newcomers', value: 1 })
    await max.hears({ event: 'settings', setting: 'newcomers' })
    const [carl] = (await meet(lan!, 'carl')) as [Person]
    await carl.until({ do: 'rooms' }, (data: { name: string }[]) => data.some(({ name }) => name === 'lab'))
    await carl.does(join)
    await refusal(carl, say, 'NOT_VOICED', '(/voice). Ask ', 'anna', ' or ', 'max')
    await carl.does({ do: 'leave', room: 'lab' })
    // Whom it lists, as a member, it lets in.
    await anna.until({ do: 'who', room: 'lab' }, (data: unknown[]) => data.length === 3)
    await anna.does({ do: 'lock', room: 'lab', on: true })
    for (const person of [max, ben]) await person.hears({ event: 'lock' })
    await refusal(carl, join, 'ROOM_LOCKED', 'Ask ', 'anna', 'to invite you.')
  })
})

it('whoever is expelled is told by whom and why, and who lets them in again', async () => {
  let olga: Person
  let ben: Person
  ;({ lan, olga, ben } = await ownedNetwork())
  await olga.does({ do: 'expel', who: 'ben', reason: 'shared the code' })
  const told = await ben.hears({ type: 'error', code: 'EXPELLED' })
  expect(told).toMatchObject({
    message: expect.stringContaining('by olga (shared the code). Ask olga to let you in again.'),
    by: { name: 'olga' },
    reason: 'shared the code',
  })
})

it('what a hub refuses is a code: the rest is said as far as this node knows it', async () => {
  const world = new World({ seed: 1 })
  const node = world.add()
  await world.start(node)
  await world.until(() => node.of('ready').length > 0, 10_000)
  world.command(node, { do: 'create', room: 'lab' })
  await world.run(500)
  const { core } = node
  const lab = [...core.views.ids()].map((id) => core.views.room(id)).find((view) => view?.name === 'lab')
  const told = (code: string, afterT?: number) => errorTold(core, code, 'no reason was given', lab, afterT)
  expect(told('BANNED').message).toBe(
    'You are banned from lab. Ask one of its moderators to let you in again.',
  )
  expect(told('MUTED').message).toContain('Ask one of its moderators to end it.')
  expect(told('SLOW_MODE').message).toContain('Send it again in a moment.')
  expect(told('NOT_ALLOWED').message).toContain('You may not do that in lab')
  expect(told('EXPELLED').message).toContain('Ask an admin of the network')
  for (const code of refusalCodes)
    if (ON_EVENTS.has(code)) expect(told(code).message, code).not.toContain('The other side refused')
})
