/**
 * What an author's own link brings beyond their measure waits, lane by lane, and is pulled once there is room again (rule
 * LV-18). How much that is, measure.ts says.
 */
import type { ParsedRun } from '../wire/event.ts'
import { type Later, type LinkSync, laneName } from './link-sync.ts'
import type { Measure } from './measure.ts'
import type { Replica } from './replica.ts'
import type { LinkId } from './sync.ts'

/** Lanes of a peer's own that wait for its measure; what is more the next comparison finds. */
const LATER_MAX = 1024
/** A peer that has not been compared by then has had time enough. */
const SETTLED_MS = 30_000

export interface OverMeasurePorts {
  readonly replica: Pick<Replica, 'lane'>
  readonly measure: Measure
  /** Is what this peer wrote held to its measure? Not where it is the hub followed. */
  isMeasured(link: LinkId): boolean
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
   * beyond their measure: its lane is pulled later, and what comes of it until then would only lie behind a hole. Before
   * anything is verified.
   */
  takes(link: LinkId, state: LinkSync | undefined, { events }: ParsedRun): boolean {
    const { measure, replica, isMeasured } = this.#ports
    const { room, author, lane, n } = events[0]!
    if (author !== state?.peer || !isMeasured(link)) return true
    const held = replica.lane(room, author, lane)?.n ?? 0
    const fresh = events[events.length - 1]!.n - Math.max(held, n - 1)
    if (fresh <= 0) return true
    const waits = state.hasLater ? state.later.get(laneName(room, author, lane)) : undefined
    if (waits) waits.events += fresh
    else if (measure.takes(author)) {
      measure.took(author, fresh)
      return true
    } else wait(state, { room, author, lane, events: fresh, isUrgent: false })
    return false
  }

  /** Has a lane over this link to wait, because it is its author's own and over their measure? */
  waits(link: LinkId, state: LinkSync, wanted: Later): boolean {
    const { measure, isMeasured } = this.#ports
    const { room, author, lane } = wanted
    if (author !== state.peer || !isMeasured(link)) return false
    const isWaiting = state.hasLater && state.later.has(laneName(room, author, lane))
    if (!isWaiting && measure.takes(author)) return false
    wait(state, wanted)
    return true
  }

  /** Lanes that have waited, as many as there is room for: each is to be pulled as it is given. */
  *due(link: LinkId, state: LinkSync, isInFlight: (name: string) => boolean): Iterable<Later> {
    if (!state.hasLater) return
    const { measure, isMeasured } = this.#ports
    let left = Number.POSITIVE_INFINITY
    const waiting = [...state.later].sort(([, a], [, b]) => Number(b.isUrgent) - Number(a.isUrgent))
    for (const [name, lane] of waiting) {
      if (isInFlight(name)) continue
      if (left === Number.POSITIVE_INFINITY && isMeasured(link)) left = measure.room(lane.author, lane.events)
      if (left-- < 1) return
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
