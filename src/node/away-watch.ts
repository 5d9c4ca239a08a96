/**
 * Away: has this process not run for a while? A stopped process finds out by the monotonic clock, when it goes on; a
 * machine that slept does not, because on most systems that clock sleeps too: there the wall clock has gone ahead of
 * it. A wall clock that somebody set forward looks the same, and costs no more than a question to the others (HB-19).
 */
export interface Gap {
  /** Not run for so long, ms. */
  readonly awayMs?: number
  /** The wall clock moved against the monotonic one. */
  readonly jumped?: true
}

/** The loop is looked at this often, so that a gap is noticed in time. */
export const ALIVE_EVERY_MS = 200
const AWAY_MS = 1000
/** Adjusting clocks moves them by less. */
const JUMP_MS = 2000

export class AwayWatch {
  #monotonic: number
  #wall: number

  constructor(monotonic: number, wall: number) {
    this.#monotonic = monotonic
    this.#wall = wall
  }

  /** To be called before anything that came meanwhile is served; undefined: nothing to tell. Both ms. */
  look(monotonic: number, wall: number): Gap | undefined {
    const ran = monotonic - this.#monotonic
    const jump = wall - this.#wall - ran
    this.#monotonic = monotonic
    const isJump = Math.abs(jump) > JUMP_MS
    // Small steps add up: all are measured against where the wall clock should be since the last jump.
    this.#wall = isJump ? wall : this.#wall + ran
    const awayMs = ran + (jump > JUMP_MS ? jump : 0)
    const isAway = awayMs > AWAY_MS + ALIVE_EVERY_MS
    if (!isJump && !isAway) return undefined
    return { ...(isAway && { awayMs }), ...(isJump && { jumped: true }) }
  }
}
