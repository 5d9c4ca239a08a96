/** What people are told of the hub: which one it is, that there is another one or none, that one kept something back. */
import type { PersonKey } from '../wire/ids.ts'
import { type Choice, viewOf } from './choice.ts'
import type { HubInfo, LinkInfo, NodeEvent } from './events.ts'
import type { Links } from './links.ts'
import type { People } from './people.ts'
import type { Reign } from './reign.ts'
import type { LinkId } from './sync.ts'

/** How long the word of a hub waits for its name: its profile comes with what is pulled from it. */
const NAME_MS = 1000

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
  /** Monotonic ms. */
  now(): number
  tell(event: NodeEvent): void
}

export class HubTold {
  readonly #ports: HubToldPorts
  #last: string | undefined
  #isOffline = false
  /** Its name is not known yet; until when the word waits for that. wasOffline: what people know is that there is none. */
  #unnamed: { readonly until: number; readonly wasOffline: boolean } | undefined

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
    const { people, reign, now, tell } = this.#ports
    const hub = this.info()!
    const wasOffline = this.#isOffline || this.#unnamed?.wasOffline === true
    const isNew = this.#last !== this.#nameOf(hub) || wasOffline
    this.#last = this.#nameOf(hub)
    this.#isOffline = false
    if (!isReady || !isNew) return
    const isNamed = hub.self || people.isNamed(hub.id as PersonKey)
    this.#unnamed = isNamed ? undefined : { until: this.#unnamed?.until ?? now() + NAME_MS, wasOffline }
    if (isNamed) tell({ type: 'hub', hub, epoch: reign.epoch })
  }

  /** The word of a hub waits for its name. */
  get isWaiting(): boolean {
    return this.#unnamed !== undefined
  }

  /** Profiles or time went on. */
  tick(): void {
    const { people, reign, now, tell } = this.#ports
    const hub = this.info()
    if (!this.#unnamed || !hub) return
    if (now() < this.#unnamed.until && !people.isNamed(hub.id as PersonKey)) return
    this.#unnamed = undefined
    tell({ type: 'hub', hub, epoch: reign.epoch })
  }

  /** There is none. isReady: people are told, once. */
  lost(reason: string, isReady: boolean): void {
    if (this.#isOffline || !isReady) return
    const wasOffline = this.#unnamed?.wasOffline === true
    this.#unnamed = undefined
    this.#isOffline = true
    if (!wasOffline) this.#ports.tell({ type: 'offline', reason })
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
