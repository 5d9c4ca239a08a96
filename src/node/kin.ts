/**
 * Kin: keys of which it was said, by both of them, that they are one person's, and whom the owner of a network ever made an
 * admin. Unlike what counts (rooms/devices.ts, rooms/network.ts) it only grows, in whatever order events come: it tells whose
 * word may have taken a body from somebody's disk, once (rules EV-18, EV-19), and gives no rights.
 */
import type { PersonKey } from '../wire/ids.ts'
import { personKey } from '../wire/ids.ts'
import type { BodyValue } from '../wire/kinds.ts'

const ADMIN = 4

export class Kin {
  readonly #owner: PersonKey | undefined
  readonly #head = new Map<PersonKey, PersonKey>()
  /** By whom somebody was made an admin: the owner alone can, with whichever device. */
  readonly #made = new Map<PersonKey, Set<PersonKey>>()

  constructor(owner?: PersonKey) {
    this.#owner = owner
  }

  /** Takes in an event of room 0, links with a counter-signature that holds. True where it makes a difference. */
  note(author: PersonKey, body: BodyValue | null): boolean {
    if (body?.kind === 'device' && body.link) return this.#join(author, personKey(body.device))
    if (body?.kind !== 'role' || body.rank !== ADMIN) return false
    const target = personKey(body.target)
    const by = this.#made.get(target) ?? new Set()
    this.#made.set(target, by)
    if (by.has(author)) return false
    by.add(author)
    return true
  }

  #join(a: PersonKey, b: PersonKey): boolean {
    const [one, other] = [this.#headOf(a), this.#headOf(b)]
    if (one === other) return false
    this.#head.set(one, other)
    return true
  }

  #headOf(key: PersonKey): PersonKey {
    let head = key
    for (let next = this.#head.get(head); next !== undefined; next = this.#head.get(head)) head = next
    return head
  }

  are(a: PersonKey, b: PersonKey): boolean {
    return a === b || this.#headOf(a) === this.#headOf(b)
  }

  /** May this key ever have had a word over every room of the network? */
  isOverAll(key: PersonKey): boolean {
    if (this.#owner === undefined) return false
    if (this.are(key, this.#owner)) return true
    for (const [target, by] of this.#made)
      if (this.are(key, target)) for (const maker of by) if (this.are(maker, this.#owner)) return true
    return false
  }
}
