/** Names given out a moment ago: two people who create one room name at once do not both get it (rule LV-8). */
import type { PersonKey } from '../wire/ids.ts'

/** Long enough for the create to arrive, short enough that a lost one blocks nobody. */
const HELD_MS = 5000

export class ReservedNames {
  readonly #held = new Map<string, { by: PersonKey; until: number }>()

  /** name: its skeleton. False where somebody else was given this name just now. */
  reserve(name: string, by: PersonKey, now: number): boolean {
    // Those given out last lie last.
    for (const [other, { until }] of this.#held) {
      if (until > now) break
      this.#held.delete(other)
    }
    const held = this.#held.get(name)
    if (held && held.by !== by) return false
    this.#held.delete(name)
    this.#held.set(name, { by, until: now + HELD_MS })
    return true
  }
}
