/**
 * Logs that LevelDB has left for the next one: when its table in memory is full it begins another log and closes the one
 * before without a sync (`DBImpl::MakeRoomForWrite`), so a later write with sync makes only its own log durable. What the left
 * one holds is durable by a table soon, and then the log is gone; until then a power loss would take it.
 */
import { open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { codeOf } from './system-error.ts'

const LOG = /^\d+\.log$/

/** Syncs every log in the folder of a database but the last; returns their names. Rejects where the disk cannot. */
export async function syncLeftLogs(folder: string): Promise<string[]> {
  const synced: string[] = []
  for (const name of (await logsIn(folder)).slice(0, -1))
    if (await isSynced(join(folder, name))) synced.push(name)
  return synced
}

/** The one that is written to; undefined: there is none. Rejects where the folder cannot be read. */
export const newestLog = async (folder: string): Promise<string | undefined> => (await logsIn(folder)).at(-1)

async function logsIn(folder: string): Promise<string[]> {
  const logs = (await readdir(folder)).filter((name) => LOG.test(name))
  return logs.sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10))
}

/** False where it is gone: a table has it all. */
async function isSynced(path: string): Promise<boolean> {
  try {
    const log = await open(path, 'r+')
    try {
      await log.datasync()
    } finally {
      await log.close()
    }
    return true
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false
    throw error
  }
}
