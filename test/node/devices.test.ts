/** Several devices of one person, shown as one. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { DeviceLine } from '../../src/node/index.ts'
import { createLan, type Lan } from '../../src/node/testing.ts'
import { meet, type Person } from './people.ts'

let lan: Lan
let anna: Person
let phone: Person
let ben: Person
beforeEach(async () => {
  lan = createLan()
  ;[anna, phone, ben] = (await meet(lan, 'anna', 'phone', 'ben')) as [Person, Person, Person]
})
afterEach(() => lan.close())

const names = (person: Person) =>
  person.knows<{ name: string }[]>({ do: 'who' }).then((all) => all.map(({ name }) => name).sort())

/** The phone becomes a device of anna, for everybody. */
async function link(): Promise<void> {
  const asked = await phone.does({ do: 'linkAsk', who: 'anna' })
  const told = await anna.hears({ event: 'link' })
  expect(told).toMatchObject({ user: { name: 'phone' }, code: (asked as { code?: string }).code })
  await anna.does({ do: 'linkAccept', who: 'phone' })
  await phone.hears({ event: 'link', text: 'This is a device of anna now.' })
  for (const person of [anna, phone, ben])
    await person.until({ do: 'who' }, (all: unknown[]) => all.length === 2)
}

describe('a device', () => {
  it('is linked once both agree, comparing words, and is shown as its person everywhere', async () => {
    await link()
    expect(await names(ben)).toEqual(['anna', 'ben'])
    expect(phone.node.self).toEqual(anna.node.self)
    await phone.does({ do: 'say', room: 'general', text: 'from my phone' })
    expect(await ben.hears({ text: 'from my phone' })).toMatchObject({ from: { name: 'anna' } })
    const own = await anna.hears({ text: 'from my phone' })
    expect(anna.told.filter((event) => event.type === 'system' && event.event === 'warning')).toEqual([])
    expect(own).toMatchObject({ from: { name: 'anna', id: anna.node.self.id }, self: true })
    expect(await anna.knows<DeviceLine[]>({ do: 'devices' })).toMatchObject([
      { state: 'first', self: true, online: true },
      { state: 'linked', online: true },
    ])
  })

  it('has the rights of its person, and edits what that one wrote elsewhere', async () => {
    await link()
    await anna.does({ do: 'create', room: 'lab' })
    await phone.hears({ event: 'create', room: 'lab' })
    await ben.hears({ event: 'create', room: 'lab' })
    await ben.does({ do: 'join', room: 'lab' })
    const id = await anna.says('frist')
    await phone.hears({ text: 'frist' })
    await phone.does({ do: 'edit', room: 'lab', message: id, text: 'first' })
    expect(await ben.hears({ type: 'edit' })).toMatchObject({ id, text: 'first', from: { name: 'anna' } })
    await phone.does({ do: 'topic', room: 'lab', topic: 'ours' })
    expect(await ben.hears({ event: 'topic' })).toMatchObject({ user: { name: 'anna' }, topic: 'ours' })
  })

  it('deletes what its person wrote elsewhere, edits of both included, and so the other way round', async () => {
    await link()
    await ben.does({ do: 'create', room: 'lab' })
    for (const person of [anna, phone]) {
      await person.hears({ event: 'create', room: 'lab' })
      await person.patiently({ do: 'join', room: 'lab' })
    }
    const gone = (person: Person, count: number) =>
      person.until(
        { do: 'export', room: 'lab', count: 9 },
        (lines: { deleted?: boolean }[]) => lines.filter(({ deleted }) => deleted).length === count,
      )
    const first = await anna.says('frist')
    await phone.hears({ text: 'frist' })
    await phone.does({ do: 'edit', room: 'lab', message: first, text: 'first' })
    await ben.hears({ type: 'edit', text: 'first' })
    expect(await phone.does({ do: 'erase', room: 'lab', message: first })).toMatchObject({
      type: 'delete',
      id: first,
      from: { name: 'anna' },
    })
    for (const person of [ben, anna]) await person.hears({ type: 'delete', id: first })
    for (const person of [anna, phone, ben]) {
      expect(await person.texts()).toEqual([])
      // Its device has signed that the body goes.
      await gone(person, 1)
    }
    expect(ben.told.filter(({ type }) => type === 'delete')).toHaveLength(1)
    const second = await phone.says('second')
    await anna.hears({ text: 'second' })
    await anna.does({ do: 'erase', room: 'lab', message: second })
    await ben.hears({ type: 'delete', id: second })
    await gone(ben, 2)
    const foreign = await ben.says('of ben')
    await phone.hears({ text: 'of ben' })
    expect(await phone.ask({ do: 'erase', room: 'lab', message: foreign })).toMatchObject({
      code: 'MESSAGE_FOREIGN',
    })
  })

  it('hides what it deletes of a device that is away, whose body goes when that is back', async () => {
    await link()
    const id = await anna.says('of yesterday', 'general')
    for (const person of [phone, ben]) await person.hears({ text: 'of yesterday' })
    lan.cut(anna.node, phone.node)
    lan.cut(anna.node, ben.node)
    await phone.patiently({ do: 'erase', room: 'general', message: id })
    await ben.hears({ type: 'delete', id })
    expect(await ben.texts('general')).toEqual([])
    // Only that device can sign that the body goes.
    const isGone = ([line]: { signed: { tombstone?: string }[] }[]) =>
      line?.signed[0]?.tombstone !== undefined
    const kept = await ben.knows<Parameters<typeof isGone>[0]>({ do: 'export', room: 'general', count: 9 })
    expect(kept).toMatchObject([{ deleted: true, text: '' }])
    expect(isGone(kept)).toBe(false)
    lan.heal()
    await anna.hears({ type: 'delete', id })
    await ben.until({ do: 'export', room: 'general', count: 9 }, isGone)
  })

  it('reads and writes the talks of its person, sealed to all devices of both', async () => {
    await link()
    await ben.does({ do: 'msg', to: 'anna', text: 'psst' })
    for (const person of [anna, phone])
      expect(await person.hears({ text: 'psst' })).toMatchObject({ private: true })
    await phone.patiently({ do: 'msg', to: 'ben', text: 'yes?' })
    expect(await ben.hears({ text: 'yes?' })).toMatchObject({ private: true, from: { name: 'anna' } })
    expect(await anna.hears({ text: 'yes?' })).toMatchObject({ self: true, to: { name: 'ben' } })
  })

  it('reads what was sealed before it was linked, in talks and private rooms, and their names', async () => {
    await ben.does({ do: 'msg', to: 'anna', text: 'of old' })
    await anna.hears({ text: 'of old' })
    await anna.does({ do: 'msg', to: 'ben', text: 'my answer of old' })
    await ben.does({ do: 'create', room: 'plans', private: true, invite: ['anna'] })
    await anna.patiently({ do: 'join', room: 'plans' })
    await ben.says('a plan of old', 'plans')
    await anna.hears({ text: 'a plan of old' })
    await link()
    const holds = (room: string, count: number) =>
      phone.until({ do: 'history', room, count: 9 }, (lines: unknown[]) => lines.length === count)
    await holds('@ben', 2)
    await holds('plans', 1)
    expect(await phone.texts('@ben')).toEqual(['of old', 'my answer of old'])
    expect(await phone.texts('plans')).toEqual(['a plan of old'])
  })

  it('gives its person what it read before they were one', async () => {
    await ben.does({ do: 'create', room: 'plans', private: true, invite: ['phone'] })
    await phone.patiently({ do: 'join', room: 'plans' })
    await ben.says('for the phone', 'plans')
    await phone.hears({ text: 'for the phone' })
    await link()
    await anna.until({ do: 'history', room: 'plans', count: 9 }, (lines: unknown[]) => lines.length === 1)
    expect(await anna.texts('plans')).toEqual(['for the phone'])
  })

  it('is banned with its person, from whichever of them it wrote', async () => {
    await link()
    await ben.does({ do: 'create', room: 'lab' })
    await phone.hears({ event: 'create', room: 'lab' })
    await phone.does({ do: 'join', room: 'lab' })
    await ben.hears({ event: 'join', room: 'lab' })
    await ben.does({ do: 'ban', room: 'lab', who: 'anna' })
    await phone.hears({ event: 'ban' })
    for (const person of [anna, phone])
      expect(await person.ask({ do: 'join', room: 'lab' })).toMatchObject({ code: 'BANNED' })
  })
})

describe('the devices of a person', () => {
  const unread = (person: Person) => person.knows<{ unread: number }[]>({ do: 'unread' })

  it('tell each other how far they have read', async () => {
    await link()
    await ben.does({ do: 'say', room: 'general', text: 'read me' })
    for (const person of [anna, phone]) {
      await person.hears({ text: 'read me' })
      expect(await unread(person)).toMatchObject([{ room: 'general', unread: 1 }])
    }
    await phone.does({ do: 'read', room: 'general' })
    // Whoever shows counts hears that one is less.
    expect(await anna.hears({ type: 'read' })).toMatchObject({ room: 'general' })
    expect(phone.told.filter(({ type }) => type === 'read')).toEqual([])
    await anna.until({ do: 'unread' }, (rooms: unknown[]) => rooms.length === 0)
    expect(await unread(ben)).toEqual([])
  })

  it('are one to others: busy on one is busy, away on one is not, nobody sees herself type', async () => {
    await link()
    const mode = (wanted: string | undefined) =>
      ben.until({ do: 'whois', who: 'anna' }, (who: { mode?: string }) => who.mode === wanted)
    await phone.does({ do: 'presence', mode: 'busy', text: 'exam' })
    await mode('busy')
    expect(await ben.knows({ do: 'whois', who: 'anna' })).toMatchObject({ text: 'exam', online: true })
    await phone.does({ do: 'presence', mode: 'away' })
    await mode(undefined)
    await anna.does({ do: 'presence', mode: 'away', text: 'lunch' })
    await mode('away')
    await phone.does({ do: 'typing', room: 'general' })
    expect(await ben.hears({ type: 'typing', on: true })).toMatchObject({ user: { name: 'anna' } })
    await phone.does({ do: 'say', room: 'general', text: 'typed' })
    await ben.hears({ type: 'typing', on: false })
    await anna.hears({ text: 'typed' })
    expect(anna.told.filter(({ type }) => type === 'typing')).toEqual([])
  })

  it('block together, and take back together', async () => {
    await link()
    await phone.does({ do: 'block', who: 'ben' })
    await anna.hears({ type: 'system', event: 'block', user: 'ben' })
    expect(await anna.knows({ do: 'blocked' })).toMatchObject([{ name: 'ben' }])
    await anna.does({ do: 'unblock', who: 'ben' })
    await phone.hears({ type: 'system', event: 'unblock' })
    expect(await phone.knows({ do: 'blocked' })).toEqual([])
  })

  it('block whom another one blocked while this one was away, once it is back', async () => {
    await link()
    lan.cut(anna.node, phone.node)
    lan.cut(anna.node, ben.node)
    // The talk begins in a lane of ben's, and the block stands in one of the phone's.
    await ben.patiently({ do: 'msg', to: 'anna', text: 'psst' })
    await phone.hears({ text: 'psst' })
    await phone.patiently({ do: 'block', who: 'ben' })
    lan.heal()
    const isThere = (list: { name: string }[]) => list.some(({ name }) => name === 'ben')
    await anna.until({ do: 'blocked' }, isThere)
  })

  it('says where it is known who has a message, asked on another one', async () => {
    await link()
    const id = await phone.says('whose?', 'general')
    await anna.hears({ text: 'whose?' })
    const answer = await anna.ask({ do: 'delivery', room: 'general', message: '^' })
    expect(answer).toMatchObject({ type: 'error', code: 'DELIVERY_UNKNOWN' })
    expect(answer).toMatchObject({ message: expect.stringContaining('another device of yours') })
    expect(await phone.knows({ do: 'delivery', room: 'general', message: id })).toMatchObject({ of: 1 })
  })
})

describe('an unlinked device', () => {
  it('ends, and writes and opens nothing any more; what it wrote before stays its person’s', async () => {
    await link()
    await phone.does({ do: 'say', room: 'general', text: 'before' })
    await anna.hears({ text: 'before' })
    const [, line] = await anna.knows<DeviceLine[]>({ do: 'devices' })
    await anna.does({ do: 'unlink', who: line!.id })
    await phone.hears({ type: 'error', code: 'DEVICE_REMOVED' })
    expect(await ben.texts('general')).toEqual(['before'])
    await ben.patiently({ do: 'msg', to: 'anna', text: 'alone now?' })
    await anna.hears({ text: 'alone now?' })
    expect(await anna.knows<DeviceLine[]>({ do: 'devices' })).toMatchObject([
      { state: 'first' },
      { state: 'removed' },
    ])
  })
})

describe('a device that somebody else calls theirs', () => {
  it('is told to whoever linked it, and can be unlinked by them, so that it is not the other’s (DV-2)', async () => {
    const short = phone.node.self.id.slice(0, 8)
    await phone.does({ do: 'linkAsk', who: 'ben' })
    await phone.does({ do: 'linkAsk', who: 'anna' })
    for (const person of [ben, anna]) await person.hears({ event: 'link' })
    for (const person of [anna, phone]) lan.cut(ben.node, person.node)
    await ben.does({ do: 'linkAccept', who: 'phone' })
    await anna.does({ do: 'linkAccept', who: 'phone' })
    await phone.hears({ event: 'link', text: 'This is a device of anna now.' })
    lan.heal()
    const states = (person: Person) =>
      person.knows<DeviceLine[]>({ do: 'devices' }).then((all) => all.map(({ state }) => state))
    // The earlier link counts, whoever's that is: a thief may date it at will.
    const lost = (of: string) =>
      `Your device ${short} is a device of ${of} by now: whoever has its key agreed. Was it stolen? Then type: /device remove ${short}`
    const told = (person: Person, text: string) => person.hears({ event: 'link', text }).then(() => person)
    const loser = await Promise.race([told(anna, lost('ben')), told(ben, lost('anna'))])
    const other = loser === anna ? ben : anna
    expect(await states(loser)).toEqual(['first', 'taken'])
    await other.until({ do: 'devices' }, ([, line]: DeviceLine[]) => line?.state === 'linked')
    await loser.does({ do: 'unlink', who: short })
    await phone.hears({ type: 'error', code: 'DEVICE_REMOVED' })
    await other.until({ do: 'devices' }, ([, line]: DeviceLine[]) => line?.state === 'taken')
    expect(await states(loser)).toEqual(['first', 'removed'])
    expect(await loser.ask({ do: 'unlink', who: short })).toMatchObject({ code: 'DEVICE_UNKNOWN' })
  })
})

describe('linking', () => {
  it('takes the device’s own word and the person’s first key', async () => {
    expect(await anna.ask({ do: 'linkAccept', who: 'ben' })).toMatchObject({ code: 'DEVICE_UNKNOWN' })
    await link()
    expect(await phone.ask({ do: 'linkAccept', who: 'ben' })).toMatchObject({ code: 'DEVICE_UNKNOWN' })
    expect(await phone.ask({ do: 'linkAsk', who: 'ben' })).toMatchObject({ code: 'DEVICE_UNKNOWN' })
    expect(await phone.ask({ do: 'unlink', who: phone.node.self.id })).toMatchObject({
      code: 'DEVICE_UNKNOWN',
    })
  })
})
