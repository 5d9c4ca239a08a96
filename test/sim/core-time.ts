/** Virtual time: what is due happens in order of time, and within one moment in the order it was asked for. */

interface Due {
  readonly at: number
  readonly order: number
  readonly run: () => void
}

const isBefore = (a: Due, b: Due): boolean => a.at < b.at || (a.at === b.at && a.order < b.order)

/** A heap of what is due. */
export class VirtualTime {
  /** ms since the world began. */
  now = 0
  readonly #heap: Due[] = []
  #order = 0

  /** When the next thing is due; undefined: nothing ever is. */
  get nextAt(): number | undefined {
    return this.#heap[0]?.at
  }

  at(at: number, run: () => void): void {
    const heap = this.#heap
    heap.push({ at, order: this.#order++, run })
    for (let child = heap.length - 1; child > 0; ) {
      const parent = (child - 1) >> 1
      if (!isBefore(heap[child]!, heap[parent]!)) return
      this.#swap(child, parent)
      child = parent
    }
  }

  /** Takes the next thing out; time has come to it. */
  next(): (() => void) | undefined {
    const heap = this.#heap
    const top = heap[0]
    const last = heap.pop()
    if (!top || !last) return undefined
    if (top !== last) {
      heap[0] = last
      this.#sink()
    }
    this.now = top.at
    return top.run
  }

  #sink(): void {
    const heap = this.#heap
    for (let parent = 0; ; ) {
      let least = parent
      for (let child = 2 * parent + 1; child <= 2 * parent + 2; child++)
        if (child < heap.length && isBefore(heap[child]!, heap[least]!)) least = child
      if (least === parent) return
      this.#swap(parent, least)
      parent = least
    }
  }

  #swap(a: number, b: number): void {
    const x = this.#heap[a]!
    this.#heap[a] = this.#heap[b]!
    this.#heap[b] = x
  }
}
