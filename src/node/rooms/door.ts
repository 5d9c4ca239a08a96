/** The door of a network with an owner: who is let in, who waits, who was expelled (rules RM-20, RM-21). */
import type { PersonKey } from '../../wire/ids.ts'
import type { Devices } from './devices.ts'

/**
 * waiting: has the code, and no admin's word yet. expelled: a ban of the whole network counts on them. removed: a device
 * that its person unlinked.
 */
export type Admission = 'member' | 'waiting' | 'expelled' | 'removed'

export interface DoorFacts {
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
    const { listed, admitted, expelled, devices, isAdmin } = this.#facts
    if (devices.isRemoved(key)) return 'removed'
    const person = devices.personOf(key)
    if (expelled.has(person)) return 'expelled'
    if (!listed || listed.has(person) || admitted.has(person) || isAdmin(person)) return 'member'
    return 'waiting'
  }

  /** Does what this person writes count? Of an expelled one it does, up to the cuts of the ban. */
  waits(person: PersonKey): boolean {
    return this.#facts.listed !== undefined && this.admission(person) === 'waiting'
  }
}
