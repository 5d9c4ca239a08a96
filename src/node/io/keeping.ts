/**
 * What a node keeps in its data dir: the identity and the store. Where the folder cannot be written at the start, the node
 * lives in memory under the identity that lies there, over a view of the store, until it can be written; where no identity
 * lies there, as somebody new until the end.
 */
import { randomBytes } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { LanchatError } from '../lanchat-error.ts'
import { openDataDir, storeFolder } from './data-dir.ts'
import { loadIdentity, readKeptIdentity } from './identity-file.ts'
import { isGone } from './level-database.ts'
import { LevelStore, type Opened, openLevelStore } from './level-store.ts'
import { markOf, refuseNewer } from './store-format.ts'
import { openStoreView, removeLeftViews, type StoreView } from './store-view.ts'
import { codeOf } from './system-error.ts'

export interface Keeping {
  readonly dir: string
  /** Why nothing can be kept; undefined: it can. */
  fault: LanchatError | undefined
  /** The identity is of this run alone. */
  isNobody: boolean
  /** What lies in a store that cannot be written. shown: it is read. unseen: it cannot be read either. */
  kept?: 'shown' | 'nothing' | 'unseen'
}

/** The store on disk; unopened: there is no room to open it yet. */
export interface KeptStore {
  readonly store: LevelStore
  readonly opened: Opened
  readonly unopened?: { readonly view: StoreView | undefined }
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

/** undefined: there is no disk for this run. Rejects with LanchatError DATA_DIR_IN_USE, STORE_NEWER. */
export async function diskOf(keeping: Keeping, net: string): Promise<KeptStore | undefined> {
  const folder = await storeOf(keeping.dir, net)
  await refuseNewer(folder)
  const open = async () => {
    const { store, ...opened } = await openLevelStore(folder)
    return { store, opened }
  }
  const left = removeLeftViews(folder)
  const disk = keeping.fault ? undefined : await orInMemory(keeping, open)
  // Nobody's messages must not get into the store of somebody.
  if (disk || keeping.isNobody) return disk
  await left
  return viewed(keeping, folder)
}

/** What is not read must not be written to either: what is pulled anew meanwhile would lie over it. */
async function viewed(keeping: Keeping, folder: string): Promise<KeptStore | undefined> {
  const store = new LevelStore(folder, {})
  const wasMade = await stat(markOf(folder)).catch((error) => codeOf(error) !== 'ENOENT')
  if (!wasMade && (await isGone(folder))) {
    keeping.kept = 'nothing'
    return { store, opened: {}, unopened: { view: undefined } }
  }
  const view = await openStoreView(folder).catch(() => undefined)
  keeping.kept = view ? 'shown' : 'unseen'
  return view && { store, opened: {}, unopened: { view } }
}

/** Where the store of a network lies in a data dir. */
export const storeOf = async (dir: string, net: string): Promise<string> => join(await storeFolder(dir), net)

/** What happened, why, and what to do. undefined: everything is kept. */
export function keepingSentence(keeping: Keeping): string | undefined {
  const { dir, fault, isNobody, kept } = keeping
  if (!fault) return undefined
  const why = whyNotKept(keeping)
  const code = codeOf(fault.cause)
  if (kept === 'shown' || kept === 'nothing') {
    const shown = kept === 'shown' ? 'What was stored before is shown, and new messages' : 'Messages'
    const todo = code === 'ENOSPC' ? 'Free some space' : 'Make it writable'
    return `Nothing can be kept in the data directory ${dir}: ${why}. ${shown} stay in memory until it can be written. ${todo} before lanchat ends: it goes on by itself then.`
  }
  const unseen = kept === 'unseen' ? ' What was stored before cannot be read now either.' : ''
  const who = isNobody ? ', and as no identity lies there you are somebody new for this run' : ''
  const todo = code === 'ENOSPC' ? 'Free some space' : 'Make it writable'
  return `Nothing can be kept in the data directory ${dir}: ${why}.${unseen} Messages stay in memory and are forgotten at the end${who}. ${todo}, or choose another with --data-dir, and start again.`
}

/** Why it cannot be written, for people. fault: set. */
export function whyNotKept({ fault }: Keeping): string {
  const code = codeOf(fault?.cause) ?? 'unknown'
  return WHY[code] ?? `it cannot be written (${code})`
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
