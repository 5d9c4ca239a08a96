/**
 * Standing: whose witness an author believes (rule AK-12): the hub, and the first three of the line as it was published.
 * Who stood there a moment ago is believed as well: a witness may be on its way while the line changes.
 */
import type { PersonKey } from '../../wire/ids.ts'

/** Nodes of the line that sign what they hold. */
export const WITNESSES_OF_LINE = 3
/** A witness is passed on within a second or two, and signed again when hub or line change. */
const KEPT_MS = 30_000

export class Standing {
  #standing = new Set<PersonKey>()
  /** Who stood here before, and until when that still counts. */
  readonly #former = new Map<PersonKey, number>()

  /** hub: the one followed, or this node; undefined: none. now: monotonic ms. */
  note(hub: PersonKey | undefined, line: readonly PersonKey[], now: number): void {
    const before = this.#standing
    this.#standing = new Set(line.slice(0, WITNESSES_OF_LINE))
    if (hub !== undefined) this.#standing.add(hub)
    for (const [key, until] of this.#former) if (until <= now) this.#former.delete(key)
    for (const key of before) if (!this.#standing.has(key)) this.#former.set(key, now + KEPT_MS)
  }

  has(key: PersonKey, now: number): boolean {
    return this.#standing.has(key) || (this.#former.get(key) ?? Number.NEGATIVE_INFINITY) > now
  }
}
