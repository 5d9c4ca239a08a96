/**
 * Missing bodies: which events count without theirs. Keys of deleted rooms do, and content of which its own person said on
 * another device that it is deleted (rules EV-18, EV-19). Any other that is missing is a hole before which its lane ends,
 * until the body comes or somebody says that it may be missing.
 */
import type { Crypto } from '../wire/crypto.ts'
import { type Event, isBodyOf, isControlLane } from '../wire/event.ts'
import type { EventId, PersonKey } from '../wire/ids.ts'
import type { Bare } from './bare.ts'
import { concernsKeys, type ErasedKeys } from './erased-keys.ts'
import { Excuses } from './excuses.ts'
import { Holes } from './holes.ts'
import type { LaneRecords } from './lane-records.ts'
import type { LaneTable } from './lane-table.ts'
import type { Lane } from './lanes.ts'
import type { Tombstones } from './tombstones.ts'

export interface MissingBodiesPorts {
  readonly crypto: Crypto
  readonly table: LaneTable
  readonly records: LaneRecords
  readonly tombstones: Tombstones
  readonly keys: ErasedKeys
  readonly bare: Bare
  /** May these be, or have been, devices of one person? Once true it stays so. */
  areKin(by: PersonKey, author: PersonKey): boolean
}

export class MissingBodies {
  readonly #ports: MissingBodiesPorts
  readonly #records: LaneRecords
  readonly #tombstones: Tombstones
  readonly #keys: ErasedKeys
  readonly #bare: Bare
  readonly #excuses = new Excuses()
  readonly #holes = new Holes()
  /** Lanes whose hole may be none any more. */
  readonly #due = new Set<Lane>()

  constructor(ports: MissingBodiesPorts) {
    this.#ports = ports
    this.#records = ports.records
    this.#tombstones = ports.tombstones
    this.#keys = ports.keys
    this.#bare = ports.bare
  }

  /** Does this event count without its body? */
  mayLack(event: Event): boolean {
    if (isControlLane(event.lane)) return this.#keys.mayLack(event)
    for (const by of this.#excuses.authorsOf(event.id)) if (this.#ports.areKin(by, event.author)) return true
    return false
  }

  /** The same of one whose body is not here. */
  goesBare(event: Event): boolean {
    if (!this.mayLack(event)) return false
    this.#bare.note(event)
    return true
  }

  /** Is nothing of this event missing that it needs to count? */
  isWhole(event: Event): boolean {
    return this.#records.body(event) !== undefined || this.#tombstones.has(event.id) || this.goesBare(event)
  }

  /** The same; a body that the disk has damaged is dropped, so that it comes again. stored: where it was read already. */
  isSound(event: Event, stored: Uint8Array | null | undefined): boolean {
    const body = stored ?? this.#records.body(event)
    if (body === undefined) return this.#tombstones.has(event.id) || this.goesBare(event)
    if (isBodyOf(this.#ports.crypto, event.header, body)) return true
    this.#records.dropBody(event, event.n, event.id)
    return false
  }

  // --- who says so --------------------------------------------------------------------------------------------------

  /** What says that keys of a room may be missing is known as soon as it was seen, signed, wherever in its lane it stands. */
  note(event: Event, body: Uint8Array | null | undefined): void {
    if (concernsKeys(event.kind) && this.#keys.note(event, body)) this.#lookAtRoom(event)
  }

  /** An `erase` of this author names these: those of the same person count without their bodies, gone elsewhere or soon here. */
  excuse(by: PersonKey, ids: Iterable<EventId>): void {
    for (const id of this.#excuses.add(by, ids)) this.#lookAt(id, by)
  }

  /** What mayDelete or areKin say of these may be another thing now. */
  kinChanged(keys: readonly PersonKey[]): void {
    for (const room of this.#keys.changed(keys)) this.#lookAtRoom({ room })
    for (const key of keys) {
      for (const lane of this.#holes.of(key)) this.#due.add(lane)
      for (const id of this.#excuses.namedBy(key)) this.#lookAt(id, key)
    }
  }

  #lookAtRoom({ room }: Pick<Event, 'room'>): void {
    for (const lane of this.#ports.table.of(room, 0)) this.#due.add(lane)
  }

  /** The lane that waits for this event need not, where this author's word suffices. */
  #lookAt(id: EventId, by: PersonKey): void {
    const lane = this.#holes.at(id)
    if (lane && this.#ports.areKin(by, lane.author)) this.#due.add(lane)
  }

  // --- holes --------------------------------------------------------------------------------------------------------

  /** Before the scan it is not known where lanes end; it looks at all of them. */
  noteHole(lane: Lane): void {
    const isOpen = lane.n < lane.top && lane.top !== Number.POSITIVE_INFINITY
    this.#holes.note(lane, isOpen ? this.#records.event(lane, lane.n + 1)?.id : undefined)
  }

  /** The lane is erased. */
  forget(lane: Lane): void {
    this.#holes.note(lane, undefined)
  }

  get isDue(): boolean {
    return this.#due.size > 0
  }

  /** Lanes whose hole may be none any more since the last call. */
  takeDue(): Lane[] {
    const lanes = [...this.#due]
    this.#due.clear()
    return lanes
  }
}
