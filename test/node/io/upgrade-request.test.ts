import { describe, expect, it } from 'vitest'
import { HTTP_HEADER_BYTES_MAX } from '../../../src/node/io/channel.ts'
import { readUpgrade } from '../../../src/node/io/upgrade-request.ts'

const LINES = [
  'GET /lanchat/1 HTTP/1.1',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Host: 127.0.0.1:4242',
]
const bytesOf = (lines: readonly string[], behind = '') =>
  Buffer.from(`${lines.join('\r\n')}\r\n\r\n${behind}`, 'latin1')
const without = (at: number) => LINES.filter((_, i) => i !== at)

describe('the request with which a link begins', () => {
  it('is read where it came whole, up to its end', () => {
    const bytes = bytesOf(LINES, 'and more')
    const read = readUpgrade(bytes)
    expect(bytes.subarray(read?.end).toString()).toBe('and more')
    expect(read?.request.headers).toEqual({
      'sec-websocket-version': '13',
      'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
      connection: 'Upgrade',
      upgrade: 'websocket',
      host: '127.0.0.1:4242',
    })
  })

  it('is read the same where it is like the one before but for its key, and where it is not', () => {
    const keys = ['AAAAAAAAAAAAAAAAAAAAAA==', 'BBBBBBBBBBBBBBBBBBBBBA==', 'short', 'CCCCCCCCCCCCCCCCCCCCCCCC']
    for (const host of ['lanchat', 'lanchat', 'other'])
      for (const key of keys) {
        const lines = [...without(2).slice(0, -1), `Sec-WebSocket-Key: ${key}`, `Host: ${host}`]
        const headers = readUpgrade(bytesOf(lines))?.request.headers
        expect([headers?.['sec-websocket-key'], headers?.host]).toEqual([key, host])
      }
    expect(readUpgrade(bytesOf([...LINES, 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==']))).toBeUndefined()
    expect(
      readUpgrade(bytesOf([...without(2), 'Sec-WebSocket-Key: AAAAAAAAAAA\r\nOrigin: x=='])),
    ).toBeUndefined()
  })

  it.each([
    ['a part of it', bytesOf(LINES).subarray(0, -1)],
    ['another path', bytesOf(['GET / HTTP/1.1', ...without(0)])],
    ['another method', bytesOf(['POST /lanchat/1 HTTP/1.1', ...without(0)])],
    ['an older version of HTTP', bytesOf(['GET /lanchat/1 HTTP/1.0', ...without(0)])],
    ['a request of a web page', bytesOf([...LINES, 'Origin: http://127.0.0.1'])],
    ['a request with a body', bytesOf([...LINES, 'Content-Length: 4'], 'body')],
    ['a header that came twice', bytesOf([...LINES, 'Upgrade: websocket'])],
    ['a header of another name', bytesOf([...LINES, '__proto__: x'])],
    ['a header that goes on in the next line', bytesOf([...LINES, ' x'])],
    ['a header with a space before its colon', bytesOf([...without(5), 'Host : x'])],
    ['a header with a lone line feed', bytesOf([...without(5), 'Host: x\nOrigin: y'])],
    ['a header with a byte above ASCII', bytesOf([...without(5), 'Host: \u00e4'])],
    ['an empty header', bytesOf([...without(5), 'Host:'])],
    ['no host', bytesOf(without(5))],
    ['no wish to upgrade', bytesOf(without(3))],
    ['an upgrade to something else', bytesOf([...without(4), 'Upgrade: h2c'])],
    ['headers that are too long', bytesOf([...without(5), `Host: ${'x'.repeat(HTTP_HEADER_BYTES_MAX)}`])],
    ['something else', Buffer.from([0, 1, 2, 3])],
    ['nothing', Buffer.alloc(0)],
  ])('is left to the HTTP server where it is %s', (_, bytes) => {
    expect(readUpgrade(bytes)).toBeUndefined()
  })
})
