/**
 * The reign this node is under: it follows a hub, is hub itself, or looks for one. What the choice of hub decided last, as
 * all other parts ask for it.
 */
import type { Hub } from '../hub/index.ts'
import type { PersonKey } from '../wire/ids.ts'
import { isAloneAsHub, isAloneFollowing } from './alone.ts'
import type { Choice } from './choice.ts'
import type { Links } from './links.ts'
import type { LinkId } from './sync.ts'

/** since: monotonic ms. */
export type Role =
  | { readonly is: 'seeking' }
  | { readonly is: 'following'; readonly hub: PersonKey; readonly link: LinkId; readonly since: number }
  | { readonly is: 'hub'; readonly since: number }

export class Reign {
  readonly #self: PersonKey
  readonly #links: Links
  #role: Role = { is: 'seeking' }
  #hub: Hub | undefined
  #epoch = 0
  /** Who would follow the hub, line[0] first. */
  line: readonly PersonKey[] = []

  constructor(self: PersonKey, links: Links) {
    this.#self = self
    this.#links = links
  }

  get role(): Role {
    return this.#role
  }

  /** What this node does as hub; undefined: it is none. */
  get hub(): Hub | undefined {
    return this.#hub
  }

  get epoch(): number {
    return this.#epoch
  }

  get isHub(): boolean {
    return this.#role.is === 'hub'
  }

  /** There is no hub, neither another nor this one. */
  get isSeeking(): boolean {
    return this.#role.is === 'seeking'
  }

  /** The link to the hub that is followed; undefined: this node is hub, or has none. */
  get followed(): LinkId | undefined {
    return this.#role.is === 'following' ? this.#role.link : undefined
  }

  /** The hub followed, or this node; undefined: none. */
  get hubKey(): PersonKey | undefined {
    return this.#role.is === 'hub' ? this.#self : this.#role.is === 'following' ? this.#role.hub : undefined
  }

  isFollowed(link: LinkId): boolean {
    return this.#role.is === 'following' && this.#role.link === link
  }

  /** Does this link lead to the hub followed, whichever link of the two it is? */
  isOfHub(link: LinkId): boolean {
    return this.#role.is === 'following' && this.#links.keyOf(link) === this.#role.hub
  }

  isMember(link: LinkId): boolean {
    return this.#hub?.isMember(link) ?? false
  }

  /** Hub and line carry every room. */
  carriesAll(person: PersonKey): boolean {
    return this.line.includes(person) || person === this.hubKey
  }

  /** Can nobody else here confirm what this node writes? now: monotonic ms. */
  isAlone(choice: Choice, now: number): boolean {
    const role = this.#role
    if (role.is === 'following') return isAloneFollowing(choice, role.link)
    return role.is === 'hub' && isAloneAsHub(choice, role.since, (link) => this.isMember(link), now)
  }

  // --- what the choice of hub decides -------------------------------------------------------------------------------

  follow(hub: PersonKey, link: LinkId, epoch: number, now: number): void {
    this.close()
    this.#role = { is: 'following', hub, link, since: now }
    this.#epoch = epoch
  }

  lead(hub: Hub, epoch: number, now: number): void {
    this.#role = { is: 'hub', since: now }
    this.#hub = hub
    this.#epoch = epoch
  }

  /** No hub any more, neither another nor this one. */
  seek(): void {
    this.#role = { is: 'seeking' }
  }

  /** Hub no more. */
  close(): void {
    this.#hub?.close()
    this.#hub = undefined
  }
}
