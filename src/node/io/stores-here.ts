/** Which stores lie in a data dir: one for each network (and machine, where a home is shared). What is inside stays shut. */
import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { utf8 } from '../../wire/bytes.ts'
import { isPlaceIds } from '../places.ts'
import { dataDirPath, storeFolder } from './data-dir.ts'
import { writeFileSafely } from './safe-file.ts'

/** What a store says of itself in a file beside it, so that nobody needs to open it. */
export interface AboutStore {
  readonly network: string
  readonly hasCode: boolean
  /** Of an open network: 16 hex digits. */
  readonly place?: string
  /** All ids of the place, and whether it is grown: the group that the store belongs to is not lost with a damaged disk. */
  readonly ids?: readonly string[]
  readonly isGrown?: boolean
}

export interface StoreHere extends Partial<Omit<AboutStore, 'ids' | 'isGrown'>> {
  /** The network's id in hex. */
  readonly net: string
  readonly folder: string
  readonly bytes: number
  /** When a file of it was last written, ms. */
  readonly usedAt: number
  /** Moved aside because it could not be read. */
  readonly damaged?: true
  /** Of another machine that uses the same home. */
  readonly elsewhere?: true
}

/** Written beside the store of this network, where it says something new. Never rejects. */
export async function noteStore(dataDir: string | undefined, net: string, about: AboutStore): Promise<void> {
  const text = JSON.stringify(about)
  try {
    const file = join(await storeFolder(dataDirPath(dataDir)), `${net}.about`)
    if ((await readFile(file, 'utf8').catch(() => '')) !== text) await writeFileSafely(file, utf8(text))
  } catch {
    // Only the list of stores has less to say.
  }
}

/** The stores of a data dir, the last used first; none where there is no such folder. */
export async function storesHere(dataDir?: string): Promise<StoreHere[]> {
  const dir = dataDirPath(dataDir)
  const own = basename(await storeFolder(dir))
  const found: StoreHere[] = []
  for (const group of await namesIn(dir)) {
    if (!/^store(-[0-9a-f]+)?$/.test(group)) continue
    for (const name of await namesIn(join(dir, group))) {
      const [, net, damaged] = /^([0-9a-f]{16})(\.damaged-\d+)?$/.exec(name) ?? []
      if (net === undefined) continue
      const folder = join(dir, group, name)
      const about = await aboutOf(folder.slice(0, folder.length - (damaged?.length ?? 0)))
      const { ids: _, isGrown: __, ...told } = about
      found.push({
        ...told,
        net,
        folder,
        ...(await sizeOf(folder)),
        ...(damaged !== undefined && { damaged: true as const }),
        ...(group !== own && { elsewhere: true as const }),
      })
    }
  }
  return found.sort((a, b) => b.usedAt - a.usedAt)
}

const namesIn = (dir: string): Promise<string[]> => readdir(dir).catch(() => [])

/** What the file beside this store says; nothing where there is none, or it is damaged. */
export async function aboutOf(folder: string): Promise<Partial<AboutStore>> {
  try {
    const { network, hasCode, place, ids, isGrown } = JSON.parse(
      await readFile(`${folder}.about`, 'utf8'),
    ) as Record<string, unknown>
    return {
      ...(typeof network === 'string' && { network }),
      ...(typeof hasCode === 'boolean' && { hasCode }),
      ...(typeof place === 'string' && { place }),
      ...(isPlaceIds(ids) && { ids }),
      ...(typeof isGrown === 'boolean' && { isGrown }),
    }
  } catch {
    return {}
  }
}

async function sizeOf(folder: string): Promise<{ bytes: number; usedAt: number }> {
  let [bytes, usedAt] = [0, 0]
  for (const name of await namesIn(folder)) {
    // LevelDB drops files while one looks.
    const found = await stat(join(folder, name)).catch(() => undefined)
    bytes += found?.size ?? 0
    usedAt = Math.max(usedAt, found?.mtimeMs ?? 0)
  }
  return { bytes, usedAt: Math.round(usedAt) }
}
