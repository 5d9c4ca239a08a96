/** Filters: which events a handler wants, as strings whose types say what it gets. */
import type { SystemEvent } from '../events.ts'
import type { BotEvent, MessageContext, PresenceContext, SystemContext } from './context.ts'

/** The words of system events. */
export type SystemName = SystemEvent['event']

/** What each filter lets through. */
export interface FilterContexts {
  message: MessageContext
  /** Written in a room. */
  'message:room': MessageContext & { readonly room: string }
  /** Written to this bot alone. */
  'message:private': MessageContext & { readonly room: null; readonly event: { readonly private: true } }
  /** Written by /me. */
  'message:action': MessageContext & { readonly event: { readonly action: true } }
  system: SystemContext
  presence: PresenceContext
  'presence:online': PresenceContext & { readonly event: { readonly online: true } }
  'presence:offline': PresenceContext & { readonly event: { readonly online: false } }
}

/** `message`, `message:room`, `message:private`, `message:action`, `system`, `system:join` (and so on), `presence`, ... */
export type Filter = keyof FilterContexts | `system:${SystemName}`

/** The context that a filter lets through. */
export type ContextOf<F extends Filter> = F extends keyof FilterContexts
  ? FilterContexts[F]
  : F extends `system:${infer Name extends SystemName}`
    ? SystemContext & { readonly event: { readonly event: Name } }
    : never

const TESTS: Record<keyof FilterContexts, (event: BotEvent) => boolean> = {
  message: (event) => event.type === 'message',
  'message:room': (event) => event.type === 'message' && event.room !== null,
  'message:private': (event) => event.type === 'message' && event.private === true && event.room === null,
  'message:action': (event) => event.type === 'message' && event.action === true,
  system: (event) => event.type === 'system',
  presence: (event) => event.type === 'presence',
  'presence:online': (event) => event.type === 'presence' && event.online,
  'presence:offline': (event) => event.type === 'presence' && !event.online,
}

const isInTable = (filter: string): filter is keyof FilterContexts => Object.hasOwn(TESTS, filter)

/** Whether an event passes a filter. */
export function passes(filter: Filter, event: BotEvent): boolean {
  if (isInTable(filter)) return TESTS[filter](event)
  return event.type === 'system' && filter === `system:${event.event}`
}

/** Throws TypeError for a string that cannot be a filter: a slip that would otherwise never match. */
export function checkFilter(filter: string): asserts filter is Filter {
  if (typeof filter !== 'string' || (!isInTable(filter) && !/^system:[a-z]+$/.test(filter)))
    throw new TypeError(`There is no filter ${JSON.stringify(filter)}.`)
}
