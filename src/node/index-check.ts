/**
 * The indexes of the store (display order, which events are control events) follow from the events.
 * A disk that flips a bit in one of their keys leaves events that are held, listed and never seen: nobody would send them
 * again. So the scan of the events adds up what the indexes should be, one pass over the indexes adds up what they are, and
 * only where the two differ is each entry looked at.
 */
import { concat, hex, readUint, uint } from '../wire/bytes.ts'
import { type Event, isControlLane } from '../wire/event.ts'
import type { LaneId, PersonKey, RoomId } from '../wire/ids.ts'
import { type Entry, orderEntries, soleOrderKeyOf, stretchEnd } from './display-order.ts'
import { controlKey, parseLaneKey } from './keys.ts'
import type { Store } from './store.ts'

type Place = Pick<Event, 'room' | 'author' | 'lane' | 'n'>

const EMPTY = new Uint8Array(0)
const PLACE_BYTES = 60
const CONTENT = '0' as LaneId

/** The entries of events that lie in one value: of control events those that count, of content events their display order. */
export function entriesTogether({ events, counted }: Together): Entry[] {
  const isControl = isControlLane((events[0] ?? counted[0])?.lane ?? CONTENT)
  return isControl ? counted.map(controlEntry) : orderEntries(events)
}

export const controlEntry = ({ room, author, lane, n }: Event): Entry => ({
  key: controlKey(room, author, lane, n),
  value: EMPTY,
})

/** The events in one value: of a stored run all, else the one if it counts. */
export interface Together {
  readonly events: readonly Event[]
  /** Those of them that count. */
  readonly counted: readonly Event[]
}

/** What an `i` entry says, which each event had in earlier stores: room16 author32 lane8 n4. */
export const placeOf = (at: Uint8Array): Place | undefined =>
  at.length !== PLACE_BYTES
    ? undefined
    : {
        room: hex(at, 0, 16) as RoomId,
        author: hex(at, 16, 48) as PersonKey,
        lane: hex(at, 48, 56) as LaneId,
        n: readUint(at, 56, 4),
      }

/** A sum over entries in any order, for damage and not against forgers: whoever writes to this disk owns it. */
export class IndexSum {
  #low = 0
  #high = 0
  #count = 0

  add({ key, value }: Entry): void {
    // FNV-1a over the key, then the value.
    let hash = 0x811c9dc5
    for (let k = 0; k < key.length; k++) hash = Math.imul(hash ^ key.charCodeAt(k), 0x01000193)
    for (const byte of value) hash = Math.imul(hash ^ byte, 0x01000193)
    this.#low = (this.#low + hash) | 0
    this.#high ^= Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
    this.#count++
  }

  /** low4 high4 count4. */
  bytes(): Uint8Array {
    return concat(uint(this.#low >>> 0, 4), uint(this.#high >>> 0, 4), uint(this.#count, 4))
  }

  equals(other: IndexSum): boolean {
    return this.#low === other.#low && this.#high === other.#high && this.#count === other.#count
  }
}

export interface IndexStore {
  get(key: string): Uint8Array | undefined
  put(key: string, value: Uint8Array): void
  del(key: string): void
  scan: Store['scan']
  /** What lies in one value with the event at this place. */
  together(at: Place): Together
}

/** Entries looked at in one turn: for each the events of a whole run may be unpacked. */
const PAGE = 16
const RANGES = [
  { from: 'c', to: 'd', page: PAGE },
  // Of earlier stores: none is right any more, so nothing is unpacked.
  { from: 'i', to: 'j' },
  { from: 'o', to: 'p', page: PAGE },
]

/**
 * Begins to read the indexes as they are now: to be called in the turn in which the events begin to be read, so that what
 * is written meanwhile is in neither. The sum is made when it is asked for.
 */
export function beginIndexSum(scan: Store['scan']): () => Promise<IndexSum> {
  const ranges = RANGES.map(({ from, to }) => scan({ from, to })[Symbol.asyncIterator]())
  const firsts = ranges.map((range) => range.next())
  // Whoever asks for the sum hears of it.
  for (const first of firsts) first.catch(() => {})
  return async () => {
    const sum = new IndexSum()
    for (const [k, range] of ranges.entries())
      for (let next = await firsts[k]!; !next.done; next = await range.next()) {
        const [key, value] = next.value
        sum.add({ key, value })
      }
    return sum
  }
}

/** Looks at each entry, and mends. Returns the events that an index did not have. */
export async function mendIndexes(store: IndexStore): Promise<Event[]> {
  const missing: Event[] = []
  for await (const [key] of store.scan({ from: 'e', to: 'f', page: PAGE })) {
    const { events, counted } = store.together(parseLaneKey(key))
    const lost = entriesTogether({ events, counted }).filter((entry) => !isThere(store, entry))
    for (const entry of lost) store.put(entry.key, entry.value)
    if (lost.length === 0) continue
    // In stores written before each event had an entry of its own in display order: those were not missed by anybody.
    const isOrderOnly = lost.every(({ key }) => key[0] === 'o')
    if (isOrderOnly && events.every((event) => store.get(soleOrderKeyOf(event)))) continue
    missing.push(...counted)
  }
  for (const range of RANGES)
    for await (const [key] of store.scan(range)) if (!isRight(store, key)) store.del(key)
  return missing
}

function isThere(store: IndexStore, { key, value }: Entry): boolean {
  const held = store.get(key)
  return held !== undefined && hex(held) === hex(value)
}

/** Does an event of this store have this entry? */
function isRight(store: IndexStore, key: string): boolean {
  const at = placeIn(key)
  return at !== undefined && entriesTogether(store.together(at)).some((entry) => entry.key === key)
}

function placeIn(key: string): Place | undefined {
  if (key[0] === 'c') return parseLaneKey(key)
  return key[0] === 'o' ? stretchEnd(key) : undefined
}
