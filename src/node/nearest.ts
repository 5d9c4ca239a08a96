/** What somebody most likely meant who typed a name that nobody has. */

const EDITS_MAX = 2

/** The name nearest to a word: one that starts with it, or at most two edits away. Of equals the first. */
export function nearest(word: string, names: Iterable<string>): string | undefined {
  let best: { name: string; edits: number } | undefined
  for (const name of names) {
    const lower = name.toLowerCase()
    const edits = word !== '' && lower.startsWith(word) ? 1 : editsBetween(word, lower)
    if (edits > Math.min(EDITS_MAX, Math.ceil(word.length / 2))) continue
    if (!best || edits < best.edits) best = { name, edits }
  }
  return best?.name
}

/** Letters to add, drop or change (Levenshtein); Infinity for lengths too far apart to matter. */
function editsBetween(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > EDITS_MAX) return Number.POSITIVE_INFINITY
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const changed = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(changed, row[j]! + 1, next[j - 1]! + 1))
    }
    row = next
  }
  return row[b.length]!
}
