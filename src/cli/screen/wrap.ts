/**
 * Lines as rows of the terminal. Were it left to the terminal, a text as wide as its row could begin the next one with what
 * looks like a line of somebody else: rows but the first stand further in, as lines behind a line break do. Pure.
 */
import { graphemes, widthAtMost } from './graphemes.ts'

const INDENT = '    '
/** Where a row has hardly room for more. */
const SMALL_INDENT = ' '
const SMALL_COLUMNS = 16
const TAB_COLUMNS = 8
const STYLE = /(\u001b\[[0-9;]*m)/
/** In a row of its own down to its end, in which nothing is a blank: a terminal that wraps it can still open and copy it. */
const LINK = /https?:\/\/[!-~]+/g

/** A line, with or without styles and line breaks, as rows of at most so many columns; links longer than that are left whole. */
export function wrapped(line: string, columns: number): string {
  return line
    .split('\n')
    .map((part) => (fits(part, columns) ? part : wrapPart(part, columns)))
    .join('\n')
}

/** What is written to a stream line by line: where that is a terminal, as its rows; elsewhere, for programs, as it is. */
export function inRows(
  text: string,
  stream: { readonly isTTY?: boolean; readonly columns?: number },
): string {
  return stream.isTTY && stream.columns ? wrapped(text, stream.columns) : text
}

/** Nothing but a tab is wider than two columns for each unit of UTF-16. */
const fits = (part: string, columns: number): boolean =>
  !part.includes('\t') && part.length * (/^[ -~]*$/.test(part) ? 1 : 2) <= columns

function wrapPart(part: string, columns: number): string {
  const rows = new Wrapping(columns)
  const pieces = part.split(STYLE)
  pieces.forEach((piece, i) => {
    // Split by a group: every other piece is a style.
    if (i % 2 === 1) rows.style(piece)
    else rows.text(piece)
  })
  return rows.end()
}

class Wrapping {
  readonly #columns: number
  readonly #indent: string
  readonly #rows: string[] = []
  #row = ''
  #width = 0
  /** Of the row, up to where it may be broken: behind the last blank. */
  #breakAt = 0
  #breakWidth = 0

  constructor(columns: number) {
    this.#columns = Math.max(2, columns)
    this.#indent = columns < SMALL_COLUMNS ? SMALL_INDENT : INDENT
  }

  style(sequence: string): void {
    this.#row += sequence
  }

  text(text: string): void {
    let from = 0
    for (const { 0: link, index } of text.matchAll(LINK)) {
      if (link.length <= this.#columns - this.#indent.length) continue
      this.#plain(text.slice(from, index))
      if (this.#width > (this.#rows.length > 0 ? this.#indent.length : 0)) this.#break()
      this.#row += link
      this.#break()
      from = index + link.length
    }
    this.#plain(text.slice(from))
  }

  end(): string {
    // Behind a link there may be nothing more.
    const isOver = this.#rows.length > 0 && this.#row.replaceAll(STYLES, '') === this.#indent
    if (!isOver) return [...this.#rows, this.#row].join('\n')
    return `${this.#rows.join('\n')}${this.#row.slice(this.#indent.length)}`
  }

  #plain(text: string): void {
    for (const grapheme of graphemes(text)) {
      const isTab = grapheme === '\t'
      const width = isTab ? TAB_COLUMNS - (this.#width % TAB_COLUMNS) : widthAtMost(grapheme)
      if (this.#width + width > this.#columns) {
        if (isTab || grapheme === ' ') {
          this.#break()
          continue
        }
        this.#breakAtBlank()
      }
      this.#row += isTab ? ' '.repeat(width) : grapheme
      this.#width += width
      if (!isTab && grapheme !== ' ') continue
      this.#breakAt = this.#row.length
      this.#breakWidth = this.#width
    }
  }

  #breakAtBlank(): void {
    const [at, rest] = [this.#breakAt, this.#width - this.#breakWidth]
    // A word that a row of its own does not hold either is cut where this one ends.
    if (at === 0 || rest > this.#columns - this.#indent.length - 2) return this.#break()
    const word = this.#row.slice(at)
    this.#row = this.#row.slice(0, at)
    this.#break()
    this.#row += word
    this.#width += rest
  }

  #break(): void {
    this.#rows.push(this.#row)
    this.#row = this.#indent
    this.#width = this.#indent.length
    this.#breakAt = 0
    this.#breakWidth = 0
  }
}

const STYLES = /\u001b\[[0-9;]*m/g
