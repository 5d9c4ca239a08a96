/**
 * Line mode: each line a message or a /command, answers and messages as lines of text.
 * On a terminal readline keeps a prompt that is drawn again below whatever arrives; in a pipe there is none.
 */
import { clearScreenDown, createInterface, cursorTo, type Interface, moveCursor } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import type { Node, NodeEvent } from '../node/index.ts'
import { COMMANDS, commandRow } from './commands.ts'
import { inputLines } from './input-lines.ts'
import type { SessionEnd } from './json.ts'
import { Output } from './output.ts'
import { type Look, type Paint, type Rendered, render } from './render.ts'
import { safeName } from './safe-text.ts'
import { brokenLine, Session } from './session.ts'

export interface LineModeOptions {
  readonly node: Node
  readonly input: Readable
  readonly output: Writable
  /** For notices, where output is a pipe. */
  readonly notices: Writable
  readonly gate: Promise<unknown>
  readonly paint: Paint
  readonly tabs: boolean
  /** With a prompt. */
  readonly isTerminal: boolean
}

export class LineMode {
  readonly output: Output
  readonly #options: LineModeOptions
  readonly #notices: Output
  readonly #session: Session
  readonly #look: Look
  readonly #names = { room: new Set<string>(['general']), nick: new Set<string>() }
  /** Messages typed here: on a terminal they stand there already. */
  readonly #typed = new Set<string>()
  #prompt: Interface | undefined

  constructor(options: LineModeOptions) {
    this.#options = options
    this.output = new Output(options.output)
    this.#notices = new Output(options.notices)
    this.#look = { paint: options.paint, tabs: options.tabs, self: options.node.self.id }
    this.#session = new Session(options.node, { gate: options.gate, print: (event) => this.print(event) })
  }

  print(event: NodeEvent): void {
    this.#learn(event)
    if (event.type === 'sent') this.#typed.add(event.id)
    if (event.type === 'message' && event.self && this.#typed.delete(event.id) && this.#prompt) return
    const rendered = render(event, this.#look)
    if (rendered) this.#show(rendered)
  }

  /** A line about the program itself, such as a log line. */
  notice(text: string): void {
    this.#show({ text, isNotice: true })
  }

  /** Carries out lines until they end or somebody ends it; 'interrupt' is Ctrl-C on an empty line of a terminal. */
  run(): Promise<SessionEnd | 'interrupt'> {
    return Promise.race([this.#options.isTerminal ? this.#converse() : this.#read(), this.output.ended])
  }

  /** Takes nothing more in and gives the terminal back; events are still printed. */
  stopReading(): void {
    this.#prompt?.close()
    this.#options.input.destroy()
  }

  close(): void {
    this.#session.close()
    this.stopReading()
  }

  async #read(): Promise<SessionEnd> {
    try {
      for await (const line of inputLines(this.#options.input)) {
        await this.#session.submit('broken' in line ? brokenLine(line.broken) : { line: line.text })
        if (this.#session.hasQuit) return 'quit'
        await this.output.drained()
      }
    } catch {
      // An input that breaks off has ended.
    }
    await this.#session.idle()
    return 'end'
  }

  #converse(): Promise<SessionEnd | 'interrupt'> {
    const { input, output } = this.#options
    const prompt = createInterface({
      input,
      output,
      terminal: true,
      completer: (line: string) => this.#complete(line),
    })
    this.#prompt = prompt
    this.#ask()
    return new Promise((resolve) => {
      let last = Promise.resolve()
      prompt.on('line', (line) => {
        last = last.then(async () => {
          await this.#session.submit({ line })
          if (this.#session.hasQuit) resolve('quit')
          else this.#ask()
        })
      })
      prompt.on('SIGINT', () => {
        if (prompt.line === '') return resolve('interrupt')
        prompt.write(null, { ctrl: true, name: 'e' })
        prompt.write(null, { ctrl: true, name: 'u' })
      })
      prompt.on('close', () => {
        this.#prompt = undefined
        void last.then(() => this.#session.idle()).then(() => resolve(this.#session.hasQuit ? 'quit' : 'end'))
      })
    })
  }

  /** The prompt looks like the line that it becomes: [general] anna: */
  #ask(): void {
    const name = this.#options.paint('bold', safeName(this.#options.node.self.name))
    this.#prompt?.setPrompt(`[${safeName(this.#session.room)}] ${name}: `)
    this.#prompt?.prompt(true)
  }

  #show({ text, isNotice }: Rendered): void {
    if (!this.#prompt) {
      const to = isNotice && !this.#options.isTerminal ? this.#notices : this.output
      return to.write(`${text}\n`)
    }
    const { output } = this.#options
    const { rows } = this.#prompt.getCursorPos()
    cursorTo(output, 0)
    moveCursor(output, 0, -rows)
    clearScreenDown(output)
    this.output.write(`${text}\n`)
    this.#ask()
  }

  #learn(event: NodeEvent): void {
    if ((event.type === 'message' || event.type === 'system') && event.room) this.#names.room.add(event.room)
    if (event.type === 'message' && !event.self) this.#names.nick.add(event.from.label ?? event.from.name)
    if (event.type === 'presence') this.#names.nick.add(event.user.label ?? event.user.name)
    if (event.type === 'result' && event.command === '/rooms') {
      for (const { name } of event.data as readonly { readonly name: string }[]) this.#names.room.add(name)
    }
  }

  #complete(line: string): [string[], string] {
    const [, word, rest] = /^\/(\S*)(?:\s+(\S*))?$/u.exec(line) ?? []
    if (word === undefined) {
      const start = /(\S*)$/u.exec(line)![1]!
      const end = start === line ? ': ' : ' '
      return [start === '' ? [] : starting(this.#names.nick, start, end), start]
    }
    if (rest === undefined) {
      return [COMMANDS.map(({ name }) => `/${name} `).filter((name) => name.startsWith(line)), line]
    }
    const completes = commandRow(word)?.completes
    if (completes === 'command')
      return [
        starting(
          COMMANDS.map(({ name }) => name),
          rest,
          '',
        ),
        rest,
      ]
    return [completes ? starting(this.#names[completes], rest, ' ') : [], rest]
  }
}

const starting = (names: Iterable<string>, start: string, end: string): string[] =>
  [...names].filter((name) => name.startsWith(start)).map((name) => safeName(name) + end)
