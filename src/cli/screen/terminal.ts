/**
 * The terminal itself: raw mode, what is drawn below the scrollback, resize, suspend, and giving it all back.
 *
 * The rows below ("live") are drawn with line wrap switched off, and the cursor is put in its place by writing the
 * part of the row before it once more. So rows and cursor are right also where a terminal thinks otherwise about the
 * width of a character than we do.
 */
import type { Readable, Writable } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'
import type { Output } from '../output.ts'
import type { Rows } from './composer.ts'
import { widthOf } from './graphemes.ts'
import type { Host } from './host.ts'
import { wrapped } from './wrap.ts'

export interface TerminalInput extends Readable {
  setRawMode?(isRaw: boolean): unknown
}
export interface TerminalOutput extends Writable {
  readonly columns?: number
  readonly rows?: number
}

export interface TerminalOptions {
  readonly input: TerminalInput
  readonly stream: TerminalOutput
  readonly output: Output
  readonly host: Host
  readonly onData: (text: string) => void
  /** The live rows have to be drawn again. */
  readonly onChange: () => void
  readonly onEnd: () => void
}

const CSI = '\u001b['
/** Bracketed paste and focus reports. */
const OPEN = `${CSI}?2004h${CSI}?1004h`
const CLOSE = `${CSI}?2004l${CSI}?1004l${CSI}?7h${CSI}?25h`
/** Synchronized output: a terminal that knows it shows all of this at once. */
const BEGIN = `${CSI}?2026h${CSI}?25l`
const END = `${CSI}?25h${CSI}?2026l`
const NO_WRAP = `${CSI}?7l`
const WRAP = `${CSI}?7h`
/** A terminal answers at once; across a slow line this is long enough. */
const ANSWER_MS = 200
/** Printed last, for a redraw of the whole screen. */
const LAST_MAX = 200

export class Terminal {
  readonly #options: TerminalOptions
  readonly #undo: (() => void)[] = []
  readonly #decoder = new StringDecoder('utf8')
  readonly #last: string[] = []
  #live: Rows = { rows: [], row: 0, before: '' }
  #drawn = ''
  /** Waiting for the answer where the cursor is; lines to print are held until then. */
  #asked: { readonly above: number; readonly further: number; readonly timer: NodeJS.Timeout } | undefined
  readonly #held: string[] = []
  /** Lines left out while the terminal took nothing. */
  #missed = 0
  #isWaiting = false
  #isOpen = false
  #undoStop: () => void = () => {}

  constructor(options: TerminalOptions) {
    this.#options = options
  }

  /** Of terminals that do not say (a serial line): the VT100's. */
  get columns(): number {
    return this.#options.stream.columns || 80
  }
  get rows(): number {
    return this.#options.stream.rows || 24
  }

  open(): void {
    const { input, stream, output, host } = this.#options
    const heard = (chunk: Buffer | string) =>
      this.#options.onData(typeof chunk === 'string' ? chunk : this.#decoder.write(chunk))
    const ended = () => this.#options.onEnd()
    const resized = () => this.#resized()
    input.setRawMode?.(true)
    input.on('data', heard)
    // A terminal that was closed ends the input, or breaks it off.
    input.on('end', ended)
    input.on('error', ended)
    stream.on('resize', resized)
    this.#undo.push(
      () => input.off('data', heard).off('end', ended),
      () => stream.off('resize', resized),
      host.onEnd(() => this.#restoreNow()),
      host.onContinue(() => this.#takeBack()),
    )
    this.#undoStop = host.onStop(() => this.suspend(true))
    this.#isOpen = true
    output.write(OPEN)
  }

  /** Puts lines into the scrollback and the live rows below them. Costs nothing where nothing has changed. */
  draw(lines: readonly string[], live: Rows): void {
    if (!this.#isOpen) {
      if (lines.length > 0)
        this.#options.output.write(`${lines.map((line) => wrapped(line, this.columns)).join('\n')}\n`)
      return
    }
    if (this.#asked) {
      this.#held.push(...lines)
      return
    }
    if (this.#options.output.isBehind) return this.#keep(lines)
    lines = [...this.#missedText(), ...this.#held.splice(0), ...lines]
    for (const line of lines) this.#last.push(line)
    if (this.#last.length > LAST_MAX) this.#last.splice(0, this.#last.length - LAST_MAX)
    const drawn = drawRows(live)
    if (lines.length === 0 && drawn === this.#drawn) return
    const text = lines.map((line) => `${wrapped(line, this.columns).replaceAll('\n', '\r\n')}\r\n`).join('')
    this.#options.output.write(`${BEGIN}${this.#wipe()}${text}${drawn}${END}`)
    this.#live = live
    this.#drawn = drawn
  }

  /** The terminal takes nothing at the moment, and is waited for: the last lines are kept for when it does. */
  #keep(lines: readonly string[]): void {
    this.#held.push(...lines)
    const tooMany = Math.max(0, this.#held.length - LAST_MAX)
    this.#held.splice(0, tooMany)
    this.#missed += tooMany
    if (this.#isWaiting) return
    this.#isWaiting = true
    void this.#options.output.drained().then(() => {
      this.#isWaiting = false
      this.#options.onChange()
    })
  }

  #missedText(): string[] {
    const missed = this.#missed
    this.#missed = 0
    return missed === 0
      ? []
      : [`-- ${missed} lines left out: this terminal took no more. /history shows what was said --`]
  }

  /** Wipes the screen and shows again what was printed last, as much as fits. */
  redraw(live: Rows): void {
    let free = this.rows - live.rows.length - 1
    const lines: string[] = []
    for (const line of this.#last.toReversed()) {
      free -= wrapped(line, this.columns)
        .split('\n')
        .reduce((sum, part) => sum + rowsOf(part, this.columns), 0)
      if (free < 0) break
      lines.unshift(line)
    }
    this.#last.length = 0
    this.#live = { rows: [], row: 0, before: '' }
    this.#drawn = ''
    this.#options.output.write(`${CSI}H${CSI}J`)
    this.draw(lines, live)
  }

  /** A sequence that moves nothing on the screen. */
  say(sequence: string): void {
    if (sequence !== '' && this.#isOpen) this.#options.output.write(sequence)
  }

  /** Gives the terminal to the shell that started us; returns when we are in the foreground again. */
  suspend(isOwn = false): void {
    const { host } = this.#options
    this.#giveBack()
    this.#undoStop()
    host.stop(isOwn)
    this.#undoStop = host.onStop(() => this.suspend(true))
    // Where nobody could have continued us, the system does not stop us, and no SIGCONT comes.
    setImmediate(() => this.#takeBack())
  }

  /** Wipes the live rows and gives the terminal back. What is drawn afterwards is only its lines. Twice is safe. */
  close(): void {
    if (!this.#isOpen) return
    if (this.#asked) this.#drawFrom(this.#asked.above + this.#asked.further)
    this.#options.output.write(`${this.#wipe()}${CLOSE}`)
    this.#isOpen = false
    this.#options.input.setRawMode?.(false)
    this.#undoStop()
    for (const undo of this.#undo.splice(0)) undo()
  }

  /** To the first live row, and nothing from there on. */
  #wipe(): string {
    const { row } = this.#live
    return `\r${row > 0 ? `${CSI}${row}A` : ''}${CSI}J`
  }

  #restoreNow(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#options.host.write(`${this.#wipe()}${CLOSE}`)
    this.#options.input.setRawMode?.(false)
  }

  #giveBack(): void {
    if (!this.#isOpen) return
    this.#options.host.write(`${this.#wipe()}${CLOSE}`)
    this.#live = { rows: [], row: 0, before: '' }
    this.#drawn = ''
    this.#options.input.setRawMode?.(false)
  }

  /** The shell has set the terminal as it likes: raw mode has to be asked for anew even where we think it is on. */
  #takeBack(): void {
    if (!this.#isOpen) return
    const { input, output } = this.#options
    input.setRawMode?.(false)
    input.setRawMode?.(true)
    output.write(OPEN)
    this.#drawn = ''
    this.#options.onChange()
  }

  /**
   * What was too long for the new width most terminals have moved into rows of its own. The row of the cursor some have
   * cut off instead (xterm.js, xterm): where it makes a difference the terminal is asked where the cursor is now.
   */
  #resized(): void {
    if (!this.#isOpen) return
    const { rows, row, before } = this.#live
    const above = rows.slice(0, row).reduce((sum, each) => sum + rowsOf(each, this.columns), 0)
    const further = Math.floor(widthOf(plainText(before)) / this.columns)
    if (further === 0 || this.#asked) return this.#drawFrom(above + (this.#asked ? further : 0))
    this.#asked = { above, further, timer: setTimeout(() => this.#drawFrom(above + further), ANSWER_MS) }
    this.#options.output.write(`${CSI}6n`)
  }

  /** The terminal says in which column the cursor is, from 1. */
  answered(column: number): void {
    if (!this.#asked) return
    const { above, further } = this.#asked
    this.#drawFrom(above + (column >= this.columns ? 0 : further))
  }

  #drawFrom(row: number): void {
    clearTimeout(this.#asked?.timer)
    this.#asked = undefined
    this.#live = { ...this.#live, row }
    this.#drawn = ''
    this.#options.onChange()
  }
}

/** Draws from the first live row on and ends with the cursor in its place. */
function drawRows({ rows, row, before }: Rows): string {
  if (rows.length === 0) return ''
  const up = rows.length - 1 - row
  return `${NO_WRAP}${rows.join('\r\n')}${up > 0 ? `${CSI}${up}A` : ''}\r${before}${WRAP}`
}

const plainText = (text: string): string => text.replace(/\u001b\[[0-9;]*m/g, '')
const rowsOf = (text: string, columns: number): number =>
  Math.max(1, Math.ceil(widthOf(plainText(text)) / columns))
