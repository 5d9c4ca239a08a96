/**
 * A store that outlives its disk: after an error it opens the database anew, and where that does not help it goes on in
 * memory and says so, trying the disk again now and then. While it is in memory nothing may be acknowledged; what the disk
 * holds is still read, as far as it can be.
 *
 *   disk -> recovering (what is written waits) -> disk | memory -> (each RETRY_MS) -> disk
 *
 * Of what is written while MEMORY_BYTES_MAX are in memory already nothing is lost, and nothing is said to be written either: who
 * waits for the disk waits, and so nothing more is taken in (intake.ts), until it works.
 *
 * Where there was no room to open the disk at the start it begins in memory, over a view of what lies there.
 */
import { LanchatError } from '../lanchat-error.ts'
import { SCAN_PAGE_ENTRIES, type ScanRange, type Store, type StoreOp } from '../store.ts'
import { keyBytes } from '../store-key.ts'
import type { LevelStore, Opened } from './level-store.ts'
import type { StoreView } from './store-view.ts'

/** Between two tries of the disk. */
const RETRY_MS = 5000
/** Operations written back at a time. */
const BATCH_OPS = 1000

/** Half a million short messages: hours of a busy network. More than this a machine has not to spare for one program. */
export const MEMORY_BYTES_MAX = 256 * 1024 * 1024
/** What an entry costs beside its key and value: its places in the map. */
const ENTRY_BYTES = 128

export interface StoreWatch {
  /** It begins to fail, for this reason, or works again. */
  failing(isFailing: boolean, error?: unknown): void
  /** There is as much in memory only as may be. */
  full?(): void
  /**
   * An empty database lies beneath from now on: what was held must be counted anew. Told before any write that waited for
   * it resolves.
   */
  replaced(opened: Opened): void
}

interface Waiting {
  readonly ops: readonly StoreOp[]
  readonly sync: boolean
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/** null: deleted. */
type Kept = readonly [key: string, value: Uint8Array | null]

export class ResilientStore implements Store {
  readonly #disk: LevelStore | undefined
  /** What is read until the disk is opened for the first time. */
  #view: StoreView | undefined
  #viewEnded: Promise<void> | undefined
  /** The disk was never open: what it holds, if anything, is what the view shows. */
  #isUnopened: boolean
  readonly #watch: StoreWatch
  /** What is in memory only since the disk failed: values, and null for deletions. */
  #memory: Map<string, Uint8Array | null> | undefined
  #memoryBytes = 0
  readonly #memoryBytesMax: number
  /** Writes that are in memory and are not said to be written before the disk works. */
  #unsaid: Pick<Waiting, 'resolve' | 'reject'>[] = []
  #waiting: Waiting[] = []
  #recovering: Promise<void> | undefined
  #retry: NodeJS.Timeout | undefined
  #isClosed = false

  /**
   * disk: undefined where there is none in this run. unopened: the disk could not be opened yet, and a view of all it holds,
   * which is this store's from now on; none where it holds nothing.
   */
  constructor(
    disk: LevelStore | undefined,
    watch: StoreWatch,
    unopened?: { readonly view: StoreView | undefined },
    memoryBytesMax = MEMORY_BYTES_MAX,
  ) {
    this.#memoryBytesMax = memoryBytesMax
    this.#disk = disk
    this.#watch = watch
    this.#view = unopened?.view
    this.#isUnopened = unopened !== undefined
    if (!disk || unopened) this.#memory = new Map()
    if (unopened) this.#planRetry()
  }

  /** Reads that the disk refused: what they asked for may be there all the same. */
  unread = 0

  /** What is read beneath the memory. */
  get #beneath(): LevelStore | undefined {
    return this.#view?.store ?? this.#disk
  }

  get isFailing(): boolean {
    return this.#memory !== undefined
  }

  /** Between two handles of the disk, what it holds would seem not to be there. */
  get isBlind(): boolean {
    return this.#disk?.isBlind ?? false
  }

  /** As LevelStore; 0 without a disk. */
  get handles(): number {
    return this.#disk?.handles ?? 0
  }

  /** Resolves when what can be read is read again, and `replaced` was told if it had to be. */
  async sees(): Promise<void> {
    await this.#disk?.seeing()
    await this.recovered()
  }

  /** Resolves when no try of the disk is under way that began with an error. */
  async recovered(): Promise<void> {
    while (this.#recovering) await this.#recovering
  }

  /** Looks whether the files are still there. before: done where they are not, ahead of starting new ones. */
  async lookAfter(before: () => Promise<void>): Promise<void> {
    if (this.#memory || this.#recovering || this.#isClosed || !(await this.#disk?.isGone())) return
    await before()
    this.#fails(this.#disk!.fail(new Error('its files were deleted')))
  }

  /** Looks whether the disk has damaged what it holds; then it is opened anew, as after an error of reading. */
  async checkTables(): Promise<void> {
    if (this.#memory || this.#recovering || this.#isClosed) return
    await this.#disk?.checkTables().catch((error: unknown) => this.#fails(error))
  }

  get(key: string): Uint8Array | undefined {
    const over = this.#memory?.get(key)
    if (over !== undefined) return over ?? undefined
    for (let i = this.#waiting.length - 1; i >= 0; i--)
      for (const op of this.#waiting[i]!.ops.toReversed())
        if (op[1] === key) return op[0] === 'put' ? op[2] : undefined
    try {
      const value = this.#beneath?.get(key)
      if (value === undefined && this.isBlind) this.unread++
      return value
    } catch (error) {
      if (error instanceof TypeError) throw error
      this.unread++
      this.#fails(error)
      return undefined
    }
  }

  write(ops: readonly StoreOp[], sync: boolean): Promise<void> {
    if (this.#isClosed) return Promise.reject(closedError())
    if (this.#memory || this.#recovering)
      try {
        // What is kept goes to the disk together: one key that it does not take would keep all of it away.
        for (const op of ops) keyBytes(op[1])
      } catch (error) {
        return Promise.reject(error)
      }
    if (this.#memory) return this.#keepAndSay(ops)
    return new Promise((resolve, reject) => {
      const waiting = { ops, sync, resolve, reject }
      if (this.#recovering) this.#waiting.push(waiting)
      else this.#put(waiting)
    })
  }

  #put(waiting: Waiting): void {
    this.#disk!.write(waiting.ops, waiting.sync).then(waiting.resolve, (error: unknown) => {
      if (this.#isClosed || !isFailure(error)) return waiting.reject(error)
      if (this.#memory) return void this.#keepAndSay(waiting.ops).then(waiting.resolve, waiting.reject)
      this.#waiting.push(waiting)
      this.#fails(error)
    })
  }

  /** The disk refused a read or a write; errors of anything else, and of a handle before this one, are not its failure. */
  #fails(error: unknown): void {
    if (this.#isClosed || this.#memory || !isFailure(error) || this.#disk?.isOpen !== false) return
    this.#recovering ??= this.#recover(error)
  }

  /** One try with a new handle; then memory. */
  async #recover(error: unknown): Promise<void> {
    // Writes of the same moment reject one after the other: they join the queue first, in their order.
    await new Promise((resolve) => setImmediate(resolve))
    try {
      const opened = await this.#disk!.reopen()
      let done = 0
      try {
        // As long as something comes to wait meanwhile; nothing may come between the last look and going on without waiting.
        do {
          const waiting = this.#waiting.slice(done)
          done += waiting.length
          await this.#disk!.write(
            waiting.flatMap(({ ops }) => ops),
            true,
          )
        } while (done < this.#waiting.length)
      } finally {
        if (opened.isFresh) this.#watch.replaced(opened)
      }
      const written = this.#waiting.splice(0)
      this.#recovering = undefined
      for (const { resolve } of written) resolve()
    } catch {
      this.#memory = new Map()
      const waiting = this.#waiting.splice(0)
      for (const { ops } of waiting) this.#keep(ops)
      this.#recovering = undefined
      this.#watch.failing(true, error)
      for (const { resolve } of waiting) resolve()
      this.#planRetry()
    }
  }

  #keep(ops: readonly StoreOp[]): void {
    const memory = this.#memory!
    for (const op of ops) {
      const [, key] = op
      const before = memory.get(key)
      if (before !== undefined) this.#memoryBytes -= bytesKept(key, before)
      // The last change of a key is the last to be written back.
      memory.delete(key)
      const value = op[0] === 'put' ? op[2] : null
      memory.set(key, value)
      this.#memoryBytes += bytesKept(key, value)
    }
  }

  #keepAndSay(ops: readonly StoreOp[]): Promise<void> {
    this.#keep(ops)
    if (this.#memoryBytes <= this.#memoryBytesMax) return Promise.resolve()
    if (this.#unsaid.length === 0) this.#watch.full?.()
    return new Promise((resolve, reject) => this.#unsaid.push({ resolve, reject }))
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
      // Before it is opened, since nothing is read while it is.
      if (this.#isUnopened) await disk.probe()
      if (this.#isClosed) return
      const opened = await disk.reopen().catch((error: unknown): Opened => {
        if (!(error instanceof TypeError)) throw error
        return {}
      })
      const isFirst = this.#isUnopened
      this.#isUnopened = false
      this.#endView()
      // One that is new because there was none before takes the place of nothing.
      if (opened.isFresh && (!isFirst || opened.movedAside !== undefined)) this.#watch.replaced(opened)
      // Nothing may come between the last look and going on without the memory.
      do
        await writeBack(disk, memory, (key, value) => {
          this.#memoryBytes -= bytesKept(key, value)
        })
      while (memory.size > 0)
      this.#memory = undefined
      this.#watch.failing(false)
      for (const { resolve } of this.#unsaid.splice(0)) resolve()
    } catch {
      this.#planRetry()
    }
  }

  #endView(): void {
    this.#viewEnded = this.#view?.close().catch(() => {}) ?? this.#viewEnded
    this.#view = undefined
  }

  /** As LevelStore; rejects while the disk fails. */
  async erase(keys: readonly string[]): Promise<void> {
    if (this.#memory || !this.#disk) throw new Error('the disk fails')
    await this.#disk.erase(keys)
  }

  async *scan(range: ScanRange): AsyncGenerator<readonly [key: string, value: Uint8Array]> {
    const memory = this.#memory
    if (!memory) {
      try {
        yield* this.#disk!.scan(range)
      } catch (error) {
        this.#fails(error)
        throw error
      }
      return
    }
    if (this.#isClosed) throw closedError()
    let left = range.limit ?? Number.POSITIVE_INFINITY
    for await (const [key, value] of this.#merged(range, entriesIn(memory, range))) {
      if (!value) continue
      if (left-- === 0) return
      yield [key, value]
    }
  }

  /**
   * The disk, and over it what is in memory, in the order of the range. As the memory was when this began: what is in it now
   * may be on disk, and in memory no more, when the disk has been read.
   */
  async *#merged(range: ScanRange, over: readonly Kept[]): AsyncGenerator<Kept> {
    let at = 0
    // No more of the disk than is asked for, but for what the memory hides of it.
    const page = Math.min(range.page ?? SCAN_PAGE_ENTRIES, (range.limit ?? SCAN_PAGE_ENTRIES) + 1)
    for await (const entry of this.#scanBeneath({ ...range, page })) {
      while (at < over.length && comesBefore(over[at]![0], entry[0], range)) yield over[at++]!
      if (over[at]?.[0] !== entry[0]) yield entry
    }
    yield* over.slice(at)
  }

  /** What lies beneath the memory; it goes on where it was when the disk is opened anew, and ends where it cannot be read. */
  async *#scanBeneath({
    limit: _,
    ...range
  }: ScanRange): AsyncGenerator<readonly [key: string, value: Uint8Array]> {
    let last: string | undefined
    for (;;) {
      const beneath = this.#beneath
      const handles = beneath?.handles
      const rest = last === undefined ? range : { ...range, [range.reverse ? 'to' : 'from']: last }
      try {
        for await (const entry of beneath?.scan(rest) ?? []) {
          if (entry[0] === last) continue
          last = entry[0]
          yield entry
        }
        return
      } catch {
        await this.#disk?.seeing()
        if (this.#beneath !== beneath || beneath?.handles !== handles) continue
        this.unread++
        return
      }
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#retry)
    for (const { reject } of this.#unsaid.splice(0)) reject(closedError())
    await this.#recovering
    this.#endView()
    await this.#viewEnded
    await this.#disk?.close()
  }
}

const closedError = () => new Error('the store is closed')

const isFailure = (error: unknown) => error instanceof LanchatError && error.code === 'STORE_FAILED'

const comesBefore = (a: string, b: string, { reverse }: ScanRange) => (reverse ? a > b : a < b)

const entriesIn = (memory: Iterable<Kept>, range: ScanRange): Kept[] =>
  [...memory]
    .filter(([key]) => key >= range.from && key < range.to)
    .sort(([a], [b]) => (comesBefore(a, b, range) ? -1 : 1))

const bytesKept = (key: string, value: Uint8Array | null): number =>
  key.length + (value?.length ?? 0) + ENTRY_BYTES

const opsOf = (memory: Iterable<Kept>): StoreOp[] =>
  [...memory].map(([key, value]): StoreOp => (value ? ['put', key, value] : ['del', key]))

/** Writes all of it, part by part: also what comes meanwhile. The last part is synced. */
async function writeBack(
  disk: LevelStore,
  memory: Map<string, Uint8Array | null>,
  gone: (key: string, value: Uint8Array | null) => void,
): Promise<void> {
  do {
    const part: Kept[] = []
    for (const entry of memory) if (part.push(entry) === BATCH_OPS) break
    await disk.write(opsOf(part), part.length === memory.size)
    for (const [key, value] of part)
      if (memory.get(key) === value) {
        memory.delete(key)
        gone(key, value)
      }
  } while (memory.size > 0)
}
