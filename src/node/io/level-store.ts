/**
 * The store on disk: LevelDB by classic-level.
 *
 *   write -> gathering group -> (end of this turn, or when the commit before it is over) one chained batch -> resolved
 *
 * A group is synced where any write in it asked for that. What is not committed yet lies in an overlay, so that get and scan
 * see it at once. After any error of the disk the handle takes no more (LevelDB's own refuses every write after a full
 * disk): everything pending rejects, the caller is told once, and only reopen() brings the store back. Until then what it
 * holds can still be read, as far as the disk lets it.
 */
import { resolve } from 'node:path'
import { refusalText } from '../../wire/refusal.ts'
import { LanchatError } from '../lanchat-error.ts'
import { SCAN_PAGE_ENTRIES, type ScanRange, type Store, type StoreOp } from '../store.ts'
import { boundBytes, keyBytes, keyText } from '../store-key.ts'
import { syncLeftLogs } from './left-logs.ts'
import {
  type Database,
  isDiskError,
  isGone,
  levelCodeOf,
  noteChecked,
  type Opened,
  openDatabase,
  probeRoom,
} from './level-database.ts'
import { LogRoom } from './log-room.ts'
import { whyOf } from './system-error.ts'
import { damagedTable } from './table-check.ts'

export type { Opened } from './level-database.ts'

/** Operations in a group that is committed without waiting for the end of the turn. */
const GROUP_OPS_MAX = 256
/** From the page of this number on the next one is read while it is worked on. */
const READ_AHEAD_FROM = 2
/** A page ends here too, however many entries were asked for: two of them are in memory at a time. */
const SCAN_PAGE_BYTES = 128 * 1024
/** More keys than these are erased by rewriting all tables between them once, rather than those of each key. */
const SINGLE_KEYS_MAX = 16

export interface LevelStoreOptions {
  /** Told once per open handle, STORE_FAILED; from then on everything rejects until reopen(). */
  readonly onFailure?: (error: LanchatError) => void
}

/**
 * Opens or starts the store in this folder. A damaged one is moved aside and an empty one started: `movedAside` tells where.
 * Rejects with LanchatError DATA_DIR_IN_USE (another process has it), DATA_DIR_UNWRITABLE (or disk full) or
 * STORE_NEWER, with TypeError where this process has it open already.
 */
export async function openLevelStore(
  dir: string,
  options: LevelStoreOptions = {},
): Promise<Opened & { readonly store: LevelStore }> {
  const store = new LevelStore(dir, options)
  const opened = await store.reopen()
  return { store, ...opened }
}

/** Writes that are committed together. */
interface Group {
  /** In order; a value of null deletes. */
  readonly ops: { readonly key: Uint8Array; readonly value: Uint8Array | null }[]
  /** Their outcome by key; null: deleted. */
  readonly overlay: Map<string, Uint8Array | null>
  readonly waiting: { readonly resolve: () => void; readonly reject: (error: Error) => void }[]
  sync: boolean
  /** Of keys and values, and of the few that LevelDB adds to each. */
  bytes: number
}

const emptyGroup = (): Group => ({ ops: [], overlay: new Map(), waiting: [], sync: false, bytes: 0 })
/** What LevelDB writes of an operation beside key and value: tag and two lengths. */
const OP_BYTES = 5

type State =
  | { readonly is: 'open'; readonly db: Database }
  /** db: the one before, while it can still be read. */
  | { readonly is: 'opening'; readonly opened: Promise<unknown>; readonly db?: Database }
  /** Takes nothing more, but can be read. damaged: reading failed, so this database is not to be opened again. */
  | { readonly is: 'failed'; readonly db: Database; readonly why: Error; readonly damaged: boolean }
  /** closing: resolves when the handle is gone. */
  | {
      readonly is: 'closed'
      readonly closing: Promise<void>
      readonly why: Error
      readonly damaged: boolean
    }

export class LevelStore implements Store {
  readonly #dir: string
  readonly #options: LevelStoreOptions
  readonly #room: LogRoom
  #state: State
  #gathering = emptyGroup()
  #committing: Group | undefined
  #flushPlanned = false
  /** A group was committed without sync behind the last one with it. */
  #isBehindSync = false
  /** close() was called: nothing more is taken. */
  #isClosing = false
  #handles = 0

  /** Closed at first: openLevelStore opens it. */
  constructor(dir: string, options: LevelStoreOptions) {
    this.#dir = resolve(dir)
    this.#options = options
    this.#room = new LogRoom(this.#dir)
    this.#state = { is: 'closed', closing: Promise.resolve(), why: closedError(), damaged: false }
  }

  /**
   * Opens again after a failure or close(). What was found damaged is moved aside. Rejects as openLevelStore; while there is
   * no room to open it, what is open can be read on.
   */
  async reopen(): Promise<Opened> {
    const before = this.#state
    if (before.is !== 'closed' && before.is !== 'failed') throw new TypeError('this store is open')
    const opened = this.#open(before)
    this.#state = { is: 'opening', opened, ...(before.is === 'failed' && { db: before.db }) }
    this.#isClosing = false
    const { db, ...how } = await opened
    this.#state = { is: 'open', db }
    this.#handles++
    return how
  }

  async #open(before: Extract<State, { is: 'closed' | 'failed' }>): Promise<Opened & { db: Database }> {
    let now = before
    try {
      await this.#room.making
      if (now.is === 'failed') {
        await probeRoom(this.#dir)
        const closing = now.db.close().catch(() => {})
        now = { is: 'closed', closing, why: now.why, damaged: now.damaged }
        if (this.#state.is === 'opening') this.#state = { is: 'opening', opened: this.#state.opened }
      }
      await now.closing
      return await openDatabase(this.#dir, now.damaged)
    } catch (error) {
      this.#state = now
      throw error
    }
  }

  /** Rejects with LanchatError DATA_DIR_UNWRITABLE while there is no room to open it. */
  probe(): Promise<void> {
    return probeRoom(this.#dir)
  }

  /** Have the files of this open store been deleted beneath it? LevelDB itself would go on for long without noticing. */
  isGone(): Promise<boolean> {
    return this.#state.is === 'open' ? isGone(this.#dir) : Promise.resolve(false)
  }

  get isOpen(): boolean {
    return this.#state.is === 'open'
  }

  /** How often it was opened: a scan that fails, and begins anew over another handle, finds all. */
  get handles(): number {
    return this.#handles
  }

  /** Looks whether the tables on disk are what was written: LevelDB does not. Where they are not it takes nothing more. */
  async checkTables(): Promise<void> {
    if (this.#state.is !== 'open') return
    const { db } = this.#state
    const table = await damagedTable(this.#dir)
    if (table === undefined) await noteChecked(this.#dir)
    if (table === undefined || this.#state.is !== 'open' || this.#state.db !== db) return
    throw this.#failed(new Error(`${table} is damaged`), true)
  }

  /** Between two handles nothing can be read, though it is there. */
  get isBlind(): boolean {
    return this.#state.is === 'opening' && this.#state.db === undefined
  }

  /** Resolves when it is not blind any more, whether it could be opened or not. */
  async seeing(): Promise<void> {
    while (this.#state.is === 'opening' && this.#state.db === undefined) {
      await this.#state.opened.catch(() => {})
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  /** Ends this handle for a reason that it cannot see itself; returns the error that callers see. */
  fail(why: Error): Error {
    return this.#failed(why, false)
  }

  /** Throws where the key cannot be read: LanchatError STORE_FAILED after a failure. */
  get(key: string): Uint8Array | undefined {
    const db = this.#readable()
    const staged = this.#staged(key)
    if (staged !== undefined) return staged ?? undefined
    const bytes = keyBytes(key)
    try {
      const value = db.getSync(bytes)
      return value && plain(value)
    } catch (error) {
      throw isDiskError(error) ? this.#failed(error, true) : error
    }
  }

  write(ops: readonly StoreOp[], sync: boolean): Promise<void> {
    if (this.#state.is !== 'open' || this.#isClosing) return Promise.reject(this.#whyClosed())
    const group = this.#gathering
    let keys: Uint8Array[]
    try {
      // Every key is checked before anything is staged: a wrong one is its writer's mistake alone.
      // By index, here and below: taking them apart by pattern makes an iterator for each.
      keys = ops.map((op) => keyBytes(op[1]))
    } catch (error) {
      return Promise.reject(error)
    }
    for (let i = 0; i < ops.length; i++) {
      const op = ops[i]!
      const value = op[0] === 'put' ? op[2] : null
      group.ops.push({ key: keys[i]!, value })
      group.bytes += keys[i]!.length + (value?.length ?? 0) + OP_BYTES
      group.overlay.set(op[1], value)
    }
    group.sync ||= sync
    const written = new Promise<void>((resolve, reject) => group.waiting.push({ resolve, reject }))
    if (group.ops.length >= GROUP_OPS_MAX) this.#flush()
    else this.#planFlush()
    return written
  }

  /**
   * Rewrites the files that hold what lay under these keys before: deleted, or replaced by what lies there now. Rejects
   * where the disk cannot. Reads and writes go on meanwhile.
   */
  async erase(keys: readonly string[]): Promise<void> {
    if (keys.length === 0) return
    await this.#settled()
    const [first, last] = [keyBytes(keys.toSorted()[0]!), keyBytes(keys.toSorted().at(-1)!)]
    const compact = (from: Uint8Array, to: Uint8Array) => {
      if (this.#state.is !== 'open' || this.#isClosing) throw this.#whyClosed()
      return this.#state.db.compactRange(from, to)
    }
    // Out of memory and the log. What was written and deleted in between lies in one table now, which LevelDB rewrites only
    // together with something above it: the same once more.
    await compact(first, first)
    await this.write(
      keys.map((key): StoreOp => {
        const value = this.get(key)
        return value ? ['put', key, value] : ['del', key]
      }),
      false,
    )
    if (keys.length > SINGLE_KEYS_MAX) await compact(first, last)
    else for (const key of keys) await compact(keyBytes(key), keyBytes(key))
  }

  async *scan(range: ScanRange): AsyncGenerator<readonly [key: string, value: Uint8Array]> {
    await this.#settled()
    const db = this.#readable()
    const limit = range.limit ?? Number.POSITIVE_INFINITY
    if (limit <= 0 || range.from >= range.to) return
    const iterator = db.iterator({
      gte: boundBytes(range.from),
      lt: boundBytes(range.to),
      reverse: range.reverse ?? false,
      limit: range.limit ?? -1,
      highWaterMarkBytes: SCAN_PAGE_BYTES,
    })
    try {
      const size = Math.min(range.page ?? SCAN_PAGE_ENTRIES, limit)
      let page = await iterator.nextv(size)
      for (let pages = 1; page.length > 0; pages++) {
        // Whoever reads on has the next page read meanwhile, in another thread; most want no more than the first.
        const next = pages >= READ_AHEAD_FROM ? iterator.nextv(size) : undefined
        // It is awaited only if the reader comes back for it.
        next?.catch(() => {})
        for (const [key, value] of page) yield [keyText(key), plain(value)]
        page = await (next ?? iterator.nextv(size))
      }
    } catch (error) {
      if (!('db' in this.#state) || this.#state.db !== db) throw this.#whyClosed()
      throw isDiskError(error) ? this.#failed(error, true) : error
    } finally {
      await iterator.close()
    }
  }

  /** Commits what was written before this call, then closes. Twice is safe. */
  async close(): Promise<void> {
    if (this.#state.is === 'opening') await this.#state.opened.catch(() => {})
    this.#isClosing = true
    await this.#settled()
    await this.#room.making
    const state = this.#state
    if (state.is === 'open' || state.is === 'failed') {
      const isDamaged = state.is === 'failed' && state.damaged
      const closing = state.db
        .close()
        .then(() => noteChecked(this.#dir))
        .catch(() => {})
      this.#rejectAll(closedError())
      this.#state = { is: 'closed', closing, why: closedError(), damaged: isDamaged }
    }
    if (this.#state.is === 'closed') await this.#state.closing
  }

  #readable(): Database {
    const db = 'db' in this.#state ? this.#state.db : undefined
    if (!db) throw this.#whyClosed()
    return db
  }

  #whyClosed(): Error {
    return 'why' in this.#state ? this.#state.why : closedError()
  }

  #staged(key: string): Uint8Array | null | undefined {
    const later = this.#gathering.overlay.get(key)
    return later !== undefined ? later : this.#committing?.overlay.get(key)
  }

  /** Resolves when what is staged now is committed, or has failed. Groups are committed in order: the last one tells. */
  #settled(): Promise<void> {
    const last = this.#gathering.waiting.length > 0 ? this.#gathering : this.#committing
    if (!last) return Promise.resolve()
    return new Promise((resolve) => {
      last.waiting.push({ resolve, reject: () => resolve() })
      this.#flush()
    })
  }

  #planFlush(): void {
    if (this.#flushPlanned || this.#committing) return
    this.#flushPlanned = true
    queueMicrotask(() => {
      this.#flushPlanned = false
      this.#flush()
    })
  }

  /** Commits the gathered group, unless one is in flight: then its end does so. */
  #flush(): void {
    if (this.#committing || this.#state.is !== 'open') return
    const group = this.#gathering
    if (group.waiting.length === 0) return
    this.#gathering = emptyGroup()
    this.#committing = group
    const { db } = this.#state
    this.#commit(db, group).then(
      () => {
        if (this.#state.is !== 'open' || this.#state.db !== db) return
        this.#committing = undefined
        this.#room.written(group.bytes, group.sync)
        for (const { resolve } of group.waiting) resolve()
        if (this.#gathering.waiting.length > 0) this.#flush()
      },
      (error: unknown) => {
        if (this.#state.is === 'open' && this.#state.db === db) this.#failed(error, false)
      },
    )
  }

  /** A group with sync makes all groups before it durable too. */
  async #commit(db: Database, group: Group): Promise<void> {
    // Written meanwhile, it would lie where zeros come.
    if (this.#room.making) {
      await this.#room.making
      if (this.#state.is !== 'open' || this.#state.db !== db) throw this.#whyClosed()
    }
    await commit(db, group)
    if (group.sync && this.#isBehindSync) await syncLeftLogs(this.#dir)
    this.#isBehindSync = !group.sync
  }

  /** This handle takes nothing more after an error of the disk; returns the error that callers see. */
  #failed(cause: unknown, reading: boolean): Error {
    const state = this.#state
    const damaged = reading || levelCodeOf(cause) === 'LEVEL_CORRUPTION'
    if (state.is === 'failed' && damaged) this.#state = { ...state, damaged }
    if (state.is !== 'open') return this.#whyClosed()
    const why = new LanchatError('STORE_FAILED', refusalText('STORE_FAILED', { why: whyOf(cause) }), {
      cause,
    })
    this.#state = { is: 'failed', db: state.db, why, damaged }
    this.#rejectAll(why)
    this.#options.onFailure?.(why)
    return why
  }

  #rejectAll(why: Error): void {
    const pending = [...(this.#committing?.waiting ?? []), ...this.#gathering.waiting]
    this.#committing = undefined
    this.#gathering = emptyGroup()
    for (const { reject } of pending) reject(why)
  }
}

async function commit(db: Database, group: Group): Promise<void> {
  const batch = db.batch()
  for (const { key, value } of group.ops) {
    if (value) batch.put(key, value)
    else batch.del(key)
  }
  await batch.write({ sync: group.sync })
}

/** The same bytes without Buffer's methods: its slice shares memory where that of Uint8Array copies. */
const plain = (value: Uint8Array) => new Uint8Array(value.buffer, value.byteOffset, value.byteLength)

const closedError = () => new Error('the store is closed')
