/** A client of a chaos run: one person on one host, whose `lanchat --json` is started again and again, and its history. */
import type { Answer, MessageEvent, NodeEvent } from '../../../src/node/events.ts'
import type { Entry, Shown } from '../../checker/history.ts'
import { MAIN } from '../lanchat.ts'
import type { Host, Lab } from '../network.ts'
import type { LabProcess } from '../process.ts'
import type { Clock } from './clock.ts'
import type { Disk } from './disk.ts'

/** What a client needs of the others: who has which key. */
export interface People {
  /** The client with this key; the key's first digits where there is none. */
  nameOf(id: string): string
  met(id: string, client: string): void
}

export interface ClientOptions {
  readonly lab: Lab
  readonly host: Host
  readonly disk: Disk
  readonly clock: Clock | undefined
  readonly args: readonly string[]
  readonly people: People
}

/** The default: each host has it for itself. */
const PORT = 27_470
/** Signs of a bug on stderr, whatever was done to the process. */
const BUG = /internal error|uncaught|unhandled|TypeError|RangeError|a listener threw|FATAL/i

export const talkOf = (a: string, b: string) => `@${[a, b].sort().join('+')}`

export class Client {
  readonly entries: Entry[] = []
  readonly bugs: string[] = []
  #logs = ''
  hubChanges = 0
  #process: LabProcess | undefined
  #isReady = false
  #hub: string | undefined
  #refs = 0
  /** Requests without an answer, by ref; `undefined`: the process ended. */
  #asked = new Map<string, (answer: Answer | undefined) => void>()
  /** Texts invoked and neither sent nor refused. */
  #open = new Set<string>()
  #wakers = new Set<() => void>()

  constructor(private readonly options: ClientOptions) {}

  get name(): string {
    return this.options.host.name
  }
  get host(): Host {
    return this.options.host
  }
  get disk(): Disk {
    return this.options.disk
  }
  get clock(): Clock | undefined {
    return this.options.clock
  }
  get isRunning(): boolean {
    return this.#process !== undefined
  }
  /** Its process runs and has told `ready`. */
  get isReady(): boolean {
    return this.#isReady
  }
  /** The client it follows, as it told last. */
  get hub(): string | undefined {
    return this.#hub
  }
  /** Where it accepts links. */
  get port(): number {
    return PORT
  }

  start(): void {
    if (this.#process) return
    const { lab, host, disk, clock, args } = this.options
    const home = lab.directory('home')
    const argv = ['node', MAIN, '--json', '--name', this.name, '--data-dir', disk.path, ...args]
    this.#note({ what: 'start' })
    const process = lab.spawn(host, [...disk.prefix, ...argv], {
      env: {
        HOME: home,
        XDG_CONFIG_HOME: home,
        XDG_DATA_HOME: home,
        XDG_RUNTIME_DIR: home,
        ...clock?.env,
      },
      onLine: (line) => this.#line(line),
    })
    this.#process = process
    void process.exited.then(() => this.#ended(process))
  }

  /** Resolves once the process has told `ready`. Rejects where it ends first. */
  async ready(timeoutMs = 60_000): Promise<void> {
    const process = this.#process
    if (!process) throw new Error(`${this.name} does not run`)
    await process.find((line) => line.startsWith('{"type":"ready"'), { timeoutMs })
  }

  signal(signal: NodeJS.Signals): void {
    this.#process?.signal(signal)
  }

  /** Ends the process and waits for its end. */
  async end(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const process = this.#process
    if (!process) return
    await process.kill(signal)
    // Its history is closed by the same promise.
    await Promise.resolve()
  }

  /** The store is gone for good, as far as anybody may count on it. No process runs. */
  lost(): void {
    this.#note({ what: 'lost' })
  }

  /** Sends a text, in the manner of a program: to a room, or to one person. */
  write(text: string, to: { room: string } | { to: string }): void {
    if (!this.#process) return
    const room = 'room' in to ? to.room : talkOf(this.name, to.to)
    this.#note({ what: 'invoke', text, room })
    this.#open.add(text)
    this.#process.send(JSON.stringify({ text, ...to, ref: text }))
  }

  /** The one answer to a command; undefined where the process ends first. */
  ask(command: string): Promise<Answer | undefined> {
    const process = this.#process
    if (!process) return Promise.resolve(undefined)
    this.#refs += 1
    const ref = `ask-${this.#refs}`
    return new Promise((resolve) => {
      this.#asked.set(ref, resolve)
      process.send(JSON.stringify({ command, ref }))
    })
  }

  /** What this client reads, in display order, for a command that answers with messages. */
  async read(command: string): Promise<Shown[]> {
    const answer = await this.ask(command)
    // A room whose events have not all come again reads as empty, which the checker then finds.
    if (answer?.type === 'error' && answer.code === 'ROOM_UNKNOWN') return []
    if (answer?.type !== 'result') throw new Error(`${this.name} ${command}: ${JSON.stringify(answer)}`)
    return (answer.data as MessageEvent[]).map((message) => this.#shown(message))
  }

  /** Resolves at the next line, or after ms at the latest. */
  next(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer)
        this.#wakers.delete(wake)
        resolve()
      }
      const timer = setTimeout(wake, ms)
      this.#wakers.add(wake)
    })
  }

  /** stderr of all its processes. */
  get log(): string {
    return this.#logs + (this.#process?.stderr ?? '')
  }

  told(): string {
    return this.#process?.told() ?? `${this.name} does not run`
  }

  #note(entry: Untimed<Entry>): void {
    this.entries.push({ ...entry, atMs: Math.round(performance.now()) } as Entry)
  }

  #line(line: string): void {
    const event = JSON.parse(line) as NodeEvent
    this.#event(event)
    for (const wake of [...this.#wakers]) wake()
  }

  #event(event: NodeEvent): void {
    const ref = 'ref' in event && typeof event.ref === 'string' ? event.ref : undefined
    const asked = ref === undefined ? undefined : this.#asked.get(ref)
    if (asked) {
      this.#asked.delete(ref!)
      asked(event as Answer)
      return
    }
    switch (event.type) {
      case 'ready':
        this.#isReady = true
        this.#note({ what: 'ready', wallMs: Date.now() })
        this.options.people.met(event.self.id, this.name)
        this.#hub = event.hub.id
        return
      case 'hub':
        this.hubChanges += 1
        this.#hub = event.hub.id
        return
      case 'offline':
        this.#hub = undefined
        return
      case 'sent':
        this.#open.delete(event.text)
        return this.#note({ what: 'sent', text: event.text, id: event.id })
      case 'ack': {
        const { id, state: level, copies, alone = false } = event
        return this.#note({ what: 'ok', id, level, copies, alone })
      }
      case 'message':
        return this.#note({ what: 'shown', message: this.#shown(event) })
      case 'error':
        if (event.code === 'STORE_FAILED' || event.code === 'DATA_DIR_UNWRITABLE')
          return this.#note({ what: 'memory', only: true })
        // Said by a process that is ending, of what it was just writing: it may be on its disk already.
        if (ref === undefined || event.code === 'OFFLINE' || !this.#open.delete(ref)) return
        return this.#note({ what: 'fail', text: ref, code: event.code })
      case 'system':
        if (event.text?.startsWith('The disk works again')) this.#note({ what: 'memory', only: false })
        return
      default:
    }
  }

  #shown({ id, text, room, from, to, order, ts }: MessageEvent): Shown {
    const { people } = this.options
    const author = people.nameOf(from.id)
    const where = room ?? talkOf(author, to ? people.nameOf(to.id) : this.name)
    return { id, text, room: where, from: author, order, ts }
  }

  #ended(process: LabProcess): void {
    this.#logs += process.stderr
    for (const line of process.stderr.split('\n'))
      if (BUG.test(line) && !this.bugs.includes(line)) this.bugs.push(line)
    for (const text of this.#open) this.#note({ what: 'info', text })
    this.#open.clear()
    for (const asked of this.#asked.values()) asked(undefined)
    this.#asked.clear()
    this.#note({ what: 'end' })
    this.#process = undefined
    this.#isReady = false
    this.#hub = undefined
    for (const wake of [...this.#wakers]) wake()
  }
}

/** Entries without their time, each kind by itself. */
type Untimed<E> = E extends unknown ? Omit<E, 'atMs'> : never
