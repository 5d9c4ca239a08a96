/** What people are told of the hub: which one it is, that there is another one or none, that one kept something back. */
import type { PersonKey } from '../wire/ids.ts'
import { type Choice, viewOf } from './choice.ts'
import type { HubInfo, LinkInfo, NodeEvent } from './events.ts'
import type { Links } from './links.ts'
import type { People } from './people.ts'
import type { Reign } from './reign.ts'
import type { LinkId } from './sync.ts'

export interface HubToldPorts {
  readonly self: PersonKey
  readonly people: People
  readonly choice: Choice
  readonly links: Links
  readonly reign: Reign
  /** Where this node accepts links. */
  url(): string
  /** What has gone over a link so far, where that is counted. */
  traffic?(link: LinkId): Pick<LinkInfo, 'bytesIn' | 'bytesOut' | 'framesIn'> | undefined
  tell(event: NodeEvent): void
}

export class HubTold {
  readonly #ports: HubToldPorts
  #last: string | undefined
  #isOffline = false

  constructor(ports: HubToldPorts) {
    this.#ports = ports
  }

  /** People were told that there is no hub. */
  get isOffline(): boolean {
    return this.#isOffline
  }

  info(): HubInfo | undefined {
    const { self, people, choice, links, reign, url } = this.#ports
    const { role } = reign
    if (role.is === 'hub') return { ...people.who(self), url: url(), self: true }
    if (role.is !== 'following') return undefined
    const { hubAddress, via } = viewOf(choice)
    const address = links.get(role.link)?.address || hubAddress
    return {
      ...people.labelled(role.hub),
      url: `wss://${address}/lanchat/1`,
      self: false,
      ...(via && { via: people.who(via) }),
    }
  }

  /** The links that are up, for `status`. */
  *linksUp(): Iterable<LinkInfo> {
    const { people, links, reign, traffic } = this.#ports
    for (const [link, { key, visitor, address }] of links.all) {
      const isMember = reign.isMember(link) || reign.isFollowed(link)
      yield {
        ...people.who(key),
        ...(address !== '' && { address }),
        ...(visitor && { visitor }),
        ...(isMember && { member: true as const }),
        ...traffic?.(link),
      }
    }
  }

  /** People hear of this one with the word that this node is ready. */
  begins(hub: HubInfo): void {
    this.#last = this.#nameOf(hub)
  }

  /** There is a hub. isReady: people are told where it is another one, or there was none. */
  found(isReady: boolean): void {
    const { reign, tell } = this.#ports
    const hub = this.info()!
    const isNew = this.#last !== this.#nameOf(hub) || this.#isOffline
    this.#last = this.#nameOf(hub)
    this.#isOffline = false
    if (isReady && isNew) tell({ type: 'hub', hub, epoch: reign.epoch })
  }

  /** There is none. isReady: people are told, once. */
  lost(reason: string, isReady: boolean): void {
    if (this.#isOffline || !isReady) return
    this.#isOffline = true
    this.#ports.tell({ type: 'offline', reason })
  }

  /** It has provably withheld something, again and again: the next one is followed. */
  avoided(hub: PersonKey): void {
    const { people, tell } = this.#ports
    const name = people.labelled(hub).label ?? people.who(hub).name
    const text = `The hub (${name}) kept messages back, again and again. Nothing is lost: they came another way. This lanchat follows another hub for half an hour.`
    tell({ type: 'system', event: 'warning', room: null, user: people.who(hub), text })
  }

  /** Another reign of the same one, or the same through somebody else, is told as another one. */
  #nameOf(hub: HubInfo): string {
    return `${hub.id}/${this.#ports.reign.epoch}/${hub.via?.id ?? ''}`
  }
}
