/** What moderators do: each a signed event with its reason, with the cut where it ends somebody's lanes, and with a way back. */
import { concat, fromHex, uint } from '../../wire/bytes.ts'
import { type EventId, eventId, type PersonKey } from '../../wire/ids.ts'
import type { BodyValue } from '../../wire/kinds.ts'
import { LISTED_PERSONS_MAX, TIME_MAX } from '../../wire/limits.ts'
import type { Core } from '../core.ts'
import type { CommandOf, SystemEvent } from '../events.ts'
import { type HeldLane, type RoomView, SETTING, withoutRooms } from '../rooms.ts'
import type { Answers, Asked } from './answers.ts'
import { type Cutting, cutting, NO_CUTTING, tellLeftOut } from './cutting.ts'
import type { Finding } from './finding.ts'
import { denialOfAct, rankOf } from './permission.ts'
import { PINS_MAX, pinsShown } from './pinned.ts'
import type { Which } from './which.ts'
import type { SealText, Writer } from './writer.ts'

const NONE = new Uint8Array(0)
/** As the node's API calls the settings. */
const SETTINGS = {
  max: SETTING.max,
  readonly: SETTING.readOnly,
  slow: SETTING.slow,
  newcomers: SETTING.newcomers,
  visible: SETTING.visible,
} as const

export class Moderation {
  readonly #core: Core
  readonly #answers: Answers
  readonly #finding: Finding
  readonly #which: Which
  readonly #writer: Writer

  constructor(core: Core, answers: Answers, finding: Finding, which: Which, writer: Writer) {
    this.#core = core
    this.#answers = answers
    this.#finding = finding
    this.#which = which
    this.#writer = writer
  }

  // --- people -----------------------------------------------------------------------------------------------------

  /** Ends what somebody writes at what is held of it now; a kick and a ban end their membership too. */
  bind(asked: Asked, { do: what, room, who, forMs, reason = '' }: CommandOf<'kick' | 'ban' | 'mute'>): void {
    this.#person(asked, room, who, reason, (view, person) => {
      if (this.#isOneself(view, person)) return this.#answers.refuse(asked, 'NICK_SELF')
      const until = forMs === undefined ? 0 : Math.min(TIME_MAX, Math.round(this.#core.netNow + forMs))
      const target = fromHex(person)
      const cut = this.#cut(view, person, what === 'mute' ? [1] : [1, 0])
      const bound = { target, cut: cut.own, cuts: NONE, until: uint(until, 6) }
      const value = (seal: SealText): BodyValue =>
        what === 'mute'
          ? { kind: 'mute', ...bound, reason: seal('reason', reason) }
          : { kind: 'ban', kick: what === 'kick', ...bound, reason: seal('reason', reason) }
      const extra = { ...this.#whom(person), ...(until > 0 && { until }), ...because(reason) }
      this.#act(asked, view, what, value, extra, { person, cut })
    })
  }

  /** Lifts all bans and kicks, or all mutes, of a person in the room that this person's rank can lift. */
  free(asked: Asked, { do: what, room, who, reason = '' }: CommandOf<'unban' | 'unmute'>): void {
    this.#person(asked, room, who, reason, (view, person) => {
      const all = (what === 'unban' ? view.bans : view.mutes).filter(({ target }) => target === person)
      const rank = rankOf(view, this.#core.me)
      const mine = all.filter((binding) => binding.rank <= rank)
      if (all.length === 0) return this.#answers.result(asked, null)
      if (mine.length === 0) return this.#forbid(asked, view, what)
      const value = (seal: SealText): BodyValue => ({
        kind: 'lift',
        lifts: idsOf(mine),
        reason: seal('reason', reason),
      })
      this.#act(asked, view, what, value, { ...this.#whom(person), ...because(reason) })
    })
  }

  role(asked: Asked, { room, who, role, reason = '' }: CommandOf<'role'>): void {
    this.#person(asked, room, who, reason, (view, person) => {
      const isModerator = rankOf(view, person) >= 2
      if (isModerator === (role === 'moderator')) return this.#answers.result(asked, null)
      if (this.#isOneself(view, person)) return this.#answers.refuse(asked, 'NICK_SELF')
      const ended = [...view.demotions, ...view.bans].filter(({ target }) => target === person)
      const cut = role === 'moderator' ? NO_CUTTING : this.#cut(view, person, [0, 1])
      const value = (seal: SealText): BodyValue => ({
        kind: 'role',
        target: fromHex(person),
        rank: role === 'moderator' ? 2 : 1,
        cut: cut.own,
        lifts: role === 'moderator' ? idsOf(ended) : NONE,
        reason: seal('reason', reason),
      })
      this.#act(
        asked,
        view,
        'role',
        value,
        { ...this.#whom(person), role, ...because(reason) },
        { person, cut },
      )
    })
  }

  roles(asked: Asked, room: string): void {
    const view = this.#finding.room(asked, room)
    if (!view) return
    const ranked = [...view.ranks].sort(([, a], [, b]) => b - a)
    this.#answers.result(
      asked,
      ranked.map(([person, rank]) => ({
        ...this.#core.people.labelled(person),
        role: rank === 2 ? 'moderator' : 'owner',
      })),
    )
  }

  // --- messages ---------------------------------------------------------------------------------------------------

  hide(asked: Asked, { room, message, on, reason = '' }: CommandOf<'hide'>): void {
    // What is hidden is found by its whole id only: it is in no list any more.
    if (!on) return this.#unhide(asked, room, message, reason)
    this.#message(asked, room, message, reason, (view, id, author) => {
      if (this.#isSettled(view, id)) return this.#forbid(asked, view, 'hide')
      const value = (seal: SealText): BodyValue => ({
        kind: 'hide',
        target: fromHex(id),
        hidden: true,
        reason: seal('reason', reason),
      })
      this.#act(asked, view, 'hide', value, { ...this.#whom(author), message: id, ...because(reason) })
    })
  }

  #unhide(asked: Asked, room: string, message: string, reason: string): void {
    const view = this.#finding.memberRoom(asked, room)
    if (!view) return
    const digits = message.replace(/^\^/, '')
    const [id, ...more] = [...view.hidden].filter((each) => each.startsWith(digits))
    const event = id && this.#core.replica.find(id)
    if (!id || !event || more.length > 0 || digits.length < 4)
      return this.#answers.refuse(asked, more.length > 0 ? 'MESSAGE_AMBIGUOUS' : 'MESSAGE_UNKNOWN', {
        message,
      })
    if (this.#isSettled(view, id)) return this.#forbid(asked, view, 'unhide')
    const value = (seal: SealText): BodyValue => ({
      kind: 'hide',
      target: fromHex(id),
      hidden: false,
      reason: seal('reason', reason),
    })
    this.#act(asked, view, 'unhide', value, { ...this.#whom(event.author), message: id, ...because(reason) })
  }

  /** Has somebody of a higher rank hidden this message, or shown it again? Their word stands. */
  #isSettled(view: RoomView, message: EventId): boolean {
    const rank = rankOf(view, this.#core.me)
    for (const { event, body } of this.#core.views.controls(view.id)) {
      if (body?.kind !== 'hide' || eventId(body.target) !== message) continue
      if (!view.counted.has(event.id) || view.ended.has(event.id)) continue
      if (rankOf(view, view.personOf(event.author)) > rank) return true
    }
    return false
  }

  pin(asked: Asked, { room, message, on, reason = '' }: CommandOf<'pin'>): void {
    this.#message(asked, room, message, reason, (view, id, author) => {
      if (view.pins.includes(id) === on) return this.#answers.result(asked, null)
      if (on && pinsShown(this.#core, view).length >= PINS_MAX)
        return this.#answers.refuse(asked, 'TOO_MANY', { what: 'pinned messages', max: PINS_MAX })
      const value = (seal: SealText): BodyValue => ({
        kind: 'pin',
        target: fromHex(id),
        pinned: on,
        reason: seal('reason', reason),
      })
      this.#act(asked, view, on ? 'pin' : 'unpin', value, {
        ...this.#whom(author),
        message: id,
        ...because(reason),
      })
    })
  }

  // --- the room ---------------------------------------------------------------------------------------------------

  set(asked: Asked, { room, setting, value: number, reason = '' }: CommandOf<'set'>): void {
    const view = this.#finding.room(asked, room)
    if (!view || this.#answers.refusesReason(asked, reason)) return
    const now = {
      max: view.max,
      readonly: view.settings.readOnly,
      slow: view.settings.slowS,
      newcomers: view.settings.newcomers,
      visible: view.settings.visibleDays,
    }
    if (Number(now[setting]) === number) return this.#answers.result(asked, null)
    const persons = setting === 'newcomers' && number > 0 ? this.#known(asked, view) : NONE
    if (!persons) return
    const value = (seal: SealText): BodyValue => ({
      kind: 'settings',
      setting: SETTINGS[setting],
      value: number,
      persons,
      reason: seal('reason', reason),
    })
    this.#act(asked, view, 'settings', value, { setting, value: number, ...because(reason) })
  }

  lock(asked: Asked, { room, on, reason = '' }: CommandOf<'lock'>): void {
    const view = this.#finding.room(asked, room)
    if (!view || this.#answers.refusesReason(asked, reason)) return
    if (view.settings.locked === on) return this.#answers.result(asked, null)
    const persons = on ? this.#known(asked, view) : NONE
    if (!persons) return
    const value = (seal: SealText): BodyValue => ({
      kind: 'settings',
      setting: SETTING.locked,
      value: Number(on),
      persons,
      reason: seal('reason', reason),
    })
    this.#act(asked, view, on ? 'lock' : 'unlock', value, because(reason))
  }

  topic(asked: Asked, { room, topic, reason = '' }: CommandOf<'topic'>): void {
    const view = this.#finding.room(asked, room)
    if (!view || this.#answers.refusesReason(asked, reason)) return
    const present = this.#core.private.openTopic(view) ?? ''
    if (topic === undefined)
      return this.#answers.result(asked, { room: this.#core.roomName(view), topic: present })
    if (this.#answers.refusesTopic(asked, topic)) return
    if (topic === present) return this.#answers.result(asked, null)
    const value = (seal: SealText): BodyValue => ({
      kind: 'topic',
      topic: seal('topic', topic),
      reason: seal('reason', reason),
    })
    this.#act(asked, view, 'topic', value, { topic, ...because(reason) })
  }

  // --- their parts ------------------------------------------------------------------------------------------------

  #person(
    asked: Asked,
    room: string,
    who: string,
    reason: string,
    then: (view: RoomView, person: PersonKey) => void,
  ): void {
    if (this.#answers.refusesReason(asked, reason)) return
    const view = this.#finding.room(asked, room)
    const person = view && this.#finding.person(asked, who)
    if (view && person) then(view, person)
  }

  #message(
    asked: Asked,
    room: string,
    message: string,
    reason: string,
    then: (view: RoomView, id: EventId, author: PersonKey) => void,
  ): void {
    if (this.#answers.refusesReason(asked, reason)) return
    this.#which.message(asked, room, message, 'all', ({ view, event }) => then(view, event.id, event.author))
  }

  /**
   * Writes the act where it would count; the answer says what happened, as everybody in the room is told it. off: whom it cuts
   * off, and where.
   */
  #act(
    asked: Asked,
    view: RoomView,
    event: SystemEvent['event'],
    value: (seal: SealText) => BodyValue,
    extra: Partial<SystemEvent>,
    off?: { readonly person: PersonKey; readonly cut: Cutting },
  ): void {
    const { me: self, people } = this.#core
    const room = this.#core.roomName(view)
    const denial = denialOfAct(
      view,
      self,
      value((_, text) => text),
    )
    if (denial) return this.#forbid(asked, view, event, denial)
    const by = extra.user ? { by: people.labelled(self) } : {}
    const then = () => {
      this.#answers.system(asked, event, room, { ...by, ...extra })
      if (off) tellLeftOut(this.#core, off.person, off.cut)
    }
    const before = (off?.cut.before ?? []).map((cut): BodyValue => ({ kind: 'cut', cut, cuts: NONE }))
    const isWritten = this.#writer.act(view, value, then, before)
    if (!isWritten) this.#answers.refuse(asked, 'KEY_MISSING', { nick: room ?? 'This person' })
  }

  #forbid(asked: Asked, view: RoomView, action: string, denial = 'NOT_ALLOWED'): void {
    const room = this.#core.roomName(view) ?? 'a talk'
    this.#answers.deny(asked, denial, view, { room, action: AS_VERB[action] ?? action })
  }

  /** Whoever may act on others, and named themselves. */
  #isOneself(view: RoomView, person: PersonKey): boolean {
    return person === this.#core.me && rankOf(view, person) >= 2
  }

  #whom(person: PersonKey) {
    return { user: this.#core.people.labelled(person) }
  }

  /** Where the person's lanes in this room end here, in as many parts as they need. classes: 0 control, 1 content. */
  #cut(view: RoomView, person: PersonKey, classes: readonly (0 | 1)[]): Cutting {
    const { replica } = this.#core
    const held: HeldLane[] = []
    for (const device of this.#core.views.network().devices.ever(person))
      for (const cls of classes)
        for (const { room, lane, n, id } of replica.lanes(view.id, cls, device))
          held.push({ room, lane, n, id, t: replica.event(room, device, lane, n)?.t ?? 0 })
    return cutting(held, withoutRooms)
  }

  /** Members, and who has written here, so far: whom a setting for the new does not concern. */
  #known(asked: Asked, view: RoomView): Uint8Array | undefined {
    const persons = new Set<PersonKey>(view.members)
    for (const { author } of this.#core.replica.lanes(view.id, 1)) persons.add(view.personOf(author))
    if (persons.size <= LISTED_PERSONS_MAX) return concat(...[...persons].map(fromHex))
    const room = this.#core.roomName(view) ?? 'this room'
    const next = 'Nothing was changed: /ban keeps single people out, and a new room begins empty.'
    this.#answers.refuse(asked, 'ROOM_TOO_LARGE', { room, max: LISTED_PERSONS_MAX, what: 'people', next })
    return undefined
  }
}

/** What does not say by its name alone what one does. */
const AS_VERB: Readonly<Record<string, string>> = {
  role: 'change roles',
  settings: 'change settings',
  topic: 'change the topic',
}
const because = (reason: string) => (reason === '' ? {} : { reason })
/** As many as one event names; the rest, if ever, by the next. */
const idsOf = (events: readonly { readonly id: EventId }[]) =>
  concat(...events.slice(0, 256).map(({ id }) => fromHex(id)))
