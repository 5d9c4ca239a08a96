import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type * as looking from '../../src/node/search/looking.ts'
import { createLan, type Lan } from '../../src/node/testing.ts'
import { lab, meet, type Person } from './people.ts'

/** Candidates that a search looks at. */
const limits = vi.hoisted(() => ({ lookMax: 100_000 }))
vi.mock('../../src/node/search/looking.ts', async (original) => {
  const { look, ...rest } = await original<typeof looking>()
  const looks: typeof look = (ports, ...more) => look({ ...ports, ...limits }, ...more)
  return { ...rest, look: looks }
})

let lan: Lan
let anna: Person
let ben: Person
beforeEach(async () => {
  lan = createLan()
  ;[anna, ben] = (await meet(lan, 'anna', 'ben')) as [Person, Person]
  await lab([anna, ben])
})
afterEach(() => {
  limits.lookMax = 100_000
  return lan.close()
})

/** Anna says it, and ben has it. */
async function said(text: string, room = 'lab'): Promise<string> {
  const id = await anna.says(text, room)
  await ben.hears({ type: 'message', id })
  return id
}

/** What ben finds, first things first. */
const found = async (words: string, room?: string): Promise<string[]> => {
  const lines = await ben.knows<{ text: string }[]>({
    do: 'search',
    words,
    count: 50,
    ...(room !== undefined && { room }),
  })
  return lines.map(({ text }) => text)
}

describe('a search', () => {
  it('finds words in any case and order, newest first, wherever this person is', async () => {
    await said('Lunch on Monday')
    await said('nothing of it')
    await said('monday: no lunch', 'general')
    expect(await found('LUNCH monday')).toEqual(['monday: no lunch', 'Lunch on Monday'])
    expect(await found('lunch', 'lab')).toEqual(['Lunch on Monday'])
    expect(await found('"lunch on monday"')).toEqual(['Lunch on Monday'])
    expect(await found('lun* mon*')).toEqual(['monday: no lunch', 'Lunch on Monday'])
    expect(await found('lun')).toEqual([])
  })

  it('says which pieces of a text were looked for', async () => {
    await said('Äpfel, or apfelmus')
    const [line] = await ben.knows({ do: 'search', words: 'apf*', count: 9 })
    expect(line).toMatchObject({ hits: ['Äpfel', 'apfelmus'] })
  })

  it('is narrowed by who said it, where and when', async () => {
    await said('exam one')
    const id = await ben.says('exam two')
    await anna.hears({ type: 'message', id })
    await said('exam three', 'general')
    expect(await found('exam from:anna')).toEqual(['exam three', 'exam one'])
    expect(await found('exam from:me')).toEqual(['exam two'])
    expect(await found('exam in:general')).toEqual(['exam three'])
    expect(await found('from:anna in:lab')).toEqual(['exam one'])
    expect(await found('exam on:today')).toHaveLength(3)
    expect(await found('exam before:today')).toEqual([])
    expect(await found('exam after:yesterday in:lab')).toHaveLength(2)
  })

  it('finds links and reactions', async () => {
    await said('see https://example.org/plan')
    const plain = await said('no plan')
    expect(await found('has:link')).toEqual(['see https://example.org/plan'])
    expect(await found('has:reaction')).toEqual([])
    await ben.does({ do: 'react', room: 'lab', message: plain, emoji: '🎉', on: true })
    expect(await found('plan has:reaction')).toEqual(['no plan'])
    const [line] = await ben.knows({ do: 'search', words: 'has:reaction', count: 9 })
    expect(line).toMatchObject({ reactions: [{ emoji: '🎉', count: 1, self: true }] })
    await ben.does({ do: 'react', room: 'lab', message: plain, emoji: '🎉', on: false })
    expect(await found('plan has:reaction')).toEqual([])
  })

  it('says where it stopped looking, and how to go on', async () => {
    for (let k = 1; k <= 3; k++) await said(`lunch ${k}`)
    limits.lookMax = 3
    const whole = await ben.does({ do: 'search', words: 'lunch', count: 9 })
    expect(whole).not.toHaveProperty('note')
    limits.lookMax = 2
    const cut = await ben.does({ do: 'search', words: 'lunch', count: 9 })
    expect(cut).toMatchObject({
      data: [{ text: 'lunch 3' }, { text: 'lunch 2' }],
      note: expect.stringMatching(
        /^What is older than .* was not looked at.* before:\d{4}-\d\d-\d\d goes on/,
      ),
    })
    const best = await ben.does({ do: 'search', words: 'lunch sort:best', count: 9 })
    expect(best).toHaveProperty('note', expect.stringContaining('likeliest'))
    // All that was asked for was found.
    const enough = await ben.does({ do: 'search', words: 'lunch', count: 1 })
    expect(enough).not.toHaveProperty('note')
  })

  it('says that there are no files', async () => {
    await said('see https://example.org/plan.pdf')
    const answer = await ben.does({ do: 'search', words: 'has:file', count: 9 })
    expect(answer).toMatchObject({ data: [], note: expect.stringContaining('has:link') })
    expect(await ben.does({ do: 'search', words: 'has:link', count: 9 })).not.toHaveProperty('note')
  })

  it('puts the best first where that is asked for', async () => {
    await said('lunch')
    await said('after a very long day of much else we had something like lunch in the end, I think, or so')
    expect(await found('lunch')).toHaveLength(2)
    expect((await found('lunch sort:best'))[0]).toBe('lunch')
    expect((await found('lunch'))[1]).toBe('lunch')
  })

  it('that is not understood is refused with what to do', async () => {
    for (const words of ['on:someday', 'has:cheese', '...'])
      expect(await ben.ask({ do: 'search', words, count: 9 })).toMatchObject({ code: 'SEARCH_INVALID' })
    expect(await ben.ask({ do: 'search', words: 'in:nowhere x', count: 9 })).toMatchObject({
      code: 'ROOM_UNKNOWN',
    })
    expect(await ben.ask({ do: 'search', words: 'from:nobody x', count: 9 })).toMatchObject({
      code: 'NICK_UNKNOWN',
    })
  })
})

describe('what is searched', () => {
  it('is the text that a message has now', async () => {
    const id = await said('see you at the old bridge')
    await anna.does({ do: 'edit', room: 'lab', message: id, text: 'see you at the new bridge' })
    await ben.hears({ type: 'edit', id })
    expect(await found('old')).toEqual([])
    expect(await found('new bridge')).toEqual(['see you at the new bridge'])
    expect(await found('bridge')).toHaveLength(1)
  })

  it('holds nothing that is deleted, hidden, or of somebody blocked', async () => {
    const deleted = await said('secret one')
    const hidden = await said('secret two')
    await said('secret three')
    expect(await found('secret')).toHaveLength(3)
    await anna.does({ do: 'erase', room: 'lab', message: deleted })
    await ben.hears({ type: 'delete', id: deleted })
    expect(await found('secret')).toEqual(['secret three', 'secret two'])
    await anna.does({ do: 'hide', room: 'lab', message: hidden, on: true })
    await ben.hears({ type: 'system', event: 'hide' })
    expect(await found('secret')).toEqual(['secret three'])
    await ben.does({ do: 'block', who: 'anna' })
    expect(await found('secret')).toEqual([])
    await ben.does({ do: 'unblock', who: 'anna' })
    expect(await found('secret')).toEqual(['secret three'])
  })

  it('is also what two people said to each other, and nobody else', async () => {
    await anna.does({ do: 'msg', to: 'ben', text: 'the treasure is buried' })
    await ben.hears({ type: 'message', text: 'the treasure is buried' })
    expect(await found('treasure')).toEqual(['the treasure is buried'])
    expect(await found('treasure in:@anna')).toEqual(['the treasure is buried'])
    expect(await found('treasure in:lab')).toEqual([])
  })

  it('is not a room that one has left', async () => {
    await said('lunch in the lab')
    expect(await found('lunch')).toHaveLength(1)
    await ben.does({ do: 'leave', room: 'lab' })
    expect(await found('lunch')).toEqual([])
  })
})
