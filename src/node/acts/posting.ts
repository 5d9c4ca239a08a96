/** Posting: what people say in rooms and to each other, and the order of `sent`, the message itself and its acks. */
import { type EventId, type LaneId, type PersonKey, type RoomId, talkRoom } from '../../wire/ids.ts'
import { kindNumber } from '../../wire/kinds.ts'
import { TEXT_BYTES_MAX } from '../../wire/limits.ts'
import { checkRoomName } from '../../wire/name.ts'
import { isWhole, utf8Length } from '../../wire/text.ts'
import type { Core } from '../core.ts'
import { orderOf } from '../display-order.ts'
import type { RoomView } from '../rooms.ts'
import { type Answers, type Asked, refOf, UNSTORED_MAX } from './answers.ts'
import type { Finding } from './finding.ts'
import { liftsOf } from './lifts.ts'
import { outboxFullTold } from './outbox-full.ts'
import { denialOf } from './permission.ts'
import { excessOf, excessTold } from './space.ts'
import type { Writer } from './writer.ts'

const NOT_BLANK = /\S/u
const MESSAGE = kindNumber('message')
/** People in a room that a message to several makes: more are better asked into a room of a name. */
const CIRCLE_MAX = 32
/** Rooms in which the time of the last own message is remembered, for slow mode. */
const SAID_ROOMS_MAX = 1000

export class Posting {
  readonly #core: Core
  readonly #answers: Answers
  readonly #finding: Finding
  readonly #writer: Writer
  /** Own messages on disk whose `sent` waits behind an earlier answer, and what is to be told of them behind it. */
  readonly #unsaid = new Map<EventId, (() => void)[]>()
  /** t of the last own message of this process, by room. */
  readonly #saidAt = new Map<RoomId, number>()

  constructor(core: Core, answers: Answers, finding: Finding, writer: Writer) {
    this.#core = core
    this.#answers = answers
    this.#finding = finding
    this.#writer = writer
  }

  get waiting(): number {
    return this.#unsaid.size
  }

  say(asked: Asked, roomText: string, text: string, action: boolean): void {
    // A talk is made by the first message in it.
    if (roomText.startsWith('@')) return this.message(asked, roomText.slice(1), text, action)
    if (this.isRefused(asked, text)) return
    const view = this.#finding.memberRoom(asked, roomText)
    if (view) this.post(asked, view, text, { action })
  }

  message(asked: Asked, to: string | readonly string[], text: string, action = false): void {
    if (this.isRefused(asked, text)) return
    const { people, me: self, options } = this.#core
    const others = new Set<PersonKey>()
    for (const nick of typeof to === 'string' ? [to] : to) {
      const other = this.#finding.person(asked, nick)
      if (!other) return
      if (other === self) return this.#answers.refuse(asked, 'NICK_SELF')
      if (this.#core.blocks.has(other)) return this.#answers.refuse(asked, 'BLOCKED', { nick })
      if (!people.boxKey(other)) return this.#answers.refuse(asked, 'KEY_MISSING', { nick })
      others.add(other)
    }
    const [other, ...more] = others
    if (!other) return this.#answers.refuse(asked, 'NICK_UNKNOWN', { nick: '' })
    if (more.length > 0) return this.#circle(asked, [...others], text)
    const room = talkRoom(options.crypto, options.net, self, other)
    if (!this.#core.views.room(room)) this.#writer.createTalk(room, other)
    const view = this.#core.views.room(room)
    if (!view) return this.#answers.refuse(asked, 'NICK_UNKNOWN', { nick: people.nick(other) })
    this.post(asked, view, text, { action })
  }

  /**
   * To several: in the room that a message to just these made before (of several the one of the least id), or in a new one.
   * What somebody made under a name, for something else, is not taken for it.
   */
  #circle(asked: Asked, others: readonly PersonKey[], text: string): void {
    const { people, me: self, views } = this.#core
    const all = [self, ...others]
    const excess = excessOf({ max: CIRCLE_MAX, isPrivate: true }, new Set(all), views.network().devices)
    if (excess)
      return this.#answers.refuse(asked, 'ROOM_TOO_LARGE', {
        room: 'this',
        ...excessTold(excess, CIRCLE_MAX),
        next:
          excess === 'people'
            ? 'Make a room for them: /create NAME --private --invite and their nicks.'
            : 'Write to fewer of them.',
      })
    const [known] = [...this.#finding.known()]
      .filter((view) => view.isCircle && isJust(view.persons!, all) && isJust(view.members, all))
      .sort((a, b) => (a.id < b.id ? -1 : 1))
    if (known) return this.post(asked, known, text)
    const name = circleName(all.map((person) => people.nick(person)))
    const room = this.#writer.createPrivate(name, all, { isCircle: true }, () => {})
    const view = room && this.#core.views.room(room)
    if (view) this.post(asked, view, text)
    else this.#answers.refuse(asked, 'KEY_MISSING', { nick: 'One of them' })
  }

  /** Answers a text that cannot be sent; true where it did. */
  isRefused(asked: Asked, text: string): boolean {
    const fault = textFault(text)
    if (fault) this.#answers.refuse(asked, fault, { bytes: utf8Length(text), max: TEXT_BYTES_MAX })
    return fault !== undefined
  }

  /** Answers where nothing that this person writes there is shown, or no more can wait to be stored; true where it did. */
  isDenied(asked: Asked, view: RoomView): boolean {
    const { views, me: self, outbox } = this.#core
    if (outbox.unstored >= UNSTORED_MAX) {
      this.#answers.refuse(asked, 'OUTBOX_FULL', {
        max: UNSTORED_MAX,
        ...outboxFullTold(this.#core.hubInfo()),
      })
      return true
    }
    const denial = denialOf(views, self, view.id, 1) ?? this.#againstNow(view)
    if (denial) this.#answers.deny(asked, denial, view, { action: 'write' }, this.#saidAt.get(view.id))
    return denial !== undefined
  }

  /** Which setting would keep what is written now from being shown. */
  #againstNow(view: RoomView): string | undefined {
    const { me: self, netNow } = this.#core
    const now = {
      t: netNow,
      author: self,
      id: 'f'.repeat(64) as EventId,
      lane: '' as LaneId,
      n: 0,
      kind: MESSAGE,
    }
    return view.ruleAgainst(now, () => this.#saidAt.get(view.id))
  }

  /** Says something in a room or talk that this person is in. */
  post(
    asked: Asked,
    view: RoomView,
    text: string,
    { action = false, replyTo = null }: { action?: boolean; replyTo?: Uint8Array | null } = {},
  ): void {
    const present = this.#endMute(view)
    if (this.isDenied(asked, present)) return
    const value = { kind: 'message', text, action, replyTo } as const
    const written = this.#writer.say(present, value, true, (event) => {
      const room = this.#core.roomName(view)
      const other =
        view.type === 'talk' ? [...view.persons!].find((person) => person !== this.#core.me) : undefined
      const to = other && { to: this.#core.people.labelled(other) }
      this.#unsaid.set(event.id, [])
      this.#answers.give(asked, { type: 'sent', id: event.id, room, ...to, text, ...refOf(asked) }, () => {
        this.#core.display.typed(view, event, value)
        const held = this.#unsaid.get(event.id)!
        this.#unsaid.delete(event.id)
        for (const tell of held) tell()
      })
    })
    if (!written)
      return this.#answers.refuse(asked, 'KEY_MISSING', { nick: this.#core.roomName(view) ?? 'This person' })
    this.#core.display.expect(written.id)
    this.#saidAt.delete(view.id)
    this.#saidAt.set(view.id, written.t)
    if (this.#saidAt.size > SAID_ROOMS_MAX) this.#saidAt.delete(this.#saidAt.keys().next().value!)
    // Who answers has read.
    this.#core.readMarks.move(view.id, orderOf(written))
    this.#core.markers.wrote(view.id, written.id, orderOf(written))
  }

  /** Mutes whose time is over end by own joins that name them. */
  #endMute(view: RoomView): RoomView {
    const { me: self, netNow, views } = this.#core
    const over = liftsOf(view.mutes, self, netNow)
    if (over.length === 0) return view
    for (const lifts of over) this.#writer.write(view.id, { kind: 'join', lifts })
    return views.room(view.id) ?? view
  }

  /** True where this has to wait for the event's own `sent`. */
  holds(id: EventId, tell: () => void): boolean {
    return this.#unsaid.get(id)?.push(tell) !== undefined
  }
}

function textFault(text: string): 'TEXT_EMPTY' | 'TEXT_TOO_LONG' | 'TEXT_INVALID' | undefined {
  if (!NOT_BLANK.test(text)) return 'TEXT_EMPTY'
  if (!isWhole(text)) return 'TEXT_INVALID'
  return utf8Length(text) > TEXT_BYTES_MAX ? 'TEXT_TOO_LONG' : undefined
}

const isJust = (people: ReadonlySet<PersonKey>, wanted: readonly PersonKey[]): boolean =>
  people.size === wanted.length && wanted.every((person) => people.has(person))

/** anna-bert-carl, shortened until it is a name; nicks of different scripts make none. */
function circleName(nicks: readonly string[]): string {
  for (let count = Math.min(nicks.length, 4); count > 1; count--) {
    const checked = checkRoomName(nicks.slice(0, count).sort().join('-'))
    if ('ok' in checked) return checked.ok
  }
  return 'circle'
}
