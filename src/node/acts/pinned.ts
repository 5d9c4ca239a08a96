/** What of a room's pins is shown. */
import type { EventId } from '../../wire/ids.ts'
import type { Core } from '../core.ts'
import type { RoomView } from '../rooms.ts'

/** Pinned messages of a room: who pins everything finds nothing. */
export const PINS_MAX = 100

/** Those that are not deleted or hidden since, the latest pin last. */
export const pinsShown = ({ replica }: Core, view: RoomView): readonly EventId[] =>
  view.pins.filter((id) => !replica.isDeleted(id) && !view.hidden.has(id) && !view.erased.has(id))
