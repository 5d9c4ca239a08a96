/** What a node lets through early, by what it knows counts: the same that every node's rooms view ignores or lets be. */
import { decodeBody } from '../../wire/codec.ts'
import { skeleton } from '../../wire/confusable.ts'
import type { Event, ParsedRun } from '../../wire/event.ts'
import { NETWORK_ROOM, type PersonKey, personKey, type RoomId } from '../../wire/ids.ts'
import { type BodyValue, kindNumber } from '../../wire/kinds.ts'
import type { Replica } from '../replica.ts'
import { ACT_KINDS, type RoomView } from '../rooms.ts'
import { previousT } from '../timeline.ts'
import type { Views } from '../views.ts'
import { excessOf } from './space.ts'

const MESSAGE = kindNumber('message')
const ADMISSION_CODES = {
  waiting: 'NOT_ADMITTED',
  expelled: 'EXPELLED',
  removed: 'DEVICE_REMOVED',
  outdated: 'CODE_OLD',
} as const

/** Why what an author writes would not count in a room, whatever it says: a refusal code; undefined: it would. */
export function denialOf(views: Views, author: PersonKey, room: RoomId, cls: 0 | 1): string | undefined {
  const admission = views.network().door.admission(author)
  if (admission === 'removed') return 'DEVICE_REMOVED'
  if (admission === 'expelled') return 'EXPELLED'
  // Who waits says who they are, and nothing else.
  if (admission !== 'member' && room !== NETWORK_ROOM) return ADMISSION_CODES[admission]
  const view = views.room(room)
  if (!view) return undefined
  if (cls === 1 && view.deleted) return 'ROOM_UNKNOWN'
  const person = views.personOf(author)
  if (view.persons && !view.persons.has(person)) return 'NOT_MEMBER'
  if (cls === 1 && view.bans.some((ban) => ban.target === person)) return 'BANNED'
  if (cls === 1 && view.mutes.some((mute) => mute.target === person)) return 'MUTED'
  return undefined
}

/** Why one of these events of a run would not count: a refusal code; undefined: they would. */
export function denialOfRun(
  views: Views,
  replica: Pick<Replica, 'event'>,
  run: ParsedRun,
): string | undefined {
  const view = views.room(run.events[0]!.room)
  if (!view) return undefined
  for (const [i, event] of run.events.entries()) {
    const body = run.bodies[i]
    const value = body && event.kind >= 0x80 ? decodeBody(event.kind, body) : undefined
    const code = value
      ? denialOfAct(view, views.personOf(event.author), value)
      : view.ruleAgainst(event, () => beforeT(replica, run, i))
    if (code) return code
  }
  return undefined
}

/** t of the message before the i-th event: in the run, or in its lane. */
function beforeT(replica: Pick<Replica, 'event'>, { events }: ParsedRun, i: number): number | undefined {
  const within = events.slice(0, i).findLast(({ kind }) => kind === MESSAGE)
  return within ? within.t : previousT(replica, events[0] as Event)
}

/** What this person can do who may not act in a room. */
export function nextOf(view: RoomView, person: PersonKey): string {
  if (view.type === 'talk')
    return 'Between two nobody has one: /block keeps somebody from writing to you, /forget deletes what is here of it.'
  if (view.ranks.size === 0)
    return 'Nobody has one, since this network has no owner: /block hides somebody from you, /create makes a room of your own.'
  const rank = rankOf(view, person)
  if (rank >= 3) return 'Nobody acts on those who rank as high as they do.'
  return rank === 2 ? 'Ask its owner.' : 'Ask its owner or a moderator.'
}

/** Why an act would not count, by ranks, bans and demotions as they are: BANNED, NOT_ALLOWED; undefined: it would. */
export function denialOfAct(view: RoomView, author: PersonKey, value: BodyValue): string | undefined {
  // Of room 0 it may belong to an unlinking, which takes no rank; by itself it says nothing.
  if (!ACT_KINDS.has(value.kind) || (value.kind === 'cut' && view.type === 'network')) return undefined
  const rank = rankOf(view, author)
  // A ban or demotion ends what somebody does, whatever rank they still, or again, have.
  const isBound = (bindings: readonly { readonly target: PersonKey; readonly rank: number }[]) =>
    bindings.some((binding) => binding.target === author && binding.rank > rank)
  if (rank >= 2 && isBound(view.bans)) return 'BANNED'
  const isAllowed = () => {
    if (view.type === 'network') return rank >= rankOfNetworkAct(view, value)
    switch (value.kind) {
      case 'ban':
      case 'mute':
        return rank >= 2 && rankOfTarget(view, value) < rank
      case 'role':
        if (value.rank === 1) return rank >= 2 && rankOfTarget(view, value) < rank
        return rank >= 3
      case 'delete':
        return rank >= 3
      default:
        return rank >= 2
    }
  }
  return isAllowed() && !isBound(view.demotions) ? undefined : 'NOT_ALLOWED'
}

/** The rank that an act of room 0 takes (rules RM-7, RM-8). */
function rankOfNetworkAct(view: RoomView, value: BodyValue): number {
  if (value.kind === 'role' && value.rank === 4) return 5
  const isAgainst =
    value.kind === 'ban' || value.kind === 'mute' || (value.kind === 'role' && value.rank === 1)
  return isAgainst ? Math.max(4, rankOfTarget(view, value) + 1) : 4
}

/** Whoever is named by one of their devices ranks as they do (rule DV-1). */
const rankOfTarget = (view: RoomView, { target }: { readonly target: Uint8Array }): number =>
  rankOf(view, view.personOf(personKey(target)))

export const rankOf = (view: RoomView, person: PersonKey): number => view.ranks.get(person) ?? 1

/** The hub's answer to "may I": a refusal code; undefined: yes. now: netNow, ms; expected: let in a moment ago. */
export function permitOf(
  views: Views,
  key: PersonKey,
  action: 'create' | 'join',
  room: RoomId,
  name: string,
  now: number,
  expected: readonly PersonKey[] = [],
): string | undefined {
  const admission = views.network().door.admission(key)
  if (admission !== 'member') return ADMISSION_CODES[admission]
  const person = views.personOf(key)
  if (action === 'create') {
    const wanted = skeleton(name)
    for (const view of publicRooms(views))
      if (typeof view.name === 'string' && skeleton(view.name) === wanted) return 'ROOM_NAME_TAKEN'
    return wanted === skeleton('general') ? 'ROOM_NAME_TAKEN' : undefined
  }
  const view = views.room(room)
  if (!view || view.deleted) return 'ROOM_UNKNOWN'
  if (isBarred(view, person, now)) return 'BANNED'
  if (view.persons && !view.persons.has(person)) return 'NOT_MEMBER'
  if (view.members.has(person)) return undefined
  if (!view.admits(person)) return 'ROOM_LOCKED'
  const all = new Set([...view.members, ...expected.map((each) => views.personOf(each)), person])
  const space = { max: view.max, isPrivate: view.persons !== undefined }
  return excessOf(space, all, views.network().devices) ? 'ROOM_FULL' : undefined
}

/** Is there a ban on this person that no join of theirs could end now? */
export const isBarred = (view: RoomView, person: PersonKey, now: number): boolean =>
  view.bans.some((ban) => ban.target === person && !isOver(ban, now))

/** May a join of its target end this now? A kick at once, what is for a time once that is over. */
export const isOver = (
  { kick, until }: { readonly kick?: boolean; readonly until: number },
  now: number,
): boolean => (until > 0 ? until <= now : kick === true)

function* publicRooms(views: Views): Iterable<RoomView> {
  for (const id of views.ids()) {
    const view = id === NETWORK_ROOM ? undefined : views.room(id)
    if (view?.type === 'public' && !view.deleted) yield view
  }
}
