/**
 * Forks: lanes that were continued in two ways, which nobody but their author can do. The proof of one is kept with its lane
 * and handed on: two signed chains that share what is before them and differ in their first event.
 */
import { concat, fromHex, readUint, uint } from '../wire/bytes.ts'
import type { Crypto } from '../wire/crypto.ts'
import { decodeHeader, type Event, HEADER_BYTES, runMessage } from '../wire/event.ts'
import { forkKey, LANE_KEY_LENGTH } from './keys.ts'
import type { LaneTable } from './lane-table.ts'
import { isSameLane, type Lane, type LaneName } from './lanes.ts'
import type { Chain, SignedRuns } from './signed-runs.ts'
import type { Store } from './store.ts'
import type { Unwritten } from './unwritten.ts'

export interface ForksPorts {
  readonly crypto: Crypto
  readonly unwritten: Unwritten
  readonly table: LaneTable
  readonly runs: SignedRuns
  /** What is listed of this lane may have changed. */
  changed(lane: Lane): void
}

export class Forks {
  readonly #ports: ForksPorts

  constructor(ports: ForksPorts) {
    this.#ports = ports
  }

  /** A hint tells of a fork only where the proof itself is here. */
  async load(store: Pick<Store, 'scan'>): Promise<void> {
    const { crypto, table } = this.#ports
    const proofs = new Map<string, number>()
    for await (const [key, value] of store.scan({ from: 'f', to: 'g' })) {
      if (key.length !== LANE_KEY_LENGTH || value.length < PROOF_BYTES_MIN) continue
      const [one, two] = unpackProof(value).map(({ headers }) => headers.subarray(0, HEADER_BYTES))
      // In place of what the disk has damaged it comes again.
      if (one!.length < HEADER_BYTES || two!.length < HEADER_BYTES) continue
      const first = decodeHeader(crypto, one!)
      if (keyOf(first) !== key || !isFork(first, decodeHeader(crypto, two!))) continue
      table.open(first)
      proofs.set(key, first.n)
    }
    for (const lane of table.all()) lane.forkAt = proofs.get(keyOf(lane)) ?? 0
  }

  /**
   * A verified proof: two signed chains whose first events share (author, room, lane, n, prev) and differ, so that n is
   * the lowest index at which these branches do. Of several the one of lowest n is kept. False: no proof, or nothing new.
   */
  add(a: readonly Event[], b: readonly Event[], proof: readonly [Chain, Chain]): boolean {
    const { table, unwritten, changed } = this.#ports
    const [one, two] = [a[0]!, b[0]!]
    if (!isFork(one, two)) return false
    const lane = table.open(one)
    if (lane.forkAt > 0 && lane.forkAt <= one.n) return false
    lane.forkAt = one.n
    unwritten.put(keyOf(lane), packProof(proof))
    changed(lane)
    return true
  }

  /**
   * With a chain of another branch of the lane, verified, that differs at its first event, the proof is made and kept.
   * events: its. False: they prove nothing new.
   */
  prove(lane: Lane, events: readonly Event[], theirs: Chain): boolean {
    const { crypto, runs } = this.#ports
    const mine = runs.chain(lane, events[0]!.n)
    if (!mine || !this.isSigned(lane, mine)) return false
    const first = decodeHeader(crypto, mine.headers.subarray(0, HEADER_BYTES))
    return this.add([first], events, [mine, theirs])
  }

  /** What the own disk has damaged proves nothing against its author. */
  isSigned({ author }: Lane, { headers, signature }: Chain): boolean {
    const last = headers.subarray(headers.length - HEADER_BYTES)
    return this.#ports.crypto.verify(runMessage(last), signature, fromHex(author))
  }

  proofOf(lane: Lane): readonly [Chain, Chain] | undefined {
    const stored = lane.forkAt > 0 ? this.#ports.unwritten.get(keyOf(lane)) : undefined
    return stored && unpackProof(stored)
  }

  /** The disk has damaged its proof: it is to be had from others again. */
  drop(lane: Lane): void {
    this.#ports.unwritten.del(keyOf(lane))
    lane.forkAt = 0
    this.#ports.changed(lane)
  }

  /** The lane is erased. */
  erase(lane: Lane): void {
    this.#ports.unwritten.del(keyOf(lane))
  }

  /** A fork whose proof is not on disk any more is to be had from others again. True where it is. */
  dropLost(lane: Lane): boolean {
    if (lane.forkAt === 0 || this.#ports.unwritten.get(keyOf(lane))) return false
    lane.forkAt = 0
    return true
  }
}

const keyOf = ({ room, author, lane }: LaneName) => forkKey(room, author, lane)

/** Does a lane go on in two ways with these? */
const isFork = (one: Event, two: Event): boolean =>
  isSameLane(one, two) && one.n === two.n && one.prev === two.prev && one.id !== two.id

/** Two chains of one header each. */
const PROOF_BYTES_MIN = 2 + 2 * (HEADER_BYTES + 64)

function packProof([a, b]: readonly [Chain, Chain]): Uint8Array {
  return concat(uint(a.headers.length, 2), a.headers, a.signature, b.headers, b.signature)
}

/** The two chains of a stored proof, unchecked. */
export function unpackProof(bytes: Uint8Array): readonly [Chain, Chain] {
  const length = readUint(bytes, 0, 2)
  return [
    { headers: bytes.slice(2, 2 + length), signature: bytes.slice(2 + length, 66 + length) },
    { headers: bytes.slice(66 + length, bytes.length - 64), signature: bytes.slice(bytes.length - 64) },
  ]
}
