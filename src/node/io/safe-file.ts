/** Small files that are whole or not there, whatever fails meanwhile. */
import { randomBytes } from 'node:crypto'
import { link, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { codeOf } from './system-error.ts'

/** A name that nobody has: processes in containers have the same number at each start, and one may have been killed before. */
const nonce = () => randomBytes(6).toString('hex')

const PROBE = /^probe-[0-9a-f]{12}\.tmp$/
/** It is there for some seconds at most. */
const PROBE_MS_MAX = 3_600_000

/**
 * Writes the file with mode 0600: temporary file, fsync, rename, fsync of the folder. Where `fresh` is set an existing file is
 * never replaced: rejects with EEXIST.
 */
export async function writeFileSafely(path: string, data: Uint8Array, fresh = false): Promise<void> {
  const temporary = `${path}.${nonce()}.tmp`
  try {
    const file = await open(temporary, 'wx', 0o600)
    try {
      await file.writeFile(data)
      await file.sync()
    } finally {
      await file.close()
    }
    if (fresh) await placeFresh(temporary, path)
    else await rename(temporary, path)
  } finally {
    await rm(temporary, { force: true })
  }
  await syncFolder(dirname(path))
}

/** A link is refused where the name is taken; file systems without links (FAT) leave a check before the rename. */
async function placeFresh(temporary: string, path: string): Promise<void> {
  try {
    await link(temporary, path)
  } catch (error) {
    if (codeOf(error) === 'EEXIST') throw error
    const taken = await stat(path).catch(() => undefined)
    if (taken) throw Object.assign(new Error(`${path} exists`), { code: 'EEXIST' })
    await rename(temporary, path)
  }
}

/** Writes a file of `bytes` into the folder and removes it: rejects where the disk is full or the folder not writable. */
export async function probeWritable(dir: string, bytes = 1): Promise<void> {
  const probe = join(dir, `probe-${nonce()}.tmp`)
  try {
    const file = await open(probe, 'wx', 0o600)
    try {
      await file.writeFile(new Uint8Array(bytes))
      await file.sync()
    } finally {
      await file.close()
    }
  } finally {
    await rm(probe, { force: true })
  }
}

/** Removes probes of killed processes, which may have some MiB; not what another process may just be writing. Never rejects. */
export async function removeLeftProbes(dir: string): Promise<void> {
  const names = await readdir(dir).catch(() => [])
  for (const file of names.filter((name) => PROBE.test(name)).map((name) => join(dir, name))) {
    const found = await stat(file).catch(() => undefined)
    if (found && Date.now() - found.mtimeMs > PROBE_MS_MAX) await rm(file, { force: true }).catch(() => {})
  }
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
