/** An author for tests: signs runs in lanes of its own, and forks them on request. */
import { nodeCrypto, signerOf } from '../../src/node/crypto.ts'
import { MemoryStore } from '../../src/node/memory-store.ts'
import { Replica, type ReplicaOptions } from '../../src/node/replica.ts'
import { concat } from '../../src/wire/bytes.ts'
import { encodeBody } from '../../src/wire/codec.ts'
import {
  type Event,
  LANE_START,
  lastOf,
  newContentLane,
  newControlLane,
  packRun,
  parseRun,
  signRun,
  signTombstone,
  type VerifiedRun,
  verifyRun,
} from '../../src/wire/event.ts'
import { type LaneId, type NetId, personKey, type RoomId } from '../../src/wire/ids.ts'
import { type BodyValue, kindNumber } from '../../src/wire/kinds.ts'
import { PERIOD_MS } from '../../src/wire/limits.ts'

export const NET = '00112233aabbccdd' as NetId
export const ROOM = '7'.repeat(32) as RoomId
/** The middle of a period, so that a lane's t may go on for days. */
export const NOW = 1388 * PERIOD_MS + PERIOD_MS / 2
const DAY = 24 * 3600 * 1000

export class Author {
  readonly signer
  readonly person
  #salt = 0

  constructor(number: number) {
    this.signer = signerOf(new Uint8Array(32).fill(number))
    this.person = personKey(this.signer.key)
  }

  contentLane = (t = NOW): LaneId => newContentLane(nodeCrypto, t)
  controlLane = (): LaneId => newControlLane(nodeCrypto)

  /** A run of messages after another run of the lane, or at its start. t: of the first one. */
  run(
    lane: LaneId,
    texts: readonly string[],
    after?: VerifiedRun | Event,
    t = NOW,
    room = ROOM,
  ): VerifiedRun {
    const isControl = lane >= '8'
    const values = texts.map(
      (text): BodyValue =>
        isControl
          ? { kind: 'topic', topic: text, reason: '' }
          : { kind: 'message', text, action: false, replyTo: null },
    )
    return this.runOf(lane, values, after, t, room)
  }

  /** The same of whatever is said. */
  runOf(
    lane: LaneId,
    values: readonly BodyValue[],
    after?: VerifiedRun | Event,
    t = NOW,
    room = ROOM,
  ): VerifiedRun {
    const drafts = values.map((value, i) => {
      const salt = new Uint8Array(16).fill(++this.#salt)
      return { kind: kindNumber(value.kind), at: t + i, t: t + i, body: encodeBody(salt, value) }
    })
    const last = after && 'events' in after ? lastOf(after) : after
    const start = { net: NET, room, lane, n: last?.n ?? 0, prev: last?.id ?? LANE_START }
    return signRun(nodeCrypto, this.signer, start, drafts)
  }

  delete(event: Event) {
    return signTombstone(this.signer, event)
  }
}

/** The run as a peer would get it, with only these bodies (by place in the run). */
export function withBodies(run: VerifiedRun, keep: (i: number) => boolean): VerifiedRun {
  const packed = packRun(run)
  return verified({ ...packed, bodies: packed.bodies.map((body, i) => (keep(i) ? body : null)) })
}

/** One run over the events of several that follow each other: the last one's signature covers them all. */
export function joined(...runs: readonly VerifiedRun[]): VerifiedRun {
  const packed = runs.map(packRun)
  return verified({
    headers: concat(...packed.map(({ headers }) => headers)),
    signature: packed.at(-1)!.signature,
    bodies: packed.flatMap(({ bodies }) => bodies),
  })
}

export function verified(run: ReturnType<typeof packRun>): VerifiedRun {
  const parsed = parseRun(nodeCrypto, NET, run)
  const good = typeof parsed === 'string' ? parsed : verifyRun(nodeCrypto, parsed)
  if (typeof good === 'string') throw new Error(good)
  return good
}

/** A replica over a store in memory, at NOW, with 180 days of retention. */
export function replicaOf(
  limitOf: ReplicaOptions['limitOf'] = () => Number.POSITIVE_INFINITY,
  used?: MemoryStore,
) {
  const store = used ?? new MemoryStore({ crashable: true })
  const options = { crypto: nodeCrypto, net: NET, store, retentionMs: 180 * DAY, limitOf }
  const replica = new Replica({ ...options, isFresh: !used })
  replica.setNow(NOW)
  /** Writes what changed, as one batch. */
  const save = (sync = true) => store.write(replica.takeOps(), sync)
  return { replica, store, save }
}
