/**
 * What another device of this person has deleted of what this one wrote (rule RM-24): this one signs that its bodies go, since
 * nobody else can.
 */
import type { Event } from '../../wire/event.ts'
import { NETWORK_ROOM, type RoomId } from '../../wire/ids.ts'
import type { Core } from '../core.ts'

export class Erasures {
  readonly #core: Core
  readonly #changed = new Set<RoomId>()

  constructor(core: Core) {
    this.#core = core
  }

  /** Control events of this room count now that did not, or the reverse. */
  changed(room: RoomId): void {
    const { views } = this.#core
    if (room !== NETWORK_ROOM) this.#changed.add(room)
    else for (const id of views.ids()) this.#changed.add(id)
  }

  tick(): void {
    const { me, self, views, replica } = this.#core
    if (views.network().devices.ever(me).length > 1)
      for (const room of this.#changed) {
        const mine: Event[] = []
        for (const [id, by] of views.room(room)?.erased ?? []) {
          const event = by.has(me) ? replica.find(id) : undefined
          if (event?.author === self && event.room === room && !replica.tombstones.has(id)) mine.push(event)
        }
        if (mine.length > 0) this.#core.deleteOwn(mine, () => {})
      }
    this.#changed.clear()
  }
}
