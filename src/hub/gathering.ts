/**
 * Gathering: who becomes hub because another one died finds everybody joining and writing at the same moment, and each
 * thing told to all at once would cost all of them as many turns as there are of them, while the words "stored" that
 * their authors wait for queue behind. So in the first second of such a reign what is told to all is gathered until all
 * who are expected are there, nobody is owed an acknowledgement, and nothing has come for a moment; not for longer than
 * a part of a second. Acknowledgements and answers to one member never wait. Pure: time is an input.
 */

/** For so long after the loss of the former hub. */
const GATHERS_FOR_MS = 1000
/** Nothing has come for so long: what all do at this moment is over. */
const QUIET_MS = 5
/** At most, for each node at hand, and in all: somebody may never come. Among five nodes that is 40 ms. */
const GATHER_MS_PER_LINK = 10
const GATHER_MS_MAX = 250

export class Gathering<Node> {
  readonly #endsAt: number
  readonly #ms: number
  readonly #expected: Set<Node>
  /** What is gathered leaves at this time at the latest. */
  #latestAt: number | undefined
  #cameAt: number

  /** expected: the nodes at hand when this one became hub; nobody: nothing is gathered. now: monotonic ms. */
  constructor(expected: Iterable<Node>, now: number) {
    this.#expected = new Set(expected)
    this.#ms = Math.min(GATHER_MS_MAX, GATHER_MS_PER_LINK * this.#expected.size)
    this.#endsAt = this.#expected.size > 0 ? now + GATHERS_FOR_MS : now
    this.#cameAt = now
  }

  /** This node is a member again. True where it was expected. */
  joined(node: Node, now: number): boolean {
    this.came(now)
    return this.#expected.delete(node)
  }

  /** Is somebody expected still? */
  isExpecting(now: number): boolean {
    return now < this.#endsAt && this.#expected.size > 0
  }

  /** A member has sent something for many. */
  came(now: number): void {
    this.#cameAt = now
  }

  /** Something is there to be told: may it leave now? isOwing: somebody waits for an acknowledgement. */
  isDue(now: number, isOwing: boolean): boolean {
    if (now < this.#endsAt) {
      this.#latestAt ??= now + this.#ms
      if (now < this.dueAt(isOwing)!) return false
    }
    this.#latestAt = undefined
    return true
  }

  /** When what is gathered leaves if nothing happens until then, monotonic ms; undefined: nothing is. */
  dueAt(isOwing: boolean): number | undefined {
    if (this.#latestAt === undefined || isOwing || this.#expected.size > 0) return this.#latestAt
    return Math.min(this.#latestAt, this.#cameAt + QUIET_MS)
  }

  /** Is this the time in which things are gathered? */
  holds(now: number): boolean {
    return now < this.#endsAt
  }
}
