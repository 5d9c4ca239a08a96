/** A stream we write lines to: knows when its reader has gone, holds a bounded amount, can be flushed. */
import type { Writable } from 'node:stream'

/** Unread bytes held for a reader. More is a reader that has stopped: it is given up. */
export const UNREAD_BYTES_MAX = 64 * 1024 * 1024

/** The same for a terminal, which is waited for: Ctrl-S, a window that is stopped, a line that is away. More than a start prints. */
const TERMINAL_UNREAD_BYTES_MAX = 1024 * 1024

export type OutputEnd = 'gone' | 'stuck'

export interface OutputOptions {
  /** Unread bytes held; default UNREAD_BYTES_MAX. */
  readonly unreadMax?: number
  /** Where it is a terminal that takes no more: so many writes are left out, and this is told in their place once it does. */
  readonly leftOut?: (writes: number) => string
}

export class Output {
  /** Resolves when nothing more can be written: the reader closed its end, or has stopped reading. */
  readonly ended: Promise<OutputEnd>
  readonly #stream: Writable
  readonly #unreadMax: number
  #end: ((end: OutputEnd) => void) | undefined
  readonly #leftOut: OutputOptions['leftOut']
  #missed = 0
  #isOver = false

  constructor(stream: Writable, { unreadMax = UNREAD_BYTES_MAX, leftOut }: OutputOptions = {}) {
    this.#stream = stream
    this.#unreadMax = unreadMax
    if ((stream as { readonly isTTY?: boolean }).isTTY) this.#leftOut = leftOut
    this.ended = new Promise((resolve) => {
      this.#end = resolve
    })
    stream.on('error', () => this.#over('gone'))
    stream.on('close', () => this.#over('gone'))
  }

  /** What is written in one turn leaves in one piece. */
  write(text: string): void {
    if (this.#isOver) return
    if (this.#leftOut && this.isBehind) return this.#leaveOut(this.#leftOut)
    if (!this.#stream.writableCorked) {
      this.#stream.cork()
      process.nextTick(() => this.#stream.uncork())
    }
    this.#stream.write(text)
    if (this.#stream.writableLength > this.#unreadMax) this.#over('stuck')
  }

  /** Does it hold as much as a terminal is to be given before it takes some? */
  get isBehind(): boolean {
    return !this.#isOver && this.#stream.writableLength > TERMINAL_UNREAD_BYTES_MAX
  }

  #leaveOut(told: (writes: number) => string): void {
    this.#missed++
    if (this.#missed > 1) return
    void this.drained().then(() => {
      const missed = this.#missed
      this.#missed = 0
      this.write(told(missed))
    })
  }

  /** Resolves when the reader keeps up, or has gone. */
  async drained(): Promise<void> {
    if (this.#isOver || !this.#stream.writableNeedDrain) return
    await Promise.race([this.ended, new Promise((resolve) => this.#stream.once('drain', resolve))])
  }

  /** Resolves when all that was written is handed to the system, or the reader has gone. */
  async flushed(): Promise<void> {
    if (this.#isOver || this.#stream.writableLength === 0) return
    await Promise.race([this.ended, new Promise<void>((resolve) => this.#stream.write('', () => resolve()))])
  }

  #over(end: OutputEnd): void {
    this.#isOver = true
    this.#end?.(end)
  }
}
