/** Questions: what people ask about rooms, people, the hub and what was said. Nothing is written here. */
import { fold } from '../../wire/fold.ts'
import type { EventId, PersonKey } from '../../wire/ids.ts'
import { ranksOf, viewOf } from '../choice.ts'
import type { Core } from '../core.ts'
import { orderOf } from '../display-order.ts'
import type { HubData, StatusData } from '../events.ts'
import { whyHub, whyLine } from '../hub-why.ts'
import type { Answers, Asked } from './answers.ts'
import type { Finding } from './finding.ts'
import type { PeopleActs } from './people.ts'

/** Lines in one answer. */
const LINES_MAX = 1000
/** Hex digits of a message's id; an `order` has more. */
const ID_DIGITS = 64

export class Questions {
  readonly #core: Core
  readonly #answers: Answers
  readonly #finding: Finding
  readonly #people: PeopleActs
  readonly #startedNow: number

  constructor(core: Core, answers: Answers, finding: Finding, people: PeopleActs) {
    this.#people = people
    this.#core = core
    this.#answers = answers
    this.#finding = finding
    this.#startedNow = core.moment.now
  }

  /** part: of the name or the topic, as one types; those whose name begins so first. */
  rooms(asked: Asked, part: string): void {
    const low = fold(part)
    const rooms = [...this.#finding.known()].map((view) => {
      const topic = this.#core.private.openTopic(view) ?? ''
      return {
        name: this.#core.roomName(view) ?? '',
        members: view.members.size,
        joined: this.#core.isMember(view),
        ...(topic !== '' && { topic }),
        ...(view.persons && { private: true }),
      }
    })
    const list = (found: readonly unknown[]) =>
      this.#answers.list(asked, found, '/rooms with a part of a name finds others.')
    if (low === '') return list(rooms)
    const place = (name: string) => fold(name).indexOf(low)
    const named = rooms.filter(({ name }) => place(name) >= 0)
    const about = rooms.filter(({ name, topic }) => place(name) < 0 && fold(topic ?? '').includes(low))
    const starts = (name: string) => Number(place(name) > 0)
    list([...named.sort((a, b) => starts(a.name) - starts(b.name)), ...about])
  }

  who(asked: Asked, text: string | undefined): void {
    let persons: Iterable<PersonKey> = new Set([
      ...this.#core.views.network().profiles.keys(),
      ...this.#core.onlineKeys(),
    ])
    if (text !== undefined) {
      const view = this.#finding.room(asked, text)
      if (!view) return
      persons = view.members
    }
    const list = [...persons].map((person) => this.#people.person(person))
    // Who is here first: a network keeps everybody who ever came.
    const here = list.filter(({ online }) => online)
    const all = [...here, ...list.filter(({ online }) => !online)]
    this.#answers.list(asked, all, '/people with a part of a name finds others.')
  }

  hub(asked: Asked): void {
    this.#answers.result(asked, this.#hub())
  }

  #hub(): HubData {
    const { people, choice, moment } = this.#core
    const view = viewOf(choice)
    const ranks = ranksOf(choice, moment.now)
    const nameOf = (key: PersonKey) => {
      const { label, name } = people.labelled(key)
      return label ?? name
    }
    const why = whyHub(view, this.#core.self, nameOf)
    const reasons = whyLine(ranks, nameOf)
    const avoided = this.#core.avoided()
    return {
      hub: this.#core.hubInfo() ?? null,
      epoch: this.#core.epoch,
      members: this.#core.isOffline ? 0 : [...this.#core.onlineKeys()].length,
      line: this.#core.line.map((key) => people.who(key)),
      ranks: ranks.map((rank, place) => ({ ...rank, why: reasons[place]! })),
      ...(why !== undefined && { why }),
      ...(view.via !== null && { through: people.who(view.via) }),
      ...(avoided.length > 0 && { avoided: avoided.map((key) => people.who(key)) }),
      ...(choice.facts.drained && { drained: true as const }),
    }
  }

  status(asked: Asked): void {
    this.#answers.result(asked, this.#status())
  }

  #status(): StatusData {
    const core = this.#core
    const { people, me: self, options, outbox } = core
    const copies = outbox.latestCopies
    const disk = options.disk?.()
    return {
      self: people.who(self),
      network: options.network,
      ...(core.place && { place: core.place.ids[0]! as string }),
      ...this.#hub(),
      unstored: outbox.unstored,
      ...(copies !== undefined && { copies, holders: outbox.latestHolders.map((key) => people.who(key)) }),
      links: [...core.linksUp()],
      online: core.isOffline ? [] : [...core.onlineKeys()].map((key) => people.who(key)),
      stored: this.#stored(),
      ...(disk !== undefined && { disk }),
      taken: core.taken,
      uptimeMs: Math.max(0, Math.round(core.moment.now - this.#startedNow)),
    }
  }

  #stored() {
    const { replica } = this.#core
    let [events, rooms] = [0, 0]
    for (const room of replica.rooms()) {
      rooms += 1
      for (const cls of [0, 1] as const) for (const { n } of replica.lanes(room, cls)) events += n
    }
    return { events, rooms }
  }

  history(asked: Asked, text: string, count: number, before?: string): void {
    const room = this.#finding.roomOrTalk(asked, text)
    if (!room) return
    const name = this.#finding.shownName(room)
    const bound = before !== undefined && before.length === ID_DIGITS ? this.#orderOf(before) : before
    if (bound === undefined && before !== undefined)
      return this.#answers.refuse(asked, 'MESSAGE_UNKNOWN', { message: before })
    this.#core.lines(
      [room],
      Math.max(1, Math.min(LINES_MAX, count)),
      (lines, fault) =>
        fault === undefined || lines.length > 0
          ? this.#answers.result(
              asked,
              lines.map(({ message }) => message),
              name === undefined ? {} : { room: name },
            )
          : this.#answers.refuse(asked, 'STORE_UNREAD', { why: fault }),
      bound === undefined ? {} : { before: bound },
    )
  }

  #orderOf(id: string): string | undefined {
    const event = this.#core.replica.find(id as EventId)
    return event && orderOf(event)
  }
}
