/**
 * Company: what goes on among those who are here and is no event (rules LV-10 to LV-12): how this person shows
 * themselves, what others say of themselves, who types, and when each was last seen. For the core, which has links and
 * hub.
 */
import type { Hub } from '../hub/index.ts'
import { fromHex } from '../wire/bytes.ts'
import type { Frame, FrameOf } from '../wire/frames.ts'
import { type PersonKey, personKey, type RoomId, roomId } from '../wire/ids.ts'
import { Doing, TYPING_EVERY_MS } from './doing.ts'
import type { Mode, ModeEvent, NodeEvent } from './events.ts'
import { factKey } from './keys.ts'
import {
  isPlain,
  isSame,
  modeNumber,
  modeOf,
  OwnMode,
  PLAIN,
  readSavedMode,
  type Saying,
} from './own-mode.ts'
import type { People } from './people.ts'
import type { RoomView } from './rooms.ts'
import { readSeen, Seen } from './seen.ts'
import type { LinkId } from './sync.ts'

const MODE = factKey('mode')
const SEEN = factKey('seen')

export interface CompanyPorts {
  readonly self: PersonKey
  readonly isVisitor: boolean
  readonly people: People
  send(links: readonly LinkId[], frame: Frame): void
  links(): readonly LinkId[]
  /** The link over which the hub is followed. */
  toHub(): LinkId | undefined
  hub(): Hub | undefined
  /** Is this device in a session with the hub, as it says? */
  isPresent(device: PersonKey): boolean
  personOf(device: PersonKey): PersonKey
  /** Whose keys are a person's now. */
  devicesOf(person: PersonKey): readonly PersonKey[]
  /** People are told that somebody came or went. */
  tellPresence(person: PersonKey, isOnline: boolean): void
  /** A room or talk of this person's whose content may be shown. */
  openRoom(room: RoomId): RoomView | undefined
  roomName(view: RoomView): string | null
  isBlocked(person: PersonKey): boolean
  /** Has this process begun to tell people what goes on? */
  isReady(): boolean
  tell(event: NodeEvent): void
  save(key: string, value: unknown): void
}

/** Of what several devices of a person say, the first of these is shown. */
const PLACES: readonly Mode[] = ['busy', 'online', 'hidden', 'away']

export class Company {
  readonly own: OwnMode
  readonly doing: Doing
  readonly seen: Seen
  readonly #ports: CompanyPorts
  #told: Saying
  /** By room, when others were told last that this person types there. */
  readonly #typedAt = new Map<RoomId, number>()

  constructor(
    ports: CompanyPorts,
    get: (key: string) => Uint8Array | undefined,
    autoAwayMs: number,
    now: number,
  ) {
    this.#ports = ports
    this.own = new OwnMode(readSavedMode(get(MODE)), autoAwayMs, now)
    this.seen = new Seen(readSeen(get(SEEN)))
    this.#told = this.own.saying
    this.doing = new Doing({
      changed: (person, before, saying) => this.#changed(person, before, saying),
      typing: (room, person, isTyping) => this.#tellTyping(room, person, isTyping),
      isHere: (device) => this.#ports.isPresent(device),
    })
  }

  /** What others are shown of somebody who is here, with several devices perhaps: who is busy on one is not to be called on any. */
  of(key: PersonKey): Saying {
    const { self, personOf, devicesOf, isPresent } = this.#ports
    const sayings: Saying[] = []
    for (const device of devicesOf(personOf(key))) {
      if (device === self) sayings.push(this.own.saying)
      else if (isPresent(device) && !this.doing.isHidden(device)) sayings.push(this.doing.of(device))
    }
    return sayings.sort((a, b) => PLACES.indexOf(a.mode) - PLACES.indexOf(b.mode))[0] ?? PLAIN
  }

  // --- the own mode -------------------------------------------------------------------------------------------------

  /** Whoever is or becomes hub knows it before it says that this person is here. */
  linkUp(link: LinkId): void {
    if (!isPlain(this.own.saying) && !this.#ports.isVisitor) this.#ports.send([link], this.#frame())
  }

  /** This node is hub now, and says its own user's as it says its members'. */
  becameHub(): void {
    if (!isPlain(this.own.saying)) this.#ports.hub()?.ownMode(this.#frame())
  }

  /** Tells everybody where what they know of this person is not so any more. */
  say(): void {
    const { saying } = this.own
    if (this.#ports.isVisitor || isSame(saying, this.#told)) return
    this.#told = saying
    const frame = this.#frame()
    const links = this.#ports.links()
    if (links.length > 0) this.#ports.send(links, frame)
    this.#ports.hub()?.ownMode(frame)
  }

  #frame(): FrameOf<'mode'> {
    const { mode, text } = this.own.saying
    return { type: 'mode', key: fromHex(this.#ports.self), mode: modeNumber(mode), text }
  }

  /** The person types in this room; others hear of it now and then. now: monotonic ms. */
  types(room: RoomId, now: number): void {
    if (
      !this.own.tellsTyping ||
      now - (this.#typedAt.get(room) ?? Number.NEGATIVE_INFINITY) < TYPING_EVERY_MS
    )
      return
    this.#typedAt.clear()
    this.#typedAt.set(room, now)
    const frame = { type: 'typing' as const, room: fromHex(room), key: fromHex(this.#ports.self) }
    const link = this.#ports.toHub()
    if (link !== undefined) this.#ports.send([link], frame)
    else this.#ports.hub()?.relayFrame(room, 1, frame, -1)
  }

  // --- what others say ----------------------------------------------------------------------------------------------

  /** A mode told over a link: of the peer's own, or of somebody else by the hub followed. */
  onMode(link: LinkId, peer: PersonKey, frame: FrameOf<'mode'>): void {
    const person = personKey(frame.key)
    if (person === this.#ports.self || (person !== peer && link !== this.#ports.toHub())) return
    this.doing.heard(person, { mode: modeOf(frame.mode), text: frame.text })
  }

  /** now: monotonic ms. */
  onTyping(link: LinkId, peer: PersonKey, frame: FrameOf<'typing'>, now: number): void {
    const device = personKey(frame.key)
    const person = this.#ports.personOf(device)
    const isOfMember = device === peer && this.#ports.hub()?.isMember(link) === true
    const isOwn = person === this.#ports.personOf(this.#ports.self)
    if (isOwn || (!isOfMember && link !== this.#ports.toHub())) return
    const room = roomId(frame.room)
    const view = this.#ports.openRoom(room)
    if (!view || this.#ports.isBlocked(person) || this.doing.isHidden(device)) return
    if (view.persons && !view.persons.has(person)) return
    this.doing.types(room, person, now)
  }

  #changed(device: PersonKey, before: Saying, saying: Saying): void {
    if (!this.#ports.isPresent(device)) return
    const [wasHidden, isHidden] = [before.mode === 'hidden', saying.mode === 'hidden']
    if (wasHidden !== isHidden) return this.#ports.tellPresence(device, !isHidden)
    if (isHidden || !this.#ports.isReady() || this.#ports.isBlocked(device)) return
    const user = this.#ports.people.labelled(device)
    this.#ports.tell({ type: 'mode', user, ...sayingFields(this.of(device)) })
  }

  #tellTyping(room: RoomId, person: PersonKey, isTyping: boolean): void {
    const view = this.#ports.openRoom(room)
    if (!view || !this.#ports.isReady()) return
    this.#ports.tell({
      type: 'typing',
      room: this.#ports.roomName(view),
      user: this.#ports.people.labelled(person),
      on: isTyping,
      ...(view.persons && { private: true as const }),
    })
  }

  // --- time ---------------------------------------------------------------------------------------------------------

  /** now: monotonic ms; at: network's time. online: who is shown as here. */
  tick(now: number, at: number, online: () => Iterable<PersonKey>): void {
    this.own.tick(now)
    this.say()
    this.doing.tick(now)
    this.seen.tick(now, at, online)
    this.#ports.save(SEEN, this.seen.takeSaved(now))
  }

  /** What this person chose: written with the turn. */
  saveOwn(): void {
    this.#ports.save(MODE, this.own.takeSaved())
  }
}

/** As people are told of it. */
export const sayingFields = ({ mode, text }: Saying): Pick<ModeEvent, 'mode' | 'text'> => ({
  mode: mode === 'hidden' ? 'online' : mode,
  ...(text !== '' && { text }),
})
