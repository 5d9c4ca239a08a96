/** Small files that are whole or not there, whatever fails meanwhile. */
import { link, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'

let count = 0

/**
 * Writes the file with mode 0600: temporary file, fsync, rename, fsync of the folder. Where `fresh` is set an existing file is
 * never replaced: rejects with EEXIST.
 */
export async function writeFileSafely(path: string, data: Uint8Array, fresh = false): Promise<void> {
  const temporary = `${path}.${process.pid}-${count++}.tmp`
  try {
    const file = await open(temporary, 'wx', 0o600)
    try {
      await file.writeFile(data)
      await file.sync()
    } finally {
      await file.close()
    }
    if (fresh) await link(temporary, path)
    else await rename(temporary, path)
  } finally {
    await rm(temporary, { force: true })
  }
  await syncFolder(dirname(path))
}

/** Makes new names in this folder last. Windows cannot open folders and needs none of this. */
async function syncFolder(dir: string): Promise<void> {
  if (process.platform === 'win32') return
  const folder = await open(dir, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
