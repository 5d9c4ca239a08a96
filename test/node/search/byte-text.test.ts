import { expect, it } from 'vitest'
import { ByteText } from '../../../src/node/search/byte-text.ts'
import { TermNumbers } from '../../../src/node/search/term-numbers.ts'
import { hasLink, readText } from '../../../src/node/search/words.ts'
import { utf8 } from '../../../src/wire/bytes.ts'
import { seeded } from '../../lab/chaos/round.ts'

const numbers = new TermNumbers(Uint8Array.from({ length: 12 }, (_, k) => 7 * k))
const read = new ByteText(numbers)

it('a text has the words and signs by its bytes that it has as a string, and no link unless it may have one', () => {
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
    const { words, signs } = readText(text)
    expect([...read.terms.subarray(0, read.count)], text).toEqual(words.map((word) => numbers.of(word)))
    expect(read.signs, text).toEqual(signs.map((pair) => numbers.of(pair)))
    if (hasLink(text)) expect(read.mayLink).toBe(true)
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
    expect(read.signs.length).toBe(text[0] === '会' ? 2665 : 0)
  }
})
