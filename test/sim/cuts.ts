/** Cuts in one event, as issuers write them whose targets have few lanes. */
import { cutParts, type HeldLane, withoutRooms, withRooms } from '../../src/node/rooms.ts'
import type { RoomId } from '../../src/wire/ids.ts'

/** Of a ban, mute or demotion in a room. */
export const cutFor = (room: RoomId, held: readonly HeldLane[]): Uint8Array =>
  cutParts(
    held.filter((lane) => lane.room === room),
    withoutRooms,
  )[0]

/** Of a ban or mute in room 0, or an unlinking. */
export const cutsFor = (held: readonly HeldLane[]): Uint8Array => cutParts(held, withRooms)[0]
