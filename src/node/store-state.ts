/**
 * The state of the store, as the shell tells of it: looked through or not yet, failing, replaced by an empty one, or
 * brought back in parts. Nothing is acknowledged before it is known and its disk works (INV-14).
 */

import type { RoomId } from '../wire/ids.ts'
import type { ChoiceEvent } from './choice.ts'
import type { Comparing } from './comparing.ts'
import type { Confirming } from './confirming.ts'
import type { CoreEffect, CoreInput } from './core-io.ts'
import type { Display } from './display.ts'
import type { Durable } from './durable.ts'
import type { Publishing } from './publishing.ts'
import type { Readiness } from './readiness.ts'
import type { Replication } from './replication.ts'
import { type SalvagePorts, takeSalvaged } from './salvage.ts'
import type { SearchIndex } from './search/search-index.ts'
import type { Sync } from './sync.ts'
import type { Writes } from './writes.ts'

type Told<K extends CoreInput['in']> = Extract<CoreInput, { in: K }>

export interface StoreStatePorts {
  readonly durable: Durable
  readonly writes: Writes
  readonly search: SearchIndex
  readonly display: Display
  readonly sync: Sync
  readonly comparing: Comparing
  readonly confirming: Confirming
  readonly replication: Replication
  readonly publishing: Publishing
  readonly readiness: Readiness
  readonly salvage: SalvagePorts
  /** Monotonic ms. */
  now(): number
  choose(event: ChoiceEvent): void
  /** What counts in a room may have changed. */
  roomChanged(room: RoomId): void
  effect(effect: CoreEffect): void
}

export class StoreState {
  readonly #ports: StoreStatePorts
  #isScanned = false
  #isFailing = false

  constructor(ports: StoreStatePorts) {
    this.#ports = ports
  }

  /** It is known what is in it. */
  get isScanned(): boolean {
    return this.#isScanned
  }

  /** It is known, and its disk works. */
  get isSound(): boolean {
    return this.#isScanned && !this.#isFailing
  }

  /** The truth about the store, where hints were wrong: what counts is decided anew, what is missing is asked for. */
  scanned({ wrong, rooms, events }: Told<'scanned'>): void {
    const { search, display, sync, comparing, replication, publishing, readiness } = this.#ports
    const { now, choose, roomChanged } = this.#ports
    this.#isScanned = true
    replication.takeUp(publishing.lanes(), now())
    if (wrong > 0) {
      publishing.closeLanes()
      search.recount()
      readiness.drop()
      for (const room of rooms) roomChanged(room)
      display.arrived(events)
      comparing.all()
      for (const room of rooms) sync.ask(room)
    }
    choose({ in: 'facts', facts: { ready: true } })
  }

  failing({ failing, sinceStart }: Told<'storeFailing'>): void {
    this.#isFailing = failing
    if (!failing) this.#ports.confirming.signAgain()
    const facts = !failing
      ? { failing: false, diskless: false }
      : sinceStart
        ? { diskless: true }
        : { failing: true }
    this.#ports.choose({ in: 'facts', facts })
  }

  replaced(): void {
    const { durable, writes, search, publishing, readiness, choose } = this.#ports
    this.#isScanned = false
    readiness.drop()
    search.restart()
    publishing.closeLanes()
    durable.lost()
    writes.needSync()
    choose({ in: 'facts', facts: { ready: false } })
  }

  salvaged({ part, isLast }: Told<'salvage'>): void {
    const { comparing, readiness, salvage, effect } = this.#ports
    readiness.drop()
    takeSalvaged(salvage, part, (brought) => {
      effect({ do: 'salvaged', brought })
      if (isLast) comparing.all()
    })
  }
}
