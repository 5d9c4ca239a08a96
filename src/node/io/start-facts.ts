/** What the shell keeps in the store for the next start: that the code is right, where others were, which place this is. */
import type { PlaceId } from '../../wire/ids.ts'
import { nodeCrypto } from '../crypto.ts'
import { factKey } from '../keys.ts'
import { isPlace, keptPlace, newPlace, type Place } from '../places.ts'
import { readJson } from '../saved-json.ts'
import type { Store } from '../store.ts'
import type { AboutStore } from './stores-here.ts'

/** Addresses kept for the next start. */
const REMEMBERED_MAX = 32

const ACCEPTED = factKey('accepted')
const PEERS = factKey('peers')
const PLACE = factKey('place')

export class StartFacts {
  readonly #store: Store
  readonly #hasCode: boolean
  /** It is written down that the code is right: once in the life of a process. */
  #hasAccepted = false
  readonly #addresses = new Map<string, true>()

  /** hasCode: the network's links are made by a code. */
  constructor(store: Store, hasCode: boolean) {
    this.#store = store
    this.#hasCode = hasCode
  }

  /** Was there ever a link by the code? */
  get isAccepted(): boolean {
    return this.#store.get(ACCEPTED) !== undefined
  }

  /** The addresses by which there were links, the first ones first. */
  get addresses(): readonly string[] {
    return [...this.#addresses.keys()]
  }

  /** What the process before left: those are known from now on. */
  readAddresses(): void {
    for (const address of readSaved(this.#store.get(PEERS), isTexts) ?? []) this.#addresses.set(address, true)
  }

  /** A link came up: the code is right. */
  accept(): void {
    if (this.#hasAccepted) return
    this.#hasAccepted = true
    if (this.#hasCode && !this.isAccepted) this.#put(ACCEPTED, new Uint8Array([1]), false)
  }

  remember(address: string): void {
    if (this.#addresses.has(address)) return
    this.#addresses.set(address, true)
    while (this.#addresses.size > REMEMBERED_MAX) this.#addresses.delete(this.#addresses.keys().next().value!)
    this.#put(PEERS, jsonBytes(this.addresses), false)
  }

  keepPlace(place: Place): void {
    this.#put(PLACE, jsonBytes(place), false)
  }

  /** The place of this store; where its disk has lost it, the one that is written beside it; a new one at its first start. */
  startPlace({ ids, isGrown }: Partial<AboutStore>): Place {
    const stored = readSaved(this.#store.get(PLACE), isPlace)
    if (stored) return stored
    const place =
      ids && ids.length > 0 ? keptPlace(ids as PlaceId[], isGrown ?? false) : newPlace(nodeCrypto.random(8))
    this.#put(PLACE, jsonBytes(place), true)
    return place
  }

  #put(key: string, value: Uint8Array, sync: boolean): void {
    void this.#store.write([['put', key, value]], sync)
  }
}

const jsonBytes = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value))

/** undefined where nothing is stored, or the disk has damaged it. */
function readSaved<T>(bytes: Uint8Array | undefined, is: (value: unknown) => value is T): T | undefined {
  const value = bytes && readJson(bytes)
  return is(value) ? value : undefined
}

const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((text) => typeof text === 'string')
