/** Frames of the floor, written by hand from a post as it came: `live` with runs as lanchat shortens them (LV-15, LV-17), and `ack`. */
import { readUint, writeUint } from '../../../src/wire/bytes.ts'
import { BODY_HASH_AT, HEADER_BYTES, KIND_AT, N_AT, START_BYTES } from '../../../src/wire/event.ts'

/** Of one author in one room: where it stands for all who get it. */
export interface FloorLane {
  readonly number: number
  /** Of the event that is next, and when the one before it was; left: so many runs may still be told by number. */
  n: number
  at: number
  left: number
}

export interface FloorRun {
  readonly lane: FloorLane
  readonly headers: Uint8Array
  readonly signature: Uint8Array
  readonly count: number
  /** The post, and where the array of bodies begins in it. */
  readonly post: Buffer
  readonly bodiesAt: number
}

/** As lanchat: then one by name again. */
const BY_NUMBER_MAX = 127
const FRAME_BYTES = 24 * 1024
const FRAME_RUNS = 128
const TIMES_BYTES = BODY_HASH_AT - START_BYTES
const STEP_BYTES = 6
/** Websocket's head for 126 bytes and more, then [65, array 16]. */
const LIVE_HEAD = Buffer.from('827e00009241dc0000', 'hex')
const ACK = Buffer.concat([Buffer.from('82229342c410', 'hex'), Buffer.alloc(16), Buffer.from('c40c', 'hex')])

/** Small enough to stay in the caches from one to the next. */
const SLAB_BYTES = 64 * 1024
let slab = Buffer.alloc(0)
let used = 0
function room(bytes: number): void {
  if (used + bytes <= slab.length) return
  slab = Buffer.allocUnsafeSlow(Math.max(bytes, SLAB_BYTES))
  used = 0
}

/** One buffer for all who get these runs: as few frames as they fit in. */
export function liveFrames(runs: readonly FloorRun[]): Buffer {
  let bytes = 0
  // A run as it is told is shorter than its post.
  for (const { post } of runs) bytes += post.length + LIVE_HEAD.length
  room(bytes)
  const from = used
  for (let next = 0; next < runs.length; ) {
    const head = used
    used += LIVE_HEAD.copy(slab, used)
    const first = next
    while (next < runs.length && next - first < FRAME_RUNS && used - head < FRAME_BYTES) tell(runs[next++]!)
    slab.writeUInt16BE(used - head - 4, head + 2)
    slab.writeUInt16BE(next - first, head + LIVE_HEAD.length - 2)
  }
  return slab.subarray(from, used)
}

function tell(run: FloorRun): void {
  const { lane, headers, count } = run
  const before = used
  const isNext = lane.left > 0 && readUint(headers, N_AT, 4) === lane.n && next(run)
  if (!isNext) {
    used = before
    short(run)
  }
  used += run.post.copy(slab, used, run.bodiesAt)
  if (!isNext) number(lane.number)
  lane.left = isNext ? lane.left - 1 : BY_NUMBER_MAX
  lane.n = readUint(headers, N_AT, 4) + count
  lane.at = readUint(headers, (count - 1) * HEADER_BYTES + START_BYTES, 6)
}

/** [number, tail, bodies] up to the bodies. False: it does not fit. */
function next({ lane, headers, signature, count }: FloorRun): boolean {
  slab[used++] = 0x93
  number(lane.number)
  bin(2 + count * STEP_BYTES + signature.length)
  used = slab.writeUInt16BE(lane.n & 0xffff, used)
  let before = lane.at
  for (let header = 0; header < headers.length; header += HEADER_BYTES) {
    const at = readUint(headers, header + START_BYTES, 6)
    const [ahead, later] = [at - before, readUint(headers, header + START_BYTES + 6, 6) - at]
    if (ahead < 0 || ahead >= 2 ** 24 || later >= 2 ** 16) return false
    writeUint(slab, used, 3, ahead)
    writeUint(slab, used + 3, 2, later)
    slab[used + STEP_BYTES - 1] = headers[header + KIND_AT]!
    used += STEP_BYTES
    before = at
  }
  bytes(signature)
  return true
}

/** [start, times, signature, bodies, number] up to the bodies. */
function short({ headers, signature, count }: FloorRun): void {
  slab[used++] = 0x95
  bin(START_BYTES)
  bytes(headers.subarray(0, START_BYTES))
  bin(count * TIMES_BYTES)
  for (let header = START_BYTES; header < headers.length; header += HEADER_BYTES)
    bytes(headers.subarray(header, header + TIMES_BYTES))
  bin(signature.length)
  bytes(signature)
}

function number(value: number): void {
  slab[used] = 0xcd
  used = slab.writeUInt16BE(value, used + 1)
}
function bin(length: number): void {
  slab[used] = length < 256 ? 0xc4 : 0xc5
  used = length < 256 ? slab.writeUInt8(length, used + 1) : slab.writeUInt16BE(length, used + 1)
}
function bytes(value: Uint8Array): void {
  slab.set(value, used)
  used += value.length
}

/** names: a header up to its n. */
export function ackFrame(names: Buffer, n: number): Buffer {
  room(ACK.length + 12)
  const from = used
  used += ACK.copy(slab, used)
  names.copy(slab, from + 6, 9, 25)
  used += names.copy(slab, used, 57, 65)
  used = slab.writeUInt32BE(n, used)
  return slab.subarray(from, used)
}
