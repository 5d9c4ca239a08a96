/** Byte arrays: hex, concatenation, comparison, and big-endian numbers. Runs in Node and in browsers. */

const HEX = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, '0'))
const encoder = new TextEncoder()

/** What Node has for it, where this is Node. */
const NodeBuffer = (globalThis as { Buffer?: typeof Buffer }).Buffer
/** Below this adding up is quicker. */
const SHORT_BYTES = 6

/**
 * Lower-case hex of bytes[from, to). In Node in one piece: V8 keeps a text that was added up as a tree of its parts until it is
 * read, which for an id takes ten times the memory.
 */
export function hex(bytes: Uint8Array, from = 0, to = bytes.length): string {
  if (NodeBuffer && to - from > SHORT_BYTES && from >= 0 && to <= bytes.length)
    return NodeBuffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString('hex')
  let out = ''
  for (let i = from; i < to; i++) out += HEX[bytes[i]!]
  return out
}

/** Value of each hex digit by its character code; -1 for others. */
const DIGITS = Int8Array.from({ length: 128 }, (_, code) => {
  const value = Number.parseInt(String.fromCharCode(code), 16)
  return Number.isNaN(value) ? -1 : value
})

/** Bytes of a hex string. Throws TypeError where the text is not hex of whole bytes (a programmer's mistake). */
export function fromHex(text: string): Uint8Array {
  if (text.length % 2 !== 0) throw new TypeError('not a hex string')
  const out = new Uint8Array(text.length / 2)
  for (let i = 0; i < out.length; i++) {
    const high = DIGITS[text.charCodeAt(2 * i)] ?? -1
    const low = DIGITS[text.charCodeAt(2 * i + 1)] ?? -1
    if (high < 0 || low < 0) throw new TypeError('not a hex string')
    out[i] = 16 * high + low
  }
  return out
}

/** True where bytes from `at` on are what this hex says. */
export function isHex(bytes: Uint8Array, at: number, text: string): boolean {
  for (let i = 0; 2 * i < text.length; i++) {
    const byte = bytes[at + i]!
    if (DIGITS[text.charCodeAt(2 * i)] !== byte >> 4 || DIGITS[text.charCodeAt(2 * i + 1)] !== (byte & 15))
      return false
  }
  return true
}

/** Writes the bytes of this hex from `at` on. */
export function writeHex(bytes: Uint8Array, at: number, text: string): void {
  for (let i = 0; 2 * i < text.length; i++)
    bytes[at + i] = 16 * DIGITS[text.charCodeAt(2 * i)]! + DIGITS[text.charCodeAt(2 * i + 1)]!
}

/** UTF-8 of a string. */
export function utf8(text: string): Uint8Array {
  return encoder.encode(text)
}

/** A copy of bytes[from, to). Not `bytes.slice`: a Buffer's slice shares its memory. */
export function copy(bytes: Uint8Array, from = 0, to = bytes.length): Uint8Array {
  return new Uint8Array(bytes.subarray(from, to))
}

/** The same memory as a plain Uint8Array, where a Buffer came in. */
export function plain(bytes: Uint8Array): Uint8Array {
  return bytes.constructor === Uint8Array
    ? bytes
    : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** One array with all parts in order: of few. A call takes some ten thousand arguments and no more. */
export const concat = (...parts: readonly Uint8Array[]): Uint8Array => join(parts)

/** The same of however many. */
export function join(parts: readonly Uint8Array[]): Uint8Array {
  let length = 0
  for (const part of parts) length += part.length
  const out = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}

/** True where both hold the same bytes. Not constant time: never used on secrets. */
export function equal(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

/** Order by bytes, then by length: negative, 0 or positive. */
export function compare(a: Uint8Array, b: Uint8Array): number {
  const shorter = Math.min(a.length, b.length)
  for (let i = 0; i < shorter; i++) {
    const difference = a[i]! - b[i]!
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

/** Unsigned big-endian number of `size` bytes (1 to 6) at `at`. */
export function readUint(bytes: Uint8Array, at: number, size: number): number {
  let value = 0
  for (let i = 0; i < size; i++) value = value * 256 + bytes[at + i]!
  return value
}

/** Writes `value` as an unsigned big-endian number of `size` bytes (1 to 6) at `at`. */
export function writeUint(bytes: Uint8Array, at: number, size: number, value: number): void {
  let rest = value
  for (let i = size - 1; i >= 0; i--) {
    bytes[at + i] = rest % 256
    rest = Math.floor(rest / 256)
  }
}

/** `value` as an unsigned big-endian number of `size` bytes (1 to 6). */
export function uint(value: number, size: number): Uint8Array {
  const out = new Uint8Array(size)
  writeUint(out, 0, size, value)
  return out
}
