/** Texts as people might write them in several scripts: as many words as those of rooms-store.ts, and as often the same ones. */
import { textOf, VOCABULARY, wordOf } from './rooms-store.ts'

export type Script = 'latin' | 'accents' | 'cyrillic' | 'signs'

/** Of each letter that a word may have. */
const ACCENTS: Readonly<Record<string, string>> = { a: 'á', e: 'é', i: 'í', o: 'ö', u: 'ů', s: 'š', n: 'ň' }
const CYRILLIC = [...'абцдефгхийклмнопқрстувщъыз']
const KANA = [...'のにはをたがでとしれさあいうか']
/** Of Han, those that nearly all texts are made of. */
const HAN = 2500
const EMOJI = ['🍕', '👍🏽', '😀', '❤️', '🎉']

const cyrillic = (word: string): string =>
  word.replace(/[a-z]/g, (letter) => CYRILLIC[letter.charCodeAt(0) - 97]!)
/** Every second word has accents, as in Czech or Vietnamese. */
const accented = (word: string, k: number): string =>
  k % 2 === 0 ? word : word.replace(/[aeiousn]/g, (letter) => ACCENTS[letter]!)
/** The most frequent words are one kana each, others two signs of Han. */
const signs = (k: number): string =>
  k < KANA.length
    ? KANA[k]!
    : String.fromCharCode(0x4e00 + ((k * 7919) % HAN), 0x4e00 + ((k * 104_729) % HAN))

/** random: [0, 1). */
export function textIn(script: Script, random: () => number): string {
  if (script === 'latin') return textOf(random)
  const length = 3 + Math.floor(random() ** 2 * 25)
  const ranks = Array.from({ length }, () => Math.floor(VOCABULARY ** random()) - 1)
  if (script === 'accents') return ranks.map((k) => accented(wordOf(k), k)).join(' ')
  if (script === 'cyrillic') return ranks.map((k) => cyrillic(wordOf(k))).join(' ')
  const emoji = random() < 1 / 3 ? EMOJI[Math.floor(random() * EMOJI.length)]! : ''
  return `${ranks.map((k, at) => (at % 7 === 6 ? `、${signs(k)}` : signs(k))).join('')}。${emoji}`
}
