/** A request that is read as a node's, without a server, is read as the HTTP server reads it, whatever was read before. */
import { createServer, type IncomingMessage } from 'node:http'
import { Duplex } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { HTTP_HEADER_BYTES_MAX, LINK_PATH } from '../../../src/node/io/channel.ts'
import { readUpgrade } from '../../../src/node/io/upgrade-request.ts'
import { type Random, seeded } from '../../seeded.ts'

const ODD = [
  'Origin: http://x',
  'Sec-WebSocket-Extensions: permessage-deflate',
  'Content-Length: 4',
  'Transfer-Encoding: chunked',
  'Connection: keep-alive',
  'Upgrade: websocket',
  'Host: x',
  'X: y',
  ' folded',
  '',
]
const ODD_BYTES = [0, 9, 10, 13, 32, 58, 61, 65, 127, 200]
const KEY_NAMES = [
  'Sec-WebSocket-Key: ',
  'Sec-WebSocket-Key: ',
  'sec-websocket-key: ',
  'Sec-WebSocket-Key:  ',
]

const below = (random: Random, n: number) => Math.floor(random() * n)
const pick = <T>(random: Random, list: readonly T[]): T => list[below(random, list.length)]!

function keyLine(random: Random): string {
  const isRight = random() < 0.9
  const characters = isRight ? [...'+/059AZaz'] : [...'+/059AZaz=\r\n :']
  const key = Array.from({ length: isRight ? 22 : 24 }, () => pick(random, characters)).join('')
  return `${pick(random, KEY_NAMES)}${key}${isRight ? '==' : ''}${pick(random, ['', '', '', ' ', '\t'])}`
}

/** Mostly the request of a node, or nearly that. */
function requestOf(random: Random): Buffer {
  const lines = [
    `GET ${LINK_PATH} HTTP/1.1`,
    'Sec-WebSocket-Version: 13',
    keyLine(random),
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Host: 127.0.0.1:4242',
  ]
  while (random() < 0.25)
    lines.splice(below(random, lines.length), 0, pick(random, [...ODD, keyLine(random)]))
  if (random() < 0.1) lines.splice(below(random, lines.length), 1)
  if (random() < 0.1) lines.push(...lines.splice(below(random, lines.length), 1))
  const behind = pick(random, ['', 'more', '\r\n\r\n', 'GET / HTTP/1.1\r\n\r\n'])
  const bytes = Buffer.from(`${lines.join('\r\n')}\r\n\r\n${behind}`, 'latin1')
  if (random() < 0.2) bytes[below(random, bytes.length)] = pick(random, ODD_BYTES)
  return bytes
}

/** What the HTTP server hands over as a link's upgrade. */
async function served(bytes: Buffer): Promise<{ headers: object; head: string } | undefined> {
  let read: { headers: object; head: string } | undefined
  const http = createServer({ maxHeaderSize: HTTP_HEADER_BYTES_MAX })
  http.on('clientError', () => {})
  http.on('upgrade', ({ method, url, headers }: IncomingMessage, _socket: Duplex, head: Buffer) => {
    const isLink = method === 'GET' && url === LINK_PATH && headers.origin === undefined
    if (isLink) read = { headers: { ...headers }, head: head.toString('latin1') }
  })
  const socket = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() })
  socket.on('error', () => {})
  http.emit('connection', socket)
  socket.push(bytes)
  await turn()
  socket.destroy()
  return read
}

it('a request is read without the HTTP server only as that would read it', async () => {
  let taken = 0
  for (let seed = 1; seed <= 1500; seed++) {
    const bytes = requestOf(seeded(seed))
    const read = readUpgrade(bytes)
    if (!read) continue
    taken++
    const { request, end } = read
    const head = bytes.subarray(end).toString('latin1')
    expect(await served(bytes), `seed ${seed}`).toEqual({ headers: request.headers, head })
  }
  expect(taken).toBeGreaterThan(500)
})
