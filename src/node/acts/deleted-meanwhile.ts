/**
 * Rooms deleted meanwhile: who was away when a room of theirs was deleted is told so when they are back, once. Of what happened
 * before a process started nothing else is news; but a room that is simply not there any more would be a riddle.
 */
import type { Event } from '../../wire/event.ts'
import type { RoomId } from '../../wire/ids.ts'
import { kindNumber } from '../../wire/kinds.ts'
import type { RoomView } from '../rooms.ts'

const DELETE = kindNumber('delete')

export interface MeanwhilePorts {
  rooms(): Iterable<RoomId>
  view(room: RoomId): RoomView | undefined
  isMember(view: RoomView): boolean
  tell(event: Event): void
}

export class DeletedMeanwhile {
  readonly #ports: MeanwhilePorts
  /** Rooms in which this person was when the process started, by its store. */
  readonly #known = new Set<RoomId>()
  #waiting: Event[] = []

  constructor(ports: MeanwhilePorts) {
    this.#ports = ports
  }

  /** The store was read. */
  loaded(): void {
    for (const room of this.#ports.rooms()) {
      const view = this.#ports.view(room)
      if (view?.createdBy && !view.deleted && view.type !== 'talk' && this.#ports.isMember(view))
        this.#known.add(room)
    }
  }

  /** A control event of another device counts. isTold: people hear of it as it comes. */
  heard(event: Event, isTold: boolean): void {
    if (event.kind !== DELETE || !this.#known.has(event.room) || !this.#ports.view(event.room)?.deleted)
      return
    this.#known.delete(event.room)
    if (!isTold) this.#waiting.push(event)
  }

  /** This node is ready. */
  ready(): void {
    for (const event of this.#waiting.splice(0))
      if (this.#ports.view(event.room)?.deleted) this.#ports.tell(event)
  }
}
