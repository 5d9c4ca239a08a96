import { describe, expect, it } from 'vitest'
import { type Hears, LinkSocket } from '../../../src/node/io/link-socket.ts'

/** One that is not connected, and the messages that it tells. */
function told(): { ws: LinkSocket; heard: { data: Uint8Array; isBinary: boolean }[] } {
  const heard: { data: Uint8Array; isBinary: boolean }[] = []
  const hears: Hears = { hear: (data, isBinary) => heard.push({ data, isBinary }), failed() {}, ended() {} }
  const Unconnected = LinkSocket as unknown as new (
    address: null,
    protocols: undefined,
    options: object,
  ) => LinkSocket
  const ws = new Unconnected(null, undefined, {})
  ws.tell(hears)
  return { ws, heard }
}

describe('the websocket of a link', () => {
  it('asks ws for messages as lists of their parts, and leaves nothing in the list that it is handed', () => {
    const { ws, heard } = told()
    expect(ws.binaryType).toBe('fragments')
    const data = Buffer.from('whole')
    const parts = [data]
    ws.emit('message', parts, true)
    expect(heard).toEqual([{ data, isBinary: true }])
    expect(heard[0]!.data).toBe(data)
    expect(parts).toEqual([])
  })

  it('tells a message in several parts, in none, and one of text as one piece each', () => {
    const { ws, heard } = told()
    const parts = [Buffer.from('in '), Buffer.from('two')]
    ws.emit('message', parts, true)
    ws.emit('message', [], true)
    ws.emit('message', Buffer.from('text'), false)
    expect(heard.map(({ data, isBinary }) => [Buffer.from(data).toString(), isBinary])).toEqual([
      ['in two', true],
      ['', true],
      ['text', false],
    ])
    expect(parts).toEqual([])
  })
})
