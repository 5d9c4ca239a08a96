/** The table of lanes that are held, by room, class and author, and how far each of them reaches on disk. */
import type { LaneId, PersonKey, RoomId } from '../wire/ids.ts'
import { classOf, type Lane, type LaneClass, type LaneName, newLane } from './lanes.ts'

type Authors = Map<PersonKey, Map<LaneId, Lane>>

export class LaneTable {
  readonly #rooms = new Map<RoomId, readonly [Authors, Authors]>()
  /** All that lies on disk was looked at: lanes not known yet have nothing there. */
  #isWhole: boolean
  /** The highest n written so far, of lanes whose top is not known. */
  readonly #written = new Map<Lane, number>()

  /** isWhole: there is nothing in the store, so nothing has to be looked for in it. */
  constructor(isWhole: boolean) {
    this.#isWhole = isWhole
  }

  rooms(): Iterable<RoomId> {
    return this.#rooms.keys()
  }

  has(room: RoomId): boolean {
    return this.#rooms.has(room)
  }

  get({ room, author, lane }: LaneName): Lane | undefined {
    return this.at(room, author, lane)
  }

  at(room: RoomId, author: PersonKey, lane: LaneId): Lane | undefined {
    return this.#rooms.get(room)?.[classOf(lane)].get(author)?.get(lane)
  }

  *of(room: RoomId, cls: LaneClass, author?: PersonKey): Iterable<Lane> {
    const authors = this.#rooms.get(room)?.[cls]
    if (!authors) return
    if (author !== undefined) {
      yield* authors.get(author)?.values() ?? []
      return
    }
    for (const lanes of authors.values()) yield* lanes.values()
  }

  /** The same by author; undefined where nothing is known of the room. */
  authors(room: RoomId, cls: LaneClass): ReadonlyMap<PersonKey, ReadonlyMap<LaneId, Lane>> | undefined {
    return this.#rooms.get(room)?.[cls]
  }

  *all(): Iterable<Lane> {
    for (const classes of this.#rooms.values())
      for (const authors of classes) for (const lanes of authors.values()) yield* lanes.values()
  }

  get size(): number {
    let count = 0
    for (const classes of this.#rooms.values())
      for (const authors of classes) for (const lanes of authors.values()) count += lanes.size
    return count
  }

  /** A lane of which nothing is held, not kept in the table. */
  make({ room, author, lane }: LaneName): Lane {
    const made = newLane(room, author, lane)
    if (this.#isWhole) made.top = 0
    return made
  }

  keep(lane: Lane): Lane {
    let classes = this.#rooms.get(lane.room)
    if (!classes) {
      classes = [new Map(), new Map()]
      this.#rooms.set(lane.room, classes)
    }
    const authors = classes[classOf(lane.lane)]
    let lanes = authors.get(lane.author)
    if (!lanes) {
      lanes = new Map()
      authors.set(lane.author, lanes)
    }
    lanes.set(lane.lane, lane)
    return lane
  }

  /** The lane of this name, kept from now on where it was not. */
  open(name: LaneName): Lane {
    return this.get(name) ?? this.keep(this.make(name))
  }

  remove({ room, author, lane }: LaneName): void {
    const authors = this.#rooms.get(room)?.[classOf(lane)]
    const lanes = authors?.get(author)
    if (!authors || !lanes) return
    lanes.delete(lane)
    if (lanes.size === 0) authors.delete(author)
  }

  // --- on disk ------------------------------------------------------------------------------------------------------

  /** Something of the lane is written at n. */
  reaches(lane: Lane, n: number): void {
    if (lane.top !== Number.POSITIVE_INFINITY) lane.top = Math.max(lane.top, n)
    else if (n > (this.#written.get(lane) ?? 0)) this.#written.set(lane, n)
  }

  /** found: the last n at which all of the lane was looked at, and its runs. */
  found(found: Pick<Lane, 'room' | 'author' | 'lane' | 'top' | 'runs'>): void {
    const lane = this.get(found)
    if (!lane) return
    // Another look may have found it out before, and more was written since.
    const known = lane.top === Number.POSITIVE_INFINITY ? (this.#written.get(lane) ?? 0) : lane.top
    lane.top = Math.max(found.top, known)
    // What was not written when the look began is known all the same.
    lane.runs = [...new Set([...lane.runs, ...found.runs])].sort((a, b) => a - b)
    this.#written.delete(lane)
  }

  /** Everything on disk was looked at: of lanes that were not found there nothing lies there. */
  foundAll(): void {
    this.#isWhole = true
    for (const lane of this.all())
      if (lane.top === Number.POSITIVE_INFINITY) this.found({ ...lane, top: 0, runs: [] })
  }
}
