/**
 * Signed lines: the history of a room with what proves it, for export (rules EX-1 to EX-3). Messages that are shown come with
 * the headers up to the end of their run, its signature and the body as they were received; what its author deleted or a
 * moderator hides stands as a line without text. What is not shown for another reason is left out.
 */
import { concat } from '../wire/bytes.ts'
import type { Event } from '../wire/event.ts'
import type { EventId, RoomId } from '../wire/ids.ts'
import { kindNumber } from '../wire/kinds.ts'
import { toBase64 } from './base64.ts'
import type { Replica } from './replica.ts'
import type { Store } from './store.ts'
import {
  isVisible,
  type Line,
  lastLines,
  orderOf,
  roomRange,
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
}

/** A line of an export, in its place. */
export type SignedLine = ({ readonly line: Line; readonly proofs: readonly Proof[] } | Redacted) & {
  readonly order: string
}

export interface SignedSource extends TimelineSource {
  readonly store: Pick<Store, 'scan'>
  readonly replica: Replica
}

/** The last `count` lines and redactions before an `order`, oldest first. Rejects only where the store's scan does. */
export async function signedLines(
  source: SignedSource,
  room: RoomId,
  count: number,
  by: Visibility,
  before?: string,
): Promise<SignedLine[]> {
  const { replica } = source
  const shown = await lastLines(source, room, count, by, before === undefined ? {} : { before })
  const lines = shown.map((line) => {
    const proofs = [line.event, ...(line.edit ? [line.edit.event] : [])].map((event) =>
      proofOf(replica, event),
    )
    return { line, order: orderOf(line.event), proofs }
  })
  // As far back as the lines of this page go; where they are all there are, to the beginning.
  const from = shown.length < count ? '' : lines[0]!.order
  const redacted = await redactedLines(source, room, by, from, before)
  const all: SignedLine[] = [...lines, ...redacted.map((each) => ({ ...each, order: orderOf(each.event) }))]
  return all.sort((a, b) => (a.order < b.order ? -1 : 1))
}

async function redactedLines(
  { store, replica }: SignedSource,
  room: RoomId,
  by: Visibility,
  from: string,
  before: string | undefined,
): Promise<Redacted[]> {
  const found: Redacted[] = []
  for await (const [key] of store.scan(roomRange(room, by, from, before))) {
    const event = replica.find(key.slice(-64) as EventId)
    if (event?.kind !== MESSAGE || isVisible(event, by)) continue
    const isDeleted = by.isDeleted(event.id)
    // Shown but for this: whoever is banned, or held, has no line at all.
    if (!isVisible(event, { ...by, isDeleted: () => false, isHidden: () => false, isErased: () => false }))
      continue
    found.push({
      event,
      redacted: isDeleted ? 'deleted' : 'hidden',
      proofs: [proofOf(replica, event, isDeleted)],
    })
  }
  return found
}

/** isDeleted: undefined of what is shown. */
function proofOf(replica: Replica, event: Event, isDeleted?: boolean): Proof {
  const lane = replica.lane(event.room, event.author, event.lane)
  const chain = lane && replica.chain(lane, event.n)
  const body = isDeleted === undefined ? replica.body(event) : undefined
  const tombstone = isDeleted ? replica.tombstone(event.id) : undefined
  return {
    headers: toBase64(chain?.headers ?? event.header),
    signature: toBase64(chain?.signature ?? concat()),
    ...(body && { body: toBase64(body) }),
    ...(tombstone && { tombstone: toBase64(tombstone) }),
  }
}
