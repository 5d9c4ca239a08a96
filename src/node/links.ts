/** Links: which are up, and who is at the other end of each. Those that a peer carries are links like any other. */
import type { Host } from '../hub/index.ts'
import type { FrameOf } from '../wire/frames.ts'
import type { PersonKey } from '../wire/ids.ts'
import type { LinkId } from './sync.ts'

/** A roster, credit and a list of digests go to one link at most once in this time. */
const JOIN_EVERY_MS = 250

/** What is known of the other end since the link came up. */
interface Reached {
  readonly key: PersonKey
  readonly visitor: boolean
  readonly address: string
  /** The machine that it comes from, or who carries it. */
  readonly host: Host
  /** The way in that it began with, by its tag. */
  readonly way: string | undefined
}

export interface Linked extends Reached {
  /** What it said of itself last: told to members when it joins. */
  mode?: FrameOf<'mode'>
  /** When it last joined this hub and was answered in full, and whether it has joined again since. */
  joinedAt: number
  joinsAgain: boolean
}

export class Links {
  readonly #up = new Map<LinkId, Linked>()

  /** In the order in which they came up. */
  get all(): ReadonlyMap<LinkId, Linked> {
    return this.#up
  }

  ids(): LinkId[] {
    return [...this.#up.keys()]
  }

  /** To nodes that stay: visitors left out. */
  *ofStaying(): Iterable<readonly [LinkId, PersonKey]> {
    for (const [link, { key, visitor }] of this.#up) if (!visitor) yield [link, key]
  }

  get(link: LinkId): Linked | undefined {
    return this.#up.get(link)
  }

  has(link: LinkId): boolean {
    return this.#up.has(link)
  }

  keyOf(link: LinkId): PersonKey | undefined {
    return this.#up.get(link)?.key
  }

  up(link: LinkId, { key, visitor, address, host, way }: Reached): void {
    this.#up.set(link, {
      key,
      visitor,
      address,
      host,
      way,
      joinedAt: Number.NEGATIVE_INFINITY,
      joinsAgain: false,
    })
  }

  down(link: LinkId): void {
    this.#up.delete(link)
  }

  /**
   * It joins this hub: is it to be answered in full now? Joining again on one link is answered so too, but not at the pace
   * of whoever asks: the rest waits for a tick. isMember: it has joined before. now: monotonic ms.
   */
  takesJoin(linked: Linked, isMember: boolean, now: number): boolean {
    linked.joinsAgain = isMember && now - linked.joinedAt < JOIN_EVERY_MS
    if (!linked.joinsAgain) linked.joinedAt = now
    return !linked.joinsAgain
  }
}
