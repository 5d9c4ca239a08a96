/** What of a lane is handed on, read back from the store: stretches of it that end where a signature covers them. */
import { concat, fromHex } from '../wire/bytes.ts'
import type { Crypto } from '../wire/crypto.ts'
import { HEADER_BYTES, isBodyOf, prevOf, type Run, runMessage } from '../wire/event.ts'
import type { EventId, PersonKey } from '../wire/ids.ts'
import { RUN_BODY_BYTES_MAX, RUN_EVENTS_MAX } from '../wire/limits.ts'
import type { CheckedSignatures } from './checked-signatures.ts'
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
  readonly #checked: CheckedSignatures

  constructor(
    crypto: Crypto,
    records: LaneRecords,
    vectors: Pick<Vectors, 'limit'>,
    checked: CheckedSignatures,
  ) {
    this.#crypto = crypto
    this.#records = records
    this.#vectors = vectors
    this.#checked = checked
  }

  /** What the disk has damaged says nothing of its author. */
  isSigned(author: PersonKey, { headers, signature }: Chain): boolean {
    const message = runMessage(headers.subarray(headers.length - HEADER_BYTES))
    return this.#checked.holds({ message, signature, key: fromHex(author) })
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
   * (but at least one run). next: where to go on; undefined when all is said. damagedAt: behind this n something is listed, and
   * no signature on the disk covers it any more.
   */
  after(
    lane: Lane,
    after: number,
    maxBytes: number,
  ): { runs: Run[]; next: number | undefined; damagedAt?: number } {
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
      if (!run) return { runs, next: undefined, ...(at < lane.end ? { damagedAt: at } : {}) }
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
    const signed: { readonly events: number; readonly signature: Uint8Array }[] = []
    let before: EventId | undefined
    let bodyBytes = 0
    for (let n = from; n < from + RUN_EVENTS_MAX && !(signed.length > 0 && n > end); n++) {
      const stored = this.#records.header(lane, n)
      if (!stored) break
      const { header, signature } = stored
      if (before !== undefined && prevOf(header) !== before) break
      before = this.#records.idOf(stored)
      const body = (n <= end ? this.#wholeBody(lane, n, before, header) : undefined) ?? null
      bodyBytes += body?.length ?? 0
      if (signed.length > 0 && bodyBytes > RUN_BODY_BYTES_MAX) break
      headers.push(header)
      bodies.push(body)
      if (signature) signed.push({ events: n - from + 1, signature })
    }
    for (const { events, signature } of signed.reverse()) {
      const chain = { headers: concat(...headers.slice(0, events)), signature }
      if (this.isSigned(lane.author, chain)) return { ...chain, bodies: bodies.slice(0, events) }
    }
    return undefined
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
