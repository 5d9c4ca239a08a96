/**
 * What one turn gives to the disk: one batch, synced where somebody relies on it (INV-6), and what is to be done once it is
 * there. Pure: the batch goes out as a `write` effect, its end comes back as `written`.
 */
import { uint } from '../wire/bytes.ts'
import type { CoreEffect } from './core-io.ts'
import type { Durable } from './durable.ts'
import { factKey } from './keys.ts'
import type { Lane } from './lanes.ts'
import type { StoreOp } from './store.ts'

/** A sync needs something to write: this means nothing. */
export const SYNCED = factKey('synced')

export class Writes {
  readonly #durable: Durable
  readonly #underWay = new Map<number, (() => void)[]>()
  #then: (() => void)[] = []
  readonly #ops: StoreOp[] = []
  #needsSync = false

  constructor(durable: Durable) {
    this.#durable = durable
  }

  /** Batches handed over and not yet on disk. */
  get underWay(): number {
    return this.#underWay.size
  }

  get isIdle(): boolean {
    return this.#underWay.size === 0 && this.#then.length === 0
  }

  put(op: StoreOp): void {
    this.#ops.push(op)
  }

  /** This turn's batch has to be synced: somebody is told of it. */
  needSync(isNeeded = true): void {
    this.#needsSync ||= isNeeded
  }

  /** Done once this turn's batch is on disk, synced. */
  after(then: () => void): void {
    this.#needsSync = true
    this.#then.push(then)
  }

  /** The turn's one batch; undefined where there is nothing to write. ticket: unique in the core. erased: as the effect says. */
  flush(ticket: number, replicaOps: readonly StoreOp[], erased: readonly string[]): CoreEffect | undefined {
    const ops = [...replicaOps, ...this.#ops.splice(0)]
    const then = this.#then
    const isSyncDue = this.#needsSync && this.#durable.isBehind
    if (ops.length === 0 && then.length === 0 && !isSyncDue) return undefined
    this.#then = []
    // It makes all before it durable.
    if (ops.length === 0) ops.push(['put', SYNCED, uint(ticket, 6)])
    const sync = this.#needsSync
    this.#durable.writing(ticket, sync)
    this.#underWay.set(ticket, then)
    this.#needsSync = false
    return { do: 'write', ticket, ops, sync, ...(erased.length > 0 && { erased }) }
  }

  /** This batch is on disk: which lanes have grown there, and what was waiting for it. */
  written(ticket: number): { readonly lanes: readonly Lane[]; readonly then: readonly (() => void)[] } {
    const then = this.#underWay.get(ticket) ?? []
    this.#underWay.delete(ticket)
    return { lanes: [...this.#durable.written(ticket)], then }
  }
}
