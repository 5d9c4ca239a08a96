/**
 * Acts: what people ask for, turned into events or answers; and what others' control events are told as. Each command
 * gets exactly one answer, in the order of asking. One concept per file in acts/; here is which command means which.
 */
import type { Event } from '../wire/event.ts'
import type { EventId, PersonKey, PlaceId, RoomId } from '../wire/ids.ts'
import { Answers, type Asked } from './acts/answers.ts'
import { Finding } from './acts/finding.ts'
import { denialOf, permitOf } from './acts/permission.ts'
import { Permits } from './acts/permits.ts'
import { Posting } from './acts/posting.ts'
import { ProfileActs } from './acts/profile.ts'
import { Questions } from './acts/questions.ts'
import { RoomActs } from './acts/rooms.ts'
import { Telling } from './acts/telling.ts'
import { Writer } from './acts/writer.ts'
import type { Core } from './core.ts'
import type { Command } from './events.ts'
import type { Told } from './outbox.ts'

export class Acts {
  readonly #core: Core
  readonly #answers: Answers
  readonly #permits: Permits
  readonly #finding: Finding
  readonly #posting: Posting
  readonly #rooms: RoomActs
  readonly #questions: Questions
  readonly #profile: ProfileActs
  readonly #telling: Telling

  constructor(core: Core) {
    this.#core = core
    this.#answers = new Answers(core)
    this.#permits = new Permits(core, this.#answers)
    this.#finding = new Finding(core, this.#answers)
    const writer = new Writer(core)
    this.#posting = new Posting(core, this.#answers, this.#finding, writer)
    this.#rooms = new RoomActs(core, this.#answers, this.#finding, writer, this.#permits)
    this.#questions = new Questions(core, this.#answers, this.#finding)
    this.#profile = new ProfileActs(core, this.#answers, writer)
    this.#telling = new Telling(core)
  }

  /** Commands that have no answer yet. */
  get waiting(): number {
    return this.#answers.waiting + this.#permits.waiting + this.#posting.waiting
  }

  execute(command: Command, ref: unknown, slot: number): void {
    this.#answers.take(slot, ref, wordOf(command), (asked) => this.#carryOut(asked, command))
  }

  #carryOut(asked: Asked, command: Command): void {
    switch (command.do) {
      case 'say':
        return this.#posting.say(asked, command.room, command.text, command.action ?? false)
      case 'msg':
        return this.#posting.message(asked, command.to, command.text)
      case 'create':
        return this.#rooms.create(asked, command)
      case 'join':
        return this.#rooms.join(asked, command.room)
      case 'leave':
        return this.#rooms.leave(asked, command.room)
      case 'delete':
        return this.#rooms.delete(asked, command.room)
      case 'invite':
        return this.#rooms.invite(asked, command.room, command.to)
      case 'rooms':
        return this.#questions.rooms(asked)
      case 'who':
        return this.#questions.who(asked, command.room)
      case 'hub':
        return this.#questions.hub(asked)
      case 'drain':
        this.#core.drain()
        return this.#questions.hub(asked)
      case 'status':
        return this.#questions.status(asked)
      case 'history':
        return this.#questions.history(asked, command.room, command.count, command.before)
      case 'search':
        return this.#questions.search(asked, command.words, command.room, command.count)
      case 'nick':
        return this.#profile.nick(asked, command.name)
    }
  }

  /** True where this has to wait for the event's own `sent`. */
  holds(told: Told): boolean {
    return this.#posting.holds(told)
  }

  /** Rooms and talks that this person is in. */
  joinedRooms(): RoomId[] {
    return this.#finding.joined()
  }

  /** Writes the own profile where it is missing or says something else. */
  announceSelf(): void {
    this.#profile.announceSelf()
  }

  /** Two ids are one place from now on, for all who hold this event. */
  aliasPlaces(pair: readonly [PlaceId, PlaceId]): void {
    this.#profile.aliasPlaces(pair)
  }

  /** Why an author's event would not count in a room: a refusal code; undefined: it would. */
  denial(author: PersonKey, room: RoomId, cls: 0 | 1): string | undefined {
    return denialOf(this.#core.views, author, room, cls)
  }

  /** The hub's answer to "may I": a refusal code; undefined: yes. */
  permit(person: PersonKey, action: 'create' | 'join', room: RoomId, name: string): string | undefined {
    return permitOf(this.#core.views, person, action, room, name)
  }

  permitted(ref: number, code: string): void {
    this.#permits.answered(ref, code)
  }

  /** When a question to the hub is given up, monotonic ms. */
  dueAt(): number {
    return this.#permits.dueAt()
  }

  tick(): void {
    this.#permits.tick()
  }

  /** The hub will not relay an own event. */
  refused(id: EventId, code: string): void {
    this.#telling.refused(id, code)
  }

  /** A control event has come into a counted prefix. */
  counted(event: Event): void {
    this.#telling.counted(event)
  }
}

/** The command as answers name it. */
function wordOf(command: Command): string {
  return command.do === 'say' ? (command.action ? '/me' : '/group_msg') : `/${command.do}`
}
