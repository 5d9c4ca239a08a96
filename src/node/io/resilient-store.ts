/**
 * A store that outlives its disk: after a write error it opens the database anew, and where that does not help it goes
 * on in memory and says so, trying the disk again now and then. While it is in memory nothing may be acknowledged.
 */
import { MemoryStore } from '../memory-store.ts'
import type { ScanRange, Store, StoreOp } from '../store.ts'
import type { LevelStore } from './level-store.ts'

/** Between two tries of the disk. */
const RETRY_MS = 5000

interface Waiting {
  readonly ops: readonly StoreOp[]
  readonly sync: boolean
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

export class ResilientStore implements Store {
  readonly #disk: LevelStore | undefined
  readonly #onState: (failing: boolean, error?: unknown) => void
  /** What is in memory only: values and deletions since the disk failed, in order. */
  #memory: { readonly over: Map<string, Uint8Array | null>; readonly log: StoreOp[] } | undefined
  #waiting: Waiting[] = []
  #recovering: Promise<void> | undefined
  #retry: NodeJS.Timeout | undefined
  #isClosed = false

  /** disk: undefined where there is none in this run. onState: told when it begins to fail, and when it works again. */
  constructor(disk: LevelStore | undefined, onState: (failing: boolean, error?: unknown) => void) {
    this.#disk = disk
    this.#onState = onState
    if (!disk) this.#memory = { over: new Map(), log: [] }
  }

  get isFailing(): boolean {
    return this.#memory !== undefined
  }

  get(key: string): Uint8Array | undefined {
    const over = this.#memory?.over.get(key)
    if (over !== undefined) return over ?? undefined
    for (let i = this.#waiting.length - 1; i >= 0; i--)
      for (const op of this.#waiting[i]!.ops) if (op[1] === key) return op[0] === 'put' ? op[2] : undefined
    try {
      return this.#disk?.get(key)
    } catch {
      return undefined
    }
  }

  write(ops: readonly StoreOp[], sync: boolean): Promise<void> {
    if (this.#memory) {
      this.#keep(ops)
      return Promise.resolve()
    }
    return new Promise((resolve, reject) => {
      const waiting = { ops, sync, resolve, reject }
      if (this.#recovering) this.#waiting.push(waiting)
      else this.#put(waiting)
    })
  }

  #put(waiting: Waiting): void {
    this.#disk!.write(waiting.ops, waiting.sync).then(waiting.resolve, (error: unknown) => {
      this.#waiting.push(waiting)
      if (!this.#isClosed) this.#recovering ??= this.#recover(error)
      else waiting.reject(error)
    })
  }

  /** One try with a new handle; then memory. */
  async #recover(error: unknown): Promise<void> {
    try {
      await this.#disk!.reopen()
      // Later failures of the same moment have joined the queue by now.
      const ops = this.#waiting.flatMap((waiting) => waiting.ops)
      await this.#disk!.write(ops, true)
      for (const waiting of this.#waiting.splice(0)) waiting.resolve()
      this.#recovering = undefined
      return
    } catch {
      this.#memory = { over: new Map(), log: [] }
      for (const waiting of this.#waiting.splice(0)) {
        this.#keep(waiting.ops)
        waiting.resolve()
      }
      this.#recovering = undefined
      this.#onState(true, error)
      this.#planRetry()
    }
  }

  #keep(ops: readonly StoreOp[]): void {
    for (const op of ops) {
      this.#memory!.over.set(op[1], op[0] === 'put' ? op[2] : null)
      if (this.#disk) this.#memory!.log.push(op)
    }
  }

  #planRetry(): void {
    if (this.#isClosed) return
    this.#retry = setTimeout(() => void this.#tryDisk(), RETRY_MS)
    this.#retry.unref()
  }

  async #tryDisk(): Promise<void> {
    const memory = this.#memory
    const disk = this.#disk
    if (!memory || !disk || this.#isClosed) return
    try {
      await disk.reopen().catch((error: unknown) => {
        if (!(error instanceof TypeError)) throw error
      })
      const count = memory.log.length
      await disk.write(memory.log.slice(0, count), true)
      // What came during that write goes the same way before anything new does.
      if (memory.log.length > count) await disk.write(memory.log.slice(count), true)
      this.#memory = undefined
      this.#onState(false)
    } catch {
      this.#planRetry()
    }
  }

  async *scan(range: ScanRange): AsyncGenerator<readonly [key: string, value: Uint8Array]> {
    const memory = this.#memory
    if (!memory) {
      yield* this.#disk!.scan(range)
      return
    }
    const merged = new MemoryStore()
    try {
      const { limit: _, ...whole } = range
      for await (const [key, value] of this.#disk?.scan(whole) ?? [])
        await merged.write([['put', key, value]], false)
    } catch {
      // The disk cannot be read either: what is in memory is all there is.
    }
    await merged.write(
      [...memory.over].map(([key, value]): StoreOp => (value ? ['put', key, value] : ['del', key])),
      false,
    )
    yield* merged.scan(range)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#retry)
    await this.#recovering
    await this.#disk?.close()
  }
}
