/**
 * The timeline: which content events are shown now, in which order, with which text (rules TL-1 to TL-7).
 *
 * Display order is (t, author, id) and nothing else. An event is shown while all of this holds: it is held in a
 * contiguous prefix within every cut and below its lane's fork, its t is not more than 7 days ahead, its lane is
 * current, its author has not deleted it and no moderator hides it. A message is shown with the text of its author's
 * latest visible edit that lies after it in display order; earlier texts are kept. An edit is never a line of its own,
 * so it goes from sight with its target.
 */
import { decodeBody } from '../wire/codec.ts'
import type { Event } from '../wire/event.ts'
import { type EventId, eventId, type LaneId, type PersonKey, type RoomId } from '../wire/ids.ts'
import { type BodyOf, type BodyValue, kindNumber } from '../wire/kinds.ts'
import { FUTURE_MS_MAX, TIME_MAX } from '../wire/limits.ts'
import { ABOVE_HEX, eventsInOrder, type OrderRange, orderOf } from './display-order.ts'
import { time12 } from './keys.ts'
import type { Replica } from './replica.ts'
import type { RoomView } from './rooms.ts'
import type { Looked, Wanted } from './search/looking.ts'
import type { Marks } from './search/marks.ts'
import type { Store } from './store.ts'

const MESSAGE = kindNumber('message')
const EDIT = kindNumber('edit')
const REACTION = kindNumber('reaction')
/** What a timeline is made of. */
const SHOWN: ReadonlySet<number> = new Set([MESSAGE, EDIT, REACTION])

/** What follows an event at the very edge lies beyond it, one ms further each, and time soon comes after. */
const FOLLOW_BEYOND_MS = 60_000

/** False for a t so far ahead that the clock must have been set back since it was shown: it is not followed. */
export const isFollowed = (t: number, now: number): boolean => t <= now + FUTURE_MS_MAX + FOLLOW_BEYOND_MS

/**
 * t of a new event (rule TL-2). at: the author's corrected clock; shown: the largest t ever shown in this room on this
 * device that is followed, 0 where nothing was; now: netNow; all ms. Where one is given that is not followed, t is at, and
 * others that are shown could sort behind.
 */
export function stampT(at: number, shown: number, now: number): number {
  return isFollowed(shown, now) ? Math.min(Math.max(at, shown + 1), TIME_MAX) : at
}

const DAY_MS = 24 * 3600 * 1000

/** What decides whether an event is shown. */
export interface Visibility {
  /** netNow, ms. */
  readonly now: number
  /** Nothing with an earlier t is shown, ms; default: 0. */
  readonly since?: number
  /** Is this content lane neither expired nor of a far period? */
  isCurrent(lane: LaneId): boolean
  /** Last n of the event's lane that is held, within cuts and below forks. */
  limit(event: Event): number
  isDeleted(id: EventId): boolean
  isHidden(id: EventId): boolean
  /** Did its author delete it from another device? Default: no. */
  isErased?(event: Pick<Event, 'id' | 'author'>): boolean
  /** Do the room's settings let it be shown? */
  isLet(event: Event): boolean
  /** Whose device a key is. */
  personOf(key: PersonKey): PersonKey
}

/** The visibility in one room, from what is held and what counts. */
export function visibilityOf(
  replica: Pick<Replica, 'now' | 'vectors' | 'tombstones' | 'lane' | 'event'>,
  view: Pick<RoomView, 'contentLimit' | 'hidden' | 'erased' | 'ruleAgainst' | 'settings' | 'personOf'>,
): Visibility {
  const { visibleDays } = view.settings
  const since = visibleDays > 0 ? replica.now - visibleDays * DAY_MS : 0
  return {
    now: replica.now,
    since,
    isCurrent: (lane) => replica.vectors.isCurrent(lane),
    limit: ({ room, author, lane: id }) => {
      const lane = replica.lane(room, author, id)
      return lane ? Math.min(replica.vectors.counted(lane), view.contentLimit(author, id)) : 0
    },
    isDeleted: (id) => replica.tombstones.has(id),
    isHidden: (id) => view.hidden.has(id),
    isErased: ({ id, author }) => view.erased.get(id)?.has(view.personOf(author)) ?? false,
    personOf: (key) => view.personOf(key),
    isLet: (event) => view.ruleAgainst(event, () => previousT(replica, event)) === undefined,
  }
}

/** Events of a lane looked back over for the message before one: reactions and edits may lie between. */
const LOOK_BACK_MAX = 64

/** t of the message before this event in its lane, where it is one of the last few; for slow mode. */
export function previousT(
  replica: Pick<Replica, 'event'>,
  { room, author, lane, n }: Pick<Event, 'room' | 'author' | 'lane' | 'n'>,
): number | undefined {
  for (let at = n - 1; at > 0 && at > n - LOOK_BACK_MAX; at--) {
    const event = replica.event(room, author, lane, at)
    if (event?.kind === MESSAGE) return event.t
  }
  return undefined
}

/** True for an event that may come later without any further event: only its t is too far ahead. */
export const isHeld = (event: Pick<Event, 't'>, now: number): boolean => event.t > now + FUTURE_MS_MAX

/** True while this content event counts for display (rule TL-3). */
export function isVisible(event: Event, by: Visibility): boolean {
  return (
    !isHeld(event, by.now) &&
    event.t >= (by.since ?? 0) &&
    by.isCurrent(event.lane) &&
    event.n <= by.limit(event) &&
    !by.isDeleted(event.id) &&
    !by.isHidden(event.id) &&
    !by.isErased?.(event) &&
    by.isLet(event)
  )
}

export interface Edit {
  readonly event: Event
  readonly text: string
}

/** One line of a timeline. */
export interface Line {
  readonly event: Event
  readonly body: BodyOf<'message'>
  /** The edit whose text is shown in place of the body's. */
  readonly edit?: Edit
  /** By emoji, who gave it. */
  readonly reactions?: ReadonlyMap<string, readonly PersonKey[]>
}

/** A line, and all its texts, the first one first. */
export interface DetailedLine extends Line {
  readonly texts: readonly Edit[]
}

/** Reads an event's body; null where it does not fit its kind or cannot be opened. */
export type OpenBody = (event: Event, body: Uint8Array) => BodyValue | null
const openPlain: OpenBody = (event, body) => decodeBody(event.kind, body)

/** What the timeline reads: display order, and events and bodies. */
export interface TimelineSource {
  readonly store: Pick<Store, 'scan'>
  readonly replica: Pick<Replica, 'find' | 'event' | 'body'>
  /** Opens bodies of private rooms; default: plain ones. */
  readonly open?: OpenBody
  /** Is given each edit that is met and may be shown, of whatever message. */
  readonly noteEdit?: (event: Event, body: BodyOf<'edit'>) => void
  /** What was said about a message since; given where this is known of all, so that it need not be looked for behind a page. */
  readonly marksOf?: (event: Event, by: Visibility) => Promise<Marks>
}

/** What an answer does not hold of what is meant. */
export interface LeftOut {
  /** Of a search: what it did not look at any more. */
  readonly unlooked?: NonNullable<Looked['left']>
  /** Of signed lines: messages that others may read, whose text is not here or cannot be opened on this device. */
  readonly unopened?: number
}

/** Which of the messages shown are meant; default: all. */
export interface Which {
  /** Only those before this `order`. */
  readonly before?: string
  /** Only those behind this `order`. */
  readonly after?: string
  /** Of these the first ones, not the last, with the texts they had first. */
  readonly isFirst?: true
  /** Just these, with all their texts. */
  readonly about?: readonly EventId[]
  /** None: it is only to be known which text these have now (latest-texts.ts). */
  readonly texts?: readonly EventId[]
  /** With what proves them, and with lines for what was deleted or is hidden (signed-lines.ts). */
  readonly signed?: true
  /** Only what the index finds for this, over all the rooms together. */
  readonly wanted?: Wanted
  /** Asked before each room: once it is false, nobody waits for the rest. */
  readonly isWanted?: () => boolean
  /** Is told with each reading what it leaves out. */
  readonly onLeftOut?: (left: LeftOut) => void
}

/** Entries of the order read at a time: most of them are lines, and whoever wants two lines of each of many rooms reads few. */
const LINES_PAGE_MIN = 4

/**
 * The last `count` messages shown in a room that are meant, oldest first, edits applied. What is not yet written to the store is not
 * listed: write first. Rejects only where the store's scan does.
 */
export async function lastLines(
  source: TimelineSource,
  room: RoomId,
  count: number,
  by: Visibility,
  { before, after }: Which = {},
): Promise<Line[]> {
  const { replica, open = openPlain, noteEdit, marksOf } = source
  if (before !== undefined && marksOf)
    return linesBefore({ ...source, marksOf }, room, count, by, before, after ?? '')
  // A message is told with the text of its author's latest edit, met before it: the scan goes from the newest down.
  const edits = new Map<string, { event: Event; text: string }>()
  const reactions = new Reactions(by)
  const lines: Line[] = []
  const page = Math.max(LINES_PAGE_MIN, count)
  const range = { ...orderRange(by), reverse: true, page }
  for await (const event of eventsInOrder(source, room, range)) {
    if (lines.length >= count || (after !== undefined && orderOf(event) <= after)) break
    if (!SHOWN.has(event.kind)) continue
    // Edits of what is meant may stand behind the bound.
    if (event.kind === MESSAGE && before !== undefined && orderOf(event) >= before) continue
    if (!isVisible(event, by)) continue
    const bytes = replica.body(event)
    const body = bytes && open(event, bytes)
    if (body?.kind === 'edit') {
      const target = editKey(by, event, eventId(body.target))
      if (!edits.has(target)) edits.set(target, { event, text: body.text })
      noteEdit?.(event, body)
    } else if (body?.kind === 'reaction') reactions.add(event, body)
    else if (body?.kind === 'message') {
      const edit = edits.get(editKey(by, event, event.id))
      const given = reactions.of(event.id)
      lines.push({ event, body, ...(edit && { edit }), ...(given && { reactions: given }) })
    }
  }
  return lines.reverse()
}

/** The same, without what lies behind a bound: a page far back costs no more than the last one. */
async function linesBefore(
  source: TimelineSource & Required<Pick<TimelineSource, 'marksOf'>>,
  room: RoomId,
  count: number,
  by: Visibility,
  before: string,
  after: string,
): Promise<Line[]> {
  const { replica, open = openPlain, marksOf } = source
  const lines: Line[] = []
  const range = { ...orderRange(by, after, before), reverse: true, page: Math.max(LINES_PAGE_MIN, count) }
  for await (const event of eventsInOrder(source, room, range)) {
    if (lines.length >= count || orderOf(event) <= after) break
    if (event.kind !== MESSAGE || !isVisible(event, by)) continue
    const bytes = replica.body(event)
    const body = bytes && open(event, bytes)
    if (body?.kind !== 'message') continue
    const { edit, reactions } = await marksOf(event, by)
    lines.push({ event, body, ...(edit && { edit }), ...(reactions && { reactions }) })
  }
  return lines.reverse()
}

/** Events looked through for the first lines behind an order: what is shown of a room is most of what it holds. */
const FIRST_LOOKED_MAX = 10_000

/** The first `count` messages shown in a room behind an order, oldest first, as they were first said. Rejects as lastLines. */
export async function firstLines(
  source: TimelineSource,
  room: RoomId,
  count: number,
  by: Visibility,
  after: string,
): Promise<Line[]> {
  const { replica, open = openPlain } = source
  const lines: Line[] = []
  let looked = 0
  for await (const event of eventsInOrder(source, room, { ...orderRange(by, after), page: count })) {
    if (lines.length >= count || ++looked > FIRST_LOOKED_MAX) break
    if (event.kind !== MESSAGE || orderOf(event) <= after || !isVisible(event, by)) continue
    const bytes = replica.body(event)
    const body = bytes && open(event, bytes)
    if (body?.kind === 'message') lines.push({ event, body })
  }
  return lines
}

/** What may be shown of a room; from <= order < before. */
export function orderRange(by: Visibility, from = '', before?: string): OrderRange {
  const since = time12(Math.max(0, Math.floor(by.since ?? 0)))
  const end = endOf(by.now)
  return { from: from > since ? from : since, before: before !== undefined && before < end ? before : end }
}

/** Events looked through for what is about one message: a busy room's day, many times over. */
const ABOUT_MAX = 50_000

/** One message that is shown, with all that was said about it since; undefined where it is not shown. */
export async function detailedLine(
  source: TimelineSource,
  id: EventId,
  by: Visibility,
): Promise<DetailedLine | undefined> {
  const { replica, open = openPlain, marksOf } = source
  const event = replica.find(id)
  const bytes = event && event.kind === MESSAGE && isVisible(event, by) ? replica.body(event) : undefined
  const body = bytes && open(event!, bytes)
  if (!event || body?.kind !== 'message') return undefined
  const first = { event, text: body.text }
  if (marksOf) {
    const { edits = [], ...marks } = await marksOf(event, by)
    return { event, body, texts: [first, ...edits], ...marks }
  }
  const texts: { event: Event; text: string }[] = [first]
  const later: { event: Event; body: BodyOf<'reaction'> }[] = []
  let looked = 0
  for await (const about of eventsInOrder(source, event.room, orderRange(by, orderOf(event)))) {
    if (++looked > ABOUT_MAX) break
    if ((about.kind !== EDIT && about.kind !== REACTION) || !isVisible(about, by)) continue
    const aboutBytes = replica.body(about)
    const value = aboutBytes && open(about, aboutBytes)
    if (
      value?.kind === 'edit' &&
      by.personOf(about.author) === by.personOf(event.author) &&
      eventId(value.target) === id
    )
      texts.push({ event: about, text: value.text })
    else if (value?.kind === 'reaction' && eventId(value.target) === id)
      later.push({ event: about, body: value })
  }
  const reactions = new Reactions(by)
  for (const { event: about, body: value } of later.reverse()) reactions.add(about, value)
  const given = reactions.of(id)
  const edit = texts.length > 1 ? texts.at(-1)! : undefined
  return { event, body, texts, ...(edit && { edit }), ...(given && { reactions: given }) }
}

/** Different emoji shown on one message, and people counted for one. */
const EMOJI_MAX = 50
const GIVERS_MAX = 1000

/** Who gave which emoji to what; fed from the newest down, so that the latest word of each person stands. */
export class Reactions {
  readonly #byTarget = new Map<EventId, Map<string, { on: boolean; by: PersonKey; emoji: string }>>()

  readonly #by: Pick<Visibility, 'personOf'>

  constructor(by: Pick<Visibility, 'personOf'>) {
    this.#by = by
  }

  add(event: Event, { target, emoji, on }: BodyOf<'reaction'>): void {
    const id = eventId(target)
    const given = this.#byTarget.get(id) ?? new Map()
    this.#byTarget.set(id, given)
    const by = this.#by.personOf(event.author)
    const key = by + emoji
    if (!given.has(key)) given.set(key, { on, by, emoji })
  }

  /** By emoji, those given first first. */
  of(id: EventId): ReadonlyMap<string, readonly PersonKey[]> | undefined {
    const given = new Map<string, PersonKey[]>()
    for (const { on, by, emoji } of [...(this.#byTarget.get(id)?.values() ?? [])].reverse()) {
      if (!on) continue
      const people = given.get(emoji) ?? []
      if (people.length === 0 && given.size >= EMOJI_MAX) continue
      if (people.length < GIVERS_MAX) people.push(by)
      given.set(emoji, people)
    }
    return given.size > 0 ? given : undefined
  }
}

/** Only an author's own edits change a message. */
const editKey = (by: Visibility, event: Event, target: EventId) => target + by.personOf(event.author)

/** The end of what may be shown, as the order key writes times. */
function endOf(now: number): string {
  const end = now + FUTURE_MS_MAX + 1
  return end > TIME_MAX ? ABOVE_HEX : time12(end)
}
