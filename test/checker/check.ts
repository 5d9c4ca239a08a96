/** The checker: everything that may never happen, found in the histories of a run. Pure. */
import { findRegressed } from './acknowledgements.ts'
import { type Facts, factsOf } from './facts.ts'
import type { Anomaly, Run } from './history.ts'
import { findDuplicates, findForged } from './integrity.ts'
import { findLost, findUnseen } from './losses.ts'
import { findDiverged, findEarly, findReordered } from './order.ts'

/** All anomalies of a run, in order of time. Throws TypeError where a text is invoked twice. */
export function check(run: Run): Anomaly[] {
  const facts = factsOf(run)
  const finders = [
    findLost,
    findUnseen,
    findDuplicates,
    findReordered,
    findDiverged,
    findEarly,
    findForged,
    findRegressed,
    findDivided,
  ]
  return finders.flatMap((find) => find(facts)).sort((a, b) => a.atMs - b.atMs)
}

/** At each checkpoint all follow one hub. */
function findDivided(facts: Facts): Anomaly[] {
  return facts.run.checkpoints.flatMap(({ atMs, hubs }) => {
    if (hubs.size === 0 || (new Set(hubs.values()).size === 1 && ![...hubs.values()].includes(undefined)))
      return []
    const about = [...hubs].map(([client, hub]) => `${client} follows ${hub ?? 'nobody'}`).join(', ')
    return [{ kind: 'divided' as const, atMs, about }]
  })
}
