/** Two ends of links on loopback, for tests. */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { signerOf } from '../../../src/node/crypto.ts'
import type { NetworkSecret } from '../../../src/node/io/channel.ts'
import { type DialOptions, dial } from '../../../src/node/io/dial.ts'
import type { CloseCause, Link } from '../../../src/node/io/link.ts'
import { type Listener, type ListenOptions, listen, type RefusedWhy } from '../../../src/node/io/listen.ts'
import type { HelloFields } from '../../../src/wire/auth.ts'

export const HOST = '127.0.0.1'
export const secret: NetworkSecret = { psk: new Uint8Array(32).fill(7), nn: '01020304' }
export const signer = (n: number) => signerOf(new Uint8Array(32).fill(n))
export const hello = (): HelloFields => ({
  net: new Uint8Array(8).fill(1),
  role: 0,
  places: new Uint8Array(8).fill(2),
  grown: false,
  age: 0,
  caps: 0,
  port: 0,
})

/** One end of a link with all that came over it. */
export class End {
  readonly frames: Uint8Array[] = []
  readonly closed: Promise<CloseCause>
  bytes = 0
  #arrived: (() => void)[] = []

  constructor(readonly link: Link) {
    this.closed = new Promise((resolve) =>
      link.start({
        onFrame: (frame) => {
          this.frames.push(frame.slice())
          this.bytes += frame.length
          for (const wake of this.#arrived.splice(0)) wake()
        },
        onClose: resolve,
      }),
    )
  }

  async count(n: number): Promise<void> {
    while (this.frames.length < n) await new Promise<void>((resolve) => this.#arrived.push(resolve))
  }
}

/** A listener, its ends in order of arrival, and everything it refused. */
export class Acceptor {
  readonly ends: End[] = []
  readonly refused: RefusedWhy[] = []
  listener!: Listener
  #changed: (() => void)[] = []

  async open(options: Partial<ListenOptions> = {}): Promise<this> {
    this.listener = await listen({
      ...secret,
      port: 0,
      host: HOST,
      signer: signer(1),
      hello,
      onLink: (link) => {
        this.ends.push(new End(link))
        this.#wake()
      },
      onRefused: (_address, why) => {
        this.refused.push(why)
        this.#wake()
      },
      ...options,
    })
    return this
  }

  get port(): number {
    return this.listener.port
  }

  /** The n-th link that was accepted. */
  async end(n = 0): Promise<End> {
    while (this.ends.length <= n) await this.#change()
    return this.ends[n]!
  }

  async refusals(n: number): Promise<RefusedWhy[]> {
    while (this.refused.length < n) await this.#change()
    return this.refused
  }

  async close(): Promise<void> {
    await this.listener.close()
    for (const { link } of this.ends) link.terminate()
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#changed.push(resolve))
  }

  #wake(): void {
    for (const wake of this.#changed.splice(0)) wake()
  }
}

export const dialTo = (port: number, options: Partial<DialOptions> = {}) =>
  dial({ ...secret, host: HOST, port, signer: signer(2), hello, ...options })

/** A dialled link's end; throws where there is none. */
export async function connected(port: number, options: Partial<DialOptions> = {}): Promise<End> {
  const dialled = await dialTo(port, options)
  if (!('link' in dialled)) throw new Error(`no link: ${JSON.stringify(dialled)}`)
  return new End(dialled.link)
}

/** A plain TCP connection. */
export async function tcp(port: number): Promise<Socket> {
  const socket = connect(port, HOST)
  socket.on('error', () => {})
  await once(socket, 'connect')
  return socket
}

/** A TCP server that is no node. */
export async function otherServer(
  onSocket: (socket: Socket) => void,
): Promise<{ server: Server; port: number }> {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    onSocket(socket)
  })
  server.listen(0, HOST)
  await once(server, 'listening')
  return { server, port: (server.address() as AddressInfo).port }
}
