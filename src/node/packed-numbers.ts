/** Numbers packed into as few bytes as each needs (LEB128): seven bits a byte, the lowest first. Whole ones up to 2^53. */

/** The most bytes that one of up to 2^49 takes. */
export const NUMBER_BYTES_MAX = 7

/** Writes it at `at`; returns where it ends. */
export function writeNumber(bytes: Uint8Array, at: number, value: number): number {
  if (value < 128) {
    bytes[at] = value
    return at + 1
  }
  let rest = value
  let end = at
  for (; rest >= 2 ** 31; rest = Math.floor(rest / 128)) bytes[end++] = (rest % 128) | 128
  for (; rest > 127; rest >>>= 7) bytes[end++] = (rest & 127) | 128
  bytes[end++] = rest
  return end
}

/** One that may be less than nothing, as one that is not: near nothing they stay small. */
export const signed = (value: number): number => (value < 0 ? -2 * value - 1 : 2 * value)
const unsigned = (value: number): number => (value % 2 === 0 ? value / 2 : -(value + 1) / 2)

/** Reads them one after the other. Behind the end there are noughts: whoever has read reads `at`. */
export class NumberReader {
  readonly #bytes: Uint8Array
  at: number

  constructor(bytes: Uint8Array, at = 0) {
    this.#bytes = bytes
    this.at = at
  }

  next(): number {
    const first = this.byte()
    if (first < 128) return first
    let value = first & 127
    for (let scale = 128; ; scale *= 128) {
      const byte = this.byte()
      value += (byte & 127) * scale
      if (byte < 128) return value
    }
  }

  /** What `signed` made one of. */
  nextSigned(): number {
    return unsigned(this.next())
  }

  byte(): number {
    const at = this.at++
    return at < this.#bytes.length ? this.#bytes[at]! : 0
  }
}
