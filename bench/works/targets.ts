/**
 * Every figure that has a target, against the peers it is held against, one work after another, in one table with its verdict.
 * Each work's report is kept as soon as it is there: whoever asks again with the same build gets it from the file, so a run that
 * was cut short goes on where it ended. `--peer` leaves out others, `--tls` keeps to the works over TLS, `--anew` measures again.
 */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import type { Figure, Report } from '../figures.ts'
import { thisMachine } from '../machine.ts'
import { PROJECT } from '../program.ts'
import type { Work, WorkOptions } from '../run.ts'
import { arrivals } from './arrivals.ts'
import { fanoutOf } from './fanout.ts'
import { growth } from './growth.ts'
import { hubLost } from './hub-lost.ts'
import { returning } from './returning.ts'

interface Row {
  readonly name: string
  readonly work: Work
  readonly peers?: readonly string[]
  readonly tls?: boolean
  /** A repetition of these takes minutes. */
  readonly repsMax?: number
}

const fanout = (name: string, ...peers: string[]): Row => ({
  name,
  work: fanoutOf(name),
  peers: ['lanchat', ...peers],
})
const overTls = (row: Row): Row => ({ ...row, name: `${row.name}-tls`, tls: true })

const ROWS: readonly Row[] = [
  fanout('W1', 'jetstream', 'nats'),
  fanout('W1s', 'jetstream'),
  fanout('W2', 'jetstream', 'redis', 'redis-aof', 'inspircd'),
  fanout('W3', 'jetstream'),
  fanout('W4', 'floor-node', 'jetstream'),
  fanout('W4r', 'floor-node', 'jetstream'),
  { name: 'W5', work: arrivals, peers: ['lanchat', 'socket.io'] },
  { name: 'W6', work: hubLost },
  { name: 'W7', work: returning },
  { name: 'W8', work: growth, repsMax: 3 },
  overTls(fanout('W1', 'jetstream')),
  overTls(fanout('W1s', 'jetstream')),
  overTls(fanout('W2', 'jetstream', 'redis')),
  overTls(fanout('W3', 'jetstream')),
  overTls(fanout('W4', 'floor-node')),
  overTls({ name: 'W5', work: arrivals, peers: ['lanchat'] }),
]

/** A work as it was measured. */
interface Kept {
  readonly build: string
  readonly reps: number
  readonly load: number
  readonly tookS: number
  readonly report: Report
}

export async function targets({ reps = 5, peers, tls = false, anew = false }: WorkOptions): Promise<Report> {
  const folder = `${PROJECT}.bench/results/targets`
  mkdirSync(folder, { recursive: true })
  const build = buildId()
  const figures: Figure[] = []
  const notes: string[] = []
  for (const row of ROWS) {
    if (tls && !row.tls) continue
    const file = `${folder}/${row.name}.json`
    if (anew) rmSync(file, { force: true })
    const wanted = Math.min(reps, row.repsMax ?? reps)
    const kept = readKept(file, build, wanted) ?? (await measured(row, file, build, wanted, peers))
    if (kept === undefined) {
      notes.push(`${row.name}: NOT MEASURED, see above.`)
      continue
    }
    const judged = kept.report.figures.filter((figure) => figure.targets !== undefined)
    figures.push(...judged.map((figure) => ({ ...figure, name: `${row.name}: ${figure.name}` })))
    notes.push(`${row.name}: ${kept.tookS.toFixed(0)} s, load average ${kept.load} when it began.`)
  }
  return { work: 'targets', figures, notes }
}

async function measured(
  { name, work, peers, tls = false }: Row,
  file: string,
  build: string,
  reps: number,
  only: readonly string[] | undefined,
): Promise<Kept | undefined> {
  process.stderr.write(`${new Date().toTimeString().slice(0, 8)} ${name}, ${reps} repetitions\n`)
  const { load } = thisMachine()
  const startedAt = performance.now()
  const chosen = peers?.filter((peer) => only === undefined || peer === 'lanchat' || only.includes(peer))
  const report = await work({ reps, tls, ...(chosen && { peers: chosen }) }).catch((error: unknown) => {
    process.stderr.write(`${name} FAILED: ${error instanceof Error ? error.stack : String(error)}\n`)
  })
  if (!report) return undefined
  const kept: Kept = { build, reps, load, tookS: (performance.now() - startedAt) / 1000, report }
  // A comparison that leaves peers out is not what is asked for the next time.
  if (only === undefined) writeFileSync(file, `${JSON.stringify(kept, null, 1)}\n`)
  return kept
}

function readKept(file: string, build: string, reps: number): Kept | undefined {
  if (!existsSync(file)) return undefined
  const kept = JSON.parse(readFileSync(file, 'utf8')) as Kept
  return kept.build === build && kept.reps >= reps ? kept : undefined
}

/** What is measured, by the bytes of the built program: a commit that changes a document keeps its figures. */
function buildId(): string {
  const sum = createHash('sha256')
  const dist = `${PROJECT}dist`
  for (const path of (readdirSync(dist, { recursive: true }) as string[]).sort())
    if (path.endsWith('.js')) sum.update(path).update(readFileSync(`${dist}/${path}`))
  return sum.digest('hex').slice(0, 16)
}
