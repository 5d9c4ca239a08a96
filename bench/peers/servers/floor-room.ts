/** A room of the floor: who is in it, and what it is told next, at most four times at once and then each 16 ms as by lanchat (LV-3). */
import { type FloorLane, type FloorRun, liveFrames } from './floor-frames.ts'

const TOLD_EVERY_MS = 16
const AHEAD_MS = 3 * TOLD_EVERY_MS
const WAITING_BYTES = 96 * 1024

export interface Reader {
  /** Gets these bytes with whatever else waits for it. */
  later(bytes: Buffer): void
}

export interface Lane extends FloorLane {
  /** Its first header up to n. */
  readonly names: Buffer
  readonly room: Room
  readonly link: Reader
  stored: number
  told: number
}
export interface Run extends FloorRun {
  readonly lane: Lane
}

export class Room {
  readonly links: Reader[] = []
  #lanes: Lane[] = []
  #waiting: Run[] = []
  #bytes = 0
  #paidAt = 0
  dueAt = 0

  begin(lane: Lane): void {
    this.#lanes.push(lane)
  }

  /** Who comes knows no numbers. */
  enter(link: Reader): void {
    this.links.push(link)
    for (const lane of this.#lanes) lane.left = 0
  }

  leave(link: Reader): void {
    this.links.splice(this.links.indexOf(link), 1)
    this.#lanes = this.#lanes.filter((lane) => lane.link !== link)
  }

  /** True where nothing waited before. */
  add(run: Run, now: number): boolean {
    const isFirst = this.#waiting.length === 0
    if (isFirst) this.dueAt = Math.max(now, this.#paidAt - AHEAD_MS)
    this.#waiting.push(run)
    this.#bytes += run.post.length
    if (this.#bytes >= WAITING_BYTES) this.dueAt = now
    return isFirst
  }

  tell(now: number): void {
    this.#paidAt = Math.max(now, Math.min(this.#paidAt, now + AHEAD_MS)) + TOLD_EVERY_MS
    const runs = this.#waiting
    this.#waiting = []
    this.#bytes = 0
    const from = runs[0]!.lane.link
    const only = runs.every(({ lane }) => lane.link === from) ? from : undefined
    const bytes = liveFrames(runs)
    for (const link of this.links) if (link !== only) link.later(bytes)
  }
}
