/**
 * Steering: the choice of hub is asked whatever it has to know of, and what it decides is done: another hub is followed,
 * this node becomes one, or gives up. Each part hears of it in an order that matters.
 */
import type { Hub } from '../hub/index.ts'
import type { PersonKey } from '../wire/ids.ts'
import type { Carriage } from './carriage.ts'
import { type Choice, type ChoiceEffect, type ChoiceEvent, chooseAt } from './choice.ts'
import type { Company } from './company.ts'
import type { Comparing } from './comparing.ts'
import type { Confirming } from './confirming.ts'
import type { CoreEffect, CoreMoment } from './core-io.ts'
import type { Guard } from './guard/guard.ts'
import { AVOID_MS } from './guard/omissions.ts'
import type { HubTold } from './hub-told.ts'
import type { Links } from './links.ts'
import type { Markers } from './markers.ts'
import type { Online } from './online.ts'
import type { Outbox } from './outbox.ts'
import type { Outgoing } from './outgoing.ts'
import type { OwnConfirmations } from './own-confirmations.ts'
import type { Readiness } from './readiness.ts'
import type { Reign } from './reign.ts'
import type { Relaying } from './relaying.ts'
import type { Replication } from './replication.ts'
import type { LinkId } from './sync.ts'
import type { Wakes } from './wakes.ts'

/** Effects that leave nothing to be done when the turn ends but to say them. */
const SAID_AT_ONCE: ReadonlySet<ChoiceEffect['do']> = new Set(['wake', 'send', 'memberJoined'] as const)

export interface SteeringPorts {
  readonly choice: Choice
  readonly reign: Reign
  readonly wakes: Wakes
  readonly links: Links
  readonly outgoing: Outgoing
  readonly relaying: Relaying
  readonly comparing: Comparing
  readonly carriage: Carriage
  readonly guard: Guard
  readonly online: Online
  readonly company: Company
  readonly outbox: Outbox
  readonly replication: Replication
  readonly markers: Markers
  readonly confirming: Confirming
  readonly ownConfirmations: OwnConfirmations
  readonly hubTold: HubTold
  readonly readiness: Readiness
  moment(): CoreMoment
  newHub(): Hub
  /** The choice of hub ends this link. */
  drop(link: LinkId): void
  effect(effect: CoreEffect): void
  /** Something has changed for which the turn has to be ended. */
  changed(): void
}

export class Steering {
  readonly #ports: SteeringPorts

  constructor(ports: SteeringPorts) {
    this.#ports = ports
  }

  choose(event: ChoiceEvent): void {
    const { choice, reign, wakes, moment, changed } = this.#ports
    wakes.choosing(moment().now)
    const effects = chooseAt(choice, moment(), event)
    // A new member hears "joined" first, and only then what a hub says to members.
    for (const effect of effects) if (effect.do !== 'memberJoined') this.#do(effect)
    for (const effect of effects) if (effect.do === 'memberJoined') this.#do(effect)
    const isNewLine = choice.line !== reign.line
    if (isNewLine) this.#lineChanged(choice.line)
    if (isNewLine || effects.some(({ do: what }) => !SAID_AT_ONCE.has(what))) changed()
  }

  #lineChanged(line: readonly PersonKey[]): void {
    const { reign, comparing, carriage, confirming, ownConfirmations, moment } = this.#ports
    const before = reign.line
    reign.line = line
    reign.hub?.carriageChanged()
    carriage.noteMine(moment().now)
    confirming.noteStanding()
    comparing.lineChanged(before, line, moment())
    if (reign.isHub && line[0] !== before[0]) ownConfirmations.offerSoon()
  }

  #do(effect: ChoiceEffect): void {
    const { reign, wakes, links, outgoing, relaying, ownConfirmations, moment, drop } = this.#ports
    switch (effect.do) {
      case 'send':
        return outgoing.send(effect.link, effect.frame)
      case 'sendSome':
        return outgoing.sendShared(effect.links, effect.frame)
      case 'sendAll':
        outgoing.sendShared(links.ids(), effect.frame)
        if (effect.frame.type === 'heartbeat') reign.hub?.beat()
        return
      case 'circuit':
        return relaying.open(effect.via, effect.to, moment().now)
      case 'close': {
        const isCarried = relaying.carrierOf(effect.link) !== undefined
        drop(effect.link)
        if (!isCarried) this.#ports.effect(effect)
        return
      }
      case 'follow':
        return this.#follow(effect)
      case 'becomeHub':
        return this.#lead(effect.epoch)
      case 'resign':
        reign.close()
        this.unfollow()
        return
      case 'offline':
        return this.#goOffline(effect.reason)
      case 'memberJoined':
        return this.joined(effect.link)
      case 'memberLeft':
        ownConfirmations.memberLeft(effect.key)
        reign.hub?.left(effect.link)
        return
      case 'wake':
        return wakes.choose(effect.at)
      default:
        this.#ports.effect(effect)
    }
  }

  // --- a reign begins and ends --------------------------------------------------------------------------------------

  #follow({ hub, link, epoch }: Extract<ChoiceEffect, { do: 'follow' }>): void {
    const { reign, relaying, comparing, carriage, guard, online, confirming, outbox, moment } = this.#ports
    const { now } = moment()
    reign.follow(hub, link, epoch, now)
    guard.session(hub, now)
    relaying.follows(link)
    online.presence.hubChanged(now)
    online.presence.came(hub)
    confirming.clear()
    carriage.noteMine(now)
    confirming.noteStanding()
    confirming.signAgain()
    outbox.linked(now, 'posts')
    this.#moved()
    // Who stood in the line was compared with as one who carries everything.
    if (reign.line.includes(hub)) comparing.soon(link, moment())
    else comparing.now(link)
    this.#tellHub()
  }

  #lead(epoch: number): void {
    const { reign, relaying, carriage, guard, online, confirming, company, outbox, moment } = this.#ports
    const { now } = moment()
    guard.session(undefined, now)
    relaying.follows(undefined)
    online.presence.hubChanged(now)
    confirming.clear()
    const hub = this.#ports.newHub()
    reign.lead(hub, epoch, now)
    // What was typed here since the loss: others would find it only when they compare.
    for (const run of outbox.unconfirmedRuns()) hub.relay(run, -1)
    company.becameHub()
    carriage.noteMine(now)
    confirming.noteStanding()
    confirming.signAgain()
    outbox.linked(now, 'offers')
    this.#moved()
    this.#ports.ownConfirmations.look()
    this.#tellHub()
  }

  #moved(): void {
    const { replication, markers, readiness, moment } = this.#ports
    const { now, random } = moment()
    replication.moved(now)
    if (readiness.isReady) markers.rest(now, random())
  }

  #tellHub(): void {
    const { hubTold, readiness, moment } = this.#ports
    hubTold.found(readiness.isReady)
    readiness.look(moment().now)
  }

  /** No hub any more, neither another nor this one. */
  unfollow(): void {
    const { reign, guard, outbox, moment } = this.#ports
    reign.seek()
    guard.session(undefined, moment().now)
    outbox.unlinked()
  }

  #goOffline(reason: string): void {
    const { online, hubTold, readiness } = this.#ports
    this.unfollow()
    online.presence.hubLost()
    hubTold.lost(reason, readiness.isReady)
  }

  /** The hub has provably withheld something, again and again: people are told, and the next one is followed. */
  avoid(hub: PersonKey): void {
    this.#ports.hubTold.avoided(hub)
    this.choose({ in: 'avoid', hub, ms: AVOID_MS })
  }

  /** As hub: a member joins, or it is time to answer one that joined again. */
  joined(link: LinkId): void {
    const { reign, links, comparing, ownConfirmations, moment } = this.#ports
    const linked = links.get(link)
    const isFirst = linked?.joinedAt === Number.NEGATIVE_INFINITY
    if (!linked || !links.takesJoin(linked, reign.isMember(link), moment().now)) return
    reign.hub?.joined(link, linked.key, linked.visitor, linked.mode, linked.host)
    comparing.joined(link, isFirst, moment())
    ownConfirmations.memberJoined(linked.key)
  }
}
