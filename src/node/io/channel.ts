/**
 * What both ends of a link agree on below the handshake: TLS 1.3 by pre-shared key without certificates (RFC 8446 2.2), and
 * a websocket over it.
 */
import { BlockList, isIP, type Socket } from 'node:net'
import type { ConnectionOptions, SecureContextOptions, TLSSocket, TlsOptions } from 'node:tls'
import { BINDING_BYTES, EXPORTER_LABEL } from '../../wire/auth.ts'
import { FRAGMENTS_MAX, FRAME_BYTES_MAX, HANDSHAKE_MS_MAX } from '../../wire/limits.ts'
import type { Way } from '../doors.ts'

export const LINK_PATH = '/lanchat/1'

/** What a network's links are encrypted with. */
export interface NetworkSecret {
  /** 32 bytes (rule ID-3). */
  readonly psk: Uint8Array
  /** The network's name hint as 8 hex digits (rule ID-4): the PSK identity, so that other networks are told apart. */
  readonly nn: string
  /** Of the code that the key was made of; '', the default: the one that the network was founded with. */
  readonly tag?: string
}

/** Rule LK-2. */
const identity = (nn: string, tag: string) => `lanchat/1:${nn}${tag === '' ? '' : `:${tag}`}`

/** By which way each accepted socket came. */
const tags = new WeakMap<Socket, string>()

/** The tag of the way by which this accepted socket came; undefined without TLS. */
export const wayOf = (socket: Socket): string | undefined => tags.get(socket)

const TLS = {
  minVersion: 'TLSv1.3' as const,
  maxVersion: 'TLSv1.3' as const,
  // Both with SHA-256, as a PSK without a stated hash requires. AES first: most processors have instructions for it.
  // No authority is trusted: the key proves everything.
  ca: [],
  ciphers: 'TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256',
} satisfies SecureContextOptions

/** ways: by which others may come, the newest first. */
export function acceptorTls(nn: string, ways: () => readonly Way[]): TlsOptions {
  return {
    ...TLS,
    handshakeTimeout: HANDSHAKE_MS_MAX,
    pskCallback(socket, asked) {
      const way = ways().find(({ tag }) => identity(nn, tag) === asked)
      if (!way) return null
      tags.set(socket, way.tag)
      return Buffer.from(way.psk)
    },
  }
}

export function dialerTls(secret: NetworkSecret): ConnectionOptions {
  const psk = Buffer.from(secret.psk)
  return {
    ...TLS,
    pskCallback: () => ({ psk, identity: identity(secret.nn, secret.tag ?? '') }),
    // Asked only where the other side has not used the PSK but shown a certificate: whatever is in it, it is no node.
    checkServerIdentity: () => new Error('a certificate instead of the network key'),
  }
}

/**
 * The 32 bytes that only the two ends of this channel know. Without TLS (loopback only) zeros: there the handshake proves the
 * peer's key but not that nobody stands between.
 */
export function bindingOf(socket: Socket | TLSSocket): Uint8Array {
  return 'exportKeyingMaterial' in socket
    ? new Uint8Array(socket.exportKeyingMaterial(BINDING_BYTES, EXPORTER_LABEL, Buffer.alloc(0)))
    : new Uint8Array(BINDING_BYTES)
}

/** Options of ws for both ends. */
export const WEBSOCKET = {
  maxPayload: FRAME_BYTES_MAX,
  maxFragments: FRAGMENTS_MAX,
  /** Chunks of one message: a peer that sends byte by byte costs memory per chunk. */
  maxBufferedChunks: 4096,
  perMessageDeflate: false,
  /** Links answer pings themselves (link-socket.ts). */
  autoPong: false,
  skipUTF8Validation: true,
  /** How long a close frame may stay without an answer, ms. */
  closeTimeout: 1000,
} as const

/** Bytes of an HTTP request's or answer's headers: ours have about 300. */
export const HTTP_HEADER_BYTES_MAX = 8192

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')

/** True for a literal address of this machine's loopback. Names are not looked up: 'localhost' is false. */
export function isLoopback(address: string): boolean {
  const family = isIP(address)
  return family !== 0 && loopback.check(address, family === 4 ? 'ipv4' : 'ipv6')
}

/** Links without TLS exist for tests and figures, on loopback. Throws TypeError for any other address. */
export function refusePlainBeyondLoopback(address: string | undefined): void {
  if (address === undefined || !isLoopback(address))
    throw new TypeError(`links without TLS are for loopback, not ${address ?? 'all addresses'}`)
}

/** An IPv4 address in its own form where the socket gives it as IPv6. */
export const plainAddress = (address: string | undefined): string =>
  (address ?? '').replace(/^::ffff:(?=\d+\.)/, '')
