/**
 * Signed beacon: a hub's word about itself in a form that others can hand on. Reserved (PROTOCOL.md section 18): no frame
 * of this version carries it, since hubs talk over links that prove who speaks.
 *
 * bytes = signature64 || msgpack array of the fields below. Signed: "lanchat/beacon/1" || that array as it travelled.
 * It proves nothing but who said it. A beacon is worth BEACON_VALID_MS from its first arrival, on the receiver's own
 * monotonic clock; one of the same key that is not newer (isNewerBeacon) changes nothing and renews nothing.
 */
import { concat, utf8 } from './bytes.ts'
import { packValue, unpackValue } from './codec.ts'
import type { Crypto, Signer } from './crypto.ts'
import { type NetId, netId, type PersonKey, personKey } from './ids.ts'
import {
  ADDRESS_BYTES_MAX,
  BEACON_ADDRESSES_MAX,
  BEACON_BYTES_MAX,
  BEACON_LINE_ADDRESSES_MAX,
  LINE_MAX,
  PLACES_MAX,
} from './limits.ts'
import { bin, bins, list, nil, shape, text, time, uintOf, type ValueOf } from './schema.ts'

const SIGN_BEACON = utf8('lanchat/beacon/1')
const SIGNATURE_BYTES = 64

const address = text(ADDRESS_BYTES_MAX)

const seatFields = {
  key: bin(32),
  /** Bits as in a heartbeat: 1 reachable, 2 pinned, 4 preferred, 8 never hub, 16 leaving. */
  flags: uintOf(8),
  /** Events this node lacks, and how long it runs: what the hub ranked by. */
  lag: uintOf(32),
  uptimeS: uintOf(32),
  /** host:port, best first. */
  addresses: list(address, BEACON_LINE_ADDRESSES_MAX),
}
const seat = shape(seatFields)
/** One node of the line. */
export type Seat = Readonly<ValueOf<typeof seatFields>>

const headFields = {
  net: bin(8),
  /** Ids of the hub's place, least first; empty in networks with a code. */
  places: bins(8, PLACES_MAX),
  key: bin(32),
  epoch: uintOf(32),
  /** Rises with each beacon of this key and epoch. */
  counter: uintOf(32),
  members: uintOf(16),
  flags: uintOf(8),
  /** Where the hub accepts links: host:port, best first. */
  addresses: list(address, BEACON_ADDRESSES_MAX),
  /** Median of the members' raw clocks, ms; nil: not known. */
  median: nil(time),
  /** Events per second and person that the hub grants; 0: bounded only by queues. */
  rate: uintOf(16),
  /** 16 bytes of H("lanchat/digest/1" || the entries of its have); zeros: not told. */
  digest: bin(16),
}
const head = shape(headFields)

export type BeaconFields = Readonly<ValueOf<typeof headFields>> & { readonly line: readonly Seat[] }
/** A beacon whose fields fit; its signature is not checked yet. */
export interface Beacon extends BeaconFields {
  readonly person: PersonKey
  /** As received: what is passed on to others. */
  readonly bytes: Uint8Array
}
declare const verified: unique symbol
/** Only verifyBeacon and signBeacon make one. */
export interface VerifiedBeacon extends Beacon {
  readonly [verified]: true
}
export type BeaconFault = 'size' | 'schema' | 'network' | 'signature'

/** The beacon in these bytes, its signature unchecked; a string is the fault. Never throws. */
export function parseBeacon(net: NetId, bytes: Uint8Array): Beacon | BeaconFault {
  if (bytes.length > BEACON_BYTES_MAX || bytes.length <= SIGNATURE_BYTES) return 'size'
  const unpacked = unpackValue(bytes.subarray(SIGNATURE_BYTES))
  if (typeof unpacked === 'string' || !Array.isArray(unpacked.value)) return 'schema'
  const array: readonly unknown[] = unpacked.value
  const fields = head.parse(array)
  const seats = array[Object.keys(headFields).length]
  if (!fields || !Array.isArray(seats) || seats.length > LINE_MAX) return 'schema'
  const line: Seat[] = []
  for (const values of seats) {
    const parsed = seat.parse(values)
    if (!parsed) return 'schema'
    line.push(parsed)
  }
  if (netId(fields.net) !== net) return 'network'
  return { ...fields, line, person: personKey(fields.key), bytes }
}

export function verifyBeacon(crypto: Crypto, beacon: Beacon): VerifiedBeacon | BeaconFault {
  const message = concat(SIGN_BEACON, beacon.bytes.subarray(SIGNATURE_BYTES))
  return crypto.verify(message, beacon.bytes.subarray(0, SIGNATURE_BYTES), beacon.key)
    ? (beacon as VerifiedBeacon)
    : 'signature'
}

/** Signs a beacon; the key is the signer's. Throws TypeError for fields above their limits. */
export function signBeacon(signer: Signer, fields: Omit<BeaconFields, 'key'>): VerifiedBeacon {
  const values: BeaconFields = { ...fields, key: signer.key }
  const array = packValue([...head.pack(values), values.line.map((entry) => seat.pack(entry))])
  const bytes = concat(signer.sign(concat(SIGN_BEACON, array)), array)
  const beacon = parseBeacon(netId(fields.net), bytes)
  if (typeof beacon === 'string') throw new TypeError(`no valid beacon: ${beacon}`)
  return beacon as VerifiedBeacon
}

/** True where `a` is later than `b` of the same key: a higher epoch, or the same and a higher counter. */
export const isNewerBeacon = (a: Beacon, b: Beacon): boolean =>
  a.epoch > b.epoch || (a.epoch === b.epoch && a.counter > b.counter)

/** Number and names of a beacon's fields: for documents and tests. */
export const beaconFieldNames = [...Object.keys(headFields), 'line']
export const seatFieldNames = Object.keys(seatFields)
