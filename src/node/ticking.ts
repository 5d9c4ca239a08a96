/**
 * Ticking: all that is looked after as time goes on, once a second and more often where somebody waits. Each part does then
 * what has come due for it.
 */
import type { Acts } from './acts.ts'
import type { Admissions } from './admissions.ts'
import { type Choice, mediansOf } from './choice.ts'
import type { Clearing } from './clearing.ts'
import type { Company } from './company.ts'
import type { Comparing } from './comparing.ts'
import type { Confirming } from './confirming.ts'
import type { DeviceFacts } from './device-facts.ts'
import type { Display } from './display.ts'
import type { Guard } from './guard/guard.ts'
import type { Heals } from './heals.ts'
import type { HubTold } from './hub-told.ts'
import type { Lag } from './lag.ts'
import type { Links } from './links.ts'
import type { Markers } from './markers.ts'
import type { NetworkTime } from './network-time.ts'
import type { Online } from './online.ts'
import type { Openings } from './openings.ts'
import type { Outbox } from './outbox.ts'
import type { OwnConfirmations } from './own-confirmations.ts'
import type { People } from './people.ts'
import type { PlaceKeeper } from './place-keeper.ts'
import type { Publishing } from './publishing.ts'
import type { Readiness } from './readiness.ts'
import type { Reign } from './reign.ts'
import type { Relaying } from './relaying.ts'
import type { Replica } from './replica.ts'
import type { SearchIndex } from './search/search-index.ts'
import type { SelfTold } from './self-told.ts'
import type { Steering } from './steering.ts'
import type { StoreState } from './store-state.ts'
import type { Sync } from './sync.ts'
import type { Turn } from './turn.ts'
import type { Views } from './views.ts'
import type { Wakes } from './wakes.ts'
import type { WantedBodies } from './wanted-bodies.ts'

export interface TickingPorts {
  readonly turn: Turn
  readonly time: NetworkTime
  readonly wakes: Wakes
  readonly choice: Choice
  readonly steering: Steering
  readonly reign: Reign
  readonly links: Links
  readonly relaying: Relaying
  readonly comparing: Comparing
  readonly guard: Guard
  readonly lag: Lag
  readonly placeKeeper: PlaceKeeper
  readonly admissions: Admissions
  readonly replica: Replica
  readonly views: Views
  readonly sync: Sync
  readonly publishing: Publishing
  readonly outbox: Outbox
  readonly confirming: Confirming
  readonly ownConfirmations: OwnConfirmations
  readonly storeState: StoreState
  readonly clearing: Clearing
  readonly wantedBodies: WantedBodies
  readonly search: SearchIndex
  readonly acts: Pick<Acts, 'tick' | 'dueAt'>
  readonly display: Display
  readonly openings: Openings
  readonly readiness: Readiness
  readonly online: Online
  readonly company: Company
  readonly markers: Markers
  readonly people: People
  readonly heals: Heals
  readonly hubTold: HubTold
  readonly selfTold: SelfTold
  readonly facts: DeviceFacts
  /** netNow, ms. */
  netNow(): number
  /** What this device alone knows: written with the turn. */
  saveMarks(): void
}

export class Ticking {
  readonly #ports: TickingPorts

  constructor(ports: TickingPorts) {
    this.#ports = ports
  }

  /** When any part but the choice of hub wants a tick, monotonic ms. */
  dueAt(): number {
    const { wakes, outbox, readiness, openings, online, heals, hubTold, confirming, acts, company } =
      this.#ports
    const isWaiting =
      outbox.unstored > 0 ||
      !readiness.isReady ||
      openings.size > 0 ||
      online.isWaiting ||
      heals.isWaiting ||
      hubTold.isWaiting
    return Math.min(
      wakes.nextAt(isWaiting),
      confirming.dueAt() ?? Number.POSITIVE_INFINITY,
      acts.dueAt(),
      company.doing.dueAt(),
    )
  }

  tick(): void {
    const { turn, time, wakes, choice, replica, views, display, netNow } = this.#ports
    const { now, wall } = turn.moment
    wakes.ticked(now)
    // First: the others go by the time.
    if (time.tick(now, wall, mediansOf(choice))) display.changedAll()
    replica.setNow(netNow())
    views.setNow(netNow())
    this.#lookAtEvents(now)
    this.#lookAtPeers(now)
    this.#lookAtPeople(now)
    this.#lookAtStore(now, wall)
  }

  /** What is asked of others again, and said to them. */
  #lookAtEvents(now: number): void {
    const { reign, relaying, sync, outbox, ownConfirmations, confirming, guard, lag, acts } = this.#ports
    reign.hub?.tick()
    relaying.tick(now)
    sync.tick(now)
    outbox.tick(now)
    ownConfirmations.replicate()
    confirming.acknowledge()
    confirming.tick()
    guard.tick(now, lag.isCaughtUp)
    acts.tick()
  }

  /** Who joins again, and what the choice of hub has to know of this node. */
  #lookAtPeers(now: number): void {
    const { links, reign, comparing, steering, placeKeeper, publishing, lag, ownConfirmations } = this.#ports
    for (const [link, { joinsAgain }] of links.all) {
      // Who has left meanwhile is answered no more.
      if (joinsAgain && reign.isMember(link)) steering.joined(link)
      comparing.look(link, now)
    }
    placeKeeper.age(now)
    if (placeKeeper.place) steering.choose({ in: 'facts', facts: { ageS: placeKeeper.place.age } })
    if (publishing.leaves(now)) steering.choose({ in: 'facts', facts: { drained: true } })
    steering.choose({ in: 'facts', facts: { lag: lag.at(now) } })
    ownConfirmations.look()
  }

  /** What people are told. */
  #lookAtPeople(now: number): void {
    const { turn, online, markers, company, heals, hubTold, selfTold, readiness, admissions, openings } =
      this.#ports
    hubTold.tick()
    online.tick(now)
    markers.tick(now)
    company.tick(now, this.#ports.netNow(), () => online.persons())
    const heal = heals.due(now)
    if (heal) selfTold.heal(heal)
    if (readiness.isReady) this.#ports.search.begin()
    else readiness.look(now)
    admissions.tick(now, this.#ports.lag.isCaughtUp)
    turn.areCodesDue = true
    openings.look(now)
  }

  /** What goes from the disk, and what is written to it. */
  #lookAtStore(now: number, wall: number): void {
    const { storeState, clearing, wantedBodies, facts, people, netNow, saveMarks } = this.#ports
    if (storeState.isScanned) clearing.tick(now, wall, netNow())
    wantedBodies.tick(now)
    facts.saveLabels(people.takeSaved(now))
    saveMarks()
  }
}
