/** People and rooms as this device knows them: nicks and box keys from profiles, and labels that tell two of one name apart. */

import type { Crypto } from '../wire/crypto.ts'
import { fold } from '../wire/fold.ts'
import { generalRoom, isPersonKey, isRoomId, type NetId, type PersonKey, type RoomId } from '../wire/ids.ts'
import { Acquaintances } from './acquaintances.ts'
import type { Labelled, Who } from './events.ts'
import { type Labels, personLabels, type Resolved, roomLabels } from './labels.ts'
import type { RoomView } from './rooms.ts'
import { readJson } from './saved-json.ts'
import type { Views } from './views.ts'

/** How the words about oneself of a program begin (rule KI-12). */
export const BOT_MARK = '[bot]'

/** Between two savings, for each name known, and at most. */
const SAVE_MS_PER_NAME = 1
const SAVE_MS_MAX = 5000

export interface SavedLabels {
  readonly persons: readonly (readonly [form: string, key: PersonKey])[]
  readonly rooms: readonly (readonly [form: string, key: RoomId])[]
}

/** What takeSaved gave, from the store; undefined where there is none. Entries that are damaged are left out. */
export function readLabels(bytes: Uint8Array | undefined): SavedLabels | undefined {
  const value = bytes && (readJson(bytes) as Partial<SavedLabels> | null | undefined)
  if (!value) return undefined
  return {
    persons: entriesOf(value.persons, isPersonKey),
    rooms: entriesOf(value.rooms, isRoomId),
  }
}

function entriesOf<Key>(value: unknown, isKey: (value: unknown) => value is Key): [form: string, key: Key][] {
  if (!Array.isArray(value)) return []
  return value.filter(
    (entry): entry is [string, Key] =>
      Array.isArray(entry) && typeof entry[0] === 'string' && isKey(entry[1]),
  )
}

export class People {
  readonly #self: PersonKey
  readonly #nick: string
  readonly #views: Views
  readonly #labels: Labels<PersonKey>
  readonly #rooms: Labels<RoomId>
  readonly #nicks = new Map<PersonKey, { readonly nick: string; readonly label: string }>()
  /** Names as the labels know them: only another one changes what has to be saved. */
  readonly #named = new Map<string, string | undefined>()
  readonly acquaintances: Acquaintances
  #isChanged = false
  /** No sooner than this it is saved again: monotonic ms. */
  #saveAt = Number.NEGATIVE_INFINITY

  /** saved: what takeSaved gave in an earlier run. */
  constructor(
    crypto: Crypto,
    net: NetId,
    self: PersonKey,
    nick: string,
    views: Views,
    saved: SavedLabels = { persons: [], rooms: [] },
    acquaintances = new Acquaintances(),
  ) {
    this.acquaintances = acquaintances
    this.#labels = personLabels(saved.persons)
    this.#rooms = roomLabels(saved.rooms)
    this.#self = self
    this.#nick = nick
    this.#views = views
    // Whoever takes this person's own name later is the one with the suffix; so is a room that calls itself general.
    this.#labels.meet(self, nick)
    this.#rooms.meet(generalRoom(crypto, net), 'general')
  }

  /** The nick its owner chose; the first 8 hex digits of the key while the profile is not here. */
  nick(person: PersonKey): string {
    const profile = this.#views.network().profiles.get(this.#views.personOf(person))
    return profile?.nick ?? (person === this.#self ? this.#nick : person.slice(0, 8))
  }

  boxKey(person: PersonKey): Uint8Array | undefined {
    return this.#views.network().ownProfiles.get(person)?.boxKey
  }

  /** What they say of themselves; '' nothing. */
  about(person: PersonKey): string {
    const about = this.#views.network().profiles.get(this.#views.personOf(person))?.about ?? ''
    return about.startsWith(BOT_MARK) ? about.slice(BOT_MARK.length).trimStart() : about
  }

  who(key: PersonKey): Who {
    const person = this.#views.personOf(key)
    const about = this.#views.network().profiles.get(person)?.about
    return { id: person, name: this.nick(person), ...(about?.startsWith(BOT_MARK) && { bot: true as const }) }
  }

  /** Is there a nick of theirs? Who is met for the first time has none until their profile is here. */
  isNamed(key: PersonKey): boolean {
    return this.#views.network().profiles.has(this.#views.personOf(key))
  }

  labelled(key: PersonKey): Labelled {
    const person = this.#views.personOf(key)
    const who = this.who(person)
    const label = this.#meet(person, who.name)
    const isVerified = this.acquaintances.isVerified(person, who.name)
    if (label === who.name && !isVerified) return who
    return { ...who, ...(label !== who.name && { label }), ...(isVerified && { verified: true as const }) }
  }

  /** Could this person be called so here, without looking like anybody else? */
  isFree(name: string, person: PersonKey): boolean {
    return this.#labels.isFree(name, person)
  }

  /** Who kept the plain form of the nick that this person goes by now; undefined: it is their own. */
  keeperBefore(person: PersonKey): PersonKey | undefined {
    return this.#labels.keeperBefore(person)
  }

  /**
   * This reader meets a person: the first under a name keeps the plain form. Returns what they were called here before, where
   * the nick is another one than then.
   */
  met(key: PersonKey): string | undefined {
    const person = this.#views.personOf(key)
    const nick = this.#views.network().profiles.get(person)?.nick
    if (nick === undefined) return undefined
    const label = this.#meet(person, nick)
    const before = this.#nicks.get(person)
    this.#nicks.set(person, { nick, label })
    return before && before.nick !== nick ? before.label : undefined
  }

  /** What a person typed for another one: a label; or the nick of somebody who is called otherwise here. */
  resolve(text: string): Resolved<PersonKey> {
    const found = this.#labels.resolve(text)
    const word = fold(text.replace(/^@/, ''))
    const keys = new Set(found.is === 'one' ? [found.key] : found.is === 'ambiguous' ? found.keys : [])
    for (const person of this.acquaintances.renamed()) if (fold(this.nick(person)) === word) keys.add(person)
    // Somebody's devices are one person.
    const [key, ...more] = new Set([...keys].map((each) => this.#views.personOf(each)))
    if (key === undefined) return found
    return more.length === 0 ? { is: 'one', key } : { is: 'ambiguous', keys: [key, ...more] }
  }

  /** A form that means this person alone. */
  handle(person: PersonKey): string {
    return this.#labels.handle(this.#views.personOf(person))
  }

  /**
   * The label of a room; two of one name made apart are told apart. name: as its create says it, opened; undefined where it
   * cannot be opened now, as while a damaged store is filled again: the room keeps the name it was met by.
   */
  roomLabel(room: RoomId, name: string | undefined): string {
    const known = name ?? this.#named.get(room)
    this.#note(room, known)
    return this.#rooms.meet(room, known)
  }

  /** What a person typed for a room. */
  resolveRoom(text: string): Resolved<RoomId> {
    return this.#rooms.resolve(text)
  }

  roomHandle(room: RoomId): string {
    return this.#rooms.handle(room)
  }

  /** Frees the name of a deleted room. */
  forgetRoom(view: RoomView): void {
    if (!view.deleted) return
    this.#named.delete(view.id)
    this.#rooms.forget(view.id)
    this.#isChanged = true
  }

  #meet(person: PersonKey, nick: string): string {
    const name = this.acquaintances.of(person).name ?? nick
    this.#note(person, name)
    return this.#labels.meet(person, name)
  }

  #note(key: PersonKey | RoomId, name: string | undefined): void {
    if (this.#named.has(key) && this.#named.get(key) === name) return
    this.#named.set(key, name)
    this.#isChanged = true
  }

  /**
   * Who keeps which label, where that has changed since the last call: to be kept over restarts (INV-23). All of them are
   * written anew, so of many who come at once not at each. now: monotonic ms.
   */
  takeSaved(now: number): SavedLabels | undefined {
    if (!this.#isChanged || now < this.#saveAt) return undefined
    this.#saveAt = now + Math.min(SAVE_MS_MAX, SAVE_MS_PER_NAME * this.#named.size)
    this.#isChanged = false
    return { persons: this.#labels.saved(), rooms: this.#rooms.saved() }
  }
}
