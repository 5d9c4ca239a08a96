/** Whom this device has blocked: nothing that they say is shown here, and nothing is sent to them alone. Known to nobody else. */
import { isPersonKey, type PersonKey } from '../wire/ids.ts'
import { readJson } from './saved-json.ts'

/** Blocked people; who blocks more than a school should leave the network. */
export const BLOCKED_MAX = 1000

export class Blocks {
  readonly #persons: Set<PersonKey>
  #isChanged = false

  /** saved: what takeSaved gave in an earlier run. */
  constructor(saved: readonly PersonKey[] = []) {
    this.#persons = new Set(saved)
  }

  has(person: PersonKey): boolean {
    return this.#persons.has(person)
  }

  list(): Iterable<PersonKey> {
    return this.#persons
  }

  /** False where that was so before, or there is no room for more. */
  set(person: PersonKey, isBlocked: boolean): boolean {
    if (this.#persons.has(person) === isBlocked || (isBlocked && this.#persons.size >= BLOCKED_MAX))
      return false
    if (isBlocked) this.#persons.add(person)
    else this.#persons.delete(person)
    this.#isChanged = true
    return true
  }

  /** The list, where it has changed since the last call: to be kept over restarts. */
  takeSaved(): readonly PersonKey[] | undefined {
    if (!this.#isChanged) return undefined
    this.#isChanged = false
    return [...this.#persons]
  }
}

/** What takeSaved gave, from the store; nothing where it is damaged. */
export function readBlocks(bytes: Uint8Array | undefined): PersonKey[] {
  const value = bytes && readJson(bytes)
  if (!Array.isArray(value)) return []
  return value.filter(isPersonKey)
}
