/**
 * Witnessing: the hub, the first three of the line and, in private talks, the addressee's devices sign what they hold
 * on disk, so that an author need not believe the hub alone (rules AK-10 to AK-13). Cumulative, changed lanes only, at
 * most each 200 ms, sent to the authors of those lanes. Where many rooms are written in, each is signed for once a second.
 */
import type { Signer } from '../wire/crypto.ts'
import type { FrameOf } from '../wire/frames.ts'
import type { LaneId, PersonKey, RoomId } from '../wire/ids.ts'
import { WITNESS_ENTRIES_MAX, WITNESS_EVERY_MS } from '../wire/limits.ts'
import { signWitness, type WitnessEntry } from '../wire/witness.ts'
import type { Lane } from './lanes.ts'
import type { Replica } from './replica.ts'

/** Lanes whose authors may still wait for a witness when the hub changes: as many as one frame holds. */
const RECENT_MAX = 256
/** After a change of hub or line everybody is busy: signatures are made once for all that comes within this. */
const AGAIN_AFTER_MS = 300
/** Signatures at one time: who asks for lanes of ever other rooms waits. */
const FRAMES_MAX = 64
/** Rooms that have changed: with more of them a signature covers what a second brought, not a fifth of one. */
const BUSY_ROOMS = 16
/** Well below what an author waits before it asks again (AK-14). */
const ROOM_EVERY_MS = 1000

export class Witnesses {
  readonly #signer: Signer
  readonly #replica: Replica
  readonly #durableN: (room: RoomId, author: PersonKey, lane: LaneId) => number
  readonly #changed = new Map<RoomId, Set<Lane>>()
  /** Lanes that gained something lately, the newest last: a new hub, or a node new in the line, witnesses them anew. */
  readonly #recent = new Set<Lane>()
  #signedAt = Number.NEGATIVE_INFINITY
  /** Rooms signed for within the last second, and when; the latest last. */
  readonly #lately = new Map<RoomId, number>()

  constructor(
    signer: Signer,
    replica: Replica,
    durableN: (room: RoomId, author: PersonKey, lane: LaneId) => number,
  ) {
    this.#signer = signer
    this.#replica = replica
    this.#durableN = durableN
  }

  /** This lane has more on disk. isWitness: this node signs for it now. */
  grew(lane: Lane, isWitness: boolean): void {
    this.#recent.delete(lane)
    this.#recent.add(lane)
    if (this.#recent.size > RECENT_MAX) this.#recent.delete(this.#recent.keys().next().value!)
    if (isWitness) this.#add(lane)
  }

  /**
   * Who is hub or stands in the line has changed: what authors may still wait for is signed again, together with what they
   * write in that moment. now: monotonic ms.
   */
  again(isWitness: (room: RoomId) => boolean, now: number): void {
    this.#signedAt = Math.max(this.#signedAt, now + AGAIN_AFTER_MS - WITNESS_EVERY_MS)
    this.#lately.clear()
    for (const lane of this.#recent) if (isWitness(lane.room)) this.#add(lane)
  }

  /** The author of this lane asks for a signature: an earlier one may not have reached them. */
  asked(lane: Lane): void {
    this.#add(lane)
  }

  #add(lane: Lane): void {
    const lanes = this.#changed.get(lane.room)
    if (lanes) lanes.add(lane)
    else this.#changed.set(lane.room, new Set([lane]))
  }

  /** When the next signing is due, monotonic ms; undefined: nothing to sign. */
  dueAt(): number | undefined {
    return this.#changed.size > 0 ? this.#signedAt + WITNESS_EVERY_MS : undefined
  }

  /** Signs what has changed, where it is due. now: monotonic ms; at: netNow. */
  sign(now: number, at: number): FrameOf<'witness'>[] {
    const due = this.dueAt()
    if (due === undefined || now < due) return []
    this.#signedAt = now
    this.#forgetBefore(now - ROOM_EVERY_MS)
    const isBusy = this.#changed.size > BUSY_ROOMS
    const frames: FrameOf<'witness'>[] = []
    for (const [room, lanes] of this.#changed) {
      if (frames.length >= FRAMES_MAX) break
      if (isBusy && this.#lately.has(room)) continue
      this.#changed.delete(room)
      this.#lately.delete(room)
      this.#lately.set(room, now)
      const entries: WitnessEntry[] = []
      for (const lane of lanes) {
        const n = Math.min(this.#durableN(room, lane.author, lane.lane), lane.n)
        const id = n > 0 ? this.#replica.idAt(room, lane.author, lane.lane, n) : undefined
        if (id) entries.push({ author: lane.author, lane: lane.lane, n, id8: id.slice(0, 16) })
      }
      for (let i = 0; i < entries.length; i += WITNESS_ENTRIES_MAX)
        frames.push(
          signWitness(this.#signer, this.#replica.net, room, at, entries.slice(i, i + WITNESS_ENTRIES_MAX)),
        )
    }
    return frames
  }

  #forgetBefore(before: number): void {
    for (const [room, at] of this.#lately)
      if (at <= before) this.#lately.delete(room)
      else return
  }

  clear(): void {
    this.#changed.clear()
    this.#lately.clear()
  }
}
