import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { graphemes, widthAtMost } from '../../../src/cli/screen/graphemes.ts'
import { wrapped } from '../../../src/cli/screen/wrap.ts'

const rows = (line: string, columns: number) => wrapped(line, columns).split('\n')
const widthOf = (row: string) =>
  graphemes(row.replace(/\u001b\[[0-9;]*m/g, '')).reduce((sum, each) => sum + widthAtMost(each), 0)

describe('a line', () => {
  it('that fits is one row', () => {
    expect(rows('14:02 bob: hello there', 22)).toEqual(['14:02 bob: hello there'])
    expect(rows('14:02 bob: 日本', 15)).toEqual(['14:02 bob: 日本'])
  })

  it('that does not is broken between words, with rows further in', () => {
    expect(rows('14:02 bob: hello there, how are you', 20)).toEqual([
      '14:02 bob: hello ',
      '    there, how are ',
      '    you',
    ])
    expect(rows('14:02 bob: one\n    two and three four', 20)).toEqual([
      '14:02 bob: one',
      '    two and three ',
      '    four',
    ])
  })

  it('has no row but the first that begins like one, whatever it is filled with', () => {
    const head = '14:02 eve: '
    for (const filler of ['x', '日', ' ', '\u00a0', '👨‍👩‍👧‍👦', 'e\u0301', '\t', '👍🏽', 'कि', '\u2800'])
      for (let n = 0; n < 60; n++) {
        const all = rows(`${head}${filler.repeat(n)}14:02 bob: send it to me`, 40)
        for (const row of all.slice(1)) expect(row).toMatch(/^ {4}/)
        for (const row of all) expect(widthOf(row)).toBeLessThanOrEqual(40)
      }
  })

  it('keeps its styles, which take no room', () => {
    expect(rows('\u001b[2m14:02\u001b[22m \u001b[33mbob\u001b[39m: hello there', 20)).toEqual([
      '\u001b[2m14:02\u001b[22m \u001b[33mbob\u001b[39m: hello ',
      '    there',
    ])
  })

  it('keeps a link whole that is longer than a row, and nothing else in its rows', () => {
    const link = `https://example.org/${'a'.repeat(40)}14:02`
    expect(rows(`14:02 eve: see ${link} bob: hi`, 30)).toEqual([
      '14:02 eve: see ',
      `    ${link}`,
      '     bob: hi',
    ])
    expect(rows(`14:02 eve: see ${link}`, 30)).toEqual(['14:02 eve: see ', `    ${link}`])
    expect(rows(`14:02 eve: \u001b[2m${link}\u001b[22m`, 30)).toEqual([
      '14:02 eve: \u001b[2m',
      `    ${link}\u001b[22m`,
    ])
  })

  it('loses nothing but blanks, at any width', () => {
    const bare = (text: string) => text.replace(/\s/gu, '')
    fc.assert(
      fc.property(
        fc.string({
          unit: fc.constantFrom('a', ' ', '日', '\t', '👍🏽', '\n', 'https://x.org/', '\u001b[2m'),
        }),
        fc.integer({ min: 2, max: 30 }),
        (line, columns) => {
          expect(bare(wrapped(line, columns))).toBe(bare(line))
        },
      ),
    )
  })
})
