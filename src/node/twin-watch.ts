/** Notices that somebody else writes under this identity now: its data dir is used on a second machine, or was copied. */
import type { NodeEvent } from './events.ts'

/** Own messages remembered until they come around: a message is told right behind its `sent`. */
const SENT_MAX = 256
/** A message tells of a twin while it is fresh: what a wrong clock has stamped is not. */
const FRESH_MS = 60_000
/** The network's time is known only so well. */
const SURE_MS = 2000

export class TwinWatch {
  readonly #sent = new Set<string>()
  #isTold = false

  /**
   * Give it every event in order. self: the own key; now: netNow; upMs: for how long this process has run. Returns what people
   * should read, once. What a former process of this device wrote may come late, and with the time of a clock that was wrong.
   */
  look(event: NodeEvent, self: string, now: number, upMs: number): string | undefined {
    if (event.type === 'sent') {
      this.#sent.add(event.id)
      if (this.#sent.size > SENT_MAX) this.#sent.delete(this.#sent.values().next().value!)
    }
    if (event.type !== 'message' || event.from.id !== self || event.history) return undefined
    if (this.#sent.delete(event.id) || this.#isTold) return undefined
    if (event.ts < now - Math.min(upMs - SURE_MS, FRESH_MS) || event.ts > now + FRESH_MS) return undefined
    this.#isTold = true
    return 'Another lanchat writes under your identity: this data directory is used on a second machine, or was copied there. Both go on and nothing is lost, but you are one person to everybody else. To be two, start one of them with --data-dir and a new folder.'
  }
}
