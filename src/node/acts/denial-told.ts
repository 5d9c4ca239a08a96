/**
 * What people are told when they may not: until when that is, by whom, why, and who can end it. A hub's refusal is a code and
 * nothing else; the rest each node knows by its own view of the room.
 */
import type { PersonKey } from '../../wire/ids.ts'
import { explainRefusal } from '../../wire/refusal.ts'
import type { Core } from '../core.ts'
import type { ErrorEvent } from '../events.ts'
import { localTime } from '../local-time.ts'
import type { CountedBan, CountedMute, RoomView } from '../rooms.ts'
import { isOver, nextOf } from './permission.ts'
import { excessOf } from './space.ts'

export interface DenialTold {
  /** What the code's sentence needs (`wire/refusal.ts`). */
  readonly values: Readonly<Record<string, string | number>>
  /** The same for programs. */
  readonly more: Pick<ErrorEvent, 'until' | 'by' | 'reason'>
}

type Bound = CountedMute & Partial<Pick<CountedBan, 'kick'>>
type Ranks = ReadonlyMap<PersonKey, number>

/** Named in one sentence of those who can end something. */
const NAMED_MAX = 3
/** Where nobody of that rank is known here. */
const OF_RANK = ['', '', 'one of its moderators', 'its owner', 'an admin of the network', 'its owner']

/** Of this person. view: the room it is about, if any. afterT: t of their last message, from which slow mode counts. */
export function denialTold(core: Core, code: string, view?: RoomView, afterT?: number): DenialTold {
  const room = view ? (core.roomName(view) ?? 'this talk') : 'that room'
  const whom = (rank: number) => whoCan(core, view?.ranks ?? core.views.network().ranks, rank)
  switch (code) {
    case 'BANNED': {
      const ban = lastOf(view?.bans, core.me)
      const { details, more } = detailsOf(core, view, ban)
      const bound = ban?.kick ? 'removed' : 'banned'
      return {
        values: { room, bound, details, next: nextOfBan(core, room, ban, whom(ban?.rank ?? 2)) },
        more,
      }
    }
    case 'MUTED': {
      const mute = lastOf(view?.mutes, core.me)
      const { details, more } = detailsOf(core, view, mute)
      return { values: { room, details, next: nextOfMute(core, mute, whom(mute?.rank ?? 2)) }, more }
    }
    case 'EXPELLED': {
      const ban = lastOf(core.views.network().bans, core.me)
      const { details, more } = detailsOf(core, undefined, ban)
      const able = whoCan(core, core.views.network().ranks, ban?.rank ?? 4)
      return { values: { room, details, whom: able }, more }
    }
    case 'SLOW_MODE': {
      const seconds = view?.settings.slowS ?? 0
      if (afterT === undefined) return { values: { room, seconds, when: 'in a moment' }, more: {} }
      const until = afterT + seconds * 1000
      const left = Math.max(1, Math.ceil((until - core.netNow) / 1000))
      return { values: { room, seconds, when: `in ${left} s` }, more: { until } }
    }
    case 'ROOM_FULL': {
      const max = view?.max ?? 0
      const space = { max, isPrivate: view?.persons !== undefined }
      const all = new Set([...(view?.members ?? []), core.me])
      const isOfDevices = max === 0 || excessOf(space, all, core.views.network().devices) === 'devices'
      const next = isOfDevices ? 'make a public room (/create).' : `ask ${whom(2)} to let in more (/max).`
      const most = isOfDevices
        ? 'as many devices as one key is sealed to'
        : max === 1
          ? '1 person at most'
          : `${max} people at most`
      return { values: { room, most, next }, more: {} }
    }
    case 'NOT_ALLOWED':
      return { values: { room, action: 'do that', next: view ? nextOf(view, core.me) : '' }, more: {} }
    default:
      return { values: { room, whom: whom(2) }, more: {} }
  }
}

/** An error that answers no command. detail: where the code is unknown here, as explainRefusal has it. */
export function errorTold(
  core: Core,
  code: string,
  detail: string,
  view?: RoomView,
  afterT?: number,
): ErrorEvent {
  const { values, more } = denialTold(core, code, view, afterT)
  const { network } = core.options
  return { type: 'error', code, message: explainRefusal(code, detail, { network, ...values }), ...more }
}

/** Of what binds somebody, that which ends last: it decides. */
function lastOf<B extends Bound>(bindings: readonly B[] = [], person: PersonKey): B | undefined {
  const mine = bindings.filter(({ target }) => target === person)
  return mine.sort((a, b) => endOf(b) - endOf(a))[0]
}
const endOf = ({ until, kick }: Bound) => (until > 0 ? until : kick ? 0 : Number.MAX_VALUE)

/** ` until 2026-11-20 14:03 by max (noise)`, as far as it is known. */
function detailsOf(core: Core, view: RoomView | undefined, bound: Bound | undefined) {
  if (!bound) return { details: '', more: {} }
  const { until } = bound
  const by = core.people.labelled(bound.by)
  const reason = reasonOf(core, view, bound)
  const details = [
    until > 0 ? ` until ${localTime(until)}` : '',
    ` by ${by.label ?? by.name}`,
    reason === '' ? '' : ` (${reason.replace(/\s+/gu, ' ')})`,
  ]
  return {
    details: details.join(''),
    more: { ...(until > 0 && { until }), by, ...(reason !== '' && { reason }) },
  }
}

/** Sealed in a private room. */
function reasonOf(core: Core, view: RoomView | undefined, { id, reason }: Bound): string {
  if (typeof reason === 'string') return reason
  const act = view && core.views.control(view.id, id)
  return (act && core.private.openField(act.event, act.salt, 'reason', reason)) ?? ''
}

function nextOfBan(core: Core, room: string, ban: CountedBan | undefined, whom: string): string {
  if (ban && isOver(ban, core.netNow))
    return `${ban.until > 0 ? 'That time is over: ' : ''}/join ${room} enters it again.`
  if (ban && ban.until > 0) return `/join ${room} enters it again then; ${whom} can let you in sooner.`
  return `Ask ${whom} to let you in again.`
}

function nextOfMute(core: Core, mute: CountedMute | undefined, whom: string): string {
  if (mute && isOver(mute, core.netNow)) return 'That time is over: say it again.'
  return mute && mute.until > 0 ? `It ends then; ${whom} can end it sooner.` : `Ask ${whom} to end it.`
}

/** `anna, max or ben`: who ranks high enough, those who are here first. */
function whoCan(core: Core, ranks: Ranks, rank: number): string {
  const isHere = (person: PersonKey) => Number(core.isOnline(person))
  const able = [...ranks]
    .filter(([person, held]) => held >= rank && person !== core.me)
    .sort(([a, low], [b, high]) => isHere(b) - isHere(a) || low - high)
    .slice(0, NAMED_MAX)
    .map(([person]) => core.people.labelled(person))
    .map(({ label, name }) => label ?? name)
  const last = able.pop()
  if (last === undefined) return OF_RANK[rank] ?? OF_RANK[2]!
  return able.length > 0 ? `${able.join(', ')} or ${last}` : last
}
