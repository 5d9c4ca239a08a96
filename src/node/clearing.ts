/** Clearing: what nobody may see any more goes from the disk, all of it by one time, on which the network agrees. */
import type { Event } from '../wire/event.ts'
import type { RoomId } from '../wire/ids.ts'
import { type Choice, clocksOf } from './choice.ts'
import { Erasing, erasingTime } from './erasing.ts'
import { HiddenBodies } from './hidden-bodies.ts'
import type { Lane } from './lanes.ts'
import type { Private } from './private.ts'
import type { Replica } from './replica.ts'
import { NOTHING_ERASED } from './rooms/erased.ts'
import { SteadyClock } from './steady-clock.ts'
import type { Store, StoreOp } from './store.ts'
import type { Views } from './views.ts'

/** The own clock is looked at this often. */
const LOOK_EVERY_MS = 60_000

export interface ClearingPorts {
  readonly store: Store
  readonly replica: Replica
  readonly views: Views
  readonly private: Private
  readonly choice: Choice
  readonly retentionMs: number
  /** Goes to the disk with the turn. */
  put(op: StoreOp): void
  /** What counts in a room may have changed. */
  roomChanged(room: RoomId): void
  /** See Erasing. */
  laneErased(lane: Lane): void
  erased(time: number): void
}

export class Clearing {
  readonly #ports: ClearingPorts
  readonly #erasing: Erasing
  readonly #hiddenBodies: HiddenBodies
  readonly #steadyClock: SteadyClock
  #latest = Number.NEGATIVE_INFINITY
  #lookAt = Number.NEGATIVE_INFINITY

  constructor(ports: ClearingPorts) {
    const { store, replica, views, retentionMs, put } = ports
    const get = (key: string) => store.get(key)
    this.#ports = ports
    this.#erasing = new Erasing({
      replica,
      retentionMs,
      isDeleted: (room) => views.room(room)?.deleted === true,
      get,
      put,
      keysErased: (room) => {
        views.forgetKeys(room)
        ports.private.forget(room)
      },
      laneErased: (lane) => ports.laneErased(lane),
      done: (time) => ports.erased(time),
      keysWanted: (room) => {
        views.recallKeys(room)
        ports.roomChanged(room)
      },
    })
    this.#steadyClock = new SteadyClock({ get, put })
    this.#hiddenBodies = new HiddenBodies({
      replica,
      erased: (room) => views.room(room)?.erased ?? NOTHING_ERASED,
      personOf: (key) => views.personOf(key),
      get,
      put,
    })
  }

  async load(): Promise<void> {
    await this.#hiddenBodies.load(this.#ports.store)
  }

  /** These events count now and did not. */
  came(events: readonly Event[]): void {
    this.#hiddenBodies.came(events)
  }

  /** now: monotonic ms; wall: the own raw clock. */
  tick(now: number, wall: number, netNow: number): void {
    // The clocks of thousands are not looked through for nothing.
    if (!this.#erasing.isDue(now) && !this.#hiddenBodies.isDue(now)) return
    if (now >= this.#lookAt) {
      this.#lookAt = now + LOOK_EVERY_MS
      this.#latest = this.#steadyClock.at(wall)
    }
    const time = erasingTime(netNow, this.#latest, clocksOf(this.#ports.choice, now))
    this.#erasing.tick(now, time)
    this.#hiddenBodies.tick(now, time)
  }
}
