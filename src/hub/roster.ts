/**
 * The roster: who is here as the members were told last, and who has come or gone since.
 *
 * A change told to all costs a write for each member, and a newcomer needs the whole list: told one by one, both would grow
 * with the square of those who come at once. So changes are told together, with the next heartbeat, which is written to all
 * anyway, or before that at a pace that leaves time between two tellings for each member; and whoever comes in between gets
 * the list as it was told last, in pages that are made once, and behind that the same changes as everybody (rule LV-9).
 *
 *   came, went -> waiting --(pace)--> take: told to all, and in the pages for newcomers
 *
 * Pure: time is an input.
 */
import { fromHex, writeHex } from '../wire/bytes.ts'
import type { Frame, FrameOf } from '../wire/frames.ts'
import type { PersonKey } from '../wire/ids.ts'
import { ROSTER_PAGE_KEYS_MAX } from '../wire/limits.ts'

/** Between two tellings, for each member, and at most: of many members each is told with the next heartbeat. */
const PACE_MS_PER_MEMBER = 4
const PACE_MS_MAX = 1000
const KEY_BYTES = 32

/** What all are told at once. */
export interface Telling {
  readonly came: readonly PersonKey[]
  readonly frames: readonly Frame[]
  /** The only one who came, and knows of it; -1: all are told. */
  readonly except: number
}

export class Roster {
  readonly #told = new Set<PersonKey>()
  /** Over which link. */
  readonly #came = new Map<PersonKey, number>()
  readonly #went = new Set<PersonKey>()
  #pages: readonly FrameOf<'roster'>[] | undefined
  #toldAt = Number.NEGATIVE_INFINITY

  /** self: the hub's own user, who is always here. */
  constructor(self: PersonKey) {
    this.#told.add(self)
  }

  /** False where nobody has to be told: as far as the members know, this person has been here all the time. */
  came(key: PersonKey, link: number): boolean {
    this.#went.delete(key)
    if (this.#told.has(key)) return false
    this.#came.set(key, link)
    return true
  }

  went(key: PersonKey): void {
    if (!this.#came.delete(key) && this.#told.has(key)) this.#went.add(key)
  }

  /** The list as told last, for whoever comes: the same frames for all until the next telling. */
  pages(): readonly FrameOf<'roster'>[] {
    this.#pages ??= pagesOf([...this.#told]).map((keys, page) => ({
      type: 'roster',
      keys,
      first: page === 0,
    }))
    return this.#pages
  }

  /** Changes that are not told yet. */
  get waiting(): number {
    return this.#came.size + this.#went.size
  }

  /** When they are to be told: monotonic ms. members: links that hear of it. */
  dueAt(members: number): number {
    return this.#toldAt + Math.min(PACE_MS_MAX, PACE_MS_PER_MEMBER * members)
  }

  /** What is told now. isHere: false for who came and has left again already. */
  take(now: number, isHere: (key: PersonKey) => boolean): Telling {
    const came = [...this.#came.keys()].filter(isHere)
    const [only] = came
    const isOne = came.length === 1 && this.#went.size === 0
    const frames: Frame[] =
      came.length === 1
        ? [{ type: 'presence', key: fromHex(only!), online: true }]
        : pagesOf(came).map((keys) => ({ type: 'roster', keys, first: false }))
    for (const key of this.#went) frames.push({ type: 'presence', key: fromHex(key), online: false })
    const telling = { came, frames, except: isOne ? this.#came.get(only!)! : -1 }
    for (const key of came) this.#told.add(key)
    for (const key of this.#went) this.#told.delete(key)
    if (frames.length > 0) this.#pages = undefined
    this.#came.clear()
    this.#went.clear()
    this.#toldAt = now
    return telling
  }
}

function pagesOf(keys: readonly PersonKey[]): Uint8Array[] {
  const pages: Uint8Array[] = []
  for (let at = 0; at < keys.length; at += ROSTER_PAGE_KEYS_MAX) {
    const page = new Uint8Array(KEY_BYTES * Math.min(ROSTER_PAGE_KEYS_MAX, keys.length - at))
    for (let k = 0; KEY_BYTES * k < page.length; k++) writeHex(page, KEY_BYTES * k, keys[at + k]!)
    pages.push(page)
  }
  return pages
}
