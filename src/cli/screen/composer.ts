/** The line being written, as rows of the screen: prompt, text cut to the width, a window of rows around the cursor. */
import { graphemes, shownGrapheme, widthOf } from './graphemes.ts'

export interface Rows {
  readonly rows: readonly string[]
  /** In which row the cursor stands. */
  readonly row: number
  /** What of that row stands before the cursor. */
  readonly before: string
}

export interface Composed {
  /** Without control characters but the paint of `paintPrompt`. */
  readonly prompt: string
  readonly text: string
  /** In UTF-16 units of the text. */
  readonly cursor: number
  readonly columns: number
  /** At most so many rows are shown. */
  readonly rowsMax: number
  readonly paintPrompt?: (prompt: string) => string
}

const INDENT = '  '

/** Rows are at most columns - 1 wide, by the widths of graphemes.ts: the cursor may stand behind the last character. */
export function compose({ prompt, text, cursor, columns, rowsMax, paintPrompt }: Composed): Rows {
  const width = Math.max(2, columns - 1)
  const shortPrompt = widthOf(prompt) > width - 8 && widthOf(prompt) > width / 2 ? '> ' : prompt
  const head = paintPrompt ? paintPrompt(shortPrompt) : shortPrompt
  const indent = width > 10 ? INDENT : ''
  const rows: string[] = []
  let row = head
  let used = widthOf(shortPrompt)
  let at = 0
  let place: { row: number; before: string } | undefined
  const wrap = () => {
    rows.push(row)
    row = indent
    used = indent.length
  }
  // A long text repeats its characters, and each key lays all of it out anew.
  const met = new Map<string, readonly [shown: string, columns: number]>()
  const look = (grapheme: string) => {
    const shown = grapheme === '\n' ? '' : shownGrapheme(grapheme)
    const looked = [shown, widthOf(shown)] as const
    met.set(grapheme, looked)
    return looked
  }
  for (const grapheme of graphemes(text)) {
    const [shown, columnsOfIt] = met.get(grapheme) ?? look(grapheme)
    if (used + columnsOfIt > width) wrap()
    if (at === cursor) place = { row: rows.length, before: row }
    if (grapheme === '\n') wrap()
    else {
      row += shown
      used += columnsOfIt
    }
    at += grapheme.length
  }
  rows.push(row)
  place ??= { row: rows.length - 1, before: row }
  const most = Math.max(1, rowsMax)
  const first = Math.max(0, Math.min(place.row - Math.floor(most / 2), rows.length - most))
  return { rows: rows.slice(first, first + most), row: place.row - first, before: place.before }
}
