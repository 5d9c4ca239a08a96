/**
 * A run as the hub passes it on (rule LV-15): what the receiver can work out by itself is left out, which of a text of 100
 * bytes in a long run is more than half of all bytes. The receiver restores the headers that were signed, and checks them.
 *
 *   start   the first header up to its prev: v1 net8 room16 author32 lane8 n4 prev32
 *   times   at6 t6 kind1 of each event; then bodyHash32 bodyLen3 of each event whose body is nil, in order
 *
 * n counts on, prev is the id of the event before, hash and length are those of the body.
 */
import { copy, readUint, writeUint } from './bytes.ts'
import type { Crypto } from './crypto.ts'
import { BODY_HASH_AT, EVENT_VERSION, HEADER_BYTES, N_AT, PREV_AT, type Run, START_BYTES } from './event.ts'
import { tagged } from './ids.ts'

export interface ShortRun {
  readonly start: Uint8Array
  readonly times: Uint8Array
  readonly signature: Uint8Array
  readonly bodies: (Uint8Array | null)[]
  /** Stands for the lane in next runs on this link from here on (rule LV-17). */
  readonly number?: number
}

export const TIMES_BYTES = 13
/** Hash and length of a body that is nil, as they stand at the end of a header. */
export const NIL_BYTES = 35

/** How many of these bodies are nil. */
export const nilsOf = (bodies: Run['bodies']): number =>
  bodies.reduce((count, body) => count + (body ? 0 : 1), 0)

/** run: one that parseRun has taken; of any other something would be lost. */
export function shortRun({ headers, signature, bodies }: Run): ShortRun {
  const count = bodies.length
  const times = new Uint8Array(count * TIMES_BYTES + nilsOf(bodies) * NIL_BYTES)
  let nilAt = count * TIMES_BYTES
  for (let i = 0; i < count; i++) {
    const at = i * HEADER_BYTES
    times.set(headers.subarray(at + START_BYTES, at + BODY_HASH_AT), i * TIMES_BYTES)
    if (bodies[i]) continue
    times.set(headers.subarray(at + BODY_HASH_AT, at + HEADER_BYTES), nilAt)
    nilAt += NIL_BYTES
  }
  return { start: copy(headers, 0, START_BYTES), times, signature, bodies }
}

export const isShort = (run: object): run is ShortRun => 'start' in run

/** The run with its headers, which are to be checked as any. `newer`: of a later version; `size`: no whole run. */
export function fullRun(crypto: Crypto, run: Run | ShortRun): Run | 'newer' | 'size' {
  if (!isShort(run)) return run
  const { start, times, signature, bodies } = run
  if (start[0] !== EVENT_VERSION) return 'newer'
  const size = bodies.length * TIMES_BYTES + nilsOf(bodies) * NIL_BYTES
  if (bodies.length === 0 || times.length !== size) return 'size'
  const headers = new Uint8Array(bodies.length * HEADER_BYTES)
  let nilAt = bodies.length * TIMES_BYTES
  for (const [i, body] of bodies.entries()) {
    const header = headers.subarray(i * HEADER_BYTES, (i + 1) * HEADER_BYTES)
    header.set(start)
    if (i > 0) {
      writeUint(header, N_AT, 4, (readUint(start, N_AT, 4) + i) % 2 ** 32)
      const before = headers.subarray((i - 1) * HEADER_BYTES, i * HEADER_BYTES)
      header.set(tagged(crypto, 'lanchat/id/1', before), PREV_AT)
    }
    header.set(times.subarray(i * TIMES_BYTES, (i + 1) * TIMES_BYTES), START_BYTES)
    if (body) {
      header.set(tagged(crypto, 'lanchat/body/1', body), BODY_HASH_AT)
      writeUint(header, HEADER_BYTES - 3, 3, body.length)
    } else {
      header.set(times.subarray(nilAt, nilAt + NIL_BYTES), BODY_HASH_AT)
      nilAt += NIL_BYTES
    }
  }
  return { headers, signature, bodies }
}
