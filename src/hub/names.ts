/** Names given out a moment ago: two people who create one room name at once do not both get it (rule LV-8). */
import type { PersonKey } from '../wire/ids.ts'

/** Long enough for the create to arrive, short enough that a lost one blocks nobody. */
const HELD_MS = 5000

export class ReservedNames {
  readonly #held = new Map<string, { by: PersonKey; until: number }>()

  /** False where somebody else was given this name (its skeleton) just now. */
  reserve(name: string, by: PersonKey, now: number): boolean {
    for (const [other, { until }] of this.#held) if (until <= now) this.#held.delete(other)
    const held = this.#held.get(name)
    if (held && held.by !== by) return false
    this.#held.set(name, { by, until: now + HELD_MS })
    return true
  }
}
