/**
 * Readiness: when people are told that this node is here. It is hub, or its hub's history is here, or has had time enough;
 * first the last lines of each room are told, then `ready`.
 */
import type { RoomId } from '../wire/ids.ts'
import type { RoomLine } from './core-io.ts'
import { HISTORY_LINES } from './display.ts'
import type { HubInfo, MessageEvent } from './events.ts'
import { FirstLines } from './first-lines.ts'
import type { Reign } from './reign.ts'
import type { Sync } from './sync.ts'
import type { Which } from './timeline.ts'

/** First lines are told at the latest after this, also when the hub's history is still coming. */
const READY_WITHIN_MS = 3000
/** Lines told at the start over all rooms: more would only hold it up. */
const FIRST_LINES_MAX = 2000
const linesOfEach = (rooms: number): number =>
  Math.max(1, Math.min(HISTORY_LINES, Math.floor(FIRST_LINES_MAX / Math.max(1, rooms))))

export interface ReadinessPorts {
  readonly reign: Reign
  readonly sync: Sync
  /** Does this node still wait to be let in by its code? */
  isComingIn(): boolean
  /** Whose lines are shown first. */
  rooms(): readonly RoomId[]
  lines(
    rooms: readonly RoomId[],
    count: number,
    then: (lines: readonly RoomLine[]) => void,
    which: Which,
  ): void
  hub(): HubInfo | undefined
  tellHistory(room: RoomId, message: MessageEvent): void
  tellReady(hub: HubInfo): void
  open(room: RoomId, lines: readonly RoomLine[]): void
  /** All of them are open. */
  opened(): void
}

export class Readiness {
  readonly #ports: ReadinessPorts
  readonly #firstLines: FirstLines
  #isAsked = false
  #isReady = false

  constructor(ports: ReadinessPorts) {
    this.#ports = ports
    this.#firstLines = new FirstLines({
      rooms: () => ports.rooms(),
      read: (rooms, which, then) => ports.lines(rooms, linesOfEach(rooms.length), then, which),
    })
  }

  get isReady(): boolean {
    return this.#isReady
  }

  /** Reads the first lines ahead. */
  begin(): void {
    this.#firstLines.begin()
  }

  /** Something happened that may change them. */
  drop(): void {
    this.#firstLines.drop()
  }

  /** The hub, what came from it, or time went on. now: monotonic ms. */
  look(now: number): void {
    const { reign, sync, isComingIn } = this.#ports
    const { role } = reign
    if (this.#isReady || this.#isAsked || role.is === 'seeking') return
    if (role.is === 'following') {
      const isLate = now - role.since > READY_WITHIN_MS
      // Lanes that the hub holds may just be coming over other links.
      if (!isLate && (sync.isBusy || !sync.wasCompared(role.link) || isComingIn())) return
    }
    this.#isAsked = true
    this.#firstLines.take((rooms, lines) => this.#tell(rooms, lines))
  }

  #tell(rooms: readonly RoomId[], lines: readonly RoomLine[]): void {
    const { hub, tellHistory, tellReady, open, opened } = this.#ports
    const hubNow = hub()
    if (!hubNow) {
      // Lost while reading: told again when there is one.
      this.#isAsked = false
      return
    }
    // One past, whatever the room: in display order over all of them.
    const past = [...lines].sort((a, b) => (a.message.order < b.message.order ? -1 : 1))
    for (const { room, message } of past) tellHistory(room, message)
    this.#isReady = true
    tellReady(hubNow)
    for (const room of rooms)
      open(
        room,
        lines.filter((line) => line.room === room),
      )
    opened()
  }
}
