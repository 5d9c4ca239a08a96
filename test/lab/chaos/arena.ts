/**
 * Hosts, clients that write all the time, and what is checked of them.
 *
 * Three kinds of rooms: `general`, which everybody has; `den`, a private room of all; and a talk of each client with the next
 * one. Each text names its author, its number and its room, so it is unique in a run.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { nodeCrypto } from '../../../src/node/crypto.ts'
import { codeKeyOf } from '../../../src/node/io/code-file.ts'
import { fromHex } from '../../../src/wire/bytes.ts'
import { instanceName, nameHint, networkId, personKey } from '../../../src/wire/ids.ts'
import { RETENTION_DAYS } from '../../../src/wire/limits.ts'
import { check } from '../../checker/check.ts'
import type { Anomaly, Checkpoint, History, Read, Run, Shown } from '../../checker/history.ts'
import { createLab, type Host, type Lab } from '../network.ts'
import { Client, type People, talkOf } from './client.ts'
import { Clock } from './clock.ts'
import { Disk, type DiskKind } from './disk.ts'

export const SWITCH = 'lan'
const DEN = 'den'
/** Messages of one answer: the most that /history gives. */
const PAGE = 1000
/** Own texts with one page word in them: two clients write in a talk, and a search gives no more than a page. */
const TALK_PAGE = 400

export interface ArenaOptions {
  /** One to four letters, as for createLab. */
  readonly prefix: string
  readonly nodes?: number
  /** The network's secret; default none, an open network. */
  readonly code?: string
  /** What each client's disk is; default a directory. */
  readonly diskOf?: (index: number) => DiskKind
  /** Whether clocks can be set. */
  readonly clocks?: boolean
  readonly log?: (line: string) => void
}

const NAMES = ['ann', 'bob', 'cid', 'dan', 'eve', 'fay', 'gus', 'hal', 'ida', 'jon', 'kim', 'lou']

export class Arena {
  readonly clients: Client[] = []
  readonly checkpoints: Checkpoint[] = []
  readonly #departed: History[] = []
  readonly network = 'lan'
  readonly code: string | undefined
  /** What follows `lanchat` to enter this network. */
  args: readonly string[] = []
  /** Network id and hint of its name, as mDNS tells them. */
  net8 = ''
  nn = ''
  readonly log: (line: string) => void
  readonly #ids = new Map<string, string>()
  readonly #written = new Map<string, number>()
  #writing: ReturnType<typeof setInterval> | undefined
  #turn = 0
  #strangers = 0

  private constructor(
    readonly lab: Lab,
    options: ArenaOptions,
  ) {
    this.code = options.code
    this.log = options.log ?? (() => {})
  }

  /** Makes hosts and clients and starts them, the first as hub; all are members of all rooms then. */
  static async open(options: ArenaOptions): Promise<Arena> {
    const arena = new Arena(createLab(options.prefix), options)
    try {
      await arena.#open(options)
      return arena
    } catch (error) {
      await arena.close()
      throw error
    }
  }

  async #open({ nodes = 4, code, diskOf = () => 'directory', clocks = false }: ArenaOptions): Promise<void> {
    const people: People = {
      nameOf: (id) => this.#ids.get(id) ?? id.slice(0, 8),
      met: (id, client) => this.#ids.set(id, client),
    }
    await this.#enter(code)
    const args = ['--log-level', 'info', ...this.args]
    for (const [index, name] of NAMES.slice(0, nodes).entries()) {
      const host = this.lab.host(name, { bridges: [SWITCH] })
      const disk = await Disk.of(this.lab, host, diskOf(index))
      const clock = clocks ? new Clock(this.lab.directory(`${name}-clock`)) : undefined
      const client = new Client({ lab: this.lab, host, disk, clock, args, people })
      this.clients.push(client)
      client.start()
      if (index === 0) await client.ready()
    }
    await Promise.all(this.clients.map((client) => client.ready()))
    await this.#makeDen()
  }

  async #enter(code: string | undefined): Promise<void> {
    if (code !== undefined) this.args = ['--code-file', this.#codeFile(code)]
    const codeKey = await codeKeyOf(this.lab.directory('codes'), this.network, code)
    const hasCode = code !== undefined
    const spec = { name: this.network, codeKey, hasCode, retentionDays: RETENTION_DAYS }
    this.net8 = networkId(nodeCrypto, spec)
    this.nn = nameHint(nodeCrypto, this.network)
  }

  /** Names of all clients in mDNS. */
  get instances(): string[] {
    return [...this.#ids.keys()].map((id) => instanceName(nodeCrypto, personKey(fromHex(id))))
  }

  #codeFile(code: string): string {
    const file = this.lab.directory('code')
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, `${code}\n`, { mode: 0o600 })
    return file
  }

  async #makeDen(): Promise<void> {
    const [first, ...others] = this.clients
    const made = await first!.ask(`/create ${DEN} --private`)
    if (made?.type !== 'system') throw new Error(`no ${DEN}: ${JSON.stringify(made)}`)
    for (const { name } of others) {
      const invited = await this.#insist(first!, `/invite ${name} ${DEN}`)
      if (!invited) throw new Error(`${name} cannot be invited: ${first!.told()}`)
    }
    for (const client of others)
      if (!(await this.#insist(client, `/join ${DEN}`)))
        throw new Error(`${client.name} cannot join: ${client.told()}`)
    for (const client of this.clients) await this.#knowsAllOfDen(client)
  }

  /** Whoever writes earlier seals for those it knows of. */
  async #knowsAllOfDen(client: Client): Promise<void> {
    const by = performance.now() + 60_000
    while (performance.now() < by) {
      const answer = await client.ask(`/who ${DEN}`)
      if (answer?.type === 'result' && (answer.data as object[]).length === this.clients.length) return
      await client.next(200)
    }
    throw new Error(`${client.name} does not know who is in ${DEN}: ${client.told()}`)
  }

  /** Until it is not refused: what it needs may still be on its way. */
  async #insist(client: Client, command: string): Promise<boolean> {
    const by = performance.now() + 60_000
    while (performance.now() < by) {
      const answer = await client.ask(command)
      if (answer === undefined) return false
      if (answer.type !== 'error') return true
      await client.next(200)
    }
    return false
  }

  // --- writing ------------------------------------------------------------------------------------------------------

  /** Each client that is ready writes so many texts a second, in its rooms in turn. */
  startWriting(perSecond = 2): void {
    this.stopWriting()
    const write = () => {
      this.#turn += 1
      for (const client of this.clients) if (client.isReady) this.#write(client)
    }
    write()
    this.#writing = setInterval(write, 1000 / perSecond)
  }

  stopWriting(): void {
    clearInterval(this.#writing)
    this.#writing = undefined
  }

  /** One text more of this client, with that much behind it. */
  write(client: Client, padding = ''): void {
    this.#write(client, padding)
  }

  #write(client: Client, padding = ''): void {
    const count = (this.#written.get(client.name) ?? 0) + 1
    this.#written.set(client.name, count)
    const kind = count % 3
    const other = this.#talksWith(client)
    const room = kind === 0 ? 'general' : kind === 1 ? DEN : talkOf(client.name, other)
    const text = `${client.name} ${count} ${room} ${pageWord(count)}${padding}`
    client.write(text, kind === 2 ? { to: other } : { room })
  }

  #talksWith(client: Client): string {
    return this.clients[(this.clients.indexOf(client) + 1) % this.clients.length]!.name
  }

  // --- reading ------------------------------------------------------------------------------------------------------

  /** What a client reads in all its rooms. */
  async #reads(client: Client): Promise<Read[]> {
    const reads: Read[] = []
    for (const room of ['general', DEN])
      reads.push({ client: client.name, room, messages: await this.#history(client, room) })
    for (const other of this.clients) {
      const isTalk = this.#talksWith(other) === client.name || this.#talksWith(client) === other.name
      if (!isTalk || other === client) continue
      const room = talkOf(client.name, other.name)
      reads.push({ client: client.name, room, messages: await this.#talk(client, room, other) })
    }
    return reads
  }

  async #history(client: Client, room: string): Promise<Shown[]> {
    const messages: Shown[] = []
    for (let before = ''; ; ) {
      const page = await client.read(`/history ${PAGE} ${room}${before}`)
      messages.unshift(...page)
      if (page.length < PAGE) return messages
      before = ` --before ${page[0]!.order}`
    }
  }

  /** A talk has no name that /history takes: it is found by what its texts hold. */
  async #talk(client: Client, room: string, other: Client): Promise<Shown[]> {
    const messages: Shown[] = []
    const most = Math.max(...[client, other].map(({ name }) => this.#written.get(name) ?? 0))
    for (let count = 0; count <= most; count += TALK_PAGE) {
      const page = await client.read(`/search --limit ${PAGE} ${room} ${pageWord(count)}`)
      messages.push(...page.reverse())
    }
    return messages.sort((a, b) => (a.order < b.order ? -1 : 1))
  }

  async #look(): Promise<Checkpoint> {
    const reads = await Promise.all(this.clients.map((client) => this.#reads(client)))
    const hubs = new Map(this.clients.map(({ name, hub }) => [name, hub && (this.#ids.get(hub) ?? hub)]))
    return { atMs: Math.round(performance.now()), reads: reads.flat(), hubs }
  }

  /**
   * Waits until the checker finds nothing that time may mend, and keeps what is read then; the last look where time is over.
   * Nobody writes. Returns the ms it took.
   */
  async rest(timeoutMs = 60_000): Promise<number> {
    const began = performance.now()
    const known = new Set(this.anomalies().map(({ about }) => about))
    for (;;) {
      const left = began + timeoutMs - performance.now()
      const stillAway = this.clients.find(({ isReady }) => !isReady)
      if (!stillAway) {
        const checkpoint = await this.#look()
        const found = check({ histories: this.#histories, checkpoints: [checkpoint] })
        const isQuiet = !found.some(({ kind, about }) => MENDS.has(kind) && !known.has(about))
        if (isQuiet || left <= 0) {
          for (const { kind, about } of found.slice(0, 5)) this.log(`${kind}: ${about}`)
          this.checkpoints.push(checkpoint)
          return Math.round(performance.now() - began)
        }
      } else if (left <= 0)
        throw new Error(`${stillAway.name} is not ready after ${timeoutMs} ms: ${stillAway.told()}`)
      await Promise.race([...this.clients.map((client) => client.next(500))])
    }
  }

  get #histories(): Run['histories'] {
    return [...this.clients.map(({ name: client, entries }) => ({ client, entries })), ...this.#departed]
  }

  /** A machine of somebody else has held, and perhaps acknowledged, what is written here, and never comes back. */
  lostForGood(name: string): void {
    this.#departed.push({ client: name, entries: [{ what: 'lost', atMs: Math.round(performance.now()) }] })
  }

  get run(): Run {
    return { histories: this.#histories, checkpoints: this.checkpoints }
  }

  /** What the checker finds in the run so far, and what processes said that they must never say. */
  anomalies(): (Anomaly | { readonly kind: 'bug'; readonly atMs: number; readonly about: string })[] {
    const bugs = this.clients.flatMap((client) =>
      client.bugs.map((line) => ({ kind: 'bug' as const, atMs: 0, about: `${client.name}: ${line}` })),
    )
    return [...check(this.run), ...bugs]
  }

  // --- for nemeses ----------------------------------------------------------------------------------------------------

  /** The client that most follow; the first where nobody knows. */
  get hub(): Client {
    const counts = new Map<string, number>()
    for (const { hub } of this.clients) if (hub) counts.set(hub, (counts.get(hub) ?? 0) + 1)
    const [id] = [...counts].sort((a, b) => b[1] - a[1])[0] ?? []
    const name = id === undefined ? undefined : this.#ids.get(id)
    return this.clients.find((client) => client.name === name) ?? this.clients[0]!
  }

  /** A machine of somebody else on the same switch. */
  stranger(): Host {
    this.#strangers += 1
    return this.lab.host(`x${this.#strangers}`, { bridges: [SWITCH] })
  }

  async close(): Promise<void> {
    this.stopWriting()
    await this.lab.close()
  }
}

/** What may still be on its way. */
const MENDS: ReadonlySet<string> = new Set(['lost', 'unseen', 'diverged', 'divided'])

const pageWord = (count: number) => `#p${Math.floor(count / TALK_PAGE)}.`
