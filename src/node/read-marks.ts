/** How far this person has read each room: the `order` of the last message read. Known to their devices alone. */
import { isRoomId, type RoomId } from '../wire/ids.ts'
import { readJson } from './saved-json.ts'

/** Rooms remembered; beyond it the one moved longest ago is read as far as it is. */
const ROOMS_MAX = 2000
/** Of a message, as orderOf; '': of none. */
const ORDER = /^([0-9a-f]{140})?$/

export class ReadMarks {
  readonly #orders: Map<RoomId, string>
  readonly #moved = new Set<RoomId>()
  #isChanged = false

  /** saved: what takeSaved gave in an earlier run. */
  constructor(saved: readonly (readonly [RoomId, string])[] = []) {
    this.#orders = new Map(saved)
  }

  /** '': nothing is known to be read. */
  of(room: RoomId): string {
    return this.#orders.get(room) ?? ''
  }

  /** A room met for the first time: what was said before is not counted as unread. */
  begin(room: RoomId, order: string): void {
    if (!this.#orders.has(room)) this.move(room, order)
  }

  /** Read up to this message. A mark never goes back. True where it moved. */
  move(room: RoomId, order: string): boolean {
    if (!this.heard(room, order)) return false
    this.#moved.add(room)
    return true
  }

  /** As move, of what another device of this person says. */
  heard(room: RoomId, order: string): boolean {
    if (this.#orders.has(room) && order <= this.of(room)) return false
    this.#orders.delete(room)
    this.#orders.set(room, order)
    if (this.#orders.size > ROOMS_MAX) this.#orders.delete(this.#orders.keys().next().value!)
    this.#isChanged = true
    return true
  }

  /** Every mark, the one moved last at the end. */
  all(): Iterable<readonly [RoomId, string]> {
    return this.#orders
  }

  /** The marks that were moved here since the last call. */
  takeMoved(): [RoomId, string][] {
    const moved = [...this.#moved].map((room): [RoomId, string] => [room, this.of(room)])
    this.#moved.clear()
    return moved
  }

  /** The marks, where one has moved since the last call: to be kept over restarts. */
  takeSaved(): readonly (readonly [RoomId, string])[] | undefined {
    if (!this.#isChanged) return undefined
    this.#isChanged = false
    return [...this.#orders]
  }
}

/** What takeSaved gave, from the store; nothing where it is damaged. */
export function readReadMarks(bytes: Uint8Array | undefined): [RoomId, string][] {
  const value = bytes && readJson(bytes)
  if (!Array.isArray(value)) return []
  return value.filter(
    (mark): mark is [RoomId, string] =>
      Array.isArray(mark) && isRoomId(mark[0]) && ORDER.test(String(mark[1])),
  )
}
