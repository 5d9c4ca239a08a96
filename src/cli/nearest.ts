/** What somebody most likely meant who typed a word that is none. */

/**
 * The name nearest to a word: it starts with it, or differs by one edit, or by two where both are long enough for them to
 * be slips of the same word (who types `unlink` does not mean `unpin`). Undefined where nothing is near.
 */
export function nearest(word: string, names: Iterable<string>): string | undefined {
  const near = [...names]
    .map((name) => ({ name, edits: word !== '' && name.startsWith(word) ? 1 : editsBetween(word, name) }))
    .filter(({ name, edits }) => edits <= editsMax(word, name))
    .sort((a, b) => a.edits - b.edits)
  return near[0]?.name
}

const editsMax = (word: string, name: string): number => (Math.min(word.length, name.length) < 8 ? 1 : 2)

/** Letters to add, drop, change, or swap with a neighbour (optimal string alignment); Infinity for lengths far apart. */
function editsBetween(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 2) return Number.POSITIVE_INFINITY
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)]
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const isSame = a[i - 1] === b[j - 1]
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      const swapped = isSwap ? rows[i - 2]![j - 2]! + 1 : Number.POSITIVE_INFINITY
      const changed = rows[i - 1]![j - 1]! + (isSame ? 0 : 1)
      row[j] = Math.min(rows[i - 1]![j]! + 1, row[j - 1]! + 1, changed, swapped)
    }
    rows.push(row)
  }
  return rows[a.length]![b.length]!
}
