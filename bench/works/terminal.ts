/**
 * The chat in a real pseudo-terminal (util-linux `script`) on loopback: from the start of the process to the prompt, from a
 * key to its letter on the screen while somebody else says 200 messages a second, and the memory it takes meanwhile.
 * On a machine that is busy with other things: `chrt -r 5 npm run bench -- terminal` (as root) keeps these out of the way.
 */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import type { Figure, Report } from '../figures.ts'
import { PROJECT, rssMiBOf } from '../program.ts'
import type { WorkOptions } from '../run.ts'

const MAIN = `${PROJECT}dist/cli/main.js`
const MESSAGES_PER_S = 200
const KEYS = 200
/** A person types ten characters a second at most. */
const KEY_EVERY_MS = 90
const WAIT_MS_MAX = 20_000
/** As much of the output as a key can be behind. */
const KEPT_CHARS = 100_000

export async function terminal({ reps = 10 }: WorkOptions): Promise<Report> {
  const home = mkdtempSync(join(tmpdir(), 'lanchat-bench-'))
  const env = { HOME: home, XDG_CONFIG_HOME: home, XDG_DATA_HOME: home, XDG_RUNTIME_DIR: home }
  const words = (name: string, ...args: string[]) => [
    MAIN,
    ...args,
    ...['--name', name, '--data-dir', join(home, name), '--network', `bench-${process.pid}`],
    ...['--interface', '127.0.0.1', '--no-discovery', '--port', '0'],
  ]
  const running: { stop(): void }[] = []
  try {
    const prompt: number[] = []
    for (let rep = 0; rep < reps; rep += 1) {
      const chat = new Pty([process.execPath, ...words('starter')], env)
      running.push(chat)
      prompt.push((await chat.shows('starter: ')) - chat.startedAt)
      chat.stop()
    }

    const hub = spawn(process.execPath, words('hub', '--json', '--rate', '0'), {
      env: { ...process.env, ...env },
      stdio: ['pipe', 'pipe', 'ignore'],
    })
    running.push({ stop: () => hub.kill('SIGKILL') })
    const address = await new Promise<string>((resolve) => {
      let told = ''
      hub.stdout.setEncoding('utf8').on('data', (text: string) => {
        if (told.length > KEPT_CHARS) return
        told += text
        const url = /"type":"ready".*?"url":"wss:\/\/([^/"]+)/.exec(told)?.[1]
        if (url !== undefined) resolve(url)
      })
    })
    const chat = new Pty([process.execPath, ...words('typist', '--peer', address, '--never-hub')], env)
    running.push(chat)
    await chat.shows('hub hub')

    let said = 0
    const from = performance.now()
    const talk = setInterval(() => {
      const due = ((performance.now() - from) / 1000) * MESSAGES_PER_S
      for (; said < due; said += 1) hub.stdin.write(`message ${said} with some words as people write them\n`)
    }, 1)
    await chat.shows('message 200 ')
    const key: number[] = []
    const memory: number[] = []
    let typed = ''
    for (let n = 0; n < KEYS; n += 1) {
      if (typed.length === 26) {
        chat.type('\u0015')
        typed = ''
        await chat.shows('typist: \u001b[22m\u001b[?7h')
      }
      typed += String.fromCharCode(97 + typed.length)
      const at = chat.type(typed.at(-1)!)
      key.push((await chat.shows(`22m${typed}\u001b`)) - at)
      if (n % 20 === 0) memory.push(rssMiBOf(chat.pid))
      await new Promise((resolve) => setTimeout(resolve, KEY_EVERY_MS * (0.5 + Math.random())))
    }
    clearInterval(talk)
    const perSecond = said / ((performance.now() - from) / 1000)
    await chat.shows(`message ${said - 1} `)
    memory.push(rssMiBOf(chat.pid))
    const figures: Figure[] = [
      { name: 'start to prompt', unit: 'ms', samples: prompt, targets: [{ of: 'p50', atMost: 400 }] },
      { name: 'key to screen', unit: 'ms', samples: key, targets: [{ of: 'p95', atMost: 16 }] },
      { name: 'memory (RSS)', unit: 'MiB', samples: memory, targets: [{ of: 'max', atMost: 130 }] },
    ]
    const notes = [
      `Keys and memory while ${perSecond.toFixed(0)} messages a second came in, ${said} in all; every one reached the screen.`,
      'Both ways through `script`, which is a process of its own; the clock is that of this process.',
    ]
    return { work: 'terminal', figures, notes }
  } finally {
    for (const each of running) each.stop()
    rmSync(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
  }
}

/** A program in a pseudo-terminal of 100 x 30. */
class Pty {
  readonly startedAt = performance.now()
  pid = 0
  readonly #child: ChildProcessWithoutNullStreams
  #text = ''
  #look: (at: number) => void = () => {}

  constructor(argv: readonly string[], env: Readonly<Record<string, string>>) {
    const command = argv.map((word) => `'${word}'`).join(' ')
    const { NO_COLOR: _, ...inherited } = process.env
    this.#child = spawn(
      'script',
      ['-qfc', `stty cols 100 rows 30; echo pid=$$.; exec ${command}`, '/dev/null'],
      {
        env: { ...inherited, ...env, TERM: 'xterm-256color', LC_ALL: 'C.UTF-8' },
      },
    )
    this.#child.stdin.on('error', () => {})
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const at = performance.now()
      this.#text = (this.#text + text).slice(-KEPT_CHARS)
      this.pid ||= Number(/pid=(\d+)\./.exec(this.#text)?.[1] ?? 0)
      this.#look(at)
    })
  }

  /** Returns when it was typed. Only what is written from now on is looked at. */
  type(text: string): number {
    const at = performance.now()
    this.#text = ''
    this.#child.stdin.write(text)
    return at
  }

  /** Resolves with the moment this was on the screen. */
  shows(text: string): Promise<number> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () =>
          reject(new Error(`${JSON.stringify(text)} never came: ${JSON.stringify(this.#text.slice(-2000))}`)),
        WAIT_MS_MAX,
      )
      this.#look = (at) => {
        if (!this.#text.includes(text)) return
        clearTimeout(timer)
        this.#look = () => {}
        resolve(at)
      }
      this.#look(performance.now())
    })
  }

  stop(): void {
    this.#child.kill('SIGKILL')
    try {
      if (this.pid > 0) process.kill(this.pid, 'SIGKILL')
    } catch {
      // It has ended by itself.
    }
  }
}
