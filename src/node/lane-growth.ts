/**
 * Growth: lanes count along a prefix in which each event follows the one before and none lacks anything that it needs. What
 * lies behind a hole counts once that is closed, perhaps by what came elsewhere.
 */
import type { Crypto } from '../wire/crypto.ts'
import { decodeHeader, type Event } from '../wire/event.ts'
import type { Indexes } from './indexes.ts'
import type { LaneRecords } from './lane-records.ts'
import { type Lane, tellableN } from './lanes.ts'
import type { MissingBodies } from './missing-bodies.ts'
import type { Tombstones } from './tombstones.ts'
import type { Vectors } from './vectors.ts'

export interface LaneGrowthPorts {
  readonly crypto: Crypto
  readonly records: LaneRecords
  readonly indexes: Indexes
  readonly tombstones: Tombstones
  readonly missing: MissingBodies
  readonly vectors: Vectors
  /** What is listed of this lane may have changed. */
  readonly changed: (lane: Lane) => void
}

export class LaneGrowth {
  readonly #crypto: Crypto
  readonly #records: LaneRecords
  readonly #indexes: Indexes
  readonly #tombstones: Tombstones
  readonly #missing: MissingBodies
  readonly #vectors: Vectors
  readonly #changed: (lane: Lane) => void
  #isClosing = false
  /** Events that count since something came elsewhere. */
  #freed: Event[] = []

  constructor({ crypto, records, indexes, tombstones, missing, vectors, changed }: LaneGrowthPorts) {
    this.#crypto = crypto
    this.#records = records
    this.#indexes = indexes
    this.#tombstones = tombstones
    this.#missing = missing
    this.#vectors = vectors
    this.#changed = changed
  }

  /** The next event of the lane counts. isSigned: a run ends with it; isInRun: it lies in a stored run. */
  advance(lane: Lane, event: Event, isSigned: boolean, isInRun: boolean): void {
    lane.n = event.n
    lane.id = event.id
    if (isSigned) this.setEnd(lane, event)
    this.#tombstones.dropMistaken(lane, event)
    this.#indexes.add(lane, event, isInRun)
  }

  /** A run ends with this event, which counts. */
  setEnd(lane: Lane, event: Event): void {
    lane.end = event.n
    lane.endId = event.id
    this.#changed(lane)
  }

  /** What lies behind the lane's n counts as far as nothing is missing. */
  extend(lane: Lane): void {
    while (lane.n < lane.top) {
      const stored = this.#records.header(lane, lane.n + 1)
      if (!stored) return
      const event = decodeHeader(this.#crypto, stored.header, stored.id)
      if (event.prev !== lane.id || !this.#missing.isWhole(event)) return
      this.advance(lane, event, stored.signature !== undefined, stored.isInRun)
    }
  }

  /** The events that the node around has not been told of and may be told now. just: what was kept a moment ago. */
  tell(lane: Lane, just: readonly Event[] = []): Event[] {
    const events: Event[] = []
    const from = just[0]?.n ?? 0
    for (const end = tellableN(lane, this.#vectors.limit(lane)); lane.told < end; lane.told++) {
      const n = lane.told + 1
      const event = just[n - from] ?? this.#records.event(lane, n)
      if (event) events.push(event)
    }
    return events
  }

  // --- behind holes -------------------------------------------------------------------------------------------------

  /** A run comes: nothing is closed before it is held. */
  pause(): void {
    this.#isClosing = true
  }

  /** Once for all that a run brought; what this brings, in turn. */
  resume(): void {
    this.#isClosing = false
    this.closeDue()
  }

  /** Lanes that waited for bodies which may be missing now go on behind them. */
  closeDue(): void {
    if (this.#isClosing) return
    this.#isClosing = true
    while (this.#missing.isDue) this.close(this.#missing.takeDue())
    this.#isClosing = false
  }

  close(lanes: Iterable<Lane>): void {
    for (const lane of lanes) {
      const before = lane.n
      const next = before < lane.top && this.#records.event(lane, before + 1)
      if (next && this.#missing.mayLack(next)) this.extend(lane)
      this.#missing.noteHole(lane)
      if (lane.n === before) continue
      this.#changed(lane)
      this.#freed.push(...this.tell(lane))
    }
  }

  /** Events of whatever lanes that count since holes before them need not be filled any more, each once. */
  takeFreed(): Event[] {
    const freed = this.#freed
    this.#freed = []
    return freed
  }
}
