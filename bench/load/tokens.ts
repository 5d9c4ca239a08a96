/** Counts a token in a stream that is cut anywhere. */
export class Tokens {
  readonly #token: Buffer
  #tail: Buffer = Buffer.alloc(0)

  constructor(token: string) {
    this.#token = Buffer.from(token, 'latin1')
  }

  /** How often the token has ended in this chunk. */
  count(chunk: Buffer): number {
    const bytes = this.#tail.length === 0 ? chunk : Buffer.concat([this.#tail, chunk])
    let number = 0
    let from = 0
    for (;;) {
      const at = bytes.indexOf(this.#token, from)
      if (at < 0) break
      number++
      from = at + this.#token.length
    }
    this.#tail = Buffer.from(bytes.subarray(Math.max(from, bytes.length - this.#token.length + 1)))
    return number
  }
}

/** Reads until a token has come so many times. Rejects when the connection ends before. */
export function until(socket: NodeJS.ReadableStream, token: string, times = 1): Promise<void> {
  const tokens = new Tokens(token)
  let left = times
  return new Promise((resolve, reject) => {
    const off = () => {
      socket.off('data', hear)
      socket.off('close', gone)
    }
    const hear = (chunk: Buffer) => {
      left -= tokens.count(chunk)
      if (left > 0) return
      off()
      resolve()
    }
    const gone = () => {
      off()
      reject(new Error(`the server ended the connection before ${JSON.stringify(token)}`))
    }
    socket.on('data', hear)
    socket.on('close', gone)
  })
}
