/** The data directory: can it be written, and who has it? */
import { stat, statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import { ownerOf } from '../control.ts'
import { probeWritable } from '../safe-file.ts'
import { codeOf } from '../system-error.ts'
import { type Finding, fail, pass, skip, warn } from './check.ts'

/** Below this LevelDB soon cannot write: its log alone has 4 MiB. */
export const FREE_BYTES_FAIL = 16 * 2 ** 20
const FREE_BYTES_WARN = 100 * 2 ** 20

export interface DataDirState {
  readonly dir: string
  /** The system's code where it cannot be looked at or written; ENOENT: it is not there. */
  readonly fault: string | undefined
  /** The process that has it. */
  readonly owner: number | undefined
  readonly freeBytes: number | undefined
}

/** Writes one file and takes it away again. */
export async function askDataDir(dir: string): Promise<DataDirState> {
  const isThere = await stat(dir).catch((error: unknown) => codeOf(error) ?? 'unknown')
  const fault =
    typeof isThere === 'string'
      ? isThere
      : await probeWritable(dir).then(
          () => undefined,
          (error: unknown) => codeOf(error) ?? 'unknown',
        )
  const owner = fault === 'ENOENT' ? undefined : await ownerOf(dir)
  return { dir, fault, owner, freeBytes: await freeBytes(dir) }
}

/** answers: the owner told of itself when asked. */
export function judgeDataDir({ dir, fault, owner }: DataDirState, answers: boolean): Finding {
  if (fault === 'ENOENT') return pass(`${dir} is made at the first start.`)
  if (fault === 'ENOSPC')
    return fail(`The disk of ${dir} is full: messages are kept in memory only.`, 'Free some space.')
  if (fault !== undefined)
    return fail(
      `${dir} cannot be written (${fault}): messages are kept in memory only.`,
      process.platform === 'win32' || fault === 'EROFS'
        ? 'Choose another place: lanchat --data-dir DIR'
        : `Make it yours (sudo chown -R "$(id -u)" ${quoted(dir)}), or choose another place: lanchat --data-dir DIR`,
    )
  if (owner !== undefined && !answers)
    return warn(
      `Process ${owner} has ${dir} but does not answer: it is stopped, or busy.`,
      `If it was stopped with Ctrl-Z, type fg there or kill -CONT ${owner}; to end it: kill -KILL ${owner}`,
    )
  if (owner !== undefined) return pass(`${dir} is used by the lanchat running here (process ${owner}).`)
  return pass(`${dir} can be written, and no lanchat uses it now.`)
}

export function judgeSpace({ dir, freeBytes }: DataDirState): Finding {
  if (freeBytes === undefined) return skip('The system does not tell how much space is free.')
  const free = `${Math.floor(freeBytes / 2 ** 20)} MiB are free for ${dir}`
  if (freeBytes < FREE_BYTES_FAIL)
    return fail(`Only ${free}: soon messages are kept in memory only.`, 'Free some space.')
  if (freeBytes < FREE_BYTES_WARN) return warn(`Only ${free}.`, 'Free some space.')
  return pass(`${free}.`)
}

/** Of the folder, or of the nearest one above it that exists. */
async function freeBytes(dir: string): Promise<number | undefined> {
  for (let at = dir; ; at = dirname(at)) {
    const space = await statfs(at).catch(() => undefined)
    if (space) return space.bavail * space.bsize
    if (dirname(at) === at) return undefined
  }
}

const quoted = (path: string) => (/^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`)
