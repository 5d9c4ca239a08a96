/** What is stored room by room, as rows of a table. */
import type { DiskReport } from '../node/index.ts'

/** Of the id of a room whose name is not known here. */
const ID_DIGITS = 8

/** size: how much that is, as it is shown. */
export const storedRooms = (rooms: DiskReport['rooms'], size: (bytes: number) => string | number) =>
  rooms.map(({ room, name, events, bytes }) => ({
    room: name ?? room.slice(0, ID_DIGITS),
    events,
    size: size(bytes),
  }))
