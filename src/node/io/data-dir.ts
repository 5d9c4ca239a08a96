/** Where a person's lanchat keeps its files. */
import { createHash } from 'node:crypto'
import { mkdir, readFile, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { refusalText } from '../../wire/refusal.ts'
import { LanchatError } from '../lanchat-error.ts'
import { probeWritable, removeLeftProbes } from './safe-file.ts'

/** The system's place for such files; undefined for a user without a home, at whom env-paths throws when it is imported. */
const systemPlace = await import('env-paths').then(
  ({ default: envPaths }) => envPaths('lanchat', { suffix: '' }).data,
  () => undefined,
)

/**
 * The folder asked for, else LANCHAT_DATA_DIR, else the system's place for such files (XDG on Linux). Absolute. Throws
 * LanchatError DATA_DIR_UNKNOWN where there is none of them.
 */
export function dataDirPath(asked?: string, env: NodeJS.ProcessEnv = process.env): string {
  const dir = asked || env.LANCHAT_DATA_DIR || systemPlace
  if (dir === undefined) throw new LanchatError('DATA_DIR_UNKNOWN', refusalText('DATA_DIR_UNKNOWN'))
  return resolve(dir)
}

/** Where a bot of this name keeps its files: below the person's own, so that both can run. */
export function botDataDir(name: string): string {
  return join(dataDirPath(), 'bots', encodeURIComponent(name))
}

/** Makes the folder where it is missing, for its owner alone. Rejects with LanchatError DATA_DIR_UNWRITABLE. */
export async function openDataDir(dir: string): Promise<void> {
  try {
    await makeFolders(dir)
    await removeLeftProbes(dir)
    await probeWritable(dir)
  } catch (cause) {
    throw unwritable(dir, cause)
  }
}

/** mkdir with recursive goes round for ever where a file system has no such thing, as /proc: each folder is made once here. */
async function makeFolders(dir: string): Promise<void> {
  const make = () => mkdir(dir, { mode: 0o700 })
  const isThere = async () => (await stat(dir)).isDirectory()
  try {
    await make()
  } catch (cause) {
    const code = codeOf(cause)
    if (code === 'ENOENT' && dirname(dir) !== dir) {
      await makeFolders(dirname(dir))
      await make().catch(async (again: unknown) => {
        // Another process was quicker.
        if (codeOf(again) !== 'EEXIST' || !(await isThere())) throw again
      })
    } else if (!(await isThere().catch(() => false))) throw cause
  }
}

const codeOf = (cause: unknown) => (cause instanceof Error && 'code' in cause ? cause.code : undefined)

/** The refusal for a folder that cannot be written, with the system's reason. */
export function unwritable(dir: string, cause: unknown): LanchatError {
  const why = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown'
  return new LanchatError('DATA_DIR_UNWRITABLE', refusalText('DATA_DIR_UNWRITABLE', { dir, why }), { cause })
}

/**
 * The store's folder in a data dir. Where the machine has an id of its own, it is part of the name: a home on the network that
 * two machines use has a store for each.
 */
export async function storeFolder(dir: string, idFile?: string): Promise<string> {
  const machine = await machineTag(idFile)
  return join(dir, machine === undefined ? 'store' : `store-${machine}`)
}

/** 12 hex digits of this machine; undefined where it has no id. idFile: as machine-id(5). */
export async function machineTag(idFile = '/etc/machine-id'): Promise<string | undefined> {
  const machine = await readFile(idFile).catch(() => undefined)
  if (!machine || machine.length < 32) return undefined
  // The id itself is not for others' eyes (machine-id(5)).
  return createHash('sha256').update('lanchat store').update(machine).digest('hex').slice(0, 12)
}
