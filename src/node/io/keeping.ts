/**
 * What a node keeps in its data dir: the identity and the store. Where the folder cannot be written, the node lives in
 * memory for this run, under the identity that lies there; where none does, as somebody new until the end.
 */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { LanchatError } from '../lanchat-error.ts'
import { openDataDir, storeFolder } from './data-dir.ts'
import { loadIdentity, readKeptIdentity } from './identity-file.ts'
import { type LevelStore, type Opened, openLevelStore } from './level-store.ts'
import { codeOf } from './safe-file.ts'

export interface Keeping {
  readonly dir: string
  /** Why nothing can be kept; undefined: it can. */
  fault: LanchatError | undefined
  /** The identity is of this run alone. */
  isNobody: boolean
}

/** Makes the folder. Rejects with LanchatError DATA_DIR_UNWRITABLE only where its path can be no folder. */
export async function openKeeping(dir: string): Promise<Keeping> {
  const keeping: Keeping = { dir, fault: undefined, isNobody: false }
  await orInMemory(keeping, () => openDataDir(dir))
  return keeping
}

/** Rejects with LanchatError IDENTITY_INVALID: a damaged identity is never replaced. */
export async function seedOf(keeping: Keeping): Promise<Uint8Array> {
  const { dir } = keeping
  const made = keeping.fault ? undefined : await orInMemory(keeping, () => loadIdentity(dir))
  if (made) return made.seed
  const kept = await readKeptIdentity(dir)
  keeping.isNobody = kept === undefined
  return kept ?? new Uint8Array(randomBytes(32))
}

/** undefined: there is no disk for this run. Rejects with LanchatError DATA_DIR_IN_USE. */
export async function diskOf(
  keeping: Keeping,
  net: string,
): Promise<{ readonly store: LevelStore; readonly opened: Opened } | undefined> {
  if (keeping.fault) return undefined
  const folder = await storeOf(keeping.dir, net)
  return orInMemory(keeping, async () => {
    const { store, ...opened } = await openLevelStore(folder)
    return { store, opened }
  })
}

/** Where the store of a network lies in a data dir. */
export const storeOf = async (dir: string, net: string): Promise<string> => join(await storeFolder(dir), net)

/** What happened, why, and what to do. undefined: everything is kept. */
export function keepingSentence({ dir, fault, isNobody }: Keeping): string | undefined {
  if (!fault) return undefined
  const code = codeOf(fault.cause) ?? 'unknown'
  const why = WHY[code] ?? `it cannot be written (${code})`
  const who = isNobody ? ', and as no identity lies there you are somebody new for this run' : ''
  const todo = code === 'ENOSPC' ? 'Free some space' : 'Make it writable'
  return `Nothing can be kept in the data directory ${dir}: ${why}. Messages stay in memory and are forgotten at the end${who}. ${todo}, or choose another with --data-dir, and start again.`
}

const WHY: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full (ENOSPC)',
  EDQUOT: 'your share of the disk is used up (EDQUOT)',
  EROFS: 'the disk is read-only (EROFS)',
  EACCES: 'it belongs to somebody else (EACCES)',
  EPERM: 'it may not be written (EPERM)',
}

/** A path that is no folder is a mistake in writing it, not a state of the disk. */
const MISTAKES = ['ENOTDIR', 'EEXIST', 'ENAMETOOLONG', 'ELOOP']

async function orInMemory<T>(keeping: Keeping, open: () => Promise<T>): Promise<T | undefined> {
  try {
    return await open()
  } catch (error) {
    const isUnwritable = error instanceof LanchatError && error.code === 'DATA_DIR_UNWRITABLE'
    if (!isUnwritable || MISTAKES.includes(codeOf(error.cause) ?? '')) throw error
    keeping.fault = error
    return undefined
  }
}
