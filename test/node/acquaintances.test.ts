import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createLan, type Lan } from '../../src/node/testing.ts'
import { lab, meet, Person } from './people.ts'

let lan: Lan
let anna: Person
let ben: Person
beforeEach(async () => {
  lan = createLan()
  ;[anna, ben] = (await meet(lan, 'anna', 'ben')) as [Person, Person]
})
afterEach(() => lan.close())

/** Somebody else under this name, and anna knows. */
async function another(name: string): Promise<Person> {
  const person = new Person(await lan.node({ name }))
  await anna.until({ do: 'who' }, (data: { id: string; name: string }[]) =>
    data.some((who) => who.id === person.node.self.id && who.name === name),
  )
  return person
}

describe('contacts', () => {
  it('are written down, called otherwise, and struck off', async () => {
    const user = { name: 'ben', label: 'Benjamin' }
    expect(await anna.does({ do: 'contact', who: 'ben', name: 'Benjamin' })).toMatchObject({
      event: 'contact',
      user,
    })
    expect(await anna.knows({ do: 'contacts' })).toMatchObject([{ ...user, online: true }])
    await ben.says('hello', 'general')
    expect(await anna.hears({ type: 'message', text: 'hello' })).toMatchObject({ from: user })
    for (const to of ['Benjamin', 'ben'])
      expect(await anna.does({ do: 'msg', to, text: `for ${to}` })).toMatchObject({ to: { name: 'ben' } })
    expect(await anna.does({ do: 'uncontact', who: 'benjamin' })).toMatchObject({ user: { name: 'ben' } })
    expect(await anna.knows({ do: 'contacts' })).toEqual([])
    expect(await anna.ask({ do: 'uncontact', who: 'ben' })).toMatchObject({ data: null })
    expect(await anna.ask({ do: 'msg', to: 'Benjamin', text: 'x' })).toMatchObject({ code: 'NICK_UNKNOWN' })
  })

  it('cannot be called what somebody else is called, or looks like', async () => {
    const dora = await another('dora')
    expect(await anna.ask({ do: 'contact', who: 'ben', name: 'Dora' })).toMatchObject({ code: 'NICK_TAKEN' })
    expect(await anna.ask({ do: 'contact', who: 'ben', name: 'd0ra' })).toMatchObject({ code: 'NICK_TAKEN' })
    expect(await anna.ask({ do: 'contact', who: 'ben', name: 'a b' })).toMatchObject({ code: 'NICK_INVALID' })
    expect(await anna.ask({ do: 'contact', who: 'anna' })).toMatchObject({ code: 'NICK_SELF' })
    await dora.node.close()
  })
})

describe('a name that looks like another', () => {
  it('is shown with a piece of its key where it is a person’s, and not taken by a room', async () => {
    await another('dora')
    const other = await another('d0ra')
    await other.says('me', 'general')
    expect(await anna.hears({ type: 'message', text: 'me' })).toMatchObject({
      from: { name: 'd0ra', label: expect.stringMatching(/^d0ra~/) },
    })
    await anna.does({ do: 'create', room: 'lab' })
    await ben.hears({ event: 'create', room: 'lab' })
    for (const room of ['LAB', '1ab'])
      expect(await ben.ask({ do: 'create', room })).toMatchObject({ code: 'ROOM_NAME_TAKEN' })
  })
})

describe('somebody of the same name', () => {
  it('is told apart by a label, and people are warned once', async () => {
    const other = await another('ben')
    const warning = await anna.hears({ type: 'system', event: 'warning' })
    expect(warning).toMatchObject({ user: { id: other.node.self.id, label: expect.stringMatching(/^ben~/) } })
    expect(await anna.ask({ do: 'msg', to: 'ben', text: 'which?' })).toMatchObject({ code: 'NICK_AMBIGUOUS' })
    await other.does({ do: 'nick', name: 'otto' })
    const { label } = (warning as { user: { label: string } }).user
    expect(await anna.hears({ type: 'system', event: 'nick' })).toMatchObject({ was: label })
    await other.does({ do: 'nick', name: 'ben' })
    await anna.until({ do: 'who' }, (data: { name: string }[]) => !data.some(({ name }) => name === 'otto'))
    await ben.says('and?', 'general')
    await anna.hears({ type: 'message', text: 'and?' })
    expect(anna.told.filter((event) => event.type === 'system' && event.event === 'warning')).toHaveLength(1)
  })
})

describe('somebody of the own name', () => {
  it('is said to be called as one is oneself, not as somebody met before', async () => {
    const other = await another('anna')
    const warning = await anna.hears({ type: 'system', event: 'warning' })
    const { label } = (warning as { user: { label: string } }).user
    expect(warning).toMatchObject({
      user: { id: other.node.self.id },
      text: `Somebody else calls themselves anna, as you do, with another key: they are shown here as ${label}.`,
    })
  })
})

describe('comparing keys', () => {
  type Words = { compare: { name: string; words: string }[]; verified: boolean }

  it('reads the same words on both sides, and seals key and name', async () => {
    const hers = await anna.knows<Words>({ do: 'verify', who: 'ben' })
    const his = await ben.knows<Words>({ do: 'verify', who: 'anna' })
    expect(hers.compare).toEqual(his.compare)
    for (const { words } of hers.compare) expect(words).toMatch(/^([a-z]{3,7} ){5}[a-z]{3,7}$/)
    expect(hers.verified).toBe(false)
    const user = { name: 'ben', verified: true }
    expect(await anna.does({ do: 'verify', who: 'ben', seal: true })).toMatchObject({ event: 'verify', user })
    expect(await anna.ask({ do: 'verify', who: 'ben', seal: true })).toMatchObject({ data: null })
    await ben.says('me', 'general')
    expect(await anna.hears({ type: 'message', text: 'me' })).toMatchObject({ from: user })
    expect(await anna.does({ do: 'verify', who: 'ben', seal: false })).toMatchObject({ event: 'unverify' })
    expect(await anna.knows({ do: 'whois', who: 'ben' })).not.toHaveProperty('verified')
  })

  it('warns loudly of another key under a name that was compared, and of another name', async () => {
    await anna.does({ do: 'verify', who: 'ben', seal: true })
    const other = await another('BEN')
    const warning = await anna.hears({ type: 'system', event: 'warning' })
    expect(warning).toMatchObject({
      user: { id: other.node.self.id },
      text: expect.stringMatching(/^WARNING: .*another key than the one that you compared/),
    })
    anna.told.length = 0
    await ben.does({ do: 'nick', name: 'benny' })
    expect(await anna.hears({ type: 'system', event: 'warning' })).toMatchObject({
      text: expect.stringMatching(/^WARNING: ben, whose key you compared, is called benny now/),
    })
    expect(await anna.knows({ do: 'whois', who: 'benny' })).not.toHaveProperty('verified')
  })
})

describe('whoever is blocked', () => {
  it('is refused what they write in private, until they are taken back', async () => {
    await lab([anna, ben])
    await anna.does({ do: 'block', who: 'ben' })
    let answer = await ben.ask({ do: 'msg', to: 'anna', text: 'hello?' })
    while (answer.type !== 'error') answer = await ben.ask({ do: 'msg', to: 'anna', text: 'hello?' })
    expect(answer).toMatchObject({ code: 'NOT_WANTED' })
    await ben.says('in the room')
    await anna.does({ do: 'unblock', who: 'ben' })
    await ben.patiently({ do: 'msg', to: 'anna', text: 'thanks' })
    expect(await anna.hears({ type: 'message', text: 'thanks' })).toMatchObject({ private: true })
  })
})
