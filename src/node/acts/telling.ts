/** Telling: what others' control events are told as, and the hub's refusals of own events. */
import { hex } from '../../wire/bytes.ts'
import { decodeBody } from '../../wire/codec.ts'
import type { Event } from '../../wire/event.ts'
import { type EventId, NETWORK_ROOM, type PersonKey } from '../../wire/ids.ts'
import { kindName } from '../../wire/kinds.ts'
import { explainRefusal } from '../../wire/refusal.ts'
import type { Core } from '../core.ts'
import { readPersons } from '../rooms.ts'

/** One code of refusal is told at most this often. */
const REFUSAL_MS = 10_000
const REFUSALS_MAX = 64

export class Telling {
  readonly #core: Core
  /** Refusals by the hub that people were told lately, by code, and when. */
  readonly #toldRefusals = new Map<string, number>()

  constructor(core: Core) {
    this.#core = core
  }

  /**
   * The hub will not relay an own event: people are told, once in a while, unless this node sees the same reason and
   * said so already. The event stays in the outbox while it may still count.
   */
  refused(id: EventId, code: string): void {
    const event = this.#core.replica.find(id)
    if (code === 'RATE_LIMITED' || !event) return
    const { now } = this.#core.moment
    const view = this.#core.views.room(event.room)
    if (view?.deleted || now - (this.#toldRefusals.get(code) ?? Number.NEGATIVE_INFINITY) < REFUSAL_MS) return
    this.#toldRefusals.set(code, now)
    if (this.#toldRefusals.size > REFUSALS_MAX)
      this.#toldRefusals.delete(this.#toldRefusals.keys().next().value!)
    const room = (view && this.#core.roomName(view)) ?? 'this talk'
    this.#core.tell({ type: 'error', code, message: explainRefusal(code, id.slice(0, 8), { room }) })
  }

  /** A control event has come into a counted prefix: told once ready, when it happened after this process's start. */
  counted(event: Event): void {
    const { people, self, views } = this.#core
    const isRenamed = people.met(event.author)
    if (!this.#core.isReady || event.author === self || event.at < this.#core.startedAt) return
    const view = views.room(event.room)
    const user = people.who(event.author)
    const name = kindName(event.kind)
    const body = this.#core.replica.body(event.id)
    const value = body && decodeBody(event.kind, body)
    if (event.room === NETWORK_ROOM) {
      if (value?.kind === 'profile' && isRenamed)
        this.#core.tell({ type: 'system', event: 'nick', room: null, user })
      return
    }
    if (!view || view.type === 'talk' || (!view.counted.has(event.id) && name !== 'delete')) return
    const room = this.#core.roomName(view)
    const isPublicNews = view.type === 'public' && (name === 'create' || name === 'delete')
    if (!isPublicNews && !this.#core.isMember(view) && !(view.persons?.has(self) ?? false)) return
    switch (value?.kind) {
      case 'create':
      case 'join':
      case 'leave':
      case 'delete':
      case 'topic':
        this.#core.tell({ type: 'system', event: value.kind, room, user })
        return
      case 'ban':
      case 'role': {
        const target = hex(value.target) as PersonKey
        const what = value.kind === 'role' ? 'role' : value.kick ? 'kick' : 'ban'
        this.#core.tell({ type: 'system', event: what, room, user: people.who(target), by: user })
        return
      }
      case 'invite':
        for (const person of readPersons(value.persons))
          this.#core.tell({ type: 'system', event: 'invite', room, user: people.who(person), by: user })
        return
      case 'lift':
        this.#core.tell({ type: 'system', event: 'unban', room, user })
        return
      default:
    }
  }
}
