/**
 * A store in memory: for simulations, tests, and for going on when the disk fails. Pure: no clock, no disk.
 *
 * For simulations it can remember how to undo what no sync has made durable yet, so that a power loss can take a suffix of it
 * or tear a hole, as LevelDB does.
 */
import type { ScanRange, Store, StoreOp } from './store.ts'
import { keyBytes } from './store-key.ts'

export interface MemoryStoreOptions {
  /** What the store starts with. */
  readonly entries?: Iterable<readonly [key: string, value: Uint8Array]>
  /** Carries out a commit: calls `done` once the write is on disk. Default: at once. */
  readonly commit?: (done: () => void, sync: boolean) => void
  /** Remember how to undo writes, for crash(). Default false: undoing costs memory. */
  readonly crashable?: boolean
  /** Writes that stay undoable although synced, for damage beyond a power loss. Default 0. */
  readonly historyMax?: number
}

/** What a crash takes. Counts go over the undoable writes, oldest first. */
export type Crash =
  /** Only the first `keepWrites` of them survive. */
  | { readonly keepWrites: number; readonly evenSynced?: boolean }
  /** The one at this place is gone, later ones stay. */
  | { readonly hole: number; readonly evenSynced?: boolean }

interface Written {
  readonly ops: readonly StoreOp[]
  /** Values before it, in order of the ops. */
  readonly before: readonly (readonly [key: string, value: Uint8Array | undefined])[]
  synced: boolean
}

export class MemoryStore implements Store {
  readonly #values = new Map<string, Uint8Array>()
  /** Keys in order, without those in #fresh; may hold deleted ones when #stale. */
  #keys: string[] = []
  readonly #fresh = new Set<string>()
  #stale = false
  #log: Written[] = []
  readonly #commit: (done: () => void, sync: boolean) => void
  readonly #crashable: boolean
  readonly #historyMax: number
  #writeError: Error | undefined
  #scanError: Error | undefined
  #closed = false

  constructor(options: MemoryStoreOptions = {}) {
    this.#commit = options.commit ?? ((done) => done())
    this.#crashable = options.crashable ?? false
    this.#historyMax = options.historyMax ?? 0
    for (const [key, value] of options.entries ?? []) this.#apply(['put', key, value])
  }

  get size(): number {
    return this.#values.size
  }

  get(key: string): Uint8Array | undefined {
    return this.#values.get(key)
  }

  write(ops: readonly StoreOp[], sync: boolean): Promise<void> {
    if (this.#closed) return Promise.reject(new Error('the store is closed'))
    if (this.#writeError) return Promise.reject(this.#writeError)
    try {
      // As on a disk: what no disk would take is its writer's mistake.
      for (const op of ops) keyBytes(op[1])
    } catch (error) {
      return Promise.reject(error)
    }
    const before: [string, Uint8Array | undefined][] = []
    for (const op of ops) {
      before.push([op[1], this.#values.get(op[1])])
      this.#apply(op)
    }
    const written: Written = { ops, before, synced: false }
    if (this.#crashable) this.#log.push(written)
    return new Promise((resolve) => {
      this.#commit(() => {
        if (sync && this.#crashable) this.#synced(written)
        resolve()
      }, sync)
    })
  }

  async *scan(range: ScanRange): AsyncGenerator<readonly [key: string, value: Uint8Array]> {
    if (this.#closed) throw new Error('the store is closed')
    for (const entry of this.list(range)) {
      if (this.#scanError) throw this.#scanError
      yield entry
    }
  }

  /** The entries of a range at once. */
  list(range: ScanRange): (readonly [key: string, value: Uint8Array])[] {
    this.#sort()
    let from = lowerBound(this.#keys, range.from)
    let to = Math.max(from, lowerBound(this.#keys, range.to))
    if (range.limit !== undefined && range.limit < to - from) {
      if (range.reverse) from = to - range.limit
      else to = from + range.limit
    }
    const entries = this.#keys.slice(from, to).map((key) => [key, this.#values.get(key)!] as const)
    return range.reverse ? entries.reverse() : entries
  }

  async close(): Promise<void> {
    this.#closed = true
  }

  /** Every write from now on rejects with this error and changes nothing; undefined: no more. */
  failWrites(error: Error | undefined): void {
    this.#writeError = error
  }

  /** Every scan from now on throws this; undefined: no more. */
  failScans(error: Error | undefined): void {
    this.#scanError = error
  }

  /** Undoable writes that a power loss can take (with evenSynced: also those that only damage can take). */
  undoable(evenSynced = false): number {
    return evenSynced ? this.#log.length : this.#log.filter((written) => !written.synced).length
  }

  /** Loses writes as a power loss or damage would. What is left counts as synced. */
  crash(how: Crash): void {
    if (!this.#crashable) throw new TypeError('made without crashable')
    const start = how.evenSynced ? 0 : this.#log.filter((written) => written.synced).length
    const tail = this.#log.slice(start)
    for (const written of tail.toReversed()) {
      for (const [key, value] of written.before.toReversed()) {
        this.#apply(value === undefined ? ['del', key] : ['put', key, value])
      }
    }
    const kept = tail.filter((_, i) => ('hole' in how ? i !== how.hole : i < how.keepWrites))
    for (const written of kept) for (const op of written.ops) this.#apply(op)
    this.#log = []
  }

  /** Everything, in key order: to clone a store, or to restore it later as the `entries` of a new one. */
  snapshot(): (readonly [key: string, value: Uint8Array])[] {
    this.#sort()
    return this.#keys.map((key) => [key, this.#values.get(key)!] as const)
  }

  /** A sync makes everything before it durable too, as one log does. */
  #synced(upTo: Written): void {
    const end = this.#log.indexOf(upTo)
    for (let i = 0; i <= end; i++) this.#log[i]!.synced = true
    const synced = this.#log.findIndex((written) => !written.synced)
    const extra = (synced < 0 ? this.#log.length : synced) - this.#historyMax
    if (extra > 0) this.#log.splice(0, extra)
  }

  #apply(op: StoreOp): void {
    const [kind, key, value] = op
    if (kind === 'put') {
      if (!this.#values.has(key)) this.#fresh.add(key)
      this.#values.set(key, value)
    } else if (this.#values.delete(key) && !this.#fresh.delete(key)) this.#stale = true
  }

  #sort(): void {
    if (this.#stale) {
      this.#keys = this.#keys.filter((key) => this.#values.has(key) && !this.#fresh.has(key))
      this.#stale = false
    }
    if (this.#fresh.size === 0) return
    // A few new keys are put in their places; many are merged in one pass.
    const fresh = [...this.#fresh].sort()
    this.#fresh.clear()
    if (fresh.length < 16) for (const key of fresh) this.#keys.splice(lowerBound(this.#keys, key), 0, key)
    else this.#keys = merge(this.#keys, fresh)
  }
}

function lowerBound(keys: readonly string[], key: string): number {
  let low = 0
  let high = keys.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (keys[middle]! < key) low = middle + 1
    else high = middle
  }
  return low
}

function merge(a: readonly string[], b: readonly string[]): string[] {
  const out: string[] = []
  let i = 0
  let j = 0
  while (i < a.length && j < b.length) out.push(a[i]! < b[j]! ? a[i++]! : b[j++]!)
  while (i < a.length) out.push(a[i++]!)
  while (j < b.length) out.push(b[j++]!)
  return out
}
