/** One sender of the load: what it has under way and when each text went. */
import { performance } from 'node:perf_hooks'
import type { Sender } from '../peers/peer.ts'
import { MARK } from './sample.ts'

const TEXT_BYTES = 100

export class Author {
  readonly #sender: Sender
  readonly #id: string
  readonly #sentAt = new Map<number, number>()
  #number = 0
  #confirmed = 0
  underWay = 0

  constructor(sender: Sender, number: number) {
    this.#sender = sender
    this.#id = authorId(number)
  }

  /** Of each time that it wrote: from the moment in its texts to when they were in its socket's hands, ms. */
  readonly writingMs: number[] = []

  /** mark3 author4 number9 sentAt12 (microseconds), then filler. */
  publish(count: number): void {
    if (count <= 0) return
    const now = performance.now()
    const stamp = Math.round(now * 1000)
      .toString()
      .padStart(12, '0')
    const texts: Buffer[] = []
    for (let k = 0; k < count; k++) {
      const number = this.#number++
      this.#sentAt.set(number, now)
      const head = `${MARK}${this.#id}${number.toString().padStart(9, '0')}${stamp}`
      texts.push(Buffer.from(head.padEnd(TEXT_BYTES, '.')))
    }
    this.underWay += count
    this.#sender.publish(texts)
    this.writingMs.push(performance.now() - now)
  }

  /** Confirmed in the order of publishing. Returns how long ago each of them went, ms. */
  done(count: number): number[] {
    const now = performance.now()
    const took: number[] = []
    for (let k = 0; k < count; k++) {
      const number = this.#confirmed++
      took.push(now - (this.#sentAt.get(number) ?? now))
      this.#sentAt.delete(number)
    }
    this.underWay -= count
    return took
  }
}

export const authorId = (number: number): string => number.toString(36).padStart(4, '0')
