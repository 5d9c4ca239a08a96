import { expect, test } from 'vitest'
import { hasLink, wordsOf } from '../../../src/node/search/words.ts'

const words = (text: string) => wordsOf(text).map(({ word }) => word)

test.each([
  ['case and signs', 'Lunch, on MONDAY!', ['lunch', 'on', 'monday']],
  ['accents, however they are written', 'Äpfel a\u0308pfel ÄPFEL', ['apfel', 'apfel', 'apfel']],
  ['other scripts', 'Привет мир ΣΊΣΥΦΟΣ', ['привет', 'мир', 'σισυφοσ']],
  ['wide and joined forms', 'Ｌｕｎｃｈ ﬁne', ['lunch', 'fine']],
  ['figures and names', 'room_7 a-b x.y', ['room_7', 'a', 'b', 'x', 'y']],
  [
    'letters without a key on all keyboards',
    'Straße Łódź KØBENHAVN Æther IŞIK ışık',
    ['strasse', 'lodz', 'kobenhavn', 'aether', 'isik', 'isik'],
  ],
  ['a sigma, wherever it stands', 'ΟΔΟΣ οδος ΟΔΟΣ2', ['οδοσ', 'οδοσ', 'οδοσ2']],
  [
    'Arabic and Hebrew, with points or without',
    'مُحَمَّد محـــمد أحمد احمد שָׁלוֹם שלום',
    ['محمد', 'محمد', 'احمد', 'احمد', 'שלום', 'שלום'],
  ],
  ['Persian letters as Arabic has them', 'کتاب كتاب', ['كتاب', 'كتاب']],
  ['emoji and flags, whatever picks their look', '❤\ufe0f ❤ 🇨🇭', ['❤', '❤', '🇨', '🇭']],
  ['emoji', 'pizza🍕🍕 now', ['pizza', '🍕', '🍕', 'now']],
  ['signs of scripts without spaces', '会議は3時', ['会', '議', 'は', '3', '時']],
  ['nothing', ' .,;-  ', []],
])('words are found in %s', (_, text, expected) => {
  expect(words(text)).toEqual(expected)
})

test('a word stands where it stands in the text', () => {
  const text = 'So: ÄPFEL, 🍕会議'
  for (const { start, end, word } of wordsOf(text)) expect(words(text.slice(start, end))).toEqual([word])
})

test.each([
  ['see https://example.org/x', true],
  ['see www.example.org', true],
  ['http:// is a scheme', false],
  ['no link', false],
])('%s: a link is %s', (text, is) => {
  expect(hasLink(text)).toBe(is)
})
