/** What an answer shows of the message that it answers. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { MessageEvent } from '../../src/node/index.ts'
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

const quoted = (event: unknown) => (event as MessageEvent).quote?.text

/** Anna says something, and changes it twice; ben has all of it. */
async function edited(room = 'lab'): Promise<string> {
  const id = await anna.says('frist', room)
  await ben.hears({ type: 'message', id })
  for (const text of ['first', 'the first one']) {
    await anna.does({ do: 'edit', room, message: id, text })
    await ben.hears({ type: 'edit', text })
  }
  return id
}

describe('an answer to an edited message', () => {
  it('shows the text that the message has now, wherever it stands', async () => {
    const id = await edited()
    await ben.does({ do: 'reply', room: 'lab', message: id, text: 'is it?' })
    for (const person of [anna, ben])
      expect(quoted(await person.hears({ type: 'message', text: 'is it?' }))).toBe('the first one')
    // The edits lie behind the page, and before it.
    for (let i = 0; i < 8; i++) await anna.says(`between ${i}`)
    await ben.does({ do: 'reply', room: 'lab', message: id, text: 'still?' })
    await anna.hears({ type: 'message', text: 'still?' })
    for (const count of [1, 99]) {
      const lines = await anna.knows<MessageEvent[]>({ do: 'history', room: 'lab', count })
      expect(quoted(lines.find(({ text }) => text === 'still?')), `${count} lines`).toBe('the first one')
    }
    // In an export each has a line of its own.
    const lines = await anna.knows<MessageEvent[]>({ do: 'export', room: 'lab', count: 99 })
    expect(lines.find(({ text }) => text === 'still?')).toMatchObject({ replyTo: id })
    expect(lines.find((line) => line.id === id)).toMatchObject({ text: 'the first one' })
    expect(lines.filter((line) => line.quote !== undefined)).toEqual([])
    await anna.until({ do: 'search', words: 'still', count: 9 }, (hits: MessageEvent[]) => hits.length > 0)
    const [hit] = await anna.knows<MessageEvent[]>({ do: 'search', words: 'still', count: 9 })
    expect(quoted(hit)).toBe('the first one')
    await ben.does({ do: 'react', room: 'lab', message: id, emoji: '👍', on: true })
    expect(await anna.hears({ type: 'reaction', emoji: '👍' })).toMatchObject({
      quote: { text: 'the first one' },
    })
  })

  it('shows another text once there is one, and nothing once it is deleted', async () => {
    const id = await edited()
    await ben.does({ do: 'reply', room: 'lab', message: id, text: 'is it?' })
    const shown = async () => quoted((await ben.knows({ do: 'history', room: 'lab', count: 1 }))[0])
    expect(await shown()).toBe('the first one')
    await anna.does({ do: 'edit', room: 'lab', message: id, text: 'the second one' })
    await ben.hears({ type: 'edit', text: 'the second one' })
    expect(await shown()).toBe('the second one')
    await anna.does({ do: 'erase', room: 'lab', message: id })
    await ben.hears({ type: 'delete' })
    expect(await shown()).toBeUndefined()
  })

  it('shows what it became while somebody was not in the room, who keeps it for others', async () => {
    await ben.does({ do: 'create', room: 'den' })
    await anna.patiently({ do: 'join', room: 'den' })
    const answered = await ben.says('one', 'den')
    await anna.hears({ type: 'message', id: answered })
    const change = async (text: string) => {
      await ben.does({ do: 'edit', room: 'den', message: answered, text })
    }
    await change('two')
    await anna.hears({ type: 'edit', text: 'two' })
    await anna.does({ do: 'leave', room: 'den' })
    await change('three')
    // More than a page, so that who comes does not meet the change.
    for (let n = 0; n < 60; n++) await ben.says(`between ${n}`, 'den')
    await ben.says('that is all', 'general')
    await anna.hears({ type: 'message', text: 'that is all' })
    await anna.patiently({ do: 'join', room: 'den' })
    await anna.until({ do: 'history', room: 'den', count: 1 }, (lines: MessageEvent[]) => lines.length > 0)
    await ben.does({ do: 'reply', room: 'den', message: answered, text: 'is it?' })
    expect(quoted(await anna.hears({ type: 'message', text: 'is it?' }))).toBe('three')
  })

  it('shows the author’s own text, whatever others write of it', async () => {
    const id = await anna.says('mine')
    await ben.hears({ type: 'message', id })
    expect(await ben.ask({ do: 'edit', room: 'lab', message: id, text: 'yours' })).toMatchObject({
      code: 'MESSAGE_FOREIGN',
    })
    await ben.does({ do: 'reply', room: 'lab', message: id, text: 'so?' })
    expect(quoted(await anna.hears({ type: 'message', text: 'so?' }))).toBe('mine')
  })

  it('shows it to those who come later, also in a private room', async () => {
    await anna.does({ do: 'create', room: 'secret', private: true, invite: ['ben'] })
    await ben.hears({ event: 'create', room: 'secret' })
    const id = await edited('secret')
    await ben.does({ do: 'reply', room: 'secret', message: id, text: 'is it?' })
    expect(quoted(await anna.hears({ type: 'message', text: 'is it?' }))).toBe('the first one')
    const here = await edited()
    const carl = new Person(await lan.node({ name: 'carl' }))
    await carl.node.ready
    await carl.patiently({ do: 'join', room: 'lab' })
    await carl.until({ do: 'history', room: 'lab', count: 9 }, (lines: unknown[]) => lines.length > 0)
    await ben.does({ do: 'reply', room: 'lab', message: here, text: 'and this?' })
    expect(quoted(await carl.hears({ type: 'message', text: 'and this?' }))).toBe('the first one')
  })
})
