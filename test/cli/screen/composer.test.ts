import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compose } from '../../../src/cli/screen/composer.ts'
import { shorten, widthOf } from '../../../src/cli/screen/graphemes.ts'

const composed = (text: string, cursor = text.length, columns = 20, rowsMax = 5) =>
  compose({ prompt: '[lab] me: ', text, cursor, columns, rowsMax })

describe('the composer', () => {
  it('stands on one row while there is room', () => {
    expect(composed('hello')).toEqual({ rows: ['[lab] me: hello'], row: 0, before: '[lab] me: hello' })
  })

  it('goes on in rows further in, never in the last column', () => {
    expect(composed('abcdefghijkl')).toEqual({
      rows: ['[lab] me: abcdefghi', '  jkl'],
      row: 1,
      before: '  jkl',
    })
  })

  it('never cuts a wide character in two', () => {
    expect(composed('abcdefgh日x').rows).toEqual(['[lab] me: abcdefgh', '  日x'])
  })

  it('shows each line of a text with several, and the cursor in its own', () => {
    expect(composed('one\ntwo', 1)).toEqual({
      rows: ['[lab] me: one', '  two'],
      row: 0,
      before: '[lab] me: o',
    })
    expect(composed('one\n')).toEqual({ rows: ['[lab] me: one', '  '], row: 1, before: '  ' })
  })

  it('shows a window around the cursor where there are too many rows', () => {
    const text = Array.from({ length: 40 }, (_, n) => `line ${n}`).join('\n')
    expect(composed(text).rows).toEqual(['  line 35', '  line 36', '  line 37', '  line 38', '  line 39'])
    expect(composed(text, 0)).toMatchObject({ row: 0, before: '[lab] me: ' })
  })

  it('makes what was pasted harmless', () => {
    expect(composed('a\tb\u200b').rows).toEqual(['[lab] me: a    b\ufffd'])
  })

  it('keeps every row within the width, whatever the text and the screen', () => {
    const units = fc.constantFrom('a', ' ', '日', 'e\u0301', '👩‍👩‍👧', '\n', '\t', '\u0301', '🇩🇪')
    fc.assert(
      fc.property(
        fc.string({ unit: units }),
        fc.integer({ min: 3, max: 40 }),
        fc.integer({ min: -1, max: 6 }),
        (text, columns, rowsMax) => {
          const { rows, row, before } = composed(text, text.length, columns, rowsMax)
          expect(rows.length).toBeLessThanOrEqual(Math.max(1, rowsMax))
          expect(rows[row]!.startsWith(before)).toBe(true)
          if (columns > 6) for (const each of rows) expect(widthOf(each)).toBeLessThan(columns)
        },
      ),
    )
  })
})

describe('a text that is shortened', () => {
  it.each([
    ['hello', 5, 'hello'],
    ['hello!', 5, 'hell…'],
    ['日本語', 5, '日本…'],
    ['日本語', 4, '日…'],
    ['x', 0, ''],
  ])('%j to %i columns: %j', (text, columns, short) => {
    expect(shorten(text, columns)).toBe(short)
  })

  // Each took seconds when it took the square of the length.
  it.each(['é', '会', '👩‍👩‍👧'])('lays out a text as long as may be typed for each key: %s', (character) => {
    const text = character.repeat(32_000 / character.length)
    for (let key = 0; key < 10; key++) expect(composed(text).rows).toHaveLength(5)
  })
})
