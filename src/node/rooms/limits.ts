/** Where each lane of a room ends: at its fork, and at the cuts of bans and demotions on its author (rules RM-6, RM-9). */
import type { LaneId, PersonKey, RoomId } from '../../wire/ids.ts'
import { cutLimit } from './cuts.ts'
import type { Binding, CountedBan, CountedDemotion, LaneFacts, NetworkView } from './view.ts'

export class LaneLimits {
  readonly #room: RoomId
  readonly #facts: LaneFacts
  readonly #bans = new Map<PersonKey, Binding[]>()
  readonly #demotions = new Map<PersonKey, Binding[]>()

  constructor(room: RoomId, facts: LaneFacts, network?: NetworkView) {
    this.#room = room
    this.#facts = facts
    for (const ban of network?.bans ?? []) this.addBan(ban)
    for (const demotion of network?.demotions ?? []) this.addDemotion(demotion)
  }

  addBan(ban: CountedBan): void {
    push(this.#bans, ban)
  }

  addDemotion(demotion: CountedDemotion): void {
    push(this.#demotions, demotion)
  }

  isBanned(person: PersonKey): boolean {
    return this.#bans.has(person)
  }

  /** Last n below the lane's fork and within every ban on its author: what all but acts of rank must lie within. */
  visible(author: PersonKey, lane: LaneId): number {
    return this.#within(this.#bans, author, lane, 0, this.#belowFork(author, lane))
  }

  /** Last n below the fork and within every ban and demotion of a rank above `level`: for acts of that level. */
  acts(author: PersonKey, lane: LaneId, level: number): number {
    const banned = this.#within(this.#bans, author, lane, level, this.#belowFork(author, lane))
    return this.#within(this.#demotions, author, lane, level, banned)
  }

  #belowFork(author: PersonKey, lane: LaneId): number {
    const fork = this.#facts.forkAt(this.#room, author, lane)
    return fork === undefined ? Number.POSITIVE_INFINITY : fork - 1
  }

  #within(
    bindings: ReadonlyMap<PersonKey, readonly Binding[]>,
    author: PersonKey,
    lane: LaneId,
    above: number,
    start: number,
  ): number {
    let limit = start
    for (const { rank, cut } of bindings.get(author) ?? []) {
      if (limit <= 0) return 0
      if (rank > above) limit = Math.min(limit, cutLimit(cut, this.#room, author, lane, this.#facts))
    }
    return limit
  }
}

function push(map: Map<PersonKey, Binding[]>, binding: Binding): void {
  const list = map.get(binding.target)
  if (list) list.push(binding)
  else map.set(binding.target, [binding])
}
