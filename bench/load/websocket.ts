/** The least of a websocket client (RFC 6455): upgrade, binary or text messages out with a mask of zeros, payloads in. */
import type { Duplex } from 'node:stream'
import { wsMessages } from '../../src/node/io/ws-frame.ts'

/** What comes behind the answer stays in the socket, which is paused then. */
export async function upgrade(socket: Duplex, path: string): Promise<void> {
  socket.write(
    `GET ${path} HTTP/1.1\r\nHost: bench\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`,
  )
  let answer: Buffer = Buffer.alloc(0)
  await new Promise<void>((resolve, reject) => {
    const gone = () => reject(new Error('the server ended the connection in its upgrade'))
    const hear = (chunk: Buffer) => {
      answer = Buffer.concat([answer, chunk])
      const end = answer.indexOf('\r\n\r\n')
      if (end < 0) return
      socket.pause()
      socket.off('data', hear).off('close', gone)
      if (end + 4 < answer.length) socket.unshift(answer.subarray(end + 4))
      resolve()
    }
    socket.on('data', hear).on('close', gone)
  })
}

export function message(payload: Uint8Array, opcode: 1 | 2): Buffer {
  const out = wsMessages([payload], true)
  out[0] = 0x80 | opcode
  return out
}

/** Whole payloads out of a stream that is cut anywhere. */
class Messages {
  #rest: Buffer = Buffer.alloc(0)

  feed(chunk: Buffer): Buffer[] {
    const payloads: Buffer[] = []
    let bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    while (bytes.length >= 2) {
      const short = bytes[1]! & 127
      const head = short < 126 ? 2 : short === 126 ? 4 : 10
      if (bytes.length < head) break
      const length = short < 126 ? short : short === 126 ? bytes.readUInt16BE(2) : bytes.readUInt32BE(6)
      if (bytes.length < head + length) break
      payloads.push(bytes.subarray(head, head + length))
      bytes = bytes.subarray(head + length)
    }
    this.#rest = Buffer.from(bytes)
    return payloads
  }
}

/**
 * What comes on one connection, from its first message to its last. Whoever listens takes the place of who did before, and goes
 * on where that one stopped: a message may be cut where they change places. What comes while nobody listens is dropped whole.
 */
export class Incoming {
  hear: (payload: Buffer) => void = nobody

  constructor(socket: Duplex) {
    const messages = new Messages()
    socket.on('data', (chunk: Buffer) => {
      for (const payload of messages.feed(chunk)) this.hear(payload)
    })
  }

  /** The next of whom `answer` makes something else than undefined: that. */
  async first<T>(answer: (payload: Buffer) => T | undefined): Promise<T> {
    return await new Promise((resolve, reject) => {
      this.hear = (payload) => {
        try {
          const found = answer(payload)
          if (found === undefined) return
          this.hear = nobody
          resolve(found)
        } catch (error) {
          this.hear = nobody
          reject(error)
        }
      }
    })
  }
}
const nobody = () => {}
