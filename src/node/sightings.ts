/**
 * Which announcements are worth passing on. Anybody on the link can announce any number of names, so what is remembered and
 * what is passed on are both bounded, and one noisy address uses up its own share before it touches that of others.
 */
import type { Announcement } from './announcement.ts'

export interface Sighting extends Announcement {
  /** The address the packet came from. */
  readonly referer: string
  /** ms, as given to see(). */
  readonly seenAt: number
}

/** Names remembered; a LAN of lanchat's size has some hundred. */
export const SIGHTINGS_MAX = 1024
/**
 * Addresses to dial in new or changed names from one address: burst and per second. Dozens of people may share one terminal
 * server, each with some addresses.
 */
const PER_REFERER = { burst: 64, perS: 8 }
/** The same from all addresses together, since source addresses can be forged too. */
const ALL = { burst: 512, perS: 64 }
/** An unchanged announcement heard again is passed on at most this often: it arrives once per socket. */
export const REPEAT_MS = 1000

interface Entry {
  readonly sighting: Sighting
  readonly content: string
  readonly toldAt: number
}

export class Sightings {
  /** By service, instance and referer, least recently seen first: nobody can overwrite what another address says. */
  readonly #entries = new Map<string, Entry>()
  readonly #buckets = new Map<string, Bucket>()
  readonly #all = new Bucket(ALL)

  /** Takes note of one announcement. nowMs: any steady clock. Returns whether it should be passed on. */
  see(announcement: Announcement, referer: string, nowMs: number): boolean {
    const key = `${announcement.service} ${announcement.instance} ${referer}`
    const content = JSON.stringify(announcement)
    const known = this.#entries.get(key)
    const isNews = known?.content !== content
    const dials = 1 + announcement.addresses.length
    if (isNews && !(this.#bucketOf(referer).take(nowMs, dials) && this.#all.take(nowMs, dials))) return false
    const isTold = isNews || known === undefined || nowMs - known.toldAt >= REPEAT_MS
    const sighting = { ...announcement, referer, seenAt: nowMs }
    this.#entries.delete(key)
    this.#entries.set(key, { sighting, content, toldAt: isTold ? nowMs : (known?.toldAt ?? nowMs) })
    dropOldest(this.#entries)
    return isTold
  }

  /** What was heard, least recently seen first. */
  list(): Sighting[] {
    return [...this.#entries.values()].map((entry) => entry.sighting)
  }

  #bucketOf(referer: string): Bucket {
    const bucket = this.#buckets.get(referer) ?? new Bucket(PER_REFERER)
    this.#buckets.delete(referer)
    this.#buckets.set(referer, bucket)
    dropOldest(this.#buckets)
    return bucket
  }
}

/** Maps keep the order of insertion, so the first key is the oldest. */
function dropOldest(map: Map<string, unknown>): void {
  if (map.size <= SIGHTINGS_MAX) return
  const oldest = map.keys().next()
  if (oldest.done !== true) map.delete(oldest.value)
}

/** Token bucket: `burst` at once, `perS` sustained. */
export class Bucket {
  #tokens: number
  #atMs = Number.NEGATIVE_INFINITY

  constructor(readonly limit: { readonly burst: number; readonly perS: number }) {
    this.#tokens = limit.burst
  }

  take(nowMs: number, tokens = 1): boolean {
    const elapsedMs = Math.max(0, nowMs - this.#atMs)
    this.#tokens = Math.min(this.limit.burst, this.#tokens + (elapsedMs * this.limit.perS) / 1000)
    this.#atMs = nowMs
    if (this.#tokens < tokens) return false
    this.#tokens -= tokens
    return true
  }
}
