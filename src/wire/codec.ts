/** Bytes to checked frames and bodies, and back: size, byte lint, msgpack, schema, in that order, here and nowhere else. */
import { Packr } from 'msgpackr/pack'
import { concat, copy, plain } from './bytes.ts'
import { type Frame, packFrame, parseFrame } from './frames.ts'
import { readHeartbeat } from './heartbeat-bytes.ts'
import { type BodyValue, packBody, parseBody } from './kinds.ts'
import { FRAME_BYTES_MAX } from './limits.ts'
import { type LintFault, lint } from './lint.ts'

const packr = new Packr({ useRecords: false, variableMapSize: true })
// A Packr too: the package's door for browsers has no Unpackr alone. structuredClone off: shared references of that extension explode when printed (see the lint, which refuses all extensions).
const unpacking = { useRecords: false, structuredClone: false, int64AsType: 'number' } as const
const unpackr = new Packr({ ...unpacking, copyBuffers: true })
const sharingUnpackr = new Packr({ ...unpacking, copyBuffers: false })

/** Why bytes are no frame. 'unknown': of a later version, to be ignored without a fault. */
export type FrameFault = 'size' | 'unpack' | 'schema' | 'unknown' | LintFault

export function encodeFrame(frame: Frame): Uint8Array {
  return packValue(packFrame(frame))
}

/** The frame in one websocket message; a string is the fault. Never throws. Rules FR-1 to FR-4. */
export function decodeFrame(bytes: Uint8Array): Frame | FrameFault {
  if (bytes.length > FRAME_BYTES_MAX) return 'size'
  return readHeartbeat(bytes) ?? decodeAny(bytes)
}

/** The same for bytes of whatever form: what each shorter way has to agree with. */
export function decodeAny(bytes: Uint8Array): Frame | FrameFault {
  const array = bytes[1] === POST ? unpackPost(bytes) : unpackValue(bytes)
  return typeof array === 'string' ? array : parseFrame(array.value)
}

/** The number of a post, behind the head of the frame's array. */
const POST = 64

/**
 * The same of a post: its run's parts are views of one copy of it. An array for each body costs more than all else of reading it;
 * and they are kept and let go together, which the parts of other frames are not.
 */
function unpackPost(bytes: Uint8Array): ReturnType<typeof unpackValue> {
  const unpacked = unpackBy(sharingUnpackr, copy(bytes))
  // What else lies there, to be passed over, would be kept as long as the run.
  return typeof unpacked === 'string' || isBarePost(unpacked.value) ? unpacked : unpackValue(bytes)
}

const isBarePost = (value: unknown): boolean =>
  Array.isArray(value) && value.length === 2 && Array.isArray(value[1]) && value[1].length === 3

/** One value as msgpack. */
export const packValue = (value: unknown): Uint8Array => plain(packr.pack(value))

/** The one value in bytes, after the lint; a string is the fault. Never throws. */
export function unpackValue(bytes: Uint8Array): { readonly value: unknown } | LintFault | 'unpack' {
  // Bins become what the input is: plain arrays, since a Buffer's slice is no copy. A view of its own, since the
  // unpacker leaves a property on the array it was given.
  return unpackBy(unpackr, new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength))
}

function unpackBy(by: Packr, bytes: Uint8Array): ReturnType<typeof unpackValue> {
  const fault = lint(bytes)
  if (fault) return fault
  try {
    return { value: by.unpack(bytes) }
  } catch {
    return 'unpack'
  }
}

export const SALT_BYTES = 16

/** salt16 || msgpack value (rule KI-1). */
export function encodeBody(salt: Uint8Array, value: BodyValue): Uint8Array {
  return concat(salt, packValue(packBody(value)))
}

/** The value of a plain body; null where it does not fit its kind. Never throws. */
export function decodeBody(kind: number, body: Uint8Array): BodyValue | null {
  const array = unpackValue(body.subarray(SALT_BYTES))
  return typeof array === 'string' ? null : parseBody(kind, array.value)
}
