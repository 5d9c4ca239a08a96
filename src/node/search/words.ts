/**
 * Words: what a text is found by. Letters and digits of any script, alike whatever their case, composition or accents;
 * emoji one by one; scripts written without spaces sign by sign.
 */

/** A word as it is compared, and where it stands in the text (UTF-16). */
export interface Word {
  readonly word: string
  readonly start: number
  readonly end: number
}

const PIECE = /[\p{L}\p{N}\p{M}_]+|\p{Extended_Pictographic}|\p{Regional_Indicator}/gu
const ASCII = /^[\x00-\x7f]*$/
const ASCII_PIECE = /[a-z0-9_]+/g
/** Accents, points of Hebrew and Arabic, what draws a word out or picks the look of an emoji: written or left out as one likes. */
const MARKS =
  /[\u0300-\u036f]|[\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7]|[\u0610-\u061a]|\u0640|[\u064b-\u065f\u0670]|[\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed]|[\ufe00-\ufe0f]/g
/** Letters that have no accent by Unicode and are typed as others by who has no key for them, or by another rule of spelling. */
const ALIKE: ReadonlyMap<string, string> = new Map([
  ...[
    ['ß', 'ss'],
    ['æ', 'ae'],
    ['œ', 'oe'],
    ['ø', 'o'],
    ['đ', 'd'],
    ['ð', 'd'],
    ['þ', 'th'],
  ],
  ...[
    ['ħ', 'h'],
    ['ı', 'i'],
    ['ł', 'l'],
    ['ŧ', 't'],
    ['ς', 'σ'],
    ['ی', 'ي'],
    ['ى', 'ي'],
    ['ک', 'ك'],
    ['ة', 'ه'],
  ],
] as [string, string][])
const ALIKE_SIGN = new RegExp(`[${[...ALIKE.keys()].join('')}]`, 'g')
/** Scripts that put no spaces between words. */
const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u
/** Characters of a word that count: nobody types more of it. */
export const WORD_CHARS_MAX = 64

/** A letter, digit or mark of a script, or _. */
export const isWordSign = (char: string): boolean => /^[\p{L}\p{N}\p{M}_]$/u.test(char)
export const isEmoji = (char: string): boolean =>
  /^(?:\p{Extended_Pictographic}|\p{Regional_Indicator})$/u.test(char)
/** Is something of a script without spaces in it? */
export const isUnspaced = (text: string): boolean => UNSPACED.test(text)

/** As it is compared, whatever its case, composition or accents. */
export const fold = (piece: string): string =>
  (ASCII.test(piece)
    ? piece.toLowerCase()
    : piece
        .normalize('NFKD')
        .replace(MARKS, '')
        .toLowerCase()
        .replace(ALIKE_SIGN, (sign) => ALIKE.get(sign)!)
        .normalize('NFKC')
  ).slice(0, WORD_CHARS_MAX)

/** The words of a text, in order. */
export function wordsOf(text: string): Word[] {
  if (ASCII.test(text)) return asciiWordsOf(text)
  const words: Word[] = []
  for (const match of text.matchAll(PIECE)) {
    const piece = match[0]
    if (!UNSPACED.test(piece))
      words.push({ word: fold(piece), start: match.index, end: match.index + piece.length })
    else addSigns(words, piece, match.index)
  }
  return words.filter(({ word }) => word !== '')
}

function asciiWordsOf(text: string): Word[] {
  const words: Word[] = []
  for (const match of text.toLowerCase().matchAll(ASCII_PIECE)) {
    const [word] = match
    const start = match.index
    words.push({ word: word.slice(0, WORD_CHARS_MAX), start, end: start + word.length })
  }
  return words
}

/** Of a piece in such a script each sign is a word; what else stands in it stays together. */
function addSigns(words: Word[], piece: string, at: number): void {
  let rest = at
  const flush = (end: number) => {
    if (end > rest) words.push({ word: fold(piece.slice(rest - at, end - at)), start: rest, end })
  }
  let place = at
  for (const sign of piece) {
    const end = place + sign.length
    if (UNSPACED.test(sign)) {
      flush(place)
      words.push({ word: fold(sign), start: place, end })
      rest = end
    }
    place = end
  }
  flush(place)
}

/** Is there something in the text that can be opened? */
export const hasLink = (text: string): boolean =>
  // Most texts have neither, which is soon seen.
  (text.includes('://') || /www\./i.test(text)) && /\b(?:https?:\/\/|www\.)[^\s/]/iu.test(text)
