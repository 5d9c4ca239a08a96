/**
 * The lanes this process writes: one per room and class, opened at the first write and never resumed (rule EV-10).
 * Resuming forks after restored or cloned stores; opening anew never does.
 */
import type { Crypto, Signer } from '../wire/crypto.ts'
import {
  type Draft,
  isControlKind,
  LANE_START,
  lanePeriod,
  newContentLane,
  newControlLane,
  signRun,
  type VerifiedRun,
} from '../wire/event.ts'
import type { EventId, LaneId, RoomId } from '../wire/ids.ts'
import { personKey } from '../wire/ids.ts'
import { PERIOD_MS, RUN_BODY_BYTES_MAX, RUN_EVENTS_MAX } from '../wire/limits.ts'
import type { Replica } from './replica.ts'

interface Open {
  readonly lane: LaneId
  n: number
  id: EventId
}

/** Drafts in order, in as few runs as hold them (rules EV-2, EV-3). */
export function inRuns(drafts: readonly Draft[]): Draft[][] {
  const runs: Draft[][] = []
  let bytes = 0
  for (const draft of drafts) {
    bytes += draft.body.length
    const last = runs.at(-1)
    if (last && last.length < RUN_EVENTS_MAX && bytes <= RUN_BODY_BYTES_MAX) last.push(draft)
    else {
      runs.push([draft])
      bytes = draft.body.length
    }
  }
  return runs
}

export class OwnLanes {
  readonly #crypto: Crypto
  readonly #signer: Signer
  readonly #replica: Replica
  readonly #open = new Map<string, Open>()

  constructor(crypto: Crypto, signer: Signer, replica: Replica) {
    this.#crypto = crypto
    this.#signer = signer
    this.#replica = replica
  }

  /** Signs drafts of one class, so many as one run holds, as one at the end of the open lane; adds it to the replica. */
  write(room: RoomId, drafts: readonly Draft[]): VerifiedRun {
    const isControl = isControlKind(drafts[0]!.kind)
    const key = `${isControl ? 0 : 1}${room}`
    let open = this.#open.get(key)
    if (!open || !this.#isSound(room, open, isControl, drafts)) {
      const lane = isControl ? newControlLane(this.#crypto) : newContentLane(this.#crypto, drafts[0]!.t)
      open = { lane, n: 0, id: LANE_START }
      this.#open.set(key, open)
    }
    const run = signRun(
      this.#crypto,
      this.#signer,
      { net: this.#replica.net, room, lane: open.lane, n: open.n, prev: open.id },
      drafts,
    )
    const last = run.events[run.events.length - 1]!
    open.n = last.n
    open.id = last.id
    this.#replica.add(run)
    return run
  }

  /** A lane goes on only while the replica holds exactly what was written, unforked, and its period lasts. */
  #isSound(room: RoomId, open: Open, isControl: boolean, drafts: readonly Draft[]): boolean {
    const held = this.#replica.lane(room, personKey(this.#signer.key), open.lane)
    if (!held || held.id !== open.id || held.forkAt > 0) return false
    return isControl || drafts.every((draft) => Math.floor(draft.t / PERIOD_MS) === lanePeriod(open.lane))
  }

  /** The next write opens new lanes: after a pause, a clock jump, or when this key has another live session. */
  close(): void {
    this.#open.clear()
  }
}
