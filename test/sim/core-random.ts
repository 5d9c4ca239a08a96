/**
 * Seeded runs of whole nodes: 3 to 8 of them, now and then up to 30, talk, make rooms and leave them while processes
 * die, stop and start, power fails, disks fail, are lost or go back to an older state, clocks are wrong and the network
 * is cut in pieces (core-people.ts, core-storms.ts). In the end everything is healed, the
 * dead are started again, and what must hold is checked (core-checks.ts). A failure says how to run the seed again.
 */
import { createHash } from 'node:crypto'
import { seeded } from '../seeded.ts'
import { Acts } from './core-acts.ts'
import { checkQuiet, unrest } from './core-checks.ts'
import { People } from './core-people.ts'
import { Secrets } from './core-secrets.ts'
import { type Clocks, Storms } from './core-storms.ts'
import { Watch } from './core-watch.ts'
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
/** Who comes into the line, or takes a seat in it again, has pulled what it carries from then on: so long at most. */
const SEATED_MS = 3000

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
  readonly secrets: Secrets
  readonly #options: CoreSeedOptions
  readonly #random: () => number
  readonly #hash = createHash('sha256')
  readonly #steps: readonly Step[]
  readonly #count: number
  readonly #storms: Storms
  readonly #clocks: Clocks
  /** So many nodes at most, and at the start. */
  readonly #nodesMax: number
  readonly #nodesFirst: number

  constructor(seed: number, options: CoreSeedOptions) {
    this.#options = options
    // The schedule has its own numbers: a change in a node does not change what befalls it.
    const random = seeded(seed ^ 0x5bd1e995)
    this.#random = random
    const slow = random() < 0.2
    this.world = new World({
      seed,
      delayMs: slow ? 30 : 0.5,
      jitterMs: slow ? 40 : random() * 4,
      hasCode: random() < 0.3,
    })
    this.watch = new Watch(this.world)
    const tell = this.world.onEvent
    this.world.onEvent = (node, event) => {
      const line = `${this.world.now.toFixed(1)} ${node.name} ${JSON.stringify(event)}`
      this.#hash.update(line)
      options.log?.(line)
      tell(node, event)
    }
    this.secrets = new Secrets(this.world)
    const isCrowd = random() < 0.03
    this.#nodesFirst = isCrowd ? 10 + Math.floor(random() * 17) : 3 + Math.floor(random() * 4)
    this.#nodesMax = isCrowd ? 30 : 8
    this.#count = options.steps ?? (isCrowd ? 8 : 20) + Math.floor(random() * (isCrowd ? 12 : 40))
    const lossy = random()
    const clock = random()
    this.#clocks = clock < 0.6 ? 'right' : clock < 0.9 ? 'some wrong' : 'all wrong'
    this.#storms = new Storms(this.world, this.watch, random, (line) => this.#log(line), {
      clocks: this.#clocks,
      lossMax: lossy < 0.4 ? 0 : lossy < 0.85 ? 1 : 2,
    })
    this.#steps = this.#schedule(random() < 0.25 ? 0.3 : 1, random() < 0.12, random() < 0.5 ? 1 : 0)
  }

  #log(line: string): void {
    this.#options.log?.(`${this.world.now.toFixed(1)} ${line}`)
  }

  /** faults: how often something breaks, of what is usual; acts: how often people moderate, of what is usual. */
  #schedule(faults: number, hasTwins: boolean, acts: number): readonly Step[] {
    const { world, watch, secrets } = this
    const people = new People(world, watch, secrets, this.#random, (line) => this.#log(line))
    const office = new Acts(world, watch, this.#random, people)
    const storms = this.#storms
    return [
      [30, 'say', () => people.say()],
      [6, 'burst', () => people.burst()],
      [6, 'msg', () => people.message()],
      [4, 'create', () => people.create()],
      [3, 'invite', () => people.invite()],
      [6, 'join', () => people.inRoom('join')],
      [3, 'leave', () => people.inRoom('leave')],
      [1, 'delete', () => people.inRoom('delete')],
      [2, 'forget', () => people.forget()],
      [3, 'ban', () => people.ban()],
      [1, 'nick', () => people.nick()],
      [7 * acts, 'moderate', () => office.moderate()],
      [3 * acts, 'role', () => office.role()],
      [2 * acts, 'rule', () => office.rule()],
      [4 * acts, 'show', () => office.show()],
      [6 * acts, 'rewrite', () => office.rewrite()],
      [3 * acts, 'device', () => office.device()],
      [3 * acts, 'private', () => people.createPrivate()],
      [4 * acts, 'part', () => office.part()],
      [3, 'ask', () => people.ask()],
      [3, 'add', () => this.#add()],
      [4 * faults, 'kill', () => storms.kill()],
      [3 * faults, 'killHub', () => storms.killHub()],
      [1 * faults, 'killLine', () => storms.killLine()],
      [3 * faults, 'trap', () => storms.trap()],
      [2 * faults, 'suffix', () => storms.kill('suffix')],
      [2 * faults, 'hole', () => storms.kill('hole')],
      [6, 'restart', () => storms.restart()],
      [4 * faults, 'pause', () => storms.pause()],
      [2 * faults, 'pauseHub', () => storms.pauseHub()],
      [3 * faults, 'cut', () => storms.cut()],
      [3 * faults, 'cutOneWay', () => storms.cutOneWay()],
      [2 * faults, 'islands', () => storms.islands()],
      [1 * faults, 'swizzle', () => storms.swizzle()],
      [1 * faults, 'flap', () => storms.flap()],
      [5, 'heal', () => this.world.heal()],
      [2, 'quit', () => storms.quit()],
      [2 * faults, 'clock', () => storms.clock()],
      [2 * faults, 'disk', () => storms.disk()],
      [1 * faults, 'destroy', () => storms.destroy()],
      [2 * faults, 'keepCopy', () => storms.keepCopy()],
      [2 * faults, 'restore', () => storms.restore()],
      [hasTwins ? 2 : 0, 'clone', () => storms.clone()],
      [8, 'wait', () => this.world.run(this.#random() * 4000)],
    ]
  }

  async all(): Promise<CoreRun> {
    for (let i = 0; i < this.#nodesFirst; i++) {
      await this.#add()
      await this.world.run((this.#random() * 6000) / this.#nodesFirst)
    }
    if (this.#random() < 0.7) await this.world.run(4000)
    for (let i = 0; i < this.#count; i++) {
      const [, name, act] = pick(this.#steps, this.#random)
      this.#log(`STEP ${name}`)
      await act()
      await this.world.run(this.#random() < 0.5 ? this.#random() * 50 : this.#random() * 1500)
    }
    return this.#end()
  }

  async #end(): Promise<CoreRun> {
    const { world, watch } = this
    this.#storms.calm()
    this.#log('HEAL')
    for (const node of world.nodes) {
      if (node.isPaused) world.resume(node)
      if (node.isDiskDead) world.kill(node)
      else if (node.isDiskFailing) world.failDisk(node, false)
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
    // The line is filled by people who have stayed for a while: a pull may have begun just now, and has to end.
    await world.until(() => unrest(world, watch) === undefined, SEATED_MS)
    const why = unrest(world, watch)
    if (why !== undefined)
      world.violations.push(`not quiet ${Math.round(world.now - from)} ms after the heal: ${why}`)
    await checkQuiet(world, watch, this.secrets, this.#storms.lost, this.#clocks === 'right')
    // A hub waits for what a ban has cut off meanwhile until its author's session ends.
    const keptBy = (node: SimNode) => (node.isUp && !watch.hasEnded ? kept(node) : [])
    // A witness may be on its way through the checks just now; what is kept for good is still kept after that.
    await world.until(() => world.nodes.every((node) => keptBy(node).length === 0), 1000)
    for (const node of world.nodes) {
      for (const what of keptBy(node)) world.violations.push(`at the end: ${node.name} still keeps ${what}`)
      if (node.isUp && node.core.unreadRuns > 0)
        world.violations.push(
          `at the end: ${node.name} could not read ${node.core.unreadRuns} live runs (LV-17)`,
        )
      if (node.isUp && node.core.omissions > 0)
        world.violations.push(
          `at the end: ${node.name} counts ${node.core.omissions} omissions of honest hubs`,
        )
    }
    if (world.violations.length > 0) throw new Error(`\n  ${world.violations.slice(0, 20).join('\n  ')}`)
    return { trace: this.#hash.digest('hex'), steps: this.#count, oneHubMs, quietMs }
  }

  async #add(): Promise<void> {
    const { nodes } = this.world
    if (nodes.length >= this.#nodesMax) return
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
    const node = this.world.add(nodes.length < 3 ? {} : options)
    node.clockOffset = this.#storms.newClock()
    await this.world.start(node)
  }
}

/** These end by themselves some time after all is quiet: what is asked of the hub, and a way through a peer. */
const IN_TIME = new Set(['suspects', 'circuits'])

/** What should be empty once all is quiet, and is not. */
const kept = ({ core }: SimNode): string[] =>
  Object.entries(core.sizes())
    .filter(([name, size]) => size > 0 && !IN_TIME.has(name))
    .map(([name, size]) => `${size} in ${name}`)

function pick(steps: readonly Step[], random: () => number): Step {
  let at = random() * steps.reduce((sum, [weight]) => sum + weight, 0)
  for (const step of steps) {
    at -= step[0]
    if (at < 0) return step
  }
  return steps[steps.length - 1]!
}
