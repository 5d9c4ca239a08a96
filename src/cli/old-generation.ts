/**
 * How far V8's heap may grow before all of it is collected: by a third of what lives, since lanchat is not alone on a machine.
 * A busy hub fills that with what lives as long as a text is under way, twice a second and more, and part of its CPU would go
 * into looking at all the rest each time: while as much lives as before and collections follow each other so closely, it may double.
 */
import { constants, type PerformanceEntry, PerformanceObserver } from 'node:perf_hooks'
import { setFlagsFromString } from 'node:v8'
import { heapSpace } from './heap-space.ts'

const PERCENT = 30
const PERCENT_BUSY = 100
/** All of the heap is collected so soon again: it is busy; it is no more once that takes so long. */
const BUSY_MS = 800
const QUIET_MS = 2500
/** What lives is as much as before. Where it grows, as where many join, it would take as much again for what comes and goes. */
const STEADY = 1.08

/** A collection of all of the heap: when it was, ms, and what was left. */
export interface Collected {
  readonly at: number
  readonly bytes: number
}

/** Is the program busy with what comes and goes, by its last two collections? wasBusy: as this said before. */
export function isBusy(wasBusy: boolean, before: Collected, last: Collected): boolean {
  const isSteady = last.bytes <= before.bytes * STEADY
  return isSteady && last.at - before.at < (wasBusy ? QUIET_MS : BUSY_MS)
}

/** From now on, for this process. */
export function boundOldGeneration(): void {
  setFlagsFromString(`--heap-growing-percent=${PERCENT}`)
  let busy = false
  let before: Collected | undefined
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      if (kindOf(entry) !== constants.NODE_PERFORMANCE_GC_MAJOR) continue
      const last = { at: entry.startTime, bytes: oldBytes() }
      const isNow = before !== undefined && isBusy(busy, before, last)
      if (isNow !== busy) setFlagsFromString(`--heap-growing-percent=${isNow ? PERCENT_BUSY : PERCENT}`)
      busy = isNow
      before = last
    }
  })
  observer.observe({ entryTypes: ['gc'] })
}

/** Of a collection; @types/node does not know it. */
const kindOf = (entry: PerformanceEntry) => (entry as { detail?: { kind?: number } }).detail?.kind

const oldBytes = (): number => heapSpace('old_space')?.space_used_size ?? 0
