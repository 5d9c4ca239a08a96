/**
 * Namesakes: somebody new goes by the name of somebody known, or looks as if; or somebody whose key was compared calls
 * themselves otherwise. People are told of each once, as soon as they are told anything.
 */
import type { PersonKey } from '../wire/ids.ts'
import { readJson } from './saved-json.ts'

/** Told ones remembered: who makes more keys than that under one name is noticed anyway. */
const TOLD_MAX = 2000
const WAITING_MAX = 100

export interface Namesake {
  readonly person: PersonKey
  /** Who went by the name before; the same person, where they have another nick than the one compared. */
  readonly known: PersonKey
  /** The name, as they write it. */
  readonly nick: string
}

export class Namesakes {
  readonly #told: Set<string>
  #waiting: Namesake[] = []
  #isChanged = false

  /** saved: what takeSaved gave in an earlier run. */
  constructor(saved: readonly string[] = []) {
    this.#told = new Set(saved)
  }

  note(namesake: Namesake): void {
    const name = `${namesake.person}/${namesake.nick}`
    if (this.#told.has(name) || this.#waiting.length >= WAITING_MAX) return
    this.#told.add(name)
    if (this.#told.size > TOLD_MAX) this.#told.delete(this.#told.values().next().value!)
    this.#waiting.push(namesake)
    this.#isChanged = true
  }

  /** Those that nobody was told of yet. */
  take(): readonly Namesake[] {
    const waiting = this.#waiting
    if (waiting.length > 0) this.#waiting = []
    return waiting
  }

  takeSaved(): readonly string[] | undefined {
    if (!this.#isChanged) return undefined
    this.#isChanged = false
    return [...this.#told]
  }
}

/** What takeSaved gave, from the store; nothing where it is damaged. */
export function readNamesakes(bytes: Uint8Array | undefined): string[] {
  const value = bytes && readJson(bytes)
  return Array.isArray(value) ? value.filter((entry): entry is string => typeof entry === 'string') : []
}
