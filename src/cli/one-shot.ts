/**
 * What one-shot commands share: they speak to the lanchat running on this data dir through its control socket, or else
 * to a node of their own that visits the network for the moment and never becomes hub.
 */
import { PassThrough } from 'node:stream'
import type { Node, ReadyEvent, ResultEvent, StatusData } from '../node/index.ts'
import { jsonLine } from '../wire/json-line.ts'
import { checkNetworkName } from '../wire/name.ts'
import { refusalText } from '../wire/refusal.ts'
import { EXIT, exitCodeOf, FLUSH_MS_MAX, signalCode, toldOf, within } from './exit.ts'
import { JsonSession } from './json.ts'
import { logTo } from './log.ts'
import type { Settings } from './options.ts'
import { Output } from './output.ts'
import { Remote } from './remote.ts'
import { indented } from './safe-text.ts'
import { listenForSignals, type World } from './world.ts'

/** Leaving takes well under a second; nobody waits longer than this for it. */
const CLOSE_MS_MAX = 5000
/** Behind the time to wait for somebody: until the node has said why nobody is there. */
const VERDICT_MS = 300
/** Reading all that is stored here takes less. */
const PATIENCE_MS = 600_000

export interface OneShot {
  readonly remote: Remote
  readonly ready: Pick<ReadyEvent, 'self' | 'network'>
  /** stdout. */
  readonly output: Output
  /** A line for people on stderr. */
  say(text: string): void
  /** Whether a lanchat was running here already. */
  readonly isRunning: boolean
}

/** An end that is not success: its code gives the exit code (see exit.ts). */
export class OneShotError extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message)
  }
}

export interface OneShotOptions {
  /** Where nobody is found, what is stored here will do; people are told so. */
  readonly storedWillDo?: boolean
  /** Only the lanchat running here will do: no node is made for the moment. */
  readonly runningOnly?: boolean
}

/** Runs act once the network is there; returns the exit code. Errors are told on stderr, with --json as an object on stdout. */
export async function oneShot(
  world: World,
  settings: Settings,
  act: (shot: OneShot) => Promise<number>,
  { storedWillDo = false, runningOnly = false }: OneShotOptions = {},
): Promise<number> {
  const output = new Output(world.stdout)
  const errors = new Output(world.stderr)
  const signals = listenForSignals(world)
  const starting = new AbortController()
  const signalled = signals.first.then((name) => {
    starting.abort()
    return signalCode(name)
  })
  const gone = output.ended.then((end) => (end === 'gone' ? EXIT.ok : EXIT.failure))
  let close = async () => {}
  const work = (async () => {
    const patience = storedWillDo ? PATIENCE_MS : 0
    const log = (line: string) => errors.write(`lanchat: ${line}\n`)
    const reached =
      (await reachRunning(world, settings)) ??
      (runningOnly ? nobodyRuns() : await visit(world, settings, starting.signal, patience, log))
    close = reached.close
    const ended = reached.remote.closed.then(() => {
      throw new OneShotError('OFFLINE', 'The lanchat running here has ended.')
    })
    const ready = await Promise.race([reached.ready, ended]).catch(async (error: unknown) => {
      if (!storedWillDo || toldOf(error).code !== 'NOBODY_FOUND') throw error
      const answer = await granted(Promise.race([reached.remote.ask({ command: '/status' }), ended]))
      errors.write('lanchat: Nobody was found; this is what is stored here.\n')
      return (answer as ResultEvent).data as StatusData
    })
    const wanted = networkAskedFor(settings)
    if (reached.isRunning && wanted !== undefined && wanted !== ready.network) {
      throw new OneShotError(
        'NETWORK_OTHER',
        `The lanchat running here is on network ${ready.network}; use another --data-dir for ${wanted}.`,
      )
    }
    const { remote, isRunning } = reached
    return Promise.race([act({ remote, ready, output, say: log, isRunning }), ended])
  })().catch(async (error: unknown) => {
    if (starting.signal.aborted) return signalled
    const told = toldOf(error)
    if (settings.json) output.write(`${jsonLine({ type: 'error', ...told })}\n`)
    else errors.write(`lanchat: ${indented(told.message)}\n`)
    return exitCodeOf(told.code)
  })
  const code = await Promise.race([work, signalled, gone])
  await within(close(), CLOSE_MS_MAX)
  const flushed = Promise.all([output.flushed(), errors.flushed()])
  // As in chat.ts: a terminal that takes nothing keeps nobody from ending it.
  if (starting.signal.aborted && world.stdout.isTTY) await within(flushed, FLUSH_MS_MAX)
  else await flushed
  signals.stop()
  return code
}

/** As a node calls it; undefined where any will do. */
function networkAskedFor({ node: { network } }: Settings): string | undefined {
  const checked = network === undefined ? undefined : checkNetworkName(network)
  return checked && 'ok' in checked ? checked.ok : network
}

interface Reached {
  readonly remote: Remote
  /** Rejects where nobody was found in time. */
  readonly ready: Promise<ReadyEvent>
  readonly isRunning: boolean
  readonly close: () => Promise<void>
}

async function reachRunning(world: World, settings: Settings): Promise<Reached | undefined> {
  const { connectControl } = await world.load()
  const control = await connectControl(settings.node.dataDir)
  if (!control) return undefined
  const remote = new Remote(control, control)
  const ready = within(remote.ready, settings.timeoutMs).then((isReady) => {
    if (isReady) return remote.ready
    throw new OneShotError('NOBODY_FOUND', 'The lanchat running here has not found anybody.')
  })
  return { remote, ready, isRunning: true, close: async () => void control.destroy() }
}

function nobodyRuns(): never {
  throw new OneShotError('NOT_RUNNING', 'No lanchat is running on this data directory.')
}

async function visit(
  world: World,
  settings: Settings,
  signal: AbortSignal,
  patienceMs: number,
  log: (line: string) => void,
): Promise<Reached> {
  const { createNode } = await world.load()
  const node = await createNode({
    ...settings.node,
    visitor: true,
    // Else it ends itself when nobody is found, and could not be asked any more.
    timeoutMs: settings.timeoutMs + patienceMs,
    log: logTo(log, settings.logLevel ?? 'warn'),
    signal,
  })
  const [input, output] = [new PassThrough(), new PassThrough()]
  const session = new JsonSession({ node, input, output, gate: within(node.ready, settings.timeoutMs) })
  void session.run()
  const remote = new Remote(output, input)
  const ready = readyInTime(node, settings.timeoutMs)
  return { remote, ready, isRunning: false, close: () => node.close() }
}

/** Rejects with NOBODY_FOUND after ms, or when the node itself has given up looking. */
async function readyInTime(node: Node, ms: number): Promise<ReadyEvent> {
  const nobody = new OneShotError('NOBODY_FOUND', refusalText('NOBODY_FOUND', { seconds: ms / 1000 }))
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    // The node's own verdict, that the code is wrong, comes at the same time and says more.
    const later = () => {
      timer = setTimeout(reject, VERDICT_MS, nobody)
    }
    timer = setTimeout(later, ms)
  })
  try {
    return await Promise.race([node.ready, late])
  } catch (error) {
    throw toldOf(error).code === 'TIMEOUT' ? nobody : error
  } finally {
    clearTimeout(timer)
  }
}

/** The answer, or its refusal thrown. */
export async function granted<T extends { readonly type: string }>(asked: Promise<T>): Promise<T> {
  const answer = await asked
  if (answer.type !== 'error') return answer
  const { code, message } = toldOf(answer)
  throw new OneShotError(code, message)
}
