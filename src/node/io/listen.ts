/**
 * Accepts links. A stranger costs little before it has proved its key: few sockets at a time, each stage with a deadline.
 *
 *   socket --caps--> TLS (2 s) --> websocket upgrade (2 s) --> handshake (2 s) --> link
 */
import { once } from 'node:events'
import { createServer as createHttpServer, type IncomingMessage } from 'node:http'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import {
  HANDSHAKE_MS_MAX,
  MEMBERS_MAX,
  UNAUTHENTICATED_MAX,
  UNAUTHENTICATED_PER_ADDRESS_MAX,
} from '../../wire/limits.ts'
import type { Way } from '../doors.ts'
import {
  acceptorTls,
  HTTP_HEADER_BYTES_MAX,
  LINK_PATH,
  type NetworkSecret,
  plainAddress,
  refusePlainBeyondLoopback,
  WEBSOCKET,
  wayOf,
} from './channel.ts'
import { WebSocketServer } from './commonjs.ts'
import { type Greeted, greet, type Introduction } from './greet.ts'
import { LINK_LIMITS, type Link, type LinkLimits } from './link.ts'
import { LinkSocket } from './link-socket.ts'
import { type Stranger, type StrangerLimits, Strangers } from './strangers.ts'
import { codeOf } from './system-error.ts'
import { readUpgrade, type UpgradeRequest } from './upgrade-request.ts'

/** Ports tried above the wanted one before any is taken. */
const PORTS_TRIED = 20

export interface ListenLimits extends LinkLimits, StrangerLimits {
  /** Links in all. */
  readonly linksMax: number
}
export const LISTEN_LIMITS: ListenLimits = {
  ...LINK_LIMITS,
  unauthenticatedMax: UNAUTHENTICATED_MAX,
  unauthenticatedPerAddressMax: UNAUTHENTICATED_PER_ADDRESS_MAX,
  // A hub is refused members by its core; this only bounds what a crowd with the code can make a node hold.
  linksMax: 2 * MEMBERS_MAX,
  handshakeMs: HANDSHAKE_MS_MAX,
}

export interface ListenOptions extends Introduction, NetworkSecret {
  /** By which others may come, asked for each of them; default: the one way of `psk`. */
  readonly ways?: () => readonly Way[]
  /** 0: chosen by the system. Else this one or one of the next 20. */
  readonly port: number
  /** Default: all addresses. */
  readonly host?: string
  /** No TLS: host must be a loopback address. For tests and figures. */
  readonly plain?: boolean
  readonly limits?: Partial<ListenLimits>
  /** False: this address waits out a penalty, its socket is closed at once. */
  readonly admits?: (address: string) => boolean
  /** Call link.start() in it or later; nothing is read before. */
  readonly onLink: (link: Link) => void
  /** Told once of each socket that became no link: for figures and logs. */
  readonly onRefused?: (address: string, why: RefusedWhy) => void
}

export type RefusedWhy = 'full' | 'penalty' | 'tls' | 'timeout' | 'upgrade' | Exclude<Greeted, { link: Link }>

export interface Listener {
  readonly port: number
  /** Sockets that have not proved a key yet. */
  readonly unauthenticated: number
  /** Accepts no more and drops strangers; links live on. Twice is safe. */
  close(): Promise<void>
}

/** Rejects with the system's error where no port can be had; throws TypeError for plain beyond loopback. */
export async function listen(options: ListenOptions): Promise<Listener> {
  if (options.plain) refusePlainBeyondLoopback(options.host)
  const limits = { ...LISTEN_LIMITS, ...options.limits }
  const refused = (stranger: Stranger | undefined, why: RefusedWhy) => {
    if (!stranger || stranger.isRefused) return
    stranger.isRefused = true
    options.onRefused?.(stranger.address, why)
  }
  const strangers = new Strangers(limits, (stranger) => refused(stranger, 'timeout'))
  const websockets = new WebSocketServer({
    ...WEBSOCKET,
    noServer: true,
    clientTracking: false,
    WebSocket: LinkSocket,
  })
  const only = [{ tag: options.tag ?? '', psk: options.psk }]
  const ways = options.ways ?? (() => only)
  let links = 0
  const linkEnded = () => {
    links--
  }

  const { signer, hello, refuses } = options
  const welcome = (socket: Socket, stranger: Stranger, ws: LinkSocket) => {
    strangers.step(stranger)
    // ws listens for them now, and two listeners are a list for each link.
    socket.off('error', ignore)
    const { address, port } = stranger
    const way = wayOf(socket)
    greet(
      ws,
      socket,
      { side: 'acceptor', signer, hello, limits, way, address, port, ...(refuses && { refuses }) },
      (outcome) => {
        if (!('link' in outcome)) return refused(stranger, outcome)
        strangers.forget(stranger)
        if (!socket.destroyed) {
          links++
          socket.on('close', linkEnded)
        }
        options.onLink(outcome.link)
      },
    )
  }

  const http = createHttpServer({ maxHeaderSize: HTTP_HEADER_BYTES_MAX }, (_request, response) => {
    response.writeHead(404, { connection: 'close' }).end()
  })
  http.on('clientError', (_error, socket) => {
    refused(strangers.at(socket as Socket), 'upgrade')
    socket.destroy()
  })
  const upgrade = (
    request: UpgradeRequest | IncomingMessage,
    socket: Socket,
    head: Buffer,
    stranger: Stranger,
  ) => {
    // The answer and the hello leave in one write.
    socket.cork()
    websockets.handleUpgrade(request as IncomingMessage, socket, head, (ws) => welcome(socket, stranger, ws))
    socket.uncork()
  }
  http.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    const stranger = strangers.at(socket)
    // A web page can open a websocket to loopback too, and always says where it comes from.
    if (stranger && request.url === LINK_PATH && request.headers.origin === undefined)
      upgrade(request, socket, head, stranger)
    else {
      refused(stranger, 'upgrade')
      socket.destroy()
    }
  })
  /** What comes first is the request of a node, or is left to the HTTP server. */
  function hearFirst(this: Socket, bytes: Buffer): void {
    this.off('data', hearFirst)
    const stranger = strangers.at(this)
    const read = stranger && readUpgrade(bytes)
    if (read) return upgrade(read.request, this, bytes.subarray(read.end), stranger)
    this.unshift(bytes)
    http.emit('connection', this)
  }

  const tls = options.plain ? undefined : createTlsServer(acceptorTls(options.nn, ways))
  tls?.on('tlsClientError', (_error, socket) => {
    refused(strangers.at(socket), 'tls')
    socket.destroy()
  })
  tls?.on('secureConnection', (socket) => {
    socket.on('error', ignore)
    const stranger = strangers.at(socket)
    if (!stranger) return socket.destroy()
    strangers.step(stranger)
    socket.on('data', hearFirst)
  })

  const server = createServer({ noDelay: true }, (socket) => {
    socket.on('error', ignore)
    // Reset before it was accepted: it has no far end any more.
    if (socket.remoteAddress === undefined) return socket.destroy()
    const address = plainAddress(socket.remoteAddress)
    const isAdmitted = options.admits?.(address) ?? true
    if (!isAdmitted || links >= limits.linksMax || !strangers.hasRoomFor(address)) {
      options.onRefused?.(address, isAdmitted ? 'full' : 'penalty')
      return socket.destroy()
    }
    strangers.add(socket, tls !== undefined)
    if (tls) tls.emit('connection', socket)
    else socket.on('data', hearFirst)
  })
  const port = await listenNear(server, options.port, options.host)
  // Running out of file handles is the only error left: who waits is accepted later.
  server.on('error', () => {})

  return {
    port,
    get unauthenticated() {
      return strangers.count
    },
    async close() {
      // Its callback would wait for the links to end; the port is free at once.
      server.close()
      strangers.dropAll()
    },
  }
}

/** What it says, its close says too. */
const ignore = () => {}

/** Listens on this port or the first free one of the next 20; on 0 wherever the system says. Returns the port. */
async function listenNear(server: Server, port: number, host: string | undefined): Promise<number> {
  for (let tried = 0; ; tried++) {
    const wanted = port === 0 ? 0 : port + tried
    try {
      server.listen({ port: wanted, ...(host === undefined ? {} : { host }) })
      await once(server, 'listening')
      return (server.address() as AddressInfo).port
    } catch (error) {
      if (codeOf(error) !== 'EADDRINUSE' || port === 0 || tried >= PORTS_TRIED || wanted >= 65_535)
        throw error
    }
  }
}
