/** An index over a replica and a store in memory, for tests. */
import { nodeCrypto } from '../../../src/node/crypto.ts'
import type { MemoryStore } from '../../../src/node/memory-store.ts'
import type { Replica } from '../../../src/node/replica.ts'
import { NO_RULES } from '../../../src/node/rooms/settings.ts'
import { catchUp, look, type Wanted } from '../../../src/node/search/looking.ts'
import { readQuery } from '../../../src/node/search/query.ts'
import { SearchIndex } from '../../../src/node/search/search-index.ts'
import { visibilityOf } from '../../../src/node/timeline.ts'
import { decodeBody } from '../../../src/wire/codec.ts'
import type { Event } from '../../../src/wire/event.ts'
import type { EventId, PersonKey } from '../../../src/wire/ids.ts'
import { NOW, ROOM, replicaOf } from '../author.ts'

const SEED = new Uint8Array(32).fill(3)

export function indexOf(replica: Replica, store: MemoryStore, isOpen?: () => boolean): SearchIndex {
  const index = new SearchIndex({
    crypto: nodeCrypto,
    seed: SEED,
    replica,
    retentionMs: 180 * 24 * 3600 * 1000,
    get: (key) => store.get(key),
    put: (op) => void store.write([op], false),
    read: (event, body) => (isOpen?.() !== false ? decodeBody(event.kind, body) : null),
    isReadable: () => true,
    isPlain: () => isOpen === undefined,
  })
  replica.onContent = (lane) => index.changed(lane)
  return index
}

/** A replica that was started on this store. */
export async function started(store: MemoryStore): Promise<Replica> {
  const { replica } = replicaOf(undefined, store)
  await replica.load()
  return replica
}

/** Works slice by slice; how many slices it took. */
export function finish(index: SearchIndex, slice = 300): number {
  let slices = 0
  for (; index.isBehind; slices++) index.work(slice)
  return slices
}

export async function texts(
  index: SearchIndex,
  replica: Replica,
  store: MemoryStore,
  words: string,
  count = 9,
) {
  const query = readQuery(words, NOW)
  if ('fault' in query) throw new Error(query.fault)
  const { terms, phrases, since, until, has, isRanked } = query
  const wanted: Wanted = { terms, phrases, since, until, has, isRanked, rooms: new Set([ROOM]) }
  const visibility = () => visibilityHere(replica)
  const open = (event: Event, body: Uint8Array) => decodeBody(event.kind, body)
  await catchUp(index, async () => {})
  const { found } = await look(
    { index, store, replica, breathe: async () => {}, visibility, open, devicesOf: (person) => [person] },
    wanted,
    count,
  )
  return found.map(({ line }) => line.edit?.text ?? line.body.text)
}

/** All that is current. */
export function visibilityHere(replica: Replica) {
  const view = {
    contentLimit: () => Number.POSITIVE_INFINITY,
    hidden: new Set<EventId>(),
    erased: new Map(),
    ruleAgainst: () => undefined,
    settings: NO_RULES.settings,
    personOf: (key: PersonKey) => key,
  }
  return visibilityOf(replica, view)
}
