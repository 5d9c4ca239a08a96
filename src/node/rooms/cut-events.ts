/**
 * The `cut` events of a room: an act whose target has more lanes than one event lists is preceded by them in its lane (rule RM-6).
 * They say nothing but with the act that they belong to, and there are as many of them as CUT_PARTS_MAX allows.
 */
import type { Event } from '../../wire/event.ts'
import type { EventId } from '../../wire/ids.ts'
import type { BodyOf } from '../../wire/kinds.ts'
import { CUT_PARTS_MAX } from '../../wire/limits.ts'
import { type Cut, joinCuts } from './cuts.ts'
import type { ControlEvent } from './view.ts'

export class CutEvents {
  /** By author, lane and n. */
  readonly #parts = new Map<string, { readonly id: EventId; readonly body: BodyOf<'cut'> }>()

  constructor(events: Iterable<ControlEvent>) {
    for (const { event, body } of events)
      if (body?.kind === 'cut') this.#parts.set(event.author + event.lane + event.n, { id: event.id, body })
  }

  /**
   * What an act that counts cuts off: its own lanes, and those of the `cut` events right before it in its lane. Whoever holds the
   * act holds these, since a lane is held from its beginning, and what ends the lane before them ends it before the act.
   * counted: gets the ids of those.
   */
  whole<B>(
    { author, lane, n }: Pick<Event, 'author' | 'lane' | 'n'>,
    body: B,
    read: (body: B | BodyOf<'cut'>) => Cut,
    counted: Set<EventId>,
  ): Cut {
    const others: Cut[] = []
    for (let at = n - 1; others.length < CUT_PARTS_MAX; at--) {
      const part = this.#parts.get(author + lane + at)
      if (!part) break
      counted.add(part.id)
      others.push(read(part.body))
    }
    return joinCuts(read(body), ...others)
  }
}
