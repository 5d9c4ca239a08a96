/**
 * Display: which messages people are told of, each once per process, in order of arrival (INV-4), and the largest time
 * ever shown in a room, which later stamps must exceed (INV-3).
 *
 *   closed -> open      a room is opened when the node is ready, or once a room joined later has its history here:
 *                       the last lines come first, and from then on whatever arrives
 */
import { decodeBody } from '../wire/codec.ts'
import { type Event, isControlLane } from '../wire/event.ts'
import { type EventId, eventId, type PersonKey, type RoomId } from '../wire/ids.ts'
import { type BodyOf, type BodyValue, kindNumber } from '../wire/kinds.ts'
import { mentions } from '../wire/mention.ts'
import { orderOf } from './display-order.ts'
import type { DeleteEvent, EditEvent, MessageEvent, ReactionEvent } from './events.ts'
import { beginningOf, LatestTexts } from './latest-texts.ts'
import type { People } from './people.ts'
import type { Replica } from './replica.ts'
import type { RoomView } from './rooms.ts'
import { isHeld, isVisible, type Line, type Visibility, visibilityOf } from './timeline.ts'
import type { Views } from './views.ts'

const MESSAGE = kindNumber('message')
const EDIT = kindNumber('edit')
const REACTION = kindNumber('reaction')
/** Events that cannot be shown yet (no key, no room, held): kept per room, the oldest dropped; history has them later. */
const PENDING_MAX = 2000
const PENDING_ROOMS_MAX = 256
/** Ids remembered as told: a re-sent event beyond that is caught by the replica, which takes an event once. */
const TOLD_MAX = 100_000
/** A time further than this from its arrival is told as approximate (interfaces show it with ~). */
const APPROX_MS = 600_000
/** Lines of a room told as history, in all. */
export const HISTORY_LINES = 50
/** Messages whose latest edit told is remembered. */
const EDITED_MAX = 10_000

/** What is told of a message after it was told. */
export type Mark = EditEvent | ReactionEvent
type MarkBody = Extract<BodyValue, { kind: 'edit' | 'reaction' }>

export interface DisplayPorts {
  readonly self: PersonKey
  readonly replica: Replica
  readonly views: Views
  readonly people: People
  /** Opens a body of a private room; null: not (yet) possible. */
  open(event: Event, body: Uint8Array): BodyValue | null
  /** The name people know a room by; null for a talk. */
  roomName(view: RoomView): string | null
  isMember(view: RoomView): boolean
  /** Deleted here alone. */
  isForgotten(event: Event): boolean
  /** Nothing that this person says is shown here. */
  isBlocked(person: PersonKey): boolean
  /** Does this person want to be called for it? */
  calls(room: RoomId, message: MessageEvent): boolean
  /** What was written before this is the past of the room: the start of this process, or the own join since. ms. */
  historyEnds(room: RoomId): number
  /** False for the first moments, while only the own clock tells the time, which may be wrong. */
  isTimeKnown(): boolean
  /** False where nobody listens: then only what this person writes is told, and the rest is read from the store if asked for. */
  isHeard(): boolean
  /** Was anything said about this message since, as far as the disk tells? */
  isMarked(message: EventId): boolean
  /** Looks up the text that this message has now. */
  learnText(room: RoomId, message: EventId, then: () => void): void
  tell(told: MessageEvent | Mark | DeleteEvent): void
}

export class Display {
  readonly #ports: DisplayPorts
  readonly texts = new LatestTexts()
  /** Rooms whose lines wait, in their order, until it is known how the message reads now that one of them answers. */
  readonly #learning = new Set<RoomId>()
  readonly #pending = new Map<RoomId, Map<EventId, Event>>()
  /** Edits and reactions whose message is not shown yet, bounded as the others. */
  readonly #marks = new Map<RoomId, Map<EventId, Event>>()
  /** By message: `order` of the latest edit told. */
  readonly #edited = new Map<EventId, string>()
  readonly #told = new Set<EventId>()
  readonly #expected = new Set<EventId>()
  readonly #shownT = new Map<RoomId, number>()
  readonly #history = new Map<RoomId, number>()
  readonly #open = new Set<RoomId>()
  /** Bodies that were just opened: who shows one and who indexes it ask for the same bytes. */
  readonly #values = new WeakMap<Uint8Array, BodyValue>()

  constructor(ports: DisplayPorts) {
    this.#ports = ports
  }

  /** Events that wait to be shown. */
  get waiting(): number {
    let waiting = 0
    for (const waits of [this.#pending, this.#marks])
      for (const events of waits.values()) waiting += events.size
    return waiting
  }

  /** Largest t ever shown in this room on this device; 0: nothing. */
  shownT(room: RoomId): number {
    return this.#shownT.get(room) ?? 0
  }

  noteT(event: Pick<Event, 'room' | 't'>): void {
    if (event.t > this.shownT(event.room)) this.#shownT.set(event.room, event.t)
  }

  /** New events in a contiguous prefix. */
  arrived(events: readonly Event[]): void {
    for (const event of events) {
      if (isControlLane(event.lane) || !this.#isHeard(event)) {
        if (!isHeld(event, this.#ports.replica.now)) this.noteT(event)
        if (event.kind === EDIT) this.texts.clear()
      } else if (event.kind === MESSAGE) this.#consider(event)
      else if (event.kind === EDIT || event.kind === REACTION) this.#considerMark(event)
    }
  }

  /** What another device writes under this identity is always told: people are warned of it. */
  #isHeard(event: Event): boolean {
    return event.author === this.#ports.self || this.#ports.isHeard()
  }

  /** Typed here just now, on its way to the disk: told by `typed`, however else it comes to sight meanwhile. */
  expect(id: EventId): void {
    this.#expected.add(id)
  }

  /** Typed here, on disk: told in any case, also before the node is ready, or when the room has been left meanwhile. */
  typed(view: RoomView, event: Event, body: BodyOf<'message'>): void {
    this.#expected.delete(event.id)
    this.noteT(event)
    this.#remember(event.id)
    this.#ports.tell(this.lineOf(view, { event, body }))
  }

  /** What counts in this room changed: keys, members, cuts. */
  changed(room: RoomId): void {
    const pending = this.#pending.get(room)
    this.#pending.delete(room)
    for (const event of pending?.values() ?? []) this.#consider(event)
    this.#changedMarks(room)
  }

  #changedMarks(room: RoomId): void {
    const marks = this.#marks.get(room)
    if (!marks) return
    this.#marks.delete(room)
    for (const event of marks.values()) this.#considerMark(event)
  }

  /** Time went on. */
  changedAll(): void {
    for (const room of new Set([...this.#pending.keys(), ...this.#marks.keys()])) this.changed(room)
  }

  isOpen(room: RoomId): boolean {
    return this.#open.has(room)
  }

  /** From now on arrivals in this room are told. lines: its last ones, told first. */
  open(room: RoomId, lines: readonly MessageEvent[]): void {
    this.#open.add(room)
    for (const line of lines) this.#tellLine(room, line)
    this.changed(room)
  }

  /** The room was left: nothing of it is told, until it is opened again. */
  close(room: RoomId): void {
    this.#open.delete(room)
    this.#pending.delete(room)
    this.#marks.delete(room)
  }

  /** A line of a room's past, before the room is opened. */
  tellHistory(room: RoomId, message: MessageEvent): void {
    if (message.history) this.#tellLine(room, message)
  }

  #tellLine(room: RoomId, message: MessageEvent): void {
    const id = message.id as EventId
    if (this.#isTold(id) || (message.history && !this.#mayTellHistory(room))) return
    this.#remember(id)
    this.#ports.tell(this.#timed(message))
  }

  /** True while a line of this room has to wait. quoted: the message that it shows the beginning of. */
  #learns(room: RoomId, quoted: string | undefined): boolean {
    const id = quoted as EventId | undefined
    if (this.#learning.has(room)) return true
    const view = this.#ports.views.room(room)
    if (!id || !view || this.knowsText(view, id)) return false
    this.#learning.add(room)
    this.#ports.learnText(room, id, () => {
      this.#learning.delete(room)
      // Also where it could not be read: then the line shows what is known, and waits no more.
      this.texts.note(id, null)
      this.changed(room)
    })
    return true
  }

  /** Is it known which text a message has now? */
  knowsText(view: RoomView, id: EventId): boolean {
    const known = this.texts.of(id)
    if (known === undefined) return !this.#ports.isMarked(id)
    if (!known || isVisible(known.event, this.visibility(view))) return true
    this.texts.forget(id)
    return false
  }

  /** An edit that may be shown was met: of the message that it gives another text it is remembered. */
  noteEdit(view: RoomView, event: Event, { target, text }: BodyOf<'edit'>): void {
    const message = this.#ports.replica.find(eventId(target))
    if (message && this.#isEditOf(view, event, message)) this.texts.note(message.id, { event, text })
  }

  /** Only the author's own, behind the message. */
  #isEditOf(view: RoomView, event: Event, message: Event): boolean {
    const isTheirs = view.personOf(message.author) === view.personOf(event.author)
    const isThere = message.room === event.room && message.kind === MESSAGE
    return isThere && isTheirs && orderOf(event) >= orderOf(message)
  }

  #mayTellHistory(room: RoomId): boolean {
    const told = this.#history.get(room) ?? 0
    this.#history.set(room, told + 1)
    return told < HISTORY_LINES
  }

  #consider(event: Event): void {
    if (this.#isTold(event.id) || this.#isOfNobody(event) || this.#ports.isBlocked(event.author)) return
    // Thousands may wait for one look-up, and each is considered anew behind it.
    if (this.#learning.has(event.room)) return this.#wait(event)
    const message = this.#open.has(event.room) ? this.#messageOf(event) : undefined
    if (!message || this.#learns(event.room, message.quote && message.replyTo)) return this.#wait(event)
    // One line too many of the past is left out, but only once it is certain what is past.
    const isFull = message.history && (this.#history.get(event.room) ?? 0) >= HISTORY_LINES
    if (isFull && !this.#ports.isTimeKnown()) return this.#wait(event)
    this.noteT(event)
    if (message.history && !this.#mayTellHistory(event.room)) return this.#remember(event.id)
    this.#remember(event.id)
    const calls = !message.history && !message.self && this.#ports.calls(event.room, message)
    this.#ports.tell({ ...this.#timed(message), ...(calls && { notify: true as const }) })
    // Edits and reactions may have come before it.
    if (this.#marks.has(event.room)) this.#changedMarks(event.room)
  }

  /** Of what comes now, late or with a strange time, the time is approximate. */
  #timed(message: MessageEvent): MessageEvent {
    const isNear = Math.abs(this.#ports.replica.now - message.ts) <= APPROX_MS
    return message.history || isNear ? message : { ...message, approx: true }
  }

  /** In a room that this person is not in. Should they join, its last lines are read from the store. */
  #isOfNobody(event: Event): boolean {
    const view = this.#ports.views.room(event.room)
    return view?.createdBy !== undefined && (view.deleted || !this.#ports.isMember(view))
  }

  #wait(event: Event, waits = this.#pending): void {
    const pending = waits.get(event.room) ?? new Map<EventId, Event>()
    waits.set(event.room, pending)
    if (waits.size > PENDING_ROOMS_MAX) waits.delete(waits.keys().next().value!)
    pending.set(event.id, event)
    if (pending.size > PENDING_MAX) pending.delete(pending.keys().next().value!)
  }

  // --- edits, reactions, deletions ----------------------------------------------------------------------------------

  /** An edit or a reaction has arrived: told once, when its message may be shown. What is older is in the history. */
  #considerMark(event: Event): void {
    if (this.#isTold(event.id)) return
    if (this.#isOfNobody(event) || this.#ports.isBlocked(event.author)) {
      // Should this person join or take back the block, what was learned before is not how it reads then.
      if (event.kind === EDIT) this.texts.clear()
      return
    }
    const { replica, views } = this.#ports
    const view = views.room(event.room)
    const isOpen = this.#open.has(event.room) && !this.#learning.has(event.room)
    if (!view || !isOpen || !this.#ports.isMember(view)) return this.#wait(event, this.#marks)
    const bytes = replica.body(event)
    const body = bytes && isVisible(event, this.visibility(view)) ? this.read(view, event, bytes) : undefined
    if (body?.kind !== 'edit' && body?.kind !== 'reaction') return this.#wait(event, this.#marks)
    const target = replica.find(eventId(body.target))
    if (!target || !isVisible(target, this.visibility(view))) return this.#wait(event, this.#marks)
    if (body.kind === 'edit') this.noteEdit(view, event, body)
    else if (event.at >= this.#ports.historyEnds(event.room) && this.#learns(event.room, target.id))
      return this.#wait(event, this.#marks)
    this.noteT(event)
    this.#remember(event.id)
    if (event.at < this.#ports.historyEnds(event.room)) return
    const mark = this.markOf(view, event, body)
    if (mark) this.#ports.tell(mark)
  }

  /** An edit or reaction as people are told of it; undefined where it changes nothing that is shown. */
  markOf(view: RoomView, event: Event, body: MarkBody): Mark | undefined {
    const id = eventId(body.target)
    const target = this.#ports.replica.find(id)
    if (!target || target.room !== event.room || target.kind !== MESSAGE) return undefined
    const about = this.#about(view, event, id)
    if (body.kind === 'reaction') {
      const quote = this.#quote(view, id)
      return { type: 'reaction', ...about, emoji: body.emoji, on: body.on, ...(quote && { quote }) }
    }
    this.noteEdit(view, event, body)
    const order = orderOf(event)
    // Not one that a later edit has taken the place of.
    if (!this.#isEditOf(view, event, target) || order < (this.#edited.get(id) ?? '')) return undefined
    this.#edited.delete(id)
    this.#edited.set(id, order)
    if (this.#edited.size > EDITED_MAX) this.#edited.delete(this.#edited.keys().next().value!)
    return { type: 'edit', ...about, text: body.text }
  }

  /**
   * Its author has deleted it. ts: when this was heard of, since a deletion has no time of its own. eraser: who said so by an
   * `erase`, which anybody may write; of a tombstone nobody is asked. Told once.
   */
  deleted(id: EventId, ts: number, eraser?: PersonKey): DeleteEvent | undefined {
    const { replica, views } = this.#ports
    const event = replica.find(id)
    const view = event && views.room(event.room)
    if (!view || event.kind !== MESSAGE || !this.#open.has(event.room) || !this.#ports.isMember(view))
      return undefined
    if (eraser !== undefined && eraser !== view.personOf(event.author)) return undefined
    this.#pending.get(event.room)?.delete(id)
    const isErased = view.erased.get(id)?.has(view.personOf(event.author)) ?? false
    if (isErased !== (eraser !== undefined)) return undefined
    const isHidden = view.hidden.has(id) || event.n > view.contentLimit(event.author, event.lane)
    if (isHidden || this.#ports.isBlocked(event.author)) return undefined
    return { type: 'delete', ...this.#about(view, event, id), ts }
  }

  #about(view: RoomView, event: Event, id: EventId) {
    const { people, self } = this.#ports
    return {
      id,
      ...this.#placeOf(view, event.author),
      from: people.labelled(event.author),
      ts: event.at,
      ...(view.personOf(event.author) === view.personOf(self) && { self: true as const }),
    }
  }

  /** Where something was said: a room, or between two people. */
  #placeOf(view: RoomView, author: PersonKey) {
    const other =
      view.type === 'talk'
        ? [...(view.persons ?? [])].find((person) => person !== view.personOf(author))
        : undefined
    return {
      room: this.#ports.roomName(view),
      ...(view.persons && { private: true as const }),
      ...(view.type === 'talk' && { to: this.#ports.people.labelled(other ?? author) }),
    }
  }

  /** What may be shown here now. */
  visibility(view: RoomView): Visibility {
    const by = visibilityOf(this.#ports.replica, view)
    return {
      ...by,
      isLet: (event) =>
        by.isLet(event) && !this.#ports.isBlocked(event.author) && !this.#ports.isForgotten(event),
    }
  }

  #isTold(id: EventId): boolean {
    return this.#told.has(id) || this.#expected.has(id)
  }

  #remember(id: EventId): void {
    this.#told.add(id)
    if (this.#told.size > TOLD_MAX) this.#told.delete(this.#told.values().next().value!)
  }

  #messageOf(event: Event): MessageEvent | undefined {
    const { replica, views } = this.#ports
    const view = views.room(event.room)
    if (!view || view.deleted || !this.#ports.isMember(view)) return undefined
    if (!isVisible(event, this.visibility(view))) return undefined
    const body = replica.body(event)
    const value = body && this.read(view, event, body)
    if (value?.kind !== 'message') return undefined
    return this.lineOf(view, { event, body: value })
  }

  /** A body, opened where the room is private. */
  read(view: RoomView, event: Event, body: Uint8Array): BodyValue | null {
    const known = this.#values.get(body)
    if (known) return known
    const value = view.persons ? this.#ports.open(event, body) : decodeBody(event.kind, body)
    // One that cannot be opened now may be later.
    if (value) this.#values.set(body, value)
    return value
  }

  /** A line of a timeline as people are told of it. */
  lineOf(view: RoomView, line: Line): MessageEvent {
    const { event, body, edit, reactions } = line
    const { people, self } = this.#ports
    const { room, ...place } = this.#placeOf(view, event.author)
    const quote = body.replyTo && this.#quote(view, eventId(body.replyTo))
    const text = edit ? edit.text : body.text
    const isMention = view.personOf(event.author) !== view.personOf(self) && mentions(text, people.nick(self))
    return {
      type: 'message',
      id: event.id,
      room,
      from: people.labelled(event.author),
      text,
      ts: event.at,
      order: orderOf(event),
      ...place,
      ...(event.at < this.#ports.historyEnds(event.room) && { history: true as const }),
      ...(view.personOf(event.author) === view.personOf(self) && { self: true as const }),
      ...(body.replyTo && { replyTo: eventId(body.replyTo) as string }),
      ...(quote && { quote }),
      ...(edit && { edited: true as const }),
      ...(body.action && { action: true as const }),
      ...(isMention && { mention: true as const }),
      ...(reactions && {
        reactions: [...reactions].map(([emoji, by]) => ({
          emoji,
          count: by.length,
          ...(by.includes(view.personOf(self)) && { self: true as const }),
        })),
      }),
    }
  }

  /** The beginning of the message that another one answers, as it reads now, while it may be shown. */
  #quote(view: RoomView, id: EventId): MessageEvent['quote'] {
    const { replica, people } = this.#ports
    const event = replica.find(id)
    if (event?.room !== view.id || event.kind !== MESSAGE || !isVisible(event, this.visibility(view)))
      return undefined
    const bytes = replica.body(event)
    const body = bytes && this.read(view, event, bytes)
    if (body?.kind !== 'message') return undefined
    const known = this.texts.of(id)
    const edit = known && isVisible(known.event, this.visibility(view)) ? known : undefined
    return { from: people.labelled(event.author), text: edit?.text ?? beginningOf(body.text) }
  }
}
