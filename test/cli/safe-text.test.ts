import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { indented, safeName, safeText } from '../../src/cli/safe-text.ts'

const anyText = fc.string({ unit: 'binary', maxLength: 200 })
/** Texts made mostly of what does harm. */
const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '\u001b[2J',
        '\u001b]0;x\u0007',
        '\u009b31m',
        '\r',
        '\b',
        '\u007f',
        '\u0085',
        '\u2028',
        '\u2029',
      ),
      fc.constantFrom(
        '\u202a',
        '\u202e',
        '\u2066',
        '\u2069',
        '\u{e0001}',
        '\u{e007f}',
        '\ufff9',
        '\u0301'.repeat(12),
        '\u0323\u200d'.repeat(9),
        '\ud800',
        '\udfff',
      ),
      fc.string({ unit: 'binary', maxLength: 5 }),
    ),
  )
  .map((parts) => parts.join(''))

describe('text for a terminal', () => {
  it('holds nothing that moves the cursor, reorders or hides', () => {
    fc.assert(
      fc.property(fc.oneof(anyText, hostile), (text) => {
        expect(safeText(text)).not.toMatch(
          /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/u,
        )
        expect(safeText(text)).not.toMatch(/[\u{e0000}-\u{e007f}\ufff9-\ufffb\p{Surrogate}]/u)
      }),
      { numRuns: 2000 },
    )
  })

  it('is safe already when it is made safe again', () => {
    fc.assert(
      fc.property(fc.oneof(anyText, hostile), (text) => {
        expect(safeText(safeText(text))).toBe(safeText(text))
      }),
    )
  })

  it.each([
    ['plain, with ümläuts and 漢字 👩‍👩‍👧', 'plain, with ümläuts and 漢字 👩‍👩‍👧'],
    ['a\tb\nc\r\nd', 'a\tb\nc\nd'],
    ['e\u0301', '\u00e9'],
    ['\u001b[31mred', '\ufffd[31mred'],
    ['abc\rdef', 'abc\ufffddef'],
    ['user\u202etxt.exe', 'usertxt.exe'],
  ])('keeps what people write: %j', (text, safe) => {
    expect(safeText(text)).toBe(safe)
  })

  it.each(['\u0301', '\u0338\u20d2', '\u0301\u200d', '\ufe0f'])('stacks no tower of marks: %j', (marks) => {
    const text = safeText(`a${marks.repeat(2000)}b`)
    expect([...text].length).toBeLessThanOrEqual(12)
    expect(text.at(-1)).toBe('b')
  })

  it.each(['ཧཱུྃ', 'בְּרֵאשִׁ֖ית', 'ที่นี่', '👩🏽‍❤️‍💋‍👨🏿', 'Việt Nam'])(
    'leaves the marks that languages have: %s',
    (text) => {
      expect(safeText(text)).toBe(text.normalize('NFC'))
    },
  )

  it('never begins a second line at the margin', () => {
    expect(indented('hi\n[general] bob: I lie')).toBe('hi\n    [general] bob: I lie')
  })

  it('keeps names on one line', () => {
    expect(safeName('a\nb\tc')).toBe('a\ufffdb\ufffdc')
  })
})
