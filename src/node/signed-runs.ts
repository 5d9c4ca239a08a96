/** What of a lane is handed on, read back from the store: stretches of it that end where a signature covers them. */
import { concat } from '../wire/bytes.ts'
import type { Crypto } from '../wire/crypto.ts'
import { isBodyOf, prevOf, type Run } from '../wire/event.ts'
import type { EventId } from '../wire/ids.ts'
import { RUN_BODY_BYTES_MAX, RUN_EVENTS_MAX } from '../wire/limits.ts'
import type { LaneRecords } from './lane-records.ts'
import type { Lane } from './lanes.ts'
import type { Vectors } from './vectors.ts'

/** Signed headers from one index of a lane to the end of their run. */
export interface Chain {
  readonly headers: Uint8Array
  readonly signature: Uint8Array
}

export class SignedRuns {
  readonly #crypto: Crypto
  readonly #records: LaneRecords
  readonly #vectors: Pick<Vectors, 'limit'>

  constructor(crypto: Crypto, records: LaneRecords, vectors: Pick<Vectors, 'limit'>) {
    this.#crypto = crypto
    this.#records = records
    this.#vectors = vectors
  }

  /** Signed headers of a held lane from n to the next run end; undefined where n is not held, or nothing signed covers it. */
  chain(lane: Lane, from: number): Chain | undefined {
    const headers: Uint8Array[] = []
    let before: EventId | undefined
    for (let n = from; n < from + RUN_EVENTS_MAX; n++) {
      const stored = this.#records.header(lane, n)
      if (!stored) return undefined
      const { header, signature } = stored
      if (before !== undefined && prevOf(header) !== before) return undefined
      before = this.#records.idOf(stored)
      headers.push(header)
      if (signature) return { headers: concat(...headers), signature }
    }
    return undefined
  }

  /**
   * Runs of a lane after n, as long as may be and whole to their signed ends, bodies only up to the listed end; at most maxBytes of them
   * (but at least one run). next: where to go on; undefined when all is said.
   */
  after(lane: Lane, after: number, maxBytes: number): { runs: Run[]; next: number | undefined } {
    const runs: Run[] = []
    const end = Math.min(
      this.#vectors.limit(lane),
      lane.forkAt > 0 ? lane.forkAt - 1 : Number.POSITIVE_INFINITY,
      lane.n,
    )
    let bytes = 0
    let at = after
    while (at < end) {
      const run = this.#from(lane, at + 1, end)
      if (!run) break
      const size = run.headers.length + run.bodies.reduce((sum, body) => sum + (body?.length ?? 0), 0) + 100
      if (runs.length > 0 && bytes + size > maxBytes) return { runs, next: at }
      runs.push(run)
      bytes += size
      at += run.bodies.length
    }
    return { runs, next: undefined }
  }

  /**
   * The longest run from n on. Runs that follow one another are joined, as far as a run may reach: each header names the
   * one before it, so the last signature covers them all, and whoever pulls has one to check instead of up to 64.
   */
  #from(lane: Lane, from: number, end: number): Run | undefined {
    const headers: Uint8Array[] = []
    const bodies: (Uint8Array | null)[] = []
    let signed: { readonly events: number; readonly signature: Uint8Array } | undefined
    let before: EventId | undefined
    let bodyBytes = 0
    for (let n = from; n < from + RUN_EVENTS_MAX && !(signed && n > end); n++) {
      const stored = this.#records.header(lane, n)
      if (!stored) break
      const { header, signature } = stored
      if (before !== undefined && prevOf(header) !== before) break
      before = this.#records.idOf(stored)
      const body = (n <= end ? this.#wholeBody(lane, n, before, header) : undefined) ?? null
      bodyBytes += body?.length ?? 0
      if (signed && bodyBytes > RUN_BODY_BYTES_MAX) break
      headers.push(header)
      bodies.push(body)
      if (signature) signed = { events: n - from + 1, signature }
    }
    if (!signed) return undefined
    return {
      headers: concat(...headers.slice(0, signed.events)),
      signature: signed.signature,
      bodies: bodies.slice(0, signed.events),
    }
  }

  /** What the disk has damaged since the scan is not handed on. */
  #wholeBody(
    { room, author, lane }: Lane,
    n: number,
    id: EventId,
    header: Uint8Array,
  ): Uint8Array | undefined {
    const body = this.#records.body({ room, author, lane, n, id, header })
    return body && isBodyOf(this.#crypto, header, body) ? body : undefined
  }
}
