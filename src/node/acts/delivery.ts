/** Delivery: who of a room holds an own message, who has read it, and for whom it waits. */
import type { PersonKey } from '../../wire/ids.ts'
import type { Core } from '../core.ts'
import type { CommandOf, DeliveryData } from '../events.ts'
import type { Answers, Asked } from './answers.ts'
import type { Meant, Which } from './which.ts'

/** Those who are here answer within this, or are named among those for whom it waits. */
const WAIT_MS = 1500

interface Waiting {
  readonly asked: Asked
  readonly meant: Meant
  readonly until: number
}

export class DeliveryActs {
  readonly #core: Core
  readonly #answers: Answers
  readonly #which: Which
  #waiting: Waiting[] = []

  constructor(core: Core, answers: Answers, which: Which) {
    this.#core = core
    this.#answers = answers
    this.#which = which
  }

  get waiting(): number {
    return this.#waiting.length
  }

  /** When the longest question is given up, monotonic ms. */
  dueAt(): number {
    return Math.min(Number.POSITIVE_INFINITY, ...this.#waiting.map(({ until }) => until))
  }

  delivery(asked: Asked, { room, message }: CommandOf<'delivery'>): void {
    this.#which.message(asked, room, message, 'own', (meant) => {
      const { author } = meant.event
      if (author !== this.#core.self) {
        const isMine = this.#core.views.personOf(author) === this.#core.me
        const whose = isMine ? 'was written on another device of yours, which can be asked' : 'is not yours'
        return this.#answers.refuse(asked, 'DELIVERY_UNKNOWN', { whose })
      }
      this.#core.markers.ask(meant.view.id)
      this.#waiting.push({ asked, meant, until: this.#core.moment.now + WAIT_MS })
      this.look()
    })
  }

  /** Somebody may have answered, or time went on. */
  look(): void {
    if (this.#waiting.length === 0) return
    const { now } = this.#core.moment
    const over = this.#waiting.filter(
      ({ meant, until }) =>
        now >= until || this.#others(meant).every((person) => !this.#mayAnswer(meant, person)),
    )
    this.#waiting = this.#waiting.filter((each) => !over.includes(each))
    for (const { asked, meant } of over) this.#answers.result(asked, this.#data(meant))
  }

  #others({ view }: Meant): PersonKey[] {
    const { me: self } = this.#core
    const persons = view.type === 'talk' ? view.persons! : view.members
    return [...persons].filter((person) => person !== self)
  }

  /** Who is here and has not said that they hold it. */
  #mayAnswer(meant: Meant, person: PersonKey): boolean {
    return this.#core.isOnline(person) && !this.#holds(meant, person)
  }

  #holds({ view, event }: Meant, person: PersonKey): boolean {
    return this.#core.markers.holds(view.id, person, event.lane, event.n)
  }

  #data(meant: Meant): DeliveryData {
    const { people, markers } = this.#core
    const { view, event, message } = meant
    const others = this.#others(meant)
    const held = others.filter((person) => this.#holds(meant, person))
    const read = held.filter((person) => markers.hasRead(view.id, person, message.order))
    const waiting = others.filter((person) => !held.includes(person))
    return {
      id: event.id,
      room: this.#core.roomName(view),
      of: others.length,
      held: held.length,
      read: read.map((person) => people.labelled(person)),
      waiting: waiting.map((person) => people.labelled(person)),
    }
  }
}
