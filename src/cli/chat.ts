/** A node with somebody at its front: --json, line mode, or nobody (`hub`). From start to exit code. */
import { networkInterfaces } from 'node:os'
import type { Node, NodeEvent } from '../node/index.ts'
import { jsonLine } from '../wire/json-line.ts'
import { ControlDesk } from './control-desk.ts'
import {
  afterEndOfInput,
  EXIT,
  exitCodeOf,
  FLUSH_MS_MAX,
  type SignalName,
  signalCode,
  toldOf,
  within,
} from './exit.ts'
import { ALONE_MS, firstContact, qrLines } from './first-contact.ts'
import { Hook } from './hook.ts'
import { JsonSession, type SessionEnd } from './json.ts'
import { LineMode } from './lines.ts'
import { logTo } from './log.ts'
import type { LogLevel, Settings } from './options.ts'
import { Output } from './output.ts'
import { colourful, type Paint, plain, render } from './render.ts'
import { indented } from './safe-text.ts'
import { listenForSignals, type World } from './world.ts'

/** Handing over and flushing takes well under a second; nobody waits longer than this for it. */
const CLOSE_MS_MAX = 5000

/** Away by oneself on a terminal, where not chosen otherwise (/autoaway). */
const AUTO_AWAY_MIN = 10

export type ChatMode = 'json' | 'lines' | 'hub'

/** What stands before the node: reads requests, prints events. */
interface Front {
  readonly output: Output
  run(): Promise<SessionEnd | 'interrupt'>
  stopReading(): void
  tell(error: { readonly code: string; readonly message: string }): void
  /** Where lines about the program itself are shown among the chat's. */
  notice?(text: string): void
}

type End =
  | SessionEnd
  | 'interrupt'
  | { readonly signal: SignalName }
  | { readonly error: unknown; readonly told?: true }

/** Runs until input ends, /quit, a signal, or the node gives up. Returns the exit code. */
export async function chat(world: World, settings: Settings, mode: ChatMode): Promise<number> {
  const signals = listenForSignals(world)
  const starting = new AbortController()
  const signalled = signals.first.then((signal): End => {
    starting.abort()
    return { signal }
  })
  const errors = new Output(world.stderr, {
    leftOut: (lines) => `lanchat: ${lines} lines of the log are left out: this terminal took no more.\n`,
  })
  let log = (line: string) => errors.write(`lanchat: ${line}\n`)
  const level = settings.logLevel ?? (mode === 'hub' ? 'info' : 'warn')
  if (settings.node.code !== undefined) {
    const { codeWarning } = await import('./network.ts')
    const { meansInvitation } = await import('../node/index.ts')
    const warning = meansInvitation(settings.node.code) ? undefined : codeWarning(settings.node.code)
    if (warning !== undefined) logTo((line) => log(line), level)('warn', warning)
  }
  const desk = new ControlDesk(settings.timeoutMs)
  // Read while the node opens its store.
  const screen =
    mode === 'lines' && hasScreen(world, settings) ? import('./screen/terminal-mode.ts') : undefined
  let node: Node
  try {
    const { createNode } = await world.load()
    node = await createNode({
      ...settings.node,
      ...(mode === 'hub' && { preferHub: true }),
      // Only there is it known that somebody types.
      ...(screen && { autoAwayMin: AUTO_AWAY_MIN }),
      log: logTo((line) => log(line), level, mode === 'hub' ? Date.now : undefined),
      signal: starting.signal,
      onControl: (stream) => desk.serve(stream),
    })
  } catch (error) {
    if (starting.signal.aborted) return signalCode(await signals.first)
    const told = toldOf(error)
    const output = new Output(world.stdout)
    if (mode === 'json') output.write(`${jsonLine({ type: 'error', ...told })}\n`)
    else log(indented(told.message))
    await Promise.all([output.flushed(), errors.flushed()])
    return exitCodeOf(told.code)
  }

  desk.open(node)
  // Else nobody knows whether it works.
  if (mode === 'hub') node.on((event) => logHub(event, node, (line) => log(line), level), 'own')
  const hook =
    settings.hook === undefined ? undefined : hookOf(world, node, settings.hook, (line) => log(line))
  const gate = within(node.ready, settings.timeoutMs)
  const front: Front | undefined =
    mode === 'hub' ? undefined : frontOf(mode, world, settings, node, gate, await screen)
  if (front?.notice) log = (line) => front.notice?.(line)
  let isWaiting = false
  const gaveUp = new Promise<End>((resolve) => {
    node.ready.catch((error: unknown) => resolve({ error }))
    node.on((event) => {
      const isFinal =
        event.type === 'error' && ['EXPELLED', 'DEVICE_REMOVED', 'CODE_OLD'].includes(event.code)
      if (isFinal) resolve({ error: event, told: true })
      if (event.type !== 'system') return
      if (event.event === 'waiting' && event.user.id === node.self.id) isWaiting = true
      // Let in by name, or because everybody is.
      if (event.event === 'admit' || event.event === 'settings') isWaiting = false
    }, 'own')
  })
  const alone =
    front?.notice && world.stdout.isTTY === true
      ? tellAlone(front, node, settings, screen && paintOf(world, settings))
      : undefined
  const ended: Promise<End>[] = [signalled, gaveUp]
  let end = await Promise.race(front ? [...ended, front.run()] : ended)
  let code: number = EXIT.ok
  if (end === 'end' && front) {
    const stored = afterEndOfInput(node, settings.timeoutMs).then((n) => {
      // Nothing that was typed here is shown to anybody.
      code = n === EXIT.ok && isWaiting ? EXIT.refused : n
      return 'end' as const
    })
    end = await Promise.race([...ended, stored, front.output.ended])
  }
  alone?.stop()
  front?.stopReading()
  if (end === 'interrupt') code = signalCode('SIGINT')
  else if (end === 'stuck') code = EXIT.failure
  else if (typeof end === 'object' && 'signal' in end) code = signalCode(end.signal)
  else if (typeof end === 'object') {
    const told = toldOf(end.error)
    code = exitCodeOf(told.code)
    if (end.told) {
      // As an event, like everything else.
    } else if (front) front.tell(told)
    else log(indented(told.message))
  }
  hook?.close()
  await within(node.close(), CLOSE_MS_MAX)
  desk.close()
  const flushed = Promise.all([front?.output.flushed(), errors.flushed()])
  // A terminal that takes nothing keeps nobody from ending it.
  if (typeof end === 'object' && 'signal' in end && world.stdout.isTTY) await within(flushed, FLUSH_MS_MAX)
  else if (end !== 'stuck') await flushed
  signals.stop()
  return code
}

/** Who is hub, and where, for whoever runs a node without a screen. */
function logHub(event: NodeEvent, { self }: Node, write: (line: string) => void, level: LogLevel): void {
  if (event.type !== 'ready' && event.type !== 'hub' && event.type !== 'offline') return
  const told = render(event, { paint: plain, tabs: false, self: self.id })?.text.replace(/^\* /, '')
  const where =
    event.type !== 'offline' && URL.canParse(event.hub.url) ? ` (${new URL(event.hub.url).host})` : ''
  if (told) logTo(write, level, Date.now)('info', `${told.replace(' /help lists commands.', '')}${where}`)
}

/** Runs a program of the user's for whatever calls them. */
function hookOf({ env }: World, node: Node, program: string, log: (line: string) => void): Hook {
  const onFailure = (why: string) => log(`the hook ${program} cannot be run: ${why}`)
  const hook = new Hook({ program, env, onFailure })
  node.on((event) => {
    if (event.type === 'message' && event.notify) hook.run(event)
  })
  return hook
}

class Lines extends LineMode implements Front {
  tell({ message }: { readonly message: string }): void {
    this.notice(`lanchat: ${indented(message)}`)
  }
}

class Json extends JsonSession implements Front {
  tell(error: { readonly code: string; readonly message: string }): void {
    this.print({ type: 'error', ...error })
  }
}

function frontOf(
  mode: 'json' | 'lines',
  world: World,
  settings: Settings,
  node: Node,
  gate: Promise<unknown>,
  screen: typeof import('./screen/terminal-mode.ts') | undefined,
): Front {
  if (mode === 'json') return new Json({ node, input: world.stdin, output: world.stdout, gate })
  const paint = paintOf(world, settings)
  const { stdin: input, stdout: output } = world
  if (screen) {
    const manyColours = paint === colourful && colourDepth(world) >= 8
    return new screen.TerminalMode({
      node,
      input,
      output,
      gate,
      paint,
      ...(manyColours && { person: screen.paintPerson }),
      host: screen.processHost,
      ...(settings.alerts && { alerts: settings.alerts }),
      now: Date.now,
    })
  }
  const isWatched = input.isTTY === true && output.isTTY === true
  const asciiOnly = output.isTTY === true && !isUtf8(world.env)
  return new Lines({
    node,
    input,
    output,
    notices: world.stderr,
    gate,
    paint,
    // Whoever types here reads words, or has them read out: ids and times in digits are for programs.
    tabs: settings.plain && !isWatched,
    asciiOnly,
    isWatched,
  })
}

/** Says what to do to somebody who is alone for a while. paint: where there is a screen, with a QR in its colours. */
function tellAlone(
  front: Front,
  node: Node,
  { node: asked }: Settings,
  paint: Paint | undefined,
): { stop(): void } {
  let isOver = false
  const tell = async (): Promise<void> => {
    const { hub, network } = await node.ready
    const { usableInterfaces } = await import('../node/index.ts')
    if (isOver || node.metAnyone) return
    const { lines, command } = firstContact({
      port: hub.self ? Number(new URL(hub.url).port) : undefined,
      interfaces: usableInterfaces(networkInterfaces(), asked.interfaces),
      network,
      hasCode: asked.code !== undefined,
      isDiscovering: asked.discovery !== false,
      peers: asked.peers ?? [],
      isLimited: asked.interfaces !== undefined,
    })
    const qr = paint && command !== undefined ? await qrLines(command) : []
    const painted = qr.map((line) => paint!(['whiteBright', 'bgBlack'], line))
    if (!isOver) front.notice?.([...lines, ...painted].join('\n'))
  }
  // A node that gave up says so itself.
  const timer = setTimeout(() => tell().catch(() => {}), ALONE_MS)
  return {
    stop() {
      isOver = true
      clearTimeout(timer)
    },
  }
}

/** Whether the interactive chat is drawn; else lines are written one after the other and never rewritten. */
function hasScreen({ stdin, stdout, env }: World, { plain }: Settings): boolean {
  if (plain || stdin.isTTY !== true || stdout.isTTY !== true) return false
  return env.TERM !== 'dumb' && isUtf8(env)
}

/** Does the locale say UTF-8? Where there is none at all, terminals of today are meant. */
export function isUtf8({ LC_ALL, LC_CTYPE, LANG }: World['env']): boolean {
  const locale = LC_ALL || LC_CTYPE || LANG
  return !locale || /utf-?8/i.test(locale)
}

/** Bits of colour; 4 where the terminal does not say. */
const colourDepth = ({ stdout }: World): number =>
  'getColorDepth' in stdout && typeof stdout.getColorDepth === 'function' ? Number(stdout.getColorDepth()) : 4

const paintOf = (world: World, settings: Settings): Paint =>
  isColourful(world, settings) ? colourful : plain

/** By the customs of NO_COLOR and FORCE_COLOR; the flags are nearer than both. */
export function isColourful({ env, stdout }: World, { noColor, plain }: Settings): boolean {
  if (noColor || plain || env.NO_COLOR) return false
  if (env.FORCE_COLOR && env.FORCE_COLOR !== '0') return true
  return stdout.isTTY === true && env.TERM !== 'dumb'
}
