/** Notices: for what somebody wants to be called, and when not. */
import type { Core } from '../core.ts'
import type { CommandOf, NoticesData } from '../events.ts'
import type { Quiet } from '../notices.ts'
import type { Answers, Asked } from './answers.ts'
import type { Finding } from './finding.ts'

export class NoticeActs {
  readonly #core: Core
  readonly #answers: Answers
  readonly #finding: Finding

  constructor(core: Core, answers: Answers, finding: Finding) {
    this.#core = core
    this.#answers = answers
    this.#finding = finding
  }

  notify(asked: Asked, { room, calls }: CommandOf<'notify'>): void {
    const view = room === undefined ? undefined : this.#finding.memberRoom(asked, room)
    if (room !== undefined && !view) return
    if (calls !== undefined) {
      this.#core.notices.choose(view?.id, calls)
      this.#core.saveMarks()
    }
    this.#answers.result(asked, this.#data())
  }

  quiet(asked: Asked, quiet: Quiet | null): void {
    this.#core.notices.chooseQuiet(quiet)
    this.#core.saveMarks()
    this.#answers.result(asked, this.#data())
  }

  #data(): NoticesData {
    const { notices, views } = this.#core
    const rooms = [...notices.rooms()].flatMap(([id, calls]) => {
      const view = views.room(id)
      if (!view || view.deleted) return []
      return [{ room: this.#finding.nameOf(view), calls }]
    })
    const { quiet } = notices
    return {
      byDefault: notices.byDefault,
      rooms,
      ...(quiet && { quiet: `${clock(quiet[0])}-${clock(quiet[1])}` }),
    }
  }
}

const clock = (minute: number): string =>
  `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`
