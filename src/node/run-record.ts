/**
 * A run as it is stored: one value under the key of its last event, instead of one for each header and each body. What its
 * headers share, and what follows from the one before, is stored once: an event has 48 bytes beside its body in place of 149.
 *
 *   03 count1 present8 signature64 start101 rest(count x 48) id8 bodies      (those present, one after the other)
 *   02 count1 present8 signature64 headers(count x 149) bodies               in stores written before
 *
 *   start   the first header up to its prev: v1 net8 room16 author32 lane8 n4 prev32
 *   rest    what follows in each: at6 t6 kind1 bodyHash32 bodyLen3
 *   id      how the id of the last event begins: what the disk has damaged would make headers of its own
 *
 * What stands alone, or came in pieces, is stored event by event: a header with or without its signature, and its body
 * under its id. The first byte tells them apart: a header begins with the version of the event.
 */
import { isHex, readUint, writeHex, writeUint } from '../wire/bytes.ts'
import type { Crypto } from '../wire/crypto.ts'
import {
  EVENT_VERSION,
  type Event,
  HEADER_BYTES,
  idOf,
  N_AT,
  PREV_AT,
  START_BYTES,
  type VerifiedRun,
} from '../wire/event.ts'
import type { EventId } from '../wire/ids.ts'
import { RUN_EVENTS_MAX } from '../wire/limits.ts'

const WITH_HEADERS = 2
const RECORD = 3
const SIGNATURE_AT = 10
const HEADERS_AT = 74
const REST_BYTES = HEADER_BYTES - START_BYTES
const REST_AT = HEADERS_AT + START_BYTES
const ID_BYTES = 8
const LENGTH_BYTES = 3

/** What a value of an `e` key holds, in order of n; the last one has the key's n. */
export interface StoredRun {
  readonly headers: readonly Uint8Array[]
  /** Of these events, where making the headers has told them. */
  readonly ids: readonly EventId[] | undefined
  /** Over the last header; undefined where it is not known. */
  readonly signature: Uint8Array | undefined
  /** By index; undefined where the bodies lie under their ids. null: none is here. */
  readonly bodies: readonly (Uint8Array | null)[] | undefined
}

export const isRecord = (value: Uint8Array): boolean => value[0] === RECORD || value[0] === WITH_HEADERS

/** Events in a value of an `e` key; 0 for what is none. */
export const countIn = (value: Uint8Array): number =>
  isRecord(value) ? (value[1] ?? 0) : value.length >= HEADER_BYTES ? 1 : 0

/** The value of a whole run with all its bodies. */
export function packRecord({ events, signature, bodies }: VerifiedRun): Uint8Array {
  const count = events.length
  let size = REST_AT + count * REST_BYTES + ID_BYTES
  for (const body of bodies) size += body?.length ?? 0
  const value = new Uint8Array(size)
  value[0] = RECORD
  value[1] = count
  value.set(signature, SIGNATURE_AT)
  let at = HEADERS_AT
  const first = events[0]!.header
  for (let k = 0; k < START_BYTES; k++) value[at++] = first[k]!
  for (let i = 0; i < count; i++) {
    const { header } = events[i]!
    for (let k = START_BYTES; k < HEADER_BYTES; k++) value[at++] = header[k]!
  }
  writeHex(value, at, events[count - 1]!.id.slice(0, 2 * ID_BYTES))
  at += ID_BYTES
  for (let i = 0; i < count; i++) {
    const body = bodies[i]
    if (!body) continue
    value[2 + (i >> 3)]! |= 1 << (i & 7)
    value.set(body, at)
    at += body.length
  }
  return value
}

const hasBody = (value: Uint8Array, i: number) => (value[2 + (i >> 3)]! & (1 << (i & 7))) !== 0

/** Where in the value of a run what a header has behind its prev lies. */
const restAt = (value: Uint8Array, i: number) =>
  value[0] === RECORD ? REST_AT + i * REST_BYTES : HEADERS_AT + i * HEADER_BYTES + START_BYTES

const bodiesAt = (value: Uint8Array, count: number) =>
  value[0] === RECORD ? REST_AT + count * REST_BYTES + ID_BYTES : HEADERS_AT + count * HEADER_BYTES

/** Where the bodies of a run begin, and where the last one ends; undefined for what is no value of a run. */
function placesIn(value: Uint8Array): readonly number[] | undefined {
  const count = countIn(value)
  if (!isRecord(value) || count < 1 || count > RUN_EVENTS_MAX) return undefined
  let at = bodiesAt(value, count)
  if (value.length < at) return undefined
  const places = [at]
  for (let i = 0; i < count; i++) {
    if (hasBody(value, i)) at += readUint(value, restAt(value, i) + REST_BYTES - LENGTH_BYTES, LENGTH_BYTES)
    places.push(at)
  }
  return at === value.length ? places : undefined
}

/** What a value holds; undefined where the disk has damaged it, as far as it can be seen without looking at the bodies. */
export function readStored(crypto: Crypto, value: Uint8Array): StoredRun | undefined {
  if (value[0] === EVENT_VERSION) {
    if (value.length < HEADER_BYTES) return undefined
    const signature = value.length > HEADER_BYTES ? value.subarray(HEADER_BYTES) : undefined
    return { headers: [value.subarray(0, HEADER_BYTES)], ids: undefined, signature, bodies: undefined }
  }
  const places = placesIn(value)
  if (!places) return undefined
  const count = places.length - 1
  const made = value[0] === RECORD ? headersIn(crypto, value, count) : storedHeaders(value, count)
  if (!made) return undefined
  const bodies: (Uint8Array | null)[] = []
  for (let i = 0; i < count; i++)
    bodies.push(hasBody(value, i) ? value.subarray(places[i]!, places[i + 1]!) : null)
  return { ...made, signature: value.subarray(SIGNATURE_AT, HEADERS_AT), bodies }
}

type Headers = Pick<StoredRun, 'headers' | 'ids'>

const headerAt = (bytes: Uint8Array, from: number, i: number) =>
  bytes.subarray(from + i * HEADER_BYTES, from + (i + 1) * HEADER_BYTES)

function storedHeaders(value: Uint8Array, count: number): Headers {
  const headers = Array.from({ length: count }, (_, i) => headerAt(value, HEADERS_AT, i))
  return { headers, ids: undefined }
}

/** The headers that were signed: n counts on, prev is the id of the event before. */
function headersIn(crypto: Crypto, value: Uint8Array, count: number): Headers | undefined {
  const all = new Uint8Array(count * HEADER_BYTES)
  const start = value.subarray(HEADERS_AT, REST_AT)
  const n = readUint(start, N_AT, 4)
  const headers: Uint8Array[] = []
  const ids: EventId[] = []
  for (let i = 0; i < count; i++) {
    const header = headerAt(all, 0, i)
    header.set(start)
    if (i > 0) {
      writeUint(header, N_AT, 4, n + i)
      writeHex(header, PREV_AT, ids[i - 1]!)
    }
    const from = restAt(value, i)
    for (let k = 0; k < REST_BYTES; k++) header[START_BYTES + k] = value[from + k]!
    headers.push(header)
    ids.push(idOf(crypto, header))
  }
  const idAt = bodiesAt(value, count) - ID_BYTES
  return isHex(value, idAt, ids[count - 1]!.slice(0, 2 * ID_BYTES)) ? { headers, ids } : undefined
}

/**
 * The body of this event, where the value of a run has it at this index; undefined: to be looked for by readStored, which
 * makes all the headers of the run for that.
 */
export function bodyIn(
  value: Uint8Array,
  i: number,
  { header }: Pick<Event, 'header'>,
): Uint8Array | undefined {
  const places = placesIn(value)
  if (!places || i < 0 || i >= places.length - 1 || !hasBody(value, i)) return undefined
  // The hash of the body is in what is compared.
  const from = restAt(value, i)
  for (let k = 0; k < REST_BYTES; k++) if (value[from + k] !== header[START_BYTES + k]) return undefined
  return value.subarray(places[i]!, places[i + 1]!)
}

/** The value of a run with this body, or none, in place of the one it has at this index. Only of what readStored takes. */
export function withBody(value: Uint8Array, i: number, body: Uint8Array | null): Uint8Array {
  const places = placesIn(value)!
  const [from, to] = [places[i]!, places[i + 1]!]
  const size = body?.length ?? 0
  const out = new Uint8Array(value.length - (to - from) + size)
  out.set(value.subarray(0, from))
  if (body) out.set(body, from)
  out.set(value.subarray(to), from + size)
  const bit = 1 << (i & 7)
  if (body) out[2 + (i >> 3)]! |= bit
  else out[2 + (i >> 3)]! &= ~bit
  return out
}
