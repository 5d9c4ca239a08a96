/**
 * The hook: a program of the user's that is run for each message they want to be called for. Started without a shell and
 * without arguments: the message comes as a line of JSON on its stdin, and in part in its environment, so nothing that
 * others write is ever read as a command. One at a time, ten seconds each; of a burst only the latest wait.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import type { MessageEvent } from '../node/index.ts'

const RUN_MS_MAX = 10_000
/** Messages that wait for the one before; of more the oldest are left out. */
const WAITING_MAX = 16
/** As much of a text as an environment should carry. */
const ENV_CHARS_MAX = 1000

export interface HookOptions {
  readonly program: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** Told once: the program cannot be run. */
  readonly onFailure: (why: string) => void
}

export class Hook {
  readonly #options: HookOptions
  #running: ChildProcess | undefined
  readonly #waiting: MessageEvent[] = []
  #hasFailed = false
  #isClosed = false

  constructor(options: HookOptions) {
    this.#options = options
  }

  run(message: MessageEvent): void {
    if (this.#isClosed) return
    this.#waiting.push(message)
    if (this.#waiting.length > WAITING_MAX) this.#waiting.shift()
    this.#next()
  }

  /** Ends what still runs, and starts nothing more. Twice is safe. */
  close(): void {
    this.#isClosed = true
    this.#waiting.length = 0
    this.#running?.kill('SIGKILL')
  }

  #next(): void {
    const message = this.#running ? undefined : this.#waiting.shift()
    if (!message) return
    const child = this.#spawned(message)
    if (!child) return this.#next()
    this.#running = child
    const over = () => {
      if (this.#running !== child) return
      this.#running = undefined
      this.#next()
    }
    child.on('error', (error) => {
      this.#fail(error)
      over()
    })
    child.on('exit', over)
    // A program that does not read is none of our business.
    child.stdin?.on('error', () => {})
    child.stdin?.end(`${JSON.stringify(message)}\n`)
  }

  /** Undefined where it cannot be started, which is told. */
  #spawned(message: MessageEvent): ChildProcess | undefined {
    const { program, env } = this.#options
    try {
      return spawn(program, [], {
        shell: false,
        stdio: ['pipe', 'ignore', 'ignore'],
        env: { ...withoutOurs(env), ...told(message) },
        timeout: RUN_MS_MAX,
        killSignal: 'SIGKILL',
        windowsHide: true,
      })
    } catch (error) {
      // Of some causes an event tells; of others (ENOTDIR, ELOOP, E2BIG, on Windows EINVAL) spawn throws.
      this.#fail(error as Error)
    }
  }

  #fail(error: Error): void {
    if (!this.#hasFailed) this.#options.onFailure(error.message)
    this.#hasFailed = true
  }
}

/** The network's code and the passphrase are nobody else's. */
const withoutOurs = (env: HookOptions['env']): Record<string, string> =>
  Object.fromEntries(
    Object.entries(env).filter(
      (entry): entry is [string, string] => entry[1] !== undefined && !entry[0].startsWith('LANCHAT_'),
    ),
  )

const told = ({ room, from, text, mention, private: isPrivate }: MessageEvent): Record<string, string> => ({
  LANCHAT_ROOM: clean(room ?? ''),
  LANCHAT_FROM: clean(from.label ?? from.name),
  LANCHAT_TEXT: clean(text),
  LANCHAT_WHY: isPrivate ? 'private' : mention ? 'mention' : 'all',
})

/** No environment can hold a NUL, and no half character. */
const clean = (text: string): string =>
  [...text.slice(0, ENV_CHARS_MAX).replaceAll('\0', '')]
    .filter((char) => !/\p{Surrogate}/u.test(char))
    .join('')
