/** Files that a call makes for people: whole or not there, whatever fails meanwhile. */
import { randomBytes } from 'node:crypto'
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { refusalText } from '../wire/refusal.ts'
import { OneShotError } from './one-shot.ts'
import { whyOf } from './system-error.ts'

/**
 * A file of this name where there was none, for its owner alone; it waits for its one text. Throws OneShotError FILE_EXISTS,
 * FILE_UNWRITABLE.
 */
export class FreshFile {
  readonly path: string
  readonly #fd: number

  constructor(path: string) {
    this.path = path
    try {
      this.#fd = openSync(path, 'wx', 0o600)
    } catch (error) {
      if (whyOf(error) !== 'EEXIST') throw unwritable(path, error)
      throw new OneShotError(
        'FILE_EXISTS',
        `${path} exists already and is left as it is. Please name another file.`,
      )
    }
  }

  /** Writes the text, to stay. Throws OneShotError FILE_UNWRITABLE; the file is gone then. */
  fill(text: string): void {
    try {
      writeWhole(this.#fd, text)
    } catch (error) {
      rmSync(this.path, { force: true })
      throw unwritable(this.path, error)
    }
  }

  /** Takes it away again: nothing comes that could stand in it. */
  discard(): void {
    closeSync(this.#fd)
    rmSync(this.path, { force: true })
  }
}

/** Puts a file of these bytes in the place of whatever has this name. Throws OneShotError FILE_UNWRITABLE; nothing is changed then. */
export function replaceFile(path: string, bytes: Uint8Array): void {
  // A name that nobody can know before: in a folder that others write to, a link of theirs could lie under it.
  const temporary = `${path}.${randomBytes(6).toString('hex')}.part`
  try {
    const fd = openSync(temporary, 'wx')
    try {
      writeWhole(fd, bytes)
      renameSync(temporary, path)
    } catch (error) {
      rmSync(temporary, { force: true })
      throw error
    }
  } catch (error) {
    throw unwritable(path, error)
  }
}

/** Closes it too. */
function writeWhole(fd: number, data: string | Uint8Array): void {
  try {
    writeFileSync(fd, data)
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

/** The refusal for a file that cannot be written, with the system's reason. */
export const unwritable = (file: string, error: unknown): OneShotError =>
  new OneShotError('FILE_UNWRITABLE', refusalText('FILE_UNWRITABLE', { file, why: whyOf(error) }))
