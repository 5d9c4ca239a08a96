/** One round of one nemesis: writing goes on all the time; then heal, quiet, check of everything so far. */
import type { Arena } from './arena.ts'
import { keep } from './keep.ts'
import type { Nemesis } from './nemesis.ts'

/** Numbers in [0, 1) from a seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

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
  const tookMs = await arena.rest(40_000)
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
