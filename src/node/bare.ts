/**
 * Bare events: those that are held without their bodies, since somebody said that these may be missing (rules EV-18, EV-19).
 * Should that word not count any more, or never have, others are asked for them (wanted-bodies.ts).
 */
import type { Event } from '../wire/event.ts'
import type { EventId } from '../wire/ids.ts'

export type Place = Pick<Event, 'room' | 'author' | 'lane' | 'n'>

/** Remembered at a time, some 300 bytes each; of more the scan of the next start finds others. */
const BARE_MAX = 10_000
/** Up to here also those that nobody wants now, since the word that deleted them might come not to count. */
const IDLE_MAX = BARE_MAX / 2

export class Bare {
  readonly #places = new Map<EventId, Place>()
  #filled: Event[] = []

  note({ id, room, author, lane, n }: Event): void {
    if (this.#places.size < BARE_MAX) this.#places.set(id, { room, author, lane, n })
  }

  /** Its body has come. */
  came(event: Event): void {
    if (this.#places.size > 0 && this.#places.delete(event.id)) this.#filled.push(event)
  }

  /** It is held no more, or was deleted. */
  forget(id: EventId): void {
    this.#places.delete(id)
  }

  /** One that nobody wants now: room is left for others. */
  idle(id: EventId): void {
    if (this.#places.size > IDLE_MAX) this.#places.delete(id)
  }

  places(): Iterable<readonly [EventId, Place]> {
    return this.#places
  }

  /** Whose bodies have come since the last call, each once. */
  takeFilled(): Event[] {
    return this.#filled.splice(0)
  }
}
