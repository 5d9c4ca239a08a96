/** Where the characters that people see begin and end (UAX 29), and how many columns they take. */
import stringWidth from 'string-width'
import { safeText } from '../safe-text.ts'

const segmenter = new Intl.Segmenter()
const words = /[\p{L}\p{N}\p{M}_]/u
const isAscii = (text: string): boolean => /^[\n\t -~]*$/.test(text)

export const graphemes = (text: string): string[] =>
  isAscii(text) ? [...text] : [...segmenter.segment(text)].map(({ segment }) => segment)

/** Where the grapheme before `at` begins; 0 at the start. */
export function previous(text: string, at: number): number {
  if (at <= 1 || isAscii(text)) return Math.max(0, at - 1)
  return segmenter.segment(text).containing(at - 1)?.index ?? 0
}

/** Where the grapheme at `at` ends; the length at the end. */
export function next(text: string, at: number): number {
  if (at >= text.length || isAscii(text)) return Math.min(text.length, at + 1)
  const here = segmenter.segment(text).containing(at)
  return here ? here.index + here.segment.length : text.length
}

/** The start of the word before `at`. */
export function wordStart(text: string, at: number): number {
  let to = at
  while (to > 0 && !words.test(text.slice(previous(text, to), to))) to = previous(text, to)
  while (to > 0 && words.test(text.slice(previous(text, to), to))) to = previous(text, to)
  return to
}

/** The end of the word after `at`. */
export function wordEnd(text: string, at: number): number {
  let to = at
  while (to < text.length && !words.test(text.slice(to, next(text, to)))) to = next(text, to)
  while (to < text.length && words.test(text.slice(to, next(text, to)))) to = next(text, to)
  return to
}

/** Columns of one line without control characters. */
export const widthOf = (text: string): number => (/^[ -~]*$/.test(text) ? text.length : stringWidth(text))

/** One grapheme as the composer shows it: never a control character, never nothing. */
export function shownGrapheme(grapheme: string): string {
  if (grapheme === '\t') return '    '
  if (grapheme >= ' ' && grapheme <= '~') return grapheme
  const safe = safeText(grapheme)
  return widthOf(safe) === 0 ? '\ufffd' : safe
}

/** As much of a line as fits, with an ellipsis where something was left out. */
export function shorten(text: string, columns: number, ellipsis = '…'): string {
  if (widthOf(text) <= columns) return text
  let out = ''
  let width = widthOf(ellipsis)
  if (width > columns) return ''
  for (const grapheme of graphemes(text)) {
    width += widthOf(grapheme)
    if (width > columns) break
    out += grapheme
  }
  return out + ellipsis
}
