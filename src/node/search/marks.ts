/** Marks: what was said about a message since, by what the search index noted of it: the text that it has now, and the reactions. */
import type { Event } from '../../wire/event.ts'
import { type EventId, eventId, type PersonKey } from '../../wire/ids.ts'
import type { BodyValue } from '../../wire/kinds.ts'
import { orderOf } from '../display-order.ts'
import { time12 } from '../keys.ts'
import type { Replica } from '../replica.ts'
import type { Store } from '../store.ts'
import { type Edit, isVisible, Reactions, type Visibility } from '../timeline.ts'

/** Reactions to one message that are read, and edits of one of its author's devices: what others say of it leaves no edit out. */
const MARKS_MAX = 2000
/** Before the author of an edit: behind every time there is, so that edits stand behind the reactions; of hex, as keys are. */
const EDIT_SIGN = 'ff'

/** There where something was said about a message. */
export const aboutMark = (target: EventId): string => `u${target}`
/** Where something about a message is noted; editor: who edits it, undefined of a reaction. */
export const aboutKey = (
  target: EventId,
  event: Pick<Event, 't' | 'id'>,
  editor: PersonKey | undefined,
): string => `u${target}${editor ? EDIT_SIGN + editor : ''}${time12(event.t)}${event.id}`

const NOTE_KEY = /^u[0-9a-f]{64}(?:ff[0-9a-f]{64})?([0-9a-f]{12})[0-9a-f]{64}$/
/** t of what a key notes; undefined for what is no such key. */
export function notedAt(key: string): number | undefined {
  const t = NOTE_KEY.exec(key)?.[1]
  return t === undefined ? undefined : Number.parseInt(t, 16)
}

export interface MarksSource {
  readonly store: Pick<Store, 'scan'>
  readonly replica: Pick<Replica, 'find' | 'body'>
  open(event: Event, body: Uint8Array): BodyValue | null
  /** All keys that ever were this person's. */
  devicesOf(person: PersonKey): readonly PersonKey[]
}

export interface Marks {
  readonly edit?: Edit
  /** All that are shown, the first one first; the last one is `edit`. */
  readonly edits?: readonly Edit[]
  readonly reactions?: ReadonlyMap<string, readonly PersonKey[]>
}

/** What holds of a message now, as far as the index has come. Rejects only where the store's scan does. */
export async function marksOf(source: MarksSource, event: Event, by: Visibility): Promise<Marks> {
  const edits: Edit[] = []
  const person = by.personOf(event.author)
  const given = new Reactions(by)
  const take = (about: Event, value: BodyValue) => {
    if (value.kind === 'edit' && by.personOf(about.author) === person)
      edits.push({ event: about, text: value.text })
    else if (value.kind === 'reaction') given.add(about, value)
  }
  // What an earlier program noted has the edits among the reactions.
  await marksIn(source, event, by, { from: `u${event.id}0`, to: `u${event.id}${EDIT_SIGN}` }, take)
  for (const device of source.devicesOf(person)) {
    const start = `u${event.id}${EDIT_SIGN}${device}`
    await marksIn(source, event, by, { from: `${start}0`, to: `${start}g` }, take)
  }
  edits.sort((a, b) => (orderOf(a.event) < orderOf(b.event) ? -1 : 1))
  const edit = edits.at(-1)
  const reactions = given.of(event.id)
  return { ...(edit && { edit, edits }), ...(reactions && { reactions }) }
}

/** Those noted between two keys that are shown, the newest first. */
async function marksIn(
  { replica, store, open }: MarksSource,
  event: Event,
  by: Visibility,
  keys: { readonly from: string; readonly to: string },
  take: (about: Event, value: BodyValue) => void,
): Promise<void> {
  const range = { ...keys, reverse: true, limit: MARKS_MAX }
  for await (const [key] of store.scan(range)) {
    const about = replica.find(key.slice(-64) as EventId)
    if (!about || about.room !== event.room || orderOf(about) < orderOf(event) || !isVisible(about, by))
      continue
    const bytes = replica.body(about)
    const value = bytes && open(about, bytes)
    if (value && 'target' in value && eventId(value.target) === event.id) take(about, value)
  }
}
