/**
 * Excuses: content that somebody said they deleted. Of their own person it counts without its body (rule EV-19). Nothing of it
 * may be left out, or vectors would differ; it takes a few times what the `erase` events do, which the views keep as well.
 */
import type { EventId, PersonKey } from '../wire/ids.ts'

const NOBODY: readonly PersonKey[] = []

export class Excuses {
  /** Nearly always one person; a set where there are more. */
  readonly #authors = new Map<EventId, PersonKey | Set<PersonKey>>()
  readonly #ids = new Map<PersonKey, EventId[]>()

  /** An `erase` of this author names these. Returns those that they had not named before. */
  add(by: PersonKey, ids: Iterable<EventId>): EventId[] {
    const fresh: EventId[] = []
    for (const id of ids) {
      const known = this.#authors.get(id)
      if (known === by || (typeof known === 'object' && known.has(by))) continue
      fresh.push(id)
      if (known === undefined) this.#authors.set(id, by)
      else if (typeof known === 'object') known.add(by)
      else this.#authors.set(id, new Set([known, by]))
    }
    const named = this.#ids.get(by)
    if (!named) this.#ids.set(by, [...fresh])
    else for (const id of fresh) named.push(id)
    return fresh
  }

  /** Who said so of this event. */
  authorsOf(id: EventId): Iterable<PersonKey> {
    const authors = this.#authors.get(id)
    return typeof authors === 'string' ? [authors] : (authors ?? NOBODY)
  }

  namedBy(author: PersonKey): Iterable<EventId> {
    return this.#ids.get(author) ?? []
  }
}
