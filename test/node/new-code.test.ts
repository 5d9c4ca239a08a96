/** A new code for a network with an owner: who goes on, who comes back, and who gets in nowhere. */
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

const says = (person: Person, text: string) => person.patiently({ do: 'say', room: 'general', text })
const invitation = (person: Person) => person.knows<{ text: string }>({ do: 'invitation' })
const roles = (person: Person) =>
  person
    .knows<NetworkMember[]>({ do: 'members' })
    .then((all) => all.map(({ name, role }) => `${name} ${role}`).sort())
/** Somebody who starts with this invitation; default: the one the network began with. */
const starts = async (name: string, code?: string) =>
  new Person(await lan.node({ name, ...(code !== undefined && { code }) }))
const holds = (person: Person, text: string) =>
  person.until({ do: 'invitation' }, (data: { text: string }) => data.text === text)

describe('a new code', () => {
  it('is made by the owner or an admin, given to all members, and told', async () => {
    expect(await ben.ask({ do: 'newCode' })).toMatchObject({ code: 'NOT_ADMIN' })
    const before = (await invitation(ben)).text
    const reason = 'it was on the web'
    expect(await olga.does({ do: 'newCode', reason })).toMatchObject({
      type: 'system',
      event: 'newcode',
      reason,
    })
    const { text } = await invitation(olga)
    expect(text).not.toBe(before)
    for (const person of [max, ben]) {
      expect(await person.hears({ event: 'newcode', user: 'olga' })).toMatchObject({ reason })
      await holds(person, text)
    }
    await olga.does({ do: 'admin', who: 'max', on: true })
    await max.hears({ event: 'role', role: 'admin' })
    await max.does({ do: 'newCode' })
    await holds(ben, (await invitation(max)).text)
    expect((await invitation(max)).text).not.toBe(text)
    expect(await ben.knows({ do: 'networkLog', count: 9 })).toMatchObject([
      { event: 'newcode', user: { name: 'olga' }, reason, holds: false, ended: { by: { name: 'max' } } },
      { event: 'role' },
      { event: 'newcode', user: { name: 'max' }, holds: true },
    ])
  })

  it('with a reason that nobody could read, or of many words, is not made', async () => {
    const before = (await invitation(olga)).text
    for (const [reason, code] of [
      ['half a \ud83d', 'TEXT_INVALID'],
      ['x'.repeat(257), 'REASON_TOO_LONG'],
    ] as const)
      expect(await olga.ask({ do: 'newCode', reason })).toMatchObject({ code })
    expect((await invitation(olga)).text).toBe(before)
  })

  it('lets in whoever has it, to all history, and nobody who has only an older one', async () => {
    await says(ben, 'before')
    const old = (await invitation(olga)).text
    await olga.does({ do: 'newCode' })
    const { text } = await invitation(olga)
    const eve = await starts('eve', text)
    await eve.node.ready
    await eve.until({ do: 'history', room: 'general', count: 9 }, (lines: unknown[]) => lines.length === 1)
    await says(eve, 'here')
    await ben.hears({ text: 'here' })
    await holds(eve, text)
    const mallory = await starts('mallory', old)
    await expect(mallory.node.ready).rejects.toMatchObject({ code: 'CODE_OLD' })
    expect(await roles(ben)).toEqual(['ben member', 'eve member', 'max member', 'olga owner'])
  })

  it('never reaches whom the network has expelled', async () => {
    const old = (await invitation(olga)).text
    await olga.does({ do: 'expel', who: 'ben' })
    await ben.hears({ type: 'error', code: 'EXPELLED' })
    await olga.does({ do: 'newCode' })
    expect((await invitation(olga)).text).not.toBe(old)
    await holds(max, (await invitation(olga)).text)
    expect((await invitation(ben).catch(() => ({ text: old }))).text).toBe(old)
  })

  it('is told to who was away, and comes back with the old one', async () => {
    lan.cut(ben.node, olga.node)
    lan.cut(ben.node, max.node)
    await ben.hears({ type: 'hub' })
    await says(ben, 'while away')
    await olga.does({ do: 'newCode' })
    await says(olga, 'meanwhile')
    lan.heal()
    await holds(ben, (await invitation(olga)).text)
    await ben.hears({ text: 'meanwhile' })
    await max.hears({ text: 'while away' })
  })

  it('of several made at once is one for all, and all who came in by the other stay', async () => {
    await olga.does({ do: 'admin', who: 'max', on: true })
    await max.hears({ event: 'role', role: 'admin' })
    lan.cut(max.node, olga.node)
    lan.cut(ben.node, olga.node)
    await olga.does({ do: 'newCode' })
    await max.does({ do: 'newCode' })
    const theirs = (await invitation(max)).text
    await holds(ben, theirs)
    const ours = (await invitation(olga)).text
    lan.heal()
    // What was made last in display order: max's, whose clock is the same, came later.
    for (const person of [olga, max, ben]) await holds(person, theirs)
    expect(ours).not.toBe(theirs)
    expect(await roles(olga)).toEqual(['ben member', 'max admin', 'olga owner'])
    await says(ben, 'together')
    await olga.hears({ text: 'together' })
  })

  it('keeps out who came in by the old one on the other side of a partition, until an admin lets them in', async () => {
    const old = (await invitation(olga)).text
    lan.cut(ben.node, olga.node)
    lan.cut(ben.node, max.node)
    await ben.hears({ type: 'hub' })
    await olga.does({ do: 'newCode' })
    const eve = await starts('eve', old)
    lan.cut(eve.node, olga.node)
    lan.cut(eve.node, max.node)
    await eve.node.ready
    await says(eve, 'from outside')
    await ben.hears({ text: 'from outside' })
    lan.heal()
    await eve.hears({ type: 'error', code: 'CODE_OLD' })
    await olga.until({ do: 'members' }, (all: NetworkMember[]) => all.some(({ name }) => name === 'eve'))
    expect(await roles(olga)).toContain('eve waiting')
    await olga.hears({ event: 'waiting', user: 'eve' })
    expect(await olga.texts('general')).toEqual([])
    await olga.does({ do: 'admit', who: ['eve'] })
    expect(await olga.texts('general')).toEqual(['from outside'])
  })
})

describe('a network without an owner', () => {
  it('has no code to change', async () => {
    await using open = createLan()
    const [anna] = (await meet(open, 'anna')) as [Person]
    for (const command of [{ do: 'newCode' }, { do: 'invitation' }] as const)
      expect(await anna.ask(command)).toMatchObject({ code: 'NOT_OWNED' })
  })
})
