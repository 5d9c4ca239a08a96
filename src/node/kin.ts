/**
 * Kin: keys of which it was said, by both of them, that they are one person's, and whom the owner of a network ever made an
 * admin. Unlike what counts (rooms/devices.ts, rooms/network.ts) it only grows, in whatever order events come: it tells whose
 * word may have taken a body from somebody's disk, once (rules EV-18, EV-19), and gives no rights.
 */
import type { PersonKey } from '../wire/ids.ts'
import { personKey } from '../wire/ids.ts'
import type { BodyValue } from '../wire/kinds.ts'

const ADMIN = 4

/** Keys that are one person's, as it was said. */
interface Group {
  keys: number
  /** Has it ever had a word over every room of the network? */
  isOverAll: boolean
  isOwner: boolean
  /** Whom one of them called an admin: they are, should it turn out that this is the owner. */
  named: PersonKey[]
}

export class Kin {
  readonly #hasOwner: boolean
  readonly #above = new Map<PersonKey, PersonKey>()
  /** Of head keys; a key without one is alone. */
  readonly #groups = new Map<PersonKey, Group>()
  readonly #roles = new Set<string>()

  constructor(owner?: PersonKey) {
    this.#hasOwner = owner !== undefined
    if (owner !== undefined) this.#groups.set(owner, { ...alone(), isOverAll: true, isOwner: true })
  }

  /** Takes in an event of room 0, links with a counter-signature that holds. True where it makes a difference. */
  note(author: PersonKey, body: BodyValue | null): boolean {
    if (body?.kind === 'device' && body.link) return this.#join(author, personKey(body.device))
    // The owner alone makes admins, with whichever device.
    if (body?.kind !== 'role' || body.rank !== ADMIN || !this.#hasOwner) return false
    const target = personKey(body.target)
    const by = this.#groupOf(author)
    if (by.isOwner) return this.#raise(target)
    if (!this.#roles.has(author + target)) {
      this.#roles.add(author + target)
      by.named.push(target)
    }
    return false
  }

  #raise(target: PersonKey): boolean {
    const group = this.#groupOf(target)
    const isNew = !group.isOverAll
    group.isOverAll = true
    return isNew
  }

  /** The smaller group goes into the larger one, so that no key is moved often and none lies deep. */
  #join(a: PersonKey, b: PersonKey): boolean {
    const [one, other] = [this.#headOf(a), this.#headOf(b)]
    if (one === other) return false
    const isSmaller = this.#groupOf(one).keys < this.#groupOf(other).keys
    const [less, more] = isSmaller ? [one, other] : [other, one]
    const [from, into] = [this.#groupOf(less), this.#groupOf(more)]
    this.#above.set(less, more)
    this.#groups.delete(less)
    into.keys += from.keys
    into.isOverAll ||= from.isOverAll
    into.isOwner ||= from.isOwner
    const [few, many] =
      from.named.length < into.named.length ? [from.named, into.named] : [into.named, from.named]
    for (const target of few) many.push(target)
    into.named = into.isOwner ? [] : many
    if (into.isOwner) for (const target of many) this.#raise(target)
    return true
  }

  #groupOf(key: PersonKey): Group {
    const head = this.#headOf(key)
    let group = this.#groups.get(head)
    if (!group) {
      group = alone()
      this.#groups.set(head, group)
    }
    return group
  }

  #headOf(key: PersonKey): PersonKey {
    let head = key
    for (let above = this.#above.get(head); above !== undefined; above = this.#above.get(head)) {
      // Each look halves the way for the next one.
      const next = this.#above.get(above)
      if (next !== undefined) this.#above.set(head, next)
      head = next ?? above
    }
    return head
  }

  are(a: PersonKey, b: PersonKey): boolean {
    return a === b || this.#headOf(a) === this.#headOf(b)
  }

  /** May this key ever have had a word over every room of the network? */
  isOverAll(key: PersonKey): boolean {
    return this.#groups.get(this.#headOf(key))?.isOverAll ?? false
  }
}

const alone = (): Group => ({ keys: 1, isOverAll: false, isOwner: false, named: [] })
