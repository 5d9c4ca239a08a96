/** Holes: lanes that end before an event whose header is here and whose body is not, found by that event. */
import type { EventId } from '../wire/ids.ts'
import type { Lane } from './lanes.ts'

export class Holes {
  readonly #missing = new Map<Lane, EventId>()
  readonly #lanes = new Map<EventId, Lane>()

  /** missing: the event behind the lane's n; undefined: there is no hole. */
  note(lane: Lane, missing: EventId | undefined): void {
    const before = this.#missing.get(lane)
    if (before === missing) return
    if (before !== undefined) this.#lanes.delete(before)
    if (missing === undefined) this.#missing.delete(lane)
    else {
      this.#missing.set(lane, missing)
      this.#lanes.set(missing, lane)
    }
  }

  /** The lane that waits for this event. */
  at(id: EventId): Lane | undefined {
    return this.#lanes.get(id)
  }

  lanes(): Iterable<Lane> {
    return this.#missing.keys()
  }
}
