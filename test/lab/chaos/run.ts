/**
 * A long mixed run: npm run chaos -- --minutes N [--seed S] [--nodes K] [--only name,name]
 *
 * Rounds of about a minute: nemeses drawn from the seed, in overlap, while everybody writes; then heal, quiet, check. What it
 * does goes to stderr, the figures at the end to stdout. Exits 1 on any anomaly, and keeps the histories then.
 */
import { parseArgs } from 'node:util'
import { chaos } from './long.ts'
import { NEMESES } from './nemeses/all.ts'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '5' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    nodes: { type: 'string', default: '5' },
    only: { type: 'string' },
    rest: { type: 'string', default: '60' },
  },
})

const only = values.only?.split(',')
const unknown = only?.find((name) => !NEMESES.some((nemesis) => nemesis.name === name))
if (unknown !== undefined)
  throw new TypeError(`no nemesis ${unknown}; there are: ${NEMESES.map(({ name }) => name).join(', ')}`)

const began = performance.now()
const log = (line: string) => {
  const seconds = ((performance.now() - began) / 1000).toFixed(1).padStart(7)
  process.stderr.write(`${seconds} ${line}\n`)
}
const anomalies = await chaos({
  minutes: Number(values.minutes),
  seed: Number(values.seed),
  nodes: Number(values.nodes),
  restS: Number(values.rest),
  nemeses: only ? NEMESES.filter(({ name }) => only.includes(name)) : NEMESES,
  log,
  print: (line) => process.stdout.write(`${line}\n`),
})
process.exit(anomalies === 0 ? 0 : 1)
