/** Reading the lines that the core asks for, over a disk that may fail or be opened anew meanwhile. */
import type { Core } from '../core.ts'
import type { CoreEffect, RoomLine } from '../core-io.ts'
import type { ResilientStore } from './resilient-store.ts'
import { whyOf } from './system-error.ts'

/** A disk that is opened anew during each of so many readings is one that fails. */
const TRIES_MAX = 3

export interface LineReadingPorts {
  readonly core: Pick<Core, 'readLines'>
  readonly store: Pick<ResilientStore, 'unread' | 'handles' | 'sees'>
  log(level: 'error', text: string): void
}

/** fault: why some of them could not be read. */
export interface LinesRead {
  readonly lines: readonly RoomLine[]
  readonly fault?: string
}

/**
 * Where the disk fails meanwhile, texts that it refused are missing among the lines. Once it is opened anew they are read
 * again; not those of an export, since an empty database may have taken its place, and few lines would be all there are.
 */
export async function readLines(
  { core, store, log }: LineReadingPorts,
  { rooms, count, which }: Extract<CoreEffect, { do: 'lines' }>,
): Promise<LinesRead> {
  const fault = (error: unknown) => {
    log('error', `history could not be read: ${String(error)}`)
    return { fault: whyOf((error as Error | undefined)?.cause ?? error) }
  }
  for (let tries = 1; ; tries++) {
    const { unread, handles } = store
    const read = await core.readLines(rooms, count, which).then(
      (lines) => ({ lines, ...(store.unread > unread && fault('it fails')) }),
      (error: unknown): LinesRead => ({ lines: [], ...fault(error) }),
    )
    if (read.fault === undefined || tries === TRIES_MAX || ('signed' in which && which.signed)) return read
    await store.sees()
    if (store.handles === handles) return read
  }
}
