/** Turns: the tasks of one conversation one after another, those of different ones side by side. */

/** Tasks that wait in one conversation at most: what comes beyond, while a handler hangs, is dropped. */
export const WAITING_MAX = 1000

export class Turns {
  readonly #waiting = new Map<string, (() => Promise<void>)[]>()
  readonly #running = new Set<Promise<void>>()
  #isClosed = false

  /** Runs a task behind those of the same conversation. False: dropped, too many wait. A task must not reject. */
  add(conversation: string, task: () => Promise<void>): boolean {
    if (this.#isClosed) return false
    const waiting = this.#waiting.get(conversation)
    if (!waiting) {
      this.#waiting.set(conversation, [task])
      const run = this.#run(conversation)
      this.#running.add(run)
      void run.then(() => this.#running.delete(run))
      return true
    }
    if (waiting.length >= WAITING_MAX) return false
    waiting.push(task)
    return true
  }

  async #run(conversation: string): Promise<void> {
    const waiting = this.#waiting.get(conversation) ?? []
    for (let task = waiting.shift(); task; task = waiting.shift()) await task()
    this.#waiting.delete(conversation)
  }

  /** Drops what waits; resolves when what runs has ended. */
  async close(): Promise<void> {
    this.#isClosed = true
    for (const waiting of this.#waiting.values()) waiting.length = 0
    await Promise.all(this.#running)
  }
}
