/**
 * Steps: one person's comings and goings in a room, or their names, which need no voice for them. Ten are told in a minute; of
 * more the last, once the minute is over, so that nobody stays shown as here who is gone. Pure: times are monotonic ms.
 *
 *   may -> told, or waiting -> (the minute is over) -> due
 */
import type { Event } from '../../wire/event.ts'

/** Of one kind of step so many are told in this time. */
const STEPS_MS = 60_000
const STEPS_MAX = 10
/** Of so many is remembered how often; of more all are told. */
const STEPPING_MAX = 4096

interface Step {
  /** When the first of this minute was told. */
  readonly at: number
  told: number
  /** As people were told last. */
  is: string
  waiting?: Event
}

/** What was not told, and what people were told last of the same. */
export interface LateStep {
  readonly event: Event
  readonly was: string
}

export class Steps {
  /** By what is stepped; the minute that began first lies first. */
  readonly #steps = new Map<string, Step>()

  /** Is this told now? what: of whom and where; is: how things are by it. */
  may(what: string, event: Event, is: string, now: number): boolean {
    const step = this.#steps.get(what) ?? { at: now, told: 0, is }
    if (this.#steps.size < STEPPING_MAX) this.#steps.set(what, step)
    if (step.told >= STEPS_MAX) {
      step.waiting = event
      return false
    }
    step.told++
    step.is = is
    return true
  }

  /** The last of what was not told in minutes that are over. */
  takeDue(now: number): LateStep[] {
    const late: LateStep[] = []
    for (const [what, { at, is, waiting }] of this.#steps) {
      if (now - at < STEPS_MS) break
      this.#steps.delete(what)
      if (waiting) late.push({ event: waiting, was: is })
    }
    return late
  }
}
