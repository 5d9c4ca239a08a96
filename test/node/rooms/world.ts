/** A small world for tests of rooms: named people, their lanes, and signed-looking events without signatures. */
import { nodeCrypto } from '../../../src/node/crypto.ts'
import {
  type ControlEvent,
  type CountedBan,
  type LaneFacts,
  type NetworkView,
  type RoomView,
  reduceNetwork,
  reduceRoom,
  SETTING,
  type SettingName,
} from '../../../src/node/rooms.ts'
import { concat, fromHex, hex, uint, utf8 } from '../../../src/wire/bytes.ts'
import { encodeBody, SALT_BYTES } from '../../../src/wire/codec.ts'
import { bodyHashOf, decodeHeader, type Event, encodeHeader, LANE_START } from '../../../src/wire/event.ts'
import {
  type EventId,
  generalRoom,
  type LaneId,
  madeRoom,
  NETWORK_ROOM,
  type NetId,
  type PersonKey,
  type RoomId,
  talkRoom,
} from '../../../src/wire/ids.ts'
import { type BodyOf, type BodyValue, kindNumber } from '../../../src/wire/kinds.ts'

export const NET = '0011223344556677' as NetId
export const none = new Uint8Array()
const keyOf = (name: string) => hex(nodeCrypto.hash(utf8(name))) as PersonKey

/** Where an event goes. lane: a name, so that one person may write in several lanes of one room. */
export interface Where {
  readonly room?: RoomId
  readonly lane?: string
  readonly t?: number
  readonly salt?: Uint8Array
}

export class World {
  readonly events: ControlEvent[] = []
  readonly general = generalRoom(nodeCrypto, NET)
  readonly #names = new Map<PersonKey, string>()
  readonly #ends = new Map<string, Event>()
  readonly #forks = new Map<string, number>()
  readonly #others = new Map<string, EventId>()
  #time = 1_800_000_000_000
  /** Where events go that do not say. */
  room: RoomId = this.general

  person(name: string): PersonKey {
    const key = keyOf(name)
    this.#names.set(key, name)
    return key
  }

  nameOf(key: PersonKey): string {
    return this.#names.get(key) ?? key
  }

  names(keys: Iterable<PersonKey>): string[] {
    return [...keys].map((key) => this.nameOf(key)).sort()
  }

  lane(author: PersonKey, room: RoomId, lane = 'one', content = false): LaneId {
    const bytes = nodeCrypto.hash(utf8(`${author}${room}${lane}`)).slice(0, 8)
    bytes[0] = content ? bytes[0]! & 0x7f : bytes[0]! | 0x80
    return hex(bytes) as LaneId
  }

  /** Adds the next event of the author's lane. */
  add(author: PersonKey, body: BodyValue, where: Where = {}): Event {
    const room = where.room ?? this.room
    const content = kindNumber(body.kind) < 0x80
    const lane = this.lane(author, room, where.lane, content)
    const end = this.#ends.get(author + room + lane)
    const t = where.t ?? ++this.#time
    const salt =
      where.salt ?? nodeCrypto.hash(utf8(`${author}${room}${lane}${end?.n ?? 0}`)).slice(0, SALT_BYTES)
    const bytes = encodeBody(salt, body)
    const event = decodeHeader(
      nodeCrypto,
      encodeHeader({
        net: NET,
        room,
        author,
        lane,
        n: (end?.n ?? 0) + 1,
        prev: end?.id ?? LANE_START,
        at: t,
        t,
        kind: kindNumber(body.kind),
        bodyHash: bodyHashOf(nodeCrypto, bytes),
        bodyLen: bytes.length,
      }),
    )
    this.#ends.set(author + room + lane, event)
    if (!content) this.events.push({ event, body, salt })
    return event
  }

  /** A proof that this lane forks at n. */
  fork(author: PersonKey, room: RoomId, lane: LaneId, n: number): void {
    this.#forks.set(author + room + lane, n)
  }

  /** Another event than the author's own is held at n: the other branch of a fork not proven yet. */
  swap(author: PersonKey, room: RoomId, lane: LaneId, n: number): void {
    this.#others.set(author + room + lane + n, 'f'.repeat(64) as EventId)
  }

  readonly facts: LaneFacts = {
    idAt: (room, author, lane, n) => {
      const other = this.#others.get(author + room + lane + n)
      if (other) return other
      for (const { event } of this.events)
        if (event.room === room && event.author === author && event.lane === lane && event.n === n)
          return event.id
      const end = this.#ends.get(author + room + lane)
      return end?.n === n ? end.id : undefined
    },
    forkAt: (room, author, lane) => this.#forks.get(author + room + lane),
  }

  // What people do.

  profile(author: PersonKey, nick = this.nameOf(author)): Event {
    return this.add(
      author,
      { kind: 'profile', nick, boxKey: fromHex(author), about: '' },
      { room: NETWORK_ROOM },
    )
  }

  /** Makes a room and goes there. */
  create(
    author: PersonKey,
    name: string | Uint8Array,
    options: { persons?: PersonKey[]; topic?: string; max?: number; t?: number; lane?: string } = {},
  ): RoomId {
    const salt = nodeCrypto.hash(concat(fromHex(author), utf8(String(name)))).slice(0, SALT_BYTES)
    this.room = madeRoom(nodeCrypto, NET, author, salt)
    const body: BodyValue = {
      kind: 'create',
      type: options.persons ? 1 : 0,
      name,
      topic: options.topic ?? '',
      max: options.max ?? 0,
      persons: people(options.persons ?? []),
    }
    this.add(author, body, {
      salt,
      ...(options.t ? { t: options.t } : {}),
      ...(options.lane ? { lane: options.lane } : {}),
    })
    return this.room
  }

  talk(author: PersonKey, other: PersonKey): RoomId {
    this.room = talkRoom(nodeCrypto, NET, author, other)
    this.add(author, {
      kind: 'create',
      type: 2,
      name: '',
      topic: '',
      max: 0,
      persons: people([author, other]),
    })
    return this.room
  }

  join(author: PersonKey, lifts: EventId[] = [], where?: Where): Event {
    return this.add(author, { kind: 'join', lifts: ids(lifts) }, where)
  }
  leave(author: PersonKey, where?: Where): Event {
    return this.add(author, { kind: 'leave' }, where)
  }
  delete(author: PersonKey, where?: Where): Event {
    return this.add(author, { kind: 'delete', reason: '' }, where)
  }
  topic(author: PersonKey, topic: string, where?: Where): Event {
    return this.add(author, { kind: 'topic', topic, reason: '' }, where)
  }
  invite(author: PersonKey, persons: PersonKey[], where?: Where): Event {
    return this.add(author, { kind: 'invite', persons: people(persons), reason: '', isVoice: false }, where)
  }
  unvoice(author: PersonKey, persons: PersonKey[], where?: Where): Event {
    return this.add(author, { kind: 'unvoice', persons: people(persons), reason: '' }, where)
  }
  post(author: PersonKey, where?: Where): Event {
    return this.add(author, { kind: 'message', text: 'hi', action: false, replyTo: null }, where)
  }
  hide(author: PersonKey, target: Event, hidden = true, where?: Where): Event {
    return this.add(author, { kind: 'hide', target: fromHex(target.id), hidden, reason: '' }, where)
  }
  lift(author: PersonKey, lifts: EventId[], where?: Where): Event {
    return this.add(author, { kind: 'lift', lifts: ids(lifts), reason: '' }, where)
  }
  /** rank 1 demotes; the cut is of the target's events given. */
  role(
    author: PersonKey,
    target: PersonKey,
    rank: 4 | 2 | 1,
    options: { cut?: Event[]; lifts?: EventId[] } & Where = {},
  ): Event {
    const { cut = [], lifts = [], ...where } = options
    return this.add(
      author,
      { kind: 'role', target: fromHex(target), rank, cut: cutOf(cut), lifts: ids(lifts), reason: '' },
      where,
    )
  }
  ban(
    author: PersonKey,
    target: PersonKey,
    options: { cut?: Event[]; kick?: boolean; until?: number } & Where = {},
  ): Event {
    const { cut = [], kick = false, until = 0, ...where } = options
    const isNetwork = (where.room ?? this.room) === NETWORK_ROOM
    const body: { kind: 'ban' } & BodyOf<'ban'> = {
      kind: 'ban',
      target: fromHex(target),
      kick,
      cut: isNetwork ? none : cutOf(cut),
      cuts: isNetwork ? networkCutOf(cut) : none,
      until: uint(until, 6),
      reason: 'because',
    }
    return this.add(author, body, where)
  }

  mute(author: PersonKey, target: PersonKey, options: { cut?: Event[]; until?: number } & Where = {}): Event {
    const { cut = [], until = 0, ...where } = options
    const fields = { cut: cutOf(cut), cuts: none, until: uint(until, 6), reason: '' }
    return this.add(author, { kind: 'mute', target: fromHex(target), ...fields }, where)
  }
  /** Goes on with the cut of the ban, mute or demotion that its author writes next in this lane. */
  more(author: PersonKey, cut: Event[], where: Where = {}): Event {
    const isNetwork = (where.room ?? this.room) === NETWORK_ROOM
    const value = isNetwork ? { cut: none, cuts: networkCutOf(cut) } : { cut: cutOf(cut), cuts: none }
    return this.add(author, { kind: 'cut', ...value }, where)
  }
  pin(author: PersonKey, target: Event, pinned = true, where?: Where): Event {
    return this.add(author, { kind: 'pin', target: fromHex(target.id), pinned, reason: '' }, where)
  }
  /** persons: whom the setting does not concern. */
  set(
    author: PersonKey,
    name: SettingName,
    value: number,
    persons: readonly PersonKey[] = [],
    where?: Where,
  ): Event {
    const setting = SETTING[name]
    return this.add(author, { kind: 'settings', setting, value, persons: people(persons), reason: '' }, where)
  }

  /** Links or unlinks a device, in room 0; an unlinked one's lanes end at the events given. */
  device(author: PersonKey, device: PersonKey, link: boolean, cut: Event[] = [], where: Where = {}): Event {
    const cuts = networkCutOf(cut)
    const body = { kind: 'device', device: fromHex(device), link, counter: new Uint8Array(64), cuts } as const
    return this.add(author, body, { room: NETWORK_ROOM, ...where })
  }

  /** One part of how somebody looks, in room 0. */
  look(author: PersonKey, part: number, bytes: readonly number[]): Event {
    return this.add(author, { kind: 'look', part, bytes: new Uint8Array(bytes) }, { room: NETWORK_ROOM })
  }

  /** In room 0. */
  admit(author: PersonKey, persons: PersonKey[], lifts: EventId[] = [], where: Where = {}): Event {
    const body = { kind: 'admit', persons: people(persons), lifts: ids(lifts), reason: '' } as const
    return this.add(author, body, { room: NETWORK_ROOM, ...where })
  }

  /** Deletes what another device of theirs wrote. */
  erase(author: PersonKey, events: readonly Event[], where: Where = {}): Event {
    return this.add(author, { kind: 'erase', targets: ids(events.map(({ id }) => id)) }, where)
  }

  /** A code of this name, sealed to these; not made: sealed to further ones. In room 0. */
  newCode(
    author: PersonKey,
    name: string,
    to: readonly PersonKey[],
    { made = true, replaces = [], ...where }: { made?: boolean; replaces?: readonly string[] } & Where = {},
  ): Event {
    const sealed = concat(...to.map((device) => concat(fromHex(device), new Uint8Array(48))))
    const body = {
      kind: 'newcode',
      door: doorNamed(name),
      made,
      sealed,
      text: none,
      former: none,
      reason: '',
    } as const
    const value = { ...body, replaces: concat(...replaces.map(doorNamed)) }
    return this.add(author, value, { room: NETWORK_ROOM, ...where })
  }

  /** Shows that they have the code of this name; the views have checked the proof. */
  entry(author: PersonKey, name: string, where: Where = {}): Event {
    const body = { kind: 'entry', door: doorNamed(name), proof: new Uint8Array(64) } as const
    return this.add(author, body, { room: NETWORK_ROOM, ...where })
  }

  // What a node makes of it.

  network(owner?: PersonKey, events: readonly ControlEvent[] = this.events): NetworkView {
    return reduceNetwork(NET, events, this.facts, owner)
  }

  /** The view of a room whose create counts. */
  view(owner?: PersonKey, events: readonly ControlEvent[] = this.events, room = this.room): RoomView {
    const view = this.known(owner, events, room)
    if (!view) throw new Error('no such room')
    return view
  }

  /** The view; undefined where no create counts. */
  known(
    owner?: PersonKey,
    events: readonly ControlEvent[] = this.events,
    room = this.room,
  ): RoomView | undefined {
    const view = reduceRoom(NET, nodeCrypto, room, events, this.network(owner, events), this.facts)
    return view.type === 'general' || view.createdBy ? view : undefined
  }

  /** What people would notice, as a plain value. */
  told(view: RoomView) {
    return {
      type: view.type,
      name: view.name,
      topic: view.topic,
      deleted: view.deleted,
      members: this.names(view.members),
      persons: view.persons ? this.names(view.persons) : 'everybody',
      ranks: [...view.ranks].map(([key, rank]) => `${this.nameOf(key)} ${rank}`).sort(),
      banned: view.bans
        .map((ban: CountedBan) => `${this.nameOf(ban.by)} bans ${this.nameOf(ban.target)}`)
        .sort(),
      muted: view.mutes.map((mute) => `${this.nameOf(mute.by)} mutes ${this.nameOf(mute.target)}`).sort(),
      settings: view.settings,
      pins: view.pins,
      invited: this.names(view.invited),
      hidden: [...view.hidden].sort(),
      counted: [...view.counted].sort(),
    }
  }
}

/** A network that olga owns: her, max, ben and eve, whom everybody knows. */
export function ownedWorld() {
  const world = new World()
  const persons = ['olga', 'max', 'ben', 'eve'].map((name) => world.person(name))
  const [olga, max, ben, eve] = persons as [PersonKey, PersonKey, PersonKey, PersonKey]
  for (const person of persons) world.profile(person)
  const door = () => world.network(olga).door
  return { world, persons, olga, max, ben, eve, door }
}

export const people = (persons: readonly PersonKey[]) => concat(...persons.map((person) => fromHex(person)))
export const ids = (events: readonly EventId[]) => concat(...events.map((id) => fromHex(id)))
/** The lanes of these events end at them. */
const networkCutOf = (events: readonly Event[]) =>
  concat(...events.map((event) => concat(fromHex(event.room), cutOf([event]))))
export const cutOf = (events: readonly Event[]) =>
  concat(...events.map(({ lane, n, id }) => concat(fromHex(lane), uint(n, 4), fromHex(id.slice(0, 16)))))

/** Is what is shown the same for every order in which the events behind the first `known` ones arrive, before those? */
export function isSameInEveryOrder(
  { events }: Pick<World, 'events'>,
  known: number,
  shown: (events?: ControlEvent[]) => string,
): boolean {
  const [before, late] = [events.slice(0, known), events.slice(known)]
  const told = shown()
  for (const order of permutations(late)) if (shown([...order, ...before]) !== told) return false
  return true
}

/** Every order of the items. */
export function* permutations<T>(items: readonly T[]): Generator<T[]> {
  if (items.length < 2) yield [...items]
  for (let i = 0; i < items.length; i++)
    for (const rest of permutations([...items.slice(0, i), ...items.slice(i + 1)])) yield [items[i]!, ...rest]
}

/** The key made of a code, which is known by its name here. */
export const doorNamed = (name: string): Uint8Array => nodeCrypto.hash(utf8(`door ${name}`))
