/** The two clocks of this machine. Only shells read them; the core is told. */
import { performance } from 'node:perf_hooks'
import type { CoreMoment } from '../core-io.ts'

export interface Clock {
  /** Elapsed ms since some moment of this process; never goes back. */
  monotonic(): number
  /** Wall clock, ms since 1970; may jump. */
  wall(): number
}

export const systemClock: Clock = {
  monotonic: () => performance.now(),
  wall: () => Date.now(),
}

/** What the core is told with each input. */
export const momentNow = (): CoreMoment => ({
  now: systemClock.monotonic(),
  wall: systemClock.wall(),
  random: Math.random,
})
