/** `--json`: one object a line out, one line of text, command or object in. Over stdin and stdout, and over the control socket. */
import type { Readable, Writable } from 'node:stream'
import type { Node, NodeEvent } from '../node/index.ts'
import { jsonLine } from '../wire/json-line.ts'
import { refusalText } from '../wire/refusal.ts'
import { type InputLine, inputLines } from './input-lines.ts'
import { Output } from './output.ts'
import { brokenLine, type Request, Session } from './session.ts'

export interface JsonSessionOptions {
  readonly node: Node
  readonly input: Readable
  readonly output: Writable
  /** See SessionOptions. */
  readonly gate: Promise<unknown>
  /** Printed first: how things stand, for who comes late. */
  readonly greeting?: readonly NodeEvent[]
  /** Unread bytes after which the reader is given up. */
  readonly unreadMax?: number
}

/** Why a session is over: input ended, /quit, the reader of the output closed it, or it stopped reading. */
export type SessionEnd = 'end' | 'quit' | 'gone' | 'stuck'

export class JsonSession {
  readonly output: Output
  readonly #session: Session
  readonly #input: Readable

  constructor({ node, input, output, gate, greeting = [], unreadMax }: JsonSessionOptions) {
    this.#input = input
    this.output = new Output(output, unreadMax === undefined ? {} : { unreadMax })
    for (const event of greeting) this.print(event)
    this.#session = new Session(node, { gate, print: (event) => this.print(event) })
  }

  print(event: NodeEvent): void {
    this.output.write(`${jsonLine(event)}\n`)
  }

  /** Carries out the input until it ends or somebody ends it. What was read is answered then. */
  async run(): Promise<SessionEnd> {
    return Promise.race([this.#read(), this.output.ended])
  }

  /** Takes nothing more in; events are still printed. */
  stopReading(): void {
    this.#input.destroy()
  }

  close(): void {
    this.#session.close()
    this.#input.destroy()
  }

  async #read(): Promise<SessionEnd> {
    try {
      for await (const line of inputLines(this.#input)) {
        const request = readRequest(line)
        if (request) await this.#session.submit(request)
        if (this.#session.hasQuit) return 'quit'
        await this.output.drained()
      }
    } catch {
      // An input that breaks off (its writer was killed, a socket reset) has ended.
    }
    await this.#session.idle()
    return 'end'
  }
}

/** What one line of input asks for; undefined for an empty one. */
export function readRequest(line: InputLine): Request | undefined {
  if ('broken' in line) {
    return brokenLine(line.broken)
  }
  if (line.text === '') return undefined
  const value = objectOf(line.text)
  return value ? readObject(value) : { line: line.text }
}

/** The object a line spells; undefined where it is anything else, which is text. */
function objectOf(line: string): Record<string, unknown> | undefined {
  if (!/^\s*\{/u.test(line)) return undefined
  try {
    return JSON.parse(line) as Record<string, unknown>
  } catch {
    return undefined
  }
}

function readObject(value: Record<string, unknown>): Request {
  const { text, room, to, command, ref, ...others } = value
  const isEchoed = isWithin(ref, REF_LEVELS_MAX)
  const echo = 'ref' in value && isEchoed ? { ref } : {}
  const invalid = (why: string): Request => ({
    refused: 'LINE_INVALID',
    message: refusalText('LINE_INVALID', { why }),
    ...echo,
  })
  if (!isEchoed) return invalid(`its ref is nested more than ${REF_LEVELS_MAX} levels deep`)
  const other = Object.keys(others)[0]
  if (other !== undefined) return invalid(`it has an unknown field ${JSON.stringify(other.slice(0, 40))}`)
  if ('command' in value) {
    if ('text' in value || 'room' in value || 'to' in value)
      return invalid('a command stands alone, with its ref')
    if (!isText(command) || command === '') return invalid('a command is a string')
    return { command, ...echo }
  }
  if (!isText(text)) return invalid('an object has a text or a command, which is a string')
  if ('room' in value && 'to' in value) return invalid('a text goes to a room or to somebody, not to both')
  if ('to' in value) return isName(to) ? { text, to, ...echo } : invalid('"to" is a nick')
  if ('room' in value) return isName(room) ? { text, room, ...echo } : invalid('"room" is the name of a room')
  return { text, ...echo }
}

/** What can be read is not yet what can be written: an answer with a ref of thousands of levels ends in an error. */
const REF_LEVELS_MAX = 64
const isWithin = (value: unknown, levels: number): boolean =>
  typeof value !== 'object' ||
  value === null ||
  (levels > 0 && Object.values(value).every((inner) => isWithin(inner, levels - 1)))

/** Half a surrogate pair has no UTF-8. */
const isText = (value: unknown): value is string => typeof value === 'string' && !/\p{Surrogate}/u.test(value)
const isName = (value: unknown): value is string => isText(value) && value.trim() !== ''
