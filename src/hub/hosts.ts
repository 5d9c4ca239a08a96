/**
 * Hosts: what comes from one machine, under however many keys, is measured together (rules LV-6, LV-18). Keys cost nothing to
 * make, machines do. A token bucket for each address. Pure: times are monotonic ms.
 */
import type { ParsedRun } from '../wire/event.ts'
import { HOST_BURSTS } from '../wire/limits.ts'

/** The address that a link comes from. '': this machine itself, which honest people here share with whoever is not. */
export type Host = string

export interface HostRate {
  /** Units a second; 0: unlimited. */
  readonly perS: number
  readonly burst: number
}

/** Of those that are not full: as many as a network of machines has. */
const HOSTS_MAX = 4096
/** What is larger counts as more: texts of some lines are one. */
const UNIT_BYTES = 1024

/** How much of a disk a run takes: an event is one unit at least. */
export function unitsOf({ events, bodies }: Pick<ParsedRun, 'events' | 'bodies'>): number {
  let units = 0
  for (let i = 0; i < events.length; i++)
    units += Math.max(1, Math.ceil((bodies[i]?.length ?? 0) / UNIT_BYTES))
  return units
}

interface Level {
  units: number
  at: number
}

export class Hosts {
  readonly #rate: HostRate
  readonly #levels = new Map<Host, Level>()

  constructor(rate: HostRate) {
    this.#rate = rate
  }

  /** Hosts that are remembered: for tests of growth. */
  get size(): number {
    return this.#levels.size
  }

  /** What may be taken of this host now; none or less: it waits. */
  left(host: Host, now: number): number {
    if (!this.#isMeasured(host)) return Number.POSITIVE_INFINITY
    return this.#at(host, now).units
  }

  /**
   * What one session is granted of it at once. Of less that is left it is less, so that whoever comes behind many others finds
   * something: of 300 who come at once the last ones find one each.
   */
  portion(host: Host, now: number): number {
    const left = this.left(host, now)
    return left < 1 ? 0 : Math.max(1, left / HOST_BURSTS)
  }

  /** What was granted and not used is there again. */
  gave(host: Host, units: number, now: number): void {
    const level = this.#levels.get(host)
    if (level) level.units = Math.min(this.#rate.burst, this.#at(host, now).units + units)
  }

  took(host: Host, units: number, now: number): void {
    if (units === 0 || !this.#isMeasured(host)) return
    const level = this.#at(host, now)
    level.units = Math.max(-this.#rate.burst, level.units - units)
    // Behind all others: the one that took nothing for longest is forgotten first.
    this.#levels.delete(host)
    this.#levels.set(host, level)
    if (this.#levels.size > HOSTS_MAX) this.#levels.delete(this.#levels.keys().next().value!)
  }

  #isMeasured(host: Host): boolean {
    return host !== '' && this.#rate.perS > 0
  }

  #at(host: Host, now: number): Level {
    const { perS, burst } = this.#rate
    const level = this.#levels.get(host) ?? { units: burst, at: now }
    level.units = Math.min(burst, level.units + (Math.max(0, now - level.at) * perS) / 1000)
    level.at = now
    return level
  }
}
