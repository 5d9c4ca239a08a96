/**
 * Codes of a network with an owner (rule RM-23): which of them is in force, and who is in by one that is not replaced.
 *
 * The code in force is the one made last in display order, of those that count: of several made at once, on two sides of a
 * partition, all nodes follow the same. A code names those that it replaces, as its maker knew them; whoever came in by one
 * of these alone, and to whom nothing newer was sealed, stays outside until an admin lets them in.
 */
import { type DoorKey, doorKey } from '../../wire/door.ts'
import type { EventId, PersonKey } from '../../wire/ids.ts'
import type { BodyOf } from '../../wire/kinds.ts'
import { readPersons } from './pass.ts'

/** A `newcode` that counts. */
export interface CountedCode extends BodyOf<'newcode'> {
  readonly id: EventId
  readonly author: PersonKey
  readonly salt: Uint8Array
}

/** An `entry` within the bans on its author. */
export interface CountedEntry {
  readonly author: PersonKey
  readonly door: DoorKey
}

const ENTRY_BYTES = 80

export class Codes {
  /** The code in force; undefined: the one that the network was founded with. */
  readonly newest: DoorKey | undefined
  /** In display order. */
  readonly counted: readonly CountedCode[]
  /** Keys that have the code in force, as far as events say. */
  readonly holders: ReadonlySet<PersonKey>
  readonly #in: ReadonlySet<PersonKey>

  /** codes: in display order. personOf: whose device a key is. */
  constructor(
    codes: readonly CountedCode[],
    entries: readonly CountedEntry[],
    personOf: (key: PersonKey) => PersonKey,
  ) {
    this.counted = codes
    const made = codes.filter(({ made }) => made)
    const last = made.at(-1)
    this.newest = last && doorKey(last.door)
    const retired = replacedBy(made)
    const doors = new Set(made.map(({ door }) => doorKey(door)).filter((door) => !retired.has(door)))
    const holders = new Set<PersonKey>()
    const all = new Set<PersonKey>()
    const note = (door: DoorKey, key: PersonKey) => {
      if (!doors.has(door)) return
      all.add(personOf(key))
      if (door === this.newest) holders.add(key)
    }
    for (const { author, door, sealed } of codes) {
      note(doorKey(door), author)
      for (const key of readPersons(sealed, ENTRY_BYTES)) note(doorKey(door), key)
    }
    for (const { author, door } of entries) note(door, author)
    this.holders = holders
    this.#in = all
  }

  /** Did this person come in by a code that is not replaced, or was one sealed to them? */
  isIn(person: PersonKey): boolean {
    return this.newest === undefined || this.#in.has(person)
  }
}

/** All that the code in force replaces, itself or by what these replaced. */
function replacedBy(made: readonly CountedCode[]): Set<DoorKey> {
  const byDoor = new Map(made.map((code) => [doorKey(code.door), readPersons(code.replaces, 32)]))
  const retired = new Set<DoorKey>()
  const last = made.at(-1)
  const waiting = last ? [doorKey(last.door)] : []
  for (let door = waiting.pop(); door !== undefined; door = waiting.pop())
    for (const key of byDoor.get(door) ?? []) {
      const replaced = key as string as DoorKey
      if (retired.has(replaced) || replaced === doorKey(last!.door)) continue
      retired.add(replaced)
      waiting.push(replaced)
    }
  return retired
}
