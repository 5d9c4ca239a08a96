/** Where the characters that people see begin and end (UAX 29), and how many columns they take. */
import { safeText } from '../safe-text.ts'

/** Made when the first text needs it: that takes 10 ms, which a start does not have. */
let made: Intl.Segmenter | undefined
const segmenter = (): Intl.Segmenter => {
  made ??= new Intl.Segmenter()
  return made
}
const words = /[\p{L}\p{N}\p{M}_]/u
const isAscii = (text: string): boolean => /^[\n\t -~]*$/.test(text)

/** As much as is segmented at a time: what V8 takes for it grows with the square of the length. */
const PIECE = 256

export function graphemes(text: string): string[] {
  if (isAscii(text)) return [...text]
  const out: string[] = []
  let piece = PIECE
  for (let from = 0; from < text.length; ) {
    const end = from + piece
    // Half a character would look like one of its own.
    const isWithin = /[\ud800-\udbff]/.test(text[end - 1] ?? '')
    const part = text.slice(from, isWithin ? end + 1 : end)
    const found = [...segmenter().segment(part)].map(({ segment }) => segment)
    // The last one may go on behind the piece.
    if (from + part.length < text.length) found.pop()
    piece = found.length === 0 ? piece * 2 : PIECE
    for (const grapheme of found) {
      out.push(grapheme)
      from += grapheme.length
    }
  }
  return out
}

/** Where the grapheme before `at` begins; 0 at the start. */
export function previous(text: string, at: number): number {
  if (at <= 1 || isAscii(text)) return Math.max(0, at - 1)
  return (
    segmenter()
      .segment(text)
      .containing(at - 1)?.index ?? 0
  )
}

/** Where the grapheme at `at` ends; the length at the end. */
export function next(text: string, at: number): number {
  if (at >= text.length || isAscii(text)) return Math.min(text.length, at + 1)
  const here = segmenter().segment(text).containing(at)
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

/** East Asian Wide and Fullwidth (UAX 11), told by script where a script is wide as a whole. */
const WIDE =
  /^[\p{Emoji_Presentation}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Bopomofo}\p{Script=Yi}\p{Script=Tangut}\p{Script=Nushu}\p{Script=Khitan_Small_Script}\u1100-\u115f\u2329\u232a\u2630-\u2637\u268a-\u268f\u2ff0-\u303e\u3099-\u30ff\u3131-\u318e\u3190-\u31e5\u31ef\u3200-\u3247\u3250-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6b\uff01-\uff60\uffe0-\uffe6\u{1d300}-\u{1d356}\u{1d360}-\u{1d376}\u{1f200}-\u{1f265}]/u
const NARROW = /^[\u02ea\u02eb\u303f\u3248-\u324f\uff61-\uffdc\p{RI}]/u
const NOTHING = /^[\p{Mn}\p{Me}\p{Cf}\p{Default_Ignorable_Code_Point}]+$/u

/** Columns of one line without control characters. Terminals differ about joined emoji; here each takes two. */
export function widthOf(text: string): number {
  if (/^[ -~]*$/.test(text)) return text.length
  return graphemes(text).reduce((width, grapheme) => width + widthOfOne(grapheme), 0)
}

function widthOfOne(grapheme: string): number {
  if (grapheme >= ' ' && grapheme <= '~' && grapheme.length === 1) return 1
  if (NOTHING.test(grapheme)) return 0
  // U+FE0F asks for the emoji, two regional indicators are a flag, and U+20E3 makes a keycap.
  if (/\ufe0f|\u20e3|^\p{RI}{2}/u.test(grapheme)) return 2
  return WIDE.test(grapheme) && !NARROW.test(grapheme) ? 2 : 1
}

/** Columns that any terminal may take for one grapheme: some join what it is made of, others show it piece by piece. */
export function widthAtMost(grapheme: string): number {
  const whole = widthOfOne(grapheme)
  if (grapheme.length === 1) return whole
  return Math.max(
    whole,
    [...grapheme].reduce((sum, character) => sum + widthOfOne(character), 0),
  )
}

/** With blanks behind it up to so many columns. */
export const padded = (text: string, columns: number): string =>
  text + ' '.repeat(Math.max(0, columns - widthOf(text)))

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
