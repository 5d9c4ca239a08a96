/** Offers: own lanes as an author lists them to whoever may store or sign for them (rules AK-5, AK-14). */
import { concat, fromHex } from '../wire/bytes.ts'
import type { Event } from '../wire/event.ts'
import type { FrameOf } from '../wire/frames.ts'
import type { RoomId } from '../wire/ids.ts'
import { packEntry } from './lanes.ts'

/** Entries in one frame. */
const OFFER_ENTRIES_MAX = 512

/** One frame for each room, from the last event of each lane: forks and tombstones are left to the comparison. */
export function offersOf(
  ends: Iterable<Pick<Event, 'room' | 'author' | 'lane' | 'n' | 'id'>>,
): FrameOf<'offer'>[] {
  const byRoom = new Map<RoomId, Uint8Array[]>()
  for (const { room, author, lane, n, id } of ends) {
    const entry = packEntry({ author, lane, n, id8: id.slice(0, 16), forkAt: 0, xor8: '0'.repeat(16) })
    byRoom.set(room, [...(byRoom.get(room) ?? []), entry])
  }
  return [...byRoom].map(([room, entries]) => ({
    type: 'offer',
    room: fromHex(room),
    entries: concat(...entries.slice(0, OFFER_ENTRIES_MAX)),
  }))
}
