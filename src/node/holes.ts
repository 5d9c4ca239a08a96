/** Holes: lanes that end before an event whose header is here and whose body is not, found by that event. */
import type { EventId, PersonKey } from '../wire/ids.ts'
import type { Lane } from './lanes.ts'

export class Holes {
  readonly #missing = new Map<Lane, EventId>()
  readonly #lanes = new Map<EventId, Lane>()
  readonly #authors = new Map<PersonKey, Set<Lane>>()

  /** missing: the event behind the lane's n; undefined: there is no hole. */
  note(lane: Lane, missing: EventId | undefined): void {
    const before = this.#missing.get(lane)
    if (before === missing) return
    if (before !== undefined) this.#lanes.delete(before)
    const theirs = this.#authors.get(lane.author) ?? new Set()
    if (missing === undefined) {
      this.#missing.delete(lane)
      theirs.delete(lane)
    } else {
      this.#missing.set(lane, missing)
      this.#lanes.set(missing, lane)
      theirs.add(lane)
    }
    if (theirs.size > 0) this.#authors.set(lane.author, theirs)
    else this.#authors.delete(lane.author)
  }

  /** The lane that waits for this event. */
  at(id: EventId): Lane | undefined {
    return this.#lanes.get(id)
  }

  of(author: PersonKey): Iterable<Lane> {
    return this.#authors.get(author) ?? []
  }
}
