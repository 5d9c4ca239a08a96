/**
 * Notices that another process writes under this key now: its data dir is used on a second machine, or was copied (HB-24).
 *
 * What comes under the own key and was not written here may be late words of a former process, with the time of a clock
 * that was wrong: no proof. So it is only named, in a `twin` event. Proof is a `twin` event that names what this process
 * wrote: no former process can know its id. The one that is proven right answers in the same way, so that the other
 * knows it too.
 */
import { fromHex } from '../wire/bytes.ts'
import { decodeBody, encodeBody } from '../wire/codec.ts'
import type { Event } from '../wire/event.ts'
import { type EventId, eventId } from '../wire/ids.ts'
import { kindNumber } from '../wire/kinds.ts'
import type { Writing } from './core-io.ts'

const TWIN = kindNumber('twin')
/** Own events remembered: what another process names came to it a moment ago. */
const OWN_MAX = 1024
/** What is older, or ahead of now by more, was not written just now: it is not named. */
const FRESH_MS = 60_000
/** The one that is proven right answers before it hands over: who hands over takes the way of the answer with it. */
const ANSWER_MS = 2000
/** Lanes of others in which something is named, one event each: lanes of former processes that come late are few. */
const NAMED_MAX = 16

export class TwinWatch {
  readonly #own = new Set<EventId>()
  /** Lanes in which an event was named. */
  readonly #named = new Set<string>()
  readonly #due: EventId[] = []
  #isProven = false
  #leavesAt = Number.POSITIVE_INFINITY

  /** This process has written these. */
  wrote(events: readonly Event[]): void {
    for (const { id } of events) {
      this.#own.add(id)
      if (this.#own.size > OWN_MAX) this.#own.delete(this.#own.values().next().value!)
    }
  }

  /**
   * An event under the own key came over a link. body: its bytes, where they are here; time: netNow; now: monotonic ms. True
   * where it proves for the first time that another process runs.
   */
  came(event: Event, body: Uint8Array | undefined, time: number, now: number): boolean {
    if (this.#own.has(event.id)) return false
    const named = event.kind === TWIN && body ? decodeBody(event.kind, body) : null
    const isProof = named?.kind === 'twin' && this.#own.has(eventId(named.seen))
    const isFresh = Math.abs(event.at - time) <= FRESH_MS
    const isFirst = isProof && !this.#isProven
    this.#isProven ||= isProof
    if (isFirst) this.#leavesAt = now + ANSWER_MS
    // Who was proven right hears in the same way that there is a twin.
    if (isProof || (isFresh && !this.#isProven)) this.#name(event)
    return isFirst
  }

  #name({ room, lane, id }: Event): void {
    if (this.#named.size >= NAMED_MAX || this.#named.has(room + lane)) return
    this.#named.add(room + lane)
    this.#due.push(id)
  }

  /** True once: of two processes of one key nobody can tell which one is the hub, so neither is, where anybody else can be. */
  leaves(now: number): boolean {
    const isDue = now >= this.#leavesAt
    if (isDue) this.#leavesAt = Number.POSITIVE_INFINITY
    return isDue
  }

  /** What is to be written into room 0 since the last call, each with a salt of 16 bytes. */
  takeDue(salt: () => Uint8Array): Writing[] {
    return this.#due.splice(0).map((seen) => {
      const body = encodeBody(salt(), { kind: 'twin', seen: fromHex(seen) })
      return { kind: TWIN, body: () => body }
    })
  }
}

/** What people read, once. */
export const TWIN_WARNING =
  'Another lanchat writes under your identity: this data directory is used on a second machine, or was copied there. Both go on and nothing is lost, but you are one person to everybody else. To be two, start one of them with --data-dir and a new folder.'
