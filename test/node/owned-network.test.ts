/** A network with an owner: admins, members only, people who wait, expelled ones. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { NetworkMember } from '../../src/node/index.ts'
import { createLan, type Lan } from '../../src/node/testing.ts'
import { meet, ownedNetwork, Person } from './people.ts'

let lan: Lan
let olga: Person
let max: Person
let ben: Person
beforeEach(async () => {
  ;({ lan, olga, max, ben } = await ownedNetwork())
})
afterEach(() => lan.close())

const says = (person: Person, text: string) => person.ask({ do: 'say', room: 'general', text })
const roles = (person: Person) =>
  person
    .knows<NetworkMember[]>({ do: 'members' })
    .then((all) => all.map(({ name, role }) => `${name} ${role}`))
const comes = async (name: string) => {
  const person = new Person(await lan.node({ name }))
  await person.node.ready
  return person
}
/** Max is an admin for everybody. */
async function appoint(): Promise<void> {
  await olga.does({ do: 'admin', who: 'max', on: true, reason: 'helps' })
  for (const person of [max, ben])
    expect(await person.hears({ event: 'role' })).toMatchObject({
      room: null,
      user: { name: 'max' },
      by: { name: 'olga' },
      role: 'admin',
      reason: 'helps',
    })
}

describe('the owner of a network', () => {
  it('appoints admins, who rank in every room, and takes it back', async () => {
    expect(await max.ask({ do: 'expel', who: 'ben' })).toMatchObject({ code: 'NOT_ADMIN' })
    await appoint()
    expect(await roles(ben)).toEqual(['olga owner', 'max admin', 'ben member'])
    expect(await max.ask({ do: 'admin', who: 'ben', on: true })).toMatchObject({ code: 'NOT_ADMIN' })
    await max.does({ do: 'mute', room: 'general', who: 'ben' })
    await ben.hears({ event: 'mute' })
    expect(await says(ben, 'hello')).toMatchObject({ code: 'MUTED' })
    await olga.does({ do: 'admin', who: 'max', on: false })
    await max.hears({ event: 'role', role: 'member' })
    expect(await max.ask({ do: 'unmute', room: 'general', who: 'ben' })).toMatchObject({
      code: 'NOT_ALLOWED',
    })
  })

  it('is what nobody is in a network without one', async () => {
    await using open = createLan()
    const [anna] = (await meet(open, 'anna')) as [Person]
    for (const command of [{ do: 'members' }, { do: 'expel', who: 'anna' }] as const)
      expect(await anna.ask(command)).toMatchObject({ code: 'NOT_OWNED' })
  })
})

describe('an expelled person', () => {
  it('is told so by everybody, ends, and is hidden from the cut on, until they are admitted again', async () => {
    await appoint()
    await says(ben, 'before')
    await max.hears({ text: 'before' })
    await max.does({ do: 'expel', who: 'ben', reason: 'spam' })
    expect(await olga.hears({ event: 'expel' })).toMatchObject({ user: { name: 'ben' }, reason: 'spam' })
    await ben.hears({ type: 'error', code: 'EXPELLED' })
    expect(await olga.texts('general')).toEqual(['before'])
    expect(await roles(olga)).toEqual(['olga owner', 'max admin', 'ben expelled'])
    await olga.does({ do: 'admit', who: ['ben'], reason: 'said sorry' })
    expect(await max.hears({ event: 'admit' })).toMatchObject({ user: { name: 'ben' }, reason: 'said sorry' })
    expect(await roles(max)).toEqual(['olga owner', 'max admin', 'ben member'])
  })

  it('is never the owner, nor an admin by an admin', async () => {
    await appoint()
    expect(await max.ask({ do: 'expel', who: 'olga' })).toMatchObject({ code: 'NOT_ADMIN' })
    await olga.does({ do: 'admin', who: 'ben', on: true })
    await max.until({ do: 'members' }, (all: NetworkMember[]) => all.every(({ role }) => role !== 'member'))
    expect(await max.ask({ do: 'expel', who: 'ben' })).toMatchObject({ code: 'NOT_ADMIN' })
  })
})

describe('a network of members only', () => {
  it('lets those in who are here, and lets others wait, who are told and read nothing, until an admin admits them', async () => {
    await appoint()
    await says(ben, 'for members')
    await olga.does({ do: 'membersOnly', on: true })
    expect(await ben.hears({ event: 'settings' })).toMatchObject({ setting: 'membersonly', value: 1 })
    const eve = await comes('eve')
    expect(await eve.hears({ event: 'waiting' })).toMatchObject({ user: { name: 'eve' } })
    expect(await says(eve, 'hello')).toMatchObject({ code: 'NOT_ADMITTED' })
    expect(await eve.ask({ do: 'create', room: 'mine' })).toMatchObject({ code: 'NOT_ADMITTED' })
    expect(await max.hears({ event: 'waiting' })).toMatchObject({ user: { name: 'eve' } })
    expect(await eve.texts('general')).toEqual([])
    expect(await roles(max)).toContain('eve waiting')
    await max.does({ do: 'admit', who: ['eve'] })
    await eve.hears({ event: 'admit' })
    await eve.until({ do: 'history', room: 'general', count: 10 }, (lines: unknown[]) => lines.length === 1)
    await eve.patiently({ do: 'say', room: 'general', text: 'thanks' })
    for (const person of [olga, ben]) await person.hears({ text: 'thanks' })
  })

  it('keeps who waits from being hub, and who is a member from following them', async () => {
    await olga.does({ do: 'membersOnly', on: true })
    const eve = await comes('eve')
    await eve.hears({ event: 'waiting' })
    for (const person of [olga, max, ben]) await person.node.close()
    await eve.hears({ type: 'offline' })
    const known = (await eve.knows<{ hub: unknown }>({ do: 'hub' })) as unknown as { hub: unknown }
    expect(known.hub).toBeNull()
  })

  it('is open again once the owner says so', async () => {
    await olga.does({ do: 'membersOnly', on: true })
    const eve = await comes('eve')
    await eve.hears({ event: 'waiting' })
    await olga.does({ do: 'membersOnly', on: false, reason: 'open day' })
    await eve.patiently({ do: 'say', room: 'general', text: 'in' })
    await ben.hears({ text: 'in' })
    expect(await olga.knows({ do: 'networkLog', count: 10 })).toMatchObject([
      { event: 'settings', value: 1, holds: false, ended: { by: { name: 'olga' } } },
      { event: 'settings', value: 0, reason: 'open day', holds: true },
    ])
  })
})
