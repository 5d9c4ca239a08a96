/** Outgoing: what goes to a link, whether the shell has it or a peer carries it. */
import { encodeFrame } from '../wire/codec.ts'
import type { Frame } from '../wire/frames.ts'
import type { CoreEffect } from './core-io.ts'
import type { Links } from './links.ts'
import type { Reign } from './reign.ts'
import type { Relaying } from './relaying.ts'
import type { LinkId } from './sync.ts'

export interface OutgoingPorts {
  readonly links: Links
  readonly reign: Reign
  readonly relaying: Pick<Relaying, 'carrierOf' | 'send' | 'refuse'>
  effect(effect: CoreEffect): void
}

export class Outgoing {
  readonly #ports: OutgoingPorts

  constructor(ports: OutgoingPorts) {
    this.#ports = ports
  }

  send(link: LinkId, frame: Frame): void {
    const { relaying, effect } = this.#ports
    if (relaying.carrierOf(link) !== undefined) relaying.send(link, frame)
    else effect({ do: 'send', links: [link], frame })
  }

  /** To the hub that is followed. False where there is none, since this node is hub or seeks one. */
  toHub(frame: Frame): boolean {
    const link = this.#ports.reign.followed
    if (link !== undefined) this.send(link, frame)
    return link !== undefined
  }

  /** One frame for many: encoded once for those that a peer carries, and by the shell for the others. */
  sendShared(links: readonly LinkId[], frame: Frame): void {
    const { relaying, effect } = this.#ports
    const carried = links.filter((link) => relaying.carrierOf(link) !== undefined)
    if (carried.length > 0) {
      const encoded = encodeFrame(frame)
      for (const link of carried) relaying.send(link, frame, encoded)
    }
    const own = carried.length > 0 ? links.filter((link) => !carried.includes(link)) : links
    if (own.length > 0) effect({ do: 'send', links: own, frame })
  }

  /** Ends a link with a refusal; linkDown follows. */
  refuse(link: LinkId, code: string, detail: string): void {
    const { relaying, effect } = this.#ports
    if (relaying.carrierOf(link) !== undefined) relaying.refuse(link, code, detail)
    else effect({ do: 'refuse', link, code, detail })
  }

  /** The peer sent what it must not. */
  fault(link: LinkId, why: string): void {
    const key = this.#ports.links.keyOf(link)
    if (key) this.#ports.effect({ do: 'fault', link, key, why })
  }
}
