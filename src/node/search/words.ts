/**
 * Words: what a text is found by. Letters and digits of any script, alike whatever their case, composition or accents;
 * emoji one by one; scripts written without spaces sign by sign, of which two neighbours make one more thing to look for.
 */

/** A word as it is compared, and where it stands in the text (UTF-16). */
export interface Word {
  readonly word: string
  readonly start: number
  readonly end: number
}

const PIECE = /[\p{L}\p{N}\p{M}_]+|\p{Extended_Pictographic}/gu
const ASCII = /^[\x00-\x7f]*$/
const ASCII_PIECE = /[a-z0-9_]+/g
const MARKS = /[\u0300-\u036f]/g
/** Scripts that put no spaces between words. */
const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u
/** Characters of a word that count: nobody types more of it. */
export const WORD_CHARS_MAX = 64

/** A letter, digit or mark of a script, or _. */
export const isWordSign = (char: string): boolean => /^[\p{L}\p{N}\p{M}_]$/u.test(char)
export const isEmoji = (char: string): boolean => /^\p{Extended_Pictographic}$/u.test(char)
/** Is something of a script without spaces in it? */
export const isUnspaced = (text: string): boolean => UNSPACED.test(text)

/** As it is compared, whatever its case, composition or accents. */
export const fold = (piece: string): string =>
  (ASCII.test(piece)
    ? piece.toLowerCase()
    : piece.normalize('NFKD').replace(MARKS, '').toLowerCase().normalize('NFKC')
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

/** Two signs side by side of a script without spaces: one sign alone is in too many messages to look for. */
const arePair = (a: Word, b: Word): boolean =>
  a.end === b.start && UNSPACED.test(a.word) && UNSPACED.test(b.word)

/** What the index keeps of a text. */
export interface Reading {
  /** Its words in order. */
  readonly words: readonly string[]
  /** Such pairs of signs. */
  readonly signs: readonly string[]
}

export function readText(text: string): Reading {
  const words = wordsOf(text)
  return { words: words.map(({ word }) => word), signs: signPairs(words) }
}

/** What is looked for of words in a row: these and such pairs, each once. */
export function termsOfWords(words: readonly Word[]): Set<string> {
  return new Set([...words.map(({ word }) => word), ...signPairs(words)])
}

function signPairs(words: readonly Word[]): string[] {
  const pairs: string[] = []
  for (let k = 1; k < words.length; k++) {
    const [before, word] = [words[k - 1]!, words[k]!]
    if (arePair(before, word)) pairs.push(before.word + word.word)
  }
  return pairs
}

/** Is there something in the text that can be opened? */
export const hasLink = (text: string): boolean =>
  // Most texts have neither, which is soon seen.
  (text.includes('://') || /www\./i.test(text)) && /\b(?:https?:\/\/|www\.)[^\s/]/iu.test(text)
