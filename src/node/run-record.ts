/**
 * A run as it is stored: one value under the key of its last event, instead of one for each header and each body.
 *
 *   02 count1 present8 signature64 headers(count x 149) bodies      (those present, one after the other)
 *
 * What stands alone, or came in pieces, is stored event by event: a header with or without its signature, and its body
 * under its id. The first byte tells the two apart: a header begins with the version of the event.
 */
import { concat, readUint } from '../wire/bytes.ts'
import { EVENT_VERSION, HEADER_BYTES } from '../wire/event.ts'
import { RUN_EVENTS_MAX } from '../wire/limits.ts'

const RECORD = 2
const SIGNATURE_AT = 10
const HEADERS_AT = 74
const BODY_LENGTH_AT = HEADER_BYTES - 3

/** What a value of an `e` key holds, in order of n; the last one has the key's n. */
export interface StoredRun {
  readonly headers: readonly Uint8Array[]
  /** Over the last header; undefined where it is not known. */
  readonly signature: Uint8Array | undefined
  /** By index; undefined where the bodies lie under their ids. null: none is here. */
  readonly bodies: readonly (Uint8Array | null)[] | undefined
}

export const isRecord = (value: Uint8Array): boolean => value[0] === RECORD

/** Events in a value of an `e` key; 0 for what is none. */
export const countIn = (value: Uint8Array): number =>
  isRecord(value) ? (value[1] ?? 0) : value.length >= HEADER_BYTES ? 1 : 0

/** headers: their bytes in order. */
export function packRecord(
  headers: readonly Uint8Array[],
  signature: Uint8Array,
  bodies: readonly (Uint8Array | null)[],
): Uint8Array {
  const head = new Uint8Array(2 + 8)
  head[0] = RECORD
  head[1] = headers.length
  const present: Uint8Array[] = []
  for (const [i, body] of bodies.entries()) {
    if (!body) continue
    head[2 + (i >> 3)]! |= 1 << (i & 7)
    present.push(body)
  }
  return concat(head, signature, ...headers, ...present)
}

const hasBody = (value: Uint8Array, i: number) => (value[2 + (i >> 3)]! & (1 << (i & 7))) !== 0

const headerAt = (value: Uint8Array, i: number) =>
  value.subarray(HEADERS_AT + i * HEADER_BYTES, HEADERS_AT + (i + 1) * HEADER_BYTES)

/** What a value holds; undefined where the disk has damaged its form. */
export function readStored(value: Uint8Array): StoredRun | undefined {
  if (value[0] === EVENT_VERSION) {
    if (value.length < HEADER_BYTES) return undefined
    const signature = value.length > HEADER_BYTES ? value.subarray(HEADER_BYTES) : undefined
    return { headers: [value.subarray(0, HEADER_BYTES)], signature, bodies: undefined }
  }
  const count = countIn(value)
  if (count < 1 || count > RUN_EVENTS_MAX || value.length < HEADERS_AT + count * HEADER_BYTES)
    return undefined
  const headers: Uint8Array[] = []
  const bodies: (Uint8Array | null)[] = []
  let at = HEADERS_AT + count * HEADER_BYTES
  for (let i = 0; i < count; i++) {
    const header = headerAt(value, i)
    headers.push(header)
    const length = hasBody(value, i) ? readUint(header, BODY_LENGTH_AT, 3) : 0
    bodies.push(hasBody(value, i) ? value.subarray(at, at + length) : null)
    at += length
  }
  if (at !== value.length) return undefined
  return { headers, signature: value.subarray(SIGNATURE_AT, HEADERS_AT), bodies }
}
