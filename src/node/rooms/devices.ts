/**
 * Devices: several keys of one person (rules DV-1 to DV-4). A person is its first key; that key alone links further
 * keys, which have signed that they agree, and unlinks them for good.
 *
 * Links are weighed in display order, each against those before it: a key that is a device already links nothing and is
 * linked to nobody else, and who has devices becomes nobody's device. So there are no chains and no circles.
 */
import type { Event } from '../../wire/event.ts'
import { type EventId, type PersonKey, personKey } from '../../wire/ids.ts'
import { DEVICES_MAX } from '../../wire/limits.ts'
import { CutEvents } from './cut-events.ts'
import { type Cut, readNetworkCut } from './cuts.ts'
import type { ControlEvent } from './view.ts'

export interface Unlinking {
  readonly device: PersonKey
  /** Where the device's lanes end, in all rooms. */
  readonly cut: Cut
}

export class Devices {
  readonly #persons = new Map<PersonKey, PersonKey>()
  /** Linked now or once, by person, in the order of linking. */
  readonly #devices = new Map<PersonKey, PersonKey[]>()
  readonly #removed = new Map<PersonKey, { readonly cut: Cut; readonly t: number }>()
  /** Where a device's link stands: what it says of its person counts behind it. */
  readonly #links = new Map<PersonKey, ControlEvent>()
  readonly counted = new Set<EventId>()

  /** events: of room 0, in display order. Bodies of links whose counter-signature does not hold are null there. */
  constructor(events: Iterable<ControlEvent>, cuts = new CutEvents(events)) {
    for (const control of events) {
      const { event, body } = control
      if (body?.kind !== 'device') continue
      const device = personKey(body.device)
      if (
        body.link ? this.#link(event.author, device, control) : this.#unlink(event, device, body.cuts, cuts)
      )
        this.counted.add(event.id)
    }
  }

  #link(person: PersonKey, device: PersonKey, control: ControlEvent): boolean {
    const isTaken = this.#persons.has(person) || this.#persons.has(device) || this.#devices.has(device)
    const others = this.#devices.get(person) ?? []
    if (isTaken || person === device || others.length >= DEVICES_MAX) return false
    this.#persons.set(device, person)
    this.#devices.set(person, [...others, device])
    this.#links.set(device, control)
    return true
  }

  /** Of several unlinkings the first says when, and where its lanes end, with the `cut` events before it (rule RM-6). */
  #unlink(event: Event, device: PersonKey, cuts: Uint8Array, before: CutEvents): boolean {
    if (this.#persons.get(device) !== event.author || this.#removed.has(device)) return false
    const cut = before.whole(event, { cuts }, (body) => readNetworkCut(body.cuts), this.counted)
    this.#removed.set(device, { cut, t: event.t })
    return true
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

  /** Time of the unlinking of this device; undefined for every other key. */
  unlinkedT(key: PersonKey): number | undefined {
    return this.#removed.get(key)?.t
  }

  /** Time of the last unlinking of a device of this person; -Infinity: none was unlinked. */
  lastUnlinkedT(person: PersonKey): number {
    return Math.max(
      Number.NEGATIVE_INFINITY,
      ...this.ever(person).map((key) => this.#removed.get(key)?.t ?? Number.NEGATIVE_INFINITY),
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
