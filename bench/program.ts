/** A real `lanchat --json` on a host of the lab; each line is stamped when it arrives here, by the one clock of the bench. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'
import type { NodeEvent } from '../src/node/events.ts'
import type { Holdings } from '../src/node/holdings.ts'
import type { NodeReport } from '../src/node/report.ts'
import type { Host, Lab } from '../test/lab/network.ts'

/** The bench runs compiled in .bench/bench: the project is two folders up. */
export const PROJECT = fileURLToPath(new URL('../../', import.meta.url))
const MAIN = `${PROJECT}dist/cli/main.js`
const WAIT_MS_MAX = 30_000
/** Where each process that ends by itself leaves its CPU profile; unset: none is made. */
const PROFILES = process.env.BENCH_CPU_PROF

export interface Stamped {
  readonly event: NodeEvent
  /** performance.now() here when its line arrived. */
  readonly at: number
}

export interface ProgramOptions {
  readonly name: string
  readonly dataDir: string
  readonly args?: readonly string[]
}

export class Program {
  readonly startedAt = performance.now()
  readonly host: Host
  readonly name: string
  readonly dataDir: string
  readonly events: Stamped[] = []
  /** Lines of stderr. */
  readonly log: string[] = []
  readonly #child: ChildProcess
  readonly #waiting = new Set<(stamped: Stamped) => void>()
  #hubId: string | undefined
  #id: string | undefined
  #asked = 0

  constructor(lab: Lab, host: Host, options: ProgramOptions) {
    this.host = host
    this.name = options.name
    this.dataDir = options.dataDir
    const home = lab.directory('home')
    const args = ['--json', '--name', options.name, '--data-dir', options.dataDir, ...(options.args ?? [])]
    const node = [process.execPath, ...(PROFILES ? ['--cpu-prof', `--cpu-prof-dir=${PROFILES}`] : [])]
    this.#child = spawn('ip', ['netns', 'exec', host.namespace, ...node, MAIN, ...args], {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, HOME: home, XDG_CONFIG_HOME: home, XDG_DATA_HOME: home, XDG_RUNTIME_DIR: home },
    })
    this.#child.stdin!.on('error', () => {})
    onLines(this.#child, 'stdout', (line, at) => this.#hear({ event: JSON.parse(line) as NodeEvent, at }))
    onLines(this.#child, 'stderr', (line) => this.log.push(line))
  }

  /** ip replaces itself by node: this is the id of the lanchat process. */
  get pid(): number {
    return this.#child.pid!
  }

  /** CPU time of all its threads so far, ms. Unlike the time that passes it says the same on a busy machine. */
  cpuMs(): number {
    return cpuMsOf(this.pid)
  }

  /** The first event for which this holds, arrived already (from the given index on) or still to come. */
  when(holds: (event: NodeEvent) => boolean, from = 0): Promise<Stamped> {
    const past = this.events.slice(from).find(({ event }) => holds(event))
    if (past) return Promise.resolve(past)
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => {
        this.#waiting.delete(hear)
        const told = this.events.slice(-10).map(({ event }) => JSON.stringify(event))
        reject(
          new Error(
            `${this.name}: nothing in ${WAIT_MS_MAX} ms\n${[...told, ...this.log.slice(-10)].join('\n')}`,
          ),
        )
      }, WAIT_MS_MAX)
      const hear = (stamped: Stamped) => {
        if (!holds(stamped.event)) return
        this.#waiting.delete(hear)
        clearTimeout(late)
        resolve(stamped)
      }
      this.#waiting.add(hear)
    })
  }

  ready(): Promise<Stamped> {
    return this.when(({ type }) => type === 'ready')
  }

  /** The first event from now on for which this holds; forget: nobody waits for it any more. */
  soon(holds: (event: NodeEvent) => boolean): { heard: Promise<Stamped>; forget: () => void } {
    let forget = () => {}
    const heard = new Promise<Stamped>((resolve) => {
      const hear = (stamped: Stamped) => {
        if (!holds(stamped.event)) return
        forget()
        resolve(stamped)
      }
      forget = () => this.#waiting.delete(hear)
      this.#waiting.add(hear)
    })
    return { heard, forget }
  }

  /** Id of the hub as told last; undefined while there is none. */
  get hubId(): string | undefined {
    return this.#hubId
  }

  get id(): string {
    if (this.#id === undefined) throw new Error(`${this.name} is not ready`)
    return this.#id
  }

  /** The data that a command answers with. */
  async ask(command: string): Promise<unknown> {
    return (await this.answer(command)).data
  }

  /** ... with all else that stands in the answer; data undefined for an answer that is no result. */
  async answer(command: string): Promise<{ readonly data?: unknown; readonly unsearched?: number }> {
    const ref = `asked${this.#asked++}`
    const { heard } = this.soon(
      (event) =>
        (event.type === 'result' || event.type === 'system' || event.type === 'error') && event.ref === ref,
    )
    this.#child.stdin!.write(`${JSON.stringify({ command, ref })}\n`)
    const { event } = await heard
    return event.type === 'result' ? event : {}
  }

  /** What it holds now: nodes with equal digests hold the same. */
  async holds(): Promise<Holdings> {
    return ((await this.ask('/doctor')) as NodeReport).holds
  }

  /** Posts a text to general. Returns when it was typed. */
  say(text: string, ref: string): number {
    const at = performance.now()
    this.#child.stdin!.write(`${JSON.stringify({ text, ref })}\n`)
    return at
  }

  /** Arrival of `ack stored` of the text that was given this ref. */
  async stored(ref: string, from = 0): Promise<number> {
    const sent = await this.when((event) => event.type === 'sent' && event.ref === ref, from)
    const id = sent.event.type === 'sent' ? sent.event.id : ''
    const isIt = (event: NodeEvent) => event.type === 'ack' && event.id === id && event.state === 'stored'
    return (await this.when(isIt, from)).at
  }

  /** Arrival of the line with this text. */
  async shown(text: string, from = 0): Promise<number> {
    return (await this.when((event) => event.type === 'message' && event.text === text, from)).at
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /** Sends a signal and waits for the end. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const exited = once(this.#child, 'exit')
    this.#child.kill(signal)
    await exited
  }

  #hear(stamped: Stamped): void {
    const { event } = stamped
    if (event.type === 'ready') this.#id = event.self.id
    if (event.type === 'ready' || event.type === 'hub') this.#hubId = event.hub.id
    else if (event.type === 'offline') this.#hubId = undefined
    this.events.push(stamped)
    for (const hear of [...this.#waiting]) hear(stamped)
  }
}

/** CPU time of a process: proc(5), schedstat, ns in the first field; threads that have ended are not in it. */
export function cpuMsOf(pid: number): number {
  const ns = readdirSync(`/proc/${pid}/task`).map((thread) =>
    Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]),
  )
  return ns.reduce((sum, each) => sum + each, 0) / 1e6
}

/** Memory of a process that is in RAM now, MiB; what it shares with others counts in full. proc(5), status. */
export function rssMiBOf(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024
}

/** Ends a process at once and waits for its end; twice is safe. */
export async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const over = once(child, 'exit')
  child.kill('SIGKILL')
  await over
}

/** Calls back with each whole line and the moment it arrived. */
export function onLines(
  child: ChildProcess,
  stream: 'stdout' | 'stderr',
  onLine: (line: string, at: number) => void,
): void {
  let partial = ''
  child[stream]!.setEncoding('utf8').on('data', (text: string) => {
    const at = performance.now()
    const parts = (partial + text).split('\n')
    partial = parts.pop() ?? ''
    for (const line of parts) onLine(line, at)
  })
}
