/** What befalls machines, disks, clocks and cables in a random run of whole nodes. */
import type { FrameName } from '../../src/wire/frames.ts'
import type { Watch } from './core-watch.ts'
import type { Copy, Loss, SimNode, World } from './core-world.ts'

const DAY_MS = 86_400_000
/** A process that is to die at one of these dies between what it did and what it was about to say. */
const TRAPS: readonly FrameName[] = [
  'ack',
  'witness',
  'absorb',
  'absorbed',
  'handover',
  'took',
  'redirect',
  'joined',
  'live',
  'post',
  'runs',
]

/** How wrong the clocks of a run are. */
export type Clocks = 'right' | 'some wrong' | 'all wrong'

export interface StormOptions {
  readonly clocks: Clocks
  /** Disks that may be lost for good, or go back to an older state. */
  readonly lossMax: number
}

export class Storms {
  readonly #world: World
  readonly #watch: Watch
  readonly #random: () => number
  readonly #log: (line: string) => void
  readonly #options: StormOptions
  readonly #copies = new Map<SimNode, Copy>()
  #isCalm = false
  readonly #traps: { type: FrameName; power: Loss | undefined }[] = []

  constructor(
    world: World,
    watch: Watch,
    random: () => number,
    log: (line: string) => void,
    options: StormOptions,
  ) {
    this.#world = world
    this.#watch = watch
    this.#random = random
    this.#log = log
    this.#options = options
    const sends = world.onSend
    world.onSend = (node, link, frame) => {
      sends(node, link, frame)
      const trap = this.#traps.findIndex(({ type }) => type === frame.type)
      if (trap < 0) return
      this.#log(`${node.name} is about to send ${frame.type}`)
      for (const { power } of this.#traps.splice(trap, 1)) this.down(node, power)
    }
  }

  /** Nothing that is still to come happens. */
  calm(): void {
    this.#isCalm = true
    this.#traps.splice(0)
  }

  #any<T>(list: readonly T[]): T | undefined {
    return list[Math.floor(this.#random() * list.length)]
  }

  #up(): SimNode[] {
    return this.#world.nodes.filter((node) => node.isUp)
  }

  #awake(): SimNode | undefined {
    return this.#any(this.#up().filter((node) => !node.isPaused))
  }

  #later(ms: number, run: () => void): void {
    this.#world.after(ms, () => {
      if (!this.#isCalm) run()
    })
  }

  // --- processes --------------------------------------------------------------------------------------------------

  kill(power?: Loss): void {
    const node = this.#any(this.#up())
    if (node) this.down(node, power)
  }

  down(node: SimNode, power?: Loss): void {
    this.#log(`${node.name} ${power ? `loses power and a ${power}` : 'is killed'}`)
    this.#world.kill(node, power)
  }

  killHub(): void {
    for (const hub of this.#world.hubs()) this.down(hub, this.#random() < 0.3 ? 'suffix' : undefined)
  }

  /** The hub and all who would follow it, at once. */
  killLine(): void {
    for (const hub of this.#world.hubs()) {
      const line = new Set(hub.core.line)
      for (const node of this.#up()) if (node === hub || line.has(node.key)) this.down(node)
    }
  }

  /** Some process dies at the next frame of a kind. */
  trap(): void {
    const type = this.#any(TRAPS)!
    this.#traps.push({ type, power: this.#random() < 0.5 ? 'suffix' : undefined })
  }

  async restart(): Promise<void> {
    const dead = this.#world.nodes.filter((node) => !node.isUp && !node.isGone && !node.options.visitor)
    const node = this.#any(dead)
    if (!node) return
    this.#log(`${node.name} starts`)
    await this.#world.start(node)
  }

  pause(): void {
    const node = this.#awake()
    if (node) this.#stop(node)
  }

  pauseHub(): void {
    for (const hub of this.#world.hubs()) if (!hub.isPaused) this.#stop(hub)
  }

  #stop(node: SimNode): void {
    const life = node.epochOfLife
    this.#world.pause(node)
    this.#log(`${node.name} stops`)
    this.#later(500 + this.#random() * 9500, () => {
      if (node.isUp && node.epochOfLife === life) this.#world.resume(node)
    })
  }

  quit(): void {
    const node = this.#random() < 0.6 ? this.#any(this.#world.hubs()) : this.#awake()
    if (!node || node.isPaused) return
    this.#log(`${node.name} quits`)
    this.#world.quit(node)
  }

  // --- cables -----------------------------------------------------------------------------------------------------

  #pair(): [SimNode, SimNode] | undefined {
    const { nodes } = this.#world
    const a = this.#random() < 0.3 ? (this.#any(this.#world.hubs()) ?? this.#any(nodes)!) : this.#any(nodes)!
    const b = this.#any(nodes)!
    return a === b ? undefined : [a, b]
  }

  cut(): void {
    const pair = this.#pair()
    if (!pair) return
    this.#log(`cut ${pair[0].name} ${pair[1].name}`)
    this.#world.cut(...pair)
  }

  /** One cannot hear the other, who hears it. */
  cutOneWay(): void {
    const pair = this.#pair()
    if (!pair) return
    this.#log(`cut ${pair[0].name} to ${pair[1].name}`)
    this.#world.network.cutOneWay(...pair)
    if (this.#random() < 0.5)
      this.#later(this.#random() * 8000, () => this.#world.network.mendOneWay(...pair))
  }

  islands(): void {
    const count = 2 + Math.floor(this.#random() ** 2 * 3)
    const island = this.#world.nodes.map(() => Math.floor(this.#random() * count))
    this.#log(`islands ${island.join('')}`)
    for (const a of this.#world.nodes)
      for (const b of this.#world.nodes) if (island[a.index]! < island[b.index]!) this.#world.cut(a, b)
  }

  /** Nodes are cut off one by one, and come back one by one in another order. */
  swizzle(): void {
    const { nodes, network } = this.#world
    const chosen = nodes.filter(() => this.#random() < 0.6)
    this.#log(`swizzle ${chosen.map((node) => node.name).join(' ')}`)
    const clogMs = 2500
    for (const node of chosen) {
      this.#later(this.#random() * clogMs, () => {
        for (const other of nodes) if (other !== node) network.cut(node, other)
      })
      this.#later(clogMs + this.#random() * 5000, () => {
        for (const other of nodes) if (other !== node) network.mend(node, other)
        network.announce()
      })
    }
  }

  /** A cable with a loose contact. */
  flap(): void {
    const pair = this.#pair()
    if (!pair) return
    this.#log(`${pair[0].name} and ${pair[1].name} flap`)
    const times = 2 + Math.floor(this.#random() * 5)
    const everyMs = 200 + this.#random() * 3000
    for (let i = 0; i < times; i++) {
      this.#later(2 * i * everyMs, () => this.#world.network.cut(...pair))
      this.#later((2 * i + 1) * everyMs, () => this.#world.network.mend(...pair))
    }
  }

  // --- clocks -----------------------------------------------------------------------------------------------------

  /** A clock that is set while its process runs: by some seconds, or by up to a day. */
  clock(): void {
    const node = this.#any(this.#world.nodes)
    if (!node || this.#options.clocks === 'right') return
    const most = this.#random() < 0.3 ? 20_000 : DAY_MS
    this.#world.setClock(node, (this.#random() * 2 - 1) * most)
  }

  /** How wrong the clock of a new machine is, ms. */
  newClock(): number {
    const isWrong =
      this.#options.clocks === 'all wrong' || (this.#options.clocks === 'some wrong' && this.#random() < 0.4)
    return (this.#random() * 2 - 1) * (isWrong ? DAY_MS : 200)
  }

  // --- disks ------------------------------------------------------------------------------------------------------

  /** A disk is full, or refuses writes, until there is room again; or it never works again. */
  disk(): void {
    const node = this.#awake()
    if (!node) return
    const life = node.epochOfLife
    if (this.#random() < 0.2) {
      this.#log(`${node.name}'s disk breaks`)
      this.#world.killDisk(node)
      return
    }
    this.#log(`${node.name}'s disk fails`)
    this.#world.failDisk(node, true)
    this.#later(1000 + this.#random() * 6000, () => {
      if (node.epochOfLife === life) this.#world.failDisk(node, false)
    })
  }

  /** Disks that lost something for good. */
  get lost(): number {
    return this.#world.nodes.filter((node) => node.isGone || node.isRolledBack).length
  }

  #mayLose(node: SimNode): boolean {
    return node.isRolledBack || this.lost < this.#options.lossMax
  }

  destroy(): void {
    const alive = this.#world.nodes.filter((node) => !node.isGone)
    const node = this.#any(alive)
    if (!node || alive.length <= 2 || !this.#mayLose(node)) return
    this.#log(`${node.name} is lost for good`)
    this.#world.destroy(node)
  }

  keepCopy(): void {
    const node = this.#any(this.#world.nodes.filter((each) => !each.isGone))
    if (node) this.#copies.set(node, node.copy())
  }

  async restore(): Promise<void> {
    const [node, copy] = this.#any([...this.#copies]) ?? []
    if (!node || !copy || node.isGone || node.options.visitor || !this.#mayLose(node)) return
    this.#log(`${node.name} goes back to its disk of ${Math.round(copy.at)}`)
    this.#watch.rolledBack(node, copy.at)
    await this.#world.restore(node, copy)
  }

  /**
   * A device directory is copied to another machine, and both run from now on. Neither is hub: two processes of one key
   * never link, so that members of one hub would hear another of the same key and could not tell them apart.
   */
  async clone(): Promise<void> {
    const node = this.#any(this.#world.nodes.filter((each) => each.isUp && !each.options.visitor))
    if (!node || this.#world.nodes.filter((each) => !each.isGone && !each.options.neverHub).length < 3) return
    this.#world.kill(node)
    node.options = { ...node.options, neverHub: true }
    const twin = this.#world.clone(node)
    await this.#world.start(node)
    this.#log(`${twin.name} is a copy of ${node.name}`)
    await this.#world.start(twin)
  }
}
