/** A terminal in memory: what a program writes is drawn by xterm's engine, and can be read as rows of text. */
import { PassThrough, Writable } from 'node:stream'
import xterm from '@xterm/headless'

export class Emulator {
  readonly terminal: InstanceType<typeof xterm.Terminal>
  /** What the person types; answers of the terminal itself come here as well. */
  readonly input = new PassThrough() as PassThrough & { setRawMode: (isRaw: boolean) => void }
  readonly output: Writable & { columns: number; rows: number; isTTY: true }
  isRaw = false
  bells = 0
  /** Everything written so far. */
  written = ''
  readonly #looking = new Set<() => void>()

  /** reflowCursorLine: as VTE and kitty do at a resize; xterm.js by itself cuts that row off. */
  constructor(columns = 60, rows = 16, reflowCursorLine = false) {
    this.terminal = new xterm.Terminal({
      cols: columns,
      rows,
      allowProposedApi: true,
      scrollback: 1000,
      convertEol: true,
      reflowCursorLine,
    })
    this.terminal.onBell(() => {
      this.bells += 1
    })
    this.terminal.onData((text) => this.input.write(text))
    this.input.setRawMode = (isRaw) => {
      this.isRaw = isRaw
    }
    const output = new Writable({
      write: (chunk, _, done) => this.show(String(chunk), done),
    })
    this.output = Object.assign(output, { columns, rows, isTTY: true as const })
  }

  show(text: string, shown = () => {}): void {
    this.written += text
    this.terminal.write(text, () => {
      for (const look of this.#looking) look()
      shown()
    })
  }

  type(...texts: string[]): void {
    for (const text of texts) this.input.write(text)
  }

  resize(columns: number, rows: number): void {
    this.terminal.resize(columns, rows)
    this.output.columns = columns
    this.output.rows = rows
    this.output.emit('resize')
  }

  /** The rows on the screen, those scrolled away first; trailing blanks and trailing empty rows left out. */
  get rows(): string[] {
    const { buffer } = this.terminal
    const rows = Array.from({ length: buffer.active.length }, (_, y) =>
      buffer.active.getLine(y)!.translateToString(true),
    )
    while (rows.at(-1) === '') rows.pop()
    return rows
  }

  /** The row in which the cursor stands, cut at the cursor. */
  get beforeCursor(): string {
    const { cursorX, cursorY, baseY } = this.terminal.buffer.active
    return this.terminal.buffer.active.getLine(baseY + cursorY)!.translateToString(false, 0, cursorX)
  }

  /** Resolves when this holds; rejects, with the screen, where it does not come to hold. */
  async until(holds: () => boolean, timeoutMs = 30_000): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const done = (end: () => void) => {
        clearTimeout(timer)
        this.#looking.delete(look)
        end()
      }
      const look = () => holds() && done(resolve)
      const timer = setTimeout(
        () => done(() => reject(new Error(`this never came: ${holds}\n${this.rows.join('\n')}`))),
        timeoutMs,
      )
      this.#looking.add(look)
      look()
    })
  }

  /** Resolves when a row contains this text. */
  shows(text: string): Promise<void> {
    return this.until(() => this.rows.some((row) => row.includes(text)))
  }

  /** Resolves when the text before the cursor is this. */
  cursorBehind(text: string): Promise<void> {
    return this.until(() => this.beforeCursor === text)
  }
}
