/** Keys of the store (layout in store.ts). Fixed widths, so that order of keys is order of bytes. */
import type { EventId, LaneId, PersonKey, RoomId } from '../wire/ids.ts'

export const time12 = (t: number) => t.toString(16).padStart(12, '0')
export const number8 = (n: number) => n.toString(16).padStart(8, '0')

export const eventKey = (room: RoomId, author: PersonKey, lane: LaneId, n: number) =>
  `e${room}${author}${lane}${number8(n)}`
export const controlKey = (room: RoomId, author: PersonKey, lane: LaneId, n: number) =>
  `c${room}${author}${lane}${number8(n)}`
export const bodyKey = (id: EventId) => `b${id}`
export const tombstoneKey = (id: EventId) => `d${id}`
export const placeKey = (id: EventId) => `i${id}`
/** Of events of this lane up to n, the latest at t. */
export const orderKey = (room: RoomId, t: number, author: PersonKey, lane: LaneId, n: number) =>
  `o${room}${time12(t)}${author}${lane}${number8(n)}`
/** Of one event, in stores written before. */
export const soleOrderKey = (room: RoomId, t: number, author: PersonKey, id: EventId) =>
  `o${room}${time12(t)}${author}${id}`
export const laneKey = (room: RoomId, author: PersonKey, lane: LaneId) => `h${room}${author}${lane}`
export const forkKey = (room: RoomId, author: PersonKey, lane: LaneId) => `f${room}${author}${lane}`
export const factKey = (name: string) => `m${name}`

/** Letter, room, author and lane: of an h or f key; what the disk has damaged may have any length. */
export const LANE_KEY_LENGTH = 113

/** Room, author and lane of an e, c, h or f key, and n of an e or c key. */
export function parseLaneKey(key: string): { room: RoomId; author: PersonKey; lane: LaneId; n: number } {
  return {
    room: key.slice(1, 33) as RoomId,
    author: key.slice(33, 97) as PersonKey,
    lane: key.slice(97, LANE_KEY_LENGTH) as LaneId,
    n: key.length > LANE_KEY_LENGTH ? Number.parseInt(key.slice(LANE_KEY_LENGTH), 16) : 0,
  }
}
