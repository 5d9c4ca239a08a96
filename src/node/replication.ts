/**
 * Replication: own lanes until two other devices have signed that they hold them (rule AK-14). The outbox sees to the
 * first copy; this sees to the others, gently: it offers by vector to those who sign, a few lanes at a time, after ever
 * longer waits, and not at all while fewer than two other devices are here. Whoever holds a lane signs it anew, whoever
 * lacks some of it pulls.
 *
 * What earlier runs of this program wrote is taken up at a start, since nothing on disk says how far it had come: two
 * signatures each, and it is settled. Pure: time is an input.
 */
import type { VerifiedRun } from '../wire/event.ts'
import type { FrameOf } from '../wire/frames.ts'
import type { EventId, LaneId, PersonKey, RoomId } from '../wire/ids.ts'
import { classOf, type Lane } from './lanes.ts'
import { offersOf } from './offers.ts'

/** The first offer comes when the usual witnesses had time enough, the next ones after twice the wait each. */
const FIRST_MS = 3000
const WAIT_MS_MAX = 300_000
/** Lanes in one round, and lanes of earlier runs: the rest waits for its turn, or for sync, which brings them anyway. */
const ROUND_LANES = 64
const FORMER_MAX = 512
/** Devices that sign for one lane: hub and three of the line, a talk's other side, and those before a change of hub. */
const SIGNERS_MAX = 16
const COPIES = 2

interface Open {
  readonly room: RoomId
  readonly author: PersonKey
  readonly lane: LaneId
  n: number
  id: EventId
  /** Up to where each device signed. */
  readonly signed: Map<PersonKey, number>
  /** When it last came further, or was written to after it was settled; monotonic ms. */
  since: number
}

export class Replication {
  /** Would what this author writes there count, and has it not expired? Else nobody may want it. */
  readonly #counts: (room: RoomId, lane: LaneId) => boolean
  /** Lanes that are not held by two others to their end; those that wait longest for their turn first. */
  readonly #open = new Map<string, Open>()
  #others = 0
  #waitMs = FIRST_MS
  #dueAt = Number.NEGATIVE_INFINITY

  constructor(counts: (room: RoomId, lane: LaneId) => boolean) {
    this.#counts = counts
  }

  /** Own lanes that two others are not known to hold. */
  get size(): number {
    return this.#open.size
  }

  /** An own run is on disk. now: monotonic ms. */
  wrote(run: VerifiedRun, now: number): void {
    const last = run.events[run.events.length - 1]!
    const name = last.room + last.lane
    const open = this.#open.get(name)
    if (open) {
      open.n = last.n
      open.id = last.id
    } else {
      const { room, author, lane, n, id } = last
      this.#open.set(name, { room, author, lane, n, id, signed: new Map(), since: now })
    }
  }

  /** Own lanes as the store has them at the start. The newest content first: its lane ids begin with their time. */
  takeUp(lanes: Iterable<Lane>, now: number): void {
    const former = [...lanes].filter(({ n, forkAt }) => n > 0 && forkAt === 0)
    former.sort((a, b) => classOf(b.lane) - classOf(a.lane) || (a.lane < b.lane ? 1 : -1))
    for (const { room, author, lane, n, id } of former.slice(0, FORMER_MAX))
      if (!this.#open.has(room + lane))
        this.#open.set(room + lane, { room, author, lane, n, id, signed: new Map(), since: now })
  }

  /** Another device signed that it holds this own lane up to n. now: monotonic ms. */
  signed(by: PersonKey, room: RoomId, lane: LaneId, n: number, now: number): void {
    const open = this.#open.get(room + lane)
    if (!open || n <= (open.signed.get(by) ?? 0)) return
    const before = copied(open)
    open.signed.set(by, n)
    if (open.signed.size > SIGNERS_MAX) open.signed.delete(open.signed.keys().next().value!)
    const copiedTo = copied(open)
    if (copiedTo >= open.n) this.#open.delete(room + lane)
    else if (copiedTo > before) open.since = now
    if (this.#open.size === 0) this.#waitMs = FIRST_MS
  }

  /** Is a signature of this device for so much of the lane still waited for? */
  lacks(by: PersonKey, room: RoomId, lane: LaneId, n: number): boolean {
    const open = this.#open.get(room + lane)
    return open !== undefined && (open.signed.get(by) ?? 0) < n
  }

  /** Another hub is followed, or this node is one: who signs may have changed. now: monotonic ms. */
  moved(now: number): void {
    this.#waitMs = FIRST_MS
    this.#dueAt = now + FIRST_MS
  }

  /** others: devices here now, without this one. Returns offers for those who sign, where it is time. now: monotonic ms. */
  due(now: number, others: number): FrameOf<'offer'>[] {
    if (others > this.#others) this.moved(now)
    this.#others = others
    if (others < COPIES || now < this.#dueAt) return []
    const round = [...this.#open.values()]
      .filter(({ room, lane, since }) => now - since >= FIRST_MS && this.#counts(room, lane))
      .slice(0, ROUND_LANES)
    if (round.length === 0) return []
    this.#dueAt = now + this.#waitMs
    this.#waitMs = Math.min(WAIT_MS_MAX, 2 * this.#waitMs)
    for (const open of round) {
      // Behind the others: their turn is next.
      this.#open.delete(open.room + open.lane)
      this.#open.set(open.room + open.lane, open)
    }
    return offersOf(round)
  }
}

/** Up to where two others hold it. */
function copied({ signed }: Open): number {
  return [...signed.values()].sort((a, b) => b - a)[COPIES - 1] ?? 0
}
