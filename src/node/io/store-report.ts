/** Finds out what `lanchat doctor --store` says: from the lanchat running here, else from the files, which stay as they are. */
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { networkId } from '../../wire/ids.ts'
import { RETENTION_DAYS } from '../../wire/limits.ts'
import { checkNetworkName } from '../../wire/name.ts'
import { nodeCrypto } from '../crypto.ts'
import { Replica } from '../replica.ts'
import { roomSizes } from '../room-sizes.ts'
import type { DiskReport, RoomStored, StoreReport } from '../store-report.ts'
import { Views } from '../views.ts'
import { askDataDir, FREE_BYTES_FAIL } from './checks/data-dir.ts'
import { codeKeyOf } from './code-file.ts'
import { claimDataDir } from './control.ts'
import { damagedStores } from './damaged-stores.ts'
import { dataDirPath } from './data-dir.ts'
import { storeOf } from './keeping.ts'
import { isGone, levelCodeOf } from './level-database.ts'
import { isNewer, markOf, refuseNewer } from './store-format.ts'
import { withStoreView } from './store-view.ts'
import { damagedTable } from './table-check.ts'

export interface StoreReportOptions {
  readonly dataDir?: string
  readonly network?: string
  readonly code?: string
  /** What the lanchat running on this data dir says of this; undefined: none runs, or it does not answer. */
  readonly running?: Promise<DiskReport | undefined>
}

/** Never rejects for what a disk is like. */
export async function storeReport(options: StoreReportOptions): Promise<StoreReport> {
  const dir = dataDirPath(options.dataDir)
  const net = await netOf(options, dir)
  const folder = await storeOf(dir, net)
  const [running, state, copies] = await Promise.all([
    options.running,
    askDataDir(dir),
    damagedStores(folder),
  ])
  const looked = running
    ? { state: running.failure ? ('memory' as const) : ('disk' as const), ...running }
    : await look(dir, folder, net)
  const { freeBytes, fault, owner } = state
  const isFull = fault === 'ENOSPC' || (freeBytes !== undefined && freeBytes < FREE_BYTES_FAIL)
  return {
    dir,
    folder,
    ...looked,
    ...(owner !== undefined && { pid: owner }),
    bytes: await bytesIn(folder),
    events: looked.rooms.reduce((sum, { events }) => sum + events, 0),
    ...(freeBytes !== undefined && { freeBytes }),
    ...(isFull && { isFull: true as const }),
    ...(fault !== undefined && fault !== 'ENOSPC' && fault !== 'ENOENT' && { isReadOnly: true as const }),
    damaged: await Promise.all(copies.map(async (copy) => ({ ...copy, bytes: await bytesIn(copy.folder) }))),
  }
}

type Looked = Pick<StoreReport, 'state' | 'why' | 'rooms'>

async function look(dir: string, folder: string, net: string): Promise<Looked> {
  const nothing = { rooms: [] }
  if (await isGone(folder)) {
    const wasMade = await stat(markOf(folder)).catch(() => undefined)
    return wasMade ? { ...nothing, state: 'damaged', why: 'missing' } : { ...nothing, state: 'none' }
  }
  // A lanchat that starts now waits for this claim. Where the folder cannot be written nobody can start in it either.
  const claimed = await claimDataDir(dir, true).catch(() => undefined)
  if (claimed && 'inUse' in claimed) return { ...nothing, state: 'busy' }
  try {
    await refuseNewer(folder)
    if (await damagedTable(folder)) return { ...nothing, state: 'damaged', why: 'checksum' }
    return { state: 'disk', rooms: await withStoreView(folder, (view) => roomsIn(view, net)) }
  } catch (error) {
    if (isNewer(error)) return { ...nothing, state: 'newer', why: error.message }
    return { ...nothing, state: 'damaged', why: levelCodeOf(error) ?? 'unreadable' }
  } finally {
    await claimed?.claim.release()
  }
}

async function roomsIn(
  view: ConstructorParameters<typeof Replica>[0]['store'],
  net: string,
): Promise<RoomStored[]> {
  const options = { crypto: nodeCrypto, net: net as ReturnType<typeof networkId> }
  const views = new Views({ ...options, carriesAll: () => true })
  const retentionMs = RETENTION_DAYS * 24 * 3600 * 1000
  const replica = new Replica({ ...options, store: view, retentionMs, limitOf: views.limitOf })
  views.attach(replica)
  replica.setNow(Date.now())
  views.setNow(Date.now())
  await replica.load()
  await views.load(view)
  return roomSizes(view, (room) => views.room(room))
}

async function netOf(options: StoreReportOptions, dir: string): Promise<ReturnType<typeof networkId>> {
  const asked = options.network ?? 'lan'
  const checked = checkNetworkName(asked)
  const codeKey = await codeKeyOf(dir, asked, options.code)
  const name = 'ok' in checked ? checked.ok : asked
  return networkId(nodeCrypto, {
    name,
    retentionDays: RETENTION_DAYS,
    codeKey,
    hasCode: options.code !== undefined,
  })
}

async function bytesIn(folder: string): Promise<number> {
  let bytes = 0
  for (const name of await readdir(folder).catch(() => []))
    bytes += (await stat(join(folder, name)).catch(() => undefined))?.size ?? 0
  return bytes
}
