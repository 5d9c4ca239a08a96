/** What owner and admins of a network do: appoint admins, let people in, expel, and decide whether only members are let in. */

import { concat, fromHex } from '../../wire/bytes.ts'
import { NETWORK_ROOM, type PersonKey } from '../../wire/ids.ts'
import type { BodyValue } from '../../wire/kinds.ts'
import { LISTED_PERSONS_MAX } from '../../wire/limits.ts'
import type { Core } from '../core.ts'
import type { CommandOf, NetworkMember, SystemEvent } from '../events.ts'
import { type HeldLane, SETTING, withoutRooms, withRooms } from '../rooms.ts'
import type { Answers, Asked } from './answers.ts'
import { cutting, NO_CUTTING, tellLeftOut } from './cutting.ts'
import type { Finding } from './finding.ts'
import { denialOfAct } from './permission.ts'
import type { Writer } from './writer.ts'

const NONE = new Uint8Array(0)
/** Persons in one `admit`. */
const ADMIT_MAX = 256

export class NetworkActs {
  readonly #core: Core
  readonly #answers: Answers
  readonly #finding: Finding
  readonly #writer: Writer

  constructor(core: Core, answers: Answers, finding: Finding, writer: Writer) {
    this.#core = core
    this.#answers = answers
    this.#finding = finding
    this.#writer = writer
  }

  /** Lets people in, also those who were expelled. */
  admit(asked: Asked, { who, reason = '' }: CommandOf<'admit'>): void {
    if (!this.#isOwned(asked) || this.#answers.refusesReason(asked, reason)) return
    const persons = this.#finding.persons(asked, who)
    if (!persons) return
    const { bans, door } = this.#core.views.network()
    const fresh = persons.filter((person) => door.admission(person) !== 'member')
    const [first, ...more] = fresh.map((person) => this.#core.people.labelled(person))
    if (!first) return this.#answers.result(asked, null)
    const lifts = bans.filter(({ target }) => fresh.includes(target)).map(({ id }) => fromHex(id))
    const value: BodyValue = {
      kind: 'admit',
      persons: keysOf(fresh),
      lifts: concat(...lifts.slice(0, 256)),
      reason,
    }
    this.#act(asked, 'admit', value, { user: first, ...(more.length > 0 && { more }), ...because(reason) })
  }

  /** Ends a person's membership of the network, and what they write at what is held of it here. */
  expel(asked: Asked, { who, reason = '' }: CommandOf<'expel'>): void {
    if (!this.#isOwned(asked) || this.#answers.refusesReason(asked, reason)) return
    const person = this.#finding.person(asked, who)
    if (!person) return
    if (this.#core.views.network().door.admission(person) === 'expelled')
      return this.#answers.result(asked, null)
    const cut = cutting(this.#held(person), withRooms)
    const before = cut.before.map((part): BodyValue => ({ kind: 'cut', cut: NONE, cuts: part }))
    const value: BodyValue = {
      kind: 'ban',
      target: fromHex(person),
      kick: false,
      cut: NONE,
      cuts: cut.own,
      until: new Uint8Array(6),
      reason,
    }
    const extra = { user: this.#core.people.labelled(person), ...because(reason) }
    this.#act(asked, 'expel', value, extra, { before, behind: () => tellLeftOut(this.#core, person, cut) })
  }

  /** Makes somebody an admin, or a member again. */
  admin(asked: Asked, { who, on, reason = '' }: CommandOf<'admin'>): void {
    if (!this.#isOwned(asked) || this.#answers.refusesReason(asked, reason)) return
    const person = this.#finding.person(asked, who)
    if (!person) return
    const { ranks, demotions, bans } = this.#core.views.network()
    if ((ranks.get(person) ?? 1) >= 4 === on) return this.#answers.result(asked, null)
    const ended = [...demotions, ...bans].filter(({ target }) => target === person)
    const cut = on ? NO_CUTTING : cutting(this.#held(person), withoutRooms)
    const before = cut.before.map((part): BodyValue => ({ kind: 'cut', cut: part, cuts: NONE }))
    const value: BodyValue = {
      kind: 'role',
      target: fromHex(person),
      rank: on ? 4 : 1,
      cut: cut.own,
      lifts: on ? concat(...ended.slice(0, 256).map(({ id }) => fromHex(id))) : NONE,
      reason,
    }
    const role = on ? ('admin' as const) : ('member' as const)
    this.#act(
      asked,
      'role',
      value,
      { user: this.#core.people.labelled(person), role, ...because(reason) },
      { before, behind: () => tellLeftOut(this.#core, person, cut) },
    )
  }

  /** From now on only members are let in: those who are here, and whom an admin admits. Or everybody with the code. */
  membersOnly(asked: Asked, { on, reason = '' }: CommandOf<'membersOnly'>): void {
    if (!this.#isOwned(asked) || this.#answers.refusesReason(asked, reason)) return
    const { door, profiles } = this.#core.views.network()
    if (door.isKept === on) return this.#answers.result(asked, null)
    const known = on ? [...profiles.keys()].filter((person) => door.admission(person) === 'member') : []
    const value: BodyValue = {
      kind: 'settings',
      setting: SETTING.membersOnly,
      value: Number(on),
      persons: keysOf(known.slice(0, LISTED_PERSONS_MAX)),
      reason,
    }
    // Whom one event does not hold is admitted by the next ones.
    const rest = known.slice(LISTED_PERSONS_MAX)
    const extra = { setting: 'membersonly' as const, value: Number(on), ...because(reason) }
    if (!this.#act(asked, 'settings', value, extra)) return
    for (let at = 0; at < rest.length; at += ADMIT_MAX)
      this.#writer.write(NETWORK_ROOM, {
        kind: 'admit',
        persons: keysOf(rest.slice(at, at + ADMIT_MAX)),
        lifts: NONE,
        reason,
      })
  }

  /** Everybody of the network: what they are in it, and who waits or was expelled. */
  members(asked: Asked): void {
    if (!this.#isOwned(asked)) return
    const { people, views, me: self } = this.#core
    const { profiles, ranks, door, bans } = views.network()
    const keys = new Set([...profiles.keys(), ...bans.map(({ target }) => target)])
    const all = [...keys].map((person): NetworkMember => {
      const admission = door.admission(person)
      const rank = ranks.get(person) ?? 1
      return {
        ...people.labelled(person),
        role:
          admission === 'waiting' || admission === 'expelled'
            ? admission
            : admission === 'outdated'
              ? 'waiting'
              : rank === 5
                ? 'owner'
                : rank === 4
                  ? 'admin'
                  : 'member',
        online: this.#core.isOnline(person),
        ...(person === self && { self: true as const }),
      }
    })
    const place = ({ role }: NetworkMember) => ROLES.indexOf(role)
    const sorted = all.sort((a, b) => place(a) - place(b))
    this.#answers.list(asked, sorted, '/people with a part of a name finds others.')
  }

  // --- their parts ------------------------------------------------------------------------------------------------

  #isOwned(asked: Asked): boolean {
    const isOwned = this.#core.options.owner !== undefined
    if (!isOwned) this.#answers.refuse(asked, 'NOT_OWNED')
    return isOwned
  }

  /** False where it was refused. before: written right before it in its lane; behind: told behind the answer. */
  #act(
    asked: Asked,
    event: SystemEvent['event'],
    value: BodyValue,
    extra: Partial<SystemEvent>,
    {
      before = [],
      behind = () => {},
    }: { readonly before?: readonly BodyValue[]; readonly behind?: () => void } = {},
  ): boolean {
    const { me: self, people, views } = this.#core
    const view = views.room(NETWORK_ROOM)
    if (!view || denialOfAct(view, self, value)) {
      const own = views.network().ranks.get(self) ?? 1
      // Who may do it to others may not do it to themselves, nor to those who rank as high.
      if (own >= 4 && extra.user?.id === self) this.#answers.refuse(asked, 'NICK_SELF')
      else {
        const isForOwner = own >= 4 || (value.kind === 'role' && value.rank === 4)
        const rank = isForOwner ? 'the owner' : 'an admin or the owner'
        this.#answers.refuse(asked, 'NOT_ADMIN', { action: AS_VERB[event] ?? event, rank })
      }
      return false
    }
    const by = extra.user ? { by: people.labelled(self) } : {}
    for (const each of before) this.#writer.write(NETWORK_ROOM, each)
    this.#writer.write(NETWORK_ROOM, value, () => {
      this.#answers.system(asked, event, null, { ...by, ...extra })
      behind()
    })
    return true
  }

  /** All lanes of a person that are held here, of whatever room. */
  *#held(person: PersonKey): Iterable<HeldLane> {
    for (const device of this.#core.views.network().devices.ever(person))
      yield* heldLanes(this.#core.replica, device)
  }
}

/** All lanes of a key that are held here, of whatever room. */
export function* heldLanes(replica: Core['replica'], key: PersonKey): Iterable<HeldLane> {
  for (const room of replica.rooms())
    for (const cls of [0, 1] as const)
      for (const { lane, n, id } of replica.lanes(room, cls, key))
        yield { room, lane, n, id, t: replica.event(room, key, lane, n)?.t ?? 0 }
}

/** What does not say by its name alone what one does. */
const AS_VERB: Readonly<Record<string, string>> = {
  role: 'appoint or dismiss admins',
  settings: 'decide who is let in',
  admit: 'let people in',
  expel: 'expel anybody',
}
const ROLES: readonly NetworkMember['role'][] = ['owner', 'admin', 'member', 'waiting', 'expelled']
const keysOf = (persons: readonly PersonKey[]) => concat(...persons.map((person) => fromHex(person)))
const because = (reason: string) => (reason === '' ? {} : { reason })
