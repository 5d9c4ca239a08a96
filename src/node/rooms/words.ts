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
  readonly profiles = new ByFirst<Profile>()
  readonly ownProfiles = new ByFirst<Profile>()
  readonly looks = new ByFirst<Look>()
  readonly #devices: Devices
  readonly #covers: (event: Event) => boolean
  readonly #counted: Set<EventId>
  /** Which words stand: the last of each key, and of each person, of those that count. */
  readonly #ownNamed: Standing = new Map()
  readonly #named: Standing = new Map()
  readonly #coloured: Standing = new Map()
  readonly #pictured: Standing = new Map()

  /** counted: what counts is added. covers: does an event lie within every ban? */
  constructor(devices: Devices, covers: (event: Event) => boolean, counted: Set<EventId>) {
    this.#devices = devices
    this.#covers = covers
    this.#counted = counted
  }

  /** Takes words in, in any order: the history of a network comes author by author. */
  add(control: ControlEvent): void {
    const { event, body } = control
    if ((body?.kind !== 'profile' && body?.kind !== 'look') || !this.#covers(event)) return
    this.#counted.add(event.id)
    const by = this.#devices.personOf(event.author)
    if (body.kind === 'profile') {
      const profile = { nick: body.nick, boxKey: body.boxKey, about: body.about }
      this.ownProfiles.note(event.author, control)
      if (isLatest(this.#ownNamed, event.author, control)) this.ownProfiles.set(event.author, profile)
      if (!this.#isOfPerson(control)) return
      this.profiles.note(by, control)
      if (isLatest(this.#named, by, control)) this.profiles.set(by, profile)
    } else if (this.#isOfPerson(control)) {
      this.looks.note(by, control)
      const look = this.looks.get(by) ?? {}
      const isNews = body.part > 2 || isLatest(body.part === 1 ? this.#coloured : this.#pictured, by, control)
      this.looks.set(by, isNews ? lookOf(look, event.id, body) : look)
    }
  }

  /** What a device said of itself before it was linked was about somebody else. */
  #isOfPerson(control: ControlEvent): boolean {
    const link = this.#devices.linkOf(control.event.author)
    return !link || displayOrder(link, control) < 0
  }
}

/** Keys in the order of the first that they said, in whatever order it came: they are put in order where they are gone through. */
export class ByFirst<Value> extends Map<PersonKey, Value> {
  readonly #first = new Map<PersonKey, ControlEvent>()
  #last: ControlEvent | undefined
  #isInOrder = true
  /** Another one where there are others, or in another order. */
  revision = 0

  /** To be called before what was said is set. */
  note(key: PersonKey, control: ControlEvent): void {
    const first = this.#first.get(key)
    if (first && displayOrder(first, control) <= 0) return
    this.#first.set(key, control)
    this.revision++
    if (first || (this.#last && displayOrder(this.#last, control) > 0)) this.#isInOrder = false
    else this.#last = control
  }

  #order(): void {
    if (this.#isInOrder) return
    this.#isInOrder = true
    const entries = [...super.entries()].map(([key, value]) => ({ key, value, first: this.#first.get(key)! }))
    entries.sort((a, b) => displayOrder(a.first, b.first))
    this.#last = entries[entries.length - 1]?.first
    this.clear()
    for (const { key, value } of entries) this.set(key, value)
  }

  override keys() {
    this.#order()
    return super.keys()
  }

  override values() {
    this.#order()
    return super.values()
  }

  override entries() {
    this.#order()
    return super.entries()
  }

  override [Symbol.iterator]() {
    return this.entries()
  }

  override forEach(each: (value: Value, key: PersonKey, map: Map<PersonKey, Value>) => void): void {
    for (const [key, value] of this) each(value, key, this)
  }
}

type Standing = Map<PersonKey, ControlEvent>

/** Does nothing stand behind these words? Then they stand now. */
function isLatest(standing: Standing, key: PersonKey, control: ControlEvent): boolean {
  const before = standing.get(key)
  if (before && displayOrder(before, control) > 0) return false
  standing.set(key, control)
  return true
}

/** With one part of it changed; parts of later versions change nothing. */
function lookOf({ colour, picture }: Look, id: EventId, { part, bytes }: BodyOf<'look'>): Look {
  const isNone = bytes.length === 0
  const nextColour = part !== 1 ? colour : bytes.length === 3 ? bytes : undefined
  const nextPicture = part !== 2 ? picture : isNone ? undefined : id
  return { ...(nextColour && { colour: nextColour }), ...(nextPicture && { picture: nextPicture }) }
}
