/**
 * Who waits for what a node says: those who listen to its events, those who asked for something, and whoever waits until it is
 * ready or settled.
 */
import { refusalText } from '../wire/refusal.ts'
import type { Answer, NodeEvent, ReadyEvent } from './events.ts'
import type { LanchatError } from './lanchat-error.ts'

/** What is answered once the node has ended. */
export const CLOSED = { type: 'error', code: 'OFFLINE', message: 'This node is closed.' } as const

/**
 * Commands that wait for their answers at most: what 64 sessions of the control socket may have under way. A program that asks
 * without waiting hears BUSY instead of filling the memory.
 */
export const ASKERS_MAX = 16_384

type Listener = (event: NodeEvent) => void

export interface AudiencePorts {
  /** From now on somebody wants to hear what others write, or nobody does any more. */
  onReaders(isThere: boolean): void
  log(level: 'error', text: string): void
}

export class Audience {
  /** Resolves with the event `ready`. */
  readonly ready: Promise<ReadyEvent>
  /** Resolves when the node has ended. */
  readonly closed: Promise<void>
  readonly #ports: AudiencePorts
  readonly #listeners = new Set<Listener>()
  /** Those of them who want to hear what others write. */
  readonly #readers = new Set<Listener>()
  /** By the slots of their commands. */
  readonly #askers = new Map<number, (answer: Answer) => void>()
  readonly #settling = new Map<() => void, (error: LanchatError) => void>()
  #hasEnded: LanchatError | undefined
  #nextSlot = 1
  #readyResolve!: (event: ReadyEvent) => void
  #readyReject!: (error: LanchatError) => void
  #closedResolve!: () => void

  constructor(ports: AudiencePorts) {
    this.#ports = ports
    this.ready = new Promise((resolve, reject) => {
      this.#readyResolve = resolve
      this.#readyReject = reject
    })
    this.closed = new Promise((resolve) => {
      this.#closedResolve = resolve
    })
    // Whoever does not wait for it must not be killed by it.
    this.ready.catch(() => {})
  }

  /** Does anybody want to hear what others write? */
  get hasReaders(): boolean {
    return this.#readers.size > 0
  }

  /** Returns its undo. own: what others write need not be told. */
  on(listener: Listener, hears: 'all' | 'own'): () => void {
    this.#listeners.add(listener)
    if (hears === 'own') return () => this.#listeners.delete(listener)
    this.#readers.add(listener)
    if (this.#readers.size === 1) this.#ports.onReaders(true)
    return () => {
      this.#listeners.delete(listener)
      if (this.#readers.delete(listener) && this.#readers.size === 0) this.#ports.onReaders(false)
    }
  }

  tell(event: NodeEvent): void {
    if (event.type === 'ready') this.#readyResolve(event)
    for (const listener of this.#listeners) {
      try {
        listener(event)
      } catch (error) {
        this.#ports.log('error', `a listener threw: ${error instanceof Error ? error.stack : String(error)}`)
      }
    }
  }

  /** Gives a command on under the slot that its answer comes for, and resolves with that; with BUSY where too many wait. */
  ask(ref: unknown, give: (slot: number) => void): Promise<Answer> {
    if (this.#askers.size >= ASKERS_MAX) {
      const message = refusalText('BUSY', { max: ASKERS_MAX })
      return Promise.resolve({ type: 'error', code: 'BUSY', message, ...(ref !== undefined && { ref }) })
    }
    return new Promise((resolve) => {
      const slot = this.#nextSlot++
      this.#askers.set(slot, resolve)
      give(slot)
    })
  }

  answer(slot: number, answer: Answer): void {
    this.#askers.get(slot)?.(answer)
    this.#askers.delete(slot)
  }

  /** Resolves at the next `settled`; rejects with the signal's reason, and with that of `close` where the node ends before. */
  settle(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#hasEnded) return reject(this.#hasEnded)
      if (signal?.aborted) return reject(signal.reason)
      const end = () => {
        this.#settling.delete(settled)
        signal?.removeEventListener('abort', aborted)
      }
      const settled = () => {
        end()
        resolve()
      }
      const failed = (reason: unknown) => {
        end()
        reject(reason)
      }
      const aborted = () => failed(signal?.reason)
      this.#settling.set(settled, failed)
      signal?.addEventListener('abort', aborted, { once: true })
    })
  }

  settled(): void {
    for (const settle of [...this.#settling.keys()]) settle()
  }

  /** It does not become ready, where it is not. */
  fail(error: LanchatError): void {
    this.#readyReject(error)
  }

  /** Nothing is answered any more. Twice is safe. */
  close(error: LanchatError): void {
    for (const answered of this.#askers.values()) answered(CLOSED)
    this.#askers.clear()
    this.#readyReject(error)
    this.#hasEnded ??= error
    for (const failed of [...this.#settling.values()]) failed(error)
    this.#closedResolve()
  }
}
