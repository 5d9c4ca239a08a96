/**
 * Hints: what the store says of each lane in one short value, so that a start knows all lanes at once and reads none. The
 * scan tells the truth behind.
 *
 *   h room author lane      n4 id32 end4 endId32 fork4 indexed4 segments4
 */
import { fromHex, hex, readUint, writeHex, writeUint } from '../wire/bytes.ts'
import type { EventId } from '../wire/ids.ts'
import type { IdIndex } from './id-index.ts'
import { LANE_KEY_LENGTH, laneKey, parseLaneKey } from './keys.ts'
import type { LaneTable } from './lane-table.ts'
import { type Lane, newLane } from './lanes.ts'
import type { Store } from './store.ts'
import type { Unwritten } from './unwritten.ts'

const HINT_BYTES = 84
/** Before there were segments of ids; what is longer but not whole says as much. */
const EARLIER_HINT_BYTES = 76
/** A lane is soon unpacked. */
const LANES_PAGE = 1024

export class LaneHints {
  readonly #unwritten: Unwritten
  readonly #ids: Pick<IdIndex, 'begun'>

  constructor(unwritten: Unwritten, ids: Pick<IdIndex, 'begun'>) {
    this.#unwritten = unwritten
    this.#ids = ids
  }

  put(lane: Lane): void {
    this.#unwritten.put(laneKey(lane.room, lane.author, lane.lane), pack(lane, this.#ids.begun))
  }

  del({ room, author, lane }: Lane): void {
    this.#unwritten.del(laneKey(room, author, lane))
  }
}

/** Puts what the hints say into the table. Returns the most segments of ids that one of them relies on. */
export async function loadHints(store: Pick<Store, 'scan'>, table: LaneTable): Promise<number> {
  // Many lanes have few authors and rooms: each name once, and none as a piece of a key that then stays with it.
  const names = new Names()
  let segments = 0
  for await (const [key, value] of store.scan({ from: 'h', to: 'i', page: LANES_PAGE })) {
    if (key.length !== LANE_KEY_LENGTH || value.length < EARLIER_HINT_BYTES) continue
    table.keep(unpack(newLaneOf(key, names), value))
    if (value.length >= HINT_BYTES) segments = Math.max(segments, readUint(value, 80, 4))
  }
  return segments
}

function pack(lane: Lane, segments: number): Uint8Array {
  const value = new Uint8Array(HINT_BYTES)
  writeUint(value, 0, 4, lane.n)
  writeHex(value, 4, lane.id)
  writeUint(value, 36, 4, lane.end)
  if (lane.end === lane.n) value.copyWithin(40, 4, 36)
  else writeHex(value, 40, lane.endId)
  writeUint(value, 72, 4, lane.forkAt)
  writeUint(value, 76, 4, Math.min(lane.indexed, lane.n))
  writeUint(value, 80, 4, segments)
  return value
}

function unpack(lane: Lane, value: Uint8Array): Lane {
  lane.n = readUint(value, 0, 4)
  lane.id = hex(value, 4, 36) as EventId
  lane.end = readUint(value, 36, 4)
  lane.endId = lane.end === lane.n ? lane.id : (hex(value, 40, 72) as EventId)
  lane.forkAt = readUint(value, 72, 4)
  const indexed = value.length >= HINT_BYTES ? readUint(value, 76, 4) : 0
  // More than there is only the disk says: what comes there would never be indexed.
  lane.indexed = indexed <= lane.n ? indexed : 0
  return lane
}

function newLaneOf(key: string, names: Names): Lane {
  const { room, author, lane } = parseLaneKey(key)
  return newLane(names.one(room), names.one(author), apart(lane))
}

/** The same text without the one that it was cut out of. */
const apart = <Text extends string>(text: Text): Text => hex(fromHex(text)) as Text

/** Of equal names one. */
class Names {
  readonly #known = new Map<string, string>()

  one<Name extends string>(name: Name): Name {
    const known = this.#known.get(name)
    if (known !== undefined) return known as Name
    const own = apart(name)
    this.#known.set(own, own)
    return own
  }
}
