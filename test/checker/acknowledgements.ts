/** Acknowledgements: each once, never back, never before `sent` (INV-7), and true to their own figures. */
import type { Facts, Life } from './facts.ts'
import type { Anomaly, AnomalyKind, Level } from './history.ts'

/** The least number of other devices that a level stands for, unless it says alone. */
const COPIES = { stored: 1, delivered: 1, replicated: 2 } as const

export function findRegressed(facts: Facts): Anomaly[] {
  return facts.lives.flatMap((life) => regressedIn(life, facts))
}

function regressedIn(life: Life, facts: Facts): Anomaly[] {
  const found: Anomaly[] = []
  const known = new Map<string, { levels: Set<Level>; copies: number }>()
  for (const entry of life.entries) {
    if (entry.what === 'sent') known.set(entry.id, { levels: new Set(), copies: 0 })
    if (entry.what !== 'ok') continue
    const { id, level, copies, alone, atMs } = entry
    const name = facts.byId.get(id)?.text ?? id.slice(0, 8)
    const bad = (kind: AnomalyKind, what: string) =>
      found.push({ kind, atMs, about: `${life.client} is told ${level} of ${JSON.stringify(name)} ${what}` })
    const before = known.get(id)
    if (!before) {
      bad('regressed', 'before sent')
      continue
    }
    if (before.levels.has(level)) bad('regressed', 'twice')
    else if (level === 'stored' && before.levels.has('replicated')) bad('regressed', 'after replicated')
    else if (copies < before.copies) bad('regressed', `with ${copies} copies, after ${before.copies}`)
    if (alone !== (copies === 0))
      bad('overstated', `with ${copies} copies and ${alone ? 'alone' : 'not alone'}`)
    else if (copies < COPIES[level] && !(alone && level === 'stored'))
      bad('overstated', `with ${copies} copies`)
    before.levels.add(level)
    before.copies = Math.max(before.copies, copies)
  }
  return found
}
