/** Dials a link: TCP, TLS, websocket, handshake; or says which of them failed and how. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { PersonKey } from '../../wire/ids.ts'
import { HANDSHAKE_MS_MAX } from '../../wire/limits.ts'
import {
  dialerTls,
  HTTP_HEADER_BYTES_MAX,
  LINK_PATH,
  type NetworkSecret,
  plainAddress,
  refusePlainBeyondLoopback,
  WEBSOCKET,
} from './channel.ts'
import { type Greeted, greet, type Introduction } from './greet.ts'
import { LINK_LIMITS, type Link, type LinkLimits } from './link.ts'
import { LinkSocket } from './link-socket.ts'
import { codeOf } from './system-error.ts'

/** A connect to a dead address fails by itself only after some seconds. */
const DIAL_MS_MAX = 5000

export interface DialOptions extends Introduction, NetworkSecret {
  readonly host: string
  readonly port: number
  /** Refuse whoever else answers (refused-by-us, PEER_OTHER). */
  readonly expect?: PersonKey
  /** No TLS: host must be a loopback address. For tests and figures. */
  readonly plain?: boolean
  /** For everything. Default 5000. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
  readonly limits?: Partial<LinkLimits>
}

/** Why there is no link. `code` and `detail` of refused-by-peer are a stranger's text. */
export interface DialFault {
  readonly fault: /** Nobody listens there: the machine answers, the program is gone. */
    | 'refused'
    /** No answer in time. */
    | 'timeout'
    /** No way to that address, or no such name. */
    | 'unreachable'
    /** A node of this network name, with another code. Not proved: whoever is on the way can pretend it. */
    | 'wrong-code'
    /** It has no key for this network name: most likely a node of another network. */
    | 'other-network'
    /** It speaks something else. */
    | 'not-lanchat'
    /** It ended the connection half way: full, leaving, or a penalty. */
    | 'closed'
    | 'refused-by-peer'
    | 'refused-by-us'
    | 'aborted'
  readonly code?: string
  readonly detail?: string
}

export type Dialled = { readonly link: Link } | DialFault

/** Never rejects for what a network can do. Throws TypeError for plain beyond loopback. */
export async function dial(options: DialOptions): Promise<Dialled> {
  if (options.plain) refusePlainBeyondLoopback(options.host)
  if (options.signal?.aborted) return { fault: 'aborted' }
  // connect() throws for it, and it may come from a stranger.
  if (!(options.port > 0 && options.port <= 65_535 && Number.isInteger(options.port)))
    return { fault: 'unreachable', code: 'ERR_SOCKET_BAD_PORT' }
  const tcp = connect({ host: options.host, port: options.port, noDelay: true })
  tcp.on('error', () => {})
  let gaveUp: DialFault | undefined
  const giveUp = (fault: DialFault) => {
    gaveUp ??= fault
    tcp.destroy(new Error('given up'))
  }
  const onAbort = () => giveUp({ fault: 'aborted' })
  const timer = setTimeout(() => giveUp({ fault: 'timeout' }), options.timeoutMs ?? DIAL_MS_MAX)
  options.signal?.addEventListener('abort', onAbort, { once: true })
  try {
    const dialled = await climb(tcp, options)
    return gaveUp ?? dialled
  } finally {
    clearTimeout(timer)
    options.signal?.removeEventListener('abort', onAbort)
  }
}

async function climb(tcp: Socket, options: DialOptions): Promise<Dialled> {
  try {
    await once(tcp, 'connect')
  } catch (error) {
    return tcpFault(error)
  }
  let socket = tcp
  if (!options.plain) {
    const tls = connectTls({ ...dialerTls(options), socket: tcp })
    socket = tls
    tls.on('error', () => tcp.destroy())
    const late = setTimeout(
      () => tls.destroy(Object.assign(new Error('late'), { code: 'ETIMEDOUT' })),
      HANDSHAKE_MS_MAX,
    )
    try {
      await once(tls, 'secureConnect')
    } catch (error) {
      tcp.destroy()
      return tlsFault(error)
    } finally {
      clearTimeout(late)
    }
  }
  const outcome = await upgrade(socket, options)
  if ('link' in outcome) return outcome
  if ('refused' in outcome) return { fault: 'refused-by-peer', ...outcome.refused }
  if ('refuse' in outcome) return { fault: 'refused-by-us', ...outcome.refuse }
  return { fault: outcome.ended === 'invalid' ? 'not-lanchat' : outcome.ended }
}

function upgrade(socket: Socket, options: DialOptions): Promise<Greeted> {
  const ws = new LinkSocket(`ws://lanchat${LINK_PATH}`, {
    ...WEBSOCKET,
    maxHeaderSize: HTTP_HEADER_BYTES_MAX,
    createConnection: () => socket,
  })
  return new Promise((resolve) => {
    let isHttp = false
    const fail = (ended: 'timeout' | 'closed' | 'invalid') => {
      clearTimeout(late)
      resolve({ ended })
      socket.destroy()
    }
    const late = setTimeout(() => fail('timeout'), HANDSHAKE_MS_MAX)
    const onError = (error: Error) => fail(isHttp || codeOf(error)?.startsWith('HPE_') ? 'invalid' : 'closed')
    ws.on('error', onError)
    ws.on('upgrade', () => {
      isHttp = true
    })
    ws.on('unexpected-response', () => {
      isHttp = true
      ws.terminate()
    })
    ws.on('open', () => {
      clearTimeout(late)
      const { signer, hello, expect, refuses, plain, tag = '' } = options
      const introduced = {
        side: 'dialer' as const,
        signer,
        hello,
        expect,
        way: plain ? undefined : tag,
        ...(refuses && { refuses }),
        address: plainAddress(socket.remoteAddress),
        port: socket.remotePort ?? 0,
        handshakeMs: HANDSHAKE_MS_MAX,
        limits: { ...LINK_LIMITS, ...options.limits },
      }
      greet(ws, socket, introduced, resolve)
      ws.off('error', onError)
    })
  })
}

function tcpFault(error: unknown): DialFault {
  const code = codeOf(error) ?? 'unknown'
  if (code === 'ECONNREFUSED') return { fault: 'refused', code }
  if (code === 'ETIMEDOUT') return { fault: 'timeout', code }
  if (code === 'ECONNRESET') return { fault: 'closed', code }
  return { fault: 'unreachable', code }
}

function tlsFault(error: unknown): DialFault {
  const code = codeOf(error) ?? 'unknown'
  if (code === 'ETIMEDOUT') return { fault: 'timeout', code }
  // OpenSSL names and sends these alerts differently from version to version: a binder that does not verify is answered
  // by illegal_parameter up to 3.1 and by decrypt_error (RFC 8446 4.2.11) since.
  if (/ALERT_(ILLEGAL_PARAMETER|DECRYPT_ERROR)$/.test(code)) return { fault: 'wrong-code', code }
  if (code.endsWith('ALERT_HANDSHAKE_FAILURE')) return { fault: 'other-network', code }
  if (code === 'ECONNRESET' || code === 'EPIPE') return { fault: 'closed', code }
  return { fault: 'not-lanchat', code }
}
