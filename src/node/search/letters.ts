/**
 * What each character of a text is to words.ts, worked out once for each that comes: so that texts of any script can be read
 * from their bytes. A character is slow where what it becomes depends on those around it: then words.ts reads the text there.
 */
import { fold, isEmoji, isUnspaced, isWordSign } from './words.ts'

/** letter: its one code goes into a word. letters: several do, or none. sign: a word by itself. */
export const KIND = { letter: 1, letters: 2, sign: 3, emoji: 4, separator: 5, slow: 6 } as const

/** Of those known so far; beyond are signs that few have ever written. */
const KNOWN_BELOW = 0x20000
const kinds = new Uint8Array(KNOWN_BELOW)
const codes = new Uint16Array(KNOWN_BELOW)
/** As they stand in the index, where that is not one code. */
const texts = new Map<number, string>()

const LETTERS = /^[\p{L}\p{N}]+$/u
/** Parts of Hangul syllables join those before them. */
const IN_CONTEXT = /[\u1100-\u11ff\ua960-\ua97f\ud7b0-\ud7ff]/u
const isSyllable = (point: number) => point >= 0xac00 && point <= 0xd7a3

/** One of KIND. */
export const kindOf = (point: number): number =>
  point < KNOWN_BELOW ? kinds[point] || learn(point) : KIND.slow
/** The code of a letter or sign. */
export const codeOf = (point: number): number => codes[point]!
/** What letters or an emoji become. */
export const textOf = (point: number): string => texts.get(point)!

function learn(point: number): number {
  const char = String.fromCodePoint(point)
  const folded = fold(char)
  const kind = classOf(point, char, folded)
  if (kind === KIND.letter || kind === KIND.sign) codes[point] = folded.charCodeAt(0)
  else if (kind === KIND.letters || kind === KIND.emoji) texts.set(point, folded)
  kinds[point] = kind
  return kind
}

function classOf(point: number, char: string, folded: string): number {
  // Half of one that takes two codes.
  if (point >= 0xd800 && point <= 0xdfff) return KIND.slow
  if (!isWordSign(char)) {
    if (!isEmoji(char)) return KIND.separator
    return isUnspaced(folded) ? KIND.slow : KIND.emoji
  }
  if (isUnspaced(char)) return folded.length === 1 && isUnspaced(folded) ? KIND.sign : KIND.slow
  if (folded === '') return KIND.letters
  const isAlone = isSyllable(point) || (LETTERS.test(folded) && !IN_CONTEXT.test(char.normalize('NFKD')))
  if (!isAlone || point > 0xffff || isUnspaced(folded)) return KIND.slow
  return folded.length === 1 ? KIND.letter : KIND.letters
}
