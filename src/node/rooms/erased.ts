/**
 * What a person deleted from another of their devices than the one that wrote it (rule RM-24). The signature that takes a body
 * from the disks is the writing device's alone; until it gives it, the word of any of them, within its cuts, hides the message.
 */
import { type EventId, eventId, type PersonKey } from '../../wire/ids.ts'

/** By whom an event was deleted so: it counts for what is theirs. */
export type Erased = ReadonlyMap<EventId, ReadonlySet<PersonKey>>

export class Erasures {
  readonly #by = new Map<EventId, Set<PersonKey>>()

  /** targets: ids of 32 bytes each. */
  add(by: PersonKey, targets: Uint8Array): void {
    for (let at = 0; at + 32 <= targets.length; at += 32) {
      const id = eventId(targets, at)
      const persons = this.#by.get(id)
      if (persons) persons.add(by)
      else this.#by.set(id, new Set([by]))
    }
  }

  get erased(): Erased {
    return this.#by
  }
}

export const NOTHING_ERASED: Erased = new Map()
