/**
 * Publishing: own events, signed here. They count here at once, go to the disk, and only then out. And the watch for
 * another process that publishes under the same key.
 */
import { concat } from '../wire/bytes.ts'
import type { Crypto, Signer } from '../wire/crypto.ts'
import { type Event, signTombstone } from '../wire/event.ts'
import { TOMBSTONES_MAX } from '../wire/frames.ts'
import { NETWORK_ROOM, type PersonKey, type RoomId } from '../wire/ids.ts'
import type { Writing } from './core-io.ts'
import type { Counting } from './counting.ts'
import type { Display } from './display.ts'
import type { Guard } from './guard/guard.ts'
import type { Lane } from './lanes.ts'
import type { Outbox } from './outbox.ts'
import type { Outgoing } from './outgoing.ts'
import type { OwnConfirmations } from './own-confirmations.ts'
import { inRuns, OwnLanes } from './own-lanes.ts'
import type { Reign } from './reign.ts'
import type { Replica } from './replica.ts'
import type { Replication } from './replication.ts'
import { stampT } from './timeline.ts'
import { TwinWatch } from './twin-watch.ts'
import type { Writes } from './writes.ts'

export interface PublishingPorts {
  readonly self: PersonKey
  readonly crypto: Crypto
  readonly signer: Signer
  readonly replica: Replica
  readonly counting: Counting
  readonly display: Display
  readonly writes: Writes
  readonly outgoing: Outgoing
  readonly reign: Reign
  readonly guard: Guard
  readonly outbox: Outbox
  readonly replication: Replication
  readonly ownConfirmations: OwnConfirmations
  /** Monotonic ms. */
  now(): number
  /** netNow, ms. */
  netNow(): number
  /** Would content that this person writes in the room not count? */
  isDenied(room: RoomId): boolean
  /** Another process of this key is proven to run. */
  warnOfTwin(): void
}

export class Publishing {
  readonly #ports: PublishingPorts
  readonly #lanes: OwnLanes
  readonly #twinWatch = new TwinWatch()

  constructor(ports: PublishingPorts) {
    this.#ports = ports
    this.#lanes = new OwnLanes(ports.crypto, ports.signer, ports.replica)
  }

  /** All lanes of this key, those of former processes too. */
  *lanes(): Iterable<Lane> {
    const { self, replica } = this.#ports
    for (const room of replica.rooms())
      for (const cls of [0, 1] as const) yield* replica.lanes(room, cls, self)
  }

  /** The next write opens new lanes: after a pause, a clock jump, or where the store is not what it was. */
  closeLanes(): void {
    this.#lanes.close()
  }

  /** Writes own events of one class and room: on disk first, then out. Returns them; then: once on disk. */
  write(
    room: RoomId,
    writings: readonly Writing[],
    then: (events: readonly Event[]) => void,
  ): readonly Event[] {
    const { replica, counting, display, writes, reign, guard, ownConfirmations } = this.#ports
    const { outbox, replication, now, netNow, isDenied } = this.#ports
    const at = Math.max(0, Math.round(netNow()))
    const drafts = writings.map(({ kind, body }) => {
      const t = stampT(at, display.shownT(room), at)
      display.noteT({ room, t })
      return { kind, at, t, body: body(t) }
    })
    const runs = inRuns(drafts).map((part) => this.#lanes.write(room, part))
    const events = runs.flatMap((run) => run.events)
    this.#twinWatch.wrote(events)
    for (const run of runs) {
      const first = run.events[0]!
      counting.grew(run, first.n - 1, run.events)
      const lane = replica.lane(room, first.author, first.lane)
      if (lane) guard.took(lane, run.events, 'own', netNow(), undefined, now())
    }
    counting.settle()
    writes.after(() => {
      then(events)
      for (const run of runs) outbox.add(run, writings[0]!.isSaid ?? false, now())
      // What decides that may have come while this was on its way to the disk.
      if (isDenied(room)) outbox.withdraw(room, true)
      for (const run of runs) {
        replication.wrote(run, now())
        reign.hub?.relay(run, -1)
      }
      if (reign.isHub) ownConfirmations.offerSoon()
      ownConfirmations.look()
    })
    return events
  }

  /** Deletes the bodies of own content events of one room: on disk first, then out. then: once on disk. */
  deleteOwn(events: readonly Event[], then: () => void): void {
    const { signer, replica, writes, outgoing, reign, outbox } = this.#ports
    const room = events[0]!.room
    const tombstones = events.map((event) => signTombstone(signer, event))
    for (const tombstone of tombstones) replica.delete(tombstone)
    outbox.forget(new Set(events.map(({ id }) => id)))
    writes.after(() => {
      then()
      for (let at = 0; at < tombstones.length; at += TOMBSTONES_MAX) {
        const part = tombstones.slice(at, at + TOMBSTONES_MAX).map(({ bytes }) => bytes)
        const frame = { type: 'tombstones' as const, tombstones: concat(...part) }
        // Where there is no hub now, the comparison with the next one finds it.
        if (!outgoing.toHub(frame)) reign.hub?.relayFrame(room, 1, frame, -1)
      }
    })
  }

  // --- another process of this key ----------------------------------------------------------------------------------

  /** Events under the own key came over a link: another process of this key may run. */
  cameAsOwn(events: readonly Event[]): void {
    const { replica, now, netNow, warnOfTwin } = this.#ports
    for (const event of events)
      if (this.#twinWatch.came(event, replica.body(event), netNow(), now())) warnOfTwin()
  }

  /** Names what of it came in this turn. */
  endTurn(): void {
    const namings = this.#twinWatch.takeDue(() => this.#ports.crypto.random(16))
    if (namings.length > 0) this.write(NETWORK_ROOM, namings, () => {})
  }

  /** Is this process to hand over, because there is another one? now: monotonic ms. */
  leaves(now: number): boolean {
    return this.#twinWatch.leaves(now)
  }
}
