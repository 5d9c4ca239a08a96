/**
 * A hub with 1,000 members (or --nodes n) is killed: time until each of them is a member of line[0], from the kill. Hub, line[0]
 * and one more are real; the members are simulated, in two processes that follow the succession by the rules (load/crowd.ts).
 * One repetition is a network of its own.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { hrtime } from 'node:process'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { quantile, type Report } from '../figures.ts'
import type { CrowdPlan } from '../load/crowd.ts'
import { Nodes, oneHub, SETTLE_MS } from '../nodes.ts'
import { CODE, NETWORK } from '../peers/lanchat.ts'
import { PROJECT, type Program } from '../program.ts'
import type { WorkOptions } from '../run.ts'

const MEMBERS = 1000
const PROCESSES = 2
/** 16 that have not proved a key yet may come from one address. */
const JOINING_AT_ONCE = 6
const LIVE_MS_MAX = 2000

export async function hubLost({ reps = 5, nodes: members = MEMBERS }: WorkOptions): Promise<Report> {
  const runs: Run[] = []
  for (let rep = 0; rep < reps; rep++) runs.push(await run(members))
  return {
    work: 'W6',
    figures: [
      {
        name: `hub killed: all ${members} members live again`,
        unit: 'ms',
        samples: runs.map(({ liveMs }) => quantile(liveMs, 1)),
        targets: [{ of: 'p50', atMost: LIVE_MS_MAX }],
      },
      { name: '... half of them', unit: 'ms', samples: runs.map(({ liveMs }) => quantile(liveMs, 0.5)) },
      { name: '... CPU of the new hub meanwhile', unit: 'ms', samples: runs.map(({ cpuMs }) => cpuMs) },
    ],
    notes: [
      `Three nodes, ${PROCESSES} processes of simulated members and the bench share ${availableParallelism()} cores.`,
    ],
  }
}

interface Run {
  readonly liveMs: readonly number[]
  readonly cpuMs: number
}

async function run(members: number): Promise<Run> {
  const nodes = new Nodes('bnk')
  const crowds: Crowd[] = []
  try {
    const code = nodes.lab.directory('code')
    writeFileSync(code, `${CODE}\n`, { mode: 0o600 })
    const args = ['--network', NETWORK, '--code-file', code]
    const hub = await nodes.start('hub', [...args, '--prefer-hub'])
    const next = await nodes.start('next', args)
    const third = await nodes.start('third', [...args, '--never-hub'])
    await oneHub(nodes.all)
    await pause(SETTLE_MS)
    if (third.hubId !== hub.id) throw new Error('another hub than the one asked for')
    const each = Math.ceil(members / PROCESSES)
    const { namespace } = nodes.host('crowd')
    for (let k = 0; k < PROCESSES; k++)
      crowds.push(
        new Crowd(namespace, {
          hub: { host: hub.host.address, port: await portOf(hub) },
          next: { host: next.host.address, port: await portOf(next) },
          members: each,
          firstNumber: 1 + k * each,
          joiningAtOnce: JOINING_AT_ONCE,
        }),
      )
    await Promise.all(crowds.map((crowd) => crowd.line()))
    await pause(SETTLE_MS)
    const cpuBefore = next.cpuMs()
    const killedAt = now()
    await hub.stop('SIGKILL')
    const liveAt = (await Promise.all(crowds.map((crowd) => crowd.line()))).flatMap(
      (line) => JSON.parse(line) as number[],
    )
    return { liveMs: liveAt.map((at) => at - killedAt), cpuMs: next.cpuMs() - cpuBefore }
  } finally {
    for (const crowd of crowds) crowd.stop()
    await nodes.close()
  }
}

const now = () => Number(hrtime.bigint() / 1000n) / 1000

/** Where it accepts links, by what it says of itself. */
async function portOf(program: Program): Promise<number> {
  const data = (await program.ask('/doctor')) as { port: number }
  return data.port
}

class Crowd {
  readonly #child: ChildProcess
  readonly #lines: AsyncIterator<string>

  constructor(namespace: string, plan: CrowdPlan) {
    const script = `${PROJECT}.bench/bench/load/crowd.js`
    const words = ['netns', 'exec', namespace, process.execPath, script, JSON.stringify(plan)]
    this.#child = spawn('ip', words, { stdio: ['ignore', 'pipe', 'inherit'] })
    this.#lines = createInterface({ input: this.#child.stdout! })[Symbol.asyncIterator]()
  }

  async line(): Promise<string> {
    const { value, done } = await this.#lines.next()
    if (done) throw new Error('a crowd ended')
    return value
  }

  stop(): void {
    this.#child.kill('SIGKILL')
  }
}
