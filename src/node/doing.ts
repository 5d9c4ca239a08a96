/**
 * Doing: what people here are doing at the moment, as they say: their mode with some words, and that they type. None of
 * it is an event (rules LV-10 to LV-12). Each node tells its own mode on every link, when the link comes up and at each
 * change; the hub passes on those of its members.
 *
 *   a peer of itself, the hub of its members -> heard -> told as `mode`, `presence` where somebody hides, `typing`
 */
import type { PersonKey, RoomId } from '../wire/ids.ts'
import { MEMBERS_MAX } from '../wire/limits.ts'
import { isPlain, isSame, PLAIN, type Saying } from './own-mode.ts'

/** No hub has more members; others tell of themselves on their own links. */
const PEOPLE_MAX = 2 * MEMBERS_MAX
/** What the hub of before said holds for so long, until the present one has said it again. */
const STALE_MS = 4000
/** Who says nothing more of typing has stopped, or is thinking. */
export const TYPING_MS = 6000
/** One says so at most this often. */
export const TYPING_EVERY_MS = 3000
const TYPING_MAX = 256

export interface DoingPorts {
  /** What somebody says of themselves is another thing than before. */
  changed(person: PersonKey, before: Saying, now: Saying): void
  typing(room: RoomId, person: PersonKey, isTyping: boolean): void
  /** Is this person among those here? */
  isHere(person: PersonKey): boolean
}

export class Doing {
  readonly #ports: DoingPorts
  /** Only what is not plain. */
  readonly #sayings = new Map<PersonKey, Saying>()
  /** Said under a former hub and not since. */
  readonly #stale = new Set<PersonKey>()
  /** Nobody is left who told of themselves and is not here. */
  #isOfHere = false
  #staleUntil = Number.NEGATIVE_INFINITY
  /** By room and person, until when. */
  readonly #typing = new Map<string, { room: RoomId; person: PersonKey; until: number }>()

  constructor(ports: DoingPorts) {
    this.#ports = ports
  }

  of(person: PersonKey): Saying {
    return this.#sayings.get(person) ?? PLAIN
  }

  isHidden(person: PersonKey): boolean {
    return this.of(person).mode === 'hidden'
  }

  get size(): number {
    return this.#typing.size
  }

  heard(person: PersonKey, saying: Saying): void {
    this.#stale.delete(person)
    const before = this.of(person)
    if (isSame(before, saying)) return
    if (isPlain(saying)) this.#sayings.delete(person)
    else if (this.#sayings.has(person) || this.#hasRoom()) this.#sayings.set(person, saying)
    else return
    this.#ports.changed(person, before, saying)
  }

  /** Who came under ever other keys and said something of each leaves room for those who are here. */
  #hasRoom(): boolean {
    if (this.#sayings.size >= PEOPLE_MAX && !this.#isOfHere) {
      this.#isOfHere = true
      for (const person of this.#sayings.keys()) if (!this.#ports.isHere(person)) this.#sayings.delete(person)
    }
    return this.#sayings.size < PEOPLE_MAX
  }

  /** The hub begins to list who is here. now: monotonic ms. */
  hubBegins(now: number): void {
    for (const person of this.#sayings.keys()) this.#stale.add(person)
    this.#staleUntil = now + STALE_MS
  }

  types(room: RoomId, person: PersonKey, now: number): void {
    const name = room + person
    const isNew = !this.#typing.has(name)
    if (isNew && this.#typing.size >= TYPING_MAX) return
    this.#typing.set(name, { room, person, until: now + TYPING_MS })
    if (isNew) this.#ports.typing(room, person, true)
  }

  /** They said it, or went. room: all of them, where it is not given. */
  typed(person: PersonKey, room?: RoomId): void {
    for (const [name, each] of this.#typing) {
      if (each.person !== person || (room !== undefined && each.room !== room)) continue
      this.#typing.delete(name)
      this.#ports.typing(each.room, person, false)
    }
  }

  /** When something ends by itself, monotonic ms. */
  dueAt(): number {
    let due = this.#stale.size > 0 ? this.#staleUntil : Number.POSITIVE_INFINITY
    for (const { until } of this.#typing.values()) due = Math.min(due, until)
    return due
  }

  tick(now: number): void {
    this.#isOfHere = false
    for (const [name, { room, person, until }] of this.#typing) {
      if (now < until) continue
      this.#typing.delete(name)
      this.#ports.typing(room, person, false)
    }
    if (now < this.#staleUntil) return
    for (const person of [...this.#stale]) this.heard(person, PLAIN)
  }
}
