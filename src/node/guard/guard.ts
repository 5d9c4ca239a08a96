/**
 * The guard: what a node does so that a hub that withholds, delays or refuses keeps nothing from anybody for long, and
 * is left once that is proven (rules GU-1 to GU-7). It is told what comes and from where, and looks around at each tick.
 *
 *   push.ts       line[0] tells everybody on its links what came, some seconds later
 *   omissions.ts  what the hub has provably withheld from this node
 *   here          own events that line[0] has not signed for are offered to it, or told on all links where there is none
 *                 to it; without a link to anybody but the hub, others are dialled
 */
import { concat, fromHex } from '../../wire/bytes.ts'
import type { Event } from '../../wire/event.ts'
import type { FrameOf } from '../../wire/frames.ts'
import { type PersonKey, type RoomId, roomId } from '../../wire/ids.ts'
import { classOf, type Lane, type LaneClass, parseEntries } from '../lanes.ts'
import type { Links } from '../links.ts'
import type { Outbox } from '../outbox.ts'
import type { Outgoing } from '../outgoing.ts'
import type { Reign, Role } from '../reign.ts'
import type { Replica } from '../replica.ts'
import type { LinkId, Sync } from '../sync.ts'
import type { Views } from '../views.ts'
import { Omissions } from './omissions.ts'
import { Push, type Pushed } from './push.ts'

/** line[0] signs within half a second what it got through the hub. */
const CONFIRMED_MS = 2000
/** Own events that nobody in the line has signed for are offered to it this often at first, then ever more seldom. */
const OFFER_MS_MIN = 2000
const OFFER_MS_MAX = 30_000
/** Own events, given to the hub this long ago, that the hub has not signed for. */
const IGNORED_MS = 10_000
/** Who has had a link to nobody but the hub for this long dials one other node, to compare with. */
const LONELY_MS = 30_000
/** The same where own events wait: some nodes at once. */
const HURRY_MS = 5000
const HURRY_DIALS = 8
/** Whoever offered own events past the hub is sent witnesses past the hub for so long. */
const ASKER_MS = 60_000
/** A hub whose heartbeats come was heard within this. */
const ALIVE_MS = 1500

export interface GuardPorts {
  readonly self: PersonKey
  readonly replica: Replica
  readonly views: Views
  readonly links: Links
  readonly outgoing: Outgoing
  readonly reign: Reign
  readonly sync: Sync
  readonly outbox: Outbox
  /** Monotonic ms. */
  heardAt(link: LinkId): number
  reachOut(max: number): void
  avoid(hub: PersonKey): void
}

export class Guard {
  readonly #ports: GuardPorts
  readonly #push = new Push()
  readonly #omissions = new Omissions()
  readonly #askers = new Map<LinkId, number>()
  #offerAt = Number.NEGATIVE_INFINITY
  #offerMs = OFFER_MS_MIN
  /** Own lanes told on all links for want of one to line[0], and up to where. */
  readonly #told = new Map<Lane, number>()
  /** When this node last had a link to somebody else than the hub, or dialled for one. */
  #companyAt = Number.NEGATIVE_INFINITY

  constructor(ports: GuardPorts) {
    this.#ports = ports
  }

  /** A session with a hub begins, ends (undefined), or begins anew because this process was away. */
  session(hub: PersonKey | undefined, now: number): void {
    this.#omissions.follow(hub, now)
    this.#companyAt = now
    this.#offerMs = OFFER_MS_MIN
    this.#told.clear()
  }

  /**
   * Events of a lane have come and are kept. from: over a link to the hub followed, from somebody else, or own.
   * ages: netNow minus `at` of each event. carriedSince: since when this node has carried the room.
   */
  took(
    lane: Lane,
    events: readonly Event[],
    from: 'hub' | 'other' | 'own',
    netNow: number,
    carriedSince: number | undefined,
    now: number,
  ): void {
    this.#push.grew(lane, from === 'other')
    if (from !== 'other' || carriedSince === undefined) return
    for (const { n, at } of events) this.#omissions.gained(lane, n, netNow - at, carriedSince, now)
  }

  /** A tombstone has come. isNews: from elsewhere than the hub. */
  deleted(lane: Lane, isNews: boolean): void {
    this.#push.grew(lane, isNews)
  }

  /** The hub sent this run. isKept: it could be kept, so that nothing before it is missing. */
  given(lane: Lane, events: readonly Event[], isKept: boolean): void {
    for (const { n } of events) this.#omissions.given(lane, n, isKept)
    if (isKept && events[events.length - 1]!.n >= lane.n) this.#push.drop(lane)
  }

  /** The hub pulls this lane from here. */
  pulled(room: RoomId, author: PersonKey, lane: Lane['lane']): void {
    this.#omissions.pulled(room, author, lane)
  }

  /** A page of the hub's answer to a question. */
  listed(entries: Uint8Array, isLast: boolean, now: number): void {
    this.#omissions.listed(parseEntries(entries), isLast, now)
  }

  /** This peer offers own events past its hub: witnesses of them go back the same way. */
  offered(link: LinkId, now: number): void {
    this.#askers.set(link, now + ASKER_MS)
  }

  isAsker(link: LinkId, now: number): boolean {
    return (this.#askers.get(link) ?? Number.NEGATIVE_INFINITY) > now
  }

  linkDown(link: LinkId): void {
    this.#askers.delete(link)
  }

  /** Omissions counted in this process, of whatever hub. */
  get omissions(): number {
    return this.#omissions.total
  }

  /** What is under suspicion: for tests of growth. */
  get size(): number {
    return this.#omissions.size
  }

  /** isCaughtUp: all that the hub listed is here, and nothing is being pulled. now: monotonic ms. */
  tick(now: number, isCaughtUp: boolean): void {
    const { role } = this.#ports.reign
    this.#tellAround(now, role)
    if (role.is !== 'following') return
    if (isCaughtUp) this.#omissions.caughtUp(now)
    this.#goAround(now, role.hub)
    this.#judge(now, role.hub, role.link)
  }

  // --- push -------------------------------------------------------------------------------------------------------

  /** line[0] tells everybody, a hub those who are no members, everybody else what came past the hub. */
  #tellAround(now: number, role: Role): void {
    const due = this.#push.round(now, (lane) => this.#ports.replica.vectors.entry(lane))
    if (due.length === 0 || role.is === 'seeking') return
    const { self, links, reign, views } = this.#ports
    const isFirst = reign.line[0] === self
    const listeners = [...links.ofStaying()].filter(([link]) => role.is !== 'hub' || !reign.isMember(link))
    const groups = new Map<string, Pushed[]>()
    for (const pushed of due) {
      const name = `${classOf(pushed.lane.lane)}${pushed.lane.room}`
      groups.set(name, [...(groups.get(name) ?? []), pushed])
    }
    for (const group of groups.values()) {
      const { room, lane } = group[0]!.lane
      const cls = classOf(lane)
      const news = group.filter(({ isNews }) => isNews)
      const [all, only]: [LinkId[], LinkId[]] = [[], []]
      for (const [link, key] of listeners) {
        if (!views.carries(key, room, cls, false)) continue
        if (role.is === 'hub') all.push(link)
        else (isFirst && key !== role.hub ? all : only).push(link)
      }
      this.#tell(all, room, cls, group)
      this.#tell(only, room, cls, news)
    }
  }

  #tell(links: readonly LinkId[], room: RoomId, cls: LaneClass, pushed: readonly Pushed[]): void {
    if (links.length === 0 || pushed.length === 0) return
    const entries = concat(...pushed.map(({ entry }) => entry))
    this.#ports.outgoing.sendShared(links, {
      type: 'vector',
      room: fromHex(room),
      class: cls,
      entries,
      more: true,
    })
  }

  // --- own events, past the hub -----------------------------------------------------------------------------------

  #goAround(now: number, hub: PersonKey): void {
    const { self, links, outgoing, reign, outbox } = this.#ports
    const first = reign.line[0]
    let firstLink: LinkId | undefined
    let isAlone = true
    for (const [link, key] of links.ofStaying()) {
      if (key === first) firstLink = link
      if (key !== hub) isAlone = false
    }
    if (!isAlone) this.#companyAt = now
    if (first === undefined || first === self) {
      if (isAlone) this.#company(now, false)
      return
    }
    const isDue = now >= this.#offerAt
    // What is new need not wait for the pause between two offers of the same: links pull only what they lack.
    const offers = isDue || firstLink === undefined ? outbox.unconfirmed(first, now, CONFIRMED_MS) : undefined
    if (isAlone) this.#company(now, offers !== undefined && offers.length > 0)
    if (offers === undefined) return
    if (offers.length === 0) {
      this.#offerMs = OFFER_MS_MIN
      this.#told.clear()
    } else if (isDue) {
      this.#offerAt = now + this.#offerMs
      this.#offerMs = Math.min(OFFER_MS_MAX, 2 * this.#offerMs)
    }
    for (const frame of offers)
      if (firstLink !== undefined) outgoing.send(firstLink, frame)
      else
        for (const lane of this.#lanesOf(frame)) {
          if (!isDue && this.#told.get(lane) === lane.n) continue
          this.#told.set(lane, lane.n)
          this.#push.grew(lane, true)
        }
  }

  /** The own lanes that are offered. */
  *#lanesOf({ room, entries }: FrameOf<'offer'>): Iterable<Lane> {
    const { self, replica } = this.#ports
    for (const { lane: id } of parseEntries(entries)) {
      const lane = replica.lane(roomId(room), self, id)
      if (lane) yield lane
    }
  }

  #company(now: number, isInHurry: boolean): void {
    if (now - this.#companyAt < (isInHurry ? HURRY_MS : LONELY_MS)) return
    this.#companyAt = now
    this.#ports.reachOut(isInHurry ? HURRY_DIALS : 1)
  }

  // --- omissions --------------------------------------------------------------------------------------------------

  #judge(now: number, hub: PersonKey, link: LinkId): void {
    const { self, reign, sync } = this.#ports
    const omissions = this.#omissions
    const first = reign.line[0]
    if (first !== undefined && first !== self) omissions.unconfirmed(this.#ignored(hub, first, now), now)
    omissions.judge(now, now - this.#ports.heardAt(link) < ALIVE_MS)
    const avoided = omissions.takeAvoid()
    if (avoided !== undefined) return this.#ports.avoid(avoided)
    const question = omissions.question(now)
    if (question && sync.question(link, question.room, question.cls, question.authors))
      omissions.asked(question, now)
  }

  /** Own lanes that the witness has signed for up to n, and the hub, who was given it long enough ago, has not. */
  *#ignored(hub: PersonKey, witness: PersonKey, now: number): Iterable<{ lane: Lane; n: number }> {
    const { self, replica, outbox } = this.#ports
    for (const { room, lane: id, n } of outbox.ignored(hub, witness, now, IGNORED_MS)) {
      const lane = replica.lane(room, self, id)
      if (lane) yield { lane, n }
    }
  }
}
