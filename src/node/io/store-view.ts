/**
 * Looks into a store without changing it: LevelDB rewrites files when it opens, so it is given a folder of its own, in which
 * tables, which are never written again, are links to those of the store, and all else is a copy.
 */
import { createHash } from 'node:crypto'
import { copyFile, mkdir, mkdtemp, readdir, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { type LevelStore, openLevelStore } from './level-store.ts'
import { refuseNewer } from './store-format.ts'

export interface StoreView {
  /** Written to, it changes the copy alone. */
  readonly store: LevelStore
  /** Ends it and removes the copy. Twice is safe. */
  close(): Promise<void>
}

/**
 * Nobody may open the store meanwhile: hold the data dir. Rejects where it does not open, with LevelDB's code or STORE_NEWER as
 * `code`.
 */
export async function withStoreView<T>(store: string, look: (view: LevelStore) => Promise<T>): Promise<T> {
  const view = await openStoreView(store)
  try {
    return await look(view.store)
  } finally {
    await view.close()
  }
}

/**
 * A view that stays. Nobody else may open the store while it does. temps: folders for the copy, of which the first with room
 * is taken. Rejects as withStoreView, and with the system's code where none of them has room.
 */
export async function openStoreView(store: string, temps = tempFolders()): Promise<StoreView> {
  await refuseNewer(store)
  let why: unknown
  for (const temp of temps) {
    try {
      return await viewIn(temp, store)
    } catch (error) {
      if (error instanceof DamagedView) throw error
      why ??= error
    }
  }
  throw why
}

/** Removes the copies that processes which were killed have left of this store. Never rejects. */
export async function removeLeftViews(store: string, temps = tempFolders()): Promise<void> {
  for (const temp of temps)
    for (const name of await readdir(temp).catch(() => []))
      if (name.startsWith(prefixOf(store)))
        await rm(join(temp, name), { recursive: true, force: true }).catch(() => {})
}

/** It holds what cannot be opened, wherever the copy lies. */
class DamagedView extends Error {
  constructor(readonly code: string) {
    super('damaged')
  }
}

async function viewIn(temp: string, store: string): Promise<StoreView> {
  const root = await mkdtemp(join(temp, prefixOf(store)))
  const remove = () => rm(root, { recursive: true, force: true })
  try {
    const folder = join(root, 'store')
    await mkdir(folder)
    for (const name of await readdir(store)) {
      if (name === 'LOCK') continue
      const [from, to] = [join(store, name), join(folder, name)]
      if (/\.(ldb|sst)$/.test(name)) await symlink(from, to).catch(() => copyFile(from, to))
      else await copyFile(from, to)
    }
    const { store: view, movedAside, why } = await openLevelStore(folder)
    if (movedAside === undefined) return { store: view, close: () => view.close().finally(remove) }
    await view.close()
    throw new DamagedView(why ?? 'unreadable')
  } catch (error) {
    await remove()
    throw error
  }
}

/** The store's path is part of the name, so that a later start finds what this one may leave. */
const prefixOf = (store: string) =>
  `lanchat-view-${createHash('sha256').update(resolve(store)).digest('hex').slice(0, 12)}-`

/** Those of the system that are often of different disks. */
function tempFolders(): string[] {
  const runtime = process.env.XDG_RUNTIME_DIR
  const folders = [tmpdir(), ...(runtime ? [runtime] : [])]
  return [...new Set(process.platform === 'win32' ? folders : [...folders, '/dev/shm', '/var/tmp'])]
}
