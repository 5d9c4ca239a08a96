/** My rooms: in which rooms and talks this person is, and what each is called here. */
import type { PersonKey, RoomId } from '../wire/ids.ts'
import type { People } from './people.ts'
import type { Private } from './private.ts'
import type { RoomView } from './rooms.ts'
import type { Views } from './views.ts'

export interface MyRoomsPorts {
  readonly self: PersonKey
  readonly views: Views
  readonly people: People
  readonly private: Private
}

export class MyRooms {
  readonly #ports: MyRoomsPorts

  constructor(ports: MyRoomsPorts) {
    this.#ports = ports
  }

  isMember(view: RoomView): boolean {
    const { self, views } = this.#ports
    const me = views.personOf(self)
    if (view.type === 'talk') return view.persons!.has(me)
    return view.members.has(me) || view.type === 'general'
  }

  /** The name people know a room by; null for a talk. */
  nameOf(view: RoomView): string | null {
    const { people, private: sealed } = this.#ports
    if (view.type === 'general') return 'general'
    if (view.type === 'talk') return null
    // A deleted room keeps no name: another one may have it.
    if (view.deleted) return sealed.openName(view) ?? view.id.slice(0, 8)
    return people.roomLabel(view.id, sealed.openName(view))
  }

  /** Can it be told what it is called? */
  isNamed(room: RoomId): boolean {
    const view = this.#ports.views.room(room)
    return view?.type !== 'private' || this.#ports.private.openName(view) !== undefined
  }
}
