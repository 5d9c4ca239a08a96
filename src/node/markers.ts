/**
 * Markers: how far others hold what this person wrote, and how far they have read; and the same said to others (rules
 * LV-13 and LV-14). Cumulative: a later marker says all that an earlier one did. No event, nobody's signature: a word
 * among people, kept while this process runs.
 *
 *   lanes of others grow, this person reads -> due -> told to their authors, some seconds later, in small rooms
 *   markers of others -> known -> `receipt`, and who holds or has read a message
 */
import { concat, fromHex, hex, readUint, uint } from '../wire/bytes.ts'
import type { FrameOf } from '../wire/frames.ts'
import { type LaneId, laneId, type PersonKey, personKey, type RoomId, roomId } from '../wire/ids.ts'
import { MARKER_LANES_MAX, MEMBERS_MAX } from '../wire/limits.ts'
import type { NodeEvent } from './events.ts'
import type { Outgoing } from './outgoing.ts'
import type { People } from './people.ts'
import type { Reign } from './reign.ts'
import type { RoomView } from './rooms.ts'

/** People of a room in which markers are told unasked: a class. In larger ones whoever wants to know asks. */
export const TOLD_PEOPLE_MAX = 32
const TELL_EVERY_MS = 3000
/** One asker is answered at most this often in a room. */
const ANSWER_EVERY_MS = 1000
const ROOMS_MAX = 256
const AUTHORS_MAX = 64
/** Own messages of a room whose reading is told. */
const OWN_MAX = 256
const ASKERS_MAX = 1024
/** Of a room: more are in no hub. In general nobody checks whether there is such a person. */
const PERSONS_MAX = MEMBERS_MAX

export interface MarkerPorts {
  readonly self: PersonKey
  /** A room or talk that this person is in. */
  room(room: RoomId): RoomView | undefined
  /** Lanes of somebody's content held here, and how far. */
  lanes(room: RoomId, author: PersonKey): Iterable<{ readonly lane: LaneId; readonly n: number }>
  /** `order` of the last message read; '' nothing. */
  readUpTo(room: RoomId): string
  /** To whom markers are told at all: not to who is away, or blocked. */
  isTold(person: PersonKey): boolean
  tellsHeld(): boolean
  tellsRead(): boolean
  readonly reign: Reign
  readonly outgoing: Outgoing
  readonly people: People
  roomName(view: RoomView): string | null
  isBlocked(person: PersonKey): boolean
  /** Has this process begun to tell people what goes on? */
  isReady(): boolean
  tell(event: NodeEvent): void
}

interface Due {
  /** Whose lanes grew since they were told last. */
  readonly authors: Set<PersonKey>
  /** Whose messages came since they were told last how far they were read. */
  readonly unread: Set<PersonKey>
  toldAt: number
  readTold: string
}

interface Known {
  readonly held: Map<LaneId, number>
  read: string
}

export class Markers {
  readonly #ports: MarkerPorts
  readonly #due = new Map<RoomId, Due>()
  readonly #known = new Map<RoomId, Map<PersonKey, Known>>()
  /** Own messages of this process, in display order of arrival: what a receipt names. */
  readonly #own = new Map<RoomId, { readonly id: string; readonly order: string }[]>()
  readonly #answeredAt = new Map<string, number>()
  #restsUntil = Number.NEGATIVE_INFINITY

  constructor(ports: MarkerPorts) {
    this.#ports = ports
  }

  // --- what is told -------------------------------------------------------------------------------------------------

  /** A content lane of somebody else has grown. */
  grew(room: RoomId, author: PersonKey): void {
    let due = this.#due.get(room)
    if (!due) {
      due = { authors: new Set(), unread: new Set(), toldAt: Number.NEGATIVE_INFINITY, readTold: '' }
      this.#due.set(room, due)
      if (this.#due.size > ROOMS_MAX) this.#due.delete(this.#due.keys().next().value!)
    }
    if (due.authors.size < AUTHORS_MAX) due.authors.add(author)
    if (due.unread.size < AUTHORS_MAX) due.unread.add(author)
  }

  /**
   * Another hub is followed, or this node is one: everybody has something else to do, and what many wrote meanwhile would be
   * told by each to each. now: monotonic ms; random: [0, 1).
   */
  rest(now: number, random: number): void {
    this.#restsUntil = now + TELL_EVERY_MS * (1 + random)
  }

  /** now: monotonic ms. */
  tick(now: number): void {
    if (now < this.#restsUntil) return
    for (const [room, due] of this.#due) if (now - due.toldAt >= TELL_EVERY_MS) this.#tellDue(room, due, now)
  }

  #tellDue(room: RoomId, due: Due, now: number): void {
    const read = this.#ports.tellsRead() ? this.#ports.readUpTo(room) : ''
    const hasRead = read > due.readTold
    if (due.authors.size === 0 && !hasRead) return
    const view = this.#ports.room(room)
    const isSmall = view && (view.type === 'talk' || view.members.size <= TOLD_PEOPLE_MAX)
    if (isSmall && this.#ports.tellsHeld())
      for (const author of new Set([...due.authors, ...(hasRead ? due.unread : [])]))
        this.#tell(room, author, read)
    due.authors.clear()
    due.toldAt = now
    if (!hasRead) return
    due.readTold = read
    due.unread.clear()
  }

  #tell(room: RoomId, to: PersonKey, read: string): void {
    if (!this.#ports.isTold(to)) return
    const held = [...this.#ports.lanes(room, to)].slice(-MARKER_LANES_MAX)
    if (held.length === 0) return
    this.#send({
      type: 'marker',
      room: fromHex(room),
      key: fromHex(this.#ports.self),
      to: fromHex(to),
      held: concat(...held.flatMap(({ lane, n }) => [fromHex(lane), uint(n, 4)])),
      read: fromHex(read),
    })
  }

  #send(frame: FrameOf<'marker'> | FrameOf<'markerAsk'>): void {
    const { reign, outgoing } = this.#ports
    if (outgoing.toHub(frame)) return
    if (frame.type === 'marker') reign.hub?.passMarker(frame)
    else reign.hub?.relayFrame(roomId(frame.room), 1, frame, -1)
  }

  /** Somebody asks how far their messages are held and read. */
  asked(frame: FrameOf<'markerAsk'>, now: number): void {
    const [room, asker] = [roomId(frame.room), personKey(frame.key)]
    if (asker === this.#ports.self || !this.#ports.tellsHeld() || !this.#ports.room(room)) return
    const name = room + asker
    if (now - (this.#answeredAt.get(name) ?? Number.NEGATIVE_INFINITY) < ANSWER_EVERY_MS) return
    this.#answeredAt.delete(name)
    this.#answeredAt.set(name, now)
    if (this.#answeredAt.size > ASKERS_MAX) this.#answeredAt.delete(this.#answeredAt.keys().next().value!)
    this.#tell(room, asker, this.#ports.tellsRead() ? this.#ports.readUpTo(room) : '')
  }

  // --- what is known ------------------------------------------------------------------------------------------------

  ask(room: RoomId): void {
    this.#send({ type: 'markerAsk', room: fromHex(room), key: fromHex(this.#ports.self) })
  }

  /** An own message was told. */
  wrote(room: RoomId, id: string, order: string): void {
    const own = this.#own.get(room) ?? []
    this.#own.set(room, own)
    own.push({ id, order })
    if (own.length > OWN_MAX) own.shift()
    if (this.#own.size > ROOMS_MAX) this.#own.delete(this.#own.keys().next().value!)
  }

  /** A marker to this person. What goes back is ignored. */
  heard(frame: FrameOf<'marker'>): void {
    const room = roomId(frame.room)
    const view = this.#ports.room(room)
    if (!view) return
    // With whichever of their devices: an own one says nothing new.
    const person = view.personOf(personKey(frame.key))
    if (person === view.personOf(this.#ports.self) || (view.type !== 'general' && !isIn(view, person))) return
    const known = this.#knownOf(room, person)
    for (let at = 0; at < frame.held.length; at += 12) {
      const lane = laneId(frame.held, at)
      const n = readUint(frame.held, at + 8, 4)
      if (known.held.size >= MARKER_LANES_MAX && !known.held.has(lane))
        known.held.delete(known.held.keys().next().value!)
      if (n > (known.held.get(lane) ?? 0)) known.held.set(lane, n)
    }
    const read = hex(frame.read)
    if (read.length !== 140 || read <= known.read) return
    const before = known.read
    known.read = read
    const latest = this.#own.get(room)?.findLast(({ order }) => order <= read)
    if (latest && latest.order > before) this.#tellRead(view, person, latest.id, read)
  }

  /** Somebody has read up to this own message, and not this far before. */
  #tellRead(view: RoomView, person: PersonKey, id: string, order: string): void {
    const { people, roomName, isBlocked, isReady, tell } = this.#ports
    if (!isReady() || isBlocked(person)) return
    const room = roomName(view)
    const user = people.labelled(person)
    tell({
      type: 'receipt',
      room,
      ...(view.persons && { private: true as const }),
      user,
      state: 'read',
      id,
      order,
    })
  }

  #knownOf(room: RoomId, person: PersonKey): Known {
    const persons = this.#known.get(room) ?? new Map<PersonKey, Known>()
    this.#known.delete(room)
    this.#known.set(room, persons)
    if (this.#known.size > ROOMS_MAX) this.#known.delete(this.#known.keys().next().value!)
    const known = persons.get(person) ?? { held: new Map(), read: '' }
    persons.set(person, known)
    if (persons.size > PERSONS_MAX) persons.delete(persons.keys().next().value!)
    return known
  }

  /** Does this person hold the own event, by their word? */
  holds(room: RoomId, person: PersonKey, lane: LaneId, n: number): boolean {
    return (this.#known.get(room)?.get(person)?.held.get(lane) ?? 0) >= n
  }

  hasRead(room: RoomId, person: PersonKey, order: string): boolean {
    return (this.#known.get(room)?.get(person)?.read ?? '') >= order
  }
}

const isIn = (view: RoomView, person: PersonKey): boolean => (view.persons ?? view.members).has(person)
