/**
 * One person's (or script's) talk with a node: the current room, requests carried out strictly in order, and each
 * request's one answer, printed in its place between the events. Terminals, pipes and the control socket all use it.
 *
 * Order: the node answers in the order it was asked and emits answers among its events, so requests may be asked
 * before the answers of earlier ones are here. What is answered without the node waits until all before it are answered.
 */
import type { Answer, Command, EnteredTalk, Node, NodeEvent } from '../node/index.ts'
import { TEXT_BYTES_MAX } from '../wire/limits.ts'
import { refusalText } from '../wire/refusal.ts'
import {
  COMMANDS,
  type CommandRow,
  commandRow,
  GENERAL,
  type Meaning,
  MORE,
  nearestCommand,
  readCommand,
  readTyped,
  usageOf,
} from './commands.ts'
import { emojiNamed } from './emoji.ts'
import { LINE_BYTES_MAX } from './input-lines.ts'
import { whyOf } from './system-error.ts'
import { readWholeFile, typedPath } from './whole-file.ts'

/** Requests asked and not yet answered: enough for the node to commit many at once, few enough to hold. */
const UNDER_WAY_MAX = 256
/** Ids of messages that other sessions sent and whose acks are not for us. */
const FOREIGN_MAX = 1000
/** Rooms whose pages are turned at a time. */
const PAGED_ROOMS_MAX = 100

/** What came in. `ref` is there only where the asker gave one. */
export type Request =
  | { readonly line: string }
  | { readonly text: string; readonly room?: string; readonly to?: string; readonly ref?: unknown }
  | { readonly command: string; readonly ref?: unknown }
  | { readonly refused: string; readonly message: string; readonly ref?: unknown }

type FileMeaning = Extract<Meaning, { readonly file: string }>

/** Stands for one request at the node, as its `ref`. */
class Ticket {
  isAnswered = false
  constructor(
    readonly session: Session,
    /** The command as answers name it, with its slash. */
    readonly command: string | undefined,
    readonly echo: { readonly ref?: unknown },
    readonly enters: Command,
  ) {}
}

export interface SessionOptions {
  /** Settles when questions make sense: the node is ready, or there was time enough. Texts for general do not wait. */
  readonly gate: Promise<unknown>
  readonly print: (event: NodeEvent) => void
}

export class Session {
  room = GENERAL
  /** Set by /quit. */
  hasQuit = false
  readonly #node: Node
  readonly #options: SessionOptions
  readonly #underWay = new Set<Promise<void>>()
  readonly #foreign = new Set<string>()
  /** By room: `order` of the oldest message of the page asked for last. */
  readonly #oldest = new Map<string, string>()
  readonly #stop: () => void

  constructor(node: Node, options: SessionOptions) {
    this.#node = node
    this.#options = options
    this.#stop = node.on((event) => this.#hear(event))
  }

  /**
   * Takes one request; resolves when the next may be given (its answer may still be under way). Call again only then.
   * Never rejects for what a request contains.
   */
  async submit(request: Request): Promise<void> {
    if (this.hasQuit) return
    if ('refused' in request) return this.#refuse(request.refused, request.message, echoOf(request))
    if ('command' in request) return this.#command(readCommand(request.command), echoOf(request))
    if ('text' in request) {
      const { text, to } = request
      const command: Command =
        to === undefined ? { do: 'say', room: request.room ?? this.room, text } : { do: 'msg', to, text }
      return this.#ask(command, undefined, echoOf(request))
    }
    if (request.line === '') return
    const typed = readTyped(request.line)
    if ('word' in typed) return this.#command(typed, {})
    return this.#ask({ do: 'say', room: this.room, text: typed.text }, undefined, {})
  }

  /** Resolves when everything submitted so far is answered. */
  async idle(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay)
  }

  /** Hears nothing any more. Twice is safe. */
  close(): void {
    this.#stop()
  }

  async #command({ word, args }: { word: string; args: string }, echo: { ref?: unknown }): Promise<void> {
    const row = commandRow(word)
    if (!row) {
      const near = nearestCommand(word)
      const hint = near ? `Did you mean /${near}?` : 'See /help; // starts a text with a slash.'
      const message = refusalText('COMMAND_UNKNOWN', { command: `/${word}`, hint })
      return this.#refuse('COMMAND_UNKNOWN', message, echo, `/${word}`)
    }
    const name = `/${row.name}`
    const meaning = row.read(args, this.room)
    if (meaning === 'usage') {
      return this.#refuse('COMMAND_USAGE', refusalText('COMMAND_USAGE', { usage: usageOf(row) }), echo, name)
    }
    if ('ask' in meaning) {
      for (const command of meaning.ask) await this.#ask(command, name, echo)
      return
    }
    if ('file' in meaning) return this.#askWithFile(meaning, name, echo)
    if (meaning.local === 'help') return this.#help(args.trim(), name, echo)
    await this.idle()
    if (meaning.local === 'emoji')
      return this.#print({ type: 'result', command: name, data: emojiNamed(args.trim()), ...echo })
    this.hasQuit = true
    this.#print({ type: 'result', command: name, data: null, ...echo })
  }

  async #askWithFile({ file, max, use }: FileMeaning, name: string, echo: { ref?: unknown }): Promise<void> {
    let bytes: Uint8Array
    try {
      bytes = await readWholeFile(typedPath(file), max)
    } catch (error) {
      const why = whyOf(error)
      return this.#refuse('FILE_UNREADABLE', refusalText('FILE_UNREADABLE', { file, why }), echo, name)
    }
    return this.#ask(use(bytes), name, echo)
  }

  async #help(topic: string, name: string, echo: { ref?: unknown }): Promise<void> {
    const rows =
      topic === '' ? COMMANDS : [commandRow(topic.replace(/^\//, ''))].filter((row) => row !== undefined)
    if (rows.length === 0) {
      const message = refusalText('COMMAND_UNKNOWN', { command: topic, hint: 'See /help.' })
      return this.#refuse('COMMAND_UNKNOWN', message, echo, name)
    }
    await this.idle()
    this.#print({ type: 'result', command: name, data: rows.map(helpOf), ...echo })
  }

  async #refuse(code: string, message: string, echo: { ref?: unknown }, command?: string): Promise<void> {
    await this.idle()
    this.#print({ type: 'error', code, message, ...(command !== undefined && { command }), ...echo })
  }

  async #ask(command: Command, name: string | undefined, echo: { ref?: unknown }): Promise<void> {
    const says = command.do === 'say' || command.do === 'msg'
    if (says) {
      const refusal = textRefusal(command.text)
      if (refusal) return this.#refuse(...refusal, echo, name)
    }
    if (!(command.do === 'say' && command.room === GENERAL) && !command.do.startsWith('doctor'))
      await this.#options.gate
    if (!says) await this.idle()
    // Answers come in order: the oldest is the next.
    while (this.#underWay.size >= UNDER_WAY_MAX) await this.#underWay.values().next().value
    const ticket = new Ticket(this, name, echo, this.#paged(command))
    const answered = this.#execute(ticket.enters, ticket).finally(() => this.#underWay.delete(answered))
    this.#underWay.add(answered)
    if (!says) await answered
  }

  async #execute(command: Command, ticket: Ticket): Promise<void> {
    let answer: Answer
    try {
      answer = await this.#node.execute(command, ticket)
    } catch (error) {
      const { code = 'INTERNAL', message = String(error) } = error as { code?: string; message?: string }
      answer = { type: 'error', code, message }
    }
    if (!ticket.isAnswered) this.#answer(ticket, answer)
  }

  #hear(event: NodeEvent): void {
    const ticket = 'ref' in event && event.ref instanceof Ticket ? event.ref : undefined
    if (ticket?.session === this) return this.#answer(ticket, event as Answer)
    switch (event.type) {
      case 'sent':
        return this.#remember(event.id)
      case 'result':
        return
      case 'error':
        // With a ref it answers somebody else.
        if (event.ref !== undefined || (event.id !== undefined && this.#foreign.has(event.id))) return
        return this.#print(event)
      case 'ack':
        return this.#foreign.has(event.id) ? undefined : this.#print(event)
      case 'edit':
      case 'delete':
      case 'reaction': {
        const { ref: _, ...rest } = event
        return this.#print(rest)
      }
      case 'system': {
        const { ref: _, ...rest } = event
        this.#print(rest)
        const isOver = event.event === 'delete' || event.user.id === this.#node.self.id
        if (isOver && LEAVING.has(event.event) && event.room === this.room) this.room = GENERAL
        return
      }
      default:
        this.#print(event)
    }
  }

  #remember(id: string): void {
    if (this.#foreign.size >= FOREIGN_MAX) this.#foreign.delete(this.#foreign.values().next().value!)
    this.#foreign.add(id)
  }

  #answer(ticket: Ticket, answer: Answer): void {
    if (ticket.isAnswered) return
    ticket.isAnswered = true
    if (answer.type !== 'error') this.#move(ticket.enters, answer)
    if (answer.type === 'result' && ticket.enters.do === 'history')
      this.#notePage(ticket.enters.room, answer.data)
    // The node names its own command; people are told the word they typed, and nothing where they typed a text.
    const { ref: _, command: __, ...rest } = { command: undefined, ...answer }
    const isNamed = ticket.command !== undefined && (answer.type === 'result' || answer.type === 'error')
    this.#print({ ...rest, ...(isNamed && { command: ticket.command }), ...ticket.echo } as Answer)
  }

  /** The page of a history before the last one that was asked for; the last one where none was. */
  #paged(command: Command): Command {
    if (command.do !== 'history' || command.before !== MORE) return command
    const { before: _, ...last } = command
    const oldest = this.#oldest.get(command.room)
    return oldest === undefined ? last : { ...last, before: oldest }
  }

  /** The oldest message of a page: what lies before it is the next page. */
  #notePage(room: string, data: unknown): void {
    const [oldest] = Array.isArray(data) ? (data as readonly { readonly order?: string }[]) : []
    if (oldest?.order === undefined) return
    this.#oldest.delete(room)
    this.#oldest.set(room, oldest.order)
    if (this.#oldest.size > PAGED_ROOMS_MAX) this.#oldest.delete(this.#oldest.keys().next().value!)
  }

  /** The current room after a command that worked. */
  #move(command: Command, answer: Answer): void {
    const talk = command.do === 'join' && answer.type === 'result' ? talkIn(answer.data) : undefined
    if (talk !== undefined) this.room = talk
    else if (command.do === 'create' || command.do === 'join') {
      this.room = roomOf(answer) ?? command.room
    } else if (command.do === 'leave' || command.do === 'delete') {
      if ((roomOf(answer) ?? command.room) === this.room) this.room = GENERAL
    }
  }

  #print(event: NodeEvent): void {
    this.#options.print(event)
  }
}

/** What to answer to a line that could not be read. */
export const brokenLine = (broken: 'long' | 'garbled'): Request =>
  broken === 'long'
    ? {
        refused: 'TEXT_TOO_LONG',
        message: refusalText('TEXT_TOO_LONG', { bytes: `more than ${LINE_BYTES_MAX}`, max: TEXT_BYTES_MAX }),
      }
    : { refused: 'LINE_INVALID', message: refusalText('LINE_INVALID', { why: 'it is not valid UTF-8' }) }

/** A talk as a room: by the other's id, since a name may come to somebody else. */
const talkIn = (data: unknown): string | undefined => {
  const { with: other } = (data ?? {}) as Partial<EnteredTalk>
  return other && `@${other.id}`
}

/** As messages name it, however it was typed. */
const roomOf = (answer: Answer): string | undefined =>
  (answer.type === 'system' || answer.type === 'result' ? answer.room : undefined) ?? undefined

const LEAVING = new Set(['delete', 'leave', 'kick', 'ban'])

const helpOf = (row: CommandRow) => ({ command: `/${row.name}`, usage: usageOf(row), help: row.help })

const echoOf = (request: { readonly ref?: unknown }): { ref?: unknown } =>
  'ref' in request ? { ref: request.ref } : {}

function textRefusal(text: string): readonly [code: string, message: string] | undefined {
  if (text.trim() === '') return ['TEXT_EMPTY', refusalText('TEXT_EMPTY')]
  const bytes = Buffer.byteLength(text)
  if (bytes <= TEXT_BYTES_MAX) return undefined
  return ['TEXT_TOO_LONG', refusalText('TEXT_TOO_LONG', { bytes, max: TEXT_BYTES_MAX })]
}
