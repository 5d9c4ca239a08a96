/** Finding: the room or person that somebody means by what they typed; answers the command where there is none. */
import { generalRoom, NETWORK_ROOM, type PersonKey, type RoomId, talkRoom } from '../../wire/ids.ts'
import type { Core } from '../core.ts'
import type { RoomView } from '../rooms.ts'
import type { Answers, Asked } from './answers.ts'
import { isBarred } from './permission.ts'

/** Named in one command: as one event holds. */
const PERSONS_MAX = 256

export class Finding {
  readonly #core: Core
  readonly #answers: Answers

  constructor(core: Core, answers: Answers) {
    this.#core = core
    this.#answers = answers
  }

  /** The room meant, or with `@nick` the talk with somebody; answers where there is none, or several. */
  room(asked: Asked, text: string): RoomView | undefined {
    if (text.startsWith('@')) return this.#talk(asked, text.slice(1))
    const found = this.rooms(text)
    if (found.length === 1) return found[0]
    if (found.length === 0) this.#answers.refuse(asked, 'ROOM_UNKNOWN', { room: text })
    else
      this.#answers.refuse(asked, 'ROOM_AMBIGUOUS', {
        room: text,
        choices: found.map((view) => this.#core.people.roomHandle(view.id)).join(', '),
      })
    return undefined
  }

  /** The talk with somebody, once one of the two has begun it. */
  #talk(asked: Asked, nick: string): RoomView | undefined {
    const person = this.person(asked, nick)
    if (!person) return undefined
    const { options, me, people, views } = this.#core
    const view = views.room(talkRoom(options.crypto, options.net, me, person))
    if (!view) this.#answers.refuse(asked, 'TALK_UNKNOWN', { nick: people.nick(person) })
    return view
  }

  /** A room's name, or `@nick` of the other one of a talk: as commands take it. */
  nameOf(view: RoomView): string {
    const name = this.#core.roomName(view)
    if (name !== null) return name
    const { me, people } = this.#core
    const other = [...(view.persons ?? [])].find((person) => person !== me) ?? me
    const { label, name: nick } = people.labelled(other)
    return `@${label ?? nick}`
  }

  /** As messages name it; undefined: a talk, or none. */
  shownName(room: RoomId): string | undefined {
    const view = this.#core.views.room(room)
    return (view && this.#core.roomName(view)) ?? undefined
  }

  /** The room or talk meant, of which this person is a member. */
  memberRoom(asked: Asked, text: string): RoomView | undefined {
    const view = this.room(asked, text)
    if (!view || this.#core.isMember(view)) return view
    const isOut = isBarred(view, this.#core.me, this.#core.netNow)
    this.#answers.deny(asked, isOut ? 'BANNED' : 'NOT_MEMBER', view, { room: text })
    return undefined
  }

  /** The same, or the talk with `@nick`, which may be new: then there is nothing to see in it. */
  roomOrTalk(asked: Asked, text: string): RoomId | undefined {
    if (!text.startsWith('@')) return this.memberRoom(asked, text)?.id
    const person = this.person(asked, text.slice(1))
    const { options, me: self } = this.#core
    return person && talkRoom(options.crypto, options.net, self, person)
  }

  rooms(text: string): RoomView[] {
    const known = new Map([...this.known()].map((view) => [view.id, view]))
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
  *known(): Iterable<RoomView> {
    const { views, options, me: self } = this.#core
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

  /** Rooms and talks that this person is in. */
  joined(): RoomId[] {
    const rooms = [...this.known()].filter((view) => this.#core.isMember(view)).map((view) => view.id)
    const talks: RoomId[] = []
    for (const id of this.#core.views.ids()) {
      const view = this.#core.views.room(id)
      if (view?.type === 'talk' && view.persons!.has(this.#core.me)) talks.push(id)
    }
    return [...rooms, ...talks]
  }

  /** All the persons meant; answers where one of them is not found. */
  persons(asked: Asked, texts: readonly string[]): PersonKey[] | undefined {
    const persons = new Set<PersonKey>()
    if (texts.length > PERSONS_MAX) {
      this.#answers.refuse(asked, 'TOO_MANY', { what: 'people at a time', max: PERSONS_MAX })
      return undefined
    }
    for (const text of texts) {
      const person = this.person(asked, text)
      if (!person) return undefined
      persons.add(person)
    }
    return [...persons]
  }

  /** The one person meant; answers where there is none, or several. */
  person(asked: Asked, text: string): PersonKey | undefined {
    const { people } = this.#core
    const found = people.resolve(text)
    if (found.is === 'one') return found.key
    if (found.is === 'unknown') this.#answers.refuse(asked, 'NICK_UNKNOWN', { nick: text })
    else {
      const choices = found.keys.map((key) => people.handle(key)).join(', ')
      this.#answers.refuse(asked, 'NICK_AMBIGUOUS', { nick: text, choices })
    }
    return undefined
  }
}
