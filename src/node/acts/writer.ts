/** Writer: values become own events, sealed where the room is private. */

import { concat, fromHex } from '../../wire/bytes.ts'
import { encodeBody } from '../../wire/codec.ts'
import type { Event } from '../../wire/event.ts'
import { madeRoom, type PersonKey, type RoomId } from '../../wire/ids.ts'
import { type BodyValue, kindNumber } from '../../wire/kinds.ts'
import type { Core } from '../core.ts'
import type { Writing } from '../core-io.ts'
import { type RoomView, TALK } from '../rooms.ts'
import type { RoomKey, SealedField } from '../sealing.ts'

/** A text as its field takes it: sealed where the room is private. */
export type SealText = (field: SealedField, text: string) => string | Uint8Array

/** isCircle: made by a message to all of its persons. */
export interface PrivateRoom {
  readonly topic?: string
  readonly max?: number
  readonly isCircle?: boolean
}

export class Writer {
  readonly #core: Core

  constructor(core: Core) {
    this.#core = core
  }

  /** Writes one event as it is. then: once it is on disk. */
  write(
    room: RoomId,
    value: BodyValue,
    then: (event: Event) => void = () => {},
    salt = this.#core.options.crypto.random(16),
  ): readonly Event[] {
    const writing: Writing = { kind: kindNumber(value.kind), body: () => encodeBody(salt, value) }
    return this.#core.write(room, [writing], ([event]) => then(event!))
  }

  /** Writes content, sealed where the room is private; undefined where the key of somebody in it is missing. */
  say(view: RoomView, value: BodyValue, isSaid: boolean, then: (event: Event) => void): Event | undefined {
    const key = view.persons ? this.#roomKey(view) : undefined
    if (view.persons && !key) return undefined
    const { private: secrets, options } = this.#core
    const body = (t: number) =>
      key ? secrets.seal(view.id, key, t, value) : encodeBody(options.crypto.random(16), value)
    const writing: Writing = { kind: kindNumber(value.kind), body, isSaid }
    return this.#core.write(view.id, [writing], ([event]) => then(event!))[0]
  }

  /**
   * Writes an act, its texts sealed where the room is private. value: made with `seal`, which gives a text as its field
   * takes it; before: written right before it in its lane. False where the key of somebody in the room is missing.
   */
  act(
    view: RoomView,
    value: (seal: SealText) => BodyValue,
    then: (event: Event) => void,
    before: readonly BodyValue[] = [],
  ): boolean {
    const { private: secrets, options } = this.#core
    const key = view.persons ? this.#roomKey(view) : undefined
    if (view.persons && !key) return false
    const salt = options.crypto.random(16)
    const at =
      (t: number): SealText =>
      (field, text) =>
        key && text !== '' ? secrets.sealText(view.id, key, t, salt, field, text) : text
    const { kind } = value(at(0))
    const writing: Writing = { kind: kindNumber(kind), body: (t) => encodeBody(salt, value(at(t))) }
    for (const each of before) this.write(view.id, each)
    this.#core.write(view.id, [writing], ([event]) => then(event!))
    return true
  }

  /** Makes the talk with this person. room: the id of that (rule ID-8). */
  createTalk(room: RoomId, other: PersonKey): void {
    const persons = concat(...[this.#core.me, other].sort().map(fromHex))
    this.write(room, { kind: 'create', type: TALK, name: '', topic: '', max: 0, persons })
  }

  /** Makes a private room of these persons; undefined where the key of one of them is missing. then: once on disk. */
  createPrivate(
    name: string,
    persons: readonly PersonKey[],
    { topic = '', max = 0, isCircle = false }: PrivateRoom,
    then: () => void,
  ): RoomId | undefined {
    const { options, private: secrets } = this.#core
    const salt = options.crypto.random(16)
    const room = madeRoom(options.crypto, options.net, this.#core.self, salt)
    const key = secrets.newKey()
    const keySalt = options.crypto.random(16)
    const sealed = secrets.keyBody(room, keySalt, key, persons)
    if (!sealed) return undefined
    const body = (t: number) =>
      encodeBody(salt, {
        kind: 'create',
        type: isCircle ? 3 : 1,
        name: secrets.sealText(room, key, t, salt, 'name', name),
        topic: topic === '' ? '' : secrets.sealText(room, key, t, salt, 'topic', topic),
        max,
        persons: concat(...persons.map(fromHex)),
      })
    const writings = [
      { kind: kindNumber('create'), body },
      { kind: kindNumber('key'), body: () => encodeBody(keySalt, sealed) },
    ]
    this.#core.write(room, writings, then)
    return room
  }

  /** The key to write with: a new one where none is sealed to exactly the present members. */
  #roomKey(view: RoomView): RoomKey | undefined {
    const members = view.type === 'talk' ? view.persons! : view.members
    const present = this.#core.private.present(view.id, members)
    if (present) return present
    const key = this.#core.private.newKey()
    const salt = this.#core.options.crypto.random(16)
    const value = this.#core.private.keyBody(view.id, salt, key, members)
    if (!value) return undefined
    this.write(view.id, value, () => {}, salt)
    return key
  }
}
