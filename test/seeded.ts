/** A seeded source of chance: mulberry32. The same seed gives the same run. */

/** [0, 1). */
export type Random = () => number

export function seeded(seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Whole numbers from 0 to below a bound. */
export function numbersFrom(seed: number): (below: number) => number {
  const random = seeded(seed)
  return (below) => (random() * 2 ** 32) % below
}
