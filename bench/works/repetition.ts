/** One repetition of a load on one server: a fresh server on core 0, a fresh load on core 1. */
import { execFileSync, spawn } from 'node:child_process'
import { cpSync, lstatSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Outcome, Plan } from '../load/plan.ts'
import { certificate } from '../peers/certificate.ts'
import type { Peer, Server } from '../peers/peer.ts'
import { PROJECT } from '../program.ts'

export type Shape = Pick<Plan, 'rooms' | 'members' | 'senders' | 'inFlight' | 'rate'>

const SERVER_CORE = ['taskset', '-c', '0']
const LOAD_CORE = ['taskset', '-c', '1']
/** lanchat lets 16 strangers of one address in at once. */
const JOINING_AT_ONCE = 12

export interface Settings {
  readonly tls?: boolean
  readonly warmUpS?: number
  /** How long is measured; 0: only the coming in. */
  readonly seconds?: number
  /** Instead of the time: until so many texts are confirmed. */
  readonly texts?: number
  /** Texts in one write of a sender, so in one run of lanchat. Default: as many as are free. */
  readonly together?: number
  readonly settleS?: number
  /** A data folder that the server begins with; it gets a copy. */
  readonly store?: string
  /** What the server has written is left here. */
  readonly keep?: string
}

export async function repetition(peer: Peer, shape: Shape, settings: Settings = {}): Promise<Outcome> {
  const { tls = false, store, keep } = settings
  const directory = mkdtempSync(join(tmpdir(), 'lanchat-bench-'))
  try {
    if (store !== undefined) cpSync(store, directory, { recursive: true })
    const server = await peer.start({ directory, pin: SERVER_CORE, ...(tls && { tls: certificate() }) })
    try {
      return await load(planOf(peer.name, shape, server, settings), LOAD_CORE)
    } finally {
      await server.stop()
      if (keep !== undefined) cpSync(directory, keep, { recursive: true, filter: isNoSocket })
    }
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

/** What a killed process left of its sockets cannot be copied. */
const isNoSocket = (path: string) => !lstatSync(path).isSocket()

export function planOf(
  peer: string,
  shape: Shape,
  { port, pids }: Pick<Server, 'port' | 'pids'>,
  settings: Settings,
): Plan {
  const { tls = false, warmUpS = 3, seconds = 4, texts = 0, together = 0, settleS = 1 } = settings
  return {
    ...shape,
    ...{ peer, port, pids, tls, warmUpS, seconds, texts, together, settleS },
    joiningAtOnce: JOINING_AT_ONCE,
    counter: counterProgram(tls),
  }
}

/** pin: put in front of the command. */
export async function load(plan: Plan, pin: readonly string[]): Promise<Outcome> {
  const script = `${PROJECT}.bench/bench/load/load.js`
  const [program = '', ...words] = [...pin, process.execPath, script, JSON.stringify(plan)]
  const child = spawn(program, words, { stdio: ['ignore', 'pipe', 'inherit'] })
  let said = ''
  for await (const text of child.stdout.setEncoding('utf8')) said += text
  if (said === '') throw new Error(`the load on ${plan.peer} ended without a word`)
  return JSON.parse(said) as Outcome
}

const built = new Map<string, string>()
/** Throws where there is no C compiler, or over TLS no header of OpenSSL (Debian: libssl-dev). */
function counterProgram(tls: boolean): string {
  const name = tls ? 'decrypt' : 'count'
  const known = built.get(name)
  if (known !== undefined) return known
  const path = `${PROJECT}.bench/${name}`
  mkdirSync(`${PROJECT}.bench`, { recursive: true })
  const libraries = tls ? ['-lssl', '-lcrypto'] : []
  execFileSync('cc', ['-O2', '-o', path, `${PROJECT}bench/load/${name}.c`, ...libraries])
  built.set(name, path)
  return path
}
