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
  /** By author, then by room and lane. Authors to whom nothing is owed any more are forgotten once they are half of them. */
  #owed = new Map<PersonKey, Map<string, Owed>>()
  #size = 0
  readonly #durableN: (room: RoomId, author: PersonKey, lane: LaneId) => number

  constructor(durableN: (room: RoomId, author: PersonKey, lane: LaneId) => number) {
    this.#durableN = durableN
  }

  /** known: up to where the author has been told, or is to be told for something else that is owed. */
  owe(author: PersonKey, room: RoomId, lane: LaneId, n: number, known = 0): void {
    let lanes = this.#owed.get(author)
    if (!lanes) {
      lanes = new Map()
      this.#owed.set(author, lanes)
    }
    const owed = lanes.get(room + lane)
    if (owed) {
      owed.n = Math.max(owed.n, n)
      owed.acked = Math.min(owed.acked, known)
    } else if (lanes.size < OWED_MAX) {
      lanes.set(room + lane, { author, room, lane, n, acked: known })
      this.#size++
    }
  }

  /** Lanes that are owed. */
  get size(): number {
    return this.#size
  }

  #owedOf(lanes: Iterable<LaneName>): Owed[] {
    const found: Owed[] = []
    for (const { author, room, lane } of lanes) {
      const owed = this.#owed.get(author)?.get(room + lane)
      if (owed) found.push(owed)
    }
    return found
  }

  #allOwed(): Owed[] {
    return [...this.#owed.values()].flatMap((lanes) => [...lanes.values()])
  }

  /** Nobody is waited for any more. */
  clear(): void {
    this.#owed.clear()
    this.#size = 0
  }

  forget(author: PersonKey): void {
    this.#size -= this.#owed.get(author)?.size ?? 0
    this.#owed.delete(author)
  }

  #paid({ author, room, lane }: Owed): void {
    const lanes = this.#owed.get(author)
    if (lanes?.delete(room + lane)) this.#size--
  }

  /** Into a new Map: V8 keeps the tables of one that grows and shrinks for seconds, with all that was in them. */
  #forgetPaid(): void {
    if (2 * this.#size >= this.#owed.size) return
    this.#owed = new Map([...this.#owed].filter(([, lanes]) => lanes.size > 0))
  }

  /** One ack frame per author and room for what is on disk now and was not. grown: the only lanes of which that may be. */
  take(grown?: Iterable<LaneName>): { author: PersonKey; frame: Frame }[] {
    const ready = new Map<string, { author: PersonKey; room: RoomId; entries: Uint8Array[] }>()
    for (const owed of grown ? this.#owedOf(grown) : this.#allOwed()) {
      const n = this.#durableN(owed.room, owed.author, owed.lane)
      if (n <= owed.acked) continue
      owed.acked = n
      if (n >= owed.n) this.#paid(owed)
      const key = owed.author + owed.room
      const group = ready.get(key) ?? { author: owed.author, room: owed.room, entries: [] }
      group.entries.push(concat(fromHex(owed.lane), uint(n, 4)))
      ready.set(key, group)
    }
    this.#forgetPaid()
    const acks: { author: PersonKey; frame: Frame }[] = []
    for (const { author, room, entries } of ready.values())
      for (let at = 0; at < entries.length; at += ACK_ENTRIES_MAX) {
        const page = concat(...entries.slice(at, at + ACK_ENTRIES_MAX))
        acks.push({ author, frame: { type: 'ack', room: fromHex(room), entries: page } })
      }
    return acks
  }
}
