/** One round of one nemesis: writing goes on all the time; then heal, quiet, check of everything so far. */

import { seeded } from '../../seeded.ts'
import type { Arena } from './arena.ts'
import { keep } from './keep.ts'
import type { Nemesis } from './nemesis.ts'

/** Returns what the checker finds. holdMs: how long the harm lasts; default the shortest that this nemesis likes. */
export async function round(
  arena: Arena,
  nemesis: Nemesis,
  { seed = 1, holdMs = nemesis.lastsMs[0] }: { readonly seed?: number; readonly holdMs?: number } = {},
): Promise<string[]> {
  const plan = nemesis.plan(arena, seeded(seed))
  if (!plan) throw new TypeError(`${nemesis.name} has nothing to harm here`)
  arena.startWriting()
  try {
    await lasting(500)
    arena.log(plan.about)
    await plan.start()
    await lasting(holdMs)
    await plan.stop()
    await lasting(500)
  } finally {
    arena.stopWriting()
  }
  const known = new Set(arena.anomalies().map(({ about }) => about))
  const tookMs = await arena.rest(90_000)
  arena.log(`${plan.about}: quiet after ${tookMs} ms`)
  // What an earlier round broke is told by that one.
  const found = arena.anomalies().filter(({ about }) => !known.has(about))
  if (found.length === 0) return []
  const told = found.map(({ kind, atMs, about }) => `${kind} at ${atMs}: ${about}`)
  return [plan.about, ...told, `histories: ${keep(arena, nemesis.name.replaceAll(/\W+/g, '-'))}`]
}

/** For it.each: names and nemeses. */
export const named = (...nemeses: readonly Nemesis[]) =>
  nemeses.map((nemesis) => [nemesis.name, nemesis] as const)

/** How long a harm lasts is part of it: nothing here is waited for. */
export const lasting = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))
