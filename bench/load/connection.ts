/** How the load reaches a server: TCP, or TLS 1.3 over it as the server speaks it. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { type ConnectionOptions, connect as connectTls } from 'node:tls'
import { BINDING_BYTES } from '../../src/wire/auth.ts'

/** What TLS needs to know of a peer. */
export interface TlsWay {
  /** The server says one line in the clear before TLS begins. */
  readonly startsAfterLine?: boolean
  /** A key shared before instead of a certificate. */
  readonly psk?: { readonly identity: string; readonly key: Uint8Array }
  /** The label under which the two ends export what binds the handshake inside to this connection. */
  readonly exporter?: string
}

export interface Connection {
  readonly socket: Socket
  /** What TLS exports; zeros without it. */
  readonly binding: Uint8Array
}

/** The same for all servers: what lanchat's links use. */
const CIPHER = 'TLS_AES_128_GCM_SHA256'

export async function connectPlain(port: number, host = '127.0.0.1'): Promise<Connection> {
  const socket = connect({ port, host, noDelay: true })
  await once(socket, 'connect')
  return { socket, binding: new Uint8Array(BINDING_BYTES) }
}

export async function connectEncrypted(port: number, way: TlsWay, host = '127.0.0.1'): Promise<Connection> {
  const tcp = connect({ port, host, noDelay: true })
  tcp.on('error', () => {})
  await once(tcp, 'connect')
  if (way.startsAfterLine) await firstLine(tcp)
  const { psk } = way
  const options: ConnectionOptions = {
    socket: tcp,
    minVersion: 'TLSv1.3',
    ciphers: CIPHER,
    // The certificate is of this run alone, and what is measured is the server's work.
    rejectUnauthorized: false,
    ...(psk && { pskCallback: () => ({ psk: psk.key, identity: psk.identity }) }),
  }
  const socket = connectTls(options)
  await once(socket, 'secureConnect')
  const binding = way.exporter
    ? socket.exportKeyingMaterial(BINDING_BYTES, way.exporter, Buffer.alloc(0))
    : new Uint8Array(BINDING_BYTES)
  return { socket, binding }
}

/** Through the program that decrypts: it speaks TLS to the server, and tells the binding first. */
export async function connectThrough(port: number, way: TlsWay): Promise<Connection> {
  const connection = await connectPlain(port)
  if (way.exporter === undefined) return connection
  const { socket } = connection
  for (;;) {
    const binding = socket.read(BINDING_BYTES) as Buffer | null
    if (binding) return { socket, binding }
    await once(socket, 'readable')
  }
}

async function firstLine(socket: Socket): Promise<void> {
  for (;;) {
    const chunk = socket.read() as Buffer | null
    if (chunk?.includes(10)) return
    if (!chunk) await once(socket, 'readable')
  }
}
