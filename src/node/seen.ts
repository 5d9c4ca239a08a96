/** When this device last saw each person here: online, or writing. Known to nobody else. */
import { isPersonKey, type PersonKey } from '../wire/ids.ts'
import { readJson } from './saved-json.ts'

/** People remembered; beyond it the one seen longest ago is forgotten. */
const PEOPLE_MAX = 4096
/** Who is online is noted this often, so that a killed process knows it but for that. */
const NOTE_EVERY_MS = 300_000

export class Seen {
  /** Seen longest ago first. */
  readonly #at: Map<PersonKey, number>
  #isChanged = false
  #notedAt = Number.NEGATIVE_INFINITY

  /** saved: what takeSaved gave in an earlier run. */
  constructor(saved: readonly (readonly [PersonKey, number])[] = []) {
    this.#at = new Map(saved)
  }

  /** ms in the network's time; undefined: never. */
  of(person: PersonKey): number | undefined {
    return this.#at.get(person)
  }

  /** at: ms in the network's time. A later sight is kept. */
  note(person: PersonKey, at: number): void {
    if (at <= (this.#at.get(person) ?? 0)) return
    this.#at.delete(person)
    this.#at.set(person, Math.round(at))
    if (this.#at.size > PEOPLE_MAX) this.#at.delete(this.#at.keys().next().value!)
    this.#isChanged = true
  }

  /** Those who are here now, looked at now and then. now: monotonic ms; at: network's time. */
  tick(now: number, at: number, online: () => Iterable<PersonKey>): void {
    if (now - this.#notedAt < NOTE_EVERY_MS) return
    this.#notedAt = now
    for (const person of online()) this.note(person, at)
  }

  /** All of it, where it has changed, at most once between two ticks that note. */
  takeSaved(now: number): readonly (readonly [PersonKey, number])[] | undefined {
    if (!this.#isChanged || this.#notedAt !== now) return undefined
    this.#isChanged = false
    return [...this.#at]
  }
}

/** What takeSaved gave, from the store; nothing where it is damaged. */
export function readSeen(bytes: Uint8Array | undefined): [PersonKey, number][] {
  const value = bytes && readJson(bytes)
  if (!Array.isArray(value)) return []
  return value.filter(
    (entry): entry is [PersonKey, number] =>
      Array.isArray(entry) && isPersonKey(entry[0]) && Number.isFinite(entry[1]),
  )
}
