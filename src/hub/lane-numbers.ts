/**
 * Short numbers for lanes (rule LV-17): of a lane that was told to all who carry its room, a number stands for what they know
 * by now. The numbers are the hub's own and the same on all links, since one encoding goes to all. Who begins to carry a
 * room knows none of its numbers, so that then each lane of it is told by name once more. Pure.
 */
import type { Event, Run } from '../wire/event.ts'
import type { LaneId } from '../wire/ids.ts'
import { NUMBERED_LANES_MAX } from '../wire/limits.ts'
import { endOf, type LaneEnd, type NextRun, nextRun } from '../wire/next-run.ts'
import { type ShortRun, shortRun } from '../wire/short-run.ts'

/**
 * So many runs are told by number, then one by name: one byte in a hundred. Who could not follow, for whatever reason,
 * can from there on.
 */
const BY_NUMBER_MAX = 127
/** Of so many rooms and classes, those that were told last: who carries them is a list of thousands in each. */
const ROOMS_MAX = 256

interface Lane {
  readonly number: number
  /** Behind what all were told. */
  end: LaneEnd
  /** So many runs may still be told by number; 0: not everybody knows it. */
  left: number
}

interface Room {
  /** Who was told all of its lanes since they were told by name. */
  links: readonly number[]
  /** Two authors may take the same id: then one's runs never follow the other's, and each is told by name. */
  readonly lanes: Map<LaneId, Lane>
}

export class LaneNumbers {
  /** By class and room; what was told last lies last. */
  readonly #rooms = new Map<string, Room>()
  #given = 0

  /** What is told of this class and room from now on is told to these links. */
  carriedBy(name: string, links: readonly number[]): void {
    const room = this.#rooms.get(name) ?? { links, lanes: new Map() }
    this.#rooms.delete(name)
    this.#rooms.set(name, room)
    if (this.#rooms.size > ROOMS_MAX) this.#rooms.delete(this.#rooms.keys().next().value!)
    if (room.links === links) return
    const known = new Set(room.links)
    if (links.some((link) => !known.has(link))) for (const lane of room.lanes.values()) lane.left = 0
    room.links = links
  }

  /**
   * A run as it is told in the room that was named in carriedBy last: by number, or by name with the number that it has from
   * now on. last: its last event.
   */
  tell(name: string, run: Run, last: Event): NextRun | ShortRun {
    const room = this.#rooms.get(name)!
    const known = room.lanes.get(last.lane)
    const next = known && known.left > 0 ? nextRun(run, known.end, known.number) : undefined
    const end = endOf(last, next && known?.end)
    const lane = known ?? { number: this.#give(name, room), end, left: 0 }
    if (!known) room.lanes.set(last.lane, lane)
    lane.end = end
    lane.left = next ? lane.left - 1 : BY_NUMBER_MAX
    return next ?? { ...shortRun(run), number: lane.number }
  }

  /** Once all numbers are given, all are given anew. */
  #give(name: string, room: Room): number {
    if (this.#given === NUMBERED_LANES_MAX) {
      this.#rooms.clear()
      room.lanes.clear()
      this.#rooms.set(name, room)
      this.#given = 0
    }
    return this.#given++
  }
}
