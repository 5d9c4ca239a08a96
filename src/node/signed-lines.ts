/**
 * Signed lines: the history of a room with what proves it, for export (rules EX-1 to EX-3). Messages that are shown come with
 * the headers up to the end of their run, its signature and the body as they were received; what its author deleted or a
 * moderator hides stands as a line without text. What is not shown for another reason is left out; what could not be opened
 * here is counted. Of what a further device of somebody signed, the link that makes it theirs comes along.
 */
import { concat } from '../wire/bytes.ts'
import type { Event } from '../wire/event.ts'
import type { EventId, PersonKey, RoomId } from '../wire/ids.ts'
import { kindNumber } from '../wire/kinds.ts'
import { toBase64 } from './base64.ts'
import { eventsInOrder, orderOf } from './display-order.ts'
import type { Replica } from './replica.ts'
import type { Store } from './store.ts'
import {
  isVisible,
  type Line,
  lastLines,
  orderRange,
  type TimelineSource,
  type Visibility,
} from './timeline.ts'

const MESSAGE = kindNumber('message')

/** What proves one event, each as base64. */
export interface Proof {
  /** The event's header, and those behind it to the end of its run. */
  readonly headers: string
  readonly signature: string
  /** Of what is shown. */
  readonly body?: string
  /** Of what its author deleted. */
  readonly tombstone?: string
}

/** A message that may not be read any more, and why. */
export interface Redacted {
  readonly event: Event
  readonly redacted: 'deleted' | 'hidden'
  readonly proofs: readonly Proof[]
  readonly links: readonly Proof[]
}

/** A line of an export, in its place. links: what makes the keys that signed it one person's. */
export type SignedLine = (
  | { readonly line: Line; readonly proofs: readonly Proof[]; readonly links: readonly Proof[] }
  | Redacted
) & {
  readonly order: string
}

export interface SignedSource extends TimelineSource {
  readonly store: Pick<Store, 'scan'>
  readonly replica: Replica
  /** By which a key became somebody's further device; undefined: it is nobody's. */
  linkOf(key: PersonKey): Event | undefined
  /** By which its author deleted this message from another device, where that is why it is not shown. */
  eraserOf(event: Event): Event | undefined
}

/** A page of them. */
export interface SignedPage {
  readonly lines: readonly SignedLine[]
  /** Messages in its span that are shown to whoever can open them, which is not possible here. */
  readonly unopened: number
}

/** The last `count` lines and redactions before an `order`, oldest first. Rejects only where the store's scan does. */
export async function signedLines(
  source: SignedSource,
  room: RoomId,
  count: number,
  by: Visibility,
  before?: string,
): Promise<SignedPage> {
  const { replica } = source
  const shown = await lastLines(source, room, count, by, before === undefined ? {} : { before })
  const lines = shown.map((line) => {
    const signed = [line.event, ...(line.edit ? [line.edit.event] : [])]
    const proofs = signed.map((event) => proofOf(replica, event))
    return { line, order: orderOf(line.event), proofs, links: linksOf(source, signed) }
  })
  // As far back as the lines of this page go; where they are all there are, to the beginning.
  const from = shown.length < count ? '' : lines[0]!.order
  const isShown = new Set(lines.map(({ line }) => line.event.id))
  const { redacted, unopened } = await notShown(source, room, by, isShown, from, before)
  const all: SignedLine[] = [...lines, ...redacted.map((each) => ({ ...each, order: orderOf(each.event) }))]
  return { lines: all.sort((a, b) => (a.order < b.order ? -1 : 1)), unopened }
}

async function notShown(
  source: SignedSource,
  room: RoomId,
  by: Visibility,
  isShown: ReadonlySet<EventId>,
  from: string,
  before: string | undefined,
): Promise<{ readonly redacted: Redacted[]; readonly unopened: number }> {
  const { replica } = source
  const found: Redacted[] = []
  let unopened = 0
  for await (const event of eventsInOrder(source, room, orderRange(by, from, before))) {
    if (event.kind !== MESSAGE) continue
    if (isVisible(event, by)) {
      // What came since the lines were read is in neither.
      if (!isShown.has(event.id) && !opens(source, event)) unopened++
      continue
    }
    const isDeleted = by.isDeleted(event.id)
    // Shown but for this: whoever is banned, or held, has no line at all.
    if (!isVisible(event, { ...by, isDeleted: () => false, isHidden: () => false, isErased: () => false }))
      continue
    // Until the device that wrote it has signed that its body goes, another one's word stands for it.
    const eraser = isDeleted ? undefined : source.eraserOf(event)
    const signed = [event, ...(eraser ? [eraser] : [])]
    found.push({
      event,
      redacted: isDeleted || eraser ? 'deleted' : 'hidden',
      proofs: [proofOf(replica, event, isDeleted), ...(eraser ? [proofOf(replica, eraser)] : [])],
      links: linksOf(source, signed),
    })
  }
  return { redacted: found, unopened }
}

function opens({ replica, open }: SignedSource, event: Event): boolean {
  const body = replica.body(event)
  return body !== undefined && open?.(event, body) !== null
}

/** What makes the further devices among these authors somebody's. */
function linksOf({ replica, linkOf }: SignedSource, events: readonly Event[]): Proof[] {
  const authors = new Set(events.map(({ author }) => author))
  return [...authors].flatMap((author) => {
    const link = linkOf(author)
    return link ? [proofOf(replica, link)] : []
  })
}

/** isDeleted: undefined of what is shown. */
function proofOf(replica: Replica, event: Event, isDeleted?: boolean): Proof {
  const lane = replica.lane(event.room, event.author, event.lane)
  const chain = lane && replica.runs.chain(lane, event.n)
  const body = isDeleted === undefined ? replica.body(event) : undefined
  const tombstone = isDeleted ? replica.tombstones.get(event.id) : undefined
  return {
    headers: toBase64(chain?.headers ?? event.header),
    signature: toBase64(chain?.signature ?? concat()),
    ...(body && { body: toBase64(body) }),
    ...(tombstone && { tombstone: toBase64(tombstone) }),
  }
}
