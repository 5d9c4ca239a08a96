/**
 * Healing, as people are told of it: when those who were apart meet again, one line says how much came from the other
 * side. A message is from there when it comes late, and somebody came back, or this machine did, at about that time:
 * sync may bring it before the roster names its author. Pure: time is an input.
 */
import type { PersonKey } from '../wire/ids.ts'

/** Younger ones may just have been on their way. */
const LATE_MS = 3000
/** Late messages and a return belong together within this, whichever is first. */
const NEAR_MS = 15_000
/** All have come when none has for this long; a stream that does not end is told of after the longest time. */
const QUIET_MS = 1500
const GATHER_MS_MAX = 20_000
/** More people are counted as so many. */
const PEOPLE_MAX = 4096

/** What came from the other side. */
export interface Heal {
  readonly messages: number
  readonly people: number
}

interface Gathered {
  messages: number
  readonly authors: Set<PersonKey>
  readonly since: number
  latest: number
}

export class Heals {
  #metAt = Number.NEGATIVE_INFINITY
  #gathered: Gathered | undefined

  /** Somebody came who was not here, or this process was away. now: monotonic ms. */
  met(now: number): void {
    this.#metAt = now
  }

  /** A message of somebody else is shown. ageMs: since it was written, by the network's time. now: monotonic ms. */
  shown(author: PersonKey, ageMs: number, now: number): void {
    if (ageMs < LATE_MS) return
    if (this.#gathered && !this.#isHeal(this.#gathered) && now - this.#gathered.latest > NEAR_MS)
      this.#gathered = undefined
    this.#gathered ??= { messages: 0, authors: new Set(), since: now, latest: now }
    this.#gathered.messages++
    this.#gathered.latest = now
    if (this.#gathered.authors.size < PEOPLE_MAX) this.#gathered.authors.add(author)
  }

  /** What people are told now, if anything: once for all that came. now: monotonic ms. */
  due(now: number): Heal | undefined {
    const gathered = this.#gathered
    if (!gathered) return undefined
    const { since, latest, messages, authors } = gathered
    if (!this.#isHeal(gathered)) {
      if (now - latest > NEAR_MS) this.#gathered = undefined
      return undefined
    }
    if (now - latest < QUIET_MS && now - since < GATHER_MS_MAX) return undefined
    this.#gathered = undefined
    return { messages, people: authors.size }
  }

  /** Something is gathered that may have to be told soon. */
  get isWaiting(): boolean {
    return this.#gathered !== undefined
  }

  #isHeal({ since, latest }: Gathered): boolean {
    return this.#metAt >= since - NEAR_MS && this.#metAt <= latest + NEAR_MS
  }
}

/** One line for people. */
export function healText({ messages, people }: Heal): string {
  const written = messages === 1 ? '1 message' : `${messages} messages`
  return `Together again: ${written} of ${people === 1 ? '1 person' : `${people} people`} came from the other side.`
}
