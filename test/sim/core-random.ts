/**
 * Seeded runs of whole nodes: 3 to 8 of them talk, make rooms and leave them while processes die, stop and start, power
 * fails, disks fail or are lost, clocks are wrong and the network is cut in pieces. In the end everything is healed, the
 * dead are started again, and what must hold is checked (core-checks.ts). A failure says how to run the seed again.
 */
import { createHash } from 'node:crypto'
import { checkQuiet, unrest, Watch } from './core-checks.ts'
import { seeded } from './core-time.ts'
import { type SimNode, World } from './core-world.ts'

export interface CoreSeedOptions {
  /** Steps of the schedule. Default: 20 to 60 by the seed. */
  readonly steps?: number
  /** Called with each step, and what each node tells. */
  readonly log?: (line: string) => void
}

export interface CoreRun {
  /** Over everything told, in order: the same seed gives the same. */
  readonly trace: string
  readonly steps: number
  /** Virtual ms from the heal to one hub, and to quiet. */
  readonly oneHubMs: number
  readonly quietMs: number
}

/** One hub again after the last change: 5 s and 10 round trips, and the time that starting takes. */
const ONE_HUB_MS = 15_000
/** Quiet at the latest: what was missed everywhere else is found by the comparison each 30 s. */
const QUIET_MS = 70_000

/** Runs one seed. Throws an Error whose message lists what is wrong and how to run it again. */
export async function runCoreSeed(seed: number, options: CoreSeedOptions = {}): Promise<CoreRun> {
  const run = new Run(seed, options)
  try {
    return await run.all()
  } catch (error) {
    const text = error instanceof Error ? error.stack : String(error)
    throw new Error(`core seed ${seed}: ${text}\nagain: npm run sim -- --model core --from ${seed} --seeds 1`)
  }
}

type Step = readonly [weight: number, name: string, act: () => void | Promise<void>]

class Run {
  readonly world: World
  readonly watch: Watch
  readonly #options: CoreSeedOptions
  readonly #random: () => number
  readonly #hash = createHash('sha256')
  readonly #steps: readonly Step[]
  readonly #count: number
  #said = 0
  #rooms = 0
  /** Disks lost for good. */
  #lost = 0
  readonly #lossMax: number
  /** Some clocks are up to a day off, and are set while running. */
  readonly #wrongClocks: boolean

  constructor(seed: number, options: CoreSeedOptions) {
    this.#options = options
    // The schedule has its own numbers: a change in a node does not change what befalls it.
    this.#random = seeded(seed ^ 0x5bd1e995)
    const slow = this.#random() < 0.2
    this.world = new World({
      seed,
      delayMs: slow ? 30 : 0.5,
      jitterMs: slow ? 40 : this.#random() * 4,
      hasCode: this.#random() < 0.3,
    })
    this.watch = new Watch(this.world)
    const tell = this.world.onEvent
    this.world.onEvent = (node, event) => {
      const line = `${this.world.now.toFixed(1)} ${node.name} ${JSON.stringify(event)}`
      this.#hash.update(line)
      options.log?.(line)
      tell(node, event)
    }
    this.#count = options.steps ?? 20 + Math.floor(this.#random() * 40)
    const lossy = this.#random()
    this.#lossMax = lossy < 0.4 ? 0 : lossy < 0.85 ? 1 : 2
    this.#wrongClocks = this.#random() < 0.4
    this.#steps = this.#schedule(this.#random() < 0.25)
  }

  #schedule(calm: boolean): readonly Step[] {
    const faults = calm ? 0.3 : 1
    return [
      [30, 'say', () => this.#say()],
      [6, 'burst', () => this.#burst()],
      [6, 'msg', () => this.#message()],
      [4, 'create', () => this.#create()],
      [3, 'invite', () => this.#invite()],
      [6, 'join', () => this.#inRoom('join')],
      [3, 'leave', () => this.#inRoom('leave')],
      [1, 'delete', () => this.#inRoom('delete')],
      [1, 'nick', () => this.#nick()],
      [3, 'ask', () => this.#ask()],
      [3, 'add', () => this.#add()],
      [4 * faults, 'kill', () => this.#kill(false)],
      [3 * faults, 'killHub', () => this.#killHub()],
      [3 * faults, 'power', () => this.#kill(true)],
      [6, 'restart', () => this.#restart()],
      [4 * faults, 'pause', () => this.#pause()],
      [2 * faults, 'pauseHub', () => this.#pauseHub()],
      [3 * faults, 'cut', () => this.#cut()],
      [2 * faults, 'islands', () => this.#islands()],
      [5, 'heal', () => this.world.heal()],
      [2, 'quit', () => this.#quit()],
      [this.#wrongClocks ? 2 * faults : 0, 'clock', () => this.#clock()],
      [2 * faults, 'disk', () => this.#disk()],
      [1 * faults, 'destroy', () => this.#destroy()],
      [8, 'wait', () => this.world.run(this.#random() * 4000)],
    ]
  }

  async all(): Promise<CoreRun> {
    const count = 3 + Math.floor(this.#random() * 4)
    for (let i = 0; i < count; i++) {
      await this.#add()
      await this.world.run(this.#random() * 1500)
    }
    if (this.#random() < 0.7) await this.world.run(4000)
    for (let i = 0; i < this.#count; i++) {
      const [, name, act] = pick(this.#steps, this.#random)
      this.#options.log?.(`${this.world.now.toFixed(1)} STEP ${name}`)
      await act()
      await this.world.run(this.#random() < 0.5 ? this.#random() * 50 : this.#random() * 1500)
    }
    return this.#end()
  }

  async #end(): Promise<CoreRun> {
    const { world, watch } = this
    this.#options.log?.(`${world.now.toFixed(1)} HEAL`)
    for (const node of world.nodes) {
      if (node.isPaused) world.resume(node)
      if (node.isDiskFailing) world.failDisk(node, false)
    }
    await world.run(50)
    for (const node of world.nodes)
      if (!node.isUp && !node.isGone && !node.options.visitor) await world.start(node)
    for (const node of world.nodes) if (node.isUp && node.options.visitor) world.kill(node)
    world.heal()
    const from = world.now
    const isOne = () =>
      world.hubs().length === 1 && world.nodes.every((node) => !node.isUp || !node.core.isOffline)
    await world.until(isOne, ONE_HUB_MS)
    const oneHubMs = world.now - from
    if (!isOne())
      world.violations.push(`no single hub after ${ONE_HUB_MS} ms (INV-9): ${unrest(world, watch)}`)
    for (let since: number | undefined; world.now - from < QUIET_MS; ) {
      await world.run(250)
      if (unrest(world, watch) !== undefined) since = undefined
      else since ??= world.now
      if (since !== undefined && world.now - since >= 3000) break
    }
    const quietMs = world.now - from - 3000
    // Presence is corrected a few seconds after the last change.
    await world.run(4000)
    const why = unrest(world, watch)
    if (why !== undefined) world.violations.push(`not quiet after ${QUIET_MS} ms: ${why}`)
    await checkQuiet(world, watch, this.#lost, !this.#wrongClocks)
    // A witness may be on its way through the checks just now; what is kept for good is still kept after that.
    await world.until(() => world.nodes.every((node) => !node.isUp || isSmall(node)), 1000)
    for (const node of world.nodes) if (node.isUp) checkSmall(node, world.violations)
    if (world.violations.length > 0) throw new Error(`\n  ${world.violations.slice(0, 20).join('\n  ')}`)
    return { trace: this.#hash.digest('hex'), steps: this.#count, oneHubMs, quietMs }
  }

  // --- steps ------------------------------------------------------------------------------------------------------

  #up(): SimNode[] {
    return this.world.nodes.filter((node) => node.isUp)
  }

  /** Running, and not stopped: somebody sits before it. */
  #awake(): SimNode | undefined {
    return any(
      this.#up().filter((node) => !node.isPaused),
      this.#random,
    )
  }

  #command(node: SimNode, command: Parameters<World['command']>[1]): void {
    const slot = this.world.nextSlot
    this.watch.asked(node, slot)
    this.#options.log?.(`${this.world.now.toFixed(1)} ${node.name} types ${JSON.stringify(command)}`)
    this.world.command(node, command)
  }

  #roomNames(): string[] {
    return ['general', ...Array.from({ length: this.#rooms }, (_, i) => `room${i}`)]
  }

  #room(): string {
    return this.#random() < 0.5 ? 'general' : any(this.#roomNames(), this.#random)!
  }

  #say(): void {
    const node = this.#awake()
    if (node) this.#command(node, { do: 'say', room: this.#room(), text: `t${this.#said++} of ${node.name}` })
  }

  #burst(): void {
    const node = this.#awake()
    if (!node) return
    const room = this.#room()
    const count = 2 + Math.floor(this.#random() * 60)
    for (let i = 0; i < count; i++)
      this.#command(node, { do: 'say', room, text: `t${this.#said++} of ${node.name}` })
  }

  #message(): void {
    const node = this.#awake()
    const other = any(this.world.nodes, this.#random)
    if (node && other)
      this.#command(node, { do: 'msg', to: other.name, text: `p${this.#said++} of ${node.name}` })
  }

  #create(): void {
    const node = this.#awake()
    if (!node) return
    this.#rooms++
    const isPrivate = this.#random() < 0.2
    this.#command(node, { do: 'create', room: `room${this.#rooms - 1}`, ...(isPrivate && { private: true }) })
  }

  #invite(): void {
    const node = this.#awake()
    const other = any(this.world.nodes, this.#random)
    const room = any(this.#roomNames(), this.#random)!
    if (node && other) this.#command(node, { do: 'invite', room, to: other.name })
  }

  #inRoom(act: 'join' | 'leave' | 'delete'): void {
    const node = this.#awake()
    const room = any(this.#roomNames(), this.#random)!
    if (node) this.#command(node, { do: act, room })
  }

  #nick(): void {
    const node = this.#awake()
    if (node) this.#command(node, { do: 'nick', name: `${node.name}x${this.#said++}` })
  }

  #ask(): void {
    const node = this.#awake()
    if (!node) return
    const asks = [
      { do: 'rooms' },
      { do: 'who' },
      { do: 'hub' },
      { do: 'history', room: this.#room(), count: 20 },
    ] as const
    this.#command(node, any(asks, this.#random)!)
    // What follows may be done before the question is answered, and is told behind the answer.
    if (this.#random() < 0.5)
      this.#command(node, { do: 'say', room: 'general', text: `t${this.#said++} of ${node.name}` })
  }

  async #add(): Promise<void> {
    if (this.world.nodes.length >= 8) return
    const kind = this.#random()
    const options =
      kind < 0.08
        ? { visitor: true }
        : kind < 0.16
          ? { neverHub: true }
          : kind < 0.24
            ? { preferHub: true }
            : {}
    // The first few must be able to be hub.
    const node = this.world.add(this.world.nodes.length < 3 ? {} : options)
    const clock = this.#random()
    if (this.#wrongClocks && clock < 0.4) node.clockOffset = (this.#random() * 2 - 1) * 86_400_000
    else node.clockOffset = (this.#random() * 2 - 1) * 200
    await this.world.start(node)
  }

  #kill(power: boolean): void {
    const node = any(this.#up(), this.#random)
    if (node) this.#down(node, power)
  }

  #down(node: SimNode, power: boolean): void {
    this.#options.log?.(`${this.world.now.toFixed(1)} ${node.name} ${power ? 'loses power' : 'is killed'}`)
    this.world.kill(node, power)
  }

  #killHub(): void {
    for (const hub of this.world.hubs()) this.#down(hub, this.#random() < 0.3)
  }

  async #restart(): Promise<void> {
    const dead = this.world.nodes.filter((node) => !node.isUp && !node.isGone && !node.options.visitor)
    const node = any(dead, this.#random)
    if (!node) return
    this.#options.log?.(`${this.world.now.toFixed(1)} ${node.name} starts`)
    await this.world.start(node)
  }

  #pause(): void {
    const node = this.#awake()
    if (node) this.#stop(node)
  }

  #pauseHub(): void {
    for (const hub of this.world.hubs()) if (!hub.isPaused) this.#stop(hub)
  }

  #stop(node: SimNode): void {
    const life = node.epochOfLife
    this.world.pause(node)
    this.#options.log?.(`${this.world.now.toFixed(1)} ${node.name} stops`)
    this.world.after(500 + this.#random() * 9500, () => {
      if (node.isUp && node.epochOfLife === life) this.world.resume(node)
    })
  }

  #cut(): void {
    const [a, b] = [any(this.world.nodes, this.#random)!, any(this.world.nodes, this.#random)!]
    if (a === b) return
    this.#options.log?.(`${this.world.now.toFixed(1)} cut ${a.name} ${b.name}`)
    this.world.cut(a, b)
  }

  #islands(): void {
    const count = this.#random() < 0.7 ? 2 : 3
    const island = this.world.nodes.map(() => Math.floor(this.#random() * count))
    this.#options.log?.(`${this.world.now.toFixed(1)} islands ${island.join('')}`)
    for (const a of this.world.nodes)
      for (const b of this.world.nodes) if (island[a.index]! < island[b.index]!) this.world.cut(a, b)
  }

  #quit(): void {
    const node = this.#random() < 0.6 ? any(this.world.hubs(), this.#random) : this.#awake()
    if (!node || node.isPaused) return
    this.#options.log?.(`${this.world.now.toFixed(1)} ${node.name} quits`)
    this.world.quit(node)
  }

  #clock(): void {
    const node = any(this.world.nodes, this.#random)!
    this.world.setClock(node, (this.#random() * 2 - 1) * 86_400_000)
  }

  #disk(): void {
    const node = this.#awake()
    if (!node) return
    const life = node.epochOfLife
    this.#options.log?.(`${this.world.now.toFixed(1)} ${node.name}'s disk fails`)
    this.world.failDisk(node, true)
    this.world.after(1000 + this.#random() * 6000, () => {
      if (node.epochOfLife === life) this.world.failDisk(node, false)
    })
  }

  #destroy(): void {
    const alive = this.world.nodes.filter((node) => !node.isGone)
    if (this.#lost >= this.#lossMax || alive.length <= 2) return
    const node = any(alive, this.#random)!
    this.#lost++
    this.#options.log?.(`${this.world.now.toFixed(1)} ${node.name} is lost for good`)
    this.world.destroy(node)
  }
}

const isSmall = (node: SimNode): boolean => Object.values(node.core.sizes()).every((size) => size === 0)

/** Nothing that should be empty once all is quiet has grown, and nobody holds anything against a hub that is honest. */
function checkSmall(node: SimNode, violations: string[]): void {
  if (node.core.omissions > 0)
    violations.push(`at the end: ${node.name} counts ${node.core.omissions} omissions of honest hubs`)
  for (const [name, size] of Object.entries(node.core.sizes()))
    if (size > 0) violations.push(`at the end: ${node.name} still keeps ${size} in ${name}`)
}

function any<T>(list: readonly T[], random: () => number): T | undefined {
  return list[Math.floor(random() * list.length)]
}

function pick(steps: readonly Step[], random: () => number): Step {
  let at = random() * steps.reduce((sum, [weight]) => sum + weight, 0)
  for (const step of steps) {
    at -= step[0]
    if (at < 0) return step
  }
  return steps[steps.length - 1]!
}
