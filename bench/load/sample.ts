/** A receiver that stays in the load's process and looks into each text: whose it is, and when it was sent. */
import type { Socket } from 'node:net'

/** Each text begins with it (author.ts). */
export const MARK = '@@#'
const HEAD_BYTES = 28

export function sample(socket: Socket, hear: (author: string, sentAt: number) => void): void {
  let rest = Buffer.alloc(0)
  socket.on('data', (chunk: Buffer) => {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    let from = 0
    for (;;) {
      const at = bytes.indexOf(MARK, from)
      if (at < 0) {
        from = Math.max(from, bytes.length - MARK.length + 1)
        break
      }
      if (bytes.length < at + HEAD_BYTES) {
        from = at
        break
      }
      hear(
        bytes.toString('latin1', at + 3, at + 7),
        Number(bytes.toString('latin1', at + 16, at + HEAD_BYTES)) / 1000,
      )
      from = at + HEAD_BYTES
    }
    rest = Buffer.from(bytes.subarray(from))
  })
}
