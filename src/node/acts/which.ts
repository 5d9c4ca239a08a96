/**
 * Which message somebody means:
 *
 *   ^  ^3           the last one, the third last (of others, or the own, where only such can be meant)
 *   ^a1b2           the one whose id begins so: four digits or more
 *   @anna           the last one of anna
 *   64 hex digits   a whole id, wherever this person may read it
 */
import type { Event } from '../../wire/event.ts'
import type { EventId, RoomId } from '../../wire/ids.ts'
import type { Core } from '../core.ts'
import type { MessageEvent } from '../events.ts'
import type { RoomView } from '../rooms.ts'
import type { DetailedLine } from '../timeline.ts'
import type { Answers, Asked } from './answers.ts'
import type { Finding } from './finding.ts'

/** Lines looked through. */
const LINES_MAX = 1000
const WHOLE_ID = /^\^?([0-9a-f]{64})$/

/** A message that may be shown, with all that was said about it since. */
export interface Meant {
  readonly view: RoomView
  readonly event: Event
  readonly line: DetailedLine
  readonly message: MessageEvent
}

export class Which {
  readonly #core: Core
  readonly #answers: Answers
  readonly #finding: Finding

  constructor(core: Core, answers: Answers, finding: Finding) {
    this.#core = core
    this.#answers = answers
    this.#finding = finding
  }

  /**
   * Finds the message in a room this person is in; answers where there is none. whose: of whom `^` is counted. The
   * commands behind wait: what they mean may depend on it.
   */
  message(
    asked: Asked,
    roomText: string,
    text: string,
    whose: 'own' | 'others' | 'all',
    then: (meant: Meant) => void,
  ): void {
    const whole = WHOLE_ID.exec(text)?.[1] as EventId | undefined
    const event = whole && this.#core.replica.find(whole)
    const view = event ? this.#core.views.room(event.room) : this.#finding.memberRoom(asked, roomText)
    if (!view) return event ? this.#unknown(asked, text) : undefined
    if (whole) {
      if (!event || !this.#core.isMember(view)) return this.#unknown(asked, text)
      return this.#about(asked, text, view.id, whole, this.#answers.hold(), then)
    }
    const by = text.startsWith('@') ? this.#finding.person(asked, text.slice(1)) : undefined
    if (text.startsWith('@') && !by) return
    const release = this.#answers.hold()
    this.#core.lines([view.id], LINES_MAX, (lines) => {
      const messages = lines.map(({ message }) => message).reverse()
      const digits = /^\^([0-9a-f]{4,64})$/.exec(text)?.[1]
      if (digits) {
        const found = messages.filter(({ id }) => id.startsWith(digits))
        if (found.length === 1)
          return this.#about(asked, text, view.id, found[0]!.id as EventId, release, then)
        const code = found.length > 1 ? 'MESSAGE_AMBIGUOUS' : 'MESSAGE_UNKNOWN'
        this.#answers.refuse(asked, code, { message: text })
        return release()
      }
      const count = by ? 1 : countOf(text)
      const meant = messages.filter((message) => {
        if (by) return message.from.id === by
        return whose === 'all' || (message.self === true) === (whose === 'own')
      })
      const found = count > 0 ? meant[count - 1] : undefined
      if (found) return this.#about(asked, text, view.id, found.id as EventId, release, then)
      this.#unknown(asked, text)
      release()
    })
  }

  #about(
    asked: Asked,
    text: string,
    room: RoomId,
    id: EventId,
    release: () => void,
    then: (meant: Meant) => void,
  ): void {
    const which = { about: [id] }
    this.#core.lines(
      [room],
      1,
      (lines) => {
        const [found] = lines
        const view = this.#core.views.room(room)
        if (view && found?.line)
          then({ view, event: found.line.event, line: found.line, message: found.message })
        else this.#unknown(asked, text)
        release()
      },
      which,
    )
  }

  #unknown(asked: Asked, text: string): void {
    this.#answers.refuse(asked, 'MESSAGE_UNKNOWN', { message: text })
  }
}

/** 0: not understood. */
function countOf(text: string): number {
  const [, digits] = /^\^(\d{0,3})$/.exec(text) ?? []
  return digits === undefined ? 0 : digits === '' ? 1 : Number(digits)
}
