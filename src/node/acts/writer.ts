/** Writer: values become own events, sealed where the room is private. */
import { encodeBody } from '../../wire/codec.ts'
import type { Event } from '../../wire/event.ts'
import type { RoomId } from '../../wire/ids.ts'
import { type BodyValue, kindNumber } from '../../wire/kinds.ts'
import type { Core } from '../core.ts'
import type { Writing } from '../core-io.ts'
import type { RoomView } from '../rooms.ts'
import type { RoomKey } from '../sealing.ts'

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
