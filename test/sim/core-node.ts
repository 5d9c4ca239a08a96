/** One node of the whole-node simulator: what outlives its processes (key, disk, clock), and the present process. */
import { createHash } from 'node:crypto'
import type { Core } from '../../src/node/core.ts'
import type { CoreInput } from '../../src/node/core-io.ts'
import type { NodeEvent } from '../../src/node/events.ts'
import { MemoryStore } from '../../src/node/memory-store.ts'
import { newPlace, type Place } from '../../src/node/places.ts'
import type { Signer } from '../../src/wire/crypto.ts'
import type { Frame } from '../../src/wire/frames.ts'
import { type PersonKey, personKey } from '../../src/wire/ids.ts'
import { simSigner } from './core-crypto.ts'
import { SaidRuns } from './core-said.ts'
import type { World } from './core-world.ts'

export interface SimNodeOptions {
  readonly neverHub?: boolean
  readonly preferHub?: boolean
  readonly visitor?: boolean
}

/** What a node that lies does to what its core would say, and to what it hears. */
export interface Liar {
  /** What goes out instead of this frame. */
  says(frame: Frame, to: SimNode): readonly { readonly frame: Frame; readonly delayMs: number }[]
  /** False: its core never gets this frame. */
  hears(frame: Frame, from: SimNode, link: number): boolean
}

/** What a power loss takes of the writes that no sync stands behind: the newest ones, or one among them. */
export type Loss = 'suffix' | 'hole'

/** What was on a disk at some time. */
export interface Copy {
  readonly at: number
  readonly entries: readonly (readonly [string, Uint8Array])[]
}

const FAULTS_MAX = 3

export class SimNode {
  readonly name: string
  readonly seed: Uint8Array
  readonly signer: Signer
  readonly key: PersonKey
  address: string
  store: MemoryStore
  core!: Core
  isUp = false
  isPaused = false
  paused: CoreInput[] = []
  pausedAt = 0
  /** It was stopped for long, and has not asked yet who the hub is. */
  mustAsk = false
  resumedAt = Number.NEGATIVE_INFINITY
  place: Place | undefined
  /** Raw clock minus true time, ms. */
  clockOffset = 0
  startedAt = 0
  /** What it told since it was made, over all its processes; `lifeAt`: where those of the present process begin. */
  readonly events: NodeEvent[] = []
  lifeAt = 0
  readonly answers = new Map<number, NodeEvent>()
  liar: Liar | undefined
  readonly said = new SaidRuns()
  wakeAt = Number.POSITIVE_INFINITY
  /** Counts processes: what an earlier one began no longer concerns the present one. */
  epochOfLife = 0
  /** Its disk refuses to be written: it goes on in memory. */
  isDiskFailing = false
  /** The disk will not work again in this process. */
  isDiskDead = false
  /** The present process knows what is on its disk. */
  isScanned = false
  /** It breaks the protocol on purpose: nothing is promised to it, and faults it is charged with are right. */
  isCheat = false
  /** Its disk was lost, or an older state of it came back: at most so many devices may be, for each promise. */
  isRolledBack = false
  /** Keys that it serves no more after three faults, and until when. */
  readonly penalties = new Map<PersonKey, number>()
  readonly #faults = new Map<PersonKey, number>()
  /** Its disk is lost for good. */
  isGone = false
  /** Keys that a power loss may take back, by the write that put them. */
  readonly unsynced = new Map<string, number>()
  #committedAt = 0

  /** twin: the node whose key it has too, as after a copied data directory. */
  constructor(
    readonly world: World,
    readonly index: number,
    public options: SimNodeOptions,
    twin?: SimNode,
  ) {
    this.name = `n${index}`
    this.seed =
      twin?.seed ??
      new Uint8Array(createHash('sha256').update(`seed ${world.options.seed} ${index}`).digest())
    this.signer = twin?.signer ?? simSigner(this.seed)
    this.key = personKey(this.signer.key)
    this.address = `10.0.0.${index + 1}:27470`
    this.store = this.newStore([])
    if (!world.options.hasCode) this.place = newPlace(world.crypto.random(8))
  }

  /** A disk: commits take a moment and end in the order they began. */
  newStore(entries: Iterable<readonly [string, Uint8Array]>): MemoryStore {
    const { world } = this
    return new MemoryStore({
      crashable: true,
      entries,
      commit: (done) => {
        this.#committedAt = Math.max(this.#committedAt, world.now + world.random() * 4 + 0.2)
        world.after(this.#committedAt - world.now, done)
      },
    })
  }

  /** One more fault of this key: true at the third. */
  countsFault(key: PersonKey): boolean {
    const count = (this.#faults.get(key) ?? 0) + 1
    this.#faults.set(key, count % FAULTS_MAX)
    return count === FAULTS_MAX
  }

  refuses(key: PersonKey): boolean {
    return (this.penalties.get(key) ?? 0) > this.world.now
  }

  /** What is on its disk now: to go back to later, or for a twin. */
  copy(): Copy {
    return { at: this.world.now, entries: this.store.snapshot() }
  }

  /** Events of the present process. */
  get life(): readonly NodeEvent[] {
    return this.events.slice(this.lifeAt)
  }

  of<T extends NodeEvent['type']>(type: T): Extract<NodeEvent, { type: T }>[] {
    return this.events.filter((event) => event.type === type) as Extract<NodeEvent, { type: T }>[]
  }

  texts(): string[] {
    return this.of('message').map((message) => message.text)
  }
}
