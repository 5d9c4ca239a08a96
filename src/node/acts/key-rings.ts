/**
 * Old room keys for devices of this person (rule SE-11): what a device can open of a private room or talk, and another one
 * was never given, is sealed to that one. So a device that was linked later reads the history too, and a key that somebody
 * made without knowing of the link reaches it behind that.
 */
import type { PersonKey, RoomId } from '../../wire/ids.ts'
import { NETWORK_ROOM } from '../../wire/ids.ts'
import { KEYRING_MAX } from '../../wire/limits.ts'
import type { Core } from '../core.ts'
import type { Writer } from './writer.ts'

/** Of several devices that are here the one of the least key seals at once, each other one so much later. */
const SEAL_AFTER_MS = 3000
/** Rooms looked at in one tick: each costs some opened keys. */
const ROOMS_MAX = 16

export class KeyRings {
  readonly #core: Core
  readonly #writer: Writer
  /** Rooms in which somebody may lack a key, and since when: monotonic ms. */
  readonly #waiting = new Map<RoomId, number>()

  constructor(core: Core, writer: Writer) {
    this.#core = core
    this.#writer = writer
  }

  /** Control events of this room count now that did not, or the reverse. */
  changed(room: RoomId): void {
    const { views, me } = this.#core
    if (views.network().devices.ever(me).length < 2) return
    const now = this.#core.moment.now
    for (const id of room === NETWORK_ROOM ? views.ids() : [room])
      if (!this.#waiting.has(id)) this.#waiting.set(id, now)
  }

  tick(): void {
    let left = ROOMS_MAX
    for (const [room, since] of this.#waiting) {
      if (left-- <= 0) return
      if (this.#look(room, since)) this.#waiting.delete(room)
    }
  }

  /** True where nothing is left to do. */
  #look(room: RoomId, since: number): boolean {
    const { views, me, self, private: secrets, moment } = this.#core
    const { devices } = views.network()
    const view = views.room(room)
    const own = devices.of(me)
    if (!view?.persons?.has(me) || view.deleted || !own.includes(self)) return true
    const here = own.filter((key) => this.#core.isHere(key)).sort()
    let isDone = true
    for (const device of own) {
      if (device === self) continue
      const lacking = secrets.lackedBy(room, device)
      if (lacking.length === 0) continue
      const place = here.filter((key) => key !== device).indexOf(self)
      if (moment.now < since + SEAL_AFTER_MS * place || !this.#seal(room, device, lacking)) isDone = false
    }
    return isDone
  }

  /** True where all of them are sealed, or never can be. */
  #seal(room: RoomId, device: PersonKey, lacking: Parameters<Core['private']['keyringBody']>[3]): boolean {
    const salt = this.#core.options.crypto.random(16)
    const body = this.#core.private.keyringBody(room, salt, device, lacking.slice(0, KEYRING_MAX))
    // Its profile brings the key to seal to, and lets all rooms be looked at again.
    if (!body) return true
    this.#writer.write(room, body, () => {}, salt)
    return lacking.length <= KEYRING_MAX
  }
}
