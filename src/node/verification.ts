/**
 * Verification in order: what a link brought is acted on in the order it came, although its signatures are checked in a
 * pool that answers in any order. A queue goes on when its link is gone: what it brought may have been relayed already.
 */
import type { Check, LinkId } from './sync.ts'

/** isGood: all of them are valid; each: those that are, in the order asked. */
export type Act = (isGood: boolean, each: readonly boolean[]) => void

interface Item {
  readonly ticket: number
  /** Of each check; undefined: not answered yet. */
  verdicts: readonly boolean[] | undefined
  readonly act: Act
}

export class Verification {
  readonly #ask: (link: LinkId, ticket: number, checks: readonly Check[]) => void
  readonly #queues = new Map<LinkId, Item[]>()
  #waiting = new Map<number, Item[]>()

  /** ask: has these checked; `answered` is called with the ticket. Tickets are the caller's, used once. */
  constructor(ask: (link: LinkId, ticket: number, checks: readonly Check[]) => void) {
    this.#ask = ask
  }

  /** Acts when the checks are answered and all that came before on this link is acted on. No checks: nothing to wait for. */
  add(link: LinkId, ticket: number, checks: readonly Check[], act: Act): void {
    const queue = this.#queues.get(link) ?? []
    this.#queues.set(link, queue)
    queue.push({ ticket, verdicts: checks.length === 0 ? [] : undefined, act })
    if (checks.length === 0) return this.#drain(queue)
    this.#waiting.set(ticket, queue)
    this.#ask(link, ticket, checks)
  }

  answered(ticket: number, ok: readonly boolean[]): void {
    const queue = this.#waiting.get(ticket)
    this.#waiting.delete(ticket)
    // Anew, and not emptied: V8 keeps the tables of a Map that grows and shrinks for seconds, with all that was in them.
    if (this.#waiting.size === 0) this.#waiting = new Map()
    const item = queue?.find((each) => each.ticket === ticket)
    if (!queue || !item) return
    item.verdicts = ok
    this.#drain(queue)
  }

  /** The link is gone: nothing new comes on it. */
  forget(link: LinkId): void {
    this.#queues.delete(link)
  }

  /** What waits on links that are open. */
  get queued(): number {
    let queued = 0
    for (const queue of this.#queues.values()) queued += queue.length
    return queued
  }

  /** Checks that are not answered yet. */
  get size(): number {
    return this.#waiting.size
  }

  #drain(queue: Item[]): void {
    for (let verdicts = queue[0]?.verdicts; verdicts !== undefined; verdicts = queue[0]?.verdicts)
      queue.shift()!.act(verdicts.every(Boolean), verdicts)
  }
}
