/**
 * Frames: what travels in one websocket message, a msgpack array [type, ...fields]. One schema each; types inferred.
 * Numbers never change their meaning; a receiver ignores unknown types and fields after the known ones (rule FR-3).
 */

import * as v from 'valibot'
import { HEADER_BYTES, type Run, START_BYTES, TOMBSTONE_BYTES } from './event.ts'
import {
  HAVE_PAGE_ENTRIES_MAX,
  LINE_MAX,
  MARKER_LANES_MAX,
  MODE_TEXT_BYTES_MAX,
  OWN_BYTES_MAX,
  PLACES_MAX,
  ROSTER_PAGE_KEYS_MAX,
  RUN_BODY_BYTES_MAX,
  RUN_EVENTS_MAX,
  SEALED_BYTES_MAX,
  VECTOR_PAGE_ENTRIES_MAX,
  WANT_ENTRIES_MAX,
} from './limits.ts'
import { NEXT_TAIL_BYTES_MAX, type NextRun } from './next-run.ts'
import {
  bin,
  bins,
  blob,
  bool,
  list,
  named,
  nil,
  shape,
  text,
  time,
  typeName,
  uintOf,
  type ValueOf,
} from './schema.ts'
import { NIL_BYTES, type ShortRun, TIMES_BYTES } from './short-run.ts'

const key = bin(32)
const room = bin(16)
const lane = bin(8)

/** In one frame. */
export const TOMBSTONES_MAX = 256

const bodies = list(nil(blob(RUN_BODY_BYTES_MAX)), RUN_EVENTS_MAX)

/** A run on the wire: [headers, signature, bodies]. */
const run = named(
  'run',
  v.pipe(
    v.looseTuple([bins(HEADER_BYTES, RUN_EVENTS_MAX), bin(64), bodies]),
    v.transform(([headers, signature, bodies]) => ({ headers, signature, bodies })),
  ),
)
const shortRun = v.pipe(
  v.looseTuple([
    bin(START_BYTES),
    blob(RUN_EVENTS_MAX * (TIMES_BYTES + NIL_BYTES)),
    bin(64),
    bodies,
    v.optional(uintOf(16)),
  ]),
  v.transform(([start, times, signature, bodies, number]): ShortRun => {
    const short = { start, times, signature, bodies }
    return number === undefined ? short : { ...short, number }
  }),
)
const nextRun = v.pipe(
  v.looseTuple([uintOf(16), blob(NEXT_TAIL_BYTES_MAX), bodies]),
  v.transform(([number, tail, bodies]): NextRun => ({ number, tail, bodies })),
)
const shortOrWhole = v.union([shortRun, run])
/**
 * A run on the wire from a hub: as it is, as the short run [start, times, signature, bodies] with or without a number (LV-15),
 * or as the next run [number, tail, bodies] (LV-17).
 */
const live = named(
  'run, short run or next run',
  v.lazy((value) => (Array.isArray(value) && typeof value[0] === 'number' ? nextRun : shortOrWhole)),
) as v.GenericSchema<unknown, Run | ShortRun | NextRun>
/** Headers with their run's signature, no bodies: evidence of a fork. */
const chain = named(
  'chain',
  v.pipe(
    v.looseTuple([bins(HEADER_BYTES, RUN_EVENTS_MAX), bin(64)]),
    v.transform(([headers, signature]) => ({ headers, signature })),
  ),
)

const shapes = {
  // handshake
  hello: [
    1,
    {
      versions: list(uintOf(8), 16),
      net: bin(8),
      key,
      /** 0 node, 1 hub, 2 visitor (a one-shot command: never a member of the line). */
      role: uintOf(8),
      places: bins(8, PLACES_MAX),
      grown: bool,
      /** Age of the place, s. */
      age: uintOf(32),
      caps: uintOf(32),
      /** Where this node accepts links; 0: nowhere. */
      port: uintOf(16),
    },
  ],
  auth: [2, { signature: bin(64) }],
  /** The last frame before a close. */
  refuse: [3, { code: text(40), detail: text(200) }],

  // choice of hub
  heartbeat: [
    16,
    {
      counter: uintOf(32),
      /** 0 seeking, 1 following, 2 relayed, 3 hub, 4 woken. */
      state: uintOf(8),
      upstream: nil(key),
      via: nil(key),
      epoch: uintOf(32),
      members: uintOf(16),
      line: bins(32, LINE_MAX),
      /** Bits: 1 reachable, 2 pinned, 4 preferred, 8 never hub, 16 leaving, 32 not ready for the line. */
      flags: uintOf(8),
      /** Since the hub was last heard, ms; 2^32 - 1 never. */
      heardMs: uintOf(32),
      /** Raw wall clock, ms. */
      clock: time,
      /** Hub and line[0]: median of the members' raw clocks; nil: not known. */
      median: nil(time),
      /** Events held but not yet synced with the hub, for the ranking. */
      lag: uintOf(32),
      uptimeS: uintOf(32),
      /** Age of the place, s. */
      age: uintOf(32),
    },
  ],
  /** at: any number, echoed by joined, so that an answer to a join of long ago is told from one to the last. */
  join: [17, { at: uintOf(32) }],
  joined: [18, { at: uintOf(32), epoch: uintOf(32) }],
  /** reason: 0 wait (I seek too), 1 I follow `hub`, 2 leaving, 3 full. */
  notJoined: [19, { reason: uintOf(8), hub: nil(key), address: text(64) }],
  /** May I give up for you? at: any number, echoed. members, flags: as in heartbeat, what the two compare by. */
  absorb: [20, { at: uintOf(32), members: uintOf(16), flags: uintOf(8) }],
  absorbed: [21, { at: uintOf(32) }],
  redirect: [22, { hub: key, via: nil(key), address: text(64) }],
  handover: [23, { epoch: uintOf(32) }],
  took: [24, {}],
  who: [25, {}],
  whoIs: [26, { hub: nil(key), address: text(64) }],
  /** I hear another hub than you; '' where its address is not known. */
  report: [27, { hub: key, address: text(64) }],
  noDial: [28, {}],
  /** Open a link to this node and say whether it worked. No addresses: as you know them. */
  dialBack: [29, { token: uintOf(32), key, addresses: list(text(64), 8) }],
  dialledBack: [30, { token: uintOf(32), reached: bool }],
  beaconAsk: [31, {}],
  /** The line in order, 41 bytes each: key32 flags1 lag4 uptimeS4; where each of them accepts links ('' unknown). */
  beacon: [32, { epoch: uintOf(32), line: bins(41, LINE_MAX), addresses: list(text(64), LINE_MAX) }],
  /** Does the receiver still hear this hub? */
  hear: [33, { hub: key }],
  hears: [34, { hub: key, heard: bool }],
  goodbye: [35, {}],
  /** To a relay: carry these bytes to `key`. From it: they come from `key`. No bytes: the circuit is closed. */
  relay: [36, { key, bytes: blob(SEALED_BYTES_MAX) }],

  // sync
  /** Digests, 33 bytes each: room16 class1 (0 control, 1 content) digest16. last: the list is complete. */
  have: [48, { entries: bins(33, HAVE_PAGE_ENTRIES_MAX), last: bool }],
  /** My bucket digests of a room and class (256 x 16): send me what differs. */
  ask: [49, { room, class: uintOf(8), buckets: bin(4096) }],
  /** A page of entries (64 bytes each) of the buckets that differ; more: another page follows. */
  vector: [50, { room, class: uintOf(8), entries: bins(64, VECTOR_PAGE_ENTRIES_MAX), more: bool }],
  /** Lanes wanted, 45 bytes each: author32 lane8 after4 flags1 (1 events, 2 tombstones, 4 fork proof). */
  want: [51, { id: uintOf(32), room, lanes: bins(45, WANT_ENTRIES_MAX) }],
  runs: [52, { runs: list(run, RUN_EVENTS_MAX) }],
  tombstones: [53, { tombstones: bins(TOMBSTONE_BYTES, TOMBSTONES_MAX) }],
  /** Two chains that differ in their first event. */
  fork: [54, { a: chain, b: chain }],
  /** The want with this id is answered. */
  done: [55, { id: uintOf(32) }],
  /** Send headers of this lane from n (inclusive) upwards to the first run end, as `headers`. */
  headersAsk: [56, { room, author: key, lane, from: uintOf(32) }],
  headers: [57, { chain }],

  // live
  /** An author's new run, under credit. */
  post: [64, { run }],
  /** New runs of one turn, from the hub. */
  live: [65, { runs: list(live, 256) }],
  /** Stored at the sender: entries lane8 n4 of the receiver's own lanes. */
  ack: [66, { room, entries: bins(12, 1024) }],
  /** Signed word that `key` holds these lanes: entries author32 lane8 n4 id8. */
  witness: [67, { room, at: time, key, entries: bins(52, 512), signature: bin(64) }],
  /** The receiver may publish this many further events. */
  credit: [68, { events: uintOf(16) }],
  /** Own lanes (vector entries) that are not known to be stored yet. */
  offer: [69, { room, entries: bins(64, 512) }],
  /** Who is online. first: forget what was listed before. */
  roster: [70, { keys: bins(32, ROSTER_PAGE_KEYS_MAX), first: bool }],
  presence: [71, { key, online: bool }],
  /** An event of the receiver will not be relayed: its id and a refusal code. */
  refused: [72, { id: key, code: text(40) }],
  /** May I create a room of this name (action 0), join this room (1)? Answered by `permit`, code '' for yes. */
  permitAsk: [73, { ref: uintOf(32), action: uintOf(8), room, name: text(96) }],
  permit: [74, { ref: uintOf(32), code: text(40) }],
  /** What a person says of themselves: 0 online, 1 away, 2 busy, 3 hidden; and some words. Theirs, or passed on by the hub. */
  mode: [75, { key, mode: uintOf(8), text: text(MODE_TEXT_BYTES_MAX) }],
  /** This person is typing in this room. */
  typing: [76, { room, key }],
  /**
   * This person holds these lanes of `to` in the room (lane8 n4 each), and has read up to this message (t6 author32 id32;
   * empty: does not say).
   */
  marker: [77, { room, key, to: key, held: bins(12, MARKER_LANES_MAX), read: blob(70) }],
  /** Whoever carries the room tells `key` how far. */
  markerAsk: [78, { room, key }],
  /** From one device of a person to another, sealed: how far rooms have been read. The hub passes it on. */
  own: [79, { to: key, from: key, nonce: bin(24), box: blob(OWN_BYTES_MAX) }],
} as const

type Shapes = typeof shapes
export type FrameName = keyof Shapes
type FieldsOf<N extends FrameName> = Shapes[N][1]
export type FrameOf<N extends FrameName> = { readonly type: N } & Readonly<
  FieldsOf<N> extends Record<string, v.GenericSchema> ? ValueOf<FieldsOf<N>> : Record<never, never>
>
/** Any frame, told apart by `type`. */
export type Frame = { [N in FrameName]: FrameOf<N> }[FrameName]

interface Definition {
  readonly name: FrameName
  readonly number: number
  readonly shape: ReturnType<typeof shape>
}
const byName = new Map<string, Definition>()
const byNumber = new Map<number, Definition>()
for (const [name, [number, fields]] of Object.entries(shapes)) {
  const definition = {
    name: name as FrameName,
    number,
    shape: shape(fields as Record<string, v.GenericSchema>),
  }
  byName.set(name, definition)
  byNumber.set(number, definition)
}

/** The array that msgpack writes. Runs are written by place too, each form of them as its schema above says. */
export function packFrame(frame: Frame): unknown[] {
  const { number, shape } = byName.get(frame.type)!
  return [number, ...shape.pack(frame as never).map(positional)]
}

function positional(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(positional)
  if (value && typeof value === 'object' && 'start' in value) {
    const { start, times, signature, bodies, number } = value as ShortRun
    const short = [start, times, signature, bodies]
    return number === undefined ? short : [...short, number]
  }
  if (value && typeof value === 'object' && 'tail' in value) {
    const { number, tail, bodies } = value as NextRun
    return [number, tail, bodies]
  }
  if (value && typeof value === 'object' && 'headers' in value) {
    const { headers, signature, bodies } = value as {
      headers: Uint8Array
      signature: Uint8Array
      bodies?: unknown
    }
    return bodies === undefined ? [headers, signature] : [headers, signature, bodies]
  }
  return value
}

/** The frame in an unpacked array; 'unknown' for a type of a later version, 'schema' where fields do not fit. */
export function parseFrame(array: unknown): Frame | 'unknown' | 'schema' {
  if (!Array.isArray(array) || typeof array[0] !== 'number') return 'schema'
  const definition = byNumber.get(array[0])
  if (!definition) return 'unknown'
  const fields = definition.shape.parse(array, 1)
  return fields ? ({ type: definition.name, ...fields } as unknown as Frame) : 'schema'
}

/** Number, field names and their types of every frame: for documents and tests. */
export const frameTable = [...byName.values()].map(({ name, number }) => ({
  name,
  number,
  fields: Object.keys(shapes[name][1]),
  types: Object.values<v.GenericSchema>(shapes[name][1]).map(typeName),
}))
