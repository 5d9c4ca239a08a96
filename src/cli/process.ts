/** This process as the command line's world: its streams, signals, environment and end. */
import { accessSync, constants, fstatSync, readFileSync } from 'node:fs'
import { Socket } from 'node:net'
import type { Writable } from 'node:stream'
import { isatty } from 'node:tty'
import { SIGNALS, type SignalName, toldOf } from './exit.ts'
import { endProcess } from './process-end.ts'
import { run } from './run.ts'
import type { World } from './world.ts'

/** Runs the command line with this process's arguments and ends it with the exit code. */
export async function runProcess(): Promise<void> {
  const world = processWorld()
  process.on('uncaughtException', (error) => {
    if (process.stdin.isTTY) process.stdin.setRawMode(false)
    process.stderr.write(`lanchat: ${toldOf(error).message}\n${error instanceof Error ? error.stack : ''}\n`)
    endProcess(1)
  })
  const code = await run(process.argv.slice(2), world)
  endProcess(code)
}

function processWorld(): World {
  const stdout = writer(1, () => process.stdout)
  const stderr = writer(2, () => process.stderr)
  stderr.on('error', () => {})
  return {
    get stdin() {
      return process.stdin
    },
    stdout,
    stderr,
    env: process.env,
    version: versionOfPackage(),
    async configFile() {
      // It throws where this user has no home, and so no such file.
      const paths = await import('env-paths').catch(() => undefined)
      return paths && `${paths.default('lanchat', { suffix: '' }).config}/config.json`
    },
    load: () => import('../node/index.ts'),
    onSignal(listener) {
      const names = Object.keys(SIGNALS) as SignalName[]
      const listeners = names.map((name) => [name, () => listener(name)] as const)
      for (const [name, heard] of listeners) process.on(name, heard)
      return () => {
        for (const [name, heard] of listeners) process.off(name, heard)
      }
    },
    exitNow: endProcess,
  }
}

/**
 * Node writes to pipes synchronously: a reader that stops would stop this whole process, hub and all. A socket of our
 * own over the same descriptor waits without blocking.
 */
function writer(fd: 1 | 2, standard: () => Writable): Writable {
  try {
    const stat = fstatSync(fd)
    if (stat.isFIFO() || stat.isSocket()) return new Socket({ fd, readable: false, writable: true })
  } catch {
    // A closed descriptor: the standard stream knows what to do.
  }
  const stream = standard()
  if (isatty(fd)) waitWithoutBlocking(stream, fd)
  return stream
}

/**
 * Node has terminals block as well: one that is stopped (Ctrl-S, a window that hangs, a line that is away) would stop this
 * process. Only where libuv could open the terminal anew is the flag this process's alone.
 */
function waitWithoutBlocking(stream: Writable, fd: number): void {
  const { _handle: handle } = stream as { _handle?: { setBlocking?(isBlocking: boolean): unknown } }
  if (process.platform === 'win32' || !handle?.setBlocking) return
  try {
    accessSync(`/dev/fd/${fd}`, constants.R_OK | constants.W_OK)
    handle.setBlocking(false)
  } catch {
    // Somebody else's terminal (after su): it stays as it is.
  }
}

function versionOfPackage(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}
