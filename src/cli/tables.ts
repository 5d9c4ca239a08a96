/** Data of answers as text: lists of objects become columns, one object becomes lines of key and value. */
import { safeName } from './safe-text.ts'
import { padded, widthOf } from './screen/graphemes.ts'

/** As much of an id as people compare at a glance. */
const ID_DIGITS = 8

/** data: anything JSON. tabs: columns separated by tabs, without heads, ids in full, for other programs. */
export function table(data: unknown, { tabs }: { readonly tabs: boolean }): string {
  if (!Array.isArray(data)) return isObject(data) ? pairs(data, tabs) : cell(data)
  if (data.length === 0) return tabs ? '' : 'None.'
  const rows: Record<string, unknown>[] = data.map((row) =>
    isObject(row) ? (tabs ? row : withShortId(row)) : { value: row },
  )
  const keys = [...new Set(rows.flatMap((row) => Object.keys(row)))]
  const columns = tabs ? keys : keys.sort((a, b) => Number(a === 'id') - Number(b === 'id'))
  const cells = rows.map((row) => columns.map((column) => cell(row[column])))
  if (tabs) return cells.map((row) => row.join('\t')).join('\n')
  const all = [columns, ...cells]
  const widths = columns.map((_, i) => all.reduce((widest, row) => Math.max(widest, widthOf(row[i]!)), 0))
  const line = (row: readonly string[]) => row.map((text, i) => padded(text, widths[i]!)).join('  ')
  return all.map((row) => line(row).trimEnd()).join('\n')
}

function withShortId(row: Record<string, unknown>): Record<string, unknown> {
  return typeof row.id === 'string' ? { ...row, id: row.id.slice(0, ID_DIGITS) } : row
}

function pairs(data: Record<string, unknown>, tabs: boolean): string {
  const keys = Object.keys(data)
  const widest = Math.max(0, ...keys.map(widthOf))
  return keys
    .map((key) => `${tabs ? `${key}\t` : padded(key, widest + 2)}${cell(data[key])}`.trimEnd())
    .join('\n')
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function cell(value: unknown): string {
  if (value === undefined || value === null) return ''
  if (value === true) return 'yes'
  if (value === false) return 'no'
  if (Array.isArray(value)) return value.map(cell).join(', ')
  if (isObject(value)) {
    if (typeof value.name === 'string') return safeName(value.name)
    return Object.entries(value)
      .map(([key, inner]) => `${key} ${cell(inner)}`)
      .join(' ')
  }
  return safeName(String(value))
}
