/** One run of the data simulator: everything follows from the seed. */
import { createHash } from 'node:crypto'
import { hex } from '../../src/wire/bytes.ts'
import { checkEnd, roomsOf } from './data-checks.ts'
import { between } from './data-random.ts'
import { type DataOptions, Violation, World } from './data-world.ts'

export type { DataOptions } from './data-world.ts'

/** Weights without the acts that the simulator learned last: seeds of before play as they did. */
export const EARLIER_ACTS = { mute: 0, set: 0, pin: 0, link: 0, unlink: 0 } as const

export interface DataResult {
  /** Equal for equal runs: over all operations, frames that arrived, and what the nodes hold at the end. */
  readonly trace: string
  /** All-pairs comparisons until all vectors were equal. */
  readonly rounds: number
  readonly events: number
  readonly nodes: number
}

/** Runs one seed. Throws an Error that names the seed, the steps and how to run it again, where an invariant fails. */
export async function runDataSeed(seed: number, options: DataOptions = {}): Promise<DataResult> {
  const world = new World(seed, options)
  const trace = createHash('sha256')
  world.network.onFrame = (from, to, frame) => trace.update(`${world.time.now} ${from}>${to} ${frame.type};`)
  try {
    await world.start()
    const operations = options.operations ?? between(world.random, 30, 90)
    for (let i = 0; i < operations; i++) await world.step()
    const rounds = await checkEnd(world)
    for (const step of world.steps) trace.update(step)
    for (const node of world.nodes)
      for (const room of roomsOf(world))
        for (const cls of [0, 1] as const) trace.update(hex(node.replica.vectors.digest(room, cls)))
    return { trace: trace.digest('hex'), rounds, events: world.promised.size, nodes: world.nodes.length }
  } catch (cause) {
    const operationsGiven = options.operations === undefined ? '' : ` --operations ${options.operations}`
    const what = cause instanceof Violation ? cause.message : String((cause as Error).stack)
    throw new Error(
      `data seed ${seed}: ${what}\nsteps:\n  ${world.steps.join('\n  ')}\nagain: npm run sim -- --model data --seeds 1 --from ${seed}${operationsGiven}`,
      { cause },
    )
  }
}
