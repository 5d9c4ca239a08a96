/**
 * What people say of themselves in room 0, as the last of it stands: names, colours, pictures. It changes nothing else, so where
 * somebody says more of it the view grows by that alone, whatever lies there: of pictures there may be thousands.
 */
import type { Event } from '../../wire/event.ts'
import type { EventId, PersonKey } from '../../wire/ids.ts'
import type { BodyOf } from '../../wire/kinds.ts'
import type { Devices } from './devices.ts'
import { displayOrder } from './pass.ts'
import type { ControlEvent, Look, Profile } from './view.ts'

export class Words {
  readonly profiles = new Map<PersonKey, Profile>()
  readonly ownProfiles = new Map<PersonKey, Profile>()
  readonly looks = new Map<PersonKey, Look>()
  readonly #devices: Devices
  readonly #covers: (event: Event) => boolean
  readonly #counted: Set<EventId>
  /** The last words of each key, and of each person, that count; and of all. */
  readonly #last = new Map<PersonKey, ControlEvent>()
  #lastOfAll: ControlEvent | undefined

  /** counted: what counts is added. covers: does an event lie within every ban? */
  constructor(devices: Devices, covers: (event: Event) => boolean, counted: Set<EventId>) {
    this.#devices = devices
    this.#covers = covers
    this.#counted = counted
  }

  /** False where something comes behind it already that it may not be taken behind: then all is to be taken in order. */
  mayAdd(control: ControlEvent): boolean {
    const { event, body } = control
    const isBehind = (last: ControlEvent | undefined) => !last || displayOrder(last, control) < 0
    const by = this.#devices.personOf(event.author)
    const isThere =
      body?.kind === 'profile'
        ? this.ownProfiles.has(event.author) && this.profiles.has(by)
        : this.looks.has(by)
    // The place of what is new is behind all others.
    if (!isThere) return isBehind(this.#lastOfAll)
    return isBehind(this.#last.get(event.author)) && isBehind(this.#last.get(by))
  }

  /** Takes words in, in display order. */
  add(control: ControlEvent): void {
    const { event, body } = control
    if ((body?.kind !== 'profile' && body?.kind !== 'look') || !this.#covers(event)) return
    const by = this.#devices.personOf(event.author)
    const isOfPerson = this.#isOfPerson(control)
    if (body.kind === 'profile') {
      const profile = { nick: body.nick, boxKey: body.boxKey, about: body.about }
      this.ownProfiles.set(event.author, profile)
      if (isOfPerson) this.profiles.set(by, profile)
    } else if (isOfPerson) this.looks.set(by, lookOf(this.looks.get(by) ?? {}, event.id, body))
    this.#counted.add(event.id)
    this.#last.set(event.author, control)
    this.#last.set(by, control)
    if (!this.#lastOfAll || displayOrder(this.#lastOfAll, control) < 0) this.#lastOfAll = control
  }

  /** What a device said of itself before it was linked was about somebody else. */
  #isOfPerson(control: ControlEvent): boolean {
    const link = this.#devices.linkOf(control.event.author)
    return !link || displayOrder(link, control) < 0
  }
}

/** With one part of it changed; parts of later versions change nothing. */
function lookOf({ colour, picture }: Look, id: EventId, { part, bytes }: BodyOf<'look'>): Look {
  const isNone = bytes.length === 0
  const nextColour = part !== 1 ? colour : bytes.length === 3 ? bytes : undefined
  const nextPicture = part !== 2 ? picture : isNone ? undefined : id
  return { ...(nextColour && { colour: nextColour }), ...(nextPicture && { picture: nextPicture }) }
}
