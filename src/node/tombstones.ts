/** Tombstones: what authors have deleted, each in place of a body. One may come before its event. */
import { type Event, parseTombstone, type Tombstone } from '../wire/event.ts'
import type { EventId, NetId } from '../wire/ids.ts'
import { tombstoneKey } from './keys.ts'
import type { LaneTable } from './lane-table.ts'
import { dropTombstone, dropTombstones, type Lane, noteTombstone } from './lanes.ts'
import type { Store } from './store.ts'
import type { Unwritten } from './unwritten.ts'

/** Of one lane beyond its events. */
const AHEAD_MAX = 4096

export class Tombstones {
  readonly #unwritten: Unwritten

  constructor(unwritten: Unwritten) {
    this.#unwritten = unwritten
  }

  /** In place of what the disk has damaged it comes again; what it deleted is not here meanwhile. */
  async load(store: Pick<Store, 'scan'>, table: LaneTable, net: NetId): Promise<void> {
    for await (const [key, value] of store.scan({ from: 'd', to: 'e' })) {
      const tombstone = parseTombstone(net, value)
      if (tombstone && key === tombstoneKey(tombstone.id))
        noteTombstone(table.open(tombstone), tombstone.id, tombstone.n)
    }
  }

  has(id: EventId): boolean {
    return this.get(id) !== undefined
  }

  get(id: EventId): Uint8Array | undefined {
    return this.#unwritten.get(tombstoneKey(id))
  }

  /** Ahead of their events they are bounded, or the author could fill every store with deletions of nothing. They come again. */
  hasRoom(lane: Lane, n: number): boolean {
    return n <= lane.n || lane.tombstones.size < lane.n + AHEAD_MAX
  }

  keep(lane: Lane, { id, n, bytes }: Tombstone): void {
    this.#unwritten.put(tombstoneKey(id), bytes)
    noteTombstone(lane, id, n)
  }

  /** One that came before the event at its n, and names another one, deletes nothing. */
  dropMistaken(lane: Lane, event: Event): void {
    for (const [id, n] of lane.tombstones) if (n === event.n && id !== event.id) this.drop(lane, id)
  }

  drop(lane: Lane, id: EventId): void {
    dropTombstone(lane, id)
    this.#unwritten.del(tombstoneKey(id))
  }

  dropAll(lane: Lane): void {
    for (const id of lane.tombstones.keys()) this.#unwritten.del(tombstoneKey(id))
    dropTombstones(lane)
  }

  /** Those that are not on disk any more are to be had from others again. True where there were any. */
  dropLost(lane: Lane): boolean {
    const lost = [...lane.tombstones.keys()].filter((id) => !this.has(id))
    for (const id of lost) dropTombstone(lane, id)
    return lost.length > 0
  }
}
