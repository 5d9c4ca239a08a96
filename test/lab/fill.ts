import { closeSync, openSync, writeSync } from 'node:fs'

/** Writes until there is no space left. */
export function fill(file: string): void {
  const handle = openSync(file, 'w')
  for (const size of [1 << 20, 4096, 1]) {
    const block = Buffer.alloc(size)
    try {
      for (;;) writeSync(handle, block)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
    }
  }
  closeSync(handle)
}
