/** A file that people name to have it taken whole: a picture. */
import { constants } from 'node:fs'
import { type FileHandle, open, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** The file that a line of the chat means, where no shell has seen it: in quotes or not, ~/ being the home. */
export function typedPath(typed: string, home: () => string = homedir): string {
  const [, , quoted] = /^(["'])(.+)\1$/su.exec(typed) ?? []
  if (quoted !== undefined) return quoted
  return /^~[\\/]/u.test(typed) ? join(home(), typed.slice(2)) : typed
}

/**
 * The bytes of a file; one more than `max` where it has more. Rejects with what fs says, or because it is no file: a pipe or a
 * device may never give an end, nor may whoever waits for it be ended by a signal.
 */
export async function readWholeFile(path: string, max: number): Promise<Uint8Array> {
  // Looked at before it is opened: opening alone does something to some devices.
  if (!(await stat(path)).isFile()) throw noFile()
  // And again: it may be another one by now, and is not to be waited for.
  const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
  try {
    if (!(await file.stat()).isFile()) throw noFile()
    return await firstBytes(file, max + 1)
  } finally {
    await file.close()
  }
}

/** Of what the system makes up some files are read in whole entries only. */
const STEP = 4096

/** Whatever its size is said to be: it may grow meanwhile, and some that the system makes up have none and no end. */
async function firstBytes(file: FileHandle, max: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(Math.ceil(max / STEP) * STEP)
  let length = 0
  for (let read = -1; read !== 0 && length < max; length += read)
    read = (await file.read(bytes, length, bytes.length - length)).bytesRead
  return bytes.slice(0, Math.min(length, max))
}

const noFile = () => new Error('it is no file')
