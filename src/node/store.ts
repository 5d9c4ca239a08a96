/**
 * Store: an ordered map of short keys to bytes, the only thing that keeps state.
 *
 * Keys are strings: one letter, then lower-case hex of fixed width, so that order of keys is order of bytes:
 *   e room author lane n      header, and the signature (64 bytes more) where one over it is known; or a run of several
 *                             events with their bodies, under the last n (run-record.ts)
 *   b id                      body, of an event that does not lie in a run
 *   d id                      tombstone (164 bytes), in place of the body
 *   j                         where events lie, by id, some thousand at a time (id-index.ts)
 *   o room t author lane n    display order, of the events of a run together (display-order.ts)
 *   h room author lane        the lane's hint: n4 id32 end4 endId32 fork4 indexed4 segments4
 *   f room author lane        fork proof
 *   c room author lane n      empty: control events, for the start
 *   s, u, y                   the search index (search/search-index.ts): follows from the events
 *   m name                    small facts of this store (place, age, version)
 */
export type StoreOp = readonly ['put', key: string, value: Uint8Array] | readonly ['del', key: string]

/** Entries read at a time: with what they cost whoever reads, some ms. */
export const SCAN_PAGE_ENTRIES = 256

export interface ScanRange {
  /** Keys >= from. */
  readonly from: string
  /** Keys < to. */
  readonly to: string
  readonly reverse?: boolean
  readonly limit?: number
  /** Entries read at a time, others get their turn in between. Default SCAN_PAGE_ENTRIES. */
  readonly page?: number
}

export interface Store {
  /** The value, from what was written (also when not yet on disk); undefined where missing. Synchronous: single reads are cheap. */
  get(key: string): Uint8Array | undefined
  /** Applies all or nothing; resolves when written, with sync when the disk has it. Visible to get and scan at once. */
  write(ops: readonly StoreOp[], sync: boolean): Promise<void>
  /** Entries in key order. */
  scan(range: ScanRange): AsyncIterable<readonly [key: string, value: Uint8Array]>
  close(): Promise<void>
}
