/** Lag: how far this node is behind its hub. The line prefers those who are not. Pure: time is an input. */
import type { Outbox } from './outbox.ts'
import type { Reign } from './reign.ts'
import type { Sync } from './sync.ts'

/** More than the line tolerates (64 events): how much a pull still brings is not known before its end. */
const LAG_OF_A_PULL = 65
/** ... and who was caught up this short a time ago is so still. */
const PULL_MS = 1000

export interface LagPorts {
  readonly reign: Reign
  readonly sync: Sync
  readonly outbox: Outbox
}

export class Lag {
  readonly #ports: LagPorts
  /** When the hub's history was last seen to be all here: monotonic ms. */
  #caughtUpAt = Number.NEGATIVE_INFINITY

  constructor(ports: LagPorts) {
    this.#ports = ports
  }

  /** Has the hub, where there is one, given all it holds? */
  get isCaughtUp(): boolean {
    const { reign, sync } = this.#ports
    if (reign.isHub) return !sync.isBusy
    return reign.followed !== undefined && sync.wasCompared(reign.followed) && !sync.isBusy
  }

  /** In events; a pull under way counts as far. now: monotonic ms. */
  at(now: number): number {
    const { reign, sync, outbox } = this.#ports
    const link = reign.followed
    if (link === undefined) return 0
    if (!sync.wasCompared(link)) this.#caughtUpAt = Number.NEGATIVE_INFINITY
    else if (!sync.isPulling(link)) this.#caughtUpAt = now
    // Whoever has just come into the line pulls what only the line carries: that alone must not put it out again.
    const isBehind = now - this.#caughtUpAt >= PULL_MS
    return outbox.unstored + (isBehind ? LAG_OF_A_PULL : 0)
  }
}
