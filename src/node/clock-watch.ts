/** Says once that this machine's clock is not the network's, and again only after it was right in between. */
import { spanText } from './span.ts'

/** Nobody notices less, and machines without internet drift by seconds. */
const WRONG_MS = 120_000
const RIGHT_MS = 60_000

export class ClockWatch {
  #isWrong = false

  /** offsetMs: the network's time minus this machine's. Returns what people should read, if anything. */
  look(offsetMs: number): string | undefined {
    const away = Math.abs(offsetMs)
    if (away < RIGHT_MS) this.#isWrong = false
    if (this.#isWrong || away < WRONG_MS) return undefined
    this.#isWrong = true
    const direction = offsetMs > 0 ? 'behind' : 'ahead of'
    return `This machine's clock is ${spanText(offsetMs)} ${direction} the network's. Messages carry the network's time, so their order is right; set the clock of this machine when you can (lanchat doctor says how).`
  }
}
