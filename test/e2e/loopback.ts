/** Real lanchat processes on this machine, which meet over loopback only. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { NodeEvent } from '../../src/node/events.ts'
import { LabProcess } from '../lab/process.ts'

export const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))

type Typed<T extends NodeEvent['type']> = Extract<NodeEvent, { type: T }>

/** A directory for the data of some nodes, on a network of their own. close() ends what still runs. */
export class Loopback {
  readonly home = mkdtempSync(join(tmpdir(), 'lanchat-e2e-'))
  readonly network = `e2e-${process.pid}-${this.home.slice(-6).toLowerCase()}`
  readonly #running = new Set<LabProcess>()
  /** Words before `node`, for processes that are to run with less than this one may do. */
  prefix: readonly string[] = []
  /** Options of Node itself. */
  nodeOptions: readonly string[] = []

  readonly env = {
    HOME: this.home,
    XDG_CONFIG_HOME: this.home,
    XDG_DATA_HOME: this.home,
    XDG_RUNTIME_DIR: this.home,
  }

  /** The words after `node`, for one person: a data dir of their own. */
  argv(name: string, ...args: string[]): string[] {
    const own = ['--data-dir', join(this.home, name), '--network', this.network]
    return [
      MAIN,
      ...args,
      ...own,
      '--interface',
      '127.0.0.1',
      '--no-discovery',
      '--port',
      '0',
      '--name',
      name,
    ]
  }

  /** Starts a command as that person. */
  start(name: string, ...args: string[]): LabProcess {
    const started = new LabProcess(
      [...this.prefix, process.execPath, ...this.nodeOptions, ...this.argv(name, ...args)],
      { env: this.env },
      `${name} ${args}`,
    )
    this.#running.add(started)
    void started.exited.then(() => this.#running.delete(started))
    return started
  }

  /** Runs a command to its end. */
  async run(name: string, ...args: string[]): Promise<{ code: number | null; out: string[]; err: string }> {
    const started = this.start(name, ...args)
    started.end()
    const { code } = await started.exited
    return { code, out: started.lines, err: started.stderr }
  }

  chat(name: string, ...args: string[]): Chat {
    return new Chat(this.start(name, '--json', ...args))
  }

  async close(): Promise<void> {
    await Promise.all([...this.#running].map((running) => running.kill()))
    rmSync(this.home, { recursive: true, force: true })
  }
}

/** A `lanchat --json`: every line of its stdout is an object, or reading it throws. */
export class Chat {
  #refs = 0

  constructor(readonly process: LabProcess) {}

  get events(): NodeEvent[] {
    return this.process.lines.map((line) => JSON.parse(line) as NodeEvent)
  }

  /** The first event of a type for which this holds, printed already or still to come. */
  async event<T extends NodeEvent['type']>(
    type: T,
    holds: (event: Typed<T>) => boolean = () => true,
    from = 0,
  ): Promise<Typed<T>> {
    const isIt = (event: NodeEvent): event is Typed<T> => event.type === type && holds(event as Typed<T>)
    const index = await this.process.find((line) => isIt(JSON.parse(line) as NodeEvent), { from })
    return this.events[index] as Typed<T>
  }

  type(...lines: (string | object)[]): void {
    for (const line of lines) this.process.send(typeof line === 'string' ? line : JSON.stringify(line))
  }

  /** The one answer to a request. */
  async ask(request: object): Promise<NodeEvent> {
    this.#refs += 1
    const ref = this.#refs
    this.type({ ...request, ref })
    const index = await this.process.find((line) => JSON.parse(line).ref === ref)
    return this.events[index]!
  }

  /** host:port for --peer. */
  async address(): Promise<string> {
    const { hub } = await this.event('ready')
    return new URL(hub.url).host
  }
}
