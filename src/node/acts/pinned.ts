/** What of a room's pins is shown. */
import type { EventId } from '../../wire/ids.ts'
import type { Core } from '../core.ts'
import type { RoomView } from '../rooms.ts'
import { isVisible, visibilityOf } from '../timeline.ts'

/** Pinned messages of a room: who pins everything finds nothing. */
export const PINS_MAX = 100

/** Those that may be shown: not deleted, hidden, expired or cut off since; the latest pin last. */
export function pinsShown({ replica }: Core, view: RoomView): readonly EventId[] {
  const by = visibilityOf(replica, view)
  return view.pins.filter((id) => {
    const event = replica.find(id)
    return event?.room === view.id && isVisible(event, by)
  })
}
