/**
 * A run as the hub passes it on where the one before it in its lane went over the same link (rule LV-17). A number that the
 * hub has given the lane there stands for all that the receiver knows: who wrote it and where, n, and prev.
 *
 *   tail   n2 of the first event; ahead3 later2 kind1 of each; then bodyHash32 bodyLen3 of each event whose body is nil, in
 *          order; signature64
 *
 * n2 are the lower two bytes of n: a run that does not follow what came here is seen. ahead is from at of the event before
 * to at, later from at to t; whatever does not fit these is told as a short run.
 */
import { copy, fromHex, isHex, readUint, writeUint } from './bytes.ts'
import type { Crypto } from './crypto.ts'
import {
  BODY_HASH_AT,
  type Event,
  HEADER_BYTES,
  KIND_AT,
  N_AT,
  PREV_AT,
  type Run,
  START_BYTES,
} from './event.ts'
import type { EventId } from './ids.ts'
import { RUN_EVENTS_MAX } from './limits.ts'
import { fullRun, NIL_BYTES, nilsOf, TIMES_BYTES } from './short-run.ts'

export interface NextRun {
  readonly number: number
  readonly tail: Uint8Array
  readonly bodies: (Uint8Array | null)[]
}

const N_BYTES = 2
const STEP_BYTES = 6
const AHEAD_BYTES = 3
const LATER_BYTES = 2
const SIGNATURE_BYTES = 64
const AT_BYTES = 6
export const NEXT_TAIL_BYTES_MAX = N_BYTES + RUN_EVENTS_MAX * (STEP_BYTES + NIL_BYTES) + SIGNATURE_BYTES

/** Where in the tail hashes and lengths of nil bodies begin, and where the signature does. */
function placesIn(bodies: NextRun['bodies']) {
  const nilAt = N_BYTES + bodies.length * STEP_BYTES
  return { nilAt, signatureAt: nilAt + nilsOf(bodies) * NIL_BYTES }
}

export const isNext = (run: object): run is NextRun => 'tail' in run

/** Where a lane goes on behind what is known of it. */
export interface LaneEnd {
  /** The first header up to its n: the same in all of a lane. */
  readonly names: Uint8Array
  /** Of the event that is next. */
  readonly n: number
  readonly prev: EventId
  /** Of the event before it. */
  readonly at: number
}

/** Where a lane goes on after this event. before: an end of the same lane, where one is at hand. */
export const endOf = ({ header, n, id, at }: Event, before?: LaneEnd): LaneEnd => ({
  names: before?.names ?? copy(header, 0, N_AT),
  n: n + 1,
  prev: id,
  at,
})

function follows(headers: Uint8Array, { names, n, prev }: LaneEnd): boolean {
  for (let i = 0; i < N_AT; i++) if (headers[i] !== names[i]) return false
  return readUint(headers, N_AT, 4) === n && isHex(headers, PREV_AT, prev)
}

/** A run that parseRun has taken as next run behind this end; undefined: it does not follow it, or does not fit. */
export function nextRun(
  { headers, signature, bodies }: Run,
  end: LaneEnd,
  number: number,
): NextRun | undefined {
  if (!follows(headers, end)) return undefined
  const { nilAt: firstNilAt, signatureAt } = placesIn(bodies)
  const tail = new Uint8Array(signatureAt + SIGNATURE_BYTES)
  writeUint(tail, 0, N_BYTES, end.n % 2 ** (8 * N_BYTES))
  let before = end.at
  let at = N_BYTES
  let nilAt = firstNilAt
  for (let i = 0; i < bodies.length; i++) {
    const header = i * HEADER_BYTES
    const time = readUint(headers, header + START_BYTES, AT_BYTES)
    const ahead = time - before
    const later = readUint(headers, header + START_BYTES + AT_BYTES, AT_BYTES) - time
    if (ahead < 0 || ahead >= 2 ** (8 * AHEAD_BYTES) || later >= 2 ** (8 * LATER_BYTES)) return undefined
    writeUint(tail, at, AHEAD_BYTES, ahead)
    writeUint(tail, at + AHEAD_BYTES, LATER_BYTES, later)
    tail[at + STEP_BYTES - 1] = headers[header + KIND_AT]!
    at += STEP_BYTES
    before = time
    if (bodies[i]) continue
    tail.set(headers.subarray(header + BODY_HASH_AT, header + HEADER_BYTES), nilAt)
    nilAt += NIL_BYTES
  }
  tail.set(signature, signatureAt)
  return { number, tail, bodies }
}

/** How many events of the lane lie between this end and the run, modulo 2^16; 'size': it is no next run. */
export function missingBefore({ tail, bodies }: NextRun, end: LaneEnd): number | 'size' {
  const { signatureAt } = placesIn(bodies)
  if (bodies.length === 0 || tail.length !== signatureAt + SIGNATURE_BYTES) return 'size'
  return (readUint(tail, 0, N_BYTES) - end.n) & 0xffff
}

/** The run with its headers, which are to be checked as any. Nothing must be missing between this end and it. */
export function wholeNextRun(
  crypto: Crypto,
  { tail, bodies }: NextRun,
  end: LaneEnd,
): ReturnType<typeof fullRun> {
  const { nilAt, signatureAt } = placesIn(bodies)
  const times = new Uint8Array(bodies.length * TIMES_BYTES + signatureAt - nilAt)
  let time = end.at
  for (let i = 0; i < bodies.length; i++) {
    const [from, to] = [N_BYTES + i * STEP_BYTES, i * TIMES_BYTES]
    time += readUint(tail, from, AHEAD_BYTES)
    writeUint(times, to, AT_BYTES, time)
    writeUint(times, to + AT_BYTES, AT_BYTES, time + readUint(tail, from + AHEAD_BYTES, LATER_BYTES))
    times[to + TIMES_BYTES - 1] = tail[from + STEP_BYTES - 1]!
  }
  times.set(tail.subarray(nilAt, signatureAt), bodies.length * TIMES_BYTES)
  const start = new Uint8Array(START_BYTES)
  start.set(end.names)
  writeUint(start, N_AT, 4, end.n)
  start.set(fromHex(end.prev), PREV_AT)
  return fullRun(crypto, {
    start,
    times,
    signature: copy(tail, signatureAt),
    bodies,
  })
}
