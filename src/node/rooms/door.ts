/** The door of a network with an owner: who is let in, who waits, who was expelled (rules RM-20, RM-21, RM-23). */
import type { PersonKey } from '../../wire/ids.ts'
import type { Codes } from './codes.ts'
import type { Devices } from './devices.ts'

/**
 * waiting: has the code, and no admin's word yet. expelled: a ban of the whole network counts on them. removed: a device
 * that its person unlinked. outdated: came in by a code that was replaced, and nobody has given them a newer one.
 */
export type Admission = 'member' | 'waiting' | 'expelled' | 'removed' | 'outdated'

export interface DoorFacts {
  readonly codes: Codes
  /** Whom the setting that counts lists, while only members are let in; undefined: whoever has the code is in. */
  readonly listed: ReadonlySet<PersonKey> | undefined
  /** Named by an admit that counts. */
  readonly admitted: ReadonlySet<PersonKey>
  readonly expelled: ReadonlySet<PersonKey>
  readonly devices: Devices
  /** The owner, and whoever was made an admin: they are in whatever the list says. */
  readonly isAdmin: (person: PersonKey) => boolean
}

export class Door {
  readonly #facts: DoorFacts

  constructor(facts: DoorFacts) {
    this.#facts = facts
  }

  /** Are only members let in? */
  get isKept(): boolean {
    return this.#facts.listed !== undefined
  }

  /** Of whoever's device this key is. */
  admission(key: PersonKey): Admission {
    const { codes, listed, admitted, expelled, devices, isAdmin } = this.#facts
    if (devices.isRemoved(key)) return 'removed'
    const person = devices.personOf(key)
    if (expelled.has(person)) return 'expelled'
    if (admitted.has(person) || isAdmin(person)) return 'member'
    if (!codes.isIn(person)) return 'outdated'
    return !listed || listed.has(person) ? 'member' : 'waiting'
  }

  /** Does what this person writes count? Of an expelled one it does, up to the cuts of the ban. */
  waits(person: PersonKey): boolean {
    const { listed, codes } = this.#facts
    if (listed === undefined && codes.newest === undefined) return false
    const admission = this.admission(person)
    return admission === 'waiting' || admission === 'outdated'
  }
}
