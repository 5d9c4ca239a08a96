/**
 * The counting pass (rules RM-6 to RM-12): which acts of rank count, in one walk from the top.
 *
 * Acts of rank L bind only lower ranks, so nothing at level L can change what happened at L or above: the levels
 * 5, 4, 3, 2 are walked once and the result is exact, whatever order the events came in. At each level:
 *
 *   acts     what authors of act-rank L wrote within every counted ban and demotion of higher rank on them
 *   lifts    end bans, mutes and demotions of rank <= L, by id
 *   bans     mutes and demotions count if not lifted and their target's rank is below L
 *   grants, invites, unvoices, admits, new codes, hides, pins, topics, settings and, from rank 3, the room's delete count
 *
 * A rank once granted weighs acts for good (act-rank: what was done before a demotion's cut stays); it is held, and
 * protects from bans, only while no counted demotion of higher rank than the grant stands.
 *
 * In private rooms acts count only of persons named by the create or by an invite of rank >= L. Invites of one level
 * may name each other's authors: they are followed until nobody is added, which does not depend on their order.
 */
import { readUint } from '../../wire/bytes.ts'
import type { Event } from '../../wire/event.ts'
import {
  type EventId,
  eventId,
  NETWORK_ROOM,
  type NetId,
  type PersonKey,
  personKey,
  type RoomId,
} from '../../wire/ids.ts'
import type { BodyOf } from '../../wire/kinds.ts'
import type { CountedCode } from './codes.ts'
import { CutEvents } from './cut-events.ts'
import { type Cut, readLaneCut, readNetworkCut, readRoomCut } from './cuts.ts'
import type { Devices } from './devices.ts'
import { Lifting } from './lifting.ts'
import { LaneLimits } from './limits.ts'
import { type Change, isNetworkSetting } from './settings.ts'
import { Standing } from './standing.ts'
import type {
  ControlEvent,
  CountedBan,
  CountedDemotion,
  CountedMute,
  LaneFacts,
  Lift,
  NetworkView,
  Rank,
  Said,
} from './view.ts'

export interface PassInput {
  readonly room: RoomId
  /** As eventsOf gives them. */
  readonly events: readonly Said[]
  readonly devices: Devices
  readonly facts: LaneFacts
  /** Holds rank 5; for room 0. */
  readonly owner?: PersonKey | undefined
  /** Holds rank 3. */
  readonly creator?: PersonKey | undefined
  /** What room 0 decided; undefined while room 0 itself is weighed. */
  readonly network?: NetworkView | undefined
  /** Whom the create of a private room names; undefined elsewhere. */
  readonly persons?: ReadonlySet<PersonKey> | undefined
  /** Of these events, where they were looked for before. */
  readonly cuts?: CutEvents
}

export interface PassResult {
  readonly counted: Set<EventId>
  readonly standing: Standing
  readonly limits: LaneLimits
  /** Bans, demotions and lifts of this room; room 0's are not repeated. */
  readonly bans: readonly CountedBan[]
  readonly demotions: readonly CountedDemotion[]
  readonly mutes: readonly CountedMute[]
  readonly lifts: readonly Lift[]
  readonly hidden: ReadonlySet<EventId>
  /** Pinned, the latest pin last. */
  readonly pins: readonly EventId[]
  /** Settings that count, in display order. */
  readonly changes: readonly Change[]
  /** As RoomView has it. */
  readonly ended: ReadonlyMap<EventId, EventId>
  /** Named by an invite that counts, and by no later unvoice; in room 0, let in by an admin. */
  readonly invited: ReadonlySet<PersonKey>
  /** Codes that count, in display order; of room 0. */
  readonly codes: readonly CountedCode[]
  /** A delete of rank >= 3 counts. */
  readonly deleted: boolean
  /** The latest that counts. */
  readonly topic?: string | Uint8Array
  readonly persons?: ReadonlySet<PersonKey>
}

type Level = 5 | 4 | 3 | 2
type Body = NonNullable<ControlEvent['body']>
interface Act {
  readonly event: Event
  readonly by: PersonKey
  readonly body: Body
  /** Place in display order. */
  readonly place: number
}

/** What takes a rank. */
export const ACT_KINDS: ReadonlySet<Body['kind']> = new Set<Body['kind']>([
  'role',
  'ban',
  'mute',
  'lift',
  'invite',
  'unvoice',
  'delete',
  'hide',
  'pin',
  'topic',
  'settings',
  'admit',
  'newcode',
  'cut',
])

/** Display order (rule RM-1): t, author, id. Wherever one of several must win it is by this order. */
export function displayOrder(a: ControlEvent, b: ControlEvent): number {
  return a.event.t - b.event.t || order(a.event.author, b.event.author) || order(a.event.id, b.event.id)
}
const order = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)

/** The events of one room of one network that lie below their lane's fork: each once, in display order. */
export function eventsOf(
  net: NetId,
  room: RoomId,
  events: Iterable<ControlEvent>,
  facts: LaneFacts,
  devices: Devices,
): Said[] {
  return inOrder(net, room, events, facts).map((control) => ({
    ...control,
    by: devices.personOf(control.event.author),
  }))
}

/** The same before it is known whose keys are whose. */
export function inOrder(
  net: NetId,
  room: RoomId,
  events: Iterable<ControlEvent>,
  facts: LaneFacts,
): ControlEvent[] {
  return [...events]
    .filter(({ event }) => {
      if (event.net !== net || event.room !== room) return false
      const fork = facts.forkAt(room, event.author, event.lane)
      return fork === undefined || event.n < fork
    })
    .sort(displayOrder)
    .filter(({ event }, i, sorted) => event.id !== sorted[i - 1]?.event.id)
}

/** Walks the levels. Timeless and pure; events of one set in any order give the same result. */
export function pass(input: PassInput): PassResult {
  const state = {
    ...input,
    standing: new Standing(input),
    limits: new LaneLimits(input.room, input.facts, input.devices, input.network),
    lifting: new Lifting(input.network?.lifts ?? [], input.events),
    cuts: input.cuts ?? new CutEvents(input.events),
    persons: input.persons && new Set(input.persons),
    counted: new Set<EventId>(),
    bans: [] as CountedBan[],
    demotions: [] as CountedDemotion[],
    mutes: [] as CountedMute[],
    hides: new Map<EventId, Hide>(),
    ended: new Map<EventId, EventId>(),
    pins: new Map<EventId, { place: number; pinned: boolean }>(),
    changes: [] as { place: number; change: Change }[],
    voices: new Map<PersonKey, { place: number; on: boolean }>(),
    codes: [] as { place: number; code: CountedCode }[],
    deleted: false,
    topic: undefined as { place: number; text: string | Uint8Array } | undefined,
  }
  const byAuthor = actsByAuthor(input.events)
  for (const level of [5, 4, 3, 2] as const) weigh(state, level, actsAt(state, byAuthor, level))
  const { counted, standing, limits, bans, demotions, mutes, lifting, hides, deleted, topic, persons } = state
  const { ended } = state
  const pins = [...state.pins].filter(([, { pinned }]) => pinned).sort(([, a], [, b]) => a.place - b.place)
  return {
    counted,
    standing,
    limits,
    bans,
    demotions,
    mutes,
    lifts: lifting.added,
    hidden: new Set([...hides].filter(([, { hidden }]) => hidden).map(([id]) => id)),
    ended,
    pins: pins.map(([id]) => id),
    changes: state.changes.sort((a, b) => a.place - b.place).map(({ change }) => change),
    invited: new Set([...state.voices].filter(([, { on }]) => on).map(([person]) => person)),
    codes: state.codes.sort((a, b) => a.place - b.place).map(({ code }) => code),
    deleted,
    ...(topic ? { topic: topic.text } : {}),
    ...(persons ? { persons } : {}),
  }
}

/** The last word of the highest rank about an event: hidden or not, and by which act. */
interface Hide {
  readonly hidden: boolean
  readonly from: EventId
}

interface State extends Omit<PassInput, 'cuts'> {
  readonly standing: Standing
  readonly limits: LaneLimits
  readonly lifting: Lifting
  readonly cuts: CutEvents
  readonly persons: Set<PersonKey> | undefined
  readonly counted: Set<EventId>
  readonly bans: CountedBan[]
  readonly demotions: CountedDemotion[]
  readonly mutes: CountedMute[]
  readonly hides: Map<EventId, Hide>
  readonly ended: Map<EventId, EventId>
  readonly pins: Map<EventId, { place: number; pinned: boolean }>
  readonly changes: { place: number; change: Change }[]
  readonly voices: Map<PersonKey, { place: number; on: boolean }>
  readonly codes: { place: number; code: CountedCode }[]
  deleted: boolean
  topic: { place: number; text: string | Uint8Array } | undefined
}

function actsByAuthor(events: readonly Said[]): Map<PersonKey, Act[]> {
  const byAuthor = new Map<PersonKey, Act[]>()
  events.forEach(({ event, by, body }, place) => {
    if (!body || !ACT_KINDS.has(body.kind)) return
    const acts = byAuthor.get(by)
    if (acts) acts.push({ event, by, body, place })
    else byAuthor.set(by, [{ event, by, body, place }])
  })
  return byAuthor
}

/** The acts of a level in display order; in a private room its invites are followed first. */
function actsAt(state: State, byAuthor: ReadonlyMap<PersonKey, readonly Act[]>, level: Level): Act[] {
  const { standing, limits, persons } = state
  const acts: Act[] = []
  const waiting = new Set([...byAuthor.keys()].filter((author) => standing.act(author) === level))
  // Each once, in whatever order they name each other.
  const named = [...waiting].filter((author) => !persons || persons.has(author))
  for (let author = named.pop(); author !== undefined; author = named.pop()) {
    waiting.delete(author)
    for (const act of byAuthor.get(author)!) {
      if (!limits.coversAct(act.event, level)) continue
      acts.push(act)
      if (!persons || act.body.kind !== 'invite') continue
      for (const person of personsIn(state, act.body.persons)) {
        if (!persons.has(person) && waiting.has(person)) named.push(person)
        persons.add(person)
      }
    }
  }
  return acts.sort((a, b) => a.place - b.place)
}

function weigh(state: State, level: Level, acts: readonly Act[]): void {
  const isNetwork = state.room === NETWORK_ROOM
  for (const { event, body } of acts) {
    if (body.kind === 'lift') state.lifting.add(event.id, body.lifts, level)
    else if (body.kind === 'admit' && isNetwork) state.lifting.add(event.id, body.lifts, level)
    else if (body.kind === 'role' && grantOf(body, level, isNetwork))
      state.lifting.add(event.id, body.lifts, level, state.devices.personOf(personKey(body.target)))
    else continue
    state.counted.add(event.id)
  }
  const hides = new Map<EventId, Hide>()
  for (const act of acts) if (weighOne(state, level, act, hides)) state.counted.add(act.event.id)
  // A higher rank's word about an event stands; within one rank the latest does.
  for (const [target, hide] of hides) if (!state.hides.has(target)) state.hides.set(target, hide)
}

/** The rank a role event gives: admin by the owner in room 0, moderator by rank >= 3 elsewhere; else undefined. */
function grantOf(role: BodyOf<'role'>, level: Level, isNetwork: boolean): Rank | undefined {
  if (isNetwork) return role.rank === 4 && level === 5 ? 4 : undefined
  return role.rank === 2 && level >= 3 ? 2 : undefined
}

/** Carries out one act but its lifts. True where it counts. */
function weighOne(state: State, level: Level, act: Act, hides: Map<EventId, Hide>): boolean {
  const { room, standing, creator } = state
  const { event, by, body, place } = act
  const isNetwork = room === NETWORK_ROOM
  switch (body.kind) {
    case 'role': {
      const rank = grantOf(body, level, isNetwork)
      const target = state.devices.personOf(personKey(body.target))
      if (rank) {
        standing.grant(target, rank)
        return true
      }
      if (body.rank !== 1 || !binds(state, level, event.id, target)) return false
      const read = ({ cut }: Pick<BodyOf<'cut'>, 'cut'>) =>
        isNetwork ? readLaneCut(cut) : readRoomCut(room, cut)
      const cut = state.cuts.whole(event, body, read, state.counted)
      const demotion = { ...binding(event.id, by, level, target), cut }
      state.demotions.push(demotion)
      state.limits.addDemotion(demotion)
      standing.demote(target, level)
      return true
    }
    case 'ban': {
      const target = state.devices.personOf(personKey(body.target))
      const { kick, reason } = body
      const until = readUint(body.until, 0, 6)
      if (!binds(state, level, event.id, target, kick || until > 0 ? until : undefined)) return false
      const cut = bindingCut(state, event, body)
      const ban = { ...binding(event.id, by, level, target), cut, kick, reason, until }
      state.bans.push(ban)
      state.limits.addBan(ban)
      return true
    }
    case 'mute': {
      const target = state.devices.personOf(personKey(body.target))
      const until = readUint(body.until, 0, 6)
      if (!binds(state, level, event.id, target, until || undefined)) return false
      const mute = {
        ...binding(event.id, by, level, target),
        cut: bindingCut(state, event, body),
        reason: body.reason,
        until,
      }
      state.mutes.push(mute)
      state.limits.addMute(mute)
      return true
    }
    case 'invite':
    case 'admit':
      if (isNetwork !== (body.kind === 'admit')) return false
      give(state, body.persons, place, true)
      return true
    case 'unvoice':
      if (isNetwork) return false
      give(state, body.persons, place, false)
      return true
    case 'settings':
      if (isNetwork !== isNetworkSetting(body.setting)) return false
      state.changes.push({
        place,
        change: {
          t: event.t,
          author: event.author,
          id: event.id,
          setting: body.setting,
          value: body.value,
          persons: new Set(personsIn(state, body.persons)),
        },
      })
      return true
    case 'newcode':
      if (!isNetwork) return false
      state.codes.push({
        place,
        code: { ...body, id: event.id, author: event.author, salt: state.events[place]!.salt },
      })
      return true
    case 'pin': {
      if (isNetwork) return false
      const target = eventId(body.target)
      const pin = state.pins.get(target)
      if (!pin || place > pin.place) state.pins.set(target, { place, pinned: body.pinned })
      return true
    }
    case 'delete':
      // Only what somebody made can go: not room 0, not general.
      if (level < 3 || !creator) return false
      state.deleted = true
      return true
    case 'hide': {
      const target = eventId(body.target)
      const higher = state.hides.get(target)
      if (higher) state.ended.set(event.id, higher.from)
      else hides.set(target, { hidden: body.hidden, from: event.id })
      return true
    }
    case 'topic':
      if (isNetwork) return false
      if (!state.topic || place > state.topic.place) state.topic = { place, text: body.topic }
      return true
    default:
      return false
  }
}

/** Gives voices, or takes them back; what stands last in display order holds. */
function give(state: State, persons: Uint8Array, place: number, on: boolean): void {
  for (const person of personsIn(state, persons))
    if (place >= (state.voices.get(person)?.place ?? 0)) state.voices.set(person, { place, on })
}

const binding = (id: EventId, by: PersonKey, rank: Rank, target: PersonKey) => ({
  id,
  by,
  rank,
  target,
})

/** A ban, mute or demotion counts: not lifted, and its target's rank is lower. rejoinFrom: as Lifting.endOf has it. */
function binds(state: State, level: Level, id: EventId, target: PersonKey, rejoinFrom?: number): boolean {
  if (state.standing.held(target) >= level) return false
  const end = state.lifting.endOf(id, level, target, rejoinFrom)
  if (end) state.ended.set(id, end)
  return end === undefined
}

const personsIn = ({ devices }: State, persons: Uint8Array): PersonKey[] =>
  readPersons(persons).map((person) => devices.personOf(person))

/** The cut of a ban or mute: in room 0 over all rooms. */
const bindingCut = (state: State, event: Event, body: BodyOf<'mute'>): Cut =>
  state.cuts.whole(
    event,
    body,
    ({ cut, cuts }) => (state.room === NETWORK_ROOM ? readNetworkCut(cuts) : readRoomCut(state.room, cut)),
    state.counted,
  )

/** The keys of 32 bytes that begin each entry of a bin. */
export function readPersons(bytes: Uint8Array, entryBytes = 32): PersonKey[] {
  const persons: PersonKey[] = []
  for (let at = 0; at + entryBytes <= bytes.length; at += entryBytes) persons.push(personKey(bytes, at))
  return persons
}
