/** Virtual time and a virtual network of links with FIFO delivery and delay: the ground of the data simulator. */
import { decodeFrame, encodeFrame } from '../../src/wire/codec.ts'
import type { Frame } from '../../src/wire/frames.ts'
import type { Random } from '../seeded.ts'

type Task = () => void | Promise<void>
interface Timer {
  readonly at: number
  readonly order: number
  readonly task: Task
}

/** Tasks in order of their time, then of their making. */
export class VirtualTime {
  now: number
  #order = 0
  readonly #heap: Timer[] = []

  constructor(now: number) {
    this.now = now
  }

  after(delayMs: number, task: Task): void {
    this.at(this.now + delayMs, task)
  }

  at(time: number, task: Task): void {
    const timer = { at: time, order: this.#order++, task }
    const heap = this.#heap
    let at = heap.push(timer) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!isBefore(timer, heap[parent]!)) break
      heap[at] = heap[parent]!
      at = parent
    }
    heap[at] = timer
  }

  /** Carries out what is due until `end`. */
  async runUntil(end: number): Promise<void> {
    while (this.#heap.length > 0 && this.#heap[0]!.at <= end) await this.#step()
    this.now = Math.max(this.now, end)
  }

  /** Carries out everything; false where it does not come to an end within stepsMax. */
  async runAll(stepsMax: number): Promise<boolean> {
    for (let steps = 0; this.#heap.length > 0; steps++) {
      if (steps > stepsMax) return false
      await this.#step()
    }
    return true
  }

  async #step(): Promise<void> {
    const first = this.#heap[0]!
    const last = this.#heap.pop()!
    if (this.#heap.length > 0) this.#sink(last)
    this.now = Math.max(this.now, first.at)
    const done = first.task()
    if (done) await done
  }

  #sink(timer: Timer): void {
    const heap = this.#heap
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++
      if (!isBefore(heap[child]!, timer)) break
      heap[at] = heap[child]!
      at = child
    }
    heap[at] = timer
  }
}

const isBefore = (a: Timer, b: Timer) => a.at < b.at || (a.at === b.at && a.order < b.order)

/** One end of links. */
export interface Endpoint {
  readonly index: number
  linkUp(link: number, peer: Endpoint): void
  linkDown(link: number): void
  frame(link: number, frame: Frame): void
}

interface Link {
  readonly id: number
  readonly ends: readonly [Endpoint, Endpoint]
  /** When the last frame arrives, per direction. */
  readonly lastAt: [number, number]
}

export class Network {
  readonly #time: VirtualTime
  readonly #random: Random
  readonly #links = new Map<number, Link>()
  readonly #byPair = new Map<string, Link>()
  /** Encode and decode what is sent, as real links do. */
  readonly #codec: boolean
  #next = 1
  #groups = new Map<number, number>()
  /** Ends that handle nothing for now: what arrives waits. */
  readonly #paused = new Map<number, Task[]>()
  /** Called for every frame that arrives. */
  onFrame: (from: number, to: number, frame: Frame) => void = () => {}

  constructor(time: VirtualTime, random: Random, codec: boolean) {
    this.#time = time
    this.#random = random
    this.#codec = codec
  }

  isLinked(a: Endpoint, b: Endpoint): boolean {
    return this.#byPair.has(pairOf(a, b))
  }

  /** Brings a link up, unless there is one or a partition lies between. */
  connect(a: Endpoint, b: Endpoint): void {
    if (a === b || this.isLinked(a, b) || this.#groupOf(a) !== this.#groupOf(b)) return
    const link: Link = { id: this.#next++, ends: [a, b], lastAt: [0, 0] }
    this.#links.set(link.id, link)
    this.#byPair.set(pairOf(a, b), link)
    this.#deliver(link, 0, () => b.linkUp(link.id, a))
    this.#deliver(link, 1, () => a.linkUp(link.id, b))
  }

  /** Cuts a link: what is under way on it is lost. */
  cut(a: Endpoint, b: Endpoint): void {
    const link = this.#byPair.get(pairOf(a, b))
    if (!link) return
    this.#links.delete(link.id)
    this.#byPair.delete(pairOf(a, b))
    for (const end of link.ends) this.#handle(end, () => end.linkDown(link.id))
  }

  /** Cuts all links of one end, at once: its process has died. */
  cutAll(end: Endpoint): void {
    for (const { ends } of [...this.#links.values()]) if (ends.includes(end)) this.cut(...ends)
  }

  /** Ends of different groups cannot reach each other. */
  partition(groups: ReadonlyMap<number, number>): void {
    this.#groups = new Map(groups)
    for (const { ends } of [...this.#links.values()])
      if (this.#groupOf(ends[0]) !== this.#groupOf(ends[1])) this.cut(...ends)
  }

  pause(end: Endpoint): void {
    if (!this.#paused.has(end.index)) this.#paused.set(end.index, [])
  }

  resume(end: Endpoint): void {
    const waiting = this.#paused.get(end.index) ?? []
    this.#paused.delete(end.index)
    for (const task of waiting) this.#time.after(0, task)
  }

  isPaused(end: Endpoint): boolean {
    return this.#paused.has(end.index)
  }

  links(): Iterable<{ readonly id: number; readonly ends: readonly [Endpoint, Endpoint] }> {
    return this.#links.values()
  }

  send(from: Endpoint, id: number, frame: Frame): void {
    const link = this.#links.get(id)
    if (!link) return
    const side = link.ends[0] === from ? 0 : 1
    const to = link.ends[1 - side]!
    const travelled = this.#codec ? throughCodec(frame) : frame
    this.#deliver(link, side, () => {
      this.onFrame(from.index, to.index, travelled)
      to.frame(id, travelled)
    })
  }

  #deliver(link: Link, side: 0 | 1, task: Task): void {
    const at = Math.max(link.lastAt[side], this.#time.now + 0.2 + this.#random() * 20)
    link.lastAt[side] = at
    const end = link.ends[1 - side]!
    this.#time.at(at, () => {
      if (this.#links.get(link.id) === link) this.#handle(end, () => this.#links.has(link.id) && task())
    })
  }

  #handle(end: Endpoint, task: () => unknown): void {
    const run = () => void task()
    const waiting = this.#paused.get(end.index)
    if (waiting) waiting.push(run)
    else run()
  }

  #groupOf(end: Endpoint): number {
    return this.#groups.get(end.index) ?? 0
  }
}

function throughCodec(frame: Frame): Frame {
  const decoded = decodeFrame(encodeFrame(frame))
  if (typeof decoded === 'string') throw new Error(`a frame of ours does not pass: ${frame.type}: ${decoded}`)
  return decoded
}

const pairOf = (a: Endpoint, b: Endpoint) =>
  a.index < b.index ? `${a.index}-${b.index}` : `${b.index}-${a.index}`
