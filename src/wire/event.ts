/**
 * Events: one signed, immutable fact each, as a fixed 149-byte header (rule EV-1) and a body kept apart from it.
 *
 *   v1 net8 room16 author32 lane8 n4 prev32 at6 t6 kind1 bodyHash32 bodyLen3      (big-endian)
 *
 * A run is 1 to 64 consecutive events of one lane, chained by prev, under one signature over the last header.
 */
import { concat, copy, fromHex, isHex, readUint, uint, utf8, writeUint } from './bytes.ts'
import type { Crypto, Signer } from './crypto.ts'
import {
  type EventId,
  eventId,
  isTagged,
  type LaneId,
  laneId,
  type NetId,
  netId,
  type PersonKey,
  personKey,
  type RoomId,
  roomId,
  taggedHex,
} from './ids.ts'
import { PERIOD_MS, RUN_BODY_BYTES_MAX, RUN_EVENTS_MAX } from './limits.ts'

export const HEADER_BYTES = 149
export const EVENT_VERSION = 1
const ZERO_ID = '0'.repeat(64) as EventId

const SIGN_EVENT = utf8('lanchat/ev/1')
const SIGN_TOMBSTONE = utf8('lanchat/del/1')

export interface Header {
  readonly net: NetId
  readonly room: RoomId
  readonly author: PersonKey
  readonly lane: LaneId
  /** From 1, without gaps within (author, room, lane). */
  readonly n: number
  /** Id of event n - 1; zeros for n = 1. */
  readonly prev: EventId
  /** The author's corrected clock, ms. */
  readonly at: number
  /** Display time, ms: at, or later where the room was already ahead. */
  readonly t: number
  readonly kind: number
  /** Hex. */
  readonly bodyHash: string
  readonly bodyLen: number
}

/** Without the hash of its body, which is compared where it stands (isBodyOf). */
export interface Event extends Omit<Header, 'bodyHash'> {
  readonly id: EventId
  /** The 149 bytes as received: what is hashed, signed, stored and sent again. */
  readonly header: Uint8Array
}

/** Why bytes are no valid run. `newer`: made by a later version, to be ignored without a fault. */
export type EventFault =
  | 'newer'
  | 'size'
  | 'network'
  | 'number'
  | 'time'
  | 'lane-class'
  | 'period'
  | 'chain'
  | 'body-size'
  | 'body-hash'
  | 'signature'

export const isControlLane = (lane: LaneId) => lane >= '8'
/** A kind's top bit equals its lane's, for unknown kinds too (rule EV-6). */
export const isControlKind = (kind: number) => kind >= 0x80
/** Period number of a content lane: its first 31 bits after the top bit. */
export const lanePeriod = (lane: LaneId) => Number.parseInt(lane.slice(0, 8), 16)

export function newControlLane(crypto: Crypto): LaneId {
  const bytes = crypto.random(8)
  bytes[0]! |= 0x80
  return laneId(bytes)
}

/** A content lane for the period in which t lies. */
export function newContentLane(crypto: Crypto, t: number): LaneId {
  return laneId(concat(uint(Math.floor(t / PERIOD_MS), 4), crypto.random(4)))
}

export function encodeHeader(h: Header): Uint8Array {
  const out = new Uint8Array(HEADER_BYTES)
  out[0] = EVENT_VERSION
  out.set(fromHex(h.net), 1)
  out.set(fromHex(h.room), 9)
  out.set(fromHex(h.author), 25)
  out.set(fromHex(h.lane), 57)
  writeUint(out, 65, 4, h.n)
  out.set(fromHex(h.prev), 69)
  writeUint(out, 101, 6, h.at)
  writeUint(out, 107, 6, h.t)
  out[113] = h.kind
  out.set(fromHex(h.bodyHash), 114)
  writeUint(out, 146, 3, h.bodyLen)
  return out
}

/** Where things stand in a header. */
const AUTHOR_AT = 25
const LANE_AT = 57
export const N_AT = 65
export const PREV_AT = 69
/** A header up to its prev: v1 net8 room16 author32 lane8 n4 prev32. */
export const START_BYTES = 101
export const KIND_AT = 113
export const BODY_HASH_AT = 114
const BODY_LENGTH_AT = 146

/** The id that a header names as the one before it. */
export const prevOf = (header: Uint8Array): EventId => eventId(header, PREV_AT)

/** Is this the body that the header names? */
export const isBodyOf = (crypto: Crypto, header: Uint8Array, body: Uint8Array): boolean =>
  body.length === readUint(header, BODY_LENGTH_AT, 3) && isBodyHashed(crypto, header, body)

const isBodyHashed = (crypto: Crypto, header: Uint8Array, body: Uint8Array): boolean =>
  isTagged(crypto, 'lanchat/body/1', body, header, BODY_HASH_AT)

/** Net, room, author and lane: the same in all headers of a lane. */
const NAMES_AT = 1
const NAMES_END = N_AT

/** Whose lane a header is of, and where. */
export const namesIn = (header: Uint8Array): Pick<Event, 'net' | 'room' | 'author' | 'lane'> => ({
  net: netId(header, NAMES_AT),
  room: roomId(header, 9),
  author: personKey(header, AUTHOR_AT),
  lane: laneId(header, LANE_AT),
})

/** As decodeHeader, where the event before it in a run is at hand: what they share is not decoded again. */
function decodeNext(crypto: Crypto, header: Uint8Array, before: Event | undefined): Event {
  if (!before) return decodeHeader(crypto, header)
  for (let i = NAMES_AT; i < NAMES_END; i++)
    if (header[i] !== before.header[i]) return decodeHeader(crypto, header)
  // In a run prev is nearly always the id at hand.
  const prev = isHex(header, PREV_AT, before.id) ? before.id : prevOf(header)
  return decodeAs(header, before, prev, idOf(crypto, header))
}

/**
 * The event in a 149-byte header; id: its id, where that is known. Checks nothing: use parseRun for what comes from outside.
 */
export function decodeHeader(crypto: Crypto, header: Uint8Array, id?: EventId): Event {
  return decodeAs(header, namesIn(header), prevOf(header), id ?? idOf(crypto, header))
}

/** The event of a header of which these are known. */
function decodeAs(
  header: Uint8Array,
  { net, room, author, lane }: Pick<Event, 'net' | 'room' | 'author' | 'lane'>,
  prev: EventId,
  id: EventId,
): Event {
  return {
    net,
    room,
    author,
    lane,
    n: readUint(header, N_AT, 4),
    prev,
    at: readUint(header, START_BYTES, 6),
    t: readUint(header, 107, 6),
    kind: header[KIND_AT]!,
    bodyLen: readUint(header, BODY_LENGTH_AT, 3),
    id,
    header,
  }
}

/** The id of the event with this header (rule ID-9). */
export const idOf = (crypto: Crypto, header: Uint8Array) =>
  taggedHex(crypto, 'lanchat/id/1', header) as EventId
export const bodyHashOf = (crypto: Crypto, body: Uint8Array) => taggedHex(crypto, 'lanchat/body/1', body)

/** What Ed25519 signs for a run: the tag and its last header. */
export const runMessage = (lastHeader: Uint8Array) => concat(SIGN_EVENT, lastHeader)

/** A run as it travels. bodies[i] is null where a tombstone stands, or beyond the end of the lane. */
export interface Run {
  readonly headers: Uint8Array
  readonly signature: Uint8Array
  readonly bodies: (Uint8Array | null)[]
}

declare const checked: unique symbol
declare const verified: unique symbol

/** A run whose every rule but the signature holds. Only parseRun makes one. */
export interface ParsedRun {
  readonly [checked]: true
  /** Of the events, one behind the other. */
  readonly headers: Uint8Array
  readonly events: readonly Event[]
  readonly bodies: readonly (Uint8Array | null)[]
  readonly signature: Uint8Array
}

/** A run whose signature holds too. Only verifyRun and signRun make one. */
export interface VerifiedRun extends ParsedRun {
  readonly [verified]: true
}

/** Checks everything of a run but its signature (rules EV-1 to EV-9). A string is the fault. */
export function parseRun(crypto: Crypto, net: NetId, run: Run): ParsedRun | EventFault {
  const { headers, bodies, signature } = run
  const count = headers.length / HEADER_BYTES
  if (!Number.isInteger(count) || count < 1 || count > RUN_EVENTS_MAX)
    return headers.length === 0 || headers[0] === EVENT_VERSION ? 'size' : 'newer'
  if (bodies.length !== count || signature.length !== 64) return 'size'
  // One copy for all of them.
  const own = copy(headers)
  const events: Event[] = []
  let bodyBytes = 0
  for (let i = 0; i < count; i++) {
    const header = own.subarray(i * HEADER_BYTES, (i + 1) * HEADER_BYTES)
    if (header[0] !== EVENT_VERSION) return 'newer'
    const event = decodeNext(crypto, header, events[i - 1])
    const fault = checkEvent(event, net) ?? (i > 0 ? checkLink(events[i - 1]!, event) : undefined)
    if (fault) return fault
    const body = bodies[i]
    if (body) {
      bodyBytes += body.length
      if (body.length !== event.bodyLen) return 'body-size'
      if (!isBodyHashed(crypto, header, body)) return 'body-hash'
    }
    events.push(event)
  }
  if (bodyBytes > RUN_BODY_BYTES_MAX) return 'body-size'
  return { headers: own, events, bodies, signature } as unknown as ParsedRun
}

function checkEvent(event: Event, net: NetId): EventFault | undefined {
  if (event.net !== net) return 'network'
  if (event.n < 1 || (event.n === 1) !== (event.prev === ZERO_ID)) return 'number'
  if (event.at > event.t) return 'time'
  if (isControlLane(event.lane) !== isControlKind(event.kind)) return 'lane-class'
  if (!isControlLane(event.lane) && Math.floor(event.t / PERIOD_MS) !== readUint(event.header, LANE_AT, 4))
    return 'period'
  if (event.bodyLen > RUN_BODY_BYTES_MAX || event.bodyLen < 16) return 'body-size'
  return undefined
}

function checkLink(before: Event, event: Event): EventFault | undefined {
  const sameLane = before.author === event.author && before.room === event.room && before.lane === event.lane
  return sameLane && event.n === before.n + 1 && event.prev === before.id ? undefined : 'chain'
}

export const lastOf = (run: ParsedRun): Event => run.events[run.events.length - 1]!

/** What a signature check of this run needs; for a pool that verifies elsewhere. */
export const signatureCheck = (run: ParsedRun) => {
  const last = lastOf(run)
  return {
    message: runMessage(last.header),
    signature: run.signature,
    key: last.header.subarray(AUTHOR_AT, LANE_AT),
  }
}

export function verifyRun(crypto: Crypto, run: ParsedRun): VerifiedRun | EventFault {
  const { message, signature, key } = signatureCheck(run)
  return crypto.verify(message, signature, key) ? (run as VerifiedRun) : 'signature'
}

/** Marks a run as verified after a pool said so about its signatureCheck. */
export const vouchedRun = (run: ParsedRun) => run as VerifiedRun

/** What an author adds to a lane. */
export interface Draft {
  readonly kind: number
  readonly at: number
  readonly t: number
  /** salt16 || value. */
  readonly body: Uint8Array
}

/** Signs drafts as one run of 1 to 64 events after (n, prev) of the lane. */
export function signRun(
  crypto: Crypto,
  signer: Signer,
  lane: { net: NetId; room: RoomId; lane: LaneId; n: number; prev: EventId },
  drafts: readonly Draft[],
): VerifiedRun {
  const author = personKey(signer.key)
  const headers = new Uint8Array(drafts.length * HEADER_BYTES)
  const events: Event[] = []
  let { n, prev } = lane
  for (const [i, draft] of drafts.entries()) {
    n++
    const header = headers.subarray(i * HEADER_BYTES, (i + 1) * HEADER_BYTES)
    const encoded = encodeHeader({
      net: lane.net,
      room: lane.room,
      author,
      lane: lane.lane,
      n,
      prev,
      at: draft.at,
      t: draft.t,
      kind: draft.kind,
      bodyHash: bodyHashOf(crypto, draft.body),
      bodyLen: draft.body.length,
    })
    header.set(encoded)
    const event = decodeHeader(crypto, header)
    events.push(event)
    prev = event.id
  }
  const signature = signer.sign(runMessage(events[events.length - 1]!.header))
  return { headers, events, bodies: drafts.map((draft) => draft.body), signature } as unknown as VerifiedRun
}

/** The first event's prev. */
export const LANE_START = ZERO_ID

/** The run as it travels. */
export const packRun = ({ headers, signature, bodies }: ParsedRun): Run => ({
  headers,
  signature,
  bodies: [...bodies],
})

/**
 * Tombstone: the author's deletion of one content event (rule EV-12).
 * bytes: net8 room16 author32 lane8 n4 id32; signature: Ed25519("lanchat/del/1" || bytes) by author.
 */
export interface Tombstone {
  readonly net: NetId
  readonly room: RoomId
  readonly author: PersonKey
  readonly lane: LaneId
  readonly n: number
  readonly id: EventId
  /** The 100 bytes and the 64 of the signature. */
  readonly bytes: Uint8Array
}

export const TOMBSTONE_BYTES = 164

/** A tombstone from its 164 bytes, its signature unchecked; null where the rules EV-12 do not hold. */
export function parseTombstone(net: NetId, bytes: Uint8Array): Tombstone | null {
  if (bytes.length !== TOMBSTONE_BYTES) return null
  const tombstone: Tombstone = {
    net: netId(bytes, 0),
    room: roomId(bytes, 8),
    author: personKey(bytes, 24),
    lane: laneId(bytes, 56),
    n: readUint(bytes, 64, 4),
    id: eventId(bytes, 68),
    bytes,
  }
  return tombstone.net === net && tombstone.n >= 1 && !isControlLane(tombstone.lane) ? tombstone : null
}

export const tombstoneCheck = (tombstone: Tombstone) => ({
  message: concat(SIGN_TOMBSTONE, tombstone.bytes.subarray(0, 100)),
  signature: tombstone.bytes.subarray(100),
  key: fromHex(tombstone.author),
})

export function signTombstone(signer: Signer, event: Event): Tombstone {
  const head = concat(
    fromHex(event.net),
    fromHex(event.room),
    fromHex(event.author),
    fromHex(event.lane),
    uint(event.n, 4),
    fromHex(event.id),
  )
  const bytes = concat(head, signer.sign(concat(SIGN_TOMBSTONE, head)))
  return parseTombstone(event.net, bytes)!
}
