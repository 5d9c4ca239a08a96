/** Receivers that are counted natively: a program takes their connections over once they have joined (count.c, decrypt.c). */
import { type ChildProcess, spawn } from 'node:child_process'
import type { Socket } from 'node:net'
import { createInterface } from 'node:readline'
import type { Keepalive } from '../peers/peer.ts'
import { type Connection, connectPlain, connectThrough, type TlsWay } from './connection.ts'

export interface Counted {
  readonly marks: number
  readonly bytes: number
  readonly reads: number
}

export interface Counter {
  /** Opens a connection that can be handed over. */
  connect(): Promise<Connection>
  /** What has arrived on these so far is not looked at any more. */
  takeOver(sockets: readonly Socket[]): void
  counted(): Promise<Counted>
  /** Once it has taken over. */
  readonly pid: number
  stop(): void
}

const keepaliveArguments = (keepalive: Keepalive | undefined) =>
  keepalive ? [keepalive.bytes.toString('hex'), `${keepalive.everyMs}`] : ['-', '0']

class Program {
  readonly #child: ChildProcess
  readonly #answers: AsyncIterator<string>

  constructor(child: ChildProcess) {
    this.#child = child
    this.#answers = createInterface({ input: child.stdout! })[Symbol.asyncIterator]()
  }

  get pid(): number {
    return this.#child.pid!
  }

  async line(): Promise<string> {
    const { value, done } = await this.#answers.next()
    if (done) throw new Error('the program that counts has ended')
    return value
  }

  async counted(): Promise<Counted> {
    this.#child.stdin!.write('\n')
    const [marks = 0, bytes = 0, reads = 0] = (await this.line()).split(' ').map(Number)
    return { marks, bytes, reads }
  }

  stop(): void {
    this.#child.kill('SIGKILL')
  }
}

/** Sockets are inherited, so it starts when it takes them over. */
export function plainCounter(program: string, port: number, keepalive: Keepalive | undefined): Counter {
  let running: Program | undefined
  const started = () => {
    if (!running) throw new TypeError('nothing was handed over yet')
    return running
  }
  return {
    connect: () => connectPlain(port),
    takeOver(sockets) {
      for (const socket of sockets) socket.pause()
      const child = spawn(program, [`${sockets.length}`, ...keepaliveArguments(keepalive)], {
        stdio: ['pipe', 'pipe', 'inherit', ...sockets] as never,
      })
      running = new Program(child)
    },
    counted: () => started().counted(),
    get pid() {
      return started().pid
    },
    stop: () => running?.stop(),
  }
}

/** TLS cannot be handed over between programs: it is spoken by the one that counts, from the start. */
export async function decryptingCounter(
  program: string,
  port: number,
  way: TlsWay,
  keepalive: Keepalive | undefined,
): Promise<Counter> {
  const { psk } = way
  const words = [
    `${port}`,
    ...keepaliveArguments(keepalive),
    way.startsAfterLine ? 'line' : '-',
    psk?.identity ?? '-',
    psk ? Buffer.from(psk.key).toString('hex') : '-',
    way.exporter ?? '-',
  ]
  const running = new Program(spawn(program, words, { stdio: ['pipe', 'pipe', 'inherit'] }))
  const near = Number(await running.line())
  return {
    connect: () => connectThrough(near, way),
    takeOver(sockets) {
      for (const socket of sockets) socket.destroy()
    },
    counted: () => running.counted(),
    pid: running.pid,
    stop: () => running.stop(),
  }
}
