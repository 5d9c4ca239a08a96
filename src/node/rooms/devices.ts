/**
 * Devices: several keys of one person (rules DV-1 to DV-4). A person is its first key; that key alone links further
 * keys, which have signed that they agree, and unlinks them for good.
 *
 * Whoever has a stolen device's key can have it linked to anybody, with any date. So what a person says about a device they
 * linked and unlinked stands on these two events of theirs, and no date and no event of anybody else keeps it from counting:
 *
 *   1. who linked what, and unlinked it behind that: of each person by their own events alone
 *   2. a device that one person unlinked is theirs, and ends at their cut, whoever else linked it
 *   3. one that several unlinked is nobody's: which of them stole it cannot be told. Nothing that it wrote counts, since
 *      each of them would have the rooms that it made otherwise. Whoever has its key could do that much by forks
 *   4. the other links are weighed in display order, each against those before it: a key that is a device, or was unlinked,
 *      links nothing and is linked to nobody else, and who has devices becomes nobody's device
 *
 * So there are no chains and no circles.
 */
import type { Event } from '../../wire/event.ts'
import { type EventId, type PersonKey, personKey } from '../../wire/ids.ts'
import { DEVICES_MAX } from '../../wire/limits.ts'
import { CutEvents } from './cut-events.ts'
import { type Cut, readNetworkCut } from './cuts.ts'
import type { ControlEvent } from './view.ts'

/** What a person says about a key: their first link of it, and their first unlinking behind that. */
interface Claim {
  readonly person: PersonKey
  readonly device: PersonKey
  readonly link: ControlEvent
  unlinking?: { readonly event: Event; readonly cuts: Uint8Array }
}

/** Ends every lane at 0. */
const NOTHING = readNetworkCut(new Uint8Array(0))

export class Devices {
  readonly #claims = new Map<PersonKey, Map<PersonKey, Claim>>()
  readonly #persons = new Map<PersonKey, PersonKey>()
  /** Linked now or once, by person. */
  readonly #devices = new Map<PersonKey, PersonKey[]>()
  /** t: undefined where several persons unlinked it. */
  readonly #removed = new Map<PersonKey, { readonly cut: Cut; readonly t: number | undefined }>()
  /** Where a device's link stands: what it says of its person counts behind it. */
  readonly #links = new Map<PersonKey, ControlEvent>()
  readonly counted = new Set<EventId>()

  /** events: of room 0, in display order. Bodies of links whose counter-signature does not hold are null there. */
  constructor(events: Iterable<ControlEvent>, cuts = new CutEvents(events)) {
    const claims: Claim[] = []
    const unlinked = new Map<PersonKey, Claim[]>()
    for (const control of events) {
      const { event, body } = control
      if (body?.kind !== 'device') continue
      const device = personKey(body.device)
      const claim = this.#claims.get(event.author)?.get(device)
      if (body.link && !claim) claims.push(...this.#claimed(event.author, device, control))
      if (body.link || !claim || claim.unlinking) continue
      claim.unlinking = { event, cuts: body.cuts }
      const others = unlinked.get(device)
      if (others) others.push(claim)
      else unlinked.set(device, [claim])
    }
    for (const [device, by] of unlinked) this.#remove(device, by, unlinked, cuts)
    for (const claim of claims) this.#weigh(claim)
  }

  /** Of each person the first 32 alone: what they and nobody else decide. */
  #claimed(person: PersonKey, device: PersonKey, link: ControlEvent): Claim[] {
    const own = this.#claims.get(person) ?? new Map<PersonKey, Claim>()
    if (person === device || own.size >= DEVICES_MAX) return []
    const claim = { person, device, link }
    this.#claims.set(person, own.set(device, claim))
    return [claim]
  }

  /** Its one person's for good, up to their cut, with the `cut` events before it (rule RM-6); else nobody's. */
  #remove(
    device: PersonKey,
    by: readonly Claim[],
    unlinked: Pick<Set<PersonKey>, 'has'>,
    cuts: CutEvents,
  ): void {
    for (const { unlinking } of by) this.counted.add(unlinking!.event.id)
    const [claim, ...others] = by
    if (others.length > 0 || unlinked.has(claim!.person)) {
      this.#removed.set(device, { cut: NOTHING, t: undefined })
      return
    }
    const { event, cuts: own } = claim!.unlinking!
    const cut = cuts.whole(event, { cuts: own }, (body) => readNetworkCut(body.cuts), this.counted)
    this.#removed.set(device, { cut, t: event.t })
    this.#join(claim!)
  }

  #weigh(claim: Claim): void {
    const { person, device } = claim
    const isOut = this.#removed.has(person) || this.#removed.has(device)
    const isTaken = this.#persons.has(person) || this.#persons.has(device) || this.#devices.has(device)
    if (!isOut && !isTaken) this.#join(claim)
  }

  #join({ person, device, link }: Claim): void {
    this.#persons.set(device, person)
    this.#devices.set(person, [...(this.#devices.get(person) ?? []), device])
    this.#links.set(device, link)
    this.counted.add(link.event.id)
  }

  /** Whose key this is; a key that nobody linked is its own person. */
  personOf(key: PersonKey): PersonKey {
    return this.#persons.get(key) ?? key
  }

  isRemoved(key: PersonKey): boolean {
    return this.#removed.has(key)
  }

  /** Where the lanes of a removed device end; undefined for every other key. */
  endOf(key: PersonKey): Cut | undefined {
    return this.#removed.get(key)?.cut
  }

  /** Is this so of where the lanes of one of the removed devices end? */
  someEnd(is: (cut: Cut) => boolean): boolean {
    for (const { cut } of this.#removed.values()) if (is(cut)) return true
    return false
  }

  /** The keys that speak and read for a person now: the first key, and those linked and not removed. */
  of(person: PersonKey): PersonKey[] {
    return this.ever(person).filter((key) => !this.#removed.has(key))
  }

  /** All keys that ever did. */
  ever(person: PersonKey): PersonKey[] {
    return [person, ...(this.#devices.get(person) ?? [])]
  }

  /** The keys that a person linked, in the order of linking, whosever they are by now. */
  linkedBy(person: PersonKey): PersonKey[] {
    return [...(this.#claims.get(person)?.keys() ?? [])]
  }

  /** Has this person unlinked this key? */
  isUnlinkedBy(person: PersonKey, device: PersonKey): boolean {
    return this.#claims.get(person)?.get(device)?.unlinking !== undefined
  }

  /** Time of the unlinking of this device; undefined for every other key, and of one that is nobody's. */
  unlinkedT(key: PersonKey): number | undefined {
    return this.#removed.get(key)?.t
  }

  /** Time of a person's last unlinking, also of a device that is nobody's; -Infinity: none. */
  lastUnlinkedT(person: PersonKey): number {
    const own = [...(this.#claims.get(person)?.values() ?? [])]
    return Math.max(
      Number.NEGATIVE_INFINITY,
      ...own.map(({ unlinking }) => unlinking?.event.t ?? Number.NEGATIVE_INFINITY),
    )
  }

  /** The link of a device. */
  linkOf(device: PersonKey): ControlEvent | undefined {
    return this.#links.get(device)
  }

  get isEmpty(): boolean {
    return this.#persons.size === 0
  }
}

export const NO_DEVICES = new Devices([])
