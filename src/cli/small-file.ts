/** Files of a few words that people name: a code, a passphrase, an invitation, the config. */
import { closeSync, openSync, readSync } from 'node:fs'

/** Far more than any of them has. */
const BYTES_MAX = 64 * 1024

/**
 * The text of a file, or what comes out of a pipe in its place (`--code-file <(pass show class)`). Throws as fs does; with code
 * EFBIG where there is more than 64 KiB: a device in its place may never end.
 */
export function readSmallFile(file: string): string {
  const fd = openSync(file, 'r')
  try {
    const bytes = Buffer.alloc(BYTES_MAX + 1)
    let length = 0
    for (let read = -1; read !== 0 && length < bytes.length; length += read)
      read = readSync(fd, bytes, length, bytes.length - length, null)
    if (length > BYTES_MAX) throw Object.assign(new Error(`${file} is too large`), { code: 'EFBIG' })
    return bytes.toString('utf8', 0, length)
  } finally {
    closeSync(fd)
  }
}
