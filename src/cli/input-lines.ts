/** Bytes from a pipe or socket, cut into lines of bounded length. */
import type { Readable } from 'node:stream'

/** A text of 8,000 bytes may be escaped sixfold in JSON; room for the rest of the object. */
export const LINE_BYTES_MAX = 64 * 1024

/** One line without its end; or why there is none: `long` when over the cap, `garbled` when no UTF-8. */
export type InputLine = { readonly text: string } | { readonly broken: 'long' | 'garbled' }

/**
 * The lines of a stream, as they come. Ends with the stream; a last line without newline counts. `\r` before the end
 * and a byte order mark at the very start are left out. Memory stays within bytesMax whatever the line's length.
 */
export async function* inputLines(input: Readable, bytesMax = LINE_BYTES_MAX): AsyncGenerator<InputLine> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  let parts: Buffer[] = []
  let size = 0
  let first = true

  const finish = (): InputLine => {
    const line = Buffer.concat(parts)
    const long = size > bytesMax
    parts = []
    size = 0
    const skip = first && line[0] === 0xef && line[1] === 0xbb && line[2] === 0xbf ? 3 : 0
    first = false
    if (long) return { broken: 'long' }
    try {
      return { text: decoder.decode(line.subarray(skip, line.at(-1) === 0x0d ? -1 : undefined)) }
    } catch {
      return { broken: 'garbled' }
    }
  }
  const keep = (part: Buffer) => {
    size += part.length
    if (size <= bytesMax) parts.push(part)
    else parts = []
  }

  // Who stops early may still have something to say, where the stream is a socket.
  for await (const chunk of input.iterator({ destroyOnReturn: false })) {
    const bytes: Buffer = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
    let from = 0
    for (let end = bytes.indexOf(0x0a); end >= 0; end = bytes.indexOf(0x0a, from)) {
      keep(bytes.subarray(from, end))
      from = end + 1
      yield finish()
    }
    if (from < bytes.length) keep(bytes.subarray(from))
  }
  if (size > 0) yield finish()
}
