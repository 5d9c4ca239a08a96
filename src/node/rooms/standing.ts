/** Ranks as the pass gives and takes them (rule RM-7). */
import type { PersonKey } from '../../wire/ids.ts'
import type { NetworkView, Rank } from './view.ts'

export interface Inherent {
  /** Rank 5. */
  readonly owner?: PersonKey | undefined
  /** Rank 3. */
  readonly creator?: PersonKey | undefined
  /** Brings the ranks and demotions of room 0 into a room. */
  readonly network?: NetworkView | undefined
}

/** Who ranks how: owner and creator by what they are, admins and moderators by grants, which demotions end. */
export class Standing {
  readonly #inherent: Inherent
  readonly #grants = new Map<PersonKey, Rank>()
  readonly #demotedBy = new Map<PersonKey, Rank>()

  constructor(inherent: Inherent) {
    this.#inherent = inherent
    for (const { target, rank } of inherent.network?.demotions ?? []) this.demote(target, rank)
  }

  /** One kind of grant per room: admin (4) in room 0, moderator (2) elsewhere. */
  grant(person: PersonKey, rank: Rank): void {
    this.#grants.set(person, rank)
  }

  demote(person: PersonKey, by: Rank): void {
    if (by > (this.#demotedBy.get(person) ?? 0)) this.#demotedBy.set(person, by)
  }

  /** The highest rank ever validly given, demoted since or not. */
  act(person: PersonKey): Rank {
    return this.#highest(person, 0)
  }

  /** The highest rank that no demotion of higher rank has ended. */
  held(person: PersonKey): Rank {
    return this.#highest(person, this.#demotedBy.get(person) ?? 0)
  }

  #highest(person: PersonKey, demotedBy: number): Rank {
    const { owner, creator, network } = this.#inherent
    const fromNetwork = network?.actRanks.get(person) ?? 1
    if (person === owner || fromNetwork === 5) return 5
    if (fromNetwork === 4 && demotedBy <= 4) return 4
    const granted = this.#grants.get(person) ?? 1
    const standing = demotedBy <= granted ? granted : 1
    return person === creator && standing < 3 ? 3 : standing
  }

  /** Everybody above rank 1 by the given measure. */
  table(measure: 'act' | 'held'): Map<PersonKey, Rank> {
    const { owner, creator, network } = this.#inherent
    const people = new Set<PersonKey>([...this.#grants.keys(), ...(network?.actRanks.keys() ?? [])])
    if (owner) people.add(owner)
    if (creator) people.add(creator)
    const table = new Map<PersonKey, Rank>()
    for (const person of people) {
      const rank = this[measure](person)
      if (rank > 1) table.set(person, rank)
    }
    return table
  }
}
