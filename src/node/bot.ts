/**
 * Bots: programs that take part in the chat. A bot is a node with handlers: each event passes them in the order in which
 * they were given, until one handles it and does not call `next`. The events of one room (or private talk) are handled one
 * after another, different ones side by side.
 *
 *   event -> left alone (own, a bot's, history)? -> messages() readers
 *                                                -> the room's turn -> handler -> next -> handler ... -> errors to catch
 */

import { type BacklogOptions, type BacklogReader, Backlogs } from './backlog.ts'
import { BotError, wordsOf } from './bot/bot-error.ts'
import { commandText } from './bot/command-text.ts'
import {
  type BotEvent,
  type CommandContext,
  type Context,
  causeOf,
  contextOf,
  type HearsContext,
} from './bot/context.ts'
import { type ContextOf, checkFilter, type Filter, passes } from './bot/filter.ts'
import { checkHandler, compose, type Handler } from './bot/middleware.ts'
import { isInHandler, reportingStrays, watchStrays } from './bot/stray-errors.ts'
import { Turns, WAITING_MAX } from './bot/turns.ts'
import { createNode } from './create-node.ts'
import type { MessageEvent, NodeEvent } from './events.ts'
import type { Node, NodeOptions } from './index.ts'
import { botDataDir } from './io/data-dir.ts'
import { LanchatError } from './lanchat-error.ts'
import { checkBotOptions } from './option-check.ts'
import { type Posted, Posts } from './posts.ts'

const COMMAND_NAME = /^[\p{L}\p{N}_-]+$/u
/** A room that the hub knows is here within this. */
const ROOM_MS_MAX = 3000
/** A bot that stops waits for its handlers no longer than this. */
const HANDLERS_MS_MAX = 2000
/** Whose handler takes longer is told: most likely it waits for what was meant to happen aside. */
const SLOW_MS = 30_000
/** That events are dropped is told at most this often. */
const DROPPED_EVERY_MS = 10_000

export interface BotOptions extends NodeOptions {
  /** The bot's nick, proposed as in NodeOptions. Default `bot`. Its data lie below the person's own, by this name. */
  name?: string | undefined
  /** Rooms to join at the start; made where there is none of that name. `general` is always joined. */
  rooms?: readonly string[] | undefined
  /** What commands begin with in a room. Default `!`. */
  prefix?: string | undefined
  /** Handle what this bot itself writes and does. Default false: a bot that answers itself never ends. */
  own?: boolean | undefined
  /** Handle what other bots write and do. Default false, for the same reason. */
  bots?: boolean | undefined
  /** Handle messages from before the start. Default false. */
  history?: boolean | undefined
  /**
   * The node to use instead of one on the real network: a node that somebody else closes, or what makes one that the bot
   * closes, as `node` of createLan does.
   */
  node?: Node | ((options: NodeOptions) => Promise<Node>) | undefined
}

export interface BotMessagesOptions extends BacklogOptions {
  /** Messages of this room alone; default all, private ones too. */
  readonly room?: string | undefined
}

/** Takes an error of a handler; what it throws itself is logged. */
export type ErrorHandler = (error: BotError, context: Context) => unknown

interface Started {
  readonly node: Node
  readonly posts: Posts
  readonly turns: Turns
  readonly unlisten: () => void
}

/** A bot: see BotOptions for what it can be, `start` for when it lives. */
export class Bot implements AsyncDisposable {
  readonly #options: BotOptions
  readonly #handlers: Handler<Context>[] = []
  readonly #backlogs = new Backlogs<MessageEvent>()
  readonly #stopped = new AbortController()
  readonly #handle = compose(this.#handlers)
  #dropped = 0
  #droppedToldAt = Number.NEGATIVE_INFINITY
  #onError: ErrorHandler = (error) => this.#logError(error)
  #started: Started | undefined
  #starting: Promise<void> | undefined
  #stopping: Promise<void> | undefined

  /** Throws TypeError for an option of another type than it has. */
  constructor(options: BotOptions = {}) {
    for (const slip of checkBotOptions(options)) process.emitWarning(slip, 'LanchatWarning')
    this.#options = options
    options.signal?.addEventListener('abort', () => void this.stop(), { once: true })
  }

  // --- handlers ---------------------------------------------------------------------------------------------------

  /**
   * Adds middleware: it gets every event, and decides by calling `next` whether those behind it get it too. Throws TypeError for
   * what is no function.
   */
  use(...handlers: Handler<Context>[]): this {
    for (const handler of handlers) checkHandler(handler)
    this.#handlers.push(...handlers)
    return this
  }

  /** Adds a handler of the events that pass a filter, or any of several. Throws TypeError for what is no filter. */
  on<F extends Filter>(filter: F | readonly F[], handler: Handler<ContextOf<F>>): this {
    const filters = listOf(filter)
    for (const each of filters) checkFilter(each)
    checkHandler(handler)
    return this.use((context, next) => {
      if (!filters.some((each) => passes(each, context.event))) return next()
      // One of the filters let it through, so it is what they let through.
      return handler(context as ContextOf<F>, next)
    })
  }

  /**
   * Adds a handler of a command, or of several names for it: `!roll 2` in a room, `@name roll 2`, and privately just
   * `roll 2`. Throws TypeError for a name of anything but letters, digits, `_` and `-`.
   */
  command(names: string | readonly string[], handler: Handler<CommandContext>): this {
    checkHandler(handler)
    const known = new Map<string, string>()
    for (const name of listOf(names)) {
      if (typeof name !== 'string' || !COMMAND_NAME.test(name.toLowerCase()))
        throw new TypeError(`A command cannot be named ${JSON.stringify(name)}.`)
      known.set(name.toLowerCase(), name)
    }
    return this.on('message', (context, next) => {
      const found = commandText(context.text, {
        prefix: this.#options.prefix ?? '!',
        nick: this.node.self.name,
        isPrivate: context.room === null,
      })
      const command = found && known.get(found.name)
      return found && command !== undefined
        ? handler({ ...context, command, args: found.args, rest: found.rest }, next)
        : next()
    })
  }

  /** Adds a handler of messages in which an expression finds something, or whose whole text is this (case ignored). */
  hears(pattern: string, handler: Handler<HearsContext<string>>): this
  hears(pattern: RegExp, handler: Handler<HearsContext<RegExpExecArray>>): this
  hears(
    pattern: string | RegExp,
    handler: Handler<HearsContext<string> & HearsContext<RegExpExecArray>>,
  ): this {
    checkHandler(handler)
    if (typeof pattern !== 'string' && !(pattern instanceof RegExp))
      throw new TypeError('What a bot hears is a text or a RegExp.')
    // Without g and y, which would make one match depend on the last.
    const expression =
      typeof pattern === 'string' ? undefined : new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, ''))
    const wanted = String(pattern).toLowerCase()
    return this.on('message', (context, next) => {
      const { text } = context
      const same = text.trim().toLowerCase() === wanted ? text : null
      const match = expression ? expression.exec(text) : same
      if (match === null) return next()
      // The overloads bind the kind of match to the kind of pattern.
      return handler({ ...context, match } as HearsContext<string> & HearsContext<RegExpExecArray>, next)
    })
  }

  /**
   * Takes the errors of handlers: thrown, rejected, or left behind in a promise nobody waited for. Default: they are
   * logged (to `log`, else to stderr). None of them ends the process.
   */
  catch(handler: ErrorHandler): this {
    this.#onError = handler
    return this
  }

  // --- life -------------------------------------------------------------------------------------------------------

  /**
   * Starts the node and joins the rooms. Resolves when the bot follows a hub, or has become one; called again, gives the
   * same promise. Rejects with LanchatError (as createNode; CODE_WRONG; ROOM_NAME_INVALID, BANNED, ... of the rooms;
   * OFFLINE when stopped before), or the signal's reason; the bot is stopped then.
   */
  start(): Promise<void> {
    this.#starting ??= this.#start()
    return this.#starting
  }

  /**
   * Ends the bot, which a node that ends by itself does as well (EXPELLED ...: `log` says why).
   *
   * Takes no more events, aborts the contexts' signals, waits for running handlers (2 s at most, not for the one that asks),
   * and closes the node unless it was given. Twice is safe. A stopped bot stays so.
   */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop(isInHandler())
    return this.#stopping
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  /** The node the bot sits on. Throws while the bot has not been started. */
  get node(): Node {
    return this.#running().node
  }

  // --- messages ---------------------------------------------------------------------------------------------------

  /** Says something in a room the bot is in. Resolves and rejects as the reply of a context. */
  send(room: string, text: string): Promise<Posted> {
    return this.#running().posts.post({ do: 'say', room, text })
  }

  /** Says something to one person alone: a nick, a label, or an id. Resolves and rejects as the reply of a context. */
  tell(person: string, text: string): Promise<Posted> {
    return this.#running().posts.post({ do: 'msg', to: person, text })
  }

  /**
   * The messages that handlers get too, from this call on, until the bot stops. A reader that lags behind loses the oldest
   * (or newest, see BacklogOptions): `dropped` counts them.
   */
  messages(options: BotMessagesOptions = {}): BacklogReader<MessageEvent> {
    const { room } = options
    return this.#backlogs.open(options, (message) => room === undefined || room === message.room)
  }

  // --- inside -----------------------------------------------------------------------------------------------------

  #running(): Started {
    if (!this.#started) throw new Error('The bot has not been started: await bot.start() first.')
    return this.#started
  }

  async #start(): Promise<void> {
    try {
      this.#options.signal?.throwIfAborted()
      if (this.#stopping) throw this.#whyStopped()
      const node = await this.#makeNode()
      const posts = new Posts(node)
      const turns = new Turns()
      watchStrays()
      const unlisten = node.on((event) => this.#told(event))
      this.#started = { node, posts, turns, unlisten }
      // A node that ends by itself, or is closed by whom it belongs to, ends the bot.
      void node.closed?.then(() => this.stop())
      if (this.#stopping) throw this.#whyStopped()
      await this.#unlessStopped(node.ready)
      for (const room of this.#options.rooms ?? []) await this.#unlessStopped(this.#join(node, room))
    } catch (error) {
      await this.stop()
      await this.#end()
      throw error
    }
  }

  #makeNode(): Promise<Node> {
    const { rooms, prefix, own, bots, history, node, ...options } = this.#options
    if (node !== undefined && typeof node !== 'function') return Promise.resolve(node)
    const name = options.name ?? 'bot'
    const asked = { ...options, name, bot: true }
    return node ? node(asked) : createNode({ ...asked, dataDir: options.dataDir ?? botDataDir(name) })
  }

  async #join(node: Node, room: string): Promise<void> {
    const answer = await node.execute({ do: 'join', room })
    if (answer.type !== 'error') return
    const appeared = roomAppears(node, room)
    try {
      const made = answer.code === 'ROOM_UNKNOWN' ? await node.execute({ do: 'create', room }) : answer
      if (made.type !== 'error') return
      if (made.code !== 'ROOM_NAME_TAKEN') throw new LanchatError(made.code, made.message)
      // Somebody else was quicker: the hub knows their room already, this node soon.
      await within(ROOM_MS_MAX, appeared.promise)
      const joined = await node.execute({ do: 'join', room })
      if (joined.type === 'error') throw new LanchatError(joined.code, joined.message)
    } finally {
      appeared.stop()
    }
  }

  #unlessStopped<T>(promise: Promise<T>): Promise<T> {
    const { signal } = this.#stopped
    return new Promise((resolve, reject) => {
      const aborted = () => reject(this.#whyStopped())
      if (signal.aborted) aborted()
      signal.addEventListener('abort', aborted, { once: true })
      promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', aborted))
    })
  }

  #whyStopped(): unknown {
    const { signal } = this.#options
    return signal?.aborted ? signal.reason : stoppedBefore()
  }

  async #stop(isAskedByHandler: boolean): Promise<void> {
    this.#stopped.abort()
    this.#backlogs.finish()
    const handled = this.#started?.turns.close()
    this.#started?.unlisten()
    if (!isAskedByHandler && handled) await within(HANDLERS_MS_MAX, handled)
    await this.#end()
  }

  /** Closes what was started. Twice is safe. */
  async #end(): Promise<void> {
    if (!this.#started) return
    const { node, posts, unlisten } = this.#started
    unlisten()
    if (typeof this.#options.node !== 'object') await node.close()
    posts.close()
  }

  #told(event: NodeEvent): void {
    // What concerns the node itself reaches nobody else here: a disk that fails, an end that nobody asked for.
    if (event.type === 'error' && event.command === undefined && event.id === undefined)
      this.#log('error', `${event.code}: ${event.message}`)
    if (event.type === 'system' && event.event === 'warning' && event.text !== undefined)
      this.#log('warn', event.text)
    if (event.type !== 'message' && event.type !== 'system' && event.type !== 'presence') return
    if (!this.#wants(event)) return
    if (event.type === 'message') this.#backlogs.push(event)
    const { turns, posts } = this.#running()
    const context = contextOf(event, {
      bot: this,
      signal: this.#stopped.signal,
      say: (room, text) => posts.post({ do: 'say', room, text }),
      tell: (person, text) => posts.post({ do: 'msg', to: person, text }),
    })
    const report = (error: unknown) => this.#failed(error, context)
    const task = () => {
      const slow = setTimeout(() => this.#tellSlow(context), SLOW_MS)
      slow.unref()
      return reportingStrays(report, () => this.#handle(context).catch(report)).finally(() =>
        clearTimeout(slow),
      )
    }
    if (!turns.add(conversationOf(event), task)) this.#tellDropped(context)
  }

  #wants(event: BotEvent): boolean {
    const { own, bots, history } = this.#options
    const cause = causeOf(event)
    if (!own && cause.id === this.#running().node.self.id) return false
    if (!bots && cause.bot && cause.id !== this.#running().node.self.id) return false
    return history === true || event.type !== 'message' || !event.history
  }

  #failed(cause: unknown, context: Context): void {
    // A handler that is still at work when the bot stops cannot answer any more; that is nobody's mistake.
    if (this.#stopping && cause instanceof LanchatError && cause.code === 'OFFLINE') return
    const error = new BotError(context, cause)
    const failedAgain = (again: unknown) => {
      this.#logError(error)
      this.#logError(new BotError(context, again))
    }
    reportingStrays(failedAgain, async () => this.#onError(error, context)).catch(failedAgain)
  }

  #tellSlow(context: Context): void {
    this.#log(
      'warn',
      `A handler has been at work at ${whatOf(context)} for ${SLOW_MS / 1000} s: what else happens ${whereOf(context)} waits. A handler that waits for long should leave that to a timer, and return.`,
    )
  }

  #tellDropped(context: Context): void {
    this.#dropped++
    const now = performance.now()
    if (now - this.#droppedToldAt < DROPPED_EVERY_MS) return
    this.#droppedToldAt = now
    this.#log(
      'warn',
      `Events were dropped (${this.#dropped} so far): more than ${WAITING_MAX} wait ${whereOf(context)} for handlers that are slower than they come, or do not end.`,
    )
  }

  #logError({ context, cause }: BotError): void {
    this.#log('error', `A handler failed at ${whatOf(context)}: ${wordsOf(cause, 'stack')}`)
  }

  #log(level: 'warn' | 'error', text: string): void {
    if (this.#options.log) this.#options.log(level, text)
    else console.error(text)
  }
}

const whatOf = ({ event, from }: Context): string =>
  event.type === 'message' ? `a message of ${from.name}` : event.type

const whereOf = ({ event, room, from }: Context): string => {
  if (room !== null) return `in ${room}`
  return event.type === 'message' ? `between ${from.name} and this bot` : 'of people coming and going'
}

function conversationOf(event: BotEvent): string {
  if (event.type === 'presence') return ''
  if (event.room !== null) return event.room
  // No room is named with a space.
  return event.type === 'message' ? ` ${(event.self && event.to ? event.to : event.from).id}` : ''
}

function roomAppears(node: Node, room: string): { promise: Promise<void>; stop: () => void } {
  let stop = () => {}
  const promise = new Promise<void>((resolve) => {
    stop = node.on((event) => {
      if (event.type === 'system' && event.event === 'create' && event.room === room) resolve()
    })
  })
  return { promise, stop }
}

const listOf = <T extends string>(one: T | readonly T[]): readonly T[] =>
  Array.isArray(one) ? one : [one as T]

const stoppedBefore = () => new LanchatError('OFFLINE', 'The bot was stopped before it had started.')

/** Waits for a promise that does not reject, at most so long. */
async function within(ms: number, promise: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms)
  })
  await Promise.race([promise, late])
  clearTimeout(timer)
}
