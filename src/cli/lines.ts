/**
 * Line mode: each line a message or a /command, answers and messages as lines of text. Nothing written is ever
 * rewritten: for pipes, for terminals that cannot do more, and for screen readers.
 */
import type { Readable, Writable } from 'node:stream'
import type { Node, NodeEvent } from '../node/index.ts'
import { withEmoji } from './emoji.ts'
import { inputLines } from './input-lines.ts'
import type { SessionEnd } from './json.ts'
import { Output } from './output.ts'
import { Progress } from './progress.ts'
import { type Look, type Paint, type Rendered, render } from './render.ts'
import { inRows } from './screen/wrap.ts'
import { brokenLine, Session } from './session.ts'

/** A pipe, or a terminal with its width. */
type Shown = Writable & { readonly isTTY?: boolean; readonly columns?: number }

export interface LineModeOptions {
  readonly node: Node
  readonly input: Readable
  readonly output: Shown
  /** For notices, where output is a pipe. */
  readonly notices: Shown
  readonly gate: Promise<unknown>
  readonly paint: Paint
  readonly tabs: boolean
  /** Somebody looks on: how far their latest message has come is told among the notices. */
  readonly isWatched?: boolean
  /** For terminals that show no UTF-8. */
  readonly asciiOnly?: boolean
}

/** Acknowledgements follow each other within some 300 ms. */
const PROGRESS_MS = 800

export class LineMode {
  readonly output: Output
  readonly #options: LineModeOptions
  readonly #notices: Output
  readonly #session: Session
  readonly #look: Look
  readonly #progress = new Progress()
  #sayProgress: NodeJS.Timeout | undefined

  constructor(options: LineModeOptions) {
    this.#options = options
    this.output = new Output(options.output, { leftOut })
    this.#notices = new Output(options.notices, { leftOut })
    this.#look = { paint: options.paint, tabs: options.tabs, self: options.node.self.id }
    this.#session = new Session(options.node, { gate: options.gate, print: (event) => this.print(event) })
  }

  print(event: NodeEvent): void {
    const rendered = render(event, this.#look)
    if (rendered) this.#show(rendered)
    for (const note of rendered?.notes ?? []) this.notice(note)
    if (this.#options.isWatched && this.#progress.hear(event)) this.#progressSoon()
  }

  /** One line for all that happened to what was written last, and none while it still happens. */
  #progressSoon(): void {
    clearTimeout(this.#sayProgress)
    this.#sayProgress = setTimeout(() => {
      const { words } = this.#progress
      if (words !== '') this.#show({ text: this.#options.paint('dim', `* ${words}`), isNotice: true })
    }, PROGRESS_MS)
  }

  /** A line about the program itself, such as a log line. */
  notice(text: string): void {
    this.#show({ text, isNotice: true })
  }

  /** Carries out lines until they end or somebody ends it. */
  run(): Promise<SessionEnd> {
    return Promise.race([this.#read(), this.output.ended])
  }

  /** Takes nothing more in; events are still printed. */
  stopReading(): void {
    this.#options.input.destroy()
  }

  close(): void {
    clearTimeout(this.#sayProgress)
    this.#session.close()
    this.stopReading()
  }

  async #read(): Promise<SessionEnd> {
    try {
      for await (const line of inputLines(this.#options.input)) {
        await this.#session.submit(
          'broken' in line ? brokenLine(line.broken) : { line: this.#meant(line.text) },
        )
        if (this.#session.hasQuit) return 'quit'
        await this.output.drained()
      }
    } catch {
      // An input that breaks off has ended.
    }
    await this.#session.idle()
    return 'end'
  }

  /** Who types to a terminal may write :smile:; what a pipe brings goes out as it is. */
  #meant(line: string): string {
    return this.#options.isWatched ? withEmoji(line) : line
  }

  #show({ text, isNotice }: Rendered): void {
    const { asciiOnly, output, notices } = this.#options
    const shown = inRows(asciiOnly ? inAscii(text) : text, isNotice ? notices : output)
    const to = isNotice ? this.#notices : this.output
    to.write(`${shown}\n`)
  }
}

/** Whoever stops their terminal stops neither this node nor, where it is hub, anybody else. */
const leftOut = (lines: number): string =>
  `* ${lines === 1 ? 'One line is' : `${lines} lines are`} left out: this terminal took no more. /history shows what was said.\n`

/** Elsewhere than in UTF-8 the bytes of other characters would be shown as something else, or carried out as controls. */
const inAscii = (text: string): string => text.replace(/[^\n\t -~\u001b]/gu, '?')
