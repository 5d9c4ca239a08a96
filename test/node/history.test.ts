import { setImmediate as turn } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createLan, type Lan } from '../../src/node/testing.ts'
import { lab, meet, type Person } from './people.ts'

let lan: Lan
let anna: Person
let ben: Person
beforeEach(async () => {
  lan = createLan()
  ;[anna, ben] = (await meet(lan, 'anna', 'ben')) as [Person, Person]
  await lab([anna, ben])
})
afterEach(() => lan.close())

/** Anna says it, and ben has it. */
async function said(text: string): Promise<string> {
  const id = await anna.says(text)
  await ben.hears({ type: 'message', id })
  return id
}

type Lines = readonly { readonly text: string; readonly id: string; readonly order: string }[]
const texts = (lines: Lines) => lines.map(({ text }) => text)

describe('history', () => {
  it('is read page by page, before an order or a message', async () => {
    for (let k = 1; k <= 7; k++) await said(`line ${k}`)
    const page = (before?: string) =>
      ben.knows<Lines>({ do: 'history', room: 'lab', count: 3, ...(before && { before }) })
    const last = await page()
    expect(texts(last)).toEqual(['line 5', 'line 6', 'line 7'])
    const middle = await page(last[0]!.order)
    expect(texts(middle)).toEqual(['line 2', 'line 3', 'line 4'])
    expect(texts(await page(middle[0]!.id))).toEqual(['line 1'])
    const unknown = await ben.ask({ do: 'history', room: 'lab', count: 3, before: 'f'.repeat(64) })
    expect(unknown).toMatchObject({ code: 'MESSAGE_UNKNOWN' })
  })

  it('of a talk is asked for by the other one', async () => {
    expect(await ben.knows({ do: 'history', room: '@anna', count: 9 })).toEqual([])
    await anna.does({ do: 'msg', to: 'ben', text: 'psst' })
    await ben.hears({ type: 'message', text: 'psst' })
    expect(texts(await ben.knows<Lines>({ do: 'history', room: '@anna', count: 9 }))).toEqual(['psst'])
    expect(await ben.ask({ do: 'history', room: '@nobody', count: 9 })).toMatchObject({
      code: 'NICK_UNKNOWN',
    })
  })
})

describe('a room that shows the last days only', () => {
  it('is made so by a moderator, and everybody is told', async () => {
    await said('news')
    await anna.does({ do: 'set', room: 'lab', setting: 'visible', value: 2 })
    await ben.hears({ type: 'system', event: 'settings', setting: 'visible', value: 2 })
    for (const person of [anna, ben]) {
      expect(await person.texts()).toEqual(['news'])
      expect(await person.knows({ do: 'search', words: 'news', count: 9 })).toHaveLength(1)
    }
    const refused = await ben.ask({ do: 'set', room: 'lab', setting: 'visible', value: 0 })
    expect(refused).toMatchObject({ code: 'NOT_ALLOWED' })
  })
})

describe('history that is forgotten', () => {
  it('is gone here and for nobody else; what comes later is shown', async () => {
    await said('one')
    await said('two')
    expect(await ben.knows({ do: 'forget', room: 'lab' })).toEqual({ room: 'lab', forgotten: 2 })
    expect(await ben.texts()).toEqual([])
    expect(await ben.knows({ do: 'search', words: 'one', count: 9 })).toEqual([])
    expect(await anna.texts()).toEqual(['one', 'two'])
    await said('three')
    expect(await ben.texts()).toEqual(['three'])
    expect(await ben.knows({ do: 'forget', room: 'lab' })).toMatchObject({ forgotten: 1 })
    expect(await ben.knows({ do: 'forget', room: 'lab' })).toBeNull()
  })

  it('may be that of a talk', async () => {
    await anna.does({ do: 'msg', to: 'ben', text: 'psst' })
    await ben.hears({ type: 'message', text: 'psst' })
    await ben.does({ do: 'forget', room: '@anna' })
    expect(await ben.knows({ do: 'history', room: '@anna', count: 9 })).toEqual([])
    await turn()
    expect(await anna.knows({ do: 'history', room: '@ben', count: 9 })).toHaveLength(1)
  })
})
