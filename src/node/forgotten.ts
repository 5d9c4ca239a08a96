/**
 * What this person has deleted here alone: the history of a room as this device held it then. It is shown and found no
 * more; for others the disk keeps it as long as any content. By lane and number, not by time: what arrives later is shown
 * however it is dated.
 */
import { concat, fromHex, hex, join, readUint, uint } from '../wire/bytes.ts'
import type { Event } from '../wire/event.ts'
import type { RoomId } from '../wire/ids.ts'
import { factKey } from './keys.ts'
import type { Lane } from './lanes.ts'
import type { StoreOp } from './store.ts'

const ENTRY_BYTES = 44

export interface ForgottenPorts {
  get(key: string): Uint8Array | undefined
  put(op: StoreOp): void
}

export class Forgotten {
  readonly #ports: ForgottenPorts
  /** By author and lane: the last n that is forgotten. null: nothing in this room. */
  readonly #rooms = new Map<RoomId, ReadonlyMap<string, number> | null>()

  constructor(ports: ForgottenPorts) {
    this.#ports = ports
  }

  has({ room, author, lane, n }: Pick<Event, 'room' | 'author' | 'lane' | 'n'>): boolean {
    return n <= (this.#of(room)?.get(author + lane) ?? 0)
  }

  /** lanes: all content lanes of the room. Returns how many events are forgotten by it that were not. */
  forget(room: RoomId, lanes: Iterable<Lane>): number {
    const before = this.#of(room)
    const now = new Map(before)
    let count = 0
    for (const { author, lane, n } of lanes) {
      const known = before?.get(author + lane) ?? 0
      if (n <= known) continue
      count += n - known
      now.set(author + lane, n)
    }
    if (count === 0) return 0
    this.#rooms.set(room, now)
    const entries = [...now].map(([lane, n]) => concat(fromHex(lane), uint(n, 4)))
    this.#ports.put(['put', keyOf(room), join(entries)])
    return count
  }

  #of(room: RoomId): ReadonlyMap<string, number> | null {
    const known = this.#rooms.get(room)
    if (known !== undefined) return known
    const bytes = this.#ports.get(keyOf(room))
    const read = bytes ? entriesOf(bytes) : null
    this.#rooms.set(room, read)
    return read
  }
}

const keyOf = (room: RoomId) => factKey(`forgotten/${room}`)

function entriesOf(bytes: Uint8Array): ReadonlyMap<string, number> {
  const lanes = new Map<string, number>()
  for (let at = 0; at + ENTRY_BYTES <= bytes.length; at += ENTRY_BYTES)
    lanes.set(hex(bytes, at, at + 40), readUint(bytes, at + 40, 4))
  return lanes
}
