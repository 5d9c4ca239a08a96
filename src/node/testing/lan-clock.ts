/**
 * The time of an in-memory LAN. It goes with the real one, but in small steps, and stands still while this process is kept
 * busy: otherwise a busy test machine would make nodes wait out each other's silence before a frame could arrive.
 */
import { systemClock } from '../io/clock.ts'

const BEAT_MS = 10

export class LanClock {
  readonly #onBeat: () => void
  readonly #wallAtStart = systemClock.wall()
  #now = 0
  #realAt = 0
  #beating: NodeJS.Timeout | undefined

  /** onBeat: called each 10 ms at most while the clock goes; between two calls the event loop has run its immediates. */
  constructor(onBeat: () => void) {
    this.#onBeat = onBeat
  }

  /** Monotonic, ms. */
  get now(): number {
    return this.#now + (this.#beating ? Math.min(BEAT_MS, systemClock.monotonic() - this.#realAt) : 0)
  }

  /** ms since 1970. */
  get wall(): number {
    return this.#wallAtStart + this.now
  }

  /** A moment goes by at once: what comes next is later, in whole ms, than what was. */
  skip(): void {
    this.#now += 2
  }

  /** Twice is safe. */
  start(): void {
    if (this.#beating) return
    this.#realAt = systemClock.monotonic()
    this.#beating = setInterval(() => this.#beat(), BEAT_MS)
  }

  /** Twice is safe. */
  stop(): void {
    this.#now = this.now
    clearInterval(this.#beating)
    this.#beating = undefined
  }

  #beat(): void {
    const real = systemClock.monotonic()
    this.#now += Math.min(2 * BEAT_MS, real - this.#realAt)
    this.#realAt = real
    this.#onBeat()
  }
}
