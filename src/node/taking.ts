/**
 * Taking in what comes over links: runs and deletions that are kept count (counting.ts), and a hub relays them. It is
 * remembered who gave what, since what the hub did not give shows what it keeps back.
 */
import { isControlLane, type ParsedRun, type Tombstone, type VerifiedRun } from '../wire/event.ts'
import type { FrameOf } from '../wire/frames.ts'
import type { PersonKey, RoomId } from '../wire/ids.ts'
import type { Carriage } from './carriage.ts'
import type { Counting } from './counting.ts'
import type { Display } from './display.ts'
import type { NodeEvent } from './events.ts'
import type { Guard } from './guard/guard.ts'
import type { Links } from './links.ts'
import type { LiveRuns } from './live-runs.ts'
import type { Measure } from './measure.ts'
import type { Outgoing } from './outgoing.ts'
import type { Reign } from './reign.ts'
import type { AddResult, Replica } from './replica.ts'
import type { LinkId, Sync } from './sync.ts'

export interface TakingPorts {
  readonly self: PersonKey
  readonly replica: Replica
  readonly links: Links
  readonly outgoing: Outgoing
  readonly reign: Reign
  readonly sync: Sync
  readonly measure: Measure
  readonly liveRuns: LiveRuns
  readonly guard: Guard
  readonly carriage: Carriage
  readonly counting: Counting
  readonly display: Display
  /** Monotonic ms. */
  now(): number
  /** netNow, ms. */
  netNow(): number
  /** Has this process begun to tell people what goes on? */
  isReady(): boolean
  tell(event: NodeEvent): void
  /** What counts in a room may have changed. */
  roomChanged(room: RoomId): void
  /** These came under the own key. */
  cameAsOwn(events: VerifiedRun['events']): void
}

export class Taking {
  readonly #ports: TakingPorts
  /** The run being settled was posted, under credit. */
  #isPosted = false
  /** ... and fanned out when it came in. */
  #isRelayed = false

  constructor(ports: TakingPorts) {
    this.#ports = ports
  }

  live(link: LinkId, runs: FrameOf<'live'>['runs']): void {
    const { liveRuns, links, sync, measure, reign, outgoing, now } = this.#ports
    const fresh: ParsedRun[] = []
    for (const run of liveRuns.read(link, runs, now()))
      if (this.holds(run)) this.#givenAgain(link, run)
      else if (sync.takes(link, run)) fresh.push(run)
    const peer = links.keyOf(link)
    sync.verifyRuns(link, fresh, (good) => {
      if (good) {
        const result = sync.settleRun(link, good)
        const { author } = good.events[0]!
        // What others pass on of an author leaves less to be taken from them.
        if (result.is === 'added' && author !== peer) measure.took(author, result.events.length)
      }
      // The hub relays before it verifies, so from it a bad one only drops.
      else if (!reign.isOfHub(link)) outgoing.fault(link, 'live: signature')
    })
  }

  /** The hub sends what came another way before. */
  #givenAgain(link: LinkId, { events }: ParsedRun): void {
    const { replica, reign, guard } = this.#ports
    const { room, author, lane } = events[0]!
    const held = replica.lane(room, author, lane)
    if (held && reign.isOfHub(link)) guard.given(held, events, true)
  }

  /** True where every event of the run is held already, so that nothing needs to be verified again. */
  holds(run: ParsedRun): boolean {
    const { replica } = this.#ports
    const last = run.events[run.events.length - 1]!
    const lane = replica.lane(last.room, last.author, last.lane)
    return (
      lane !== undefined &&
      lane.n >= last.n &&
      replica.idAt(last.room, last.author, last.lane, last.n) === last.id
    )
  }

  /** A verified run of a member of this hub. isRelayed: it was fanned out when it came in. */
  settle(link: LinkId, run: VerifiedRun, isRelayed: boolean): void {
    this.#isPosted = true
    this.#isRelayed = isRelayed
    this.#ports.sync.settleRun(link, run)
    this.#isPosted = false
    this.#isRelayed = false
  }

  /** A verified run from a link: added; as hub relayed when it did not come as a post. */
  took(link: LinkId, run: VerifiedRun): AddResult {
    const { self, replica, links, reign, counting, display, cameAsOwn } = this.#ports
    const first = run.events[0]!
    const before = replica.lane(first.room, first.author, first.lane)?.n ?? 0
    const result = replica.add(run)
    this.#noteGiven(link, run, result)
    if (result.is === 'branch' || result.is === 'gap') return result
    counting.grew(run, before, result.events)
    if (result.events.length === 0) return result
    display.arrived(result.events)
    const { author } = first
    if (author === self) cameAsOwn(result.events)
    const { hub } = reign
    if (hub && !this.#isRelayed) {
      hub.relay(run, link)
      if (!this.#isPosted && links.keyOf(link) === author)
        hub.pulledOwn(link, result.events, isControlLane(first.lane))
    }
    return result
  }

  #noteGiven(link: LinkId, run: VerifiedRun, result: AddResult): void {
    const { self, replica, reign, guard, carriage, now, netNow } = this.#ports
    const { room, author, lane: id } = run.events[0]!
    const lane = replica.lane(room, author, id)
    if (!lane) return
    const isOfHub = reign.isOfHub(link)
    if (isOfHub) guard.given(lane, run.events, result.is === 'added')
    if (result.is !== 'added' || result.events.length === 0) return
    const since = isOfHub || author === self ? undefined : carriage.since(room, id)
    guard.took(lane, result.events, isOfHub ? 'hub' : 'other', netNow(), since, now())
  }

  /** A deletion from a link: told, as hub relayed. False where it is nothing new. */
  deleted(link: LinkId, tombstone: Tombstone): boolean {
    const { replica, reign, guard, counting, display, netNow, isReady, tell } = this.#ports
    if (!counting.deleted(tombstone)) return false
    const told = display.deleted(tombstone.id, Math.round(netNow()))
    if (told && isReady()) tell(told)
    const lane = replica.lane(tombstone.room, tombstone.author, tombstone.lane)
    if (lane) guard.deleted(lane, !reign.isOfHub(link))
    const frame = { type: 'tombstones' as const, tombstones: tombstone.bytes }
    reign.hub?.relayFrame(tombstone.room, 1, frame, link)
    return true
  }

  /** A run of a damaged store: told as pulled ones are; others hear of it when they compare. Returns how many events are new. */
  salvaged(run: VerifiedRun): number {
    const { replica, counting, display, roomChanged } = this.#ports
    const first = run.events[0]!
    const before = replica.lane(first.room, first.author, first.lane)?.n ?? 0
    const result = replica.add(run)
    if (result.is !== 'added') return 0
    counting.grew(run, before, result.events)
    display.arrived(result.events)
    if (result.forked) roomChanged(first.room)
    return result.events.length
  }
}
