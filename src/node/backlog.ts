/** A bounded backlog between something that tells and a `for await` that may lag behind. */

export interface BacklogOptions {
  /** Items that wait at most. Default 1,000: minutes of a busy room. */
  readonly max?: number | undefined
  /** Which item goes when it is full: the oldest (default), or the newcomer. */
  readonly drop?: 'oldest' | 'newest' | undefined
  /** Ends the iteration when it aborts; what waits is dropped. */
  readonly signal?: AbortSignal | undefined
}

/** What `for await` reads, with what it lost. */
export interface BacklogReader<T> extends AsyncIterableIterator<T> {
  /** Items that were dropped so far because the reader lagged behind. */
  readonly dropped: number
}

/** Yields items in order of arrival, those included that came before the first `next`. One reader at a time. */
export class Backlog<T> implements BacklogReader<T> {
  readonly #max: number
  readonly #drop: 'oldest' | 'newest'
  readonly #signal: AbortSignal | undefined
  readonly #onEnd: () => void
  #items: T[] = []
  #dropped = 0
  #isEnded = false
  #wake: () => void = () => {}
  readonly #abort = () => this.#end()

  /** onEnd: called once, when nobody will read any more. */
  constructor(options: BacklogOptions, onEnd: () => void) {
    this.#max = Math.max(1, options.max ?? 1000)
    this.#drop = options.drop ?? 'oldest'
    this.#signal = options.signal
    this.#onEnd = onEnd
    if (options.signal?.aborted) this.#end()
    else options.signal?.addEventListener('abort', this.#abort, { once: true })
  }

  /** Items that were dropped because the reader lagged behind. */
  get dropped(): number {
    return this.#dropped
  }

  /** Nothing more is taken in. */
  get isEnded(): boolean {
    return this.#isEnded
  }

  push(item: T): void {
    if (this.#isEnded) return
    if (this.#items.length >= this.#max) {
      this.#dropped++
      if (this.#drop === 'newest') return
      this.#items.shift()
    }
    this.#items.push(item)
    this.#wake()
  }

  /** Nothing more will come: what waits is still yielded. */
  finish(): void {
    if (this.#isEnded) return
    this.#close()
    this.#wake()
  }

  async next(): Promise<IteratorResult<T, undefined>> {
    while (this.#items.length === 0) {
      if (this.#isEnded) return { done: true, value: undefined }
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    return { done: false, value: this.#items.shift()! }
  }

  async return(): Promise<IteratorResult<T, undefined>> {
    this.#end()
    return { done: true, value: undefined }
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  #end(): void {
    this.#items = []
    this.finish()
  }

  #close(): void {
    this.#isEnded = true
    this.#signal?.removeEventListener('abort', this.#abort)
    this.#onEnd()
  }
}

/** The backlogs of one source that may end. */
export class Backlogs<T> {
  /** What each of them wants. */
  readonly #open = new Map<Backlog<T>, (item: T) => boolean>()
  #isFinished = false

  /** onEnd: as of a Backlog. */
  open(
    options: BacklogOptions,
    wants: (item: T) => boolean = () => true,
    onEnd: () => void = () => {},
  ): Backlog<T> {
    // Of a signal that has aborted before, the end is told while it is being made.
    let made: Backlog<T> | undefined
    const backlog = new Backlog<T>(options, () => {
      if (made) this.#open.delete(made)
      onEnd()
    })
    made = backlog
    if (this.#isFinished) backlog.finish()
    else if (!backlog.isEnded) this.#open.set(backlog, wants)
    return backlog
  }

  push(item: T): void {
    for (const [backlog, wants] of [...this.#open]) if (wants(item)) backlog.push(item)
  }

  /** Nothing more will come: what waits is still yielded, and those opened later are empty. */
  finish(): void {
    this.#isFinished = true
    for (const backlog of [...this.#open.keys()]) backlog.finish()
  }
}
