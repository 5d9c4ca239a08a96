/** The interactive chat on a terminal: brings together the screen (pure), the terminal and the session with the node. */
import type { Node, NodeEvent } from '../../node/index.ts'
import { ALERTS_DEFAULT, type Alert } from '../alerts.ts'
import type { SessionEnd } from '../json.ts'
import { Output } from '../output.ts'
import type { Paint } from '../render.ts'
import { indented } from '../safe-text.ts'
import { Session } from '../session.ts'
import { alertText, TITLE_BACK, TITLE_KEPT, titleText } from './alert.ts'
import type { Host } from './host.ts'
import { type Input, KeyDecoder } from './keys.ts'
import { Screen } from './screen.ts'
import { Terminal, type TerminalInput, type TerminalOutput } from './terminal.ts'

export { processHost } from './host.ts'
export { paintPerson } from './person-colour.ts'

export interface TerminalModeOptions {
  readonly node: Node
  readonly input: TerminalInput
  readonly output: TerminalOutput
  readonly gate: Promise<unknown>
  readonly paint: Paint
  readonly person?: (id: string, text: string) => string
  readonly host: Host
  /** How somebody is called. */
  readonly alerts?: readonly Alert[]
  readonly now: () => number
}

/** What comes within this time is drawn at once; a key never waits for it. */
const DRAW_AFTER_MS = 8
/** A lone Escape is one when nothing followed for so long: more than a line to a far host takes apart. */
const ESCAPE_MS = 50
/** A paste without an end is taken as it is after so long: more than a bad line takes for a packet to come again. */
const PASTE_MS = 2000
/** Keys are told to the node only so often. */
const TYPING_EVERY_MS = 3000
/** What is seen is told to the node only so often. */
const READ_AFTER_MS = 1000
/** Calls are heard one by one only so often. */
const CALL_EVERY_MS = 1000

export class TerminalMode {
  readonly output: Output
  readonly #options: TerminalModeOptions
  readonly #session: Session
  readonly #screen: Screen
  readonly #terminal: Terminal
  readonly #keys = new KeyDecoder()
  #drawing: NodeJS.Timeout | undefined
  #escape: NodeJS.Timeout | undefined
  #reading: NodeJS.Timeout | undefined
  #last: Promise<void> = Promise.resolve()
  #typedAt = Number.NEGATIVE_INFINITY
  #calledAt = Number.NEGATIVE_INFINITY
  readonly #alerts: readonly Alert[]
  #title = ''
  #finish: (end: SessionEnd | 'interrupt') => void = () => {}

  constructor(options: TerminalModeOptions) {
    const { node, paint, person, input, output: stream, host } = options
    this.#options = options
    this.#alerts = options.alerts ?? ALERTS_DEFAULT
    this.output = new Output(stream)
    this.#screen = new Screen({ self: () => node.self, paint, ...(person && { person }) })
    this.#session = new Session(node, { gate: options.gate, print: (event) => this.print(event) })
    this.#terminal = new Terminal({
      input,
      stream,
      output: this.output,
      host,
      onData: (text) => this.#type(text),
      onChange: () => this.#draw(),
      onEnd: () => this.#end('end'),
    })
  }

  print(event: NodeEvent): void {
    this.#screen.event(event, this.#options.now())
    this.#drawSoon()
  }

  /** A line about the program itself, such as a log line. */
  notice(text: string): void {
    this.#screen.notice(text, this.#options.now())
    this.#drawSoon()
  }

  tell({ message }: { readonly message: string }): void {
    this.notice(`lanchat: ${indented(message)}`)
  }

  /** Talks with the person until somebody ends it; 'interrupt' is Ctrl-C, twice. */
  run(): Promise<SessionEnd | 'interrupt'> {
    const finished = new Promise<SessionEnd | 'interrupt'>((resolve) => {
      this.#finish = resolve
    })
    this.#terminal.open()
    this.#draw()
    return Promise.race([finished, this.output.ended])
  }

  /** Takes nothing more in and gives the terminal back; events are still printed. */
  stopReading(): void {
    clearTimeout(this.#escape)
    this.#readHere()
    this.#screen.leftOver(this.#options.now())
    this.#draw()
    this.#giveTitleBack()
    this.#terminal.close()
    this.#options.input.destroy()
  }

  close(): void {
    this.#session.close()
    this.stopReading()
    clearTimeout(this.#drawing)
  }

  #type(text: string): void {
    clearTimeout(this.#escape)
    this.#take(this.#keys.feed(text))
    const { isWaiting, isPasting } = this.#keys
    if (isWaiting || isPasting) {
      this.#escape = setTimeout(
        () => {
          this.#take(this.#keys.flush())
          this.#draw()
        },
        isPasting ? PASTE_MS : ESCAPE_MS,
      )
    }
    this.#draw()
  }

  #take(inputs: readonly Input[]): void {
    for (const input of inputs) {
      if (input.is === 'position') this.#terminal.answered(input.column)
      else this.#screen.input(input)
    }
  }

  #drawSoon(): void {
    this.#drawing ??= setTimeout(() => this.#draw(), DRAW_AFTER_MS)
  }

  #draw(): void {
    clearTimeout(this.#drawing)
    this.#drawing = undefined
    this.#entered()
    const lines: string[] = []
    const later: (() => void)[] = []
    let isCounting = false
    for (const effect of this.#screen.take(this.#options.now())) {
      switch (effect.do) {
        case 'print':
          lines.push(effect.text)
          break
        case 'submit':
          this.#submit(effect.line, effect.isText)
          break
        case 'enter':
          this.#enter(effect.room)
          break
        case 'ask':
          this.#ask()
          break
        case 'count':
          isCounting = true
          break
        case 'read':
          this.#reading ??= setTimeout(() => this.#readHere(), READ_AFTER_MS)
          break
        case 'end':
          this.#end(effect.how)
          break
        case 'typing':
          this.#types(effect.isText)
          break
        case 'suspend':
          later.push(() => this.#terminal.suspend())
          break
        case 'redraw':
          later.push(() => this.#terminal.redraw(this.#view()))
          break
        case 'call':
          this.#call(effect.head, effect.text)
          break
      }
    }
    if (isCounting) this.#count().catch(() => {})
    this.#terminal.draw(lines, this.#view())
    this.#showTitle()
    for (const act of later) act()
  }

  #view() {
    return this.#screen.view(this.#terminal.columns, this.#terminal.rows)
  }

  /** One after the other, so that what is typed behind a /join goes into the room joined. */
  #submit(line: string, isText: boolean): void {
    this.#last = this.#last.then(async () => {
      await this.#session.submit(isText ? { text: line } : { line })
      if (this.#session.hasQuit) this.#finish('quit')
      else this.#drawSoon()
    })
  }

  #enter(room: string): void {
    this.#last = this.#last.then(() => {
      this.#session.room = room
      this.#draw()
    })
  }

  /** By a key or a command: what stands on the screen of the room before, and of this one, has been read. */
  #entered(): void {
    const { room } = this.#session
    const before = this.#screen.room
    if (room === before) return
    this.#screen.entered(room, this.#options.now())
    this.#read(before)
    this.#read(room)
  }

  #readHere(): void {
    clearTimeout(this.#reading)
    this.#reading = undefined
    this.#read(this.#session.room)
  }

  /** What stands on the screen of this room has been read. */
  #read(room: string): void {
    this.#options.node.execute({ do: 'read', room }, this).catch(() => {})
  }

  /** Others may hear of it; an answer is never shown. */
  #types(isText: boolean): void {
    const now = this.#options.now()
    if (now - this.#typedAt < TYPING_EVERY_MS) return
    this.#typedAt = now
    const { room } = this.#session
    this.#options.node.execute(isText ? { do: 'typing', room } : { do: 'active' }, this).catch(() => {})
  }

  /** For Tab and the status line; never shown. */
  #ask(): void {
    const { node } = this.#options
    const learn = async (): Promise<void> => {
      const rooms = await node.execute({ do: 'rooms' }, this)
      if (rooms.type === 'result') this.#screen.learnRooms(rooms.data as Parameters<Screen['learnRooms']>[0])
      const who = await node.execute({ do: 'who', room: this.#session.room }, this)
      if (who.type === 'result') this.#screen.learnPeople(who.data as Parameters<Screen['learnPeople']>[0])
      await this.#count()
    }
    // A node that is closing answers nothing, and nobody misses it.
    learn().catch(() => {})
  }

  async #count(): Promise<void> {
    const unread = await this.#options.node.execute({ do: 'unread' }, this)
    if (unread.type === 'result')
      this.#screen.learnUnread(unread.data as Parameters<Screen['learnUnread']>[0])
    this.#drawSoon()
  }

  #end(how: 'interrupt' | 'end'): void {
    if (how === 'interrupt') return this.#finish('interrupt')
    void this.#last
      .then(() => this.#session.idle())
      .then(() => this.#finish(this.#session.hasQuit ? 'quit' : 'end'))
  }

  #call(head: string, text: string): void {
    const now = this.#options.now()
    if (now - this.#calledAt < CALL_EVERY_MS) return
    this.#calledAt = now
    this.#terminal.say(alertText(this.#alerts, head, text))
  }

  /** The title says what waits unread, also where the window is not looked at. */
  #showTitle(): void {
    if (!this.#alerts.includes('title')) return
    const title = titleText(this.#screen.unread, this.#screen.roomShown)
    if (title === this.#title) return
    this.#terminal.say(`${this.#title === '' ? TITLE_KEPT : ''}${title}`)
    this.#title = title
  }

  #giveTitleBack(): void {
    if (this.#title !== '') this.#terminal.say(TITLE_BACK)
    this.#title = ''
  }
}
