/**
 * Looks into a store without changing it: LevelDB rewrites files when it opens, so it is given a folder of its own, in which
 * tables, which are never written again, are links to those of the store, and all else is a copy.
 */
import { copyFile, mkdir, mkdtemp, readdir, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type LevelStore, openLevelStore } from './level-store.ts'

/** Nobody may open the store meanwhile: hold the data dir. Rejects where it does not open, with LevelDB's code as `code`. */
export async function withStoreView<T>(store: string, look: (view: LevelStore) => Promise<T>): Promise<T> {
  const root = await mkdtemp(join(tmpdir(), 'lanchat-view-'))
  const folder = join(root, 'store')
  try {
    await mkdir(folder)
    for (const name of await readdir(store)) {
      if (name === 'LOCK') continue
      const [from, to] = [join(store, name), join(folder, name)]
      if (/\.(ldb|sst)$/.test(name)) await symlink(from, to).catch(() => copyFile(from, to))
      else await copyFile(from, to)
    }
    const { store: view, movedAside, why } = await openLevelStore(folder)
    try {
      if (movedAside !== undefined) throw Object.assign(new Error('damaged'), { code: why ?? 'unreadable' })
      return await look(view)
    } finally {
      await view.close()
    }
  } finally {
    await rm(root, { recursive: true, force: true })
  }
}
