/**
 * The scan: walks all stored events, finds out what each lane really holds, and corrects what hints and indexes said. Lanes
 * that grow meanwhile keep what they gained above a sound prefix.
 */
import type { Crypto } from '../wire/crypto.ts'
import { decodeHeader, type Event, idOf, isControlLane } from '../wire/event.ts'
import type { RoomId } from '../wire/ids.ts'
import type { Beyond } from './beyond.ts'
import { concernsKeys, type ErasedKeys } from './erased-keys.ts'
import type { Forks } from './forks.ts'
import { beginIndexSum, entriesTogether, IndexSum } from './index-check.ts'
import type { Indexes } from './indexes.ts'
import { LANE_KEY_LENGTH, parseLaneKey } from './keys.ts'
import type { LaneGrowth } from './lane-growth.ts'
import type { LaneRecords } from './lane-records.ts'
import type { LaneTable } from './lane-table.ts'
import { isSameLane, type Lane, type LaneName, newLane } from './lanes.ts'
import type { MissingBodies } from './missing-bodies.ts'
import { readStored, type StoredRun } from './run-record.ts'
import type { SignedRuns } from './signed-runs.ts'
import type { Store } from './store.ts'
import type { Tombstones } from './tombstones.ts'
import type { Unwritten } from './unwritten.ts'

/** Verifying one event takes as long as unpacking many lanes, a value holds up to 64, and a search waits for the page. */
const EVENTS_PAGE = 8

export interface StoreScanPorts {
  readonly crypto: Crypto
  readonly store: Pick<Store, 'scan'>
  readonly unwritten: Unwritten
  readonly table: LaneTable
  readonly records: LaneRecords
  readonly indexes: Indexes
  readonly tombstones: Tombstones
  readonly forks: Forks
  readonly runs: SignedRuns
  readonly keys: ErasedKeys
  readonly missing: MissingBodies
  readonly beyond: Beyond
  readonly growth: LaneGrowth
  /** What is listed of this lane may have changed. */
  changed(lane: Lane): void
  /** The index has control events of this lane that it did not have. */
  mended(lane: Lane): void
}

export interface Scanned {
  readonly lanes: number
  /** How many lanes were wrong, or events that an index did not have. */
  readonly wrong: number
  /** Their rooms: what counts there must be decided anew. */
  readonly rooms: Set<RoomId>
  /** Those that count now and did not by the hints, beside those that LaneGrowth freed. */
  readonly events: Event[]
}

export class StoreScan {
  readonly #ports: StoreScanPorts
  /** By the hints, of lanes that were not found yet. */
  readonly #hinted = new Map<Lane, number>()
  /** What the indexes should be. */
  readonly #expected = new IndexSum()
  /** The lane whose events are read: as the disk has it, and as it is held. */
  #found: Lane | undefined
  #held: Lane | undefined
  /** From here on its events count no more. */
  #isBroken = false
  #lanes = 0
  #wrong = 0
  readonly #rooms = new Set<RoomId>()
  readonly #fresh: Event[] = []

  constructor(ports: StoreScanPorts) {
    this.#ports = ports
  }

  /** Once. */
  async run(): Promise<Scanned> {
    const { store, table, indexes, growth } = this.#ports
    const isIdsAnew = await indexes.renewIds()
    for (const lane of table.all()) this.#hinted.set(lane, lane.n)
    const sum = beginIndexSum((range) => store.scan(range))
    for await (const [key, value] of store.scan({ from: 'e', to: 'f', page: EVENTS_PAGE }))
      this.#read(key, value)
    if (this.#found) this.#settle(this.#found)
    for (const { room, author, lane } of [...this.#hinted.keys()])
      this.#settle({ ...newLane(room, author, lane), top: 0 })
    table.foundAll()
    for (const lane of table.all()) this.#dropLost(lane)
    // Lanes that were looked at before what says that their bodies may be missing.
    growth.close(table.all())
    // Also of what grew meanwhile, above what the scan has come to later.
    indexes.noteEnds(Number.POSITIVE_INFINITY)
    if (isIdsAnew) await indexes.idsRenewed()
    if (!this.#expected.equals(await sum())) await this.#mendIndexes()
    return { lanes: this.#lanes, wrong: this.#wrong, rooms: this.#rooms, events: this.#fresh }
  }

  /** One value: an event that lies alone, or a run. */
  #read(key: string, value: Uint8Array): void {
    const { crypto, unwritten, keys, records } = this.#ports
    if (key.length !== LANE_KEY_LENGTH + 8) return
    const at = parseLaneKey(key)
    const stored = readStored(crypto, value)
    const first = at.n - (stored?.headers.length ?? 0) + 1
    const events = stored?.headers.map((header, i) => decodeHeader(crypto, header, stored.ids?.[i])) ?? []
    if (!stored || !events.every((event, i) => isSameLane(event, at) && event.n === first + i)) {
      // The disk has damaged the key or a header: what belongs here comes again.
      unwritten.del(key)
      unwritten.erased(key)
      return
    }
    if (!this.#found || !isSameLane(this.#found, at)) this.#begin(at)
    const found = this.#found!
    found.top = at.n
    if (stored.bodies) found.runs.push(at.n)
    for (const [i, event] of events.entries())
      if (concernsKeys(event.kind)) keys.note(event, stored.bodies?.[i] ?? records.body(event))
    this.#follow(found, stored, events)
  }

  #begin({ room, author, lane }: LaneName): void {
    if (this.#found) this.#settle(this.#found)
    this.#found = newLane(room, author, lane)
    this.#found.top = 0
    this.#held = this.#ports.table.open(this.#found)
    this.#isBroken = false
    this.#lanes++
  }

  /** As far as these count the lane goes on. */
  #follow(found: Lane, { bodies, signature }: StoredRun, events: readonly Event[]): void {
    const { missing, indexes } = this.#ports
    const isRun = bodies !== undefined
    if (isRun) this.#expect(events, [])
    for (const [i, event] of events.entries()) {
      const isNext = event.n === found.n + 1 && event.prev === found.id
      this.#isBroken ||= !isNext || !missing.isSound(event, bodies?.[i])
      if (this.#isBroken) break
      this.#expect(isRun ? [] : [event], [event])
      if (this.#held && !indexes.hasId(this.#held, event.n)) indexes.noteId(this.#held, event.n, event.id)
      found.n = event.n
      found.id = event.id
      if (event.n !== found.top || !signature) continue
      found.end = event.n
      found.endId = event.id
    }
  }

  #expect(events: readonly Event[], counted: readonly Event[]): void {
    for (const entry of entriesTogether({ events, counted })) this.#expected.add(entry)
  }

  /** found: what the disk really holds of a lane. */
  #settle(found: Lane): void {
    const { table } = this.#ports
    const known = table.open(found)
    const hint = this.#hinted.get(known) ?? 0
    this.#hinted.delete(known)
    // First, since what follows the lane is looked for up to there only.
    table.found(found)
    if (this.#correct(found, hint)) this.#noteWrong(found.room)
  }

  #noteWrong(room: RoomId): void {
    this.#wrong++
    this.#rooms.add(room)
  }

  /** True where the hint was wrong. */
  #correct(found: Lane, hint: number): boolean {
    const { table, runs, beyond, indexes, growth, changed } = this.#ports
    const isSigned = found.n === found.end || runs.chain(found, found.n) !== undefined
    if (!isSigned) {
      // Nothing covers the rest any more: it must come again with a signature.
      found.n = found.end
      found.id = found.endId
    }
    const held = table.open(found)
    beyond.forget(held)
    const before = held.n
    // The disk may have damaged the hint alone.
    const isOther = found.n === held.n ? found.id !== held.id : found.n > held.n && !this.#isEndOf(held)
    const isFalse = isOther || found.n < hint || held.end > held.n
    if (isFalse) {
      held.n = found.n
      held.id = found.id
      held.end = found.end
      held.endId = found.endId
      indexes.cut(held, held.n)
    }
    held.told = Math.min(held.told, held.n)
    if (isSigned) growth.extend(held)
    // Of a lane whose record is lost that is all of it: more than a call takes.
    for (const event of growth.tell(held)) this.#fresh.push(event)
    if (held.n === before && !isFalse) return false
    changed(held)
    return true
  }

  /** Does the event that the lane ends with lie there? */
  #isEndOf(lane: Lane): boolean {
    const { crypto, records } = this.#ports
    const stored = records.header(lane, lane.n)
    return lane.n === 0 || (stored !== undefined && (stored.id ?? idOf(crypto, stored.header)) === lane.id)
  }

  #dropLost(lane: Lane): void {
    const { tombstones, forks, changed } = this.#ports
    const isDeletionLost = tombstones.dropLost(lane)
    if (!forks.dropLost(lane) && !isDeletionLost) return
    changed(lane)
    this.#noteWrong(lane.room)
  }

  async #mendIndexes(): Promise<void> {
    const { table, indexes, mended } = this.#ports
    for (const event of await indexes.mend()) {
      this.#noteWrong(event.room)
      const lane = table.get(event)
      if (lane && isControlLane(event.lane)) mended(lane)
    }
  }
}
