/** Serves one package and its page over http to the neighbours: GET of known paths, bounded in every direction. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { OfflinePackage } from './package.ts'
import { PerAddress } from './per-address.ts'
import { sharePage } from './share-page.ts'

export interface ShareLimits {
  /** Downloads at a time; who comes then is told to try again. A class of 30 on 2 MB is through in seconds. */
  readonly downloadsMax: number
  readonly connectionsMax: number
  /** Of those, what one address may have: it leaves room for the others. */
  readonly downloadsPerAddressMax: number
  readonly connectionsPerAddressMax: number
  /** A request is whole within this. */
  readonly requestMsMax: number
  /** A download that does not move for this long is given up. */
  readonly stallMsMax: number
  /** A download is over within this. */
  readonly downloadMsMax: number
}

export const SHARE_LIMITS: ShareLimits = {
  downloadsMax: 16,
  connectionsMax: 128,
  // A browser opens six connections to a server.
  downloadsPerAddressMax: 4,
  connectionsPerAddressMax: 16,
  requestMsMax: 10_000,
  stallMsMax: 15_000,
  downloadMsMax: 600_000,
}

export interface ShareOptions {
  readonly offered: OfflinePackage
  readonly host?: string
  readonly port: number
  readonly limits?: ShareLimits
  /** Somebody has it whole. */
  readonly onDownload?: (address: string) => void
}

export interface Share {
  readonly port: number
  /** Ends all downloads. Twice is safe. */
  close(): Promise<void>
}

/** Rejects as listen does: EADDRINUSE, EACCES. */
export async function startShare(options: ShareOptions): Promise<Share> {
  const limits = options.limits ?? SHARE_LIMITS
  const server = createServer({
    maxHeaderSize: 8192,
    requestTimeout: limits.requestMsMax,
    headersTimeout: limits.requestMsMax,
    connectionsCheckingInterval: limits.requestMsMax / 2,
  })
  server.maxConnections = limits.connectionsMax
  server.maxHeadersCount = 64
  server.maxRequestsPerSocket = 16
  server.keepAliveTimeout = 2000
  server.setTimeout(limits.stallMsMax, (socket) => socket.destroy())
  const connections = new PerAddress(limits.connectionsPerAddressMax)
  server.on('connection', (socket) => {
    const address = socket.remoteAddress ?? ''
    if (!connections.take(address)) return socket.destroy()
    socket.on('close', () => connections.giveBack(address))
  })
  let downloads = 0
  const downloading = new PerAddress(limits.downloadsPerAddressMax)
  server.on('request', (request, response) => {
    const path = answerOf(options.offered, request)
    if (typeof path === 'object') return reply(response, request, path)
    const address = request.socket.remoteAddress ?? ''
    if (downloads >= limits.downloadsMax || !downloading.take(address)) return reply(response, request, BUSY)
    downloads += 1
    const late = setTimeout(() => response.destroy(), limits.downloadMsMax)
    response.on('finish', () => request.method === 'GET' && options.onDownload?.(address))
    response.on('close', () => {
      downloads -= 1
      downloading.giveBack(address)
      clearTimeout(late)
    })
    reply(response, request, {
      status: 200,
      type: 'application/gzip',
      body: options.offered.bytes,
      headers: { 'Content-Disposition': `attachment; filename="${options.offered.file}"` },
    })
  })
  server.on('clientError', (_, socket) => socket.destroy())
  await listen(server, options)
  const address = server.address()
  return {
    port: typeof address === 'object' && address ? address.port : options.port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

interface Reply {
  readonly status: number
  readonly type: string
  readonly body: string | Uint8Array
  readonly headers?: Readonly<Record<string, string>>
}

const plainText = (status: number, body: string, headers: Readonly<Record<string, string>> = {}): Reply => ({
  status,
  type: 'text/plain; charset=utf-8',
  body: `${body}\n`,
  headers,
})
const BUSY = plainText(503, 'Too many downloads at the moment. Please try again.', { 'Retry-After': '5' })

/** What to answer; 'package' for the file itself, whose downloads are counted. */
function answerOf(offered: OfflinePackage, request: IncomingMessage): Reply | 'package' {
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return plainText(405, 'Only GET.', { Allow: 'GET, HEAD', Connection: 'close' })
  switch (request.url) {
    case '/':
      return { status: 200, type: 'text/html; charset=utf-8', body: sharePage(offered, baseOf(request)) }
    case `/${offered.file}`:
      return 'package'
    case '/SHA256SUMS':
      return plainText(200, `${offered.sha256}  ${offered.file}`)
    default:
      return plainText(404, 'Not here. See /')
  }
}

/** As the visitor called us, where that is an address or a plain name; else as we see the connection. */
function baseOf({ headers, socket }: IncomingMessage): string {
  const host = headers.host
  if (host && /^(?:[A-Za-z0-9.-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?$/i.test(host))
    return `http://${host}`
  const address = socket.localAddress ?? 'localhost'
  return `http://${address.includes(':') ? `[${address}]` : address}:${socket.localPort}`
}

function reply(
  response: ServerResponse,
  request: IncomingMessage,
  { status, type, body, headers }: Reply,
): void {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body
  response.writeHead(status, {
    'Content-Type': type,
    'Content-Length': bytes.length,
    'Content-Security-Policy': "default-src 'none'; style-src 'unsafe-inline'",
    'X-Content-Type-Options': 'nosniff',
    'Cache-Control': 'no-store',
    ...headers,
  })
  response.end(request.method === 'HEAD' ? undefined : bytes)
}

function listen(server: Server, { host, port }: ShareOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ port, ...(host !== undefined && { host }) }, () => {
      server.off('error', reject)
      resolve()
    })
  })
}
