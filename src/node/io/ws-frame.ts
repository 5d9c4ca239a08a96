/**
 * Websocket framing (RFC 6455 5.2) where ws has no interface for it: many messages in one buffer, one buffer for many links,
 * and whether a message has begun that has not ended yet.
 */

/** What one binary message takes. */
export const framedBytes = ({ length }: Uint8Array, masked: boolean): number =>
  (length < 126 ? 2 : length < 65_536 ? 4 : 10) + (masked ? 4 : 0) + length

/**
 * Binary messages as one run of bytes. A dialer must mask what it sends; the mask of ours is zero, which leaves the payload
 * as it is: masks protect proxies from scripts in web pages, and this link is TLS between two nodes, or loopback.
 */
export function wsMessages(payloads: readonly Uint8Array[], masked: boolean): Buffer {
  let bytes = 0
  for (const payload of payloads) bytes += framedBytes(payload, masked)
  const out = Buffer.allocUnsafe(bytes)
  const mask = masked ? 0x80 : 0
  let at = 0
  for (const payload of payloads) {
    const { length } = payload
    out[at++] = 0x82
    if (length < 126) out[at++] = mask | length
    else if (length < 65_536) {
      out[at++] = mask | 126
      at = out.writeUInt16BE(length, at)
    } else {
      out[at++] = mask | 127
      at = out.writeUIntBE(0, at, 2)
      at = out.writeUIntBE(length, at, 6)
    }
    if (masked) at = out.writeUInt32BE(0, at)
    out.set(payload, at)
    at += length
  }
  return out
}

/** Are these bytes nothing but whole binary messages in one frame each, with heads as wsMessages writes them? */
export function isWhole(bytes: Uint8Array, masked: boolean): boolean {
  const mask = masked ? 0x80 : 0
  let at = 0
  while (at < bytes.length) {
    const second = bytes[at + 1]!
    if (bytes[at] !== 0x82 || (second & 0x80) !== mask || (second & 0x7f) === 127) return false
    at = payloadAt(bytes, at, masked) + lengthAt(bytes, at)
  }
  // Not even a number where a length was cut off.
  return at === bytes.length
}

/** The payload of the message at `at`, of bytes that are whole: a view of them, unmasked there. */
export function messageAt(bytes: Uint8Array, at: number, masked: boolean): Uint8Array {
  const length = lengthAt(bytes, at)
  const start = payloadAt(bytes, at, masked)
  if (masked) unmask(bytes, start, length)
  return new Uint8Array(bytes.buffer, bytes.byteOffset + start, length)
}

/** Bytes of the payload of the message at `at`, below 64 KiB, and where it begins. */
const lengthAt = (bytes: Uint8Array, at: number): number => {
  const short = bytes[at + 1]! & 0x7f
  return short === 126 ? bytes[at + 2]! * 256 + bytes[at + 3]! : short
}
const payloadAt = (bytes: Uint8Array, at: number, masked: boolean): number =>
  at + ((bytes[at + 1]! & 0x7f) === 126 ? 4 : 2) + (masked ? 4 : 0)

/** With the mask in front of it. Nodes send zeros. */
function unmask(bytes: Uint8Array, start: number, length: number): void {
  const mask = start - 4
  if ((bytes[mask]! | bytes[mask + 1]! | bytes[mask + 2]! | bytes[mask + 3]!) === 0) return
  for (let i = 0; i < length; i++) bytes[start + i]! ^= bytes[mask + (i & 3)]!
}

/** Follows the frames in a stream of bytes without keeping any: is a message under way? Numbers only: each link has one. */
export class MessageWatch {
  /** Bytes of the current frame's header so far, and the first two of them. */
  #headerLength = 0
  #first = 0
  #second = 0
  /** The length in the header as far as it has come, then the payload bytes of the current frame still to come. */
  #rest = 0
  #isInPayload = false
  /** A fragmented message has begun and its last fragment has not. */
  #openMessage = false
  #completed = 0

  /** True from the first byte of a message or frame to the last. */
  get underWay(): boolean {
    return this.#headerLength > 0 || this.#isInPayload || this.#openMessage
  }

  /** Messages seen to their end, pings and the like apart. Grows; only changes matter. */
  get completed(): number {
    return this.#completed
  }

  feed(chunk: Uint8Array): void {
    let at = 0
    while (at < chunk.length) {
      if (this.#isInPayload) {
        const step = Math.min(this.#rest, chunk.length - at)
        this.#rest -= step
        at += step
        if (this.#rest === 0) this.#endFrame()
      } else this.#header(chunk[at++]!)
    }
  }

  #header(byte: number): void {
    const at = this.#headerLength++
    if (at === 0) {
      this.#first = byte
      return
    }
    if (at === 1) this.#second = byte
    const length = this.#second & 0x7f
    const lengthBytes = length === 126 ? 2 : length === 127 ? 8 : 0
    if (at === 1) this.#rest = lengthBytes === 0 ? length : 0
    else if (at < 2 + lengthBytes) this.#rest = this.#rest * 256 + byte
    if (at + 1 < 2 + lengthBytes + (this.#second & 0x80 ? 4 : 0)) return
    this.#headerLength = 0
    this.#isInPayload = this.#rest > 0
    if (!this.#isInPayload) this.#endFrame()
  }

  #endFrame(): void {
    this.#isInPayload = false
    const isControl = (this.#first & 0x08) !== 0
    if (isControl) return
    const isLast = (this.#first & 0x80) !== 0
    this.#openMessage = !isLast
    if (isLast) this.#completed++
  }
}
