/** Several lanchat processes, each on a host of its own in one lab, and what they have in common. */
import { createLab, type Host, type HostOptions, type Lab } from '../test/lab/network.ts'
import { Program } from './program.ts'

/** Members open their warm links to the line within 5 s of its being published. */
export const SETTLE_MS = 6000
const ASK_AGAIN_MS = 50

export class Nodes {
  readonly lab: Lab
  readonly #hosts = new Map<string, Host>()
  readonly #programs = new Map<string, Program>()

  /** prefix: of the names of its namespaces, one to four letters. */
  constructor(prefix: string) {
    this.lab = createLab(prefix)
  }

  /** Those that run, or ran until they were started again. */
  get all(): Program[] {
    return [...this.#programs.values()]
  }

  host(name: string, options?: HostOptions): Host {
    const known = this.#hosts.get(name)
    if (known) return known
    const host = this.lab.host(name, options)
    this.#hosts.set(name, host)
    return host
  }

  /** Starts the node of this name on its host, for the first time or again. */
  spawn(name: string, args: readonly string[] = []): Program {
    const program = new Program(this.lab, this.host(name), { name, dataDir: this.lab.directory(name), args })
    this.#programs.set(name, program)
    return program
  }

  /** ... and waits until it is ready. In turn, thirty of them start quicker than at once. */
  async start(name: string, args?: readonly string[]): Promise<Program> {
    const program = this.spawn(name, args)
    await program.ready()
    return program
  }

  /** Ends all processes and removes their hosts. */
  async close(): Promise<void> {
    await Promise.all(this.all.map((program) => program.stop('SIGKILL')))
    await this.lab.close()
  }
}

/** The node that all of these follow, once they agree. */
export async function oneHub(programs: readonly Program[]): Promise<Program> {
  for (;;) {
    const ids = new Set(programs.map((program) => program.hubId))
    const [id] = ids
    const hub = programs.find((program) => program.id === id)
    if (ids.size === 1 && hub) return hub
    const waits = programs.map((program) => program.soon(({ type }) => type === 'hub' || type === 'offline'))
    await Promise.race(waits.map(({ heard }) => heard))
    for (const { forget } of waits) forget()
  }
}

/** Resolves once all of these hold the same, as they say themselves. Returns how many events that are. */
export async function allEqual(programs: readonly Program[]): Promise<number> {
  for (;;) {
    const held = await Promise.all(programs.map((program) => program.holds()))
    if (new Set(held.map(({ digest }) => digest)).size === 1) return held[0]!.events
    await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS))
  }
}

/** The names of so many nodes. */
export const names = (count: number): string[] =>
  Array.from({ length: count }, (_, k) => `n${String(k).padStart(2, '0')}`)

/** For the notes of a report: many processes on few cores give figures of the machine. */
export const sharing = (count: number, cores: number): string =>
  `${count} processes and the bench share the ${cores} cores of this machine: in a real network each has its own.`
