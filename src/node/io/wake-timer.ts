/** The timer by which the core gets its next tick. */
import { systemClock } from './clock.ts'

export class WakeTimer {
  readonly #ring: () => void
  #timer: NodeJS.Timeout | undefined
  /** When the core wants its next tick, and when the timer ends: monotonic ms. */
  #wantedAt = Number.POSITIVE_INFINITY
  #endsAt = Number.POSITIVE_INFINITY

  /** ring: it is time. */
  constructor(ring: () => void) {
    this.#ring = ring
  }

  /** Each turn says anew when it wants the next tick, mostly later: a timer that ends before it is left as it is. */
  set(at: number): void {
    this.#wantedAt = at
    if (this.#timer !== undefined && this.#endsAt <= at) return
    clearTimeout(this.#timer)
    this.#endsAt = at
    const ms = Math.max(0, at - systemClock.monotonic())
    this.#timer = setTimeout(() => this.#ended(), Math.ceil(ms))
  }

  /** Twice is safe. */
  close(): void {
    clearTimeout(this.#timer)
  }

  #ended(): void {
    this.#timer = undefined
    if (systemClock.monotonic() < this.#wantedAt) this.set(this.#wantedAt)
    else this.#ring()
  }
}
