/**
 * Lost and unseen messages.
 *
 * Each thing known of a message says where it lies: `sent` on its author's disk, `stored` on one more device (alone: none),
 * `replicated` on two more, a checkpoint on all that read it. A message may be missing only where for each of these as many
 * devices were lost for good since. Counted from the invocation on, since the device that acknowledges may be lost before its
 * word arrives.
 */
import type { Facts, Sending } from './facts.ts'
import type { Anomaly, Checkpoint } from './history.ts'

/** So many devices held it from then on; holder: which one, where it is known. */
interface Evidence {
  readonly says: string
  readonly atMs: number
  readonly copies: number
  readonly holder?: string
}

/** So far apart may two clocks be that are right. */
const CLOCKS_APART_MS = 1000

export function findLost(facts: Facts): Anomaly[] {
  const found: Anomaly[] = []
  const earlier = new Map<string, Evidence[]>()
  for (const checkpoint of facts.run.checkpoints) {
    const held = holdersOf(checkpoint)
    for (const [id, sending] of facts.byId) {
      if (sending.invokedMs > checkpoint.atMs) continue
      const readers = checkpoint.reads.filter(({ room }) => room === sending.room)
      const holders = held.get(id) ?? new Set()
      const without = readers.filter(({ client }) => !holders.has(client)).map(({ client }) => client)
      if (without.length > 0) {
        const evidence = [...(earlier.get(id) ?? []), ...evidenceOf(sending)]
        const promise = evidence.find((piece) => !isExcused(facts, piece, checkpoint.atMs))
        if (promise) {
          const where = holders.size === 0 ? 'is nowhere' : `is not on ${without.join(', ')}`
          const about = `${JSON.stringify(sending.text)} of ${sending.author} in ${sending.room}, ${promise.says}, ${where}`
          found.push({ kind: 'lost', atMs: sending.invokedMs, about })
        }
      }
      if (holders.size > 0) {
        const seen = earlier.get(id) ?? []
        earlier.set(id, seen)
        seen.push({ says: 'read before', atMs: checkpoint.atMs, copies: holders.size })
      }
    }
  }
  return found
}

function holdersOf(checkpoint: Checkpoint): Map<string, Set<string>> {
  const held = new Map<string, Set<string>>()
  for (const { client, messages } of checkpoint.reads)
    for (const { id } of messages) {
      const holders = held.get(id) ?? new Set()
      held.set(id, holders.add(client))
    }
  return held
}

function evidenceOf(sending: Sending): Evidence[] {
  const { author, invokedMs: atMs, levels, memoryOnly } = sending
  const own = memoryOnly ? 0 : 1
  const evidence: Evidence[] = []
  if (own === 1) evidence.push({ says: 'sent', atMs, copies: 1, holder: author })
  const stored = levels.get('stored')
  if (stored && !stored.alone) evidence.push({ says: 'stored', atMs, copies: own + 1 })
  if (levels.has('delivered')) evidence.push({ says: 'delivered', atMs, copies: own + 1 })
  if (levels.has('replicated')) evidence.push({ says: 'replicated', atMs, copies: own + 2 })
  return evidence.reverse()
}

function isExcused(facts: Facts, { atMs, copies, holder }: Evidence, untilMs: number): boolean {
  const since = facts.losses.filter((loss) => loss.atMs >= atMs && loss.atMs <= untilMs)
  if (holder !== undefined) return since.some(({ client }) => client === holder)
  return new Set(since.map(({ client }) => client)).size >= copies
}

/**
 * What a client reads at a checkpoint, and was written after its process was ready, that process has shown: what is older may
 * be left out as history, and when exactly a process takes its past to end is seen by nobody else. By both clocks: who
 * wrote under a wrong clock, with nobody to correct it, may be taken for the past.
 */
export function findUnseen(facts: Facts): Anomaly[] {
  const found = new Map<string, Anomaly>()
  for (const life of facts.lives) {
    const shown = new Set<string>()
    for (const entry of life.entries) if (entry.what === 'shown') shown.add(entry.message.id)
    for (const { atMs, reads } of facts.run.checkpoints) {
      if (atMs < life.startMs || atMs > life.endMs) continue
      for (const read of reads) {
        if (read.client !== life.client) continue
        for (const { id, text, ts } of read.messages) {
          const invokedMs = facts.byText.get(text)?.invokedMs ?? 0
          const isPast = invokedMs <= life.readyMs || ts <= life.readyWallMs + CLOCKS_APART_MS
          if (isPast || shown.has(id)) continue
          const about = `${JSON.stringify(text)} in ${read.room} was never shown by ${life.client}, which reads it`
          found.set(`${life.client} ${id}`, { kind: 'unseen', atMs: invokedMs, about })
        }
      }
    }
  }
  return [...found.values()]
}
