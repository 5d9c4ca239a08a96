/**
 * Acts: what people ask for, turned into events or answers; and what others' control events are told as. Each command
 * gets exactly one answer, in the order of asking.
 */
import { concat, fromHex, hex } from '../wire/bytes.ts'
import { decodeBody, encodeBody } from '../wire/codec.ts'
import { skeleton } from '../wire/confusable.ts'
import type { Event } from '../wire/event.ts'
import {
  type EventId,
  generalRoom,
  madeRoom,
  NETWORK_ROOM,
  type PersonKey,
  type PlaceId,
  type RoomId,
  talkRoom,
} from '../wire/ids.ts'
import { type BodyValue, kindName, kindNumber } from '../wire/kinds.ts'
import { TEXT_BYTES_MAX } from '../wire/limits.ts'
import { checkNick, checkRoomName, nameFaultText, proposeNick } from '../wire/name.ts'
import { explainRefusal, type RefusalCode } from '../wire/refusal.ts'
import { viewOf } from './choice.ts'
import type { Core } from './core.ts'
import type { RoomLine, Writing } from './core-io.ts'
import type { Answer, Command, StatusData, SystemEvent } from './events.ts'
import type { Told } from './outbox.ts'
import { type RoomView, readPersons } from './rooms.ts'
import { searchWords } from './timeline.ts'

/** The hub answers a question within this, or the own view decides. */
const PERMIT_MS = 1000
/** One code of refusal is told at most this often. */
const REFUSAL_MS = 10_000
const REFUSALS_MAX = 64
const TEXT_CLASS_FAULT = /\S/u

interface Slot {
  readonly slot: number
  readonly ref: unknown
  readonly command: string
  answer?: Answer
  behind?: () => void
}

export class Acts {
  readonly #core: Core
  /** Commands without an answer yet, in order: answers leave in the same order. */
  readonly #slots: Slot[] = []
  /** Commands behind one that the hub is being asked about: what they mean may depend on its answer. */
  readonly #held: (() => void)[] = []
  readonly #permits = new Map<number, { until: number; then: (code: string) => void }>()
  #nextPermit = 1
  /** Own messages on disk whose `sent` waits behind an earlier answer, and what was acknowledged of them meanwhile. */
  readonly #unsaid = new Map<EventId, Told[]>()
  /** Refusals by the hub that people were told lately, by code, and when. */
  readonly #toldRefusals = new Map<string, number>()
  readonly #startedNow: number

  constructor(core: Core) {
    this.#core = core
    this.#startedNow = core.moment.now
  }

  /** Commands that have no answer yet. */
  get waiting(): number {
    return this.#slots.length + this.#held.length + this.#permits.size + this.#unsaid.size
  }

  // --- answering --------------------------------------------------------------------------------------------------

  execute(command: Command, ref: unknown, slot: number): void {
    if (this.#permits.size > 0) this.#held.push(() => this.#execute(command, ref, slot))
    else this.#execute(command, ref, slot)
  }

  #execute(command: Command, ref: unknown, slot: number): void {
    const place: Slot = { slot, ref, command: wordOf(command) }
    this.#slots.push(place)
    switch (command.do) {
      case 'say':
        return this.#say(place, command.room, command.text, command.action ?? false)
      case 'msg':
        return this.#message(place, command.to, command.text)
      case 'create':
        return this.#create(place, command)
      case 'join':
        return this.#join(place, command.room)
      case 'leave':
        return this.#leave(place, command.room)
      case 'delete':
        return this.#delete(place, command.room)
      case 'rooms':
        return this.#result(place, this.#rooms())
      case 'who':
        return this.#who(place, command.room)
      case 'hub':
        return this.#result(place, this.#hub())
      case 'status':
        return this.#result(place, this.#status())
      case 'history':
        return this.#history(place, command.room, command.count, command.before)
      case 'search':
        return this.#search(place, command.words, command.room, command.count)
      case 'nick':
        return this.#nick(place, command.name)
      case 'invite':
        return this.#invite(place, command.room, command.to)
    }
  }

  /** Settles a slot; answers leave once all before it have left. then: what is told right behind the answer. */
  #answer(place: Slot, answer: Answer, then?: () => void): void {
    place.answer = answer
    if (then) place.behind = then
    while (this.#slots.length > 0 && this.#slots[0]!.answer) {
      const first = this.#slots.shift()!
      this.#core.tell(first.answer!)
      this.#core.answer(first.slot, first.answer!)
      first.behind?.()
    }
  }

  #result(place: Slot, data: unknown): void {
    this.#answer(place, { type: 'result', command: place.command, data, ...refOf(place) })
  }

  #refuse(place: Slot, code: RefusalCode | string, values: Record<string, string | number> = {}): void {
    const message = explainRefusal(code, 'no reason was given', values)
    this.#answer(place, { type: 'error', code, message, command: place.command, ...refOf(place) })
  }

  #system(
    place: Slot,
    event: SystemEvent['event'],
    room: string | null,
    extra: Partial<SystemEvent> = {},
  ): void {
    const user = this.#core.people.who(this.#core.self)
    this.#answer(place, { type: 'system', event, room, user, ...extra, ...refOf(place) })
  }

  // --- posting ----------------------------------------------------------------------------------------------------

  #say(place: Slot, roomText: string, text: string, action: boolean): void {
    const fault = textFault(text)
    if (fault) return this.#refuse(place, fault, { bytes: utf8Length(text), max: TEXT_BYTES_MAX })
    const view = this.#resolve(place, roomText)
    if (!view) return
    if (!this.#core.isMember(view)) return this.#refuse(place, 'NOT_MEMBER', { room: roomText })
    const denial = this.denial(this.#core.self, view.id, 1)
    if (denial) return this.#refuse(place, denial, { room: roomText, action: 'write' })
    this.#post(place, view, text, action)
  }

  #message(place: Slot, to: string, text: string): void {
    const fault = textFault(text)
    if (fault) return this.#refuse(place, fault, { bytes: utf8Length(text), max: TEXT_BYTES_MAX })
    const { people, self, options } = this.#core
    const other = this.#person(place, to)
    if (!other) return
    if (other === self) return this.#refuse(place, 'NICK_UNKNOWN', { nick: to })
    if (!people.boxKey(other)) return this.#refuse(place, 'KEY_MISSING', { nick: to })
    const room = talkRoom(options.crypto, options.net, self, other)
    if (!this.#core.views.room(room)) {
      const persons = concat(...[self, other].sort().map(fromHex))
      this.#write(room, { kind: 'create', type: 2, name: '', topic: '', max: 0, persons })
    }
    const view = this.#core.views.room(room)
    if (!view) return this.#refuse(place, 'NICK_UNKNOWN', { nick: to })
    this.#post(place, view, text, false)
  }

  /** The one person meant; answers the slot where there is none. */
  #person(place: Slot, text: string): PersonKey | undefined {
    const { people } = this.#core
    const found = people.resolve(text)
    if (found.is === 'one') return found.key
    if (found.is === 'unknown') this.#refuse(place, 'NICK_UNKNOWN', { nick: text })
    else {
      const choices = found.keys.map((key) => people.handle(key)).join(', ')
      this.#refuse(place, 'NICK_AMBIGUOUS', { nick: text, choices })
    }
    return undefined
  }

  #post(place: Slot, view: RoomView, text: string, action: boolean): void {
    const value = { kind: 'message', text, action, replyTo: null } as const
    const key = view.persons ? this.#roomKey(view) : undefined
    if (view.persons && !key)
      return this.#refuse(place, 'KEY_MISSING', { nick: this.#core.roomName(view) ?? 'This person' })
    const body = (t: number) =>
      key
        ? this.#core.private.seal(view.id, key, t, value)
        : encodeBody(this.#core.options.crypto.random(16), value)
    const writing = { kind: kindNumber('message'), body, isSaid: true }
    const [written] = this.#core.write(view.id, [writing], ([event]) => {
      const room = this.#core.roomName(view)
      const other =
        view.type === 'talk' ? [...view.persons!].find((person) => person !== this.#core.self) : undefined
      const to = other && { to: this.#core.people.who(other) }
      this.#unsaid.set(event!.id, [])
      this.#answer(place, { type: 'sent', id: event!.id, room, ...to, text, ...refOf(place) }, () => {
        this.#core.display.typed(view, event!, value)
        const acks = this.#unsaid.get(event!.id)!
        this.#unsaid.delete(event!.id)
        for (const ack of acks) this.#core.tellAck(ack)
      })
    })
    this.#core.display.expect(written!.id)
  }

  /** True where this has to wait for the event's own `sent`. */
  holds(told: Told): boolean {
    return this.#unsaid.get(told.event.id)?.push(told) !== undefined
  }

  /** The key to write with: a new one where none is sealed to exactly the present members. */
  #roomKey(view: RoomView) {
    const members = view.type === 'talk' ? view.persons! : view.members
    const present = this.#core.private.present(view.id, members)
    if (present) return present
    const key = this.#core.private.newKey()
    const salt = this.#core.options.crypto.random(16)
    const value = this.#core.private.keyBody(view.id, salt, key, members)
    if (!value) return undefined
    this.#core.write(view.id, [{ kind: kindNumber('key'), body: () => encodeBody(salt, value) }], () => {})
    return key
  }

  #write(
    room: RoomId,
    value: BodyValue,
    then: (event: Event) => void = () => {},
    salt = this.#core.options.crypto.random(16),
  ): readonly Event[] {
    const writing: Writing = { kind: kindNumber(value.kind), body: () => encodeBody(salt, value) }
    return this.#core.write(room, [writing], ([event]) => then(event!))
  }

  // --- rooms ------------------------------------------------------------------------------------------------------

  /** The room a person means; answers the slot where there is none. */
  #resolve(place: Slot, text: string): RoomView | undefined {
    const found = this.#findRooms(text)
    if (found.length === 1) return found[0]
    if (found.length === 0) this.#refuse(place, 'ROOM_UNKNOWN', { room: text })
    else
      this.#refuse(place, 'ROOM_AMBIGUOUS', {
        room: text,
        choices: found.map((view) => this.#core.people.roomHandle(view.id)).join(', '),
      })
    return undefined
  }

  #findRooms(text: string): RoomView[] {
    const known = new Map([...this.#known()].map((view) => [view.id, view]))
    // Asking for the names meets them all: a room that nobody has looked at yet has its label too.
    for (const view of known.values()) this.#core.roomName(view)
    const found = this.#core.people.resolveRoom(text)
    if (found.is === 'unknown') return []
    const keys = found.is === 'one' ? [found.key] : found.keys
    const views = keys.flatMap((key) => known.get(key) ?? [])
    // Several go by this name, but only one shows it plainly here.
    const plain = views.filter((view) => this.#core.roomName(view) === text)
    return plain.length === 1 ? plain : views
  }

  /** Rooms that this person may see, talks left out. */
  *#known(): Iterable<RoomView> {
    const { views, options, self } = this.#core
    const general = generalRoom(options.crypto, options.net)
    const ids = new Set<RoomId>([general, ...views.ids()])
    for (const id of ids) {
      if (id === NETWORK_ROOM) continue
      const view = views.room(id)
      if (!view || view.deleted || view.type === 'talk') continue
      if (view.persons && !view.persons.has(self)) continue
      yield view
    }
  }

  joinedRooms(): RoomId[] {
    const rooms = [...this.#known()].filter((view) => this.#core.isMember(view)).map((view) => view.id)
    const talks: RoomId[] = []
    for (const id of this.#core.views.ids()) {
      const view = this.#core.views.room(id)
      if (view?.type === 'talk' && view.persons!.has(this.#core.self)) talks.push(id)
    }
    return [...rooms, ...talks]
  }

  #create(place: Slot, command: Extract<Command, { do: 'create' }>): void {
    const checked = checkRoomName(command.room)
    if ('fault' in checked)
      return this.#refuse(place, 'ROOM_NAME_INVALID', {
        room: command.room,
        why: nameFaultText(checked.fault),
      })
    const name = checked.ok
    if (command.private) return this.#createPrivate(place, name, command)
    this.#permit('create', NETWORK_ROOM, name, (code) => {
      if (code) return this.#refuse(place, code, { room: name })
      const { options, self } = this.#core
      const salt = options.crypto.random(16)
      const room = madeRoom(options.crypto, options.net, self, salt)
      const value: BodyValue = {
        kind: 'create',
        type: 0,
        name,
        topic: command.topic ?? '',
        max: command.max ?? 0,
        persons: new Uint8Array(0),
      }
      this.#write(room, value, () => this.#system(place, 'create', this.#nameOf(room) ?? name), salt)
    })
  }

  #createPrivate(place: Slot, name: string, command: Extract<Command, { do: 'create' }>): void {
    if (this.#findRooms(name).length > 0) return this.#refuse(place, 'ROOM_NAME_TAKEN', { room: name })
    const { options, self } = this.#core
    const secrets = this.#core.private
    const salt = options.crypto.random(16)
    const room = madeRoom(options.crypto, options.net, self, salt)
    const key = secrets.newKey()
    const keySalt = options.crypto.random(16)
    const sealed = secrets.keyBody(room, keySalt, key, [self])!
    const body = (t: number) =>
      encodeBody(salt, {
        kind: 'create',
        type: 1,
        name: secrets.sealText(room, key, t, salt, 'name', name),
        topic: command.topic ? secrets.sealText(room, key, t, salt, 'topic', command.topic) : '',
        max: command.max ?? 0,
        persons: fromHex(self),
      })
    const writings = [
      { kind: kindNumber('create'), body },
      { kind: kindNumber('key'), body: () => encodeBody(keySalt, sealed) },
    ]
    this.#core.write(room, writings, () => this.#system(place, 'create', name))
  }

  #nameOf(room: RoomId): string | null | undefined {
    const view = this.#core.views.room(room)
    return view && this.#core.roomName(view)
  }

  #join(place: Slot, text: string): void {
    const view = this.#resolve(place, text)
    if (!view) return
    if (this.#core.isMember(view)) return this.#result(place, null)
    this.#permit('join', view.id, '', (code) => {
      if (code) return this.#refuse(place, code, { room: text })
      const kicks = view.bans
        .filter((ban) => ban.kick && ban.target === this.#core.self)
        .map((ban) => fromHex(ban.id))
      const [join] = this.#write(view.id, { kind: 'join', lifts: concat(...kicks) }, () =>
        this.#system(place, 'join', this.#nameOf(view.id) ?? text),
      )
      this.#core.joined(join!)
    })
  }

  #leave(place: Slot, text: string): void {
    const view = this.#resolve(place, text)
    if (!view) return
    if (view.type === 'general') return this.#refuse(place, 'ROOM_FIXED', { room: text, action: 'leave' })
    if (!this.#core.isMember(view)) return this.#result(place, null)
    const name = this.#nameOf(view.id) ?? text
    this.#write(view.id, { kind: 'leave' }, () => this.#system(place, 'leave', name))
  }

  #delete(place: Slot, text: string): void {
    const view = this.#resolve(place, text)
    if (!view) return
    if (view.type === 'general') return this.#refuse(place, 'ROOM_FIXED', { room: text, action: 'delete' })
    if ((view.ranks.get(this.#core.self) ?? 1) < 3)
      return this.#refuse(place, 'NOT_ALLOWED', { room: text, action: 'delete' })
    const name = this.#nameOf(view.id) ?? text
    this.#write(view.id, { kind: 'delete', reason: '' }, () => this.#system(place, 'delete', name))
  }

  /** Names a person in a private room, and gives them the key of its name, so that they see where they are invited to. */
  #invite(place: Slot, text: string, to: string): void {
    const view = this.#resolve(place, text)
    if (!view) return
    if (!view.persons || (view.ranks.get(this.#core.self) ?? 1) < 2)
      return this.#refuse(place, 'NOT_ALLOWED', { room: text, action: 'invite' })
    const person = this.#person(place, to)
    if (!person) return
    if (view.persons.has(person)) return this.#result(place, null)
    const { private: secrets, people, options } = this.#core
    const nameKey = secrets.nameKey(view)
    const salt = options.crypto.random(16)
    const sealed = nameKey && secrets.keyBody(view.id, salt, nameKey, [person])
    if (!sealed) return this.#refuse(place, 'KEY_MISSING', { nick: to })
    const invite: BodyValue = { kind: 'invite', persons: fromHex(person) }
    const writings = [
      { kind: kindNumber('invite'), body: () => encodeBody(options.crypto.random(16), invite) },
      { kind: kindNumber('key'), body: () => encodeBody(salt, sealed) },
    ]
    this.#core.write(view.id, writings, () => {
      const by = people.who(this.#core.self)
      const room = this.#nameOf(view.id) ?? text
      this.#answer(place, {
        type: 'system',
        event: 'invite',
        room,
        user: people.who(person),
        by,
        ...refOf(place),
      })
    })
  }

  // --- questions --------------------------------------------------------------------------------------------------

  #rooms() {
    return [...this.#known()].map((view) => ({
      name: this.#core.roomName(view),
      members: view.members.size,
      joined: this.#core.isMember(view),
      ...(typeof view.topic === 'string' && view.topic !== '' && { topic: view.topic }),
      ...(view.persons && { private: true }),
    }))
  }

  #who(place: Slot, text: string | undefined): void {
    let persons: Iterable<PersonKey> = new Set([
      ...this.#core.views.network().profiles.keys(),
      ...this.#core.onlineKeys(),
    ])
    if (text !== undefined) {
      const view = this.#resolve(place, text)
      if (!view) return
      persons = view.members
    }
    const { people, self } = this.#core
    const list = [...persons].map((person) => ({
      ...people.labelled(person),
      online: this.#core.isOnline(person),
      ...(person === self && { self: true as const }),
    }))
    // Who is here first: a network keeps everybody who ever came.
    const here = list.filter(({ online }) => online)
    this.#result(place, [...here, ...list.filter(({ online }) => !online)])
  }

  #hub() {
    const { people, choice } = this.#core
    const hub = this.#core.hubInfo() ?? null
    return {
      hub,
      epoch: this.#core.epoch,
      members: this.#core.isOffline ? 0 : [...this.#core.onlineKeys()].length,
      line: this.#core.line.map((key) => people.who(key)),
      ranks: viewOf(choice).ranks,
    }
  }

  #status(): StatusData {
    const core = this.#core
    const { people, self, options, outbox } = core
    const copies = outbox.latestCopies
    return {
      self: people.who(self),
      network: options.network,
      ...(core.place && { place: core.place.ids[0]! as string }),
      ...this.#hub(),
      unstored: outbox.unstored,
      ...(copies !== undefined && { copies }),
      links: [...core.linksUp()],
      online: core.isOffline ? [] : [...core.onlineKeys()].map((key) => people.who(key)),
      stored: this.#stored(),
      taken: core.taken,
      uptimeMs: Math.max(0, Math.round(core.moment.now - this.#startedNow)),
    }
  }

  #stored() {
    const { replica } = this.#core
    let [events, rooms] = [0, 0]
    for (const room of replica.rooms()) {
      rooms += 1
      for (const cls of [0, 1] as const) for (const { n } of replica.lanes(room, cls)) events += n
    }
    return { events, rooms }
  }

  #history(place: Slot, text: string, count: number, before?: string): void {
    const view = this.#resolve(place, text)
    if (!view) return
    if (!this.#core.isMember(view)) return this.#refuse(place, 'NOT_MEMBER', { room: text })
    this.#core.lines(
      [view.id],
      Math.max(1, Math.min(1000, count)),
      (lines) =>
        this.#result(
          place,
          lines.map(({ message }) => message),
        ),
      before === undefined ? {} : { before },
    )
  }

  #search(place: Slot, words: string, text: string | undefined, count: number): void {
    const view = text === undefined ? undefined : this.#resolve(place, text)
    if (text !== undefined && !view) return
    if (view && !this.#core.isMember(view)) return this.#refuse(place, 'NOT_MEMBER', { room: text! })
    const most = Math.max(1, Math.min(1000, count))
    const rooms = view ? [view.id] : this.joinedRooms()
    const found = (lines: readonly RoomLine[]) => {
      const messages = lines.map(({ message }) => message)
      messages.sort((a, b) => (a.order < b.order ? 1 : -1))
      this.#result(place, messages.slice(0, most))
    }
    this.#core.lines(rooms, most, found, { words: searchWords(words) })
  }

  // --- people -----------------------------------------------------------------------------------------------------

  #nick(place: Slot, name: string): void {
    const checked = checkNick(name)
    if ('fault' in checked) {
      const why = nameFaultText(checked.fault)
      return this.#refuse(place, 'NICK_INVALID', { nick: name, why, proposal: proposeNick(name) })
    }
    if (this.#core.people.who(this.#core.self).name === checked.ok) return this.#result(place, null)
    this.#writeProfile(checked.ok, () => this.#system(place, 'nick', null))
  }

  /** Writes the own profile where it is missing or says something else. */
  announceSelf(): void {
    const { views, self, options } = this.#core
    const profile = views.network().profiles.get(self)
    const boxKey = this.#core.private.boxKeys.publicKey
    const isSame = profile && hex(profile.boxKey) === hex(boxKey) && profile.about === (options.about ?? '')
    if (isSame && (profile.nick === options.nick || !options.renames)) return
    this.#writeProfile(options.renames ? options.nick : (profile?.nick ?? options.nick), () => {})
  }

  #writeProfile(nick: string, then: () => void): void {
    const boxKey = this.#core.private.boxKeys.publicKey
    const about = this.#core.options.about ?? ''
    this.#write(NETWORK_ROOM, { kind: 'profile', nick, boxKey, about }, then)
  }

  /** Two ids are one place from now on, for all who hold this event. */
  aliasPlaces([a, b]: readonly [PlaceId, PlaceId]): void {
    this.#write(NETWORK_ROOM, { kind: 'place', a: fromHex(a), b: fromHex(b) })
  }

  // --- permission -------------------------------------------------------------------------------------------------

  /** Why an author's event would not count in a room: a refusal code; undefined: it would. */
  denial(author: PersonKey, room: RoomId, cls: 0 | 1): string | undefined {
    const view = this.#core.views.room(room)
    if (!view) return undefined
    if (cls === 1 && view.deleted) return 'ROOM_UNKNOWN'
    if (view.persons && !view.persons.has(author)) return 'NOT_MEMBER'
    if (cls === 1 && view.bans.some((ban) => ban.target === author)) return 'BANNED'
    return undefined
  }

  /** The hub's answer to "may I": a refusal code; undefined: yes. */
  permit(person: PersonKey, action: 'create' | 'join', room: RoomId, name: string): string | undefined {
    if (action === 'create') {
      const wanted = skeleton(name)
      for (const view of this.#public())
        if (typeof view.name === 'string' && skeleton(view.name) === wanted) return 'ROOM_NAME_TAKEN'
      return wanted === skeleton('general') ? 'ROOM_NAME_TAKEN' : undefined
    }
    const view = this.#core.views.room(room)
    if (!view || view.deleted) return 'ROOM_UNKNOWN'
    if (view.bans.some((ban) => ban.target === person && !ban.kick)) return 'BANNED'
    if (view.persons && !view.persons.has(person)) return 'NOT_MEMBER'
    return view.max > 0 && view.members.size >= view.max && !view.members.has(person)
      ? 'ROOM_FULL'
      : undefined
  }

  *#public(): Iterable<RoomView> {
    for (const id of this.#core.views.ids()) {
      const view = id === NETWORK_ROOM ? undefined : this.#core.views.room(id)
      if (view?.type === 'public' && !view.deleted) yield view
    }
  }

  /** Asks the hub; without one the own view decides. */
  #permit(action: 'create' | 'join', room: RoomId, name: string, then: (code: string) => void): void {
    const own = this.permit(this.#core.self, action, room, name)
    if (own) return then(own)
    if (this.#core.isHub) return then(this.#core.permitSelf(action, room, skeleton(name)) ?? '')
    const ref = this.#nextPermit++
    const frame = {
      type: 'permitAsk' as const,
      ref,
      action: action === 'create' ? 0 : 1,
      room: fromHex(room),
      name,
    }
    if (!this.#core.askHub(frame)) return then('')
    this.#permits.set(ref, { until: this.#core.moment.now + PERMIT_MS, then })
  }

  /** When a question to the hub is given up, monotonic ms. */
  dueAt(): number {
    return Math.min(Number.POSITIVE_INFINITY, ...[...this.#permits.values()].map(({ until }) => until))
  }

  permitted(ref: number, code: string): void {
    const asked = this.#permits.get(ref)
    if (!asked) return
    this.#permits.delete(ref)
    asked.then(code)
    // The next of them may ask too, and hold up the rest.
    while (this.#permits.size === 0 && this.#held.length > 0) this.#held.shift()!()
  }

  tick(): void {
    for (const [ref, { until }] of [...this.#permits])
      if (this.#core.moment.now >= until) this.permitted(ref, '')
  }

  /**
   * The hub will not relay an own event: people are told, once in a while, unless this node sees the same reason and
   * said so already. The event stays in the outbox while it may still count.
   */
  refused(id: EventId, code: string): void {
    const event = this.#core.replica.find(id)
    if (code === 'RATE_LIMITED' || !event) return
    const { now } = this.#core.moment
    const view = this.#core.views.room(event.room)
    if (view?.deleted || now - (this.#toldRefusals.get(code) ?? Number.NEGATIVE_INFINITY) < REFUSAL_MS) return
    this.#toldRefusals.set(code, now)
    if (this.#toldRefusals.size > REFUSALS_MAX)
      this.#toldRefusals.delete(this.#toldRefusals.keys().next().value!)
    const room = (view && this.#core.roomName(view)) ?? 'this talk'
    this.#core.tell({ type: 'error', code, message: explainRefusal(code, id.slice(0, 8), { room }) })
  }

  // --- telling of others' acts ------------------------------------------------------------------------------------

  /** A control event has come into a counted prefix: told once ready, when it happened after this process's start. */
  counted(event: Event): void {
    const { people, self, views } = this.#core
    const isRenamed = people.met(event.author)
    if (!this.#core.isReady || event.author === self || event.at < this.#core.startedAt) return
    const view = views.room(event.room)
    const user = people.who(event.author)
    const name = kindName(event.kind)
    const body = this.#core.replica.body(event.id)
    const value = body && decodeBody(event.kind, body)
    if (event.room === NETWORK_ROOM) {
      if (value?.kind === 'profile' && isRenamed)
        this.#core.tell({ type: 'system', event: 'nick', room: null, user })
      return
    }
    if (!view || view.type === 'talk' || (!view.counted.has(event.id) && name !== 'delete')) return
    const room = this.#core.roomName(view)
    const isPublicNews = view.type === 'public' && (name === 'create' || name === 'delete')
    if (!isPublicNews && !this.#core.isMember(view) && !(view.persons?.has(self) ?? false)) return
    switch (value?.kind) {
      case 'create':
      case 'join':
      case 'leave':
      case 'delete':
      case 'topic':
        this.#core.tell({ type: 'system', event: value.kind, room, user })
        return
      case 'ban':
      case 'role': {
        const target = hex(value.target) as PersonKey
        const what = value.kind === 'role' ? 'role' : value.kick ? 'kick' : 'ban'
        this.#core.tell({ type: 'system', event: what, room, user: people.who(target), by: user })
        return
      }
      case 'invite':
        for (const person of readPersons(value.persons))
          this.#core.tell({ type: 'system', event: 'invite', room, user: people.who(person), by: user })
        return
      case 'lift':
        this.#core.tell({ type: 'system', event: 'unban', room, user })
        return
      default:
    }
  }
}

const refOf = (place: Slot) => (place.ref === undefined ? {} : { ref: place.ref })
const utf8Length = (text: string) => new TextEncoder().encode(text).length

function textFault(text: string): 'TEXT_EMPTY' | 'TEXT_TOO_LONG' | undefined {
  if (!TEXT_CLASS_FAULT.test(text)) return 'TEXT_EMPTY'
  return utf8Length(text) > TEXT_BYTES_MAX ? 'TEXT_TOO_LONG' : undefined
}

function wordOf(command: Command): string {
  return command.do === 'say' ? (command.action ? '/me' : '/group_msg') : `/${command.do}`
}
