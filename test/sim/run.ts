/**
 * Runs seeds of the simulators on all cores, in slices that can be gone on with later:
 *   npm run sim -- --from S --seeds N [--model data|choice|core|all] [--jobs N] [--operations N]
 * Each seed runs in each model. Prints what fails and the command that repeats it, and ends with one line of totals;
 * exits 1 where something failed. What it means: README.md beside this file.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { availableParallelism } from 'node:os'
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
    jobs: { type: 'string', default: String(availableParallelism()) },
  },
})
const operations = values.operations === undefined ? {} : { operations: Number(values.operations) }

const models: Record<string, (seed: number) => unknown> = {
  data: (seed) => runDataSeed(seed, operations),
  choice: (seed) => runChoiceSeed(seed),
  core: (seed) => runCoreSeed(seed),
}
const chosen = Object.keys(models).filter((name) => values.model === 'all' || values.model === name)

interface Slice {
  readonly from: number
  readonly to: number
}

interface Failure {
  readonly model: string
  readonly seed: number
  readonly text: string
}

interface Outcome {
  readonly slice: Slice
  readonly failures: readonly Failure[]
  readonly cpuMs: number
}

/** Seeds of one slice: short enough to be told often, long enough to cost nothing. */
const SLICE = 25
const PROGRESS_EVERY_MS = 10_000

async function runSlice(slice: Slice): Promise<Outcome> {
  const before = process.cpuUsage()
  const failures: Failure[] = []
  for (let seed = slice.from; seed <= slice.to; seed++)
    for (const model of chosen) {
      try {
        await models[model]!(seed)
      } catch (error) {
        failures.push({ model, seed, text: (error as Error).message })
      }
    }
  const { user, system } = process.cpuUsage(before)
  return { slice, failures, cpuMs: (user + system) / 1000 }
}

const again = ({ model, seed }: Failure) =>
  `npm run sim -- --model ${model} --from ${seed} --seeds 1${values.operations ? ` --operations ${values.operations}` : ''}`
const hours = (ms: number) => `${(ms / 3_600_000).toFixed(3)} h`
const say = (line: string) => process.stdout.write(`${line}\n`)

/** Hands out slices and gathers what came of them. */
class Campaign {
  readonly #first = Number(values.from)
  readonly #last = this.#first + Number(values.seeds) - 1
  readonly #startedAt = performance.now()
  readonly #failed: Failure[] = []
  readonly #underWay = new Set<Slice>()
  #next = this.#first
  #seeds = 0
  #cpuMs = 0
  #toldAt = 0
  isStopping = false

  take(): Slice | undefined {
    if (this.isStopping || this.#next > this.#last) return undefined
    const slice = { from: this.#next, to: Math.min(this.#last, this.#next + SLICE - 1) }
    this.#next = slice.to + 1
    this.#underWay.add(slice)
    return slice
  }

  done(slice: Slice, { failures, cpuMs }: Outcome): void {
    this.#underWay.delete(slice)
    this.#seeds += slice.to - slice.from + 1
    this.#cpuMs += cpuMs
    for (const failure of failures) {
      this.#failed.push(failure)
      say(
        `${failure.text.trimEnd()}\nFAILED ${failure.model} seed ${failure.seed}, again: ${again(failure)}\n`,
      )
    }
    const now = performance.now()
    if (now - this.#toldAt < PROGRESS_EVERY_MS) return
    this.#toldAt = now
    say(
      `${this.#seeds} seeds, all up to ${this.#doneTo()}, ${this.#failed.length} failed, ${hours(this.#wallMs)}`,
    )
  }

  get #wallMs(): number {
    return performance.now() - this.#startedAt
  }

  /** Every seed up to this one is done. */
  #doneTo(): number {
    return Math.min(this.#next, ...[...this.#underWay].map((slice) => slice.from)) - 1
  }

  end(): void {
    const doneTo = this.#doneTo()
    if (doneTo < this.#last)
      say(
        `go on with: npm run sim -- --model ${values.model} --from ${doneTo + 1} --seeds ${this.#last - doneTo}`,
      )
    const failed = this.#failed.map(({ model, seed }) => `${model} ${seed}`)
    say(
      `total: seeds ${this.#first} to ${doneTo} of ${chosen.join(', ')}: ${this.#seeds * chosen.length} runs in ${hours(this.#wallMs)} (${hours(this.#cpuMs)} of CPU), ${failed.length} failed${failed.length > 0 ? `: ${failed.join(', ')}` : ''}`,
    )
    process.exitCode = failed.length > 0 ? 1 : 0
  }
}

/** One process beside this one, slice after slice. */
function work(campaign: Campaign): Promise<void> {
  const child: ChildProcess = fork(process.argv[1]!, process.argv.slice(2), {
    env: { ...process.env, LANCHAT_SIM_WORKER: '1' },
  })
  return new Promise((resolve, reject) => {
    let slice: Slice | undefined
    const next = () => {
      slice = campaign.take()
      if (slice) child.send(slice)
      else child.disconnect()
    }
    child.on('message', (outcome) => {
      campaign.done(slice!, outcome as Outcome)
      next()
    })
    child.on('error', reject)
    child.on('exit', () => {
      campaign.isStopping ||= slice !== undefined
      resolve()
    })
    next()
  })
}

if (process.env.LANCHAT_SIM_WORKER) {
  process.on('SIGINT', () => {})
  process.on('message', (slice) => void runSlice(slice as Slice).then((outcome) => process.send?.(outcome)))
} else if (chosen.length === 0) {
  say(`no such model: ${values.model}`)
  process.exitCode = 2
} else {
  const campaign = new Campaign()
  process.on('SIGINT', () => {
    campaign.isStopping = true
  })
  await Promise.all(Array.from({ length: Math.max(1, Number(values.jobs)) }, () => work(campaign)))
  campaign.end()
}
