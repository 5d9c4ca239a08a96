/**
 * A relay (rules RL-*): a node that follows a hub directly carries bytes between that hub and a peer that cannot reach it.
 *
 * It carries sealed bytes and knows nothing of what is in them. One of the two ends is always the hub that it follows, over
 * a link of its own; so nothing goes further than one hop, and nobody is carried to where this node does not go itself.
 *
 *   peer --relay(to hub)--> this node --relay(from peer)--> hub        and back
 */
import type { PersonKey } from '../wire/ids.ts'
import { CIRCUITS_MAX, CIRCUITS_PER_S } from '../wire/limits.ts'
import type { LinkId } from './choice.ts'
import { Pace } from './pace.ts'

/** What a `relay` frame holds: the first bytes of a sealed channel, others, or none: the circuit is closed. */
export type Cargo = 'opening' | 'bytes' | 'end'

/** What this node may carry at the moment. */
export interface RelayStanding {
  /** The open link to the hub that it follows directly, and that hub's key; undefined: nothing new is carried. */
  readonly hub: { readonly link: LinkId; readonly key: PersonKey } | undefined
  /** Who is at the other end of an own open link. */
  readonly peer: (link: LinkId) => PersonKey | undefined
  /** An open link of its own to this key. */
  readonly linkTo: (key: PersonKey) => LinkId | undefined
}

/** Send it on over this link, and say whom it comes from; or tell the sender that there is no circuit; or do nothing. */
export type Carried = End | 'closed' | 'nothing'

/** Where a circuit leaves this node: over this link; frames there name the key at the other end. */
export interface End {
  readonly link: LinkId
  readonly key: PersonKey
}

const nameOf = (link: LinkId, key: PersonKey) => `${link} ${key}`

export class Relay {
  /** By the link a frame comes over and the key it names: where it goes. Each circuit stands here twice. */
  readonly #ways = new Map<string, { readonly from: End; readonly to: End }>()
  readonly #pace = new Pace<LinkId>(CIRCUITS_PER_S)

  /** Circuits that run through this node. */
  get size(): number {
    return this.#ways.size / 2
  }

  /** A `relay` frame that is not for this node itself. now: ms. */
  take(from: LinkId, key: PersonKey, cargo: Cargo, standing: RelayStanding, now: number): Carried {
    const way = this.#ways.get(nameOf(from, key))
    if (way) {
      if (cargo === 'end') this.#close(way.from, way.to)
      return way.to
    }
    if (cargo === 'end') return 'nothing'
    if (cargo === 'bytes') return 'closed'
    const sender = standing.peer(from)
    const to = this.#wayTo(from, key, standing)
    if (sender === undefined || to === undefined) return 'closed'
    if (this.size >= CIRCUITS_MAX || !this.#pace.allows(from, now)) return 'closed'
    const near: End = { link: from, key }
    const far: End = { link: to, key: sender }
    this.#ways.set(nameOf(near.link, near.key), { from: near, to: far })
    this.#ways.set(nameOf(far.link, far.key), { from: far, to: near })
    return far
  }

  /** To the hub for a peer, to a peer for the hub. */
  #wayTo(from: LinkId, key: PersonKey, { hub, linkTo }: RelayStanding): LinkId | undefined {
    if (!hub) return undefined
    if (key === hub.key) return from === hub.link ? undefined : hub.link
    const to = from === hub.link ? linkTo(key) : undefined
    return to === from ? undefined : to
  }

  #close(a: End, b: End): void {
    this.#ways.delete(nameOf(a.link, a.key))
    this.#ways.delete(nameOf(b.link, b.key))
  }

  /** Ends the circuit that leaves over this link for this key; the end that has to be told. */
  end(link: LinkId, key: PersonKey): End | undefined {
    const way = this.#ways.get(nameOf(link, key))
    if (way) this.#close(way.from, way.to)
    return way?.to
  }

  /** A link is gone: its circuits end. Returns the ends that have to be told. */
  linkDown(link: LinkId): End[] {
    this.#pace.forget(link)
    return this.#endWhere(({ from }) => from.link === link).map(({ to }) => to)
  }

  /** This node follows over this link now, or (undefined) is hub: circuits of another hub end. Returns both ends of each. */
  follows(hub: LinkId | undefined): End[] {
    return this.#endWhere(
      ({ from, to }) => hub === undefined || (from.link !== hub && to.link !== hub),
    ).flatMap(({ from, to }) => [from, to])
  }

  #endWhere(isOver: (way: { readonly from: End; readonly to: End }) => boolean) {
    const over = [...this.#ways.values()].filter(isOver)
    const ended: { readonly from: End; readonly to: End }[] = []
    for (const way of over) {
      if (!this.#ways.has(nameOf(way.from.link, way.from.key))) continue
      this.#close(way.from, way.to)
      ended.push(way)
    }
    return ended
  }
}
