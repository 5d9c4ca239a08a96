/** The long mixed run behind `npm run chaos`. */
import { figuresOf } from '../../checker/figures.ts'
import { seeded } from '../../seeded.ts'
import { Arena } from './arena.ts'
import { keep } from './keep.ts'
import { type Nemesis, type Plan, pick } from './nemesis.ts'
import { lasting } from './round.ts'

export interface ChaosOptions {
  readonly minutes: number
  readonly seed: number
  readonly nodes: number
  readonly restS: number
  readonly nemeses: readonly Nemesis[]
  /** What is done, as it is done. */
  readonly log: (line: string) => void
  /** What came out. */
  readonly print: (line: string) => void
}

const ROUND_MS = 45_000
const AT_ONCE = 3
/** Between one nemesis and the next. */
const PAUSE_MS = 4000

/** Returns the number of anomalies. */
export async function chaos({
  minutes,
  seed,
  nodes,
  restS,
  nemeses,
  log,
  print,
}: ChaosOptions): Promise<number> {
  log(`seed ${seed}, ${nodes} nodes, ${minutes} minutes`)
  const random = seeded(seed)
  const counts = new Map<string, number>()
  let slowestRestMs = 0
  const arena = await Arena.open({
    prefix: 'cha',
    nodes,
    code: 'chaos corner candle copper',
    clocks: true,
    diskOf: (index) => (index === 0 ? 'tmpfs' : index <= 2 ? 'image' : 'directory'),
    log,
  })
  try {
    const endMs = performance.now() + minutes * 60_000
    let anomalies = arena.anomalies()
    while (performance.now() < endMs && anomalies.length === 0) {
      arena.startWriting()
      await mixed(arena, nemeses, random, Math.min(ROUND_MS, endMs - performance.now()), log, counts)
      arena.stopWriting()
      const tookMs = await arena.rest(restS * 1000)
      slowestRestMs = Math.max(slowestRestMs, tookMs)
      anomalies = arena.anomalies()
      log(`quiet after ${tookMs} ms; ${anomalies.length} anomalies`)
    }
    for (const [name, value] of Object.entries(figuresOf(arena.run))) print(`${name}: ${value}`)
    print(`hubChanges: ${arena.clients.reduce((sum, { hubChanges }) => sum + hubChanges, 0)}`)
    print(`slowestRestMs: ${slowestRestMs}`)
    for (const [name, count] of [...counts].sort()) print(`nemesis ${name}: ${count}`)
    print(`anomalies: ${anomalies.length}`)
    for (const { kind, atMs, about } of anomalies.slice(0, 50)) print(`  ${kind} at ${atMs}: ${about}`)
    if (anomalies.length > 0) print(`histories: ${keep(arena, String(seed))}`)
    return anomalies.length
  } finally {
    await arena.close()
  }
}

/** Up to AT_ONCE at a time, each as long as it likes; all are over at the end. */
async function mixed(
  arena: Arena,
  nemeses: readonly Nemesis[],
  random: () => number,
  ms: number,
  log: (line: string) => void,
  counts: Map<string, number>,
): Promise<void> {
  const endMs = performance.now() + ms
  const held = new Set<string>()
  const running = new Set<Promise<void>>()
  while (performance.now() < endMs) {
    const nemesis = pick(nemeses, random)
    const [shortest, longest] = nemesis.lastsMs
    const lastsMs = Math.round(shortest + random() * (longest - shortest))
    const plan = nemesis.plan(arena, random)
    const pauseMs = random() * PAUSE_MS
    if (!plan || running.size >= AT_ONCE || plan.holds.some((hold) => held.has(hold))) {
      await lasting(200)
      continue
    }
    counts.set(nemesis.name, (counts.get(nemesis.name) ?? 0) + 1)
    for (const hold of plan.holds) held.add(hold)
    const one = carriedOut(plan, lastsMs, log).finally(() => {
      for (const hold of plan.holds) held.delete(hold)
      running.delete(one)
    })
    running.add(one)
    await Promise.race([lasting(pauseMs), one])
  }
  await Promise.all(running)
}

async function carriedOut(plan: Plan, lastsMs: number, log: (line: string) => void): Promise<void> {
  log(`> ${plan.about}, ${lastsMs} ms`)
  try {
    await plan.start()
    await lasting(lastsMs)
  } catch (error) {
    // Beside others it may have nothing to act on: a hub that cannot be reached, a process that is just being killed.
    log(`! ${plan.about}: ${error instanceof Error ? error.message.split('\n')[0] : error}`)
  } finally {
    await plan.stop()
    log(`< ${plan.about}`)
  }
}
