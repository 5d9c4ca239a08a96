/**
 * How the texts begin that messages have now, for those who quote them: the latest edit of each that was met here, or that there
 * is none.
 * It is a memory and nothing more: what is not in it is looked up (search/marks.ts).
 */
import type { EventId } from '../wire/ids.ts'
import { orderOf } from './display-order.ts'
import type { Edit } from './timeline.ts'

/** Messages remembered: more are not answered in a day, and each costs a few hundred bytes. */
const KNOWN_MAX = 10_000
/** Characters of a message that an answer to it shows. */
const QUOTE_CHARS = 80

/** The beginning of a text in one line. What it gives, it leaves as it is. */
export function beginningOf(text: string): string {
  const line = [...text.replace(/\s+/gu, ' ').trim()]
  return line.length > QUOTE_CHARS ? `${line.slice(0, QUOTE_CHARS - 1).join('')}…` : line.join('')
}

export class LatestTexts {
  readonly #known = new Map<EventId, Edit | null>()

  /** null: it was looked for, and there is none; undefined: nobody has looked. */
  of(message: EventId): Edit | null | undefined {
    return this.#known.get(message)
  }

  /** Of two edits of a message the later in display order is remembered, with the beginning of its text. */
  note(message: EventId, edit: Edit | null): void {
    const known = this.#known.get(message)
    if (known && (!edit || orderOf(known.event) >= orderOf(edit.event))) return
    this.#known.delete(message)
    this.#known.set(message, edit && { event: edit.event, text: beginningOf(edit.text) })
    if (this.#known.size > KNOWN_MAX) this.#known.delete(this.#known.keys().next().value!)
  }

  /** Is to be looked up again: the edit that was known is shown no more. */
  forget(message: EventId): void {
    this.#known.delete(message)
  }

  /** Edits come that nobody looks at. */
  clear(): void {
    this.#known.clear()
  }
}
