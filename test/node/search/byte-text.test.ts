import { expect, it } from 'vitest'
import { ByteText } from '../../../src/node/search/byte-text.ts'
import { nextOf, TermNumbers } from '../../../src/node/search/term-numbers.ts'
import { hasLink, wordsOf } from '../../../src/node/search/words.ts'
import { utf8 } from '../../../src/wire/bytes.ts'
import { seeded } from '../../seeded.ts'

const numbers = new TermNumbers(Uint8Array.from({ length: 12 }, (_, k) => 7 * k))
const read = new ByteText(numbers)
/** Numbers of the words of a text, and of each what is next. */
const numbersOf = (text: string) => {
  const terms = wordsOf(text).map(({ word }) => numbers.of(word))
  return { terms, nexts: terms.map((_, k) => (k + 1 < terms.length ? nextOf(terms[k + 1]!) : 0)) }
}
/** The same of what was read last. */
const numbersRead = () => ({
  terms: [...read.terms.subarray(0, read.count)],
  nexts: [...read.nexts.subarray(0, read.count)],
})

it('a text has the words by its bytes that it has as a string, and no link unless it may have one', () => {
  const random = seeded(3)
  const pieces = [
    'a',
    'Lunch',
    '_7',
    ' ',
    ', ',
    '.',
    'www.',
    'WwW.x',
    '://',
    'http',
    '\n',
    '\u0000',
    '-',
    'z'.repeat(70),
  ]
  const others = [
    'Ä',
    'pfel',
    'a\u0308',
    '\u0300',
    '会議',
    'は',
    '🍕',
    'ﬁ',
    'Σς',
    '©',
    '\u00a0',
    'ไทย',
    'é'.repeat(70),
    'Ǆ',
    'İ',
    'ß',
    'Σ',
    'Łø',
    'ـ',
    'שָׁ',
    'ی',
    'Їжак',
    'й',
    'и\u0306',
    '가',
    '\u1100\u1161',
    '\u11a8',
    'ー',
    'ｶ',
    'ﾞ',
    'か\u3099',
    '々',
    '㆒',
    '㊗',
    '❤\ufe0f',
    '👍🏽',
    '👨\u200d👩',
    '🇨🇭',
    '1\ufe0f\u20e3',
    '™',
    '𝐀',
    '𠀀',
    'Ϲ',
    '（',
    '“',
    '\u2028',
    'ﷺ',
    'مرحبا',
    'नमस्ते',
    '\ufffd',
    '\ufeff',
    '…',
  ]
  for (let k = 0; k < 6000; k++) {
    const from = k % 2 === 0 ? pieces : [...pieces, ...others]
    const text = Array.from(
      { length: 1 + Math.floor(random() * 12) },
      () => from[Math.floor(random() * from.length)]!,
    ).join('')
    const bytes = utf8(`x${text}y`)
    read.read(bytes, 1, bytes.length - 1)
    expect(numbersRead(), text).toEqual(numbersOf(text))
    if (hasLink(text)) expect(read.mayLink).toBe(true)
  }
})

it('letters, signs and marks of all scripts have the words by their bytes that they have as a string', () => {
  const random = seeded(4)
  for (let k = 0; k < 30_000; k++) {
    const points = Array.from({ length: 1 + Math.floor(random() * 5) }, () => {
      const point = Math.floor(random() ** 2 * 0x20000)
      return random() < 0.2 ? 0x300 + (point % 0x70) : point >= 0xd800 && point <= 0xdfff ? 0x61 : point
    })
    const bytes = utf8(String.fromCodePoint(...points))
    const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)
    read.read(bytes, 0, bytes.length)
    const name = points.map((point) => point.toString(16)).join(' ')
    expect(numbersRead(), name).toEqual(numbersOf(text))
  }
})

it('a text of 8,000 letters, of 4,000 words, or of as many signs as there can be, is read whole', () => {
  for (const [text, count] of [
    ['x'.repeat(8000), 1],
    ['x '.repeat(4000), 4000],
    ['会'.repeat(2666), 2666],
    ['©'.repeat(4000), 4000],
  ] as const) {
    const bytes = utf8(text)
    read.read(bytes, 0, bytes.length)
    expect(read.count).toBe(count)
  }
})
