/** What the reducers take and give: control events and look-ups in, the views of room 0 and of one room out. */
import type { Event } from '../../wire/event.ts'
import type { EventId, LaneId, PersonKey, RoomId } from '../../wire/ids.ts'
import type { BodyValue } from '../../wire/kinds.ts'
import type { Codes } from './codes.ts'
import type { Cut } from './cuts.ts'
import type { Devices } from './devices.ts'
import type { Door } from './door.ts'
import type { Erased } from './erased.ts'

/** A control event in a counted prefix. body: null where it does not fit its kind (such an event never counts). */
export interface ControlEvent {
  readonly event: Event
  readonly body: BodyValue | null
  /** salt16 of the body: a made room's id is checked with it. */
  readonly salt: Uint8Array
}

/** A control event and whose word it is: the person of the key that signed it. */
export interface Said extends ControlEvent {
  readonly by: PersonKey
}

/** What the reducer asks about lanes that it does not hold in its input. Pure look-ups. */
export interface LaneFacts {
  /** Id of the event at n of this lane, where known. */
  idAt(room: RoomId, author: PersonKey, lane: LaneId, n: number): EventId | undefined
  /** The lowest n at which a fork of this lane is proven. */
  forkAt(room: RoomId, author: PersonKey, lane: LaneId): number | undefined
}

/** 5 network owner, 4 admin, 3 creator of the room, 2 moderator, 1 everybody else. */
export type Rank = 5 | 4 | 3 | 2 | 1

export interface Profile {
  readonly nick: string
  readonly boxKey: Uint8Array
  readonly about: string
}

/** How a person looks. */
export interface Look {
  /** 3 bytes. */
  readonly colour?: Uint8Array
  /** The event that holds the picture. */
  readonly picture?: EventId
}

/** The view of room 0. */
export interface NetworkView {
  /** In the order of the first that each said. revision: another one where there are others, or in another order. */
  readonly profiles: ReadonlyMap<PersonKey, Profile> & { readonly revision: number }
  readonly looks: ReadonlyMap<PersonKey, Look>
  /** Pairs of place ids that are one place. Empty in a network with an owner. */
  readonly placePairs: readonly (readonly [string, string])[]
  /** Ranks above 1, demotions applied. */
  readonly ranks: ReadonlyMap<PersonKey, Rank>
  /** Ranks above 1 that were ever validly given, demoted since or not: at which level a person's acts are weighed. */
  readonly actRanks: ReadonlyMap<PersonKey, Rank>
  /** Control events of room 0 that count, by id. */
  readonly counted: ReadonlySet<EventId>
  /** As RoomView has it. */
  readonly ended: ReadonlyMap<EventId, EventId>
  /** Acts of rank 4 and 5 that bind every room: bans with their cuts over all rooms. For reduceRoom. */
  readonly bans: readonly CountedBan[]
  /** Demotions of rank 4 and 5 that bind every room. For reduceRoom. */
  readonly demotions: readonly CountedDemotion[]
  /** Mutes of rank 4 and 5 that bind every room. For reduceRoom. */
  readonly mutes: readonly CountedMute[]
  /** What acts of rank 4 and 5 in room 0 lift, here or in any room. For reduceRoom. */
  readonly lifts: readonly Lift[]
  /** The latest profile of each key, whoever's device it is. */
  readonly ownProfiles: ReadonlyMap<PersonKey, Profile>
  /** Whose keys are whose. */
  readonly devices: Devices
  /** Which code is in force, and who has it. */
  readonly codes: Codes
  /** Who is let in. Without an owner: everybody. */
  readonly door: Door
  /** Whose network it is, where it is somebody's. */
  readonly owner?: PersonKey
}

/** A ban or demotion that counts: its author's rank binds lower ones, its cut ends the target's lanes. */
export interface Binding {
  readonly id: EventId
  readonly by: PersonKey
  /** The rank at which it counts. */
  readonly rank: Rank
  readonly target: PersonKey
  /** Last visible n per "room/lane"; a lane not listed: 0. */
  readonly cut: Cut
}

export interface CountedBan extends Binding {
  readonly kick: boolean
  readonly reason: string | Uint8Array
  /**
   * Ms, 0 for ever. Nothing ends by a clock: the target's own later join, made at `until` or after it and naming the
   * ban, does.
   */
  readonly until: number
}

/** Ends the target's content lanes and nothing else. until: as of a ban. */
export interface CountedMute extends Binding {
  readonly reason: string | Uint8Array
  readonly until: number
}

export type CountedDemotion = Binding

/** Settings of a room that count, the latest of each. */
export interface RoomSettings {
  /** Members at most, for the hub at join; 0: no limit. */
  readonly max: number
  readonly readOnly: boolean
  readonly locked: boolean
  /** Seconds between two messages of one person; 0: none. */
  readonly slowS: number
  /** Days after which content is shown no more; 0: as long as it is kept. */
  readonly visibleDays: number
  /** Whoever is new is shown once a moderator has given them a voice. */
  readonly newcomers: boolean
}

/** Why a person's content is not shown in a room, or their join does not count. */
export type RuleCode = 'ROOM_READ_ONLY' | 'NOT_VOICED' | 'SLOW_MODE' | 'ROOM_LOCKED' | 'NOT_WANTED'

/** An unban: ends the ban or demotion `id` of rank <= `rank`. With a target only where that is its target (grants). */
export interface Lift {
  readonly id: EventId
  /** The act that says so. */
  readonly from: EventId
  readonly rank: Rank
  readonly target?: PersonKey
}

/** What a room's settings say. */
export type RoomRules = Pick<RoomView, 'settings' | 'ruleAgainst' | 'admits' | 'needsNoVoice'>

export interface RoomView {
  readonly id: RoomId
  /** A made room whose create is not here, or does not count: 'private' of nobody, without createdBy. */
  readonly type: 'network' | 'general' | 'public' | 'private' | 'talk'
  /** Made by a message to several people, and for nothing else. */
  readonly isCircle?: boolean
  /** Bytes where sealed; '' for talks. */
  readonly name: string | Uint8Array
  readonly topic: string | Uint8Array
  /** Members at most, for the hub at join; 0: no limit. */
  readonly max: number
  readonly settings: RoomSettings
  /** Author of the create event that counts; undefined for room 0 and general. */
  readonly createdBy?: PersonKey
  readonly deleted: boolean
  /** Who receives. In general: everybody with a profile. */
  readonly members: ReadonlySet<PersonKey>
  /** Who may write and carry in a private room or talk (banned ones too: their lanes end at the cut); undefined: everybody. */
  readonly persons?: ReadonlySet<PersonKey>
  /** Ranks above 1 in this room, demotions applied. */
  readonly ranks: ReadonlyMap<PersonKey, Rank>
  /** Bans that count here, those of room 0 included. */
  readonly bans: readonly CountedBan[]
  /** Mutes that count here, those of room 0 included. */
  readonly mutes: readonly CountedMute[]
  /** Content hidden by a moderator. */
  readonly hidden: ReadonlySet<EventId>
  /** Deleted by another device of whoever wrote it. */
  readonly erased: Erased
  /** Named by an invite that counts, and by no later unvoice. */
  readonly invited: ReadonlySet<PersonKey>
  /** Demotions that count here, those of room 0 included. */
  readonly demotions: readonly CountedDemotion[]
  /** Content pinned, the latest pin last. */
  readonly pins: readonly EventId[]
  /** Whose device a key is. */
  personOf(key: PersonKey): PersonKey
  /** Control events of this room that count, by id. */
  readonly counted: ReadonlySet<EventId>
  /**
   * What would count had nobody lifted it, and what a higher rank's word about the same stands against: by which event, of this
   * room or of room 0. For the log.
   */
  readonly ended: ReadonlyMap<EventId, EventId>
  /** Last n of this content lane that may be shown, listed and pulled: Infinity without a cut or fork. */
  contentLimit(author: PersonKey, lane: LaneId): number
  /**
   * Why the room's settings keep this content event from being shown; undefined: they let it. previousT: t of the
   * message before it in its lane, asked only where it matters.
   */
  ruleAgainst(
    event: Pick<Event, 't' | 'author' | 'id' | 'lane' | 'n' | 'kind'>,
    previousT: () => number | undefined,
  ): RuleCode | undefined
  /** Is nothing that the settings say a matter to this person, whoever invited them or not? False where they say nothing. */
  needsNoVoice(person: PersonKey): boolean
  /** May this person join, for all that the settings say? */
  admits(person: PersonKey): boolean
}
