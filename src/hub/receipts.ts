/**
 * Receipts: which authors wait to hear "stored", and up to where. Only what is on disk is acknowledged (rule AK-2).
 * The hub uses it for its members, line[0] for the hub.
 */
import { concat, fromHex, uint } from '../wire/bytes.ts'
import type { Frame } from '../wire/frames.ts'
import type { LaneId, PersonKey, RoomId } from '../wire/ids.ts'

export interface LaneName {
  readonly author: PersonKey
  readonly room: RoomId
  readonly lane: LaneId
}

interface Owed extends LaneName {
  /** Acknowledge up to here. */
  n: number
  acked: number
}

/** Lanes owed to one author: what is offered beyond them is offered again by its author. */
const OWED_MAX = 4096
/** Entries of 12 bytes in one ack frame. */
const ACK_ENTRIES_MAX = 1024

export class Receipts {
  readonly #owed = new Map<string, Owed>()
  /** How many of these each author has. */
  readonly #counts = new Map<PersonKey, number>()
  readonly #durableN: (room: RoomId, author: PersonKey, lane: LaneId) => number

  constructor(durableN: (room: RoomId, author: PersonKey, lane: LaneId) => number) {
    this.#durableN = durableN
  }

  /** known: up to where the author has been told, or is to be told for something else that is owed. */
  owe(author: PersonKey, room: RoomId, lane: LaneId, n: number, known = 0): void {
    const name = author + room + lane
    const owed = this.#owed.get(name)
    if (owed) {
      owed.n = Math.max(owed.n, n)
      owed.acked = Math.min(owed.acked, known)
    } else {
      const count = this.#counts.get(author) ?? 0
      if (count >= OWED_MAX) return
      this.#counts.set(author, count + 1)
      this.#owed.set(name, { author, room, lane, n, acked: known })
    }
  }

  get size(): number {
    return this.#owed.size
  }

  *#owedOf(lanes: Iterable<LaneName>): Iterable<[string, Owed]> {
    for (const { author, room, lane } of lanes) {
      const name = author + room + lane
      const owed = this.#owed.get(name)
      if (owed) yield [name, owed]
    }
  }

  /** Nobody is waited for any more. */
  clear(): void {
    this.#owed.clear()
    this.#counts.clear()
  }

  forget(author: PersonKey): void {
    if (!this.#counts.delete(author)) return
    for (const [name, owed] of this.#owed) if (owed.author === author) this.#owed.delete(name)
  }

  #paid(name: string, author: PersonKey): void {
    this.#owed.delete(name)
    const left = this.#counts.get(author)! - 1
    if (left > 0) this.#counts.set(author, left)
    else this.#counts.delete(author)
  }

  /** One ack frame per author and room for what is on disk now and was not. grown: the only lanes of which that may be. */
  take(grown?: Iterable<LaneName>): { author: PersonKey; frame: Frame }[] {
    const ready = new Map<string, { author: PersonKey; room: RoomId; entries: Uint8Array[] }>()
    for (const [name, owed] of grown ? this.#owedOf(grown) : this.#owed) {
      const n = this.#durableN(owed.room, owed.author, owed.lane)
      if (n <= owed.acked) continue
      owed.acked = n
      if (n >= owed.n) this.#paid(name, owed.author)
      const key = owed.author + owed.room
      const group = ready.get(key) ?? { author: owed.author, room: owed.room, entries: [] }
      group.entries.push(concat(fromHex(owed.lane), uint(n, 4)))
      ready.set(key, group)
    }
    const acks: { author: PersonKey; frame: Frame }[] = []
    for (const { author, room, entries } of ready.values())
      for (let at = 0; at < entries.length; at += ACK_ENTRIES_MAX) {
        const page = concat(...entries.slice(at, at + ACK_ENTRIES_MAX))
        acks.push({ author, frame: { type: 'ack', room: fromHex(room), entries: page } })
      }
    return acks
  }
}
