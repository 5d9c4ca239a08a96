/** Choices that the data simulator makes with seeded chance. */
import type { Random } from '../seeded.ts'

/** A whole number in [from, to]. */
export const between = (random: Random, from: number, to: number) =>
  from + Math.floor(random() * (to - from + 1))

export const pick = <T>(random: Random, list: readonly T[]): T | undefined =>
  list[Math.floor(random() * list.length)]

/** One of the names, each as likely as its weight. */
export function weighted<K extends string>(random: Random, weights: Readonly<Record<K, number>>): K {
  const entries = Object.entries(weights) as [K, number][]
  let at = random() * entries.reduce((sum, [, weight]) => sum + weight, 0)
  for (const [name, weight] of entries) {
    at -= weight
    if (at < 0) return name
  }
  return entries[0]![0]
}
