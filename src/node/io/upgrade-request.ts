/**
 * The one request with which a link begins, as nodes send it: whole in one piece. Reading it here saves an HTTP server's objects
 * for each who comes. Whatever is not exactly that, or asks for anything else, is for the HTTP server to judge.
 */
import { HTTP_HEADER_BYTES_MAX, LINK_PATH } from './channel.ts'

export interface UpgradeRequest {
  readonly method: 'GET'
  readonly url: typeof LINK_PATH
  /** By their names in lower case; none came twice. */
  readonly headers: Readonly<Record<string, string>>
}

const END = Buffer.from('\r\n\r\n')
const REQUEST_LINE = `GET ${LINK_PATH} HTTP/1.1`
/** RFC 9110 5.1 and 5.5, without what is obsolete: no folded lines, no bytes above ASCII. */
const HEADER = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*([\x21-\x7e](?:[\x20-\x7e\t]*[\x21-\x7e])?)[ \t]*$/
/** All that a node sends; another one may change what the request means. */
const KNOWN = new Set([
  'host',
  'upgrade',
  'connection',
  'sec-websocket-key',
  'sec-websocket-version',
  'sec-websocket-extensions',
])

/** What is another one in each request: 16 bytes in base64, as ws makes them. */
const KEY_HEADER = '\r\nSec-WebSocket-Key: '
const KEY_LENGTH = 24
const KEY = /^[+/0-9A-Za-z]{22}==$/

/** The last request but for its key: most nodes ask in just the same words, and these need not be read again. */
let last:
  | { readonly before: string; readonly behind: string; readonly headers: UpgradeRequest['headers'] }
  | undefined

/** The request, and where it ends in `bytes`; undefined where an HTTP server has to look at it. Never throws. */
export function readUpgrade(
  bytes: Buffer,
): { readonly request: UpgradeRequest; readonly end: number } | undefined {
  const end = bytes.indexOf(END)
  if (end < 0 || end > HTTP_HEADER_BYTES_MAX) return undefined
  const text = bytes.toString('latin1', 0, end)
  const keyAt = text.indexOf(KEY_HEADER) + KEY_HEADER.length
  const key = text.slice(keyAt, keyAt + KEY_LENGTH)
  const behind = text.slice(keyAt + KEY_LENGTH)
  const isSame = last !== undefined && last.behind === behind && last.before === text.slice(0, keyAt)
  const headers = isSame && KEY.test(key) ? { ...last!.headers, 'sec-websocket-key': key } : readHeaders(text)
  if (!headers) return undefined
  if (!isSame && headers['sec-websocket-key'] === key && KEY.test(key))
    last = { before: text.slice(0, keyAt), behind, headers }
  return { request: { method: 'GET', url: LINK_PATH, headers }, end: end + END.length }
}

function readHeaders(text: string): UpgradeRequest['headers'] | undefined {
  const [first, ...lines] = text.split('\r\n')
  if (first !== REQUEST_LINE) return undefined
  const headers: Record<string, string> = {}
  for (const line of lines) {
    const [, name = '', value = ''] = HEADER.exec(line) ?? []
    const known = name.toLowerCase()
    if (!KNOWN.has(known) || headers[known] !== undefined) return undefined
    headers[known] = value
  }
  const isUpgrade =
    headers.host !== undefined &&
    headers.connection?.toLowerCase() === 'upgrade' &&
    headers.upgrade?.toLowerCase() === 'websocket'
  return isUpgrade ? headers : undefined
}
