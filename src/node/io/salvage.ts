/**
 * Brings back what damaged stores still hold. The copy that was moved aside is repaired by LevelDB, which keeps whatever it
 * can read and brings back what had been deleted; nothing of it is believed: it goes part by part through the core's checks
 * (salvage.ts), deletions first.
 *
 *   waiting -> (once others have sent what they have) repair -> tombstones, forks, control lanes, content -> salvaged
 */
import { readdir } from 'node:fs/promises'
import type { ClassicLevel } from 'classic-level'
import { concat } from '../../wire/bytes.ts'
import { decodeHeader, HEADER_BYTES, isControlLane, type Run } from '../../wire/event.ts'
import type { LaneId } from '../../wire/ids.ts'
import { RUN_EVENTS_MAX } from '../../wire/limits.ts'
import { nodeCrypto } from '../crypto.ts'
import { unpackProof } from '../forks.ts'
import { bodyKey, parseLaneKey, tombstoneKey } from '../keys.ts'
import { countIn, readStored, type StoredRun } from '../run-record.ts'
import type { Brought, Salvaged } from '../salvage.ts'
import type { Chain } from '../signed-runs.ts'
import { keyBytes, keyText } from '../store-key.ts'
import { Level } from './commonjs.ts'
import { type DamagedStore, damagedStores, noteDamage } from './damaged-stores.ts'
import { isDiskError } from './level-database.ts'
import { repairApart } from './repair-apart.ts'

/** A copy that ends the process, or that no try gets through, is left alone after so many. */
const TRIES_MAX = 3
/** A part is checked in one turn and held in memory: about 1 ms, and far below what a frame may hold twice. */
const PART_BYTES = 64 * 1024
const PART_EVENTS = 128
const PART_TOMBSTONES = 256
const PAGE_ENTRIES = 256
/** Spots that cannot be read and are stepped over. */
const HOPS_MAX = 64

export interface SalvageDesk {
  /** Is this lane held up to n, or longer? */
  holds(lane: ReturnType<typeof parseLaneKey>): boolean
  /** Gives a part to the core; resolves when it is checked and written. */
  take(part: Salvaged, isLast: boolean): Promise<Brought>
  /** No more is to be taken: the process ends, or its disk fails. */
  isClosed(): boolean
  log(level: 'info' | 'warn', text: string): void
}

type Database = ClassicLevel<Uint8Array, Uint8Array>
const NOTHING: Salvaged = { tombstones: [], forks: [], runs: [] }

/** Copies of this store from which nothing was brought back yet. */
export async function waitingCopies(store: string): Promise<DamagedStore[]> {
  return (await damagedStores(store)).filter(({ state }) => state === 'waiting')
}

/** Brings back what all of them hold; how many events and deletions came from there alone. Never rejects. */
export async function salvage(store: string, desk: SalvageDesk): Promise<Brought> {
  const sum = { events: 0, tombstones: 0 }
  for (const copy of await waitingCopies(store)) {
    if (desk.isClosed()) break
    const brought = await salvageCopy(copy, desk)
    sum.events += brought.events
    sum.tombstones += brought.tombstones
  }
  return sum
}

async function salvageCopy(copy: DamagedStore, desk: SalvageDesk): Promise<Brought> {
  const { folder, tries } = copy
  const sum = { events: 0, tombstones: 0 }
  // Noted before anything is touched: were this the end of the process, the next one would know.
  if (tries >= TRIES_MAX || !(await noteDamage(folder, { ...copy, tries: tries + 1 }))) {
    if (tries >= TRIES_MAX) await noteDamage(folder, { ...copy, state: 'left' })
    return sum
  }
  const add = ({ events, tombstones }: Brought) => {
    sum.events += events
    sum.tombstones += tombstones
  }
  try {
    for await (const part of read(folder, desk)) {
      if (desk.isClosed()) break
      add(await desk.take(part, false))
    }
    add(await desk.take(NOTHING, true))
  } catch (error) {
    desk.log('warn', `${folder} could not be read through: ${String(error)}`)
    const state = tries + 1 >= TRIES_MAX ? 'left' : 'waiting'
    await noteDamage(folder, { ...copy, ...added(copy, sum), tries: tries + 1, state })
    return sum
  }
  // Ended on the way, or not on the disk: that was no fault of the copy.
  if (desk.isClosed()) await noteDamage(folder, { ...copy, ...added(copy, sum) })
  else await noteDamage(folder, { ...copy, ...added(copy, sum), tries: tries + 1, state: 'salvaged' })
  desk.log('info', `${folder}: ${sum.events} events and ${sum.tombstones} deletions came from it alone`)
  return sum
}

const added = (before: Brought, sum: Brought): Brought => ({
  events: before.events + sum.events,
  tombstones: before.tombstones + sum.tombstones,
})

async function* read(folder: string, desk: SalvageDesk): AsyncGenerator<Salvaged> {
  // Where not even a file of it is left, repair would make a new one.
  if (!(await readdir(folder).catch(() => [])).some((name) => /\.(ldb|sst|log)$/.test(name))) return
  await repairApart(folder)
  const db = new Level<Uint8Array, Uint8Array>(folder, {
    keyEncoding: 'view',
    valueEncoding: 'view',
    createIfMissing: false,
  }) as unknown as Database
  await db.open()
  try {
    yield* tombstonesOf(db)
    yield* forksOf(db)
    // What decides which content counts comes first.
    yield* runsOf(db, isControlLane, desk)
    yield* runsOf(db, (lane) => !isControlLane(lane), desk)
  } finally {
    await db.close()
  }
}

async function* tombstonesOf(db: Database): AsyncGenerator<Salvaged> {
  let tombstones: Uint8Array[] = []
  for await (const [, value] of entriesOf(db, 'd')) {
    tombstones.push(value)
    if (tombstones.length < PART_TOMBSTONES) continue
    yield { ...NOTHING, tombstones }
    tombstones = []
  }
  yield { ...NOTHING, tombstones }
}

async function* forksOf(db: Database): AsyncGenerator<Salvaged> {
  for await (const [, value] of entriesOf(db, 'f')) {
    const proof = readProof(value)
    if (proof) yield { ...NOTHING, forks: [proof] }
  }
}

function readProof(value: Uint8Array): readonly [Chain, Chain] | undefined {
  try {
    const proof = unpackProof(value)
    const isWhole = proof.every(({ headers }) => headers.length > 0 && headers.length % HEADER_BYTES === 0)
    return isWhole ? proof : undefined
  } catch {
    return undefined
  }
}

/** Runs from their first stored header to a signature, with the bodies that can be read. */
async function* runsOf(
  db: Database,
  isWanted: (lane: LaneId) => boolean,
  desk: SalvageDesk,
): AsyncGenerator<Salvaged> {
  let headers: Uint8Array[] = []
  let [before, n] = ['', 0]
  let [runs, bytes, events]: [Run[], number, number] = [[], 0, 0]
  for await (const [key, value] of entriesOf(db, 'e')) {
    const at = parseLaneKey(key)
    const stored = isWanted(at.lane) ? readStored(nodeCrypto, value) : undefined
    if (!stored) continue
    const lane = key.slice(0, -8)
    const isNext = lane === before && at.n === n + 1 && headers.length < RUN_EVENTS_MAX
    if (!isNext || stored.bodies) headers = []
    ;[before, n] = [lane, at.n]
    headers.push(...stored.headers)
    if (!stored.signature) continue
    const run = desk.holds(at) ? undefined : runOf(db, headers, stored.signature, stored.bodies)
    headers = []
    if (!run) continue
    runs.push(run)
    events += run.bodies.length
    bytes += run.bodies.reduce((sum, body) => sum + (body?.length ?? 0), run.headers.length)
    if (bytes < PART_BYTES && events < PART_EVENTS) continue
    yield { ...NOTHING, runs }
    ;[runs, bytes, events] = [[], 0, 0]
  }
  yield { ...NOTHING, runs }
}

/** stored: the bodies, where they lie with their headers. */
function runOf(
  db: Database,
  parts: readonly Uint8Array[],
  signature: Uint8Array,
  stored: StoredRun['bodies'],
): Run {
  const headers = concat(...parts)
  const bodies = parts.map((header, i) => {
    const { id } = decodeHeader(nodeCrypto, header)
    if (storedIn(db, tombstoneKey(id))) return null
    return stored?.[i]?.slice() ?? storedIn(db, bodyKey(id))
  })
  return { headers, signature: signature.slice(), bodies }
}

function storedIn(db: Database, key: string): Uint8Array | null {
  try {
    return db.getSync(keyBytes(key)) ?? null
  } catch (error) {
    if (isDiskError(error)) return null
    throw error
  }
}

/** What can be read of one letter's entries. Spots that cannot be read are stepped over, lane by lane. */
async function* entriesOf(
  db: Database,
  letter: 'd' | 'e' | 'f',
): AsyncGenerator<readonly [key: string, value: Uint8Array]> {
  let from: Uint8Array = Uint8Array.of(letter.charCodeAt(0))
  const end = Uint8Array.of(letter.charCodeAt(0) + 1)
  for (let hops = 0; hops < HOPS_MAX; hops++) {
    const iterator = db.iterator({ gte: from, lt: end })
    try {
      for (;;) {
        const page = await iterator.nextv(PAGE_ENTRIES)
        if (page.length === 0) return
        for (const [key, value] of page) {
          from = concat(key, Uint8Array.of(0))
          if (isWell(letter, key, value)) yield [keyText(key), value]
        }
      }
    } catch (error) {
      if (!isDiskError(error)) throw error
      from = hop(from)
      if (from.length === 0) return
    } finally {
      await iterator.close()
    }
  }
}

/** Bytes of an e key's letter, room, author and lane; n follows. */
const LANE_PREFIX = 57

const isWell = (letter: string, key: Uint8Array, value: Uint8Array) =>
  letter !== 'e' || (key.length === LANE_PREFIX + 4 && countIn(value) > 0)

/** The least key behind this one's lane; empty: there is none. */
function hop(key: Uint8Array): Uint8Array {
  const next = key.slice(0, LANE_PREFIX)
  for (let i = next.length - 1; i > 0; i--) {
    if (next[i] !== 0xff) {
      next[i]!++
      return next.slice(0, i + 1)
    }
  }
  return new Uint8Array(0)
}
