/** A real `lanchat --json` on a host of the lab: what is typed, what it says (contract 10.2 of the command line). */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Answer, HubInfo, MessageEvent, NodeEvent, ReadyEvent } from '../../src/node/events.ts'
import { fakeTimeLibrary } from './fake-time.ts'
import type { Host, Lab } from './network.ts'
import type { Exit, LabProcess } from './process.ts'
import { inPackage } from './root.ts'

export const MAIN = inPackage('dist/cli/main.js')

export interface LanchatOptions {
  /** The nick; default the host's name. */
  readonly name?: string
  readonly network?: string
  /** The network's secret, given by --code-file. */
  readonly code?: string
  /** Default: one per host and nick, so that starting again is a restart. */
  readonly dataDir?: string
  readonly args?: readonly string[]
  /** A file that says how far off its wall clock is, as "+1d"; read again each time. Its timers are right. */
  readonly clockFile?: string
  /** All clocks of the process, timers too, run so many times as fast. */
  readonly hurry?: number
}

interface Wait {
  /** Look only at events after so many; see Lanchat.mark(). */
  readonly from?: number
  readonly timeoutMs?: number
}

export function lanchat(lab: Lab, host: Host, options: LanchatOptions = {}): Lanchat {
  const name = options.name ?? host.name
  const dataDir = options.dataDir ?? lab.directory(`${host.name}-${name}`)
  const args = ['--json', '--name', name, '--data-dir', dataDir]
  if (options.network !== undefined) args.push('--network', options.network)
  if (options.code !== undefined) {
    const file = lab.directory(`${host.name}-${name}.code`)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, `${options.code}\n`, { mode: 0o600 })
    args.push('--code-file', file)
  }
  const home = lab.directory('home')
  const process = lab.spawn(host, ['node', MAIN, ...args, ...(options.args ?? [])], {
    env: {
      HOME: home,
      XDG_CONFIG_HOME: home,
      XDG_DATA_HOME: home,
      XDG_RUNTIME_DIR: home,
      ...(options.hurry === undefined ? {} : hurried(options.hurry)),
      ...(options.clockFile === undefined ? {} : misdated(options.clockFile)),
    },
  })
  return new Lanchat(host, process, dataDir)
}

function hurried(times: number): Record<string, string> {
  return { LD_PRELOAD: fakeTimeLibrary(), FAKETIME: `+0 x${times}` }
}

/** See LanchatOptions.clockFile. */
export function misdated(file: string): Record<string, string> {
  return {
    LD_PRELOAD: fakeTimeLibrary(),
    FAKETIME_TIMESTAMP_FILE: file,
    FAKETIME_NO_CACHE: '1',
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
  }
}

export class Lanchat {
  #refs = 0

  constructor(
    readonly host: Host,
    readonly process: LabProcess,
    readonly dataDir: string,
  ) {}

  /** Every event so far. Throws where a line of stdout is no object: nothing else may ever be printed there. */
  get events(): NodeEvent[] {
    return this.process.lines.map(parse)
  }

  /** A point in time: waits with { from: mark } look only at what comes afterwards. */
  mark(): number {
    return this.process.lines.length
  }

  /** The first event for which this holds, printed already or still to come. */
  async event<E extends NodeEvent>(predicate: (event: NodeEvent) => event is E, wait?: Wait): Promise<E>
  async event(predicate: (event: NodeEvent) => boolean, wait?: Wait): Promise<NodeEvent>
  async event(predicate: (event: NodeEvent) => boolean, wait: Wait = {}): Promise<NodeEvent> {
    const index = await this.process.find((line) => predicate(parse(line)), wait)
    return parse(this.process.lines[index] ?? '')
  }

  ready(wait?: Wait): Promise<ReadyEvent> {
    return this.event((event) => event.type === 'ready', wait)
  }

  /** This person's key, once ready. */
  get id(): string {
    const ready = this.events.find((event) => event.type === 'ready')
    if (ready === undefined) throw new Error(`${this.host.name} is not ready`)
    return ready.self.id
  }

  /** The hub as this node told it last. */
  get hub(): HubInfo | undefined {
    for (const event of this.events.reverse()) {
      if (event.type === 'offline') return undefined
      if (event.type === 'ready' || event.type === 'hub') return event.hub
    }
    return undefined
  }

  /** Resolves once this node follows a hub for which this holds (itself counts), now or later. */
  async follows(predicate: (hub: HubInfo) => boolean, wait: Wait = {}): Promise<void> {
    const hub = this.hub
    if (hub !== undefined && predicate(hub)) return
    const isIt = (event: NodeEvent) =>
      (event.type === 'ready' || event.type === 'hub') && predicate(event.hub)
    await this.event(isIt, { from: this.mark(), ...wait })
  }

  /** Types a line as a person would. */
  type(line: string): void {
    this.process.send(line)
  }

  /** Posts to the current room or to a named one; resolves with its id once it is on the own disk. */
  async say(text: string, room?: string): Promise<string> {
    const answer = await this.#ask(room === undefined ? { text } : { text, room })
    if (answer.type !== 'sent') throw new Error(`"${text}" was not sent: ${JSON.stringify(answer)}`)
    return answer.id
  }

  /** Types a command with its slash; resolves with its one answer. */
  command(command: string): Promise<Answer> {
    return this.#ask({ command })
  }

  /** Data of a command that asks something. */
  async ask(command: string): Promise<unknown> {
    const answer = await this.command(command)
    if (answer.type !== 'result') throw new Error(`${command}: ${JSON.stringify(answer)}`)
    return answer.data
  }

  /** The first message with this text, or for which this holds. */
  message(which: string | ((message: MessageEvent) => boolean), wait?: Wait): Promise<MessageEvent> {
    const isIt = typeof which === 'string' ? (message: MessageEvent) => message.text === which : which
    return this.event((event): event is MessageEvent => event.type === 'message' && isIt(event), wait)
  }

  /** Texts of all messages printed so far, in order of arrival. */
  get texts(): string[] {
    return this.events.flatMap((event) => (event.type === 'message' ? [event.text] : []))
  }

  /** Resolves once the event with this id is stored on another device. */
  async stored(id: string, wait?: Wait): Promise<void> {
    await this.event((event) => event.type === 'ack' && event.id === id && event.state === 'stored', wait)
  }

  /** Texts of the current room in display order. */
  async history(): Promise<string[]> {
    const data = (await this.ask('/history 1000')) as MessageEvent[]
    return data.map((message) => message.text)
  }

  stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<Exit> {
    return this.process.kill(signal)
  }

  async #ask(request: { text: string; room?: string } | { command: string }): Promise<Answer> {
    this.#refs += 1
    const ref = `lab-${this.#refs}`
    this.process.send(JSON.stringify({ ...request, ref }))
    const isAnswer = (event: NodeEvent): event is Answer => 'ref' in event && event.ref === ref
    return this.event(isAnswer)
  }
}

function parse(line: string): NodeEvent {
  const event: unknown = JSON.parse(line)
  if (typeof event !== 'object' || event === null || !('type' in event))
    throw new Error(`not an event: ${line}`)
  return event as NodeEvent
}
