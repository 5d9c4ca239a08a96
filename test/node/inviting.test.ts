/** Inviting people when a room is made and later: who comes, who says no, and how many fit. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createLan, type Lan } from '../../src/node/testing.ts'
import { meet, type Person } from './people.ts'

let lan: Lan
let anna: Person
let ben: Person
let cara: Person
beforeEach(async () => {
  lan = createLan()
  ;[anna, ben, cara] = (await meet(lan, 'anna', 'ben', 'cara')) as [Person, Person, Person]
})
afterEach(() => lan.close())

const invitations = (person: Person) =>
  person.told.filter(
    (event) => event.type === 'system' && event.event === 'invite' && event.user.id === person.node.self.id,
  ).length

describe('a private room made with others', () => {
  it('is left by whoever declines, who may be asked again', async () => {
    await anna.does({ do: 'create', room: 'plans', private: true, invite: ['ben', 'cara'] })
    await ben.hears({ event: 'create', room: 'plans' })
    expect(await ben.does({ do: 'decline', room: 'plans' })).toMatchObject({ event: 'leave', room: 'plans' })
    await anna.hears({ event: 'leave', user: 'ben' })
    expect(await anna.does({ do: 'invite', room: 'plans', to: 'ben' })).toMatchObject({ event: 'invite' })
    await ben.hears({ event: 'invite', room: 'plans' })
    expect(await ben.does({ do: 'decline', room: 'plans' })).toMatchObject({ event: 'decline' })
    await anna.hears({ event: 'decline', user: 'ben' })
    await anna.does({ do: 'invite', room: 'plans', to: ['ben', 'cara'] })
    await ben.patiently({ do: 'join', room: 'plans' })
    await anna.hears({ event: 'join', user: 'ben' })
    expect([invitations(ben), invitations(cara)]).toEqual([2, 0])
  })

  it('has no more people than its limit allows', async () => {
    const tooMany = { do: 'create', room: 'plans', private: true, max: 2, invite: ['ben', 'cara'] } as const
    expect(await anna.ask(tooMany)).toMatchObject({ code: 'ROOM_TOO_LARGE' })
    await anna.does({ ...tooMany, invite: ['ben'] })
    await anna.does({ do: 'invite', room: 'plans', to: 'cara' })
    await cara.hears({ event: 'invite', room: 'plans' })
    expect(await cara.ask({ do: 'join', room: 'plans' })).toMatchObject({ code: 'ROOM_FULL' })
  })
})

describe('a public room', () => {
  it('is told to those invited when it is made, and holds as many as its limit allows', async () => {
    await anna.does({ do: 'create', room: 'lab', max: 2, invite: ['ben', 'cara'] })
    for (const person of [ben, cara]) await person.hears({ event: 'invite', room: 'lab' })
    await ben.does({ do: 'join', room: 'lab' })
    await anna.hears({ event: 'join', user: 'ben' })
    expect(await cara.ask({ do: 'join', room: 'lab' })).toMatchObject({ code: 'ROOM_FULL' })
    expect(await anna.ask({ do: 'create', room: 'other', invite: ['nobody'] })).toMatchObject({
      code: 'NICK_UNKNOWN',
    })
  })

  it('lets one of two in who ask at once for the last place, and tells the other what to do', async () => {
    await anna.does({ do: 'create', room: 'lab', max: 2, invite: ['ben', 'cara'] })
    for (const person of [ben, cara]) await person.hears({ event: 'invite', room: 'lab' })
    const answers = await Promise.all([ben, cara].map((person) => person.ask({ do: 'join', room: 'lab' })))
    expect(answers.map(({ type }) => type).sort()).toEqual(['error', 'system'])
    expect(answers.find(({ type }) => type === 'error')).toMatchObject({
      code: 'ROOM_FULL',
      message:
        'The room lab is full, with 2 people at most. Try again when somebody has left, or ask anna to let in more (/max).',
    })
  })

  it('takes both who joined on two sides of a partition, the same for everybody, and nobody after them', async () => {
    await anna.does({ do: 'create', room: 'lab', max: 2, invite: ['ben', 'cara'] })
    for (const person of [ben, cara]) await person.hears({ event: 'invite', room: 'lab' })
    for (const person of [anna, ben]) lan.cut(person.node, cara.node)
    await cara.hears({ type: 'hub' })
    for (const person of [ben, cara]) await person.does({ do: 'join', room: 'lab' })
    lan.heal()
    const isThree = (data: unknown[]) => data.length === 3
    for (const person of [anna, ben, cara]) await person.until({ do: 'who', room: 'lab' }, isThree)
    await cara.does({ do: 'leave', room: 'lab' })
    await anna.hears({ event: 'leave', user: 'cara' })
    expect(await cara.ask({ do: 'join', room: 'lab' })).toMatchObject({ code: 'ROOM_FULL' })
  })
})
