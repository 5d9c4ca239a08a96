/** libfaketime, which sets the clock of a process. */
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { isAlive, run } from './net.ts'

const SHARED = '/dev/shm'

let found: string | undefined

/** The path to preload; its command would stand between us and the process's signals. Throws where it is not installed. */
export function fakeTimeLibrary(): string {
  removeLeft()
  found ??= run('faketime', ['-f', '+0', 'printenv', 'LD_PRELOAD']).trim()
  return found
}

/**
 * What a process that was killed shared under its id: the next one with that id would find the name taken, and end before it
 * has begun.
 */
function removeLeft(): void {
  for (const name of readdirSync(SHARED)) {
    const pid = /^(?:faketime_shm_|sem\.faketime_sem_)([0-9]+)$/.exec(name)?.[1]
    if (pid !== undefined && !isAlive(Number(pid))) rmSync(join(SHARED, name), { force: true })
  }
}
