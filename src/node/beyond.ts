/**
 * Beyond a hole of a control lane: what follows it in an unbroken chain, of which nothing but keys is missing, is kept, since
 * the `delete` that excuses them may stand there (rule EV-18).
 */
import { type Event, isControlLane } from '../wire/event.ts'
import type { EventId } from '../wire/ids.ts'
import type { Lane } from './lanes.ts'

/**
 * Events of one lane kept behind its end, as of deletions ahead of it: a lane that never closes fills no disk, and few rooms
 * see as many acts of one run of a program. Of what lies further on only what it says of the room's keys is remembered.
 */
export const BEYOND_MAX = 4096

export class Beyond {
  readonly #event: (lane: Lane, n: number) => Event | undefined
  readonly #mayStand: (event: Event) => boolean
  /** Where the last look ended, so that each event is looked at once. */
  readonly #ends = new WeakMap<Lane, { readonly n: number; readonly id: EventId }>()

  /** mayStand: is the event here whole, or is nothing but a key missing? */
  constructor(event: (lane: Lane, n: number) => Event | undefined, mayStand: (event: Event) => boolean) {
    this.#event = event
    this.#mayStand = mayStand
  }

  /** Is a run that begins with this event kept, though it begins behind what counts? */
  follows(lane: Lane, first: Event): boolean {
    if (!isControlLane(lane.lane) || first.n > lane.n + BEYOND_MAX) return false
    const end = this.#endOf(lane)
    if (first.n > end.n + 1) return false
    const before = first.n - 1 === end.n ? end.id : this.#event(lane, first.n - 1)?.id
    return before === first.prev
  }

  #endOf(lane: Lane): { readonly n: number; readonly id: EventId } {
    const known = this.#ends.get(lane)
    let end = known && known.n > lane.n ? known : { n: lane.n, id: lane.id }
    while (end.n < lane.top) {
      const event = this.#event(lane, end.n + 1)
      if (!event || event.prev !== end.id || !this.#mayStand(event)) break
      end = { n: event.n, id: event.id }
    }
    this.#ends.set(lane, end)
    return end
  }

  /** A header there was replaced, or what lies there is not known any more. */
  forget(lane: Lane): void {
    this.#ends.delete(lane)
  }
}
