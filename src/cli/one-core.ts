/**
 * Where this process has one core, as on the smallest machines or by its scheduler's affinity, V8's helpers that collect garbage
 * beside the program take that core from it, and the program waits for them: there it collects in its own thread.
 */
import { availableParallelism } from 'node:os'
import { setFlagsFromString } from 'node:v8'

const BESIDE = ['parallel-scavenge', 'concurrent-marking', 'concurrent-sweeping']

/** From now on, for this process. */
export function collectInOwnThread(cores = availableParallelism()): void {
  if (cores === 1) for (const what of BESIDE) setFlagsFromString(`--no-${what}`)
}
