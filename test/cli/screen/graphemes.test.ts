import fc from 'fast-check'
import stringWidth from 'string-width'
import { describe, expect, it } from 'vitest'
import { graphemes, next, previous, widthOf } from '../../../src/cli/screen/graphemes.ts'

describe('the width of a text', () => {
  it.each([
    ['plain', 5],
    ['日本語', 6],
    ['ｱｲ', 2],
    ['Ａ', 2],
    ['e\u0301', 1],
    ['한글', 4],
    ['😀', 2],
    ['👩‍👩‍👧', 2],
    ['👍🏽', 2],
    ['🇩🇪', 2],
    ['❤️', 2],
    ['1️⃣', 2],
    ['\u200b', 0],
    ['', 0],
  ])('%s takes %i columns', (text, width) => {
    expect(widthOf(text)).toBe(width)
  })

  it('is that of string-width for every assigned character of the BMP and the emoji planes', () => {
    const wrong: string[] = []
    const isUniform = (code: number) => (code > 0x4e10 && code < 0x9f00) || (code > 0xac10 && code < 0xd700)
    for (let code = 0xa0; code <= 0x1ffff; code++) {
      if (isUniform(code) || (code > 0x12000 && code < 0x16f00)) continue
      const character = String.fromCodePoint(code)
      if (/[\p{Cn}\p{Cc}\p{Co}\p{Cs}]/u.test(character)) continue
      if (widthOf(character) !== stringWidth(character)) wrong.push(code.toString(16))
    }
    expect(wrong).toEqual([])
  })
})

describe('graphemes', () => {
  it('are what people see as one character', () => {
    expect(graphemes('ae\u0301👩‍👩‍👧🇩🇪')).toEqual(['a', 'e\u0301', '👩‍👩‍👧', '🇩🇪'])
    expect(next('👩‍👩‍👧b', 0)).toBe('👩‍👩‍👧'.length)
    expect(previous('b👩‍👩‍👧', 1 + '👩‍👩‍👧'.length)).toBe(1)
    expect([previous('ab', 0), next('ab', 2)]).toEqual([0, 2])
  })

  it('are the same in a text of any length', () => {
    const piece = fc.constantFrom(
      'a',
      '\n',
      'é',
      'e\u0301',
      '\u0301',
      '会',
      '👩‍👩‍👧',
      '\u200d',
      '👩',
      '🇩',
      '🇩🇪',
      '각',
      '\ud83d',
    )
    const run = fc.tuple(piece, fc.integer({ min: 1, max: 400 })).map(([text, times]) => text.repeat(times))
    fc.assert(
      fc.property(fc.array(fc.oneof(piece, run), { maxLength: 12 }), (parts) => {
        const text = parts.join('')
        expect(graphemes(text)).toEqual([...new Intl.Segmenter().segment(text)].map(({ segment }) => segment))
      }),
    )
  })
})
