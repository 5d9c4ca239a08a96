/** The other end of a --json session: asks, and hears the answers and events. What one-shot commands are made of. */
import type { Readable, Writable } from 'node:stream'
import type { Answer, NodeEvent, ReadyEvent } from '../node/index.ts'
import { inputLines } from './input-lines.ts'

/** /history 1000 of the longest texts, escaped. */
const LINE_BYTES_MAX = 64 * 1024 * 1024

export class Remote {
  /** Resolves when the other side has ended. */
  readonly closed: Promise<void>
  /** Resolves when the node is ready; never, where it does not become so. */
  readonly ready: Promise<ReadyEvent>
  readonly #output: Writable
  readonly #listeners = new Set<(event: NodeEvent) => void>()
  readonly #asked = new Map<number, (answer: Answer) => void>()
  #last = 0

  constructor(input: Readable, output: Writable) {
    this.#output = output
    output.on('error', () => {})
    this.ready = new Promise((resolve) => {
      this.on((event) => event.type === 'ready' && resolve(event))
    })
    this.closed = this.#read(input)
  }

  on(listener: (event: NodeEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Resolves with the one answer; never, where the other side ends before: race it with `closed`. */
  ask(
    request:
      | { readonly command: string }
      | { readonly text: string; readonly room?: string; readonly to?: string },
  ): Promise<Answer> {
    this.#last += 1
    const ref = this.#last
    const answer = new Promise<Answer>((resolve) => this.#asked.set(ref, resolve))
    this.#output.write(`${JSON.stringify({ ...request, ref })}\n`)
    return answer
  }

  async #read(input: Readable): Promise<void> {
    try {
      for await (const line of inputLines(input, LINE_BYTES_MAX)) {
        if ('text' in line && line.text !== '') this.#hear(JSON.parse(line.text) as NodeEvent)
      }
    } catch {
      // A broken connection, or one that does not speak our protocol, has ended.
    }
  }

  #hear(event: NodeEvent): void {
    const ref = 'ref' in event && typeof event.ref === 'number' ? event.ref : undefined
    if (ref !== undefined) this.#asked.get(ref)?.(event as Answer)
    if (ref !== undefined) this.#asked.delete(ref)
    for (const listener of this.#listeners) listener(event)
  }
}
