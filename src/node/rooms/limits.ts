/** Where each lane of a room ends: at its fork, and at the cuts of bans, mutes and demotions on its author (rules RM-6, RM-9). */
import type { Event } from '../../wire/event.ts'
import type { LaneId, PersonKey, RoomId } from '../../wire/ids.ts'
import { cutLimit, cutN } from './cuts.ts'
import type { Devices } from './devices.ts'
import type { Binding, CountedBan, CountedDemotion, CountedMute, LaneFacts, NetworkView } from './view.ts'

export class LaneLimits {
  readonly #room: RoomId
  readonly #facts: LaneFacts
  readonly #devices: Devices
  readonly #network: NetworkView | undefined
  readonly #bans = new Map<PersonKey, Binding[]>()
  readonly #mutes = new Map<PersonKey, Binding[]>()
  readonly #demotions = new Map<PersonKey, Binding[]>()

  constructor(room: RoomId, facts: LaneFacts, devices: Devices, network?: NetworkView) {
    this.#room = room
    this.#facts = facts
    this.#devices = devices
    this.#network = network
    for (const ban of network?.bans ?? []) this.addBan(ban)
    for (const mute of network?.mutes ?? []) this.addMute(mute)
    for (const demotion of network?.demotions ?? []) this.addDemotion(demotion)
  }

  addBan(ban: CountedBan): void {
    push(this.#bans, ban)
  }

  addMute(mute: CountedMute): void {
    push(this.#mutes, mute)
  }

  addDemotion(demotion: CountedDemotion): void {
    push(this.#demotions, demotion)
  }

  /** Also who waits at the network's door: nothing of theirs counts but in room 0, until somebody lets them in. */
  isBanned(person: PersonKey): boolean {
    return this.#bans.has(person) || this.#waits(person)
  }

  #waits(person: PersonKey): boolean {
    return this.#network?.door.waits(person) ?? false
  }

  /** Last n of a lane that may be shown: within every ban and mute on its author, and below its fork. */
  visible(author: PersonKey, lane: LaneId): number {
    if (this.#waits(author)) return 0
    const fork = this.#facts.forkAt(this.#room, author, lane)
    const unforked = fork === undefined ? Number.POSITIVE_INFINITY : fork - 1
    return Math.min(unforked, this.#within([this.#bans, this.#mutes], author, lane, 0))
  }

  /** An event below its lane's fork lies within every ban on its author: what all but acts of rank need to count. */
  covers({ author, lane, n }: Event): boolean {
    return !this.#waits(author) && n <= this.#within([this.#bans], author, lane, 0)
  }

  /**
   * As covers, for the create on which a room rests: others live in that room, who know nothing of the device that made it. So
   * what the device made before it was unlinked counts, also where whoever unlinked it did not hold it (rule DV-2).
   */
  coversMaking({ author, lane, n, t }: Event): boolean {
    const unlinkedT = this.#devices.unlinkedT(author) ?? Number.NEGATIVE_INFINITY
    return !this.#waits(author) && n <= this.#within([this.#bans], author, lane, 0, t >= unlinkedT)
  }

  /** An act below its lane's fork lies within every ban and demotion on its author of a rank above `level`. */
  coversAct({ author, lane, n }: Pick<Event, 'author' | 'lane' | 'n'>, level: number): boolean {
    return !this.#waits(author) && n <= this.#within([this.#bans, this.#demotions], author, lane, level)
  }

  /**
   * Of several cuts the least decides. What another says of the event at a higher n is not looked at: nobody lists or pulls
   * that far, so nodes on two branches that part above the least would never agree on it.
   */
  #within(
    kinds: readonly ReadonlyMap<PersonKey, readonly Binding[]>[],
    author: PersonKey,
    lane: LaneId,
    above: number,
    endsWithDevice = true,
  ): number {
    const person = this.#devices.personOf(author)
    const cuts = kinds.flatMap((bindings) =>
      (bindings.get(person) ?? []).filter(({ rank }) => rank > above).map(({ cut }) => cut),
    )
    // A device that was removed ends for good, whatever anybody lifts.
    const end = endsWithDevice ? this.#devices.endOf(author) : undefined
    if (end) cuts.push(end)
    if (cuts.length === 0) return Number.POSITIVE_INFINITY
    // One by one: there may be more of them than a call takes arguments.
    let least = Number.POSITIVE_INFINITY
    for (const cut of cuts) least = Math.min(least, cutN(cut, this.#room, lane))
    let limit = Number.POSITIVE_INFINITY
    for (const cut of cuts)
      if (cutN(cut, this.#room, lane) === least)
        limit = Math.min(limit, cutLimit(cut, this.#room, author, lane, this.#facts))
    return limit
  }
}

function push(map: Map<PersonKey, Binding[]>, binding: Binding): void {
  const list = map.get(binding.target)
  if (list) list.push(binding)
  else map.set(binding.target, [binding])
}
