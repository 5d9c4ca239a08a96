/** A program in a real pseudo-terminal (util-linux `script`), with its screen. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { stripVTControlCharacters } from 'node:util'

/** It only tells what never comes. */
const TIMEOUT_MS = 60_000

export class PseudoTerminal {
  /** Everything the program wrote, as it came. */
  written = ''
  readonly exited: Promise<number | null>
  readonly #child: ChildProcessWithoutNullStreams
  readonly #looking = new Set<() => void>()

  /** command: for sh. */
  constructor(command: string, env: Readonly<Record<string, string>>) {
    const { NO_COLOR: _, FORCE_COLOR: __, ...inherited } = process.env
    this.#child = spawn('script', ['-qfec', `stty cols 80 rows 24; ${command}`, '/dev/null'], {
      env: { ...inherited, TERM: 'xterm-256color', LC_ALL: 'C.UTF-8', ...env },
    })
    this.#child.stdout.setEncoding('utf8')
    this.#child.stdout.on('data', (text: string) => {
      this.written += text
      for (const look of this.#looking) look()
    })
    this.#child.stdin.on('error', () => {})
    this.exited = new Promise((resolve) => this.#child.on('close', resolve))
  }

  /** What was written, without escape sequences, from a place in `written` on. */
  text(from = 0): string {
    return stripVTControlCharacters(this.written.slice(from))
  }

  type(text: string): void {
    this.#child.stdin.write(text)
  }

  /** Resolves with the match once the text holds it; from: only behind this place in `written`. */
  shows(pattern: RegExp, from = 0): Promise<RegExpExecArray> {
    return new Promise((resolve, reject) => {
      const look = () => {
        const match = pattern.exec(this.text(from))
        if (!match) return
        clearTimeout(timer)
        this.#looking.delete(look)
        resolve(match)
      }
      const timer = setTimeout(() => {
        this.#looking.delete(look)
        reject(new Error(`${pattern} never came:\n${JSON.stringify(this.written)}`))
      }, TIMEOUT_MS)
      this.#looking.add(look)
      look()
    })
  }

  /** Nobody takes off what is written, as where the window hangs, until `thaw`. */
  freeze(): void {
    this.#child.stdout.pause()
  }
  thaw(): void {
    this.#child.stdout.resume()
  }

  kill(): void {
    this.#child.kill('SIGKILL')
  }
}
