/** The least of a disk that syncs: a file that is there already, written over round and round, one synced write for all that came meanwhile. */
import { constants, fsyncSync, openSync, write, writeSync } from 'node:fs'

/** Written once at the start, so that a synced write changes nothing but these bytes. */
const FILE_BYTES = 64 * 1024 * 1024
const STAGED_BYTES = 1024 * 1024

export class FloorJournal<Entry> {
  readonly #fd: number
  readonly #stored: (entries: readonly Entry[]) => void
  #staged = Buffer.allocUnsafeSlow(STAGED_BYTES)
  #spare = Buffer.allocUnsafeSlow(STAGED_BYTES)
  #used = 0
  #entries: Entry[] = []
  #at = 0
  #isWriting = false

  /** stored: told what is on the disk now. */
  constructor(path: string, stored: (entries: readonly Entry[]) => void) {
    this.#stored = stored
    const fd = openSync(path, 'w')
    const zeros = Buffer.alloc(STAGED_BYTES)
    for (let at = 0; at < FILE_BYTES; at += STAGED_BYTES) writeSync(fd, zeros)
    fsyncSync(fd)
    this.#fd = openSync(path, constants.O_WRONLY | constants.O_DSYNC)
  }

  add(entry: Entry, bytes: Buffer): void {
    const needed = this.#used + bytes.length
    if (needed > this.#staged.length) this.#staged = Buffer.concat([this.#staged], 2 * needed)
    this.#used += bytes.copy(this.#staged, this.#used)
    this.#entries.push(entry)
  }

  /** What is there goes, unless something is on its way: then it goes behind that. */
  commit(): void {
    if (this.#isWriting || this.#used === 0) return
    this.#isWriting = true
    const [bytes, length, entries] = [this.#staged, this.#used, this.#entries]
    this.#staged = this.#spare
    this.#spare = bytes
    this.#used = 0
    this.#entries = []
    if (this.#at + length > FILE_BYTES) this.#at = 0
    write(this.#fd, bytes, 0, length, this.#at, (error) => {
      if (error) throw error
      this.#isWriting = false
      this.#at += length
      this.#stored(entries)
      this.commit()
    })
  }
}
