/**
 * Runs seeds of the simulators: npm run sim -- --seeds N --from S [--model data|choice|core|all] [--operations N]
 * Prints what fails and how to run it again; exits 1 then.
 */
import { parseArgs } from 'node:util'
import { runChoiceSeed } from './choice-seed.ts'
import { runCoreSeed } from './core-random.ts'
import { runDataSeed } from './data.ts'

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '300' },
    from: { type: 'string', default: '1' },
    model: { type: 'string', default: 'all' },
    operations: { type: 'string' },
  },
})
const seeds = Number(values.seeds)
const from = Number(values.from)
const operations = values.operations === undefined ? {} : { operations: Number(values.operations) }

const models: Record<string, (seed: number) => unknown> = {
  data: (seed) => runDataSeed(seed, operations),
  choice: (seed) => runChoiceSeed(seed),
  core: (seed) => runCoreSeed(seed),
}

let failed = 0
for (const [name, run] of Object.entries(models)) {
  if (values.model !== 'all' && values.model !== name) continue
  const start = performance.now()
  for (let seed = from; seed < from + seeds; seed++) {
    try {
      await run(seed)
    } catch (error) {
      failed++
      process.stdout.write(`${(error as Error).message}\n\n`)
    }
  }
  const seconds = ((performance.now() - start) / 1000).toFixed(1)
  process.stdout.write(`${name}: ${seeds} seeds from ${from} in ${seconds} s, ${failed} failed\n`)
}
process.exitCode = failed > 0 ? 1 : 0
