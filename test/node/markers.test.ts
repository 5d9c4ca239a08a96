import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createLan, type Lan } from '../../src/node/testing.ts'
import { lab, meet, type Person } from './people.ts'

let lan: Lan
let anna: Person
let ben: Person
let carl: Person
beforeEach(async () => {
  lan = createLan()
  ;[anna, ben, carl] = (await meet(lan, 'anna', 'ben', 'carl')) as [Person, Person, Person]
  await lab([anna, ben, carl])
})
afterEach(() => lan.close())

type Delivery = { of: number; held: number; read: { name: string }[]; waiting: { name: string }[] }
const delivery = (who = anna, room = 'lab') => who.knows<Delivery>({ do: 'delivery', room, message: '^' })
const names = (people: readonly { name: string }[]) => people.map(({ name }) => name).sort()

describe('a delivery', () => {
  it('says how many hold it and for whom it waits', async () => {
    const id = await anna.says('everybody?')
    for (const person of [ben, carl]) await person.hears({ type: 'message', id })
    await anna.until({ do: 'delivery', room: 'lab', message: '^' }, (data: Delivery) => data.held === 2)
    expect(await delivery()).toMatchObject({ of: 2, held: 2, waiting: [] })
    await ben.node.close()
    await anna.hears({ type: 'presence', user: 'ben', online: false })
    const later = await anna.says('and now?')
    await carl.hears({ type: 'message', id: later })
    await anna.until({ do: 'delivery', room: 'lab', message: '^' }, (data: Delivery) => data.held === 1)
    expect(names((await delivery()).waiting)).toEqual(['ben'])
    // What he held before he went, he holds.
    expect(await anna.knows({ do: 'delivery', room: 'lab', message: id })).toMatchObject({ held: 2 })
  })

  it('is of an own message', async () => {
    const id = await ben.says('mine')
    await anna.hears({ type: 'message', id })
    expect(await anna.ask({ do: 'delivery', room: 'lab', message: id })).toMatchObject({
      code: 'DELIVERY_UNKNOWN',
    })
  })
})

describe('receipts', () => {
  it('are told once somebody has read, and can be switched off', async () => {
    await carl.does({ do: 'telling', what: 'read', on: false })
    const id = await anna.says('read this')
    for (const person of [ben, carl]) {
      await person.hears({ type: 'message', id })
      await person.does({ do: 'read', room: 'lab' })
    }
    expect(await anna.hears({ type: 'receipt' })).toMatchObject({
      room: 'lab',
      user: { name: 'ben' },
      state: 'read',
      id,
    })
    await anna.until({ do: 'delivery', room: 'lab', message: '^' }, (data: Delivery) => data.held === 2)
    expect(names((await delivery()).read)).toEqual(['ben'])
    expect(anna.told.filter(({ type }) => type === 'receipt')).toHaveLength(1)
  })

  it('come between two people as well', async () => {
    await anna.does({ do: 'msg', to: 'ben', text: 'psst' })
    await ben.hears({ type: 'message', text: 'psst' })
    await ben.does({ do: 'msg', to: 'anna', text: 'yes?' })
    expect(await anna.hears({ type: 'receipt' })).toMatchObject({
      room: null,
      private: true,
      user: { name: 'ben' },
    })
  })

  it('are not told by who is hidden', async () => {
    await ben.does({ do: 'presence', mode: 'hidden' })
    const id = await anna.says('who is here?')
    await ben.hears({ type: 'message', id })
    await ben.does({ do: 'read', room: 'lab' })
    await carl.hears({ type: 'message', id })
    await anna.until({ do: 'delivery', room: 'lab', message: '^' }, (data: Delivery) => data.held === 1)
    expect(names((await delivery()).waiting)).toEqual(['ben'])
  })
})
