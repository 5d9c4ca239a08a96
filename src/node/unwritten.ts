/** What has changed and is not handed to the disk yet, over what the disk has: the store as it is about to be. */
import type { Store, StoreOp } from './store.ts'

export class Unwritten {
  readonly #store: Pick<Store, 'get'>
  /** null: deleted. */
  #values = new Map<string, Uint8Array | null>()
  readonly #erased: string[] = []

  constructor(store: Pick<Store, 'get'>) {
    this.#store = store
  }

  get(key: string): Uint8Array | undefined {
    const unwritten = this.#values.get(key)
    if (unwritten !== undefined) return unwritten ?? undefined
    return this.#store.get(key)
  }

  put(key: string, value: Uint8Array): void {
    this.#values.set(key, value)
  }

  del(key: string): void {
    this.#values.set(key, null)
  }

  apply(ops: Iterable<StoreOp>): void {
    for (const [, key, value] of ops) this.#values.set(key, value ?? null)
  }

  /** A body that lay under this key is there no more: the files are to hold it no longer either. */
  erased(key: string): void {
    this.#erased.push(key)
  }

  /** What changed since the last call, to be written as one batch. */
  take(): StoreOp[] {
    const ops: StoreOp[] = []
    for (const [key, value] of this.#values) ops.push(value ? ['put', key, value] : ['del', key])
    // Anew, and not cleared: V8 would keep the table for seconds, with all that is on its way to the disk.
    this.#values = new Map()
    return ops
  }

  /** Keys under which bodies lay before what `take` returns, or returned, is written: their files are to be rewritten. */
  takeErased(): string[] {
    return this.#erased.splice(0)
  }
}
