/** A world for the command line in memory: streams, environment, signals and a fake node. */
import { type Duplex, PassThrough } from 'node:stream'
import type { SignalName } from '../../src/cli/exit.ts'
import { inputLines } from '../../src/cli/input-lines.ts'
import { run } from '../../src/cli/run.ts'
import type { World } from '../../src/cli/world.ts'
import { CHECK_NAMES, type Check } from '../../src/node/checks.ts'
import type { NodeOptions, StoreReport } from '../../src/node/index.ts'
import * as nodeModule from '../../src/node/index.ts'
import { FakeNode } from './fake-node.ts'

/** One printed object. */
export type Printed = { readonly type: string } & Readonly<Record<string, unknown>>

export interface FakeWorldOptions {
  readonly node?: FakeNode
  readonly env?: Record<string, string>
  /** What createNode rejects with. */
  readonly refuses?: unknown
  /** The control socket of a lanchat that is running. */
  readonly control?: Duplex
  readonly configFile?: string
  /** What is stored, for doctor --store. */
  readonly stored?: StoreReport
  /** What the checks of doctor find. */
  readonly checks?: readonly Check[]
}

export class FakeWorld {
  readonly stdin = new PassThrough()
  readonly stdout = new PassThrough()
  readonly stderr = new PassThrough()
  readonly node: FakeNode
  /** What the node was made with. */
  options: NodeOptions | undefined
  exitedNow: number | undefined
  /** Resolves when signals are listened for. */
  readonly #listening: Promise<void>
  #listen!: () => void
  #signal: ((name: SignalName) => void) | undefined
  readonly #stdout: AsyncIterator<unknown>
  readonly world: World

  constructor(options: FakeWorldOptions = {}) {
    this.node = options.node ?? new FakeNode()
    this.#listening = new Promise((resolve) => {
      this.#listen = resolve
    })
    this.#stdout = inputLines(this.stdout, 1 << 24)
    this.world = {
      stdin: this.stdin,
      stdout: this.stdout,
      stderr: this.stderr,
      env: options.env ?? {},
      version: '1.2.3',
      configFile: async () => options.configFile ?? '/nonexistent/config.json',
      load: async () => ({
        ...nodeModule,
        createNode: async (given) => {
          this.options = given
          if (options.refuses) throw options.refuses
          return this.node
        },
        checkStore: async (asked) => {
          await asked.running
          if (!options.stored) throw new Error('no store was given')
          return options.stored
        },
        connectControl: async () => options.control,
        CHECK_NAMES,
        async *runChecks(asked) {
          await asked.running
          yield* (options.checks ?? []).filter(({ name }) => asked.only?.includes(name) ?? true)
        },
      }),
      onSignal: (listener) => {
        this.#signal = listener
        this.#listen()
        return () => {
          this.#signal = undefined
        }
      },
      exitNow: (code) => {
        this.exitedNow = code
      },
    }
  }

  /** Runs the command line; resolves with its exit code. */
  run(...argv: string[]): Promise<number> {
    return run(argv, this.world)
  }

  type(...lines: (string | object)[]): void {
    for (const line of lines) this.stdin.write(`${typeof line === 'string' ? line : JSON.stringify(line)}\n`)
  }

  /** Sends a signal, once somebody listens for it. After the end nobody does. */
  async signal(name: SignalName): Promise<void> {
    await this.#listening
    this.#signal?.(name)
  }

  /** The next line on stdout. */
  async line(): Promise<string> {
    const { value } = (await this.#stdout.next()) as { value: { text: string } }
    return value.text
  }

  async printed(): Promise<Printed> {
    return JSON.parse(await this.line()) as Printed
  }

  /** The next object of one of these types, over others. */
  async next(...types: string[]): Promise<Printed> {
    for (;;) {
      const printed = await this.printed()
      if (types.includes(printed.type)) return printed
    }
  }

  /** The next answer to a request. */
  answer(): Promise<Printed> {
    return this.next('sent', 'result', 'system', 'error')
  }

  /** Everything on stdout that is left; for after the end. */
  rest(): string {
    return all(this.stdout)
  }

  errors(): string {
    return all(this.stderr)
  }
}

/** Node 26 gives each chunk by itself where no length is asked for. */
const all = (stream: PassThrough): string => String(stream.read(stream.readableLength) ?? '')
