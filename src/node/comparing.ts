/**
 * Comparing: when this node compares what it holds with each of its peers (rules SY-*): every half minute, when a peer may
 * carry more than before, and soon after a hub was lost.
 */
import type { PersonKey } from '../wire/ids.ts'
import type { CoreMoment } from './core-io.ts'
import type { Links } from './links.ts'
import type { Replica } from './replica.ts'
import type { LinkId, Sync } from './sync.ts'
import type { Views } from './views.ts'

const COMPARE_EVERY_MS = 30_000
/**
 * Who has lost the hub compares anew with the next one over a link on which both compared before, and at most
 * COMPARE_EVERY_MS ago: after this, and not all at the same time, since just then all write what waited.
 */
const COMPARE_AGAIN_MS = 300
const COMPARE_AGAIN_MS_SPREAD = 900

export interface ComparingPorts {
  readonly links: Links
  readonly replica: Replica
  readonly sync: Sync
  readonly views: Views
}

interface Compared {
  /** Monotonic ms. */
  at: number
  /** Whose device the peer was and whether it was let in, when that was last looked at. */
  admittedAs: string
  /** The replica's revision when the peer was told what is held here, as the link came up. */
  readonly toldRevision: number
}

export class Comparing {
  readonly #ports: ComparingPorts
  readonly #compared = new Map<LinkId, Compared>()

  constructor(ports: ComparingPorts) {
    this.#ports = ports
  }

  /** now: monotonic ms. */
  linkUp(link: LinkId, key: PersonKey, now: number): void {
    const toldRevision = this.#ports.replica.vectors.revision
    this.#compared.set(link, { at: now, admittedAs: this.#admittedAs(key), toldRevision })
  }

  linkDown(link: LinkId): void {
    this.#compared.delete(link)
  }

  now(link: LinkId): void {
    this.#ports.sync.compare(link)
  }

  all(): void {
    for (const link of this.#compared.keys()) this.#ports.sync.compare(link)
  }

  /** It joins this hub. isFirst: on this link; then it may have been told just now what is held here. */
  joined(link: LinkId, isFirst: boolean, moment: CoreMoment): void {
    const isToldAll = this.#compared.get(link)?.toldRevision === this.#ports.replica.vectors.revision
    if (!isFirst || !isToldAll) this.soon(link, moment)
  }

  /** Where the peer has listed what it holds, the comparison can wait for a moment in which there is less to do. */
  soon(link: LinkId, { now, random }: CoreMoment): void {
    const compared = this.#compared.get(link)
    if (!compared) return
    const waitMs = COMPARE_AGAIN_MS + random() * COMPARE_AGAIN_MS_SPREAD
    if (this.#ports.sync.wasCompared(link))
      compared.at = Math.min(compared.at, now + waitMs - COMPARE_EVERY_MS)
    else this.#ports.sync.compare(link)
  }

  /** Time went on. */
  look(link: LinkId, now: number): void {
    const compared = this.#compared.get(link)
    if (!compared || now - compared.at < COMPARE_EVERY_MS || this.#ports.sync.isPulling(link)) return
    compared.at = now
    this.#ports.sync.compare(link)
  }

  /** Who turns out to be somebody's device, or is let in, may carry more: they are told what there is. */
  lookAtPerson(link: LinkId, key: PersonKey): void {
    const compared = this.#compared.get(link)
    if (!compared) return
    const admittedAs = this.#admittedAs(key)
    if (compared.admittedAs !== admittedAs) this.#ports.sync.compare(link)
    compared.admittedAs = admittedAs
  }

  /** Who stands in the line now carries every room, also those it has never heard of. */
  lineChanged(before: readonly PersonKey[], line: readonly PersonKey[], moment: CoreMoment): void {
    for (const [link, { key }] of this.#ports.links.all)
      if (line.includes(key) && !before.includes(key)) this.soon(link, moment)
  }

  #admittedAs(key: PersonKey): string {
    const { devices, door } = this.#ports.views.network()
    return `${devices.personOf(key)} ${door.admission(key)}`
  }
}
