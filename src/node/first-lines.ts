/**
 * The last lines of each room, which people are shown when they are ready. They are read while others are still looked
 * for, when there is nothing else to do, and count where nothing has happened since that could change them; else they
 * are read once they are needed.
 *
 *   none -> reading -> read        take() gives what was read, waits for it, or reads
 *     ^--------+--------+          drop()
 */

import type { RoomId } from '../wire/ids.ts'
import type { RoomLine } from './core-io.ts'
import type { Which } from './timeline.ts'

export interface FirstLinesPorts {
  /** Whose lines are shown. */
  rooms(): readonly RoomId[]
  read(rooms: readonly RoomId[], which: Which, then: (lines: readonly RoomLine[]) => void): void
}

export type FirstLinesThen = (rooms: readonly RoomId[], lines: readonly RoomLine[]) => void

/** Read ahead, once: by identity it is known whether it still counts. */
interface Ahead {
  readonly rooms: readonly RoomId[]
  lines?: readonly RoomLine[]
  waiting?: FirstLinesThen
}

export class FirstLines {
  readonly #ports: FirstLinesPorts
  #ahead: Ahead | undefined

  constructor(ports: FirstLinesPorts) {
    this.#ports = ports
  }

  /** Reads ahead. */
  begin(): void {
    const ahead: Ahead = { rooms: this.#ports.rooms() }
    this.#ahead = ahead
    this.#ports.read(ahead.rooms, { isWanted: () => this.#ahead === ahead }, (lines) => {
      if (this.#ahead !== ahead) return
      ahead.lines = lines
      if (ahead.waiting) this.#give(ahead, ahead.waiting)
    })
  }

  /** Something happened: what was read ahead, or is being read, counts no more. */
  drop(): void {
    const waiting = this.#ahead?.waiting
    this.#ahead = undefined
    if (waiting) this.take(waiting)
  }

  take(then: FirstLinesThen): void {
    const ahead = this.#ahead
    if (ahead?.lines) this.#give(ahead, then)
    else if (ahead) ahead.waiting = then
    else {
      const rooms = this.#ports.rooms()
      this.#ports.read(rooms, {}, (lines) => then(rooms, lines))
    }
  }

  #give({ rooms, lines }: Ahead, then: FirstLinesThen): void {
    this.#ahead = undefined
    then(rooms, lines!)
  }
}
