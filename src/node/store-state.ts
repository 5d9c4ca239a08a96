/**
 * The state of the store, as the shell tells of it: looked through or not yet, failing, replaced by an empty one, or
 * brought back in parts. Nothing is acknowledged before it is known and its disk works (INV-14).
 */

import type { Crypto } from '../wire/crypto.ts'
import type { RoomId } from '../wire/ids.ts'
import type { ChoiceEvent } from './choice.ts'
import type { Comparing } from './comparing.ts'
import type { Confirming } from './confirming.ts'
import type { CoreInput } from './core-io.ts'
import type { Counting } from './counting.ts'
import type { Display } from './display.ts'
import type { Durable } from './durable.ts'
import type { Publishing } from './publishing.ts'
import type { Readiness } from './readiness.ts'
import type { Replica } from './replica.ts'
import type { Replication } from './replication.ts'
import { type SalvagePorts, takeSalvaged } from './salvage.ts'
import type { SearchIndex } from './search/search-index.ts'
import type { LinkId, Sync } from './sync.ts'
import type { Taking } from './taking.ts'
import type { Turn } from './turn.ts'
import type { Verification } from './verification.ts'
import type { Views } from './views.ts'
import type { Writes } from './writes.ts'

type Told<K extends CoreInput['in']> = Extract<CoreInput, { in: K }>

/** Stands for the own disk where a link is asked for; no link has it. */
const SALVAGE: LinkId = -2

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
  readonly crypto: Crypto
  readonly replica: Replica
  readonly views: Views
  readonly turn: Turn
  readonly verification: Verification
  readonly taking: Taking
  readonly counting: Counting
  choose(event: ChoiceEvent): void
  /** What counts in a room may have changed. */
  roomChanged(room: RoomId): void
}

export class StoreState {
  readonly #ports: StoreStatePorts
  readonly #salvage: SalvagePorts
  #isScanned = false
  #isFailing = false

  constructor(ports: StoreStatePorts) {
    const { crypto, replica, views, turn, verification, taking, counting, roomChanged } = ports
    this.#ports = ports
    this.#salvage = {
      crypto,
      replica,
      isDeleted: (room) => views.room(room)?.deleted === true,
      verify: (checks, then) => verification.add(SALVAGE, turn.newTicket(), checks, then),
      took: (run) => taking.salvaged(run),
      deleted: (tombstone) => counting.deleted(tombstone),
      forked: (run) => roomChanged(run.events[0]!.room),
    }
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
    const { turn, choose, roomChanged } = this.#ports
    this.#isScanned = true
    replication.takeUp(publishing.lanes(), turn.moment.now)
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
    const { comparing, readiness, turn } = this.#ports
    readiness.drop()
    takeSalvaged(this.#salvage, part, (brought) => {
      turn.effect({ do: 'salvaged', brought })
      if (isLast) comparing.all()
    })
  }
}
