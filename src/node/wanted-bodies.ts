/**
 * Wanted bodies: what a person deleted from another of their devices counts without its body from when that word is held, and
 * so do the keys of a room with its `delete`, whether these words count or not (rules EV-18, EV-19). Where they do not count, as
 * of a device that was unlinked before it said so, those who held the bodies still do; and a hub that leaves them out would go
 * unseen, since vectors are equal without them. So whoever lacks one of these asks others for it (rule EV-20).
 *
 *   each minute: what is bare, and would be shown? -> each tick: some of them; the lane is pulled again from the first of these
 *   on, from one peer, then after 2, 4, 8 .. min from the next one, until they have come
 */
import type { Event } from '../wire/event.ts'
import type { EventId, PersonKey } from '../wire/ids.ts'
import type { Bare, Place } from './bare.ts'
import { classOf } from './lanes.ts'
import type { Links } from './links.ts'
import type { Reign } from './reign.ts'
import type { Replica } from './replica.ts'
import type { RoomView } from './rooms.ts'
import type { LinkId, Sync } from './sync.ts'
import type { Views } from './views.ts'

const LOOK_EVERY_MS = 60_000
/** Events looked at in a tick: well below a millisecond. */
const SLICE_EVENTS = 64
/** Between two asks for a lane: what nobody has is asked for once a day at most, and of who was not asked yet once an hour. */
const WAIT_MS_MIN = 60_000
const WAIT_MS_MAX = 86_400_000
const WAIT_FOR_NEW_MS_MAX = 3_600_000
/** All of the lane that lies behind comes with it: whoever says of a long one's beginning that it is missing has it pulled seldom. */
const WAIT_MS_PER_EVENT = 10_000

/** Lanes asked for in a second: whoever makes many that lack something has a thousand nodes ask one hub for each. */
const ASKS_PER_S = 4

export interface WantedBodiesPorts {
  readonly bare: Pick<Bare, 'places' | 'forget' | 'idle'>
  /** The event as it is held, while its body is not here and no tombstone stands in its place. */
  lacking(place: Place, id: EventId): Event | undefined
  /** Would it count here if its body came: nothing that counts deletes it, and this node carries it. */
  isWanted(event: Event): boolean
  /** Open links to nodes that stay and may carry it. */
  peers(place: Place): Iterable<readonly [LinkId, PersonKey]>
  /** Events of the lane from this one on. */
  behind(place: Place): number
  /** Pulls the lane of this event, from it on. False: not now. */
  pull(link: LinkId, place: Place): boolean
}

/** As events count here, and peers carry them. */
export function wantedHere(ports: {
  readonly self: PersonKey
  readonly replica: Replica
  readonly views: Views
  readonly links: Links
  readonly reign: Reign
  readonly sync: Sync
}): WantedBodiesPorts {
  const { self, replica, views, links, reign, sync } = ports
  return {
    bare: replica.bare,
    lacking: (place, id) => replica.lacking(place, id),
    isWanted: (event) => isBodyWanted(event, self, replica, views),
    // The hub last: it is likely to be the one that left them out.
    peers: ({ room, lane }) =>
      [...links.ofStaying()]
        .filter(([, key]) => views.carries(key, room, classOf(lane), false))
        .sort(([a], [b]) => Number(reign.isOfHub(a)) - Number(reign.isOfHub(b))),
    behind: ({ room, author, lane, n }) => (replica.lane(room, author, lane)?.n ?? n) - n + 1,
    pull: (link, { room, author, lane, n }) => sync.pullBodies(link, room, author, lane, n - 1),
  }
}

interface Asking {
  readonly asked: Set<PersonKey>
  askedAt: number
  waitMs: number
}

/** Would this event count for this node if its body came: nothing that counts deletes it, and it is carried here? */
export function isBodyWanted(
  event: Event,
  self: PersonKey,
  replica: Pick<Replica, 'lane' | 'vectors'>,
  views: Pick<Views, 'room' | 'carries'>,
): boolean {
  const { room, author, lane: laneId, n } = event
  const lane = replica.lane(room, author, laneId)
  const view = views.room(room)
  const cls = classOf(laneId)
  if (!lane || !view || view.deleted || !views.carries(self, room, cls, false)) return false
  if (n > replica.vectors.counted(lane)) return false
  return cls === 0 || (replica.vectors.isCurrent(laneId) && !isErased(event, view))
}

/** Has its own person deleted it from another device, by a word that counts? */
export const isErased = ({ id, author }: Event, view: Pick<RoomView, 'erased' | 'personOf'>): boolean =>
  view.erased.get(id)?.has(view.personOf(author)) ?? false

const newAsking = (): Asking => ({
  asked: new Set(),
  askedAt: Number.NEGATIVE_INFINITY,
  waitMs: WAIT_MS_MIN,
})

const nameOf = ({ room, author, lane }: Place) => room + author + lane

export class WantedBodies {
  readonly #ports: WantedBodiesPorts
  #queue: (readonly [EventId, Place])[] = []
  /** By lane; of those that have anything wanted, and so bounded as what is bare. */
  #asking = new Map<string, Asking>()
  /** Of those the ones that still have. */
  #still = new Map<string, Asking>()
  #lookAt = Number.NEGATIVE_INFINITY
  /** Asks in the second that began then. */
  #asks = 0
  #asksSince = Number.NEGATIVE_INFINITY

  constructor(ports: WantedBodiesPorts) {
    this.#ports = ports
  }

  /** now: monotonic ms. */
  tick(now: number): void {
    if (this.#queue.length === 0 && now >= this.#lookAt) {
      this.#lookAt = now + LOOK_EVERY_MS
      this.#asking = this.#still
      this.#still = new Map()
      // The first of a lane brings the others.
      this.#queue = [...this.#ports.bare.places()].sort(([, a], [, b]) => a.n - b.n)
    }
    if (now - this.#asksSince >= 1000) {
      this.#asksSince = now
      this.#asks = 0
    }
    let weighed = 0
    for (const [id, place] of this.#queue) {
      if (weighed === SLICE_EVENTS || this.#asks >= ASKS_PER_S) break
      this.#weigh(id, place, now)
      weighed++
    }
    this.#queue.splice(0, weighed)
  }

  #weigh(id: EventId, place: Place, now: number): void {
    const event = this.#ports.lacking(place, id)
    if (!event) return this.#ports.bare.forget(id)
    if (!this.#ports.isWanted(event)) return this.#ports.bare.idle(id)
    const name = nameOf(place)
    if (this.#still.has(name)) return
    const asking = this.#asking.get(name) ?? newAsking()
    this.#still.set(name, asking)
    this.#ask(place, asking, now)
  }

  #ask(place: Place, asking: Asking, now: number): void {
    const peers = [...this.#ports.peers(place)]
    const isNew = ([, key]: (typeof peers)[number]) => !asking.asked.has(key)
    const waitMs = peers.some(isNew) ? Math.min(asking.waitMs, WAIT_FOR_NEW_MS_MAX) : asking.waitMs
    if (now < asking.askedAt + waitMs) return
    // Who had none may have got it since.
    if (!peers.some(isNew)) asking.asked.clear()
    const peer = peers.find(isNew)
    if (!peer || !this.#ports.pull(peer[0], place)) return
    this.#asks++
    asking.asked.add(peer[1])
    asking.askedAt = now
    const forAll = this.#ports.behind(place) * WAIT_MS_PER_EVENT
    asking.waitMs = Math.max(Math.min(WAIT_MS_MAX, 2 * asking.waitMs), forAll)
  }
}
