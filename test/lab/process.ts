/** A real process with its lines: tests wait for what it prints, never for time to pass. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'

export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface SpawnOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  /** Called for each line of stdout as it comes. */
  readonly onLine?: (line: string) => void
}

interface Waiting {
  check(line: string, index: number): boolean
  fail(reason: string): void
}

/** It only tells what never comes, on a machine that others use too: what must be fast is asserted as a figure. */
const TIMEOUT_MS = 60_000

export class LabProcess {
  /** Every line of stdout so far. */
  readonly lines: string[] = []
  /** When each of them came, by performance.now(). */
  readonly times: number[] = []
  readonly exited: Promise<Exit>
  stderr = ''
  readonly #child: ChildProcessWithoutNullStreams
  readonly #title: string
  readonly #onLine: (line: string) => void
  readonly #waiting = new Set<Waiting>()
  #cursor = 0
  #partial = ''
  #exit: Exit | undefined

  constructor(argv: readonly string[], options: SpawnOptions, title = argv.join(' ')) {
    this.#title = title
    this.#onLine = options.onLine ?? (() => {})
    const [command = '', ...args] = argv
    this.#child = spawn(command, args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, NO_COLOR: '1', ...options.env },
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    })
    this.#child.stdout.setEncoding('utf8')
    this.#child.stdout.on('data', (text: string) => this.#read(text))
    this.#child.stderr.setEncoding('utf8')
    this.#child.stderr.on('data', (text: string) => {
      this.stderr = (this.stderr + text).slice(-65536)
    })
    // A process that has ended does not read its stdin any more: its exit says so.
    this.#child.stdin.on('error', () => {})
    this.exited = new Promise((resolve) => {
      const end = (exit: Exit) => {
        this.#exit = exit
        if (this.#partial !== '') this.#line(this.#partial)
        for (const waiting of this.#waiting) waiting.fail('the process ended')
        resolve(exit)
      }
      this.#child.on('error', (error) => {
        this.stderr += String(error)
        end({ code: null, signal: null })
      })
      this.#child.on('close', (code, signal) => end({ code, signal }))
    })
  }

  get pid(): number {
    return this.#child.pid ?? -1
  }

  /** The next line, after the one that next() gave last, for which this holds. Rejects with all it printed. */
  async next(predicate: (line: string) => boolean, timeoutMs = TIMEOUT_MS): Promise<string> {
    const index = await this.find(predicate, { from: this.#cursor, timeoutMs })
    this.#cursor = Math.max(this.#cursor, index + 1)
    return this.lines[index] ?? ''
  }

  /** Index of the first line from `from` on (default: the first) for which this holds, printed already or still to come. */
  find(
    predicate: (line: string) => boolean,
    options: { from?: number; timeoutMs?: number } = {},
  ): Promise<number> {
    const from = options.from ?? 0
    const past = this.lines.findIndex((line, index) => index >= from && predicate(line))
    if (past >= 0) return Promise.resolve(past)
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        check: (line, index) => {
          if (index < from || !predicate(line)) return false
          this.#waiting.delete(waiting)
          clearTimeout(timer)
          resolve(index)
          return true
        },
        fail: (reason) => {
          this.#waiting.delete(waiting)
          clearTimeout(timer)
          reject(new Error(`${this.#title}: ${reason}\n${this.told()}`))
        },
      }
      const timeoutMs = options.timeoutMs ?? TIMEOUT_MS
      const timer = setTimeout(() => waiting.fail(`nothing came within ${timeoutMs} ms`), timeoutMs)
      this.#waiting.add(waiting)
      if (this.#exit !== undefined) waiting.fail('the process has ended')
    })
  }

  /** The first match in what it has written to stderr, or still writes there. Rejects once it has ended. */
  async said(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = pattern.exec(this.stderr)
      if (found) return found
      if (this.#exit) throw new Error(`${this.#title}: the process ended\n${this.told()}`)
      await Promise.race([once(this.#child.stderr, 'data'), this.exited])
    }
  }

  /** Writes one line. */
  send(line: string): void {
    this.#child.stdin.write(`${line}\n`)
  }

  /** Ends stdin. */
  end(): void {
    this.#child.stdin.end()
  }

  /** What it has in memory itself, MiB: not pages of files, which the system keeps while it has room. */
  ownMiB(): number {
    const status = readFileSync(`/proc/${this.pid}/status`, 'utf8')
    return Number(/RssAnon:\s+(\d+)/.exec(status)![1]) / 1024
  }

  /** From now on nobody reads what it prints. */
  stopReading(): void {
    this.#child.stdout.pause()
  }

  /** Sends a signal to this process alone. */
  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<Exit> {
    this.#child.kill(signal)
    return this.exited
  }

  /** The last of stdout and stderr, for messages. */
  told(): string {
    return `stdout:\n${this.lines.slice(-30).join('\n')}\nstderr:\n${this.stderr.slice(-4000)}`
  }

  #read(text: string): void {
    const parts = (this.#partial + text).split('\n')
    this.#partial = parts.pop() ?? ''
    for (const line of parts) this.#line(line)
  }

  #line(line: string): void {
    this.lines.push(line)
    this.times.push(performance.now())
    this.#onLine(line)
    for (const waiting of [...this.#waiting]) waiting.check(line, this.lines.length - 1)
  }
}
