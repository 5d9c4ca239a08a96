/**
 * What is under way with one peer in either direction, for `sync.ts`. Hubs have thousands of links, and nearly always nothing
 * is: the collections exist while they are needed, and `rest` drops them.
 */
import type { Event } from '../wire/event.ts'
import type { Frame } from '../wire/frames.ts'
import type { LaneId, PersonKey, RoomId } from '../wire/ids.ts'
import type { Lane, LaneClass } from './lanes.ts'
import type { Chain } from './signed-runs.ts'

export interface Wanted {
  readonly room: RoomId
  readonly author: PersonKey
  readonly lane: LaneId
  flags: number
  /** Events behind this n, though they are held; undefined: behind what is held. */
  readonly after?: number | undefined
}
export interface Pull {
  readonly room: RoomId
  readonly cls: LaneClass
  /** Wants of this pull not yet answered. */
  wants: number
  vectorDone: boolean
  changed: boolean
  again: boolean
  /** Lanes with a hole, of which something further on was not kept: their n then. */
  readonly gaps: Map<Lane, number>
  /** The answer is handed to the node around as well. */
  readonly isQuestion: boolean
}
export const newPull = (room: RoomId, cls: LaneClass, isQuestion: boolean): Pull => ({
  room,
  cls,
  wants: 0,
  vectorDone: false,
  changed: false,
  again: false,
  gaps: new Map(),
  isQuestion,
})
/** A lane of which the peer holds another branch: it differs at `high` and not at `low`. */
export interface Search {
  readonly lane: Lane
  low: number
  high: number
  asked: number
  /** The peer's branch from `high` on. */
  theirs?: { readonly events: readonly Event[]; readonly chain: Chain }
}

/** A lane of the peer's own that is over their measure. */
export interface Later {
  readonly room: RoomId
  readonly author: PersonKey
  readonly lane: LaneId
  /** Events that are known to wait. */
  events: number
  /** It was offered, or something further on came: its author waits for it. */
  isUrgent: boolean
}

/** By which what is under way knows a lane. */
export const laneName = (room: RoomId, author: PersonKey, lane: LaneId) => `${room}${author}${lane}`

class UnderWay {
  readonly queue = new Set<string>()
  readonly pulls = new Map<string, Pull>()
  readonly wanted: { key: string; want: Wanted }[] = []
  readonly wants = new Map<number, { key: string; lanes: string[] }>()
  readonly serving: Iterator<Frame>[] = []
  readonly searches = new Map<string, Search>()
  readonly later = new Map<string, Later>()

  get isNothing(): boolean {
    const { queue, pulls, wanted, wants, serving, searches, later } = this
    const size = queue.size + pulls.size + wanted.length + wants.size + serving.length + searches.size
    return size + later.size === 0
  }
}

export class LinkSync {
  readonly peer: PersonKey
  nextWant = 1
  compared = false
  /** All that the peer listed at first has been pulled, or half a minute has passed. */
  isSettled = false
  /** When a tick saw it first. */
  since: number | undefined
  /** An answer to the first search is on its way. */
  isAsked = false
  /** Answers still on their way to searches that were given up: answers come in the order of the questions. */
  late = 0
  /** When the peer last answered something, by `tick`'s clock. */
  answeredAt: number
  #underWay: UnderWay | undefined

  constructor(peer: PersonKey, now: number) {
    this.peer = peer
    this.answeredAt = now
  }

  #begun(): UnderWay {
    this.#underWay ??= new UnderWay()
    return this.#underWay
  }

  /** Room and class waiting to be asked. */
  get queue() {
    return this.#begun().queue
  }
  get pulls() {
    return this.#begun().pulls
  }
  get wanted() {
    return this.#begun().wanted
  }
  get wants() {
    return this.#begun().wants
  }
  get serving() {
    return this.#begun().serving
  }
  /** The first one is under way. */
  get searches() {
    return this.#begun().searches
  }

  /** Lanes that are pulled later. */
  get later() {
    return this.#begun().later
  }
  get hasLater(): boolean {
    return (this.#underWay?.later.size ?? 0) > 0
  }

  /** Does something wait to be asked, or for an answer to its ask? */
  /** The pull of this room and class that is under way. */
  pull(key: string): Pull | undefined {
    return this.#underWay?.pulls.get(key)
  }

  get isPulling(): boolean {
    const now = this.#underWay
    return now !== undefined && now.queue.size + now.pulls.size > 0
  }

  get isBusy(): boolean {
    return this.isPulling || (this.#underWay?.searches.size ?? 0) > 0
  }

  /** Is the peer to answer? */
  get isWaiting(): boolean {
    const now = this.#underWay
    return now !== undefined && now.pulls.size + now.searches.size > 0
  }

  /** Now and then. */
  rest(): void {
    if (this.#underWay?.isNothing) this.#underWay = undefined
  }
}
