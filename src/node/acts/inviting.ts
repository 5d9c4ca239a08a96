/** Inviting people into a room, which in a public one gives them a voice, and taking that voice back. */
import { concat, fromHex } from '../../wire/bytes.ts'
import { encodeBody } from '../../wire/codec.ts'
import type { PersonKey } from '../../wire/ids.ts'
import { type BodyValue, kindNumber } from '../../wire/kinds.ts'
import type { Core } from '../core.ts'
import type { Writing } from '../core-io.ts'
import type { CommandOf } from '../events.ts'
import type { RoomView } from '../rooms.ts'
import type { Answers, Asked } from './answers.ts'
import type { Finding } from './finding.ts'
import { denialOfAct } from './permission.ts'
import { excessOf, excessTold } from './space.ts'
import type { Writer } from './writer.ts'

type Voicing = CommandOf<'invite' | 'voice' | 'unvoice'>

export class Inviting {
  readonly #core: Core
  readonly #answers: Answers
  readonly #finding: Finding
  readonly #writer: Writer

  constructor(core: Core, answers: Answers, finding: Finding, writer: Writer) {
    this.#core = core
    this.#answers = answers
    this.#finding = finding
    this.#writer = writer
  }

  /**
   * Names people in a room. In a private one they are given the key of its name too, so that they see where they are
   * invited to; in a public one they may enter although it is locked, and speak although newcomers wait. A voice is the same,
   * told as what it is; but whoever is given one in a private room that they are not named in is invited into it.
   */
  invite(asked: Asked, command: CommandOf<'invite' | 'voice'>): void {
    const found = this.#find(asked, command)
    if (!found) return
    const { view, persons } = found
    const named = view.persons ?? view.invited
    // Who has said no, or left, is asked again; whoever's voice was taken back gets it again.
    const isSilent = (person: PersonKey) => view.settings.newcomers && !view.invited.has(person)
    const fresh = persons.filter(
      (person) => !named.has(person) || !view.members.has(person) || isSilent(person),
    )
    if (fresh.length === 0) return this.#answers.result(asked, null)
    const { devices } = this.#core.views.network()
    // Whoever comes first is in: more may be asked than the settings let in, but nobody to whom no key could be sealed.
    const space = { max: 0, isPrivate: view.persons !== undefined }
    const excess = excessOf(space, new Set([...view.members, ...fresh]), devices)
    if (excess)
      return this.#answers.refuse(asked, 'ROOM_TOO_LARGE', {
        room: this.#nameOf(view, command),
        ...excessTold(excess, space.max),
        next: 'Invite fewer people, or make a public room.',
      })
    const isVoice = command.do === 'voice' && fresh.every((person) => view.persons?.has(person) ?? true)
    const writings = this.#invitation(view, fresh, command.reason ?? '', isVoice)
    if (!writings) return this.#answers.refuse(asked, 'KEY_MISSING', { nick: listOf(command).join(', ') })
    const told = isVoice ? 'voice' : 'invite'
    this.#core.write(view.id, writings, () => this.#answer(asked, command, view, fresh, told))
  }

  /** Of those whom nobody has invited, or who speak without it, no voice can be taken back. */
  unvoice(asked: Asked, command: CommandOf<'unvoice'>): void {
    const found = this.#find(asked, command)
    if (!found) return
    const { view, persons } = found
    const voiced = persons.filter((person) => view.invited.has(person) && !view.needsNoVoice(person))
    if (voiced.length === 0)
      return this.#answers.refuse(asked, 'VOICE_UNKNOWN', {
        nick: listOf(command).join(', '),
        room: this.#nameOf(view, command),
      })
    const isWritten = this.#writer.act(
      view,
      (seal) => ({ kind: 'unvoice', persons: keysOf(voiced), reason: seal('reason', command.reason ?? '') }),
      () => this.#answer(asked, command, view, voiced, 'unvoice'),
    )
    if (!isWritten) this.#answers.refuse(asked, 'KEY_MISSING', { nick: this.#nameOf(view, command) })
  }

  /** The room and the people that are meant; refused where this person may not do it there. */
  #find(asked: Asked, command: Voicing): { view: RoomView; persons: readonly PersonKey[] } | undefined {
    if (this.#answers.refusesReason(asked, command.reason ?? '')) return undefined
    const view = this.#finding.room(asked, command.room)
    if (!view) return undefined
    const denial = denialOfAct(view, this.#core.me, { kind: 'unvoice', persons: keysOf([]), reason: '' })
    if (denial) {
      this.#answers.deny(asked, denial, view, { room: this.#nameOf(view, command), action: command.do })
      return undefined
    }
    const persons = this.#finding.persons(asked, listOf(command))
    return persons && { view, persons }
  }

  /** The invite, and in a private room what the invited need to read its name and the reason; undefined where a key is missing. */
  #invitation(
    view: RoomView,
    fresh: readonly PersonKey[],
    reason: string,
    isVoice: boolean,
  ): Writing[] | undefined {
    const { private: secrets, options } = this.#core
    const salt = options.crypto.random(16)
    const invite = (text: string | Uint8Array): BodyValue => ({
      kind: 'invite',
      persons: keysOf(fresh),
      reason: text,
      isVoice,
    })
    const kind = kindNumber('invite')
    if (!view.persons) return [{ kind, body: () => encodeBody(salt, invite(reason)) }]
    const nameKey = secrets.nameKey(view)
    const naming = nameKey && this.#sealed(view, nameKey, fresh)
    if (!naming) return undefined
    if (reason === '') return [{ kind, body: () => encodeBody(salt, invite('')) }, naming]
    // A key for exactly those who are in it and those who are asked: whoever was in it before reads no reason.
    const key = secrets.newKey()
    const telling = this.#sealed(view, key, [...new Set([...view.members, ...fresh])])
    const body = (t: number) =>
      encodeBody(salt, invite(secrets.sealText(view.id, key, t, salt, 'reason', reason)))
    return telling && [{ kind, body }, naming, telling]
  }

  #sealed(
    view: RoomView,
    key: Parameters<Core['private']['keyBody']>[2],
    persons: readonly PersonKey[],
  ): Writing | undefined {
    const salt = this.#core.options.crypto.random(16)
    const value = this.#core.private.keyBody(view.id, salt, key, persons)
    return value && { kind: kindNumber('key'), body: () => encodeBody(salt, value) }
  }

  #answer(
    asked: Asked,
    command: Voicing,
    view: RoomView,
    persons: readonly PersonKey[],
    told: Voicing['do'],
  ): void {
    const { people, me } = this.#core
    const [first, ...more] = persons.map((person) => people.labelled(person))
    this.#answers.system(asked, told, this.#nameOf(view, command), {
      user: first!,
      by: people.labelled(me),
      ...(more.length > 0 && { more }),
      ...(command.reason && { reason: command.reason }),
    })
  }

  #nameOf(view: RoomView, { room }: Voicing): string {
    return view.type === 'talk' ? 'a talk' : (this.#core.roomName(view) ?? room)
  }
}

const listOf = ({ to }: Voicing): readonly string[] => (typeof to === 'string' ? [to] : to)
const keysOf = (persons: readonly PersonKey[]) => concat(...persons.map(fromHex))
