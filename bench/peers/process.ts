/** Starts a server process for one repetition and waits until it accepts connections. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { killed } from '../program.ts'
import type { Certificate } from './certificate.ts'
import type { Server } from './peer.ts'

const START_MS_MAX = 15_000

/** As the Node servers here take it behind their own arguments. */
export const certificateOf = (tls: Certificate | undefined): string[] => (tls ? [tls.cert, tls.key] : [])

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

export async function serve(
  command: readonly string[],
  port: number,
  env: NodeJS.ProcessEnv = process.env,
  cwd?: string,
): Promise<Server> {
  const [program = '', ...args] = command
  const child = spawn(program, args, {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
    ...(cwd !== undefined && { cwd }),
  })
  let said = ''
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-2000)
  })
  await accepting(child, port, () => said)
  return {
    pids: [child.pid!],
    port,
    stop: () => killed(child),
  }
}

async function accepting(child: ChildProcess, port: number, said: () => string): Promise<void> {
  const until = Date.now() + START_MS_MAX
  while (Date.now() < until) {
    if (child.exitCode !== null || child.signalCode !== null)
      throw new Error(`the server ended at its start: ${said()}`)
    const socket = connect(port, '127.0.0.1')
    const isUp = await new Promise<boolean>((resolve) => {
      socket.on('connect', () => resolve(true)).on('error', () => resolve(false))
    })
    socket.destroy()
    if (isUp) return
    await pause(50)
  }
  child.kill('SIGKILL')
  throw new Error(`the server does not listen on ${port}: ${said()}`)
}
