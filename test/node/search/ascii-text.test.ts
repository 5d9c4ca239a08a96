import { expect, it, test } from 'vitest'
import { AsciiText } from '../../../src/node/search/ascii-text.ts'
import { TermNumbers } from '../../../src/node/search/term-numbers.ts'
import { hasLink, readText } from '../../../src/node/search/words.ts'
import { utf8 } from '../../../src/wire/bytes.ts'
import { seeded } from '../../lab/chaos/round.ts'

const numbers = new TermNumbers(Uint8Array.from({ length: 12 }, (_, k) => 7 * k))
const ascii = new AsciiText(numbers)

it('an ASCII text has the words by its bytes that it has as a string, and no link unless it may have one', () => {
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
  for (let k = 0; k < 3000; k++) {
    const text = Array.from(
      { length: 1 + Math.floor(random() * 12) },
      () => pieces[Math.floor(random() * pieces.length)],
    ).join('')
    const bytes = utf8(`x${text}y`)
    expect(ascii.read(bytes, 1, bytes.length - 1)).toBe(true)
    const { words } = readText(text)
    expect([...ascii.terms.subarray(0, ascii.count)]).toEqual(words.map((word) => numbers.of(word)))
    if (hasLink(text)) expect(ascii.mayLink).toBe(true)
  }
})

test.each(['Äpfel', 'lunch 🍕', 'a\u0300', '会'])('%s is no ASCII text', (text) => {
  const bytes = utf8(text)
  expect(ascii.read(bytes, 0, bytes.length)).toBe(false)
})

it('a text of 8,000 letters, or of 4,000 words, is read whole', () => {
  for (const [text, count] of [
    ['x'.repeat(8000), 1],
    ['x '.repeat(4000), 4000],
  ] as const) {
    expect(ascii.read(utf8(text), 0, 8000)).toBe(true)
    expect(ascii.count).toBe(count)
  }
})
