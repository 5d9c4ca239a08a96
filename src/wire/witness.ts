/**
 * Witness: a device's signed word that it holds lanes, each up to n, on disk (rules AK-*).
 *
 * Signed: "lanchat/wit/1" || net8 || room16 || at6 || entries, an entry being author32 lane8 n4 id8 (the first 8 bytes
 * of the id of the event at n). It is cumulative: n covers everything below, bodies or tombstones included.
 */
import { concat, fromHex, hex, readUint, uint, utf8 } from './bytes.ts'
import type { Crypto, Signer } from './crypto.ts'
import type { FrameOf } from './frames.ts'
import { type LaneId, laneId, type NetId, type PersonKey, personKey, type RoomId, roomId } from './ids.ts'
import { WITNESS_ENTRIES_MAX } from './limits.ts'

const SIGN_WITNESS = utf8('lanchat/wit/1')
export const WITNESS_ENTRY_BYTES = 52

export interface WitnessEntry {
  readonly author: PersonKey
  readonly lane: LaneId
  readonly n: number
  /** 16 hex digits. */
  readonly id8: string
}

declare const verified: unique symbol
/** A witness whose signature holds. Only verifyWitness makes one. */
export interface VerifiedWitness {
  readonly [verified]: true
  readonly room: RoomId
  readonly by: PersonKey
  /** The witness's corrected clock, ms. */
  readonly at: number
  readonly entries: readonly WitnessEntry[]
}

/** What a witness signs. at: its 6 bytes. */
export const witnessMessage = (net: NetId, room: Uint8Array, at: Uint8Array, entries: Uint8Array) =>
  concat(SIGN_WITNESS, fromHex(net), room, at, entries)

export const packWitnessEntries = (entries: readonly WitnessEntry[]): Uint8Array =>
  concat(
    ...entries.map(({ author, lane, n, id8 }) =>
      concat(fromHex(author), fromHex(lane), uint(n, 4), fromHex(id8)),
    ),
  )

/** Entries of a witness frame: whole ones, as its schema checked. */
export function parseWitnessEntries(bytes: Uint8Array): WitnessEntry[] {
  const entries: WitnessEntry[] = []
  for (let i = 0; i < bytes.length; i += WITNESS_ENTRY_BYTES) {
    entries.push({
      author: personKey(bytes, i),
      lane: laneId(bytes, i + 32),
      n: readUint(bytes, i + 40, 4),
      id8: hex(bytes, i + 44, i + 52),
    })
  }
  return entries
}

/** Signs one witness frame for lanes of a room. Throws TypeError above 512 entries. */
export function signWitness(
  signer: Signer,
  net: NetId,
  room: RoomId,
  at: number,
  entries: readonly WitnessEntry[],
): FrameOf<'witness'> {
  if (entries.length > WITNESS_ENTRIES_MAX) throw new TypeError('too many entries in one witness')
  const [roomBytes, atBytes, packed] = [fromHex(room), uint(at, 6), packWitnessEntries(entries)]
  const signature = signer.sign(witnessMessage(net, roomBytes, atBytes, packed))
  return { type: 'witness', room: roomBytes, at: atBytes, key: signer.key, entries: packed, signature }
}

/** The witness in a frame, or 'signature' where that does not hold. Never throws. */
export function verifyWitness(
  crypto: Crypto,
  net: NetId,
  frame: FrameOf<'witness'>,
): VerifiedWitness | 'signature' {
  const message = witnessMessage(net, frame.room, frame.at, frame.entries)
  if (!crypto.verify(message, frame.signature, frame.key)) return 'signature'
  return {
    room: roomId(frame.room),
    by: personKey(frame.key),
    at: readUint(frame.at, 0, 6),
    entries: parseWitnessEntries(frame.entries),
  } as unknown as VerifiedWitness
}
