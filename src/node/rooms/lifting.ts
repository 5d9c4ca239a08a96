/** What lifts bans, mutes and demotions (rule RM-10): lifts and grants by id, and the own join of whom it is about, in its time. */
import { type EventId, eventId, type PersonKey } from '../../wire/ids.ts'
import type { Lift, Rank, Said } from './view.ts'

/** Ids of 32 bytes each in one bin. */
export function readIds(bytes: Uint8Array): EventId[] {
  const ids: EventId[] = []
  for (let at = 0; at + 32 <= bytes.length; at += 32) ids.push(eventId(bytes, at))
  return ids
}

export class Lifting {
  readonly #lifts: Lift[] = []
  readonly #ranks = new Map<string, Rank>()
  /** By act and author: the latest `at` of a join that names it. */
  readonly #rejoined = new Map<string, number>()

  /** inherited: room 0's lifts, in a room. events: of this room, whose joins lift their authors' own kicks, and what was for a time. */
  constructor(inherited: readonly Lift[], events: Iterable<Said>) {
    for (const lift of inherited) this.#note(lift)
    for (const { event, by, body } of events) {
      if (body?.kind !== 'join') continue
      for (const id of readIds(body.lifts)) {
        const key = id + by
        this.#rejoined.set(key, Math.max(event.at, this.#rejoined.get(key) ?? 0))
      }
    }
  }

  /** Without a target the lift holds whoever was banned; a grant lifts only what was done to its own target. */
  add(ids: Uint8Array, rank: Rank, target?: PersonKey): void {
    for (const id of readIds(ids)) {
      const lift = target ? { id, rank, target } : { id, rank }
      this.#lifts.push(lift)
      this.#note(lift)
    }
  }

  #note({ id, rank, target }: Lift): void {
    const key = id + (target ?? '')
    if (rank > (this.#ranks.get(key) ?? 0)) this.#ranks.set(key, rank)
  }

  /**
   * True where a lift of at least this rank names the act, or a join of its target does that was made at `rejoinFrom` or
   * later (ms; undefined: no join ends it).
   */
  ends(act: EventId, rank: Rank, target: PersonKey, rejoinFrom?: number): boolean {
    const lift = Math.max(this.#ranks.get(act) ?? 0, this.#ranks.get(act + target) ?? 0)
    if (lift >= rank) return true
    const rejoined = this.#rejoined.get(act + target)
    return rejoinFrom !== undefined && rejoined !== undefined && rejoined >= rejoinFrom
  }

  /** The lifts added here. */
  get added(): readonly Lift[] {
    return this.#lifts
  }
}
