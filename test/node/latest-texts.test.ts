import { describe, expect, it } from 'vitest'
import { beginningOf, LatestTexts } from '../../src/node/latest-texts.ts'
import type { Event } from '../../src/wire/event.ts'
import type { EventId } from '../../src/wire/ids.ts'

const id = (name: string) => name.padEnd(64, '0') as EventId
const edit = (t: number, text: string) => ({
  event: { t, author: 'a'.repeat(64), id: id(`${t}`) } as Event,
  text,
})

describe('the text that a message has now', () => {
  it('is that of the latest edit, whichever is met first', () => {
    const texts = new LatestTexts()
    expect(texts.of(id('1'))).toBeUndefined()
    texts.note(id('1'), edit(2, 'second'))
    texts.note(id('1'), edit(1, 'first'))
    texts.note(id('1'), null)
    expect(texts.of(id('1'))?.text).toBe('second')
  })

  it('is its own where it was looked for and no edit found, until one comes', () => {
    const texts = new LatestTexts()
    texts.note(id('1'), null)
    expect(texts.of(id('1'))).toBeNull()
    texts.note(id('1'), edit(1, 'first'))
    expect(texts.of(id('1'))?.text).toBe('first')
    texts.forget(id('1'))
    expect(texts.of(id('1'))).toBeUndefined()
  })

  it('is remembered as it is quoted: so many characters of it in one line', () => {
    const texts = new LatestTexts()
    texts.note(id('1'), edit(1, ` a\n\n${'😀'.repeat(2000)}`))
    const known = texts.of(id('1'))!.text
    expect(known).toBe(`a ${'😀'.repeat(77)}…`)
    expect(beginningOf(known)).toBe(known)
  })

  it('is remembered of so many messages, those met last', () => {
    const texts = new LatestTexts()
    for (let i = 0; i <= 10_000; i++) texts.note(id(`a${i}b`), null)
    expect(texts.of(id('a0b'))).toBeUndefined()
    expect(texts.of(id('a1b'))).toBeNull()
    texts.clear()
    expect(texts.of(id('a1b'))).toBeUndefined()
  })
})
