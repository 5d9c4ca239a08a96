/**
 * The one runner of figures: `npm run bench -- <work> [--reps n] [--nodes n] [--events n] [--minutes n] [--peer name] [--tls]
 * [--anew] [--json file|folder|-]`.
 *
 * A work is a function from options to a report. Every work measures the built program as people run it (dist/cli/main.js),
 * hosts of the lab instead of machines, and one clock: that of this process.
 */
import { mkdirSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { parseArgs } from 'node:util'
import { figureJson, type Report, reportTable } from './figures.ts'
import { thisMachine } from './machine.ts'
import { PROJECT } from './program.ts'

export interface WorkOptions {
  /** Repetitions; each work says what one is. */
  readonly reps?: number
  /** How many nodes, events or minutes, where a work leaves the choice. */
  readonly nodes?: number
  readonly events?: number
  readonly minutes?: number
  /** Names of servers to compare with (repeatable); default all. */
  readonly peers?: readonly string[]
  /** Links over TLS, lanchat's as shipped. */
  readonly tls?: boolean
  /** Also where a former run has left its figures. */
  readonly anew?: boolean
}
export type Work = (options: WorkOptions) => Promise<Report>

/** Loaded when asked for, so that none of them weighs on another. */
const WORKS: Readonly<Record<string, () => Promise<Work>>> = {
  ready: async () => (await import('./works/ready.ts')).ready,
  latency: async () => (await import('./works/latency.ts')).latency,
  footprint: async () => (await import('./works/footprint.ts')).footprint,
  failover: async () => (await import('./works/failover.ts')).failover,
  heal: async () => (await import('./works/heal.ts')).heal,
  'catch-up': async () => (await import('./works/catch-up.ts')).catchUp,
  loss: async () => (await import('./works/loss.ts')).loss,
  ...Object.fromEntries(
    ['W1', 'W1s', 'W2', 'W3', 'W4', 'W4r', 'floor-1', 'floor-8', 'floor-64'].map((name) => [
      name,
      async () => (await import('./works/fanout.ts')).fanoutOf(name),
    ]),
  ),
  W5: async () => (await import('./works/arrivals.ts')).arrivals,
  W6: async () => (await import('./works/hub-lost.ts')).hubLost,
  W7: async () => (await import('./works/returning.ts')).returning,
  W8: async () => (await import('./works/growth.ts')).growth,
  ingest: async () => (await import('./works/ingest.ts')).ingest,
  rooms: async () => (await import('./works/rooms.ts')).rooms,
  targets: async () => (await import('./works/targets.ts')).targets,
  terminal: async () => (await import('./works/terminal.ts')).terminal,
}

const NUMBERS = ['reps', 'nodes', 'events', 'minutes'] as const
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    reps: { type: 'string' },
    nodes: { type: 'string' },
    events: { type: 'string' },
    minutes: { type: 'string' },
    peer: { type: 'string', multiple: true },
    tls: { type: 'boolean' },
    anew: { type: 'boolean' },
    json: { type: 'string' },
  },
})
const [name = ''] = positionals
const load = Object.hasOwn(WORKS, name) ? WORKS[name] : undefined
const options: { -readonly [K in keyof WorkOptions]: WorkOptions[K] } = {}
for (const key of NUMBERS) if (values[key] !== undefined) options[key] = Number(values[key])
const numbersGiven: readonly unknown[] = Object.values(options)
if (load === undefined || !numbersGiven.every((value) => Number.isInteger(value) && Number(value) > 0)) {
  const numbers = NUMBERS.map((key) => `[--${key} n]`).join(' ')
  process.stderr.write(
    `usage: npm run bench -- <${Object.keys(WORKS).join('|')}> ${numbers} [--peer name] [--tls] [--anew] [--json file|folder|-]\n`,
  )
  process.exit(2)
}

// Hosts are removed, and processes ended, as this one exits.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1))

const machine = thisMachine()
const work = await load()
const report = await work({
  ...options,
  ...(values.peer && { peers: values.peer }),
  ...(values.tls && { tls: true }),
  ...(values.anew && { anew: true }),
})
const json = JSON.stringify(
  { ...report, at: new Date().toISOString(), machine, figures: report.figures.map(figureJson) },
  null,
  1,
)
const folder = `${PROJECT}.bench/results`
const file = [
  name,
  ...(options.nodes === undefined ? [] : [options.nodes]),
  ...(values.tls ? ['tls'] : []),
].join('-')
mkdirSync(folder, { recursive: true })
writeFileSync(`${folder}/${file}.json`, `${json}\n`)
if (values.json !== undefined && values.json !== '-') {
  const path = isFolder(values.json) ? `${values.json}/${file}.json` : values.json
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, `${json}\n`)
}
if (values.json === '-') process.stdout.write(`${json}\n`)
else {
  const { cpu, cores, memoryGiB, kernel, node } = machine
  const about = `${cores} x ${cpu}, ${memoryGiB} GiB, Linux ${kernel}, Node ${node}, load ${machine.load}`
  process.stdout.write(`${name}: ${about}\n\n${reportTable(report)}\n`)
  for (const note of report.notes) process.stdout.write(`\n${note}\n`)
  process.stdout.write(`\nAll samples: .bench/results/${file}.json\n`)
}
process.exit(0)

function isFolder(path: string): boolean {
  return path.endsWith('/') || (statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false)
}
