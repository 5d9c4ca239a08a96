/**
 * Online: which persons are here, with any of their devices, and how people are told that somebody comes or goes. Who hides
 * is not seen, and who is here with another device neither came nor went.
 */
import type { FrameOf } from '../wire/frames.ts'
import { type PersonKey, personKey } from '../wire/ids.ts'
import { Arrivals } from './arrivals.ts'
import { type Company, sayingFields } from './company.ts'
import type { MessageEvent, NodeEvent } from './events.ts'
import type { Heals } from './heals.ts'
import type { HubTold } from './hub-told.ts'
import { isPlain, PLAIN } from './own-mode.ts'
import type { People } from './people.ts'
import { Presence } from './presence.ts'
import type { Views } from './views.ts'

export interface OnlinePorts {
  readonly self: PersonKey
  readonly views: Views
  readonly people: People
  readonly heals: Heals
  readonly company: () => Company
  readonly hubTold: () => HubTold
  /** Monotonic ms. */
  now(): number
  /** netNow, ms. */
  netNow(): number
  /** Has this process begun to tell people what goes on? */
  isReady(): boolean
  /** Does anybody read what people are told? */
  isHeard(): boolean
  tell(event: NodeEvent): void
  /** Another device of this person is here. */
  ownCame(device: PersonKey): void
}

export class Online {
  /** Devices, as the hub says. */
  readonly presence: Presence
  readonly #ports: OnlinePorts
  readonly #arrivals: Arrivals

  constructor(ports: OnlinePorts) {
    const { self, people } = ports
    this.#ports = ports
    this.presence = new Presence(self, (key, isOnline) => this.#changed(key, isOnline))
    this.#arrivals = new Arrivals(
      (key) => people.isNamed(key),
      (key, isOnline) => this.#tell(key, isOnline),
    )
  }

  /** With any of their devices. */
  has(person: PersonKey): boolean {
    if (person === this.#me) return true
    return !this.#ports.hubTold().isOffline && this.#devicesOf(person).some((key) => this.#isSeen(key))
  }

  /** Is this very device here? */
  hasDevice(key: PersonKey): boolean {
    return key === this.#ports.self || this.#isSeen(key)
  }

  /** Persons who are here, this one first. */
  persons(): Iterable<PersonKey> {
    const { views, hubTold } = this.#ports
    const seen = [...this.presence.keys()].filter((key) => !hubTold().isOffline && this.#isSeen(key))
    return new Set([this.#me, ...seen.map((key) => views.personOf(key))])
  }

  get #me(): PersonKey {
    return this.#ports.views.personOf(this.#ports.self)
  }

  #devicesOf(person: PersonKey): readonly PersonKey[] {
    return this.#ports.views.network().devices.of(person)
  }

  #isSeen(key: PersonKey): boolean {
    return this.presence.has(key) && !this.#ports.company().doing.isHidden(key)
  }

  /** Is this person here with another device? Then nobody came or went. */
  #isElsewhere(key: PersonKey): boolean {
    const person = this.#ports.views.personOf(key)
    if (person === this.#me) return true
    return this.#devicesOf(person).some((other) => other !== key && this.#isSeen(other))
  }

  // --- what the hub says --------------------------------------------------------------------------------------------

  listed(frame: FrameOf<'roster'>): void {
    const keys: PersonKey[] = []
    for (let at = 0; at < frame.keys.length; at += 32) keys.push(personKey(frame.keys, at))
    if (frame.first) this.#ports.company().doing.hubBegins(this.#ports.now())
    this.presence.listed(keys, frame.first)
  }

  heard(key: PersonKey, isOnline: boolean): void {
    if (isOnline) this.presence.came(key)
    else this.presence.went(key, this.#ports.now())
  }

  #changed(key: PersonKey, isOnline: boolean): void {
    const { views, heals, company, isReady, now, ownCame } = this.#ports
    if (!company().doing.isHidden(key)) this.noteShown(key, isOnline)
    if (isOnline && isReady()) heals.met(now())
    if (isOnline && views.personOf(key) === this.#me) ownCame(key)
  }

  // --- telling ------------------------------------------------------------------------------------------------------

  /** A device is to be shown as here, or no more: it came or went, hides or does not. */
  noteShown(key: PersonKey, isOnline: boolean): void {
    const { views, company, isHeard, now, netNow } = this.#ports
    // Where nobody reads, who comes and goes needs no label, which would be kept for ever.
    if (isHeard()) this.#arrivals.changed(key, isOnline, now())
    if (isOnline) return
    company().seen.note(views.personOf(key), netNow())
    company().doing.typed(views.personOf(key))
  }

  #tell(key: PersonKey, online: boolean): void {
    const { people, company, isReady, tell } = this.#ports
    if (!isReady() || this.#isElsewhere(key)) return
    const saying = online ? company().of(key) : PLAIN
    const shown = isPlain(saying) ? {} : sayingFields(saying)
    tell({ type: 'presence', user: people.labelled(key), online, ...shown })
  }

  /** Somebody else's message is shown: they were seen, and type no more. */
  said({ from, ts, history }: MessageEvent): void {
    const { company, netNow } = this.#ports
    const person = from.id as PersonKey
    const { doing, seen } = company()
    if (!doing.isHidden(person)) seen.note(person, Math.min(ts, netNow()))
    if (!history) doing.typed(person)
  }

  /** Somebody is here of whom people are not told yet. */
  get isWaiting(): boolean {
    return this.#arrivals.isWaiting
  }

  /** Profiles or time went on. now: monotonic ms. */
  look(now: number): void {
    this.#arrivals.look(now)
  }

  tick(now: number): void {
    this.presence.tick(now)
    this.look(now)
  }
}
