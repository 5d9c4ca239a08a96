/**
 * Erasure: LevelDB keeps what was deleted in its files until it happens to rewrite them, which may be never. Some time after
 * bodies were deleted, or the stored runs that held them were replaced, and not while more are, the files that hold them are rewritten, and damaged copies from which all was
 * brought back are removed, since they hold them too. What is still to be erased is noted in the store, for the next start.
 *
 *   deleted -> (QUIET_MS without another, at most PATIENCE_MS) -> erasing, SLICE_KEYS at a time, RUN_EVERY_MS apart -> nothing
 */
import { concat, fromHex, hex } from '../../wire/bytes.ts'
import { factKey } from '../keys.ts'
import type { StoreOp } from '../store.ts'

const QUIET_MS = 10_000
const PATIENCE_MS = 300_000
const RUN_EVERY_MS = 60_000
const NOTE_EVERY_MS = 2000
/** Rewriting takes its time, and disk: no more than these at once. */
const SLICE_KEYS = 256
/** More wait for LevelDB itself: only what expires by the thousand is so much. */
const PENDING_MAX = 4096
/** Where what is still to be erased is noted, by the letter of its keys, and the bytes of one. */
const NOTES = [
  { letter: 'b', fact: factKey('erasing'), bytes: 32 },
  { letter: 'e', fact: factKey('erasing-runs'), bytes: 60 },
] as const

export interface ErasurePorts {
  readonly store: {
    readonly isFailing: boolean
    get(key: string): Uint8Array | undefined
    write(ops: readonly StoreOp[], sync: boolean): Promise<void>
    /** Rewrites the files that hold what lay under these keys before. Rejects where the disk cannot. */
    erase(keys: readonly string[]): Promise<void>
  }
  /** Removes damaged copies that are needed no more. */
  removeCopies(): Promise<void>
  log(level: 'info' | 'warn', text: string): void
}

export class Erasure {
  readonly #ports: ErasurePorts
  #pending: Set<string> | undefined
  #isFresh = false
  #isNoted = true
  #notedAt = Number.NEGATIVE_INFINITY
  #firstAt: number | undefined
  #lastAt = 0
  #nextAt = 0
  #isRunning = false
  /** Keys under which more was deleted since the run began: it may have rewritten only what lay there before. */
  readonly #since = new Set<string>()

  constructor(ports: ErasurePorts) {
    this.#ports = ports
  }

  /** Bodies under these keys were deleted, or are deleted by a write that begins now. */
  deleted(keys: readonly string[]): void {
    const pending = this.#known()
    for (const key of keys) {
      if (pending.size >= PENDING_MAX) break
      pending.add(key)
      if (this.#isRunning) this.#since.add(key)
      this.#isFresh = true
    }
  }

  /** Called now and then; now: monotonic ms. */
  beat(now: number): void {
    const pending = this.#known()
    if (pending.size === 0) return
    this.#firstAt ??= now
    if (this.#isFresh) {
      this.#isFresh = false
      this.#isNoted = false
      this.#lastAt = now
    }
    if (!this.#isNoted && now - this.#notedAt >= NOTE_EVERY_MS) {
      this.#notedAt = now
      this.#note()
    }
    const isDue = now - this.#lastAt >= QUIET_MS || now - this.#firstAt >= PATIENCE_MS
    if (!isDue || now < this.#nextAt || this.#isRunning || this.#ports.store.isFailing) return
    this.#nextAt = now + RUN_EVERY_MS
    this.#isRunning = true
    this.#since.clear()
    void this.#run([...pending].slice(0, SLICE_KEYS)).finally(() => {
      this.#isRunning = false
    })
  }

  /** Before the store is closed. */
  close(): void {
    if (this.#isFresh || !this.#isNoted) this.#note()
  }

  async #run(keys: readonly string[]): Promise<void> {
    try {
      await this.#ports.store.erase(keys)
    } catch (error) {
      this.#ports.log('warn', `deleted messages are still in the files of the store: ${String(error)}`)
      return
    }
    for (const key of keys) if (!this.#since.has(key)) this.#known().delete(key)
    if (this.#known().size === 0) this.#firstAt = undefined
    this.#note()
    await this.#ports.removeCopies()
  }

  #known(): Set<string> {
    this.#pending ??= new Set(
      NOTES.flatMap(({ letter, fact, bytes }) => keysIn(this.#ports.store.get(fact), letter, bytes)),
    )
    return this.#pending
  }

  #note(): void {
    this.#isNoted = true
    const ops = NOTES.map(({ letter, fact }): StoreOp => {
      const keys = [...this.#known()].filter((key) => key.startsWith(letter))
      return keys.length > 0
        ? ['put', fact, concat(...keys.map((key) => fromHex(key.slice(1))))]
        : ['del', fact]
    })
    // Where it fails the next start has less to erase.
    this.#ports.store.write(ops, false).catch(() => {})
  }
}

function keysIn(noted: Uint8Array | undefined, letter: string, bytes: number): string[] {
  const keys: string[] = []
  for (let at = 0; noted && at + bytes <= noted.length; at += bytes)
    keys.push(letter + hex(noted, at, at + bytes))
  return keys
}
