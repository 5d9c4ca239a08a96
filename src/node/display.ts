/**
 * Display: which messages people are told of, each once per process, in order of arrival (INV-4), and the largest time
 * ever shown in a room, which later stamps must exceed (INV-3).
 *
 *   closed -> open      a room is opened when the node is ready, or once a room joined later has its history here:
 *                       the last lines come first, and from then on whatever arrives
 */
import { decodeBody } from '../wire/codec.ts'
import { type Event, isControlLane } from '../wire/event.ts'
import { type EventId, type PersonKey, personKey, type RoomId } from '../wire/ids.ts'
import { type BodyOf, type BodyValue, kindNumber } from '../wire/kinds.ts'
import type { MessageEvent } from './events.ts'
import type { People } from './people.ts'
import type { Replica } from './replica.ts'
import type { RoomView } from './rooms.ts'
import { isHeld, isVisible, type Line, orderOf, visibilityOf } from './timeline.ts'
import type { Views } from './views.ts'

const MESSAGE = kindNumber('message')
/** Events that cannot be shown yet (no key, no room, held): kept per room, the oldest dropped; history has them later. */
const PENDING_MAX = 2000
const PENDING_ROOMS_MAX = 256
/** Ids remembered as told: a re-sent event beyond that is caught by the replica, which takes an event once. */
const TOLD_MAX = 100_000
/** Lines of a room told as history, in all. */
export const HISTORY_LINES = 50

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
  /** What was written before this is the past of the room: the start of this process, or the own join since. ms. */
  historyEnds(room: RoomId): number
  /** False for the first moments, while only the own clock tells the time, which may be wrong. */
  isTimeKnown(): boolean
  tell(message: MessageEvent): void
}

export class Display {
  readonly #ports: DisplayPorts
  readonly #pending = new Map<RoomId, Map<EventId, Event>>()
  readonly #told = new Set<EventId>()
  readonly #expected = new Set<EventId>()
  readonly #shownT = new Map<RoomId, number>()
  readonly #history = new Map<RoomId, number>()
  readonly #open = new Set<RoomId>()

  constructor(ports: DisplayPorts) {
    this.#ports = ports
  }

  /** Events that wait to be shown. */
  get waiting(): number {
    let waiting = 0
    for (const events of this.#pending.values()) waiting += events.size
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
      if (isControlLane(event.lane)) {
        if (!isHeld(event, this.#ports.replica.now)) this.noteT(event)
      } else if (event.kind === MESSAGE) this.#consider(event)
    }
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
    if (!pending) return
    this.#pending.delete(room)
    for (const event of pending.values()) this.#consider(event)
  }

  /** Time went on. */
  changedAll(): void {
    for (const room of [...this.#pending.keys()]) this.changed(room)
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
  }

  /** A line of a room's past, before the room is opened. */
  tellHistory(room: RoomId, message: MessageEvent): void {
    if (message.history) this.#tellLine(room, message)
  }

  #tellLine(room: RoomId, message: MessageEvent): void {
    const id = message.id as EventId
    if (this.#isTold(id) || (message.history && !this.#mayTellHistory(room))) return
    this.#remember(id)
    this.#ports.tell(message)
  }

  #mayTellHistory(room: RoomId): boolean {
    const told = this.#history.get(room) ?? 0
    this.#history.set(room, told + 1)
    return told < HISTORY_LINES
  }

  #consider(event: Event): void {
    if (this.#isTold(event.id) || this.#isOfNobody(event)) return
    const message = this.#open.has(event.room) ? this.#messageOf(event) : undefined
    if (!message) return this.#wait(event)
    // One line too many of the past is left out, but only once it is certain what is past.
    const isFull = message.history && (this.#history.get(event.room) ?? 0) >= HISTORY_LINES
    if (isFull && !this.#ports.isTimeKnown()) return this.#wait(event)
    this.noteT(event)
    if (message.history && !this.#mayTellHistory(event.room)) return this.#remember(event.id)
    this.#remember(event.id)
    this.#ports.tell(message)
  }

  /** In a room that this person is not in. Should they join, its last lines are read from the store. */
  #isOfNobody(event: Event): boolean {
    const view = this.#ports.views.room(event.room)
    return view?.createdBy !== undefined && (view.deleted || !this.#ports.isMember(view))
  }

  #wait(event: Event): void {
    const pending = this.#pending.get(event.room) ?? new Map<EventId, Event>()
    this.#pending.set(event.room, pending)
    if (this.#pending.size > PENDING_ROOMS_MAX) this.#pending.delete(this.#pending.keys().next().value!)
    pending.set(event.id, event)
    if (pending.size > PENDING_MAX) pending.delete(pending.keys().next().value!)
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
    if (!isVisible(event, visibilityOf(replica, view))) return undefined
    const body = replica.body(event.id)
    const value = body && this.read(view, event, body)
    if (value?.kind !== 'message') return undefined
    return this.lineOf(view, { event, body: value })
  }

  /** A body, opened where the room is private. */
  read(view: RoomView, event: Event, body: Uint8Array): BodyValue | null {
    return view.persons ? this.#ports.open(event, body) : decodeBody(event.kind, body)
  }

  /** A line of a timeline as people are told of it. */
  lineOf(view: RoomView, line: Line): MessageEvent {
    const { event, body, edit } = line
    const { people, self } = this.#ports
    const other =
      view.type === 'talk' ? [...(view.persons ?? [])].find((person) => person !== event.author) : undefined
    return {
      type: 'message',
      id: event.id,
      room: this.#ports.roomName(view),
      from: people.labelled(event.author),
      text: edit ? edit.text : body.text,
      ts: event.at,
      order: orderOf(event),
      ...(view.persons && { private: true as const }),
      ...(view.type === 'talk' && { to: people.who(other ?? event.author) }),
      ...(event.at < this.#ports.historyEnds(event.room) && { history: true as const }),
      ...(event.author === self && { self: true as const }),
      ...(body.replyTo && { replyTo: personKey(body.replyTo) as string }),
      ...(edit && { edited: true as const }),
      ...(body.action && { action: true as const }),
    }
  }
}
