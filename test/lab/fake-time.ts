/** libfaketime, which sets the clock of a process. */
import { run } from './net.ts'

/** Its names are made of process ids, and a process that was killed leaves them behind: the next id is free. */
const TRIES_MAX = 50

let found: string | undefined

/** The path to preload; its command would stand between us and the process's signals. Throws where it is not installed. */
export function fakeTimeLibrary(): string {
  for (let tries = 1; found === undefined; tries++)
    try {
      found = run('faketime', ['-f', '+0', 'printenv', 'LD_PRELOAD']).trim()
    } catch (error) {
      if (tries === TRIES_MAX || !String(error).includes('File exists')) throw error
    }
  return found
}
