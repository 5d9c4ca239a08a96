/**
 * Room changes: what follows where what counts in a room may have changed: who carries it and is dialled, what of it is told,
 * whether this person is in it and what they wrote there counts.
 */
import type { Event } from '../wire/event.ts'
import { NETWORK_ROOM, type RoomId } from '../wire/ids.ts'
import type { Acts } from './acts.ts'
import type { Admissions } from './admissions.ts'
import type { Carriage } from './carriage.ts'
import type { ChoiceEvent } from './choice.ts'
import type { Comparing } from './comparing.ts'
import type { Display } from './display.ts'
import type { Doors } from './doors.ts'
import type { LinkLife } from './link-life.ts'
import type { Links } from './links.ts'
import type { Online } from './online.ts'
import type { Openings } from './openings.ts'
import type { Outbox } from './outbox.ts'
import type { People } from './people.ts'
import type { PlaceKeeper } from './place-keeper.ts'
import type { RoomView } from './rooms.ts'
import type { SearchIndex } from './search/search-index.ts'
import type { Turn } from './turn.ts'
import type { Views } from './views.ts'

export interface RoomChangesPorts {
  readonly turn: Turn
  readonly views: Views
  readonly search: SearchIndex
  readonly people: People
  readonly display: Display
  readonly doors: Doors | undefined
  readonly placeKeeper: PlaceKeeper
  readonly admissions: Admissions
  readonly online: Online
  readonly openings: Openings
  readonly outbox: Outbox
  readonly links: Links
  readonly linkLife: LinkLife
  readonly comparing: Comparing
  readonly carriage: Carriage
  readonly acts: Pick<Acts, 'roomChanged'>
  /** Has this process begun to tell people what goes on? */
  isReady(): boolean
  isMember(view: RoomView): boolean
  /** Would content that this person writes in the room not count? */
  isDenied(room: RoomId): boolean
  choose(event: ChoiceEvent): void
}

export class RoomChanges {
  readonly #ports: RoomChangesPorts

  constructor(ports: RoomChangesPorts) {
    this.#ports = ports
  }

  /** just: as Views.changed has it. */
  changed(room: RoomId, just?: readonly Event[]): void {
    const { turn, views, search, people, display, acts, carriage } = this.#ports
    views.changed(room, just)
    search.roomChanged(room)
    if (room === NETWORK_ROOM) this.#networkChanged()
    else {
      const view = views.room(room)
      if (view?.deleted) people.forgetRoom(view)
      display.changed(room)
    }
    acts.roomChanged(room)
    carriage.noteMine(turn.moment.now, room)
    carriage.noteTheirs(room)
    this.noteMine(room)
  }

  #networkChanged(): void {
    const { turn, views, placeKeeper, doors, admissions, online, display, choose } = this.#ports
    placeKeeper.aliases(views.network().placePairs)
    doors?.look()
    turn.areCodesDue = true
    admissions.changed()
    choose({ in: 'barsChanged' })
    this.#lookAtPeers()
    online.look(turn.moment.now)
    display.changedAll()
  }

  #lookAtPeers(): void {
    const { links, comparing, linkLife } = this.#ports
    for (const [link, { key, way }] of links.all) {
      comparing.lookAtPerson(link, key)
      linkLife.lookAtWay(link, key, way)
    }
  }

  /** Whether this person is in the room, or in any, and whether what they write there counts, may have changed. */
  noteMine(only: RoomId): void {
    const { turn, views, outbox, openings, isReady, isMember, isDenied } = this.#ports
    const { now } = turn.moment
    for (const room of only === NETWORK_ROOM ? views.ids() : [only]) {
      const view = room === NETWORK_ROOM ? undefined : views.room(room)
      if (!view) continue
      outbox.withdraw(room, isDenied(room))
      openings.note(room, !view.deleted && isMember(view), isReady(), now)
    }
    openings.look(now)
  }
}
