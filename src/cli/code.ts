/** Codes of networks: new ones from random words, and about how hard others are to guess. */
import { randomInt } from 'node:crypto'
import { CODE_WORDS } from '../wire/code-words.ts'

/**
 * Six words of 11 bits are 66 bits. One handshake lets a listener try codes at home, but each try costs scrypt with
 * 128 MiB, about a third of a second: 2^65 of them on average.
 */
export const WORDS_IN_CODE = 6
/** Below this people are warned. */
export const CODE_BITS_MIN = 60

const WORD_BITS = Math.log2(CODE_WORDS.length)

export function newCode(): { readonly code: string; readonly bits: number } {
  const words = Array.from({ length: WORDS_IN_CODE }, () => CODE_WORDS[randomInt(CODE_WORDS.length)]!)
  return { code: words.join('-'), bits: Math.floor(WORDS_IN_CODE * WORD_BITS) }
}

/** The most that letters of one word are taken for: an English word, however long, is one of some thousands. */
const ANY_WORD_BITS = 13

/**
 * Bits of a code at most, were its parts chosen at random. What people think up has less: this only finds the codes
 * that are too short in any case.
 */
export function codeBitsAtMost(code: string): number {
  const words = new Set(CODE_WORDS)
  // A part that comes again adds nothing to guess.
  const parts = new Set(code.split(/[\s\-_.,]+/u).filter((part) => part !== ''))
  return Math.floor(
    [...parts].reduce((bits, part) => bits + (words.has(part) ? WORD_BITS : partBits(part)), 0),
  )
}

function partBits(part: string): number {
  const letters = [...part.replaceAll(/(.)\1+/gu, '$1')]
  const kinds: readonly (readonly [RegExp, number])[] = [
    [/[a-z]/, 26],
    [/[A-Z]/, 26],
    [/[0-9]/, 10],
    [/[^a-zA-Z0-9]/, 33],
  ]
  const alphabet = kinds.reduce((size, [kind, count]) => size + (kind.test(part) ? count : 0), 0)
  const bits = letters.length * Math.log2(alphabet)
  return /^\p{L}?\p{Ll}*$/u.test(part) ? Math.min(bits, ANY_WORD_BITS) : bits
}
