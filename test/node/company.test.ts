import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createLan, type Lan } from '../../src/node/testing.ts'
import { lab, meet, Person } from './people.ts'

let lan: Lan
let anna: Person
let ben: Person
beforeEach(async () => {
  lan = createLan()
  ;[anna, ben] = (await meet(lan, 'anna', 'ben')) as [Person, Person]
  await lab([anna, ben])
})
afterEach(() => lan.close())

type Row = { name: string; online: boolean; mode?: string; text?: string; seen?: number }
const rowOf = async (reader: Person, name: string): Promise<Row | undefined> =>
  (await reader.knows<Row[]>({ do: 'who' })).find((row) => row.name === name)
const sees = (reader: Person, name: string, wanted: Partial<Row>) =>
  reader.until({ do: 'who' }, (rows: Row[]) =>
    rows.some(
      (row) => row.name === name && Object.entries(wanted).every(([k, v]) => row[k as keyof Row] === v),
    ),
  )

describe('how somebody shows themselves', () => {
  it('is told to others, newcomers included, and survives a change of hub', async () => {
    const own = await ben.knows({ do: 'presence', mode: 'busy', text: 'in an exam' })
    expect(own).toMatchObject({ mode: 'busy', text: 'in an exam', autoAwayMin: 0 })
    expect(await anna.hears({ type: 'mode', user: 'ben' })).toMatchObject({
      mode: 'busy',
      text: 'in an exam',
    })
    const carl = new Person(await lan.node({ name: 'carl' }))
    await sees(carl, 'ben', { online: true, mode: 'busy', text: 'in an exam' })
    const { hub } = await carl.knows<{ hub: { id: string } }>({ do: 'hub' })
    await [anna, ben, carl].find(({ node }) => node.self.id === hub.id)!.does({ do: 'drain' })
    for (const person of [anna, ben, carl])
      await person.until(
        { do: 'hub' },
        (data: { hub?: { id: string } }) => data.hub && data.hub.id !== hub.id,
      )
    await sees(carl, 'ben', { online: true, mode: 'busy' })
    await ben.does({ do: 'presence', mode: 'online' })
    expect(await carl.hears({ type: 'mode', mode: 'online' })).not.toHaveProperty('text')
    await carl.does({ do: 'presence', mode: 'away' })
    await sees(ben, 'carl', { online: true, mode: 'away' })
  })

  it('hides, also from who comes later', async () => {
    await ben.does({ do: 'presence', mode: 'hidden' })
    await anna.hears({ type: 'presence', user: 'ben', online: false })
    await sees(anna, 'ben', { online: false })
    expect(await rowOf(ben, 'ben')).toMatchObject({ online: true, mode: 'hidden' })
    await ben.says('still here')
    await anna.hears({ type: 'message', text: 'still here' })
    const carl = new Person(await lan.node({ name: 'carl' }))
    await carl.node.ready
    await sees(carl, 'ben', { online: false })
    expect(carl.told.some((event) => event.type === 'presence' && event.user.name === 'ben')).toBe(false)
    await ben.does({ do: 'presence', mode: 'online' })
    await carl.hears({ type: 'presence', user: 'ben', online: true })
  })

  it('has room for some words, no more', async () => {
    expect(await ben.ask({ do: 'presence', mode: 'away', text: 'ü'.repeat(101) })).toMatchObject({
      code: 'WORDS_TOO_LONG',
    })
    expect(await ben.ask({ do: 'presence', mode: 'away', text: '\ud800' })).toMatchObject({
      code: 'TEXT_INVALID',
    })
  })

  it('is away by itself after a while, and back when they do something', async () => {
    await ben.does({ do: 'autoAway', minutes: 0.01 })
    await ben.does({ do: 'presence', mode: 'online', text: 'in lab 2' })
    expect(await anna.hears({ type: 'mode', mode: 'away' })).toMatchObject({ text: 'in lab 2' })
    expect(await rowOf(ben, 'ben')).toMatchObject({ mode: 'away' })
    anna.told.length = 0
    await ben.does({ do: 'active' })
    await anna.hears({ type: 'mode', mode: 'online' })
  })

  it('is remembered of who has gone', async () => {
    await ben.node.close()
    await anna.hears({ type: 'presence', user: 'ben', online: false })
    const row = await rowOf(anna, 'ben')
    expect(row).toMatchObject({ online: false, seen: expect.any(Number) })
  })
})

describe('typing', () => {
  it('is seen until it is said, in rooms and between two, and can be switched off', async () => {
    await ben.does({ do: 'typing', room: 'lab' })
    expect(await anna.hears({ type: 'typing', on: true })).toMatchObject({
      room: 'lab',
      user: { name: 'ben' },
    })
    await ben.says('done')
    await anna.hears({ type: 'typing', on: false, room: 'lab' })
    await anna.does({ do: 'msg', to: 'ben', text: 'psst' })
    await ben.hears({ type: 'message', text: 'psst' })
    await anna.does({ do: 'typing', to: 'ben' })
    expect(await ben.hears({ type: 'typing', on: true })).toMatchObject({ room: null, private: true })
    expect(await ben.knows({ do: 'telling', what: 'typing', on: false })).toMatchObject({
      tellsTyping: false,
    })
    const before = anna.told.length
    await ben.does({ do: 'typing', room: 'general' })
    await ben.says('nothing seen')
    await anna.hears({ type: 'message', text: 'nothing seen' })
    expect(anna.told.slice(before).some(({ type }) => type === 'typing')).toBe(false)
  })
})

describe('a person', () => {
  const png = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, ...new Array(100).fill(7))

  it('has words, a colour and a picture, that others find', async () => {
    await ben.does({ do: 'profile', about: 'likes trains', colour: '#FF8800', picture: png })
    await anna.until({ do: 'whois', who: 'ben' }, (data: { about?: string; picture?: object }) =>
      Boolean(data.about && data.picture),
    )
    expect(await anna.knows({ do: 'whois', who: 'ben' })).toMatchObject({
      name: 'ben',
      online: true,
      about: 'likes trains',
      colour: '#ff8800',
      picture: { type: 'image/png', bytes: png.length },
      rooms: ['general', 'lab'],
    })
    const picture = await anna.knows<{ base64: string }>({ do: 'picture', who: 'ben' })
    expect(new Uint8Array(Buffer.from(picture.base64, 'base64'))).toEqual(png)
    await ben.does({ do: 'nick', name: 'benny' })
    await ben.does({ do: 'profile', picture: null })
    await anna.until({ do: 'whois', who: 'benny' }, (data: { about?: string; picture?: object }) =>
      Boolean(data.about && !data.picture),
    )
  })

  it('says nothing anew that is so already, since all keep what is said for ever', async () => {
    const look = { do: 'profile', colour: '#ff8800', picture: png } as const
    const none = { do: 'profile', colour: null, picture: null } as const
    const events = async () =>
      (await ben.knows<{ stored: { events: number } }>({ do: 'status' })).stored.events
    const before = await events()
    for (const each of [none, look, look, { ...look, picture: png.slice() }, none, none, look])
      await ben.does(each)
    expect((await events()) - before).toBe(6)
    expect(await ben.knows({ do: 'whois', who: 'ben' })).toMatchObject({ colour: '#ff8800', picture: {} })
  })

  it('is refused what is no picture, no colour, or too much', async () => {
    const ask = (fields: object) => ben.ask({ do: 'profile', ...fields })
    expect(await ask({ picture: new Uint8Array(16 * 1024 + 1) })).toMatchObject({ code: 'PICTURE_INVALID' })
    expect(await ask({ picture: new Uint8Array(99) })).toMatchObject({ code: 'PICTURE_INVALID' })
    expect(await ask({ colour: 'red' })).toMatchObject({ code: 'COLOUR_INVALID' })
    expect(await ask({ about: 'x'.repeat(257) })).toMatchObject({ code: 'WORDS_TOO_LONG' })
  })

  it('are found by parts of their names and words, those who begin so first', async () => {
    const [dora] = await meet(lan, 'dora')
    await dora!.does({ do: 'profile', about: 'plays the banjo' })
    await anna.until({ do: 'people', part: 'banjo' }, (data: unknown[]) => data.length === 1)
    const find = async (part: string) =>
      (await dora!.knows<Row[]>({ do: 'people', part })).map(({ name }) => name)
    await dora!.until({ do: 'people', part: '' }, (data: unknown[]) => data.length === 2)
    expect(await find('n')).toEqual(['anna', 'ben'])
    expect(await find('be')).toEqual(['ben'])
    expect(await find('zz')).toEqual([])
  })
})
