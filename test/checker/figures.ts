/** A run in numbers. Pure. */
import { factsOf } from './facts.ts'
import type { Run } from './history.ts'

export interface Figures {
  readonly messages: number
  /** By the highest level told: none (sent only), stored alone, stored, replicated; delivered counts besides. */
  readonly none: number
  readonly alone: number
  readonly stored: number
  readonly replicated: number
  readonly delivered: number
  readonly failed: number
  /** The process ended before it answered. */
  readonly unknown: number
  readonly starts: number
  /** Messages shown by all processes together. */
  readonly shown: number
  /** Longest time in which a running process was shown nothing that others wrote. */
  readonly longestGapMs: number
  readonly longestGapAt: string
  /** From invocation to `stored`. */
  readonly storedP50Ms: number
  readonly storedP99Ms: number
}

export function figuresOf(run: Run): Figures {
  const facts = factsOf(run)
  const sendings = [...facts.byText.values()]
  const has = (level: 'stored' | 'replicated' | 'delivered') =>
    sendings.filter(({ levels }) => levels.has(level))
  const topStored = has('stored').filter(({ levels }) => !levels.has('replicated'))
  const alone = topStored.filter(({ levels }) => levels.get('stored')!.alone).length
  const took: number[] = []
  let shown = 0
  let [longestGapMs, longestGapAt] = [0, '']
  for (const { client, entries, startMs, endMs } of facts.lives) {
    let lastMs = startMs
    const quiet = (untilMs: number) => {
      if (untilMs - lastMs > longestGapMs)
        [longestGapMs, longestGapAt] = [untilMs - lastMs, `${client} at ${Math.round(lastMs)} ms`]
      lastMs = untilMs
    }
    for (const entry of entries) {
      if (entry.what === 'ok' && entry.level === 'stored') {
        const sending = facts.byId.get(entry.id)
        if (sending) took.push(entry.atMs - sending.invokedMs)
      }
      if (entry.what !== 'shown') continue
      shown += 1
      if (entry.message.from !== client) quiet(entry.atMs)
    }
    if (Number.isFinite(endMs)) quiet(endMs)
  }
  took.sort((a, b) => a - b)
  const quantile = (q: number) =>
    Math.round(took[Math.min(took.length - 1, Math.floor(q * took.length))] ?? 0)
  return {
    messages: sendings.length,
    none: sendings.filter(({ levels, id }) => levels.size === 0 && id !== undefined).length,
    alone,
    stored: topStored.length - alone,
    replicated: has('replicated').length,
    delivered: has('delivered').length,
    failed: sendings.filter(({ failed }) => failed).length,
    unknown: sendings.filter(({ failed, id }) => !failed && id === undefined).length,
    starts: facts.lives.length,
    shown,
    longestGapMs: Math.round(longestGapMs),
    longestGapAt,
    storedP50Ms: quantile(0.5),
    storedP99Ms: quantile(0.99),
  }
}
