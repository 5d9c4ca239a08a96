/** Marks: what was said about a message since, by what the search index noted of it: the text that it has now, and the reactions. */
import type { Event } from '../../wire/event.ts'
import type { EventId, PersonKey } from '../../wire/ids.ts'
import type { BodyOf, BodyValue } from '../../wire/kinds.ts'
import { orderOf } from '../display-order.ts'
import { time12 } from '../keys.ts'
import type { Replica } from '../replica.ts'
import type { Store } from '../store.ts'
import { type Edit, isVisible, Reactions, type Visibility } from '../timeline.ts'

/** Edits and reactions of one message that are read. */
const MARKS_MAX = 2000

/** There where something was said about a message. */
export const aboutMark = (target: EventId): string => `u${target}`
/** Where something about a message is noted. */
export const aboutKey = (target: EventId, event: Pick<Event, 't' | 'id'>): string =>
  `u${target}${time12(event.t)}${event.id}`

export interface MarksSource {
  readonly store: Pick<Store, 'scan'>
  readonly replica: Pick<Replica, 'find' | 'body'>
  open(event: Event, body: Uint8Array): BodyValue | null
}

export interface Marks {
  readonly edit?: Edit
  readonly reactions?: ReadonlyMap<string, readonly PersonKey[]>
}

/** What holds of a message now, as far as the index has come. Rejects only where the store's scan does. */
export async function marksOf(
  { replica, store, open }: MarksSource,
  event: Event,
  by: Visibility,
): Promise<Marks> {
  let edit: Edit | undefined
  const given = new Reactions(by)
  const range = { from: `u${event.id}0`, to: `u${event.id}g`, reverse: true, limit: MARKS_MAX }
  for await (const [key] of store.scan(range)) {
    const about = replica.find(key.slice(-64) as EventId)
    if (!about || about.room !== event.room || orderOf(about) < orderOf(event) || !isVisible(about, by))
      continue
    const bytes = replica.body(about)
    const value = bytes && open(about, bytes)
    if (value?.kind === 'edit' && by.personOf(about.author) === by.personOf(event.author)) {
      if (!edit || orderOf(edit.event) < orderOf(about)) edit = { event: about, text: value.text }
    } else if (value?.kind === 'reaction') given.add(about, value as BodyOf<'reaction'>)
  }
  const reactions = given.of(event.id)
  return { ...(edit && { edit }), ...(reactions && { reactions }) }
}
