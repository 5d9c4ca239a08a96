/** Whom this person has blocked, and how far they have read. */
import { type PersonKey, type RoomId, talkRoom } from '../../wire/ids.ts'
import type { Core } from '../core.ts'
import type { RoomLine } from '../core-io.ts'
import type { MessageEvent } from '../events.ts'
import type { Answers, Asked } from './answers.ts'
import type { Finding } from './finding.ts'
import { PINS_MAX, pinsShown } from './pinned.ts'
import type { Writer } from './writer.ts'

/** The last messages of a room that are counted: more is many. */
const UNREAD_MAX = 100

/** What is unread in one room or talk. more: these are those among its last messages; there are further ones before. */
interface Unread {
  readonly room: string | null
  readonly with?: MessageEvent['from']
  readonly unread: number
  readonly mentions: number
  readonly first: string
  readonly more?: true
}

const ofOthers = (lines: readonly RoomLine[]): MessageEvent[] =>
  lines.flatMap(({ message }) => (message.self ? [] : [message]))

export class OwnActs {
  readonly #core: Core
  readonly #answers: Answers
  readonly #finding: Finding
  readonly #writer: Writer

  constructor(core: Core, answers: Answers, finding: Finding, writer: Writer) {
    this.#writer = writer
    this.#core = core
    this.#answers = answers
    this.#finding = finding
  }

  block(asked: Asked, who: string, isBlocked: boolean): void {
    const person = this.#finding.person(asked, who)
    if (!person) return
    const { blocks, people, me: self } = this.#core
    if (person === self) return this.#answers.refuse(asked, 'NICK_SELF')
    if (!blocks.set(person, isBlocked)) return this.#answers.result(asked, null)
    this.#core.saveMarks()
    this.#refuseTalk(person, isBlocked)
    this.#answers.system(asked, isBlocked ? 'block' : 'unblock', null, { user: people.labelled(person) })
  }

  /** Says in the talk of the two that nothing more is taken there: who writes is refused, by every node alike. */
  #refuseTalk(person: PersonKey, isBlocked: boolean): void {
    const { options, me: self, views } = this.#core
    const room = talkRoom(options.crypto, options.net, self, person)
    if (!views.room(room)) {
      if (!isBlocked) return
      this.#writer.createTalk(room, person)
    }
    this.#writer.write(room, { kind: 'block', on: isBlocked })
  }

  blocked(asked: Asked): void {
    const { blocks, people } = this.#core
    this.#answers.result(
      asked,
      [...blocks.list()].map((person) => people.labelled(person)),
    )
  }

  /** What is here of a room or talk by now is not shown on this device any more. */
  forget(asked: Asked, text: string): void {
    const room = this.#finding.roomOrTalk(asked, text)
    if (!room) return
    const { forgotten, replica, views } = this.#core
    const view = views.room(room)
    const count = forgotten.forget(room, replica.lanes(room, 1))
    this.#answers.result(
      asked,
      count > 0 ? { room: view ? this.#finding.nameOf(view) : text, forgotten: count } : null,
    )
  }

  read(asked: Asked, text: string): void {
    const view = this.#finding.memberRoom(asked, text)
    if (!view) return
    this.#core.lines([view.id], 1, ([last]) => {
      if (last && this.#core.readMarks.move(view.id, last.message.order)) this.#core.saveMarks()
      this.#answers.result(asked, null)
    })
  }

  /** Another device of this person has read this far: what is unread is less here too. */
  readElsewhere(room: RoomId): void {
    const { views, isReady, readMarks, me, people } = this.#core
    const view = views.room(room)
    if (!isReady || !view || view.deleted || !this.#core.isMember(view)) return
    const other = view.type === 'talk' ? [...view.persons!].find((person) => person !== me) : undefined
    const talk = other && { with: people.labelled(other) }
    this.#core.tell({ type: 'read', room: this.#core.roomName(view), ...talk, order: readMarks.of(room) })
  }

  /** Rooms and talks with something unread: how many messages of others, how many name this person, the first one's id. */
  unread(asked: Asked): void {
    const rooms = this.#finding.joined()
    const found: Unread[] = []
    const release = this.#answers.hold()
    const next = (i: number): void => {
      const room = rooms[i]
      if (room === undefined) {
        this.#answers.result(asked, found)
        return release()
      }
      this.#unreadIn(room, (unread) => {
        if (unread) found.push(unread)
        next(i + 1)
      })
    }
    next(0)
  }

  #unreadIn(room: RoomId, then: (unread: Unread | undefined) => void): void {
    const after = this.#core.readMarks.of(room)
    const tell = (others: readonly MessageEvent[], first: MessageEvent | undefined, isMore: boolean) => {
      if (!first) return then(undefined)
      then({
        room: first.room,
        ...(first.room === null && { with: first.from }),
        unread: others.length,
        mentions: others.filter(({ mention }) => mention).length,
        first: first.id,
        ...(isMore && { more: true }),
      })
    }
    const last = (lines: readonly RoomLine[]) => {
      const others = ofOthers(lines)
      if (lines.length < UNREAD_MAX) return tell(others, others[0], false)
      // The first of all lies further back than was counted.
      this.#core.lines(
        [room],
        UNREAD_MAX,
        (oldest) => {
          const [first = others[0]] = ofOthers(oldest)
          tell(others, first, first?.id !== others[0]?.id)
        },
        { after, isFirst: true },
      )
    }
    this.#core.lines([room], UNREAD_MAX, last, { after })
  }

  /** The pinned messages of a room, the latest pin last. */
  pins(asked: Asked, text: string): void {
    const view = this.#finding.memberRoom(asked, text)
    if (!view) return
    const which = { about: pinsShown(this.#core, view).slice(-PINS_MAX) }
    const then = (lines: readonly { readonly message: unknown }[]) =>
      this.#answers.result(
        asked,
        lines.map(({ message }) => message),
      )
    this.#core.lines([view.id], PINS_MAX, then, which)
  }
}
