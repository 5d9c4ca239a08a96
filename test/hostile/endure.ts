/** A flood endured: how long those served meanwhile wait, and what more the process holds that it goes to. */
import { performance } from 'node:perf_hooks'
import type { Held } from '../lab/held.ts'

export interface Flood {
  /** The process that it goes to. */
  readonly held: Held
  /** Something is asked of it by somebody else. Resolves with how long that took, ms. */
  ask(): Promise<number>
  /** Resolves once all of it is handed to the system. */
  send(): Promise<void>
  /** All of it is taken, or refused. */
  taken(): Promise<unknown>
}

export interface Endured {
  readonly ms: number
  /** Questions asked meanwhile, at least one, and the longest that one took, ms. */
  readonly asked: number
  readonly slowest: number
  /** MiB, with all of it sent or all of it taken, whichever is more. */
  readonly grown: number
}

/** Asks again and again until all is taken. */
export async function endure({ held, ask, send, taken }: Flood): Promise<Endured> {
  const before = await held.mib()
  const at = performance.now()
  let isOver = false
  let asked = 0
  let slowest = 0
  let most = 0
  const goOn = async () => {
    do {
      slowest = Math.max(slowest, await ask())
      asked++
    } while (!isOver)
  }
  const flood = async () => {
    await send()
    most = await held.mib()
    await taken()
    isOver = true
  }
  await Promise.all([goOn(), flood()])
  const ms = performance.now() - at
  return { ms, asked, slowest, grown: Math.max(most, await held.mib()) - before }
}
