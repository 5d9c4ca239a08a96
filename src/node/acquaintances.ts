/**
 * Acquaintances: whom this person has written down (contacts, with a name of their own where they like) and whose key
 * they have compared (verified: key and nick are sealed together). Known to nobody else.
 */
import { isPersonKey, type PersonKey } from '../wire/ids.ts'
import { readJson } from './saved-json.ts'

/** Written down or verified; who knows more should keep a list elsewhere. */
export const ACQUAINTANCES_MAX = 2000

export interface Acquaintance {
  readonly isContact: boolean
  /** What this person calls them, in place of their nick. */
  readonly name?: string
  /** The nick that the key was compared under. */
  readonly sealed?: string
}
const NOBODY: Acquaintance = { isContact: false }

export class Acquaintances {
  readonly #persons: Map<PersonKey, Acquaintance>
  #isChanged = false

  /** saved: what takeSaved gave in an earlier run. */
  constructor(saved: readonly (readonly [PersonKey, Acquaintance])[] = []) {
    this.#persons = new Map(saved)
  }

  of(person: PersonKey): Acquaintance {
    return this.#persons.get(person) ?? NOBODY
  }

  /** Compared, and under this nick. */
  isVerified(person: PersonKey, nick: string): boolean {
    return this.of(person).sealed === nick
  }

  get size(): number {
    return this.#persons.size
  }

  *contacts(): Iterable<PersonKey> {
    for (const [person, { isContact }] of this.#persons) if (isContact) yield person
  }

  /** Those who are called otherwise here than they call themselves. */
  *renamed(): Iterable<PersonKey> {
    for (const [person, { name }] of this.#persons) if (name !== undefined) yield person
  }

  /** False where there is no room for one more. */
  set(person: PersonKey, next: Acquaintance): boolean {
    if (!this.#persons.has(person) && this.#persons.size >= ACQUAINTANCES_MAX) return false
    if (next.isContact || next.sealed !== undefined) this.#persons.set(person, next)
    else this.#persons.delete(person)
    this.#isChanged = true
    return true
  }

  /** The list, where it has changed since the last call: to be kept over restarts. */
  takeSaved(): readonly (readonly [PersonKey, Acquaintance])[] | undefined {
    if (!this.#isChanged) return undefined
    this.#isChanged = false
    return [...this.#persons]
  }
}

/** What takeSaved gave, from the store; nothing where it is damaged. */
export function readAcquaintances(bytes: Uint8Array | undefined): [PersonKey, Acquaintance][] {
  const value = bytes && readJson(bytes)
  if (!Array.isArray(value)) return []
  return value.flatMap((entry: unknown): [PersonKey, Acquaintance][] => {
    if (!Array.isArray(entry) || !isPersonKey(entry[0])) return []
    const { isContact, name, sealed } = (entry[1] ?? {}) as Partial<Acquaintance>
    const kept = {
      isContact: isContact === true,
      ...(typeof name === 'string' && { name }),
      ...(typeof sealed === 'string' && { sealed }),
    }
    return [[entry[0] as PersonKey, kept]]
  })
}
