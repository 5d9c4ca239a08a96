/** Opening LevelDB so that nothing on disk is ever lost by it: rules learnt from what it does with damaged folders. */
import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { ClassicLevel } from 'classic-level'
import { refusalText } from '../../wire/refusal.ts'
import { LanchatError } from '../lanchat-error.ts'
import { Level } from './commonjs.ts'
import { damagedPrefix, noteDamage } from './damaged-stores.ts'
import { unwritable } from './data-dir.ts'
import { probeWritable, removeLeftProbes, writeFileSafely } from './safe-file.ts'
import { MARK, markOf, refuseNewer, STORE_FORMAT } from './store-format.ts'
import { damagedTable } from './table-check.ts'

export type Database = ClassicLevel<Uint8Array, Uint8Array>

/** A probe of this size fails on a full disk, whose errors LevelDB reports like those of damaged files. */
const PROBE_BYTES = 64 * 1024
/** What opening writes at most before the first byte of ours: a table from a log of 4 MiB, a manifest, a new log. */
const OPENING_BYTES = 5 * 2 ** 20

/** How an open went. */
export interface Opened {
  /** Where the damaged store lies now in whose place an empty one was started. */
  readonly movedAside?: string
  /** Of one that was moved aside: LevelDB's code, or missing, unreadable. */
  readonly why?: string
  /** An empty one was started: there was none, or it was moved aside. */
  readonly isFresh?: true
}

/** Folders open in this process: a second open would drop the lock of the first (LevelDB closes the lock file it shares). */
const openFolders = new Set<string>()

/**
 * Opens the database in this folder, or starts one; one that does not open, or that the caller knows to be `damaged`, is moved
 * to `<dir>.damaged-<n>` and an empty one started. A file `<dir>.made` tells later starts that there must be a database: without
 * that, LevelDB would take a folder with a lost CURRENT file for a new one and delete all it holds.
 * Rejects with LanchatError DATA_DIR_IN_USE, DATA_DIR_UNWRITABLE, STORE_NEWER (nothing is changed then); TypeError where this
 * process has it open.
 */
export async function openDatabase(
  dir: string,
  damaged: boolean,
): Promise<Opened & { readonly db: Database }> {
  if (openFolders.has(dir)) throw new TypeError(`${dir} is open in this process`)
  openFolders.add(dir)
  try {
    await removeLeftProbes(dir)
    const opened = await openOrReplace(dir, damaged)
    const close = opened.db.close.bind(opened.db)
    let closing: Promise<void> | undefined
    // The one way out: whoever closes the handle frees the folder.
    opened.db.close = () => {
      closing ??= close().finally(() => openFolders.delete(dir))
      return closing
    }
    return opened
  } catch (error) {
    openFolders.delete(dir)
    throw error
  }
}

/**
 * There while a database is open whose tables nobody has checked yet. LevelDB may end the process over a damaged one: then the
 * next start checks before it opens, instead of ending the same way.
 */
const uncheckedMark = (dir: string) => `${dir}.unchecked`

/** Its tables are sound, or it was closed in good order. */
export async function noteChecked(dir: string): Promise<void> {
  await rm(uncheckedMark(dir), { force: true }).catch(() => {})
}

async function openOrReplace(dir: string, damaged: boolean): Promise<Opened & { db: Database }> {
  await mkdir(dir, { recursive: true, mode: 0o700 }).catch((cause) => {
    throw unwritable(dir, cause)
  })
  const mark = markOf(dir)
  const format = await refuseNewer(dir)
  const isNew = !(await exists(mark)) && (await readdir(dir)).every((name) => /^(LOCK|LOG)/.test(name))
  let why = 'unreadable'
  const unchecked = uncheckedMark(dir)
  if (!damaged && (await exists(unchecked)) && (await damagedTable(dir)) !== undefined) {
    damaged = true
    why = 'checksum'
  }
  if (damaged) await refuseUnlessWritable(dir)
  else {
    try {
      // Where there is no room for it either, a crash is no worse than without.
      await writeFile(unchecked, '').catch(() => {})
      const db = await open(dir, isNew)
      if (format < STORE_FORMAT) await leaveMark(dir, mark, db)
      return { db, ...(isNew && { isFresh: true as const }) }
    } catch (error) {
      if (error instanceof LanchatError) throw error
      if (levelCodeOf(error) === 'LEVEL_LOCKED') {
        throw new LanchatError('DATA_DIR_IN_USE', refusalText('DATA_DIR_IN_USE', { dir }), { cause: error })
      }
      // Such an error may be of want of room, which opening needs more of than what follows.
      if (levelCodeOf(error) === 'LEVEL_IO_ERROR') await probeRoom(dir)
      else await refuseUnlessWritable(dir)
      why = (await isGone(dir)) ? 'missing' : (levelCodeOf(error) ?? 'unreadable')
    }
  }
  const movedAside = await moveAside(dir)
  await noteDamage(movedAside, {
    since: Date.now(),
    why,
    state: 'waiting',
    tries: 0,
    events: 0,
    tombstones: 0,
  })
  await rm(mark, { force: true })
  await rm(unchecked, { force: true })
  await mkdir(dir, { recursive: true, mode: 0o700 })
  const db = await open(dir, true).catch((cause) => {
    throw unwritable(dir, cause)
  })
  await leaveMark(dir, mark, db)
  return { db, movedAside, why, isFresh: true }
}

/** Each is mapped into memory while it is open: all of a large store would count as memory. LevelDB takes no less. */
const OPEN_FILES_MAX = 74
export const FILE_BYTES_MAX = 1024 * 1024
/** Of blocks unpacked. Little is read twice soon but what was read just now. */
const CACHE_BYTES = 4 * 1024 * 1024

async function open(dir: string, createIfMissing: boolean): Promise<Database> {
  const db = new Level<Uint8Array, Uint8Array>(dir, {
    keyEncoding: 'view',
    valueEncoding: 'view',
    createIfMissing,
    maxOpenFiles: OPEN_FILES_MAX,
    maxFileSize: FILE_BYTES_MAX,
    cacheSize: CACHE_BYTES,
  }) as unknown as Database
  await db.open()
  return db
}

async function leaveMark(dir: string, mark: string, db: Database): Promise<void> {
  try {
    await writeFileSafely(mark, MARK)
  } catch (cause) {
    await db.close().catch(() => {})
    throw unwritable(dir, cause)
  }
}

/** Throws where the disk is full or not writable: then it is to blame, and not what lies in the folder. */
const refuseUnlessWritable = (dir: string) =>
  probeWritable(dir, PROBE_BYTES).catch((cause) => {
    throw unwritable(dir, cause)
  })

async function moveAside(dir: string): Promise<string> {
  const prefix = basename(damagedPrefix(dir))
  const taken = (await readdir(dirname(dir)))
    .filter((name) => name.startsWith(prefix))
    .map((name) => Number.parseInt(name.slice(prefix.length), 10) || 0)
  const aside = `${damagedPrefix(dir)}${Math.max(0, ...taken) + 1}`
  await rename(dir, aside).catch((cause) => {
    throw unwritable(dir, cause)
  })
  return aside
}

/** Rejects with LanchatError DATA_DIR_UNWRITABLE where a database in this folder could not be opened for want of room. */
export async function probeRoom(dir: string): Promise<void> {
  try {
    await mkdir(dir, { recursive: true, mode: 0o700 })
    await probeWritable(dir, OPENING_BYTES)
  } catch (cause) {
    throw unwritable(dir, cause)
  }
}

/** Is there no database in this folder (any more)? */
export const isGone = async (dir: string) => !(await exists(join(dir, 'CURRENT')))

const exists = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  )

/** The code of LevelDB's own complaint, which classic-level keeps as the cause of a failed open. */
export function levelCodeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined
  return levelCodeOf(error.cause) ?? code
}

/** True for what the disk or the files are to blame for, rather than a use of a closed handle. */
export const isDiskError = (error: unknown): boolean =>
  levelCodeOf(error) === 'LEVEL_CORRUPTION' || levelCodeOf(error) === 'LEVEL_IO_ERROR'
