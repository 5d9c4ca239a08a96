/** Planted bugs: nodes built a little wrong, each of which the data simulator must find. */

import { Replica, type ReplicaOptions } from '../../src/node/replica.ts'
import type { RoomView } from '../../src/node/rooms.ts'
import { Views } from '../../src/node/views.ts'
import { type Event, HEADER_BYTES, type Run, type Tombstone } from '../../src/wire/event.ts'
import type { RoomId } from '../../src/wire/ids.ts'
import type { Mutation } from './data-node.ts'
import { takesBody } from './stored.ts'

/** Vectors count headers whose bodies are not here. */
class CountsHeaders extends Replica {
  constructor(options: ReplicaOptions) {
    super(options)
    const { vectors } = this
    const listed = vectors.listed.bind(vectors)
    vectors.listed = (lane) => {
      let n = listed(lane) ?? 0
      if (lane.forkAt > 0 || !vectors.isCurrent(lane.lane)) return listed(lane)
      while (n < vectors.limit(lane) && this.event(lane.room, lane.author, lane.lane, n + 1)) n++
      return n > 0 ? n : undefined
    }
  }
}

/** A tombstone that comes before its event is forgotten. */
class ForgetsEarlyTombstones extends Replica {
  override delete(tombstone: Tombstone, fresh: Event[] = []): boolean {
    return this.find(tombstone.id) ? super.delete(tombstone, fresh) : false
  }
}

/** What is deleted is still handed out: the body is kept beside the tombstone. */
class KeepsDeletedBodies extends Replica {
  override takeOps() {
    return super.takeOps().filter((op) => !takesBody(op))
  }
}

/** The digest of a room leaves out what differs only by deletions. */
class DigestsWithoutTombstones extends Replica {
  constructor(options: ReplicaOptions) {
    super(options)
    const { vectors } = this
    const entry = vectors.entry.bind(vectors)
    vectors.entry = (lane) => entry(lane)?.fill(0, 56)
  }
}

/** The digest of a room is the XOR of its entries' first bytes, as a first draft had it. */
class XorDigest extends Replica {
  constructor(options: ReplicaOptions) {
    super(options)
    const { vectors } = this
    const buckets = vectors.buckets.bind(vectors)
    vectors.digest = (room, cls) => {
      const digest = new Uint8Array(16)
      for (let bucket = 0; bucket < 256; bucket++)
        for (const entry of vectors.bucketEntries(room, cls, bucket))
          for (let i = 0; i < 44; i++) digest[i % 16]! ^= entry[i]!
      return digest
    }
    vectors.buckets = (room, cls) => {
      const joined = buckets(room, cls).slice()
      const digest = vectors.digest(room, cls)
      for (let at = 0; at < joined.length; at += 16) joined.set(digest, at)
      return joined
    }
  }
}

/** Headers beyond the end of a lane are left out, so that nothing signed covers what is sent. */
class StopsAtTheEnd extends Replica {
  constructor(options: ReplicaOptions) {
    super(options)
    const { runs, vectors } = this
    const runsAfter = runs.after.bind(runs)
    runs.after = (lane, after, maxBytes) => {
      const { runs, next } = runsAfter(lane, after, maxBytes)
      const end = vectors.counted(lane)
      let at = after
      const cut = runs.map((run): Run => {
        const count = Math.max(1, Math.min(run.bodies.length, end - at))
        at += run.bodies.length
        return {
          ...run,
          headers: run.headers.slice(0, count * HEADER_BYTES),
          bodies: run.bodies.slice(0, count),
        }
      })
      return { runs: cut, next }
    }
  }
}

/** Forks are not proven: whoever came first is believed. */
class BelievesTheFirst extends Replica {
  constructor(options: ReplicaOptions) {
    super(options)
    this.forks.add = () => false
  }
}

/** A scan after the start changes nothing: hints are taken for the truth. */
class TrustsHints extends Replica {
  override async scan() {
    return { lanes: 0, wrong: 0, rooms: new Set<RoomId>(), events: [] }
  }
}

/** Cuts bind in vectors only. */
class ShowsBeyondCuts extends Views {
  override room(id: RoomId): RoomView | undefined {
    const view = super.room(id)
    return view && { ...view, contentLimit: () => Number.POSITIVE_INFINITY }
  }
}

export const MUTATIONS: Readonly<Record<string, Mutation>> = {
  'vectors count headers without bodies': { Replica: CountsHeaders },
  'own lanes are resumed after a restart': { resumesLanes: true },
  'a tombstone before its event is forgotten': { Replica: ForgetsEarlyTombstones },
  'deleted bodies stay on disk': { Replica: KeepsDeletedBodies },
  'cuts are ignored in vectors': { limitOf: () => Number.POSITIVE_INFINITY },
  'digests leave out deletions': { Replica: DigestsWithoutTombstones },
  'digests are an XOR of part of the entries': { Replica: XorDigest },
  'runs stop at unsigned ends': { Replica: StopsAtTheEnd },
  'forks are not proven': { Replica: BelievesTheFirst },
  'hints are never corrected': { Replica: TrustsHints },
  'what lies beyond a cut is shown': { Views: ShowsBeyondCuts, limitOf: () => Number.POSITIVE_INFINITY },
}
