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
  readonly keys: PersonKey[]
  /** Has it ever had a word over every room of the network? */
  isOverAll: boolean
  isOwner: boolean
  /** Whom one of them called an admin: they are, should it turn out that this is the owner. */
  named: PersonKey[]
}

const NOBODY: readonly PersonKey[] = []

export class Kin {
  readonly #hasOwner: boolean
  readonly #above = new Map<PersonKey, PersonKey>()
  /** Of head keys; a key without one is alone. */
  readonly #groups = new Map<PersonKey, Group>()
  readonly #roles = new Set<string>()

  constructor(owner?: PersonKey) {
    this.#hasOwner = owner !== undefined
    if (owner !== undefined) this.#groups.set(owner, { ...alone(owner), isOverAll: true, isOwner: true })
  }

  /**
   * Takes in an event of room 0, links with a counter-signature that holds. Returns keys for which it makes a difference: of
   * two that became kin the one or the other, and whoever came to be over all. However often, a key seldom comes again.
   */
  note(author: PersonKey, body: BodyValue | null): readonly PersonKey[] {
    if (body?.kind === 'device' && body.link) return this.#join(author, personKey(body.device))
    // The owner alone makes admins, with whichever device.
    if (body?.kind !== 'role' || body.rank !== ADMIN || !this.#hasOwner) return NOBODY
    const target = personKey(body.target)
    const by = this.#groupOf(author)
    if (by.isOwner) return this.#raise(target)
    if (!this.#roles.has(author + target)) {
      this.#roles.add(author + target)
      by.named.push(target)
    }
    return NOBODY
  }

  #raise(target: PersonKey): readonly PersonKey[] {
    const group = this.#groupOf(target)
    if (group.isOverAll) return NOBODY
    group.isOverAll = true
    return [...group.keys]
  }

  /** The smaller group goes into the larger one, so that no key is moved often and none lies deep. */
  #join(a: PersonKey, b: PersonKey): readonly PersonKey[] {
    const [one, other] = [this.#headOf(a), this.#headOf(b)]
    if (one === other) return NOBODY
    const isSmaller = this.#groupOf(one).keys.length < this.#groupOf(other).keys.length
    const [less, more] = isSmaller ? [one, other] : [other, one]
    const [from, into] = [this.#groupOf(less), this.#groupOf(more)]
    const changed = [...from.keys, ...(from.isOverAll && !into.isOverAll ? into.keys : [])]
    this.#above.set(less, more)
    this.#groups.delete(less)
    for (const key of from.keys) into.keys.push(key)
    into.isOverAll ||= from.isOverAll
    into.isOwner ||= from.isOwner
    const isShorter = from.named.length < into.named.length
    const [few, many] = isShorter ? [from.named, into.named] : [into.named, from.named]
    for (const target of few) many.push(target)
    into.named = into.isOwner ? [] : many
    if (into.isOwner) for (const target of many) for (const key of this.#raise(target)) changed.push(key)
    return changed
  }

  #groupOf(key: PersonKey): Group {
    const head = this.#headOf(key)
    let group = this.#groups.get(head)
    if (!group) {
      group = alone(head)
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

const alone = (key: PersonKey): Group => ({ keys: [key], isOverAll: false, isOwner: false, named: [] })
