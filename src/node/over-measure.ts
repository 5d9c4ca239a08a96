/**
 * What an author's own link brings beyond their measure waits, lane by lane, and is pulled once there is room again (rule
 * LV-18). How much that is, measure.ts says. So does what one machine brings of whatever authors beyond its own.
 */
import { unitsOf } from '../hub/index.ts'

import type { ParsedRun } from '../wire/event.ts'
import type { PersonKey } from '../wire/ids.ts'
import { HOST_AWAY_BURST } from '../wire/limits.ts'
import { type Later, type LinkSync, laneName } from './link-sync.ts'
import type { Measure } from './measure.ts'
import type { Replica } from './replica.ts'
import type { LinkId } from './sync.ts'

/** Lanes of a peer's own that wait for its measure; what is more the next comparison finds. */
const LATER_MAX = 1024
/** What waits for its machine goes on once there are so many units again, of long lanes a sixteenth: each pull brings all the rest. */
const HOST_REST_MIN = 512
const HOST_REST_MAX = HOST_AWAY_BURST / 16
/** A peer that has not been compared by then has had time enough. */
const SETTLED_MS = 30_000

export interface OverMeasurePorts {
  readonly replica: Pick<Replica, 'lane'>
  readonly measure: Measure
  /** Is what this peer brings held to its measure? Not where it is the hub followed. */
  isMeasured(link: LinkId): boolean
  /** What the machine at the other end may still bring, in units; none or less: it waits. */
  hostLeft(link: LinkId): number
  hostTook(link: LinkId, units: number): void
}

export class OverMeasure {
  readonly #ports: OverMeasurePorts

  constructor(ports: OverMeasurePorts) {
    this.#ports = ports
  }

  /** Once the peer's history is here it posts what it writes. now: monotonic ms. */
  settle(state: LinkSync, now: number): void {
    if (state.isSettled) return
    const isCompared = state.compared && !state.isPulling
    if (!isCompared && now - (state.since ?? now) < SETTLED_MS) return
    state.isSettled = true
    this.#ports.measure.compared(state.peer)
  }

  /** The link is down. */
  left(state: LinkSync): void {
    if (state.isSettled) this.#ports.measure.left(state.peer)
  }

  /**
   * Is this run, which came over this link and was not posted, taken now? Not what its author sends over their own link
   * beyond their measure, nor what a machine brings beyond its own: its lane is pulled later, and what comes of it until then
   * would only lie behind a hole. Before anything is verified.
   */
  takes(link: LinkId, state: LinkSync | undefined, run: ParsedRun): boolean {
    const { measure, replica, isMeasured, hostTook } = this.#ports
    if (!state || !isMeasured(link)) return true
    const { events } = run
    const { room, author, lane, n } = events[0]!
    const held = replica.lane(room, author, lane)?.n ?? 0
    const fresh = events[events.length - 1]!.n - Math.max(held, n - 1)
    if (fresh <= 0) return true
    const waits = state.hasLater ? state.later.get(laneName(room, author, lane)) : undefined
    if (waits) waits.events += fresh
    else if (this.#hasRoom(link, state, author)) {
      hostTook(link, unitsOf(run))
      if (author === state.peer) measure.took(author, fresh)
      return true
    } else wait(state, { room, author, lane, events: fresh, isUrgent: false })
    return false
  }

  #hasRoom(link: LinkId, state: LinkSync, author: PersonKey): boolean {
    const { measure, hostLeft } = this.#ports
    return hostLeft(link) > 0 && (author !== state.peer || measure.takes(author))
  }

  /** Has a lane over this link to wait? */
  waits(link: LinkId, state: LinkSync, wanted: Later): boolean {
    if (!this.#ports.isMeasured(link)) return false
    const { room, author, lane } = wanted
    const isWaiting = state.hasLater && state.later.has(laneName(room, author, lane))
    if (!isWaiting && this.#hasRoom(link, state, author)) return false
    wait(state, wanted)
    return true
  }

  /** Lanes that have waited, as many as there is room for: each is to be pulled as it is given. */
  *due(link: LinkId, state: LinkSync, isInFlight: (name: string) => boolean): Iterable<Later> {
    const { measure, isMeasured, hostLeft } = this.#ports
    let [own, all] = [Number.POSITIVE_INFINITY, isMeasured(link) ? hostLeft(link) : Number.POSITIVE_INFINITY]
    const waiting = [...state.later].sort(([, a], [, b]) => Number(b.isUrgent) - Number(a.isUrgent))
    for (const [name, lane] of waiting) {
      if (isInFlight(name)) continue
      if (all < Math.min(HOST_REST_MAX, Math.max(HOST_REST_MIN, lane.events / 16))) return
      if (lane.author === state.peer) {
        if (own === Number.POSITIVE_INFINITY && isMeasured(link)) own = measure.room(lane.author, lane.events)
        if (own-- < 1) continue
      }
      all -= lane.events
      state.later.delete(name)
      yield lane
    }
  }
}

function wait(state: LinkSync, wanted: Later): void {
  const name = laneName(wanted.room, wanted.author, wanted.lane)
  const known = state.later.get(name)
  if (known) {
    known.events = Math.max(known.events, wanted.events)
    known.isUrgent ||= wanted.isUrgent
  } else if (state.later.size < LATER_MAX) state.later.set(name, wanted)
}
