/** Posting: what people say in rooms and to each other, and the order of `sent`, the message itself and its acks. */
import { concat, fromHex } from '../../wire/bytes.ts'
import { type EventId, talkRoom } from '../../wire/ids.ts'
import { TEXT_BYTES_MAX } from '../../wire/limits.ts'
import type { Core } from '../core.ts'
import type { Told } from '../outbox.ts'
import type { RoomView } from '../rooms.ts'
import { type Answers, type Asked, refOf } from './answers.ts'
import type { Finding } from './finding.ts'
import { denialOf } from './permission.ts'
import type { Writer } from './writer.ts'

const NOT_BLANK = /\S/u

export class Posting {
  readonly #core: Core
  readonly #answers: Answers
  readonly #finding: Finding
  readonly #writer: Writer
  /** Own messages on disk whose `sent` waits behind an earlier answer, and what was acknowledged of them meanwhile. */
  readonly #unsaid = new Map<EventId, Told[]>()

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
    if (this.isRefused(asked, text)) return
    const view = this.#finding.memberRoom(asked, roomText)
    if (!view) return
    const denial = denialOf(this.#core.views, this.#core.self, view.id, 1)
    if (denial) return this.#answers.refuse(asked, denial, { room: roomText, action: 'write' })
    this.#post(asked, view, text, action)
  }

  message(asked: Asked, to: string, text: string): void {
    if (this.isRefused(asked, text)) return
    const { people, self, options } = this.#core
    const other = this.#finding.person(asked, to)
    if (!other) return
    if (other === self) return this.#answers.refuse(asked, 'NICK_UNKNOWN', { nick: to })
    if (!people.boxKey(other)) return this.#answers.refuse(asked, 'KEY_MISSING', { nick: to })
    const room = talkRoom(options.crypto, options.net, self, other)
    if (!this.#core.views.room(room)) {
      const persons = concat(...[self, other].sort().map(fromHex))
      this.#writer.write(room, { kind: 'create', type: 2, name: '', topic: '', max: 0, persons })
    }
    const view = this.#core.views.room(room)
    if (!view) return this.#answers.refuse(asked, 'NICK_UNKNOWN', { nick: to })
    this.#post(asked, view, text, false)
  }

  /** Answers a text that cannot be sent; true where it did. */
  isRefused(asked: Asked, text: string): boolean {
    const fault = textFault(text)
    if (fault) this.#answers.refuse(asked, fault, { bytes: utf8Length(text), max: TEXT_BYTES_MAX })
    return fault !== undefined
  }

  #post(asked: Asked, view: RoomView, text: string, action: boolean): void {
    const value = { kind: 'message', text, action, replyTo: null } as const
    const written = this.#writer.say(view, value, true, (event) => {
      const room = this.#core.roomName(view)
      const other =
        view.type === 'talk' ? [...view.persons!].find((person) => person !== this.#core.self) : undefined
      const to = other && { to: this.#core.people.who(other) }
      this.#unsaid.set(event.id, [])
      this.#answers.give(asked, { type: 'sent', id: event.id, room, ...to, text, ...refOf(asked) }, () => {
        this.#core.display.typed(view, event, value)
        const acks = this.#unsaid.get(event.id)!
        this.#unsaid.delete(event.id)
        for (const ack of acks) this.#core.tellAck(ack)
      })
    })
    if (written) this.#core.display.expect(written.id)
    else this.#answers.refuse(asked, 'KEY_MISSING', { nick: this.#core.roomName(view) ?? 'This person' })
  }

  /** True where this has to wait for the event's own `sent`. */
  holds(told: Told): boolean {
    return this.#unsaid.get(told.event.id)?.push(told) !== undefined
  }
}

const utf8Length = (text: string) => new TextEncoder().encode(text).length

function textFault(text: string): 'TEXT_EMPTY' | 'TEXT_TOO_LONG' | undefined {
  if (!NOT_BLANK.test(text)) return 'TEXT_EMPTY'
  return utf8Length(text) > TEXT_BYTES_MAX ? 'TEXT_TOO_LONG' : undefined
}
