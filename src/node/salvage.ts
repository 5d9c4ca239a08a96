/**
 * Salvage: what could be read of a damaged store comes in again as if a stranger had sent it. It is parsed and its
 * signatures are checked; deletions come before the events they delete, so that no deleted body returns (INV-17). A part is
 * done before the next one is asked for, which bounds memory and the time of a turn.
 */
import type { Crypto } from '../wire/crypto.ts'
import {
  HEADER_BYTES,
  isBodyOf,
  isControlLane,
  type ParsedRun,
  parseRun,
  parseTombstone,
  type Run,
  signatureCheck,
  type Tombstone,
  tombstoneCheck,
  type VerifiedRun,
  vouchedRun,
} from '../wire/event.ts'
import type { Replica } from './replica.ts'
import type { Chain } from './signed-runs.ts'
import type { Check } from './sync.ts'

/** Some of what a damaged store held; nothing of it is believed. */
export interface Salvaged {
  readonly tombstones: readonly Uint8Array[]
  readonly forks: readonly (readonly [Chain, Chain])[]
  readonly runs: readonly Run[]
}

/** What of it was new here. */
export interface Brought {
  readonly events: number
  readonly tombstones: number
}

export interface SalvagePorts {
  readonly crypto: Crypto
  readonly replica: Replica
  /** Is content of this room not to come back: it was deleted? */
  readonly isDeleted: (room: VerifiedRun['events'][number]['room']) => boolean
  /** Acts when the checks are answered, in order of calls. */
  verify(checks: readonly Check[], then: (isGood: boolean) => void): void
  /** Adds a verified run; returns how many events are new. */
  took(run: VerifiedRun): number
  /** False where it is nothing new. */
  deleted(tombstone: Tombstone): boolean
  forked(run: VerifiedRun): void
}

/** Takes one part in; `then` is called once all of it is checked. */
export function takeSalvaged(
  ports: SalvagePorts,
  { tombstones, forks, runs }: Salvaged,
  then: (brought: Brought) => void,
): void {
  const { crypto, replica, verify } = ports
  const brought = { events: 0, tombstones: 0 }
  for (const bytes of tombstones) {
    const tombstone = parseTombstone(replica.net, bytes)
    if (!tombstone || !replica.vectors.isCurrent(tombstone.lane) || ports.isDeleted(tombstone.room)) continue
    verify([tombstoneCheck(tombstone)], (isGood) => {
      if (isGood && ports.deleted(tombstone)) brought.tombstones++
    })
  }
  for (const proof of forks) takeFork(ports, proof)
  for (const run of runs) {
    const parsed = wholePart(crypto, replica, run)
    if (!parsed || !isWanted(ports, parsed)) continue
    verify([signatureCheck(parsed)], (isGood) => {
      if (isGood) brought.events += ports.took(vouchedRun(parsed))
    })
  }
  verify([], () => then(brought))
}

/** Bodies that the disk has damaged are left out, so that what stands before them still counts. */
function wholePart(crypto: Crypto, replica: Replica, run: Run): ParsedRun | undefined {
  const parsed = parseRun(crypto, replica.net, run)
  if (typeof parsed !== 'string') return parsed
  if (parsed !== 'body-hash' && parsed !== 'body-size') return undefined
  const bodies = run.bodies.map((body, i) => {
    const header = run.headers.subarray(i * HEADER_BYTES, (i + 1) * HEADER_BYTES)
    return body && isBodyOf(crypto, header, body) ? body : null
  })
  const part = parseRun(crypto, replica.net, { ...run, bodies })
  return typeof part === 'string' ? undefined : part
}

function isWanted({ replica, isDeleted }: SalvagePorts, { events }: ParsedRun): boolean {
  const { lane, room } = events[0]!
  return isControlLane(lane) || (replica.vectors.isCurrent(lane) && !isDeleted(room))
}

function takeFork(ports: SalvagePorts, proof: readonly [Chain, Chain]): void {
  const { crypto, replica, verify } = ports
  const [a, b] = proof.map((chain) => {
    const bodies = new Array<null>(Math.floor(chain.headers.length / HEADER_BYTES)).fill(null)
    return parseRun(crypto, replica.net, { ...chain, bodies })
  })
  if (!a || !b || typeof a === 'string' || typeof b === 'string') return
  verify([signatureCheck(a), signatureCheck(b)], (isGood) => {
    if (isGood && replica.forks.add(a.events, b.events, proof)) ports.forked(vouchedRun(a))
  })
}
