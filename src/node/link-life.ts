/** What follows where a link comes up, or goes: whether its peer is taken, and which parts begin with it, or forget it. */
import type { HelloFields } from '../wire/auth.ts'
import { fromHex } from '../wire/bytes.ts'
import type { NetId, PersonKey, PlaceId } from '../wire/ids.ts'
import type { Carriage } from './carriage.ts'
import type { ChoiceEvent } from './choice.ts'
import type { Company } from './company.ts'
import type { Comparing } from './comparing.ts'
import type { CoreEffect, CoreInput, PeerHello } from './core-io.ts'
import type { Doors } from './doors.ts'
import type { Guard } from './guard/guard.ts'
import type { Links } from './links.ts'
import type { LiveRuns } from './live-runs.ts'
import type { Outgoing } from './outgoing.ts'
import type { PlaceKeeper } from './place-keeper.ts'
import { packPlaces, readPlaces } from './places.ts'
import type { Readiness } from './readiness.ts'
import type { Reign } from './reign.ts'
import type { Relaying } from './relaying.ts'
import type { LinkId, Sync } from './sync.ts'
import type { Verification } from './verification.ts'

type LinkUp = Extract<CoreInput, { in: 'linkUp' }>

export interface LinkLifePorts {
  readonly net: NetId
  readonly isVisitor: boolean
  readonly doors: Doors | undefined
  readonly placeKeeper: PlaceKeeper
  readonly links: Links
  readonly outgoing: Outgoing
  readonly relaying: Relaying
  readonly reign: Reign
  readonly comparing: Comparing
  readonly carriage: Carriage
  readonly sync: Sync
  readonly liveRuns: LiveRuns
  readonly verification: Verification
  readonly guard: Guard
  readonly company: Company
  readonly readiness: Readiness
  /** Monotonic ms. */
  now(): number
  choose(event: ChoiceEvent): void
  /** The link to the hub is gone. */
  unfollow(): void
  /** Two ids are one place from now on. */
  aliasPlaces(pair: readonly [PlaceId, PlaceId]): void
  effect(effect: CoreEffect): void
}

export class LinkLife {
  readonly #ports: LinkLifePorts
  #hasMet = false

  constructor(ports: LinkLifePorts) {
    this.#ports = ports
  }

  /** Some peer was taken in this process. */
  get hasMet(): boolean {
    return this.#hasMet
  }

  up(input: LinkUp): void {
    const { links, comparing, company, sync, readiness, now, choose } = this.#ports
    const { link, key, hello, address, dialled, local, via, way, host = '' } = input
    if (!this.#takes(input)) return
    this.#hasMet = true
    // What comes now may add to them.
    readiness.drop()
    links.up(link, { key, visitor: hello.visitor, address, host: via ?? host, way })
    comparing.linkUp(link, key, now())
    // Before a join may go out on it.
    company.linkUp(link)
    choose({
      in: 'linkUp',
      link,
      key,
      dialled,
      address,
      visitor: hello.visitor,
      ...(local !== undefined && { local }),
      ...(via && { via }),
    })
    if (links.has(link)) sync.linkUp(link, key)
  }

  /** False where the link is refused. */
  #takes({ link, key, hello, told, address, dialled, way }: LinkUp): boolean {
    const { doors, placeKeeper, outgoing, choose } = this.#ports
    const isOld = way !== undefined && doors !== undefined && !doors.admits(key, way)
    if (isOld || (told && !placeKeeper.stillHolds(told))) {
      // By a place that this node has left meanwhile the other side judged wrongly: both judge again on a new link.
      outgoing.refuse(link, isOld ? 'CODE_OLD' : 'PLACE_CHANGED', '')
      if (dialled) choose({ in: 'dialFailed', address, why: 'failed' })
      return false
    }
    if (this.#meetPlace(link, hello)) return true
    choose({ in: 'dialFailed', address, why: 'other-place' })
    return false
  }

  /** False where the peer belongs to another grown group: the link is refused. */
  #meetPlace(link: LinkId, hello: PeerHello): boolean {
    const { placeKeeper, outgoing, aliasPlaces, effect } = this.#ports
    const meeting = placeKeeper.meet(hello)
    if (meeting.is === 'alias') aliasPlaces(meeting.pair)
    if (meeting.is !== 'apart') return true
    effect({ do: 'apart', ids: readPlaces(hello.places) })
    outgoing.refuse(link, 'PLACE_OTHER', '')
    return false
  }

  down(input: Extract<CoreInput, { in: 'linkDown' }>): void {
    this.drop(input.link)
    this.#ports.choose(input)
  }

  /** Each part forgets it. What it brought is verified and kept all the same: a post may have been relayed already. */
  drop(link: LinkId): void {
    const { links, comparing, carriage, liveRuns, guard, relaying, reign, sync } = this.#ports
    links.down(link)
    comparing.linkDown(link)
    carriage.linkDown(link)
    liveRuns.linkDown(link)
    guard.linkDown(link)
    relaying.close(link)
    relaying.linkDown(link)
    if (reign.isFollowed(link)) this.#ports.unfollow()
    sync.linkDown(link)
    this.#ports.verification.forget(link)
    reign.hub?.left(link)
  }

  /** Who came by an old code and is no member goes. */
  lookAtWay(link: LinkId, key: PersonKey, way: string | undefined): void {
    const { doors, outgoing } = this.#ports
    if (way !== undefined && doors && !doors.admits(key, way)) outgoing.refuse(link, 'CODE_OLD', '')
  }

  /** What this node says of itself to whom a peer carries here: it takes no links there. */
  hello(): HelloFields {
    const { net, isVisitor, reign, placeKeeper } = this.#ports
    const { place } = placeKeeper
    return {
      net: fromHex(net),
      role: isVisitor ? 2 : reign.isHub ? 1 : 0,
      places: place ? packPlaces(place.ids) : new Uint8Array(0),
      grown: place?.isGrown ?? false,
      age: place?.age ?? 0,
      caps: 0,
      port: 0,
    }
  }
}
