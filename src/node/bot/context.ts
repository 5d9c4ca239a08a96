/** What a handler is given: one event, who caused it, and the ways to answer. */
import type { Bot } from '../bot.ts'
import type { Labelled, MessageEvent, PresenceEvent, SystemEvent, Who } from '../events.ts'
import type { Posted } from '../posts.ts'
import { type ContextOf, type Filter, passes } from './filter.ts'

/** Events that bots are told of. */
export type BotEvent = MessageEvent | SystemEvent | PresenceEvent

/** What every context has. */
export interface EventContext<E extends BotEvent> {
  readonly bot: Bot
  readonly event: E
  /** Who caused the event: the author of a message; of a system event who did it. */
  readonly from: Labelled
  /** The room it happened in; null: a private message, or something of no room. */
  readonly room: string | null
  /** Aborts when the bot stops. */
  readonly signal: AbortSignal
  /** Empty at first; for handlers to leave something for those behind them. */
  readonly state: Record<string, unknown>
  /**
   * Answers where the event came from: in the room, or privately. Resolves when the answer is stored; rejects with
   * LanchatError (NOT_MEMBER, TEXT_TOO_LONG, KEY_MISSING, OFFLINE, ...).
   */
  reply(text: string): Promise<Posted>
  /** Answers the person alone, wherever the event came from. Resolves and rejects as reply. */
  tell(text: string): Promise<Posted>
  /** Whether the event passes a filter; the context is narrowed to what the filter lets through. */
  has<F extends Filter>(filter: F): this is ContextOf<F>
}

export interface MessageContext extends EventContext<MessageEvent> {
  /** Verbatim, as its author wrote it: not cleaned for terminals. */
  readonly text: string
}
export interface SystemContext extends EventContext<SystemEvent> {
  /** Whom it happened to: who joined, was invited, kicked, ... */
  readonly user: Who
}
export interface PresenceContext extends EventContext<PresenceEvent> {
  readonly user: Labelled
}
/** What middleware gets: any event. Narrow it by `event.type` or `has`. */
export type Context = MessageContext | SystemContext | PresenceContext

/** What handlers of commands get. */
export interface CommandContext extends MessageContext {
  /** The command's name as it was registered. */
  readonly command: string
  /** The words behind the name; "words in double quotes" are one. */
  readonly args: readonly string[]
  /** All behind the name, verbatim but for space at its ends. */
  readonly rest: string
}

/** What handlers of hears get. Match: what the expression found, or the text itself. */
export interface HearsContext<Match extends RegExpExecArray | string = RegExpExecArray | string>
  extends MessageContext {
  readonly match: Match
}

/** What contexts need of their bot. */
export interface ContextPorts {
  readonly bot: Bot
  readonly signal: AbortSignal
  say(room: string, text: string): Promise<Posted>
  tell(person: string, text: string): Promise<Posted>
}

export function contextOf(event: BotEvent, ports: ContextPorts): Context {
  const from = causeOf(event)
  const room = event.type === 'presence' ? null : event.room
  // An own private message is answered where it went.
  const other = event.type === 'message' && event.self && event.to ? event.to : from
  const context = {
    bot: ports.bot,
    event,
    from,
    room,
    signal: ports.signal,
    state: {},
    reply: (text: string) => (room === null ? ports.tell(other.id, text) : ports.say(room, text)),
    tell: (text: string) => ports.tell(other.id, text),
    has: (filter: Filter) => passes(filter, event),
    ...(event.type === 'message' ? { text: event.text } : { user: event.user }),
  }
  // One literal for the three: the event's type says which of them it is.
  return context as unknown as Context
}

/** Who caused an event. */
export function causeOf(event: BotEvent): Labelled {
  if (event.type === 'message') return event.from
  return event.type === 'system' ? (event.by ?? event.user) : event.user
}
