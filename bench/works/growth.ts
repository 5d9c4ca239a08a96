/**
 * Does a hub become dearer as it grows? Cost of a delivery with 10, 100, 1,000 and 5,000 members of one room, and cost of a text
 * taken in with 10,000, 100,000 and 1,000,000 events stored before (and --events n, where more is wanted once).
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Figure, Report } from '../figures.ts'
import type { Outcome } from '../load/plan.ts'
import { lanchat } from '../peers/lanchat.ts'
import type { WorkOptions } from '../run.ts'
import { cpuPerMillion } from './fanout.ts'
import { repetition } from './repetition.ts'

const MEMBERS = [10, 100, 1000, 5000]
const STORED = [10_000, 100_000, 1_000_000]
const DEARER_MAX = 1.3
/** What fills a store and what is measured on it: few receivers, so that taking in is most of the work. */
const INGEST = { rooms: 1, members: 2, senders: 4, inFlight: 64, rate: 0 }

const cpuUsPerText = ({ serverCpuS, texts }: Outcome) => (serverCpuS / texts) * 1e6

export async function growth({ reps = 5, events, nodes, tls = false }: WorkOptions): Promise<Report> {
  const peer = lanchat()
  const sizes = nodes === undefined ? MEMBERS : [100, nodes]
  const stored = events === undefined ? STORED : [10_000, events]
  const byMembers = sizes.map((): number[] => [])
  const perText = stored.map((): number[] => [])
  const startMiB = stored.map((): number[] => [])
  const folder = mkdtempSync(join(tmpdir(), 'lanchat-bench-stores-'))
  try {
    for (const texts of stored)
      await repetition(peer, INGEST, { tls, warmUpS: 0, texts, keep: join(folder, `${texts}`) })
    for (let rep = 0; rep < reps; rep++) {
      for (const [k, members] of sizes.entries()) {
        const shape = { rooms: 1, members, senders: 4, inFlight: 64, rate: 0 }
        byMembers[k]!.push(cpuPerMillion(await repetition(peer, shape, { tls })))
      }
      for (const [k, texts] of stored.entries()) {
        const outcome = await repetition(peer, INGEST, { tls, store: join(folder, `${texts}`) })
        perText[k]!.push(cpuUsPerText(outcome))
        startMiB[k]!.push(outcome.arrivals.rssBeforeMiB)
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  const at = byMembers[sizes.indexOf(100)]!
  const least = perText[0]!
  const ratio = (
    name: string,
    samples: readonly number[],
    base: readonly number[],
    isJudged: boolean,
  ): Figure => ({
    name,
    unit: 'times',
    samples: samples.map((value, rep) => value / base[rep]!),
    ...(isJudged && { targets: [{ of: 'p50', atMost: DEARER_MAX }] as const }),
  })
  const told = (count: number) => count.toLocaleString('en')
  return {
    work: tls ? 'W8 over TLS' : 'W8',
    figures: [
      ...sizes.map((size, k) =>
        ratio(`CPU per delivery, ${told(size)} / 100 members`, byMembers[k]!, at, size === 5000),
      ),
      ...stored.map((size, k) =>
        ratio(`CPU per text, ${told(size)} / ${told(stored[0]!)} stored`, perText[k]!, least, size >= 1e6),
      ),
      ...sizes.map(
        (size, k): Figure => ({
          name: `CPU s per million deliveries, ${told(size)} members`,
          unit: 's',
          samples: byMembers[k]!,
        }),
      ),
      ...stored.map(
        (size, k): Figure => ({
          name: `CPU s per million texts, ${told(size)} stored`,
          unit: 's',
          samples: perText[k]!,
        }),
      ),
      ...stored.map(
        (size, k): Figure => ({
          name: `memory (RSS) of the hub that started on ${told(size)} stored`,
          unit: 'MiB',
          samples: startMiB[k]!,
        }),
      ),
    ],
    notes: [
      'Each store is filled once, and copied for each repetition. Measured from the first text that is confirmed.',
    ],
  }
}
