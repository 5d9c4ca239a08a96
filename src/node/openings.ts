/**
 * Rooms that this person has come into, until their last lines are told: the history first, then what arrives. A room opens
 * when its history is here, or has had time enough.
 */
import type { Event } from '../wire/event.ts'
import type { RoomId } from '../wire/ids.ts'
import type { RoomLine } from './core-io.ts'

/** A room is opened at the latest after this, also when its history or its name is still coming. */
const OPEN_WITHIN_MS = 3000

interface Opening {
  /** Monotonic ms. */
  readonly since: number
  /** The own join: once the hub has it, the hub has listed what it holds of the room. */
  readonly join: Event | undefined
  isReading: boolean
}

export interface OpeningPorts {
  isOpen(room: RoomId): boolean
  close(room: RoomId): void
  /** Nothing of a room is on its way from the hub any more, behind this own join. */
  hasHistory(join: Event): boolean
  /** What it is called can be told: of a private room filled anew, its keys may still be on their way. */
  isNamed(room: RoomId): boolean
  /** Reads the room's last lines. */
  lines(room: RoomId, then: (lines: readonly RoomLine[]) => void): void
  open(room: RoomId, lines: readonly RoomLine[]): void
}

export class Openings {
  readonly #ports: OpeningPorts
  readonly #opening = new Map<RoomId, Opening>()
  /** Own joins of this process, `at`: what is older in these rooms is history. */
  readonly #joinedAt = new Map<RoomId, number>()

  constructor(ports: OpeningPorts) {
    this.#ports = ports
  }

  get size(): number {
    return this.#opening.size
  }

  /** Until when what was said in a room joined by this process is history; undefined: joined earlier. */
  joinedAt(room: RoomId): number | undefined {
    return this.#joinedAt.get(room)
  }

  /** Whether this person is in the room may have changed. mayOpen: rooms are told of by now. now: monotonic ms. */
  note(room: RoomId, isMine: boolean, mayOpen: boolean, now: number): void {
    if (!isMine) {
      this.#ports.close(room)
      this.#opening.delete(room)
    } else if (mayOpen && !this.#ports.isOpen(room) && !this.#opening.has(room))
      this.#opening.set(room, { since: now, join: undefined, isReading: false })
  }

  /** The own join is written: what is older in this room is its history. */
  joined(join: Event, now: number): void {
    this.#joinedAt.set(join.room, join.at)
    if (this.#opening.has(join.room)) this.#opening.set(join.room, { since: now, join, isReading: false })
  }

  /** Opens what can be opened by now. */
  look(now: number): void {
    for (const [room, opening] of this.#opening) {
      const { since, join, isReading } = opening
      const isHere = this.#ports.isNamed(room) && (join === undefined || this.#ports.hasHistory(join))
      if (isReading || !(isHere || now - since > OPEN_WITHIN_MS)) continue
      opening.isReading = true
      this.#ports.lines(room, (lines) => {
        if (this.#opening.get(room) !== opening) return
        this.#opening.delete(room)
        this.#ports.open(room, lines)
      })
    }
  }
}
