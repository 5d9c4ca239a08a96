/** What lifts bans, mutes and demotions (rule RM-10): lifts and grants by id, and the own join of whom it is about, in its time. */
import { type EventId, eventId, type PersonKey } from '../../wire/ids.ts'
import type { Lift, Rank, Said } from './view.ts'

/** Ids of 32 bytes each in one bin. */
export function readIds(bytes: Uint8Array): EventId[] {
  const ids: EventId[] = []
  for (let at = 0; at + 32 <= bytes.length; at += 32) ids.push(eventId(bytes, at))
  return ids
}

/** Of those that name an act: the highest rank, and the first that has it. */
interface Named {
  readonly rank: Rank
  readonly from: EventId
}
interface Rejoin {
  readonly at: number
  readonly id: EventId
}

export class Lifting {
  readonly #lifts: Lift[] = []
  readonly #named = new Map<string, Named>()
  /** By act and author: the latest join, by its `at`, that names it. */
  readonly #rejoined = new Map<string, Rejoin>()

  /** inherited: room 0's lifts, in a room. events: of this room, whose joins lift their authors' own kicks, and what was for a time. */
  constructor(inherited: readonly Lift[], events: Iterable<Said>) {
    for (const lift of inherited) this.#note(lift)
    for (const { event, by, body } of events) {
      if (body?.kind !== 'join') continue
      for (const id of readIds(body.lifts)) {
        const key = id + by
        if (event.at > (this.#rejoined.get(key)?.at ?? -1)) this.#rejoined.set(key, event)
      }
    }
  }

  /** from: the act that says so. Without a target the lift holds whoever was banned; a grant lifts only what was done to its own target. */
  add(from: EventId, ids: Uint8Array, rank: Rank, target?: PersonKey): void {
    for (const id of readIds(ids)) {
      const lift = target ? { id, rank, from, target } : { id, rank, from }
      this.#lifts.push(lift)
      this.#note(lift)
    }
  }

  #note({ id, rank, from, target }: Lift): void {
    const key = id + (target ?? '')
    if (rank > (this.#named.get(key)?.rank ?? 0)) this.#named.set(key, { rank, from })
  }

  /**
   * What ends the act: a lift of at least this rank that names it, or a join of its target that was made at `rejoinFrom` or
   * later (ms; undefined: no join ends it). undefined: nothing does.
   */
  endOf(act: EventId, rank: Rank, target: PersonKey, rejoinFrom?: number): EventId | undefined {
    const lift = [this.#named.get(act), this.#named.get(act + target)].find(
      (named) => named && named.rank >= rank,
    )
    if (lift) return lift.from
    const rejoined = this.#rejoined.get(act + target)
    return rejoinFrom !== undefined && rejoined && rejoined.at >= rejoinFrom ? rejoined.id : undefined
  }

  /** The lifts added here. */
  get added(): readonly Lift[] {
    return this.#lifts
  }
}
