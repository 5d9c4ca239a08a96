/** The log of a room: what was done to it and in it, by whom, why, and what of it holds now. */

import { type EventId, NETWORK_ROOM } from '../../wire/ids.ts'
import type { Core } from '../core.ts'
import type { LogEntry } from '../events.ts'
import { ACT_KINDS, type ControlEvent, displayOrder, type Fate, fatesOf, type RoomView } from '../rooms.ts'
import { actOf, isNoAct } from './act-told.ts'
import type { Answers, Asked } from './answers.ts'
import type { Finding } from './finding.ts'

const ENTRIES_MAX = 1000

export class Log {
  readonly #core: Core
  readonly #answers: Answers
  readonly #finding: Finding

  constructor(core: Core, answers: Answers, finding: Finding) {
    this.#core = core
    this.#answers = answers
    this.#finding = finding
  }

  /** The last `count` acts, oldest first. */
  show(asked: Asked, room: string, count: number): void {
    const isThere = this.#finding.rooms(room).length > 0
    const view = (isThere ? undefined : this.#deleted(room)) ?? this.#finding.memberRoom(asked, room)
    if (!view) return
    this.#answer(asked, view, count)
  }

  /** Of the rooms of this name that were deleted, and that this person was in, the one deleted last. */
  #deleted(name: string): RoomView | undefined {
    const { views } = this.#core
    let last: { readonly view: RoomView; readonly end: ControlEvent } | undefined
    for (const id of views.ids()) {
      const view = views.room(id)
      if (!view?.deleted || !this.#core.isMember(view) || this.#core.roomName(view) !== name) continue
      for (const end of views.controls(id))
        if (end.body?.kind === 'delete' && (!last || displayOrder(last.end, end) < 0)) last = { view, end }
    }
    return last?.view
  }

  #answer(asked: Asked, view: RoomView, count: number): void {
    const acts = [...this.#core.views.controls(view.id)]
      .filter(({ body }) => body && !isNoAct(body) && (ACT_KINDS.has(body.kind) || body.kind === 'create'))
      .sort(displayOrder)
    const fates = fatesOf(view, acts)
    const shown = acts.slice(-Math.max(1, Math.min(ENTRIES_MAX, count)))
    this.#answers.result(
      asked,
      shown.map((act) => this.#entry(view, act, fates.get(act.event.id))),
    )
  }

  /** The last `count` acts in room 0: what owner and admins did to the network. */
  showNetwork(asked: Asked, count: number): void {
    const view = this.#core.views.room(NETWORK_ROOM)
    if (!view || this.#core.options.owner === undefined) return this.#answers.refuse(asked, 'NOT_OWNED')
    this.#answer(asked, view, count)
  }

  #entry(view: RoomView, { event, body, salt }: ControlEvent, fate: Fate = 'void'): LogEntry {
    const { people } = this.#core
    const { type: _, ...told } = actOf(this.#core, view, event, body!, salt)
    return {
      id: event.id,
      ts: event.at,
      ...told,
      by: people.labelled(event.author),
      holds: fate === 'holds',
      ...(fate === 'void' && { void: true as const }),
      ...(typeof fate === 'object' && this.#end(view, fate.ended)),
    }
  }

  #end(view: RoomView, id: EventId): Pick<LogEntry, 'ended'> {
    const { people, views } = this.#core
    const end = views.control(view.id, id) ?? views.control(NETWORK_ROOM, id)
    return end ? { ended: { ts: end.event.at, by: people.labelled(end.event.author) } } : {}
  }
}
