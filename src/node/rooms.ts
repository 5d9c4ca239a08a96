/**
 * What counts: rooms, members, ranks, bans and their cuts as a pure, timeless function of control events (rule RM-*).
 */
import type { Event } from '../wire/event.ts'
import type { EventId, LaneId, PersonKey, RoomId } from '../wire/ids.ts'
import type { BodyValue } from '../wire/kinds.ts'

/** A control event in a counted prefix. body: null where it does not fit its kind (such an event never counts). */
export interface ControlEvent {
  readonly event: Event
  readonly body: BodyValue | null
  /** salt16 of the body: a made room's id is checked with it. */
  readonly salt: Uint8Array
}

/** What the reducer asks about lanes that it does not hold in its input. Pure look-ups. */
export interface LaneFacts {
  /** Id of the event at n of this lane, where known. */
  idAt(room: RoomId, author: PersonKey, lane: LaneId, n: number): EventId | undefined
  /** The lowest n at which a fork of this lane is proven. */
  forkAt(room: RoomId, author: PersonKey, lane: LaneId): number | undefined
}

export type Rank = 5 | 4 | 3 | 2 | 1

export interface Profile {
  readonly nick: string
  readonly boxKey: Uint8Array
  readonly about: string
}

/** The view of room 0. */
export interface NetworkView {
  readonly profiles: ReadonlyMap<PersonKey, Profile>
  /** Pairs of place ids that are one place. */
  readonly placePairs: readonly (readonly [string, string])[]
  readonly ranks: ReadonlyMap<PersonKey, Rank>
  /** Control events of room 0 that count, by id. */
  readonly counted: ReadonlySet<EventId>
  /** Acts of rank 4 and 5 that bind every room: bans with their cuts over all rooms, and lifts. For reduceRoom. */
  readonly bans: readonly CountedBan[]
}

export interface CountedBan {
  readonly id: EventId
  readonly by: PersonKey
  readonly target: PersonKey
  readonly kick: boolean
  readonly reason: string | Uint8Array
  readonly until: number
  /** Last visible n per "room/lane"; a lane not listed: 0. */
  readonly cut: ReadonlyMap<string, { readonly n: number; readonly id8: string }>
}

export interface RoomView {
  readonly id: RoomId
  readonly type: 'network' | 'general' | 'public' | 'private' | 'talk'
  /** Bytes where sealed; '' for talks. */
  readonly name: string | Uint8Array
  readonly topic: string | Uint8Array
  readonly max: number
  /** The create event; undefined for room 0 and general. */
  readonly createdBy?: PersonKey
  readonly deleted: boolean
  /** Who receives. In general: everybody with a profile. */
  readonly members: ReadonlySet<PersonKey>
  /** Who may write and carry in a private room or talk; undefined: everybody. */
  readonly persons?: ReadonlySet<PersonKey>
  readonly ranks: ReadonlyMap<PersonKey, Rank>
  readonly bans: readonly CountedBan[]
  /** Content hidden by a moderator. */
  readonly hidden: ReadonlySet<EventId>
  /** Control events of this room that count, by id. */
  readonly counted: ReadonlySet<EventId>
  /** Last n of this content lane that may be shown, listed and pulled: Infinity without a cut or fork. */
  contentLimit(author: PersonKey, lane: LaneId): number
}
