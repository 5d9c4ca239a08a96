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
  place: Place | undefined
  /** Raw clock minus true time, ms. */
  clockOffset = 0
  startedAt = 0
  /** What it told since it was made, over all its processes; `lifeAt`: where those of the present process begin. */
  readonly events: NodeEvent[] = []
  lifeAt = 0
  readonly answers = new Map<number, NodeEvent>()
  liar: Liar | undefined
  wakeAt = Number.POSITIVE_INFINITY
  /** Counts processes: what an earlier one began no longer concerns the present one. */
  epochOfLife = 0
  /** Its disk refuses to be written: it goes on in memory. */
  isDiskFailing = false
  /** Its disk is lost for good. */
  isGone = false
  /** Keys that a power loss may take back, by the write that put them. */
  readonly unsynced = new Map<string, number>()
  #committedAt = 0

  /** twin: the node whose key it has too, as after a copied data directory. */
  constructor(
    readonly world: World,
    readonly index: number,
    readonly options: SimNodeOptions,
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
