/** Making, entering, leaving and deleting rooms. */
import { concat, fromHex } from '../../wire/bytes.ts'
import { madeRoom, NETWORK_ROOM, type RoomId } from '../../wire/ids.ts'
import type { BodyValue } from '../../wire/kinds.ts'
import { checkRoomName, nameFaultText } from '../../wire/name.ts'
import type { Core } from '../core.ts'
import type { CommandOf, EnteredTalk } from '../events.ts'
import type { RoomView } from '../rooms.ts'
import type { Answers, Asked } from './answers.ts'
import type { Finding } from './finding.ts'
import { liftsOf } from './lifts.ts'
import { denialOfAct } from './permission.ts'
import type { Permits } from './permits.ts'
import { excessOf, excessTold } from './space.ts'
import type { Writer } from './writer.ts'

type Create = CommandOf<'create'>

export class RoomActs {
  readonly #core: Core
  readonly #answers: Answers
  readonly #finding: Finding
  readonly #writer: Writer
  readonly #permits: Permits

  constructor(core: Core, answers: Answers, finding: Finding, writer: Writer, permits: Permits) {
    this.#core = core
    this.#answers = answers
    this.#finding = finding
    this.#writer = writer
    this.#permits = permits
  }

  create(asked: Asked, command: Create): void {
    const checked = checkRoomName(command.room)
    if ('fault' in checked)
      return this.#answers.refuse(asked, 'ROOM_NAME_INVALID', {
        room: command.room,
        why: nameFaultText(checked.fault),
      })
    const name = checked.ok
    if (this.#answers.refusesTopic(asked, command.topic ?? '')) return
    if (command.private) return this.#createPrivate(asked, name, command)
    const invited = this.#finding.persons(asked, command.invite ?? [])
    if (!invited) return
    this.#permits.ask('create', NETWORK_ROOM, name, (code) => {
      if (code) return this.#answers.deny(asked, code, undefined, { room: name })
      const { options } = this.#core
      const salt = options.crypto.random(16)
      const room = madeRoom(options.crypto, options.net, this.#core.self, salt)
      const value: BodyValue = {
        kind: 'create',
        type: 0,
        name,
        topic: command.topic ?? '',
        max: command.max ?? 0,
        persons: new Uint8Array(0),
      }
      const then = () => this.#answers.system(asked, 'create', this.#nameOf(room) ?? name)
      this.#writer.write(room, value, then, salt)
      // Whoever may come anyway is told that they are wanted.
      const persons = concat(...invited.filter((person) => person !== this.#core.me).map(fromHex))
      if (persons.length > 0)
        this.#writer.write(room, { kind: 'invite', persons, reason: '', isVoice: false })
    })
  }

  #createPrivate(asked: Asked, name: string, command: Create): void {
    if (this.#finding.rooms(name).length > 0)
      return this.#answers.refuse(asked, 'ROOM_NAME_TAKEN', { room: name })
    const invited = this.#finding.persons(asked, command.invite ?? [])
    if (!invited) return
    const { topic = '', max = 0 } = command
    const persons = [...new Set([this.#core.me, ...invited])]
    const { devices } = this.#core.views.network()
    const excess = excessOf({ max, isPrivate: true }, new Set(persons), devices)
    if (excess)
      return this.#answers.refuse(asked, 'ROOM_TOO_LARGE', {
        room: name,
        ...excessTold(excess, max),
        next: 'Invite fewer people.',
      })
    const then = () => {
      this.#answers.system(asked, 'create', name, { private: true })
      this.#core.readMarks.begin(room!, '')
    }
    const room = this.#writer.createPrivate(name, persons, { topic, max }, then)
    if (!room) this.#answers.refuse(asked, 'KEY_MISSING', { nick: command.invite!.join(', ') })
  }

  #nameOf(room: RoomId): string | null | undefined {
    const view = this.#core.views.room(room)
    return view && this.#core.roomName(view)
  }

  join(asked: Asked, text: string): void {
    if (text.startsWith('@')) return this.#enterTalk(asked, text.slice(1))
    const view = this.#finding.room(asked, text)
    if (!view) return
    const { me: self } = this.#core
    // Nobody leaves general, and who was banned there comes back as to any room.
    if (this.#core.isMember(view) && !view.bans.some(({ target }) => target === self))
      return this.#answers.result(asked, null, { room: this.#finding.nameOf(view) })
    this.#permits.ask('join', view.id, '', (code) => {
      if (code) return this.#answers.deny(asked, code, view, { room: text })
      const { netNow } = this.#core
      const over = liftsOf([...view.bans, ...view.mutes], self, netNow)
      const last = over.pop() ?? new Uint8Array(0)
      for (const lifts of over) this.#writer.write(view.id, { kind: 'join', lifts })
      const [join] = this.#writer.write(view.id, { kind: 'join', lifts: last }, () =>
        this.#answers.system(asked, 'join', this.#nameOf(view.id) ?? text),
      )
      this.#core.joined(join!)
    })
  }

  /** Nobody is told: what is typed from now on goes to that person, whatever they call themselves later. */
  #enterTalk(asked: Asked, nick: string): void {
    const person = this.#finding.person(asked, nick)
    if (!person) return
    const { people, me } = this.#core
    if (person === me) return this.#answers.refuse(asked, 'NICK_SELF')
    const data: EnteredTalk = { with: people.labelled(person) }
    this.#answers.result(asked, data)
  }

  /** Says no to an invitation: told to those in the room, who may ask again. */
  decline(asked: Asked, text: string): void {
    const view = this.#finding.room(asked, text)
    if (!view) return
    // Whom the room was made with is in it: they say no by leaving.
    if (this.#isInByCreate(view)) return this.leave(asked, text)
    const isInvited = (view.invited.has(this.#core.me) || view.persons) && !this.#core.isMember(view)
    if (!isInvited) return this.#answers.result(asked, null)
    const name = this.#nameOf(view.id) ?? text
    this.#writer.write(view.id, { kind: 'leave' }, () => this.#answers.system(asked, 'decline', name))
  }

  /** Named when the room was made, and never said to have come. */
  #isInByCreate(view: RoomView): boolean {
    const { me, views } = this.#core
    if (view.type !== 'private' || view.createdBy === me || !this.#core.isMember(view)) return false
    for (const { event, body } of views.controls(view.id))
      if (body?.kind === 'join' && views.personOf(event.author) === me) return false
    return true
  }

  leave(asked: Asked, text: string): void {
    const view = this.#finding.room(asked, text)
    if (!view) return
    if (view.type === 'general')
      return this.#answers.refuse(asked, 'ROOM_FIXED', { room: text, action: 'leave' })
    if (!this.#core.isMember(view)) return this.#answers.result(asked, null)
    const name = this.#nameOf(view.id) ?? text
    this.#writer.write(view.id, { kind: 'leave' }, () => this.#answers.system(asked, 'leave', name))
  }

  delete(asked: Asked, { room: text, reason = '' }: CommandOf<'delete'>): void {
    if (this.#answers.refusesReason(asked, reason)) return
    const view = this.#finding.room(asked, text)
    if (!view) return
    if (view.type === 'general')
      return this.#answers.refuse(asked, 'ROOM_FIXED', { room: text, action: 'delete' })
    const value = { kind: 'delete' as const, reason: '' }
    const denial = denialOfAct(view, this.#core.me, value)
    if (denial)
      return this.#answers.deny(asked, denial, view, {
        room: view.type === 'talk' ? 'a talk' : text,
        action: 'delete',
      })
    const name = this.#nameOf(view.id) ?? text
    const then = () => this.#answers.system(asked, 'delete', name, reason === '' ? {} : { reason })
    // Without a reason nothing is sealed, and nobody's key can be missing.
    if (reason === '') return void this.#writer.write(view.id, value, then)
    const isWritten = this.#writer.act(view, (seal) => ({ ...value, reason: seal('reason', reason) }), then)
    if (!isWritten) this.#answers.refuse(asked, 'KEY_MISSING', { nick: name })
  }
}
