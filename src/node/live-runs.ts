/**
 * What comes as `live`, read: short numbers (rule LV-17) stand for what their own link told before. A run that cannot be read
 * because something before it is missing is passed over and asked for; it is no fault of whoever sent it.
 */
import type { Crypto } from '../wire/crypto.ts'
import type { EventFault, ParsedRun } from '../wire/event.ts'
import type { LaneId, NetId, PersonKey, RoomId } from '../wire/ids.ts'
import { isUnread, type LiveRun, NumberedLanes } from '../wire/numbered-lanes.ts'
import type { LinkId } from './sync.ts'

export interface LiveRunPorts {
  readonly crypto: Crypto
  readonly net: NetId
  /** Up to where this lane is held. */
  held(room: RoomId, author: PersonKey, lane: LaneId): number
  /** Pull this lane over this link. */
  pull(link: LinkId, room: RoomId, author: PersonKey, lane: LaneId): void
  /** Is the hub that is followed at the other end? */
  isHub(link: LinkId): boolean
  /** Compare all rooms with this peer. */
  ask(link: LinkId): void
  fault(link: LinkId, why: Exclude<EventFault, 'newer'>): void
}

/** A peer whose numbers stand for nothing here is asked what it holds at most this often. */
const ASK_EVERY_MS = 1000
/**
 * Hubs are one or two, but anybody may tell numbers: of more links those of the one that told longest ago are forgotten, never
 * those of the hub that is followed.
 */
const LINKS_MAX = 8

export class LiveRuns {
  readonly #ports: LiveRunPorts
  /** Of links that told something live; that of the link which told last is last. */
  readonly #lanes = new Map<LinkId, NumberedLanes>()
  readonly #askedAt = new Map<LinkId, number>()

  /** Runs that were asked for. An honest hub causes none: for tests. */
  unread = 0

  constructor(ports: LiveRunPorts) {
    this.#ports = ports
  }

  linkDown(link: LinkId): void {
    this.#lanes.delete(link)
    this.#askedAt.delete(link)
  }

  /** Those that can be read, their signatures unchecked. now: monotonic ms. */
  read(link: LinkId, runs: readonly LiveRun[], now: number): ParsedRun[] {
    const { crypto, net } = this.#ports
    const lanes = this.#lanesOf(link)
    const read: ParsedRun[] = []
    let isLost = false
    for (const run of runs) {
      const got = lanes.parse(crypto, net, run)
      if (got === 'newer') continue
      if (typeof got === 'string') this.#ports.fault(link, got)
      else if (!isUnread(got)) read.push(got)
      else if (got.of) {
        const { room, author, lane, n } = got.of
        // What is one's own does not always come back, and is held.
        if (this.#ports.held(room, author, lane) >= n) continue
        this.unread++
        this.#ports.pull(link, room, author, lane)
      } else {
        this.unread++
        isLost = true
      }
    }
    if (isLost && now - (this.#askedAt.get(link) ?? Number.NEGATIVE_INFINITY) >= ASK_EVERY_MS) {
      this.#askedAt.set(link, now)
      this.#ports.ask(link)
    }
    return read
  }

  #lanesOf(link: LinkId): NumberedLanes {
    const lanes = this.#lanes.get(link) ?? new NumberedLanes()
    this.#lanes.delete(link)
    this.#lanes.set(link, lanes)
    if (this.#lanes.size > LINKS_MAX)
      for (const other of this.#lanes.keys())
        if (!this.#ports.isHub(other)) {
          this.#lanes.delete(other)
          break
        }
    return lanes
  }
}
