/**
 * Room in LevelDB's log ahead of what it writes. A sync of a file that has grown makes the file system write down where it lies
 * and how long it is now, which takes more CPU than the sync itself and as much time again; where a log is zeros already, and
 * LevelDB writes over them, it does not. LevelDB reads zeros behind the last record as the end of the log, since it once made such
 * room itself (log_reader.cc, kZeroType), and writes where it stands, wherever the file ends.
 *
 * Zeros are appended, while nothing is written to the database: so never over what LevelDB wrote, nor over what another process
 * has written there, should the folder have been deleted and made anew by one.
 *
 * On ext2 to ext4 alone, as it was measured there: others write nowhere in place (btrfs, ZFS), or have nothing to sync (tmpfs).
 */
import { constants } from 'node:fs'
import { open, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { newestLog } from './left-logs.ts'

/** Some 35 commits of a busy hub, or 800 single messages; written and synced in 1 to 3 ms. */
const ROOM_BYTES = 512 * 1024
/** Groups with sync before there is any: for who only looks in and goes again it is not worth it. */
const WORTH_GROUPS = 8
/** statfs(2), EXT4_SUPER_MAGIC. */
const EXT = 0xef53

export class LogRoom {
  readonly #folder: string
  #syncedGroups = 0
  /** By what LevelDB was given: less than 0 is no more than a slower sync. */
  #leftBytes = 0
  #making: Promise<void> | undefined

  constructor(folder: string) {
    this.#folder = folder
  }

  /** Until it resolves nothing may be written to the database, nor another be opened; undefined: now. Never rejects. */
  get making(): Promise<void> | undefined {
    return this.#making
  }

  /** A group of so many bytes was written, and no other is being written: where little room is left, more is made. */
  written(bytes: number, sync: boolean): void {
    this.#leftBytes -= bytes
    if (sync) this.#syncedGroups++
    if (!sync || this.#leftBytes > 0 || this.#syncedGroups < WORTH_GROUPS) return
    if (process.platform !== 'linux' || this.#making) return
    this.#leftBytes = ROOM_BYTES
    // Without it, as on a full disk, LevelDB makes its log longer itself, or says that it cannot.
    this.#making = makeRoom(this.#folder)
      .catch(() => {})
      .then(() => {
        this.#making = undefined
      })
  }
}

async function makeRoom(folder: string): Promise<void> {
  if ((await statfs(folder)).type !== EXT) return
  const name = await newestLog(folder)
  if (name === undefined) return
  // Without O_CREAT: one that is gone stays gone.
  const log = await open(join(folder, name), constants.O_WRONLY | constants.O_APPEND)
  try {
    await log.write(Buffer.alloc(ROOM_BYTES))
    await log.datasync()
  } finally {
    await log.close()
  }
}
