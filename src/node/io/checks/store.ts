/** The stored messages: do they open, and was anything found damaged before? Looked at only while no lanchat runs here, and left as they are. */
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { factKey } from '../../keys.ts'
import { claimDataDir } from '../control.ts'
import { damagedStores } from '../damaged-stores.ts'
import { levelCodeOf } from '../level-database.ts'
import { isNewer, markOf } from '../store-format.ts'
import { withStoreView } from '../store-view.ts'
import { type Finding, fail, pass, skip, warn } from './check.ts'

export interface StoreState {
  readonly folder: string
  /**
   * none: not made yet. busy: somebody has it. missing: its marker is there, and it is not. code: LevelDB's. unseen: no copy
   * to look into could be made, and why.
   */
  readonly opens:
    | 'yes'
    | 'none'
    | 'busy'
    | 'missing'
    | { readonly code: string }
    | { readonly newer: string }
    | { readonly unseen: string }
  /** Damaged ones that were moved aside. */
  readonly damaged: readonly string[]
  /** host:port of nodes once linked with. */
  readonly remembered: readonly string[]
}

export async function askStore(dir: string, folder: string, isRunning: boolean): Promise<StoreState> {
  const damaged = (await damagedStores(folder)).map((copy) => copy.folder)
  const state = { folder, damaged, remembered: [] }
  if (isRunning) return { ...state, opens: 'busy' }
  const [isMade, isThere] = await Promise.all([exists(markOf(folder)), exists(join(folder, 'CURRENT'))])
  if (!isMade && !isThere) return { ...state, opens: 'none' }
  if (!isThere) return { ...state, opens: 'missing' }
  // A lanchat that starts now waits for this claim, and may not find the database locked.
  const claimed = await claimDataDir(dir, true).catch(() => undefined)
  if (!claimed || 'inUse' in claimed) return { ...state, opens: 'busy' }
  try {
    const peers = await withStoreView(folder, async (view) => view.get(factKey('peers')))
    return { ...state, opens: 'yes', remembered: readPeers(peers) }
  } catch (error) {
    if (isNewer(error)) return { ...state, opens: { newer: error.message } }
    const code = levelCodeOf(error) ?? 'unknown'
    return { ...state, opens: /^E[A-Z]+$/.test(code) ? { unseen: code } : { code } }
  } finally {
    await claimed.claim.release()
  }
}

/** isFailing: what the lanchat running here says; undefined: none runs. */
export function judgeStore({ folder, opens, damaged }: StoreState, isFailing: boolean | undefined): Finding {
  if (isFailing)
    return fail(
      'The lanchat running here cannot write its messages and keeps them in memory.',
      'Free some space or make the data directory writable; it writes them by itself then.',
    )
  if (typeof opens === 'object' && 'unseen' in opens)
    return skip(`The stored messages in ${folder} cannot be looked at (${opens.unseen}).`)
  if (typeof opens === 'object' && 'newer' in opens)
    return fail(opens.newer, 'lanchat --version says which one this is.')
  if (opens === 'missing' || typeof opens === 'object')
    return fail(
      `The stored messages in ${folder} are damaged (${typeof opens === 'object' ? opens.code : 'files are missing'}).`,
      'Start lanchat while others are here: it moves the damaged files aside and fetches the messages from the others.',
    )
  const old = damaged.join(', ')
  if (old)
    return warn(
      `The stored messages were damaged once; what was there lies in ${old}. What could be read of it is brought back while lanchat runs.`,
      'lanchat doctor --store says how much came back. Delete it when nothing is missed.',
    )
  if (opens === 'none') return pass('Nothing is stored yet.')
  if (opens === 'busy' && isFailing === undefined)
    return skip('Somebody else has the stored messages open, so they are not looked at.')
  return pass(opens === 'yes' ? 'The stored messages open.' : 'The lanchat running here writes its messages.')
}

function readPeers(value: Uint8Array | undefined): string[] {
  try {
    const list: unknown = value && JSON.parse(Buffer.from(value).toString())
    return Array.isArray(list) ? list.filter((peer) => typeof peer === 'string') : []
  } catch {
    return []
  }
}

const exists = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  )
