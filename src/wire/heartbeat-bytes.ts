/**
 * Reading a heartbeat from its bytes as encodeFrame writes them: a hub of thousands gets thousands of them a second, and walking
 * each three times, for the lint, the values and the schema, costs more than all that is decided by it.
 *
 * Whatever is not written just so, be it a longer form of a number, a field of a later version or a fault, is left to the way
 * that all other frames go: nothing is taken here that it would not take as the same.
 */
import { readUint } from './bytes.ts'
import type { FrameOf } from './frames.ts'
import { LINE_MAX } from './limits.ts'

/** An array of 15 values, the first of them the number of this frame. */
const HEAD = [0x9f, 16] as const
const NIL = 0xc0
const BIN8 = 0xc4
const UINT8 = 0xcc
const UINT16 = 0xcd
const UINT32 = 0xce
const KEY_BYTES = 32
const TIME_BYTES = 6
const NO_BYTES = new Uint8Array(0)

/** As long as a line may be, in place of a length. */
const OF_LINE = -1

/** What is read, and where it is read on: one at a time is. */
let from: Uint8Array = NO_BYTES
let at = 0
let isAsWritten = false

/** What was read last: most say what was said before them, and frames share it then. Nobody writes to the bytes of a frame. */
let lastUpstream: Uint8Array = NO_BYTES
let lastLine: Uint8Array = NO_BYTES

/** The frame, or undefined where the bytes have to be read as those of any other frame. */
export function readHeartbeat(bytes: Uint8Array): FrameOf<'heartbeat'> | undefined {
  if (bytes[0] !== HEAD[0] || bytes[1] !== HEAD[1]) return undefined
  from = bytes
  at = HEAD.length
  isAsWritten = true
  const counter = unsigned(0xffffffff)
  const state = unsigned(0xff)
  const upstream = isNil() ? null : sharedWith(lastUpstream, KEY_BYTES)
  const via = isNil() ? null : sharedWith(NO_BYTES, KEY_BYTES)
  const epoch = unsigned(0xffffffff)
  const members = unsigned(0xffff)
  const line = sharedWith(lastLine, OF_LINE)
  const flags = unsigned(0xff)
  const heardMs = unsigned(0xffffffff)
  const clock = sharedWith(NO_BYTES, TIME_BYTES)
  const median = isNil() ? null : sharedWith(NO_BYTES, TIME_BYTES)
  const lag = unsigned(0xffffffff)
  const uptimeS = unsigned(0xffffffff)
  const age = unsigned(0xffffffff)
  const isWhole = isAsWritten && at === bytes.length
  from = NO_BYTES
  if (!isWhole) return undefined
  if (upstream) lastUpstream = upstream
  lastLine = line
  return {
    type: 'heartbeat',
    counter,
    state,
    upstream,
    via,
    epoch,
    members,
    line,
    flags,
    heardMs,
    clock,
    median,
    lag,
    uptimeS,
    age,
  }
}

function unsigned(max: number): number {
  const type = from[at++] ?? NIL
  let value = type
  if (type > 0x7f) {
    const size = type === UINT8 ? 1 : type === UINT16 ? 2 : type === UINT32 ? 4 : 0
    if (size === 0 || at + size > from.length) {
      isAsWritten = false
      return 0
    }
    value = readUint(from, at, size)
    at += size
  }
  if (value > max) isAsWritten = false
  return value
}

function isNil(): boolean {
  if (from[at] !== NIL) return false
  at++
  return true
}

/** So many bytes, or as many keys as a line has; `last` itself where that says the same. */
function sharedWith(last: Uint8Array, length: number): Uint8Array {
  const size = from[at + 1] ?? 0
  const start = at + 2
  const fits = length === OF_LINE ? size % KEY_BYTES === 0 && size <= LINE_MAX * KEY_BYTES : size === length
  if (from[at] !== BIN8 || !fits || start + size > from.length) {
    isAsWritten = false
    return NO_BYTES
  }
  at = start + size
  if (size === last.length && isAt(last, start)) return last
  const copied = new Uint8Array(size)
  for (let i = 0; i < size; i++) copied[i] = from[start + i]!
  return copied
}

function isAt(bytes: Uint8Array, start: number): boolean {
  for (let i = 0; i < bytes.length; i++) if (bytes[i] !== from[start + i]) return false
  return true
}
