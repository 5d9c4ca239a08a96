/**
 * Carriage: of which rooms this node carries the content, and which of its peers do. Whoever carries a room from now on
 * needs what others hold of it: it asks them, and they tell it.
 */
import { type Event, isControlLane } from '../wire/event.ts'
import { NETWORK_ROOM, type PersonKey, type RoomId } from '../wire/ids.ts'
import type { Links } from './links.ts'
import type { LinkId, Sync } from './sync.ts'
import type { Views } from './views.ts'

export interface CarriagePorts {
  readonly self: PersonKey
  readonly links: Links
  readonly sync: Sync
  readonly views: Views
}

export class Carriage {
  readonly #ports: CarriagePorts
  /** Rooms whose content this node carries, and since when: monotonic ms. */
  readonly #mine = new Map<RoomId, number>()
  /** Rooms whose content a peer was seen to carry. */
  readonly #theirs = new Map<LinkId, Set<RoomId>>()

  constructor(ports: CarriagePorts) {
    this.#ports = ports
  }

  linkDown(link: LinkId): void {
    this.#theirs.delete(link)
  }

  /** Rooms whose content I carry from now on are asked for on every link. only: what else counts has not changed. */
  noteMine(now: number, only?: RoomId): void {
    const { self, sync, views } = this.#ports
    for (const room of only === undefined || only === NETWORK_ROOM ? views.ids() : [only]) {
      const isMine = room !== NETWORK_ROOM && views.carries(self, room, 1, false)
      if (isMine === this.#mine.has(room)) continue
      if (!isMine) this.#mine.delete(room)
      else {
        this.#mine.set(room, now)
        sync.ask(room)
      }
    }
  }

  /** Peers that may carry this room's content from now on are told what is here: their own ask may have come too early. */
  noteTheirs(room: RoomId): void {
    const { links, sync, views } = this.#ports
    for (const [link, { key }] of links.all) {
      const rooms = this.#theirs.get(link)
      const isTheirs = views.carries(key, room, 1, false)
      if (isTheirs === (rooms?.has(room) ?? false)) continue
      if (!isTheirs) rooms?.delete(room)
      else {
        if (rooms) rooms.add(room)
        else this.#theirs.set(link, new Set([room]))
        sync.compare(link, [room])
      }
    }
  }

  /** Since when this node has carried the class of this lane in this room; undefined: it is not sure whether it does. */
  since(room: RoomId, lane: Event['lane']): number | undefined {
    if (room === NETWORK_ROOM) return 0
    const view = this.#ports.views.room(room)
    if (!view || view.deleted) return undefined
    const isEverybodys = view.type === 'general' || (isControlLane(lane) && !view.persons)
    return isEverybodys ? 0 : this.#mine.get(room)
  }
}
