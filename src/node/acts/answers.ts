/** Answers: each command gets exactly one, in the order of asking, also where an earlier one waits for disk or hub. */
import { REASON_BYTES_MAX, TOPIC_BYTES_MAX } from '../../wire/limits.ts'
import { explainRefusal, type RefusalCode } from '../../wire/refusal.ts'
import { isWhole, utf8Length } from '../../wire/text.ts'
import type { Core } from '../core.ts'
import type { Answer, ErrorEvent, ResultEvent, SystemEvent } from '../events.ts'
import type { RoomView } from '../rooms.ts'
import { denialTold } from './denial-told.ts'

/** Rooms or people in one answer: more than any network we know of has, and a megabyte. */
export const LISTED_MAX = 10_000

/**
 * What may be under way at once, and told in one turn: so many writes make one batch for the disk and some 40 ms of a core, and
 * whoever asks for more at once keeps no link waiting. What is asked beyond it waits as it was asked.
 */
const UNDER_WAY_MAX = 256
/** A question weighs more than what is said: a thousand lines of history are a megabyte, of the longest texts eight. */
const QUESTION_WEIGHT = 32
const SAID: ReadonlySet<string> = new Set(['/group_msg', '/me', '/msg', '/reply', '/edit', '/react'])

/**
 * Own messages that are not stored yet, in memory with their authors' wait for it: 60 MB, and minutes of any hub but one with a
 * rate. What is said beyond that waits for some to be stored: so a pipe that writes faster than its hub takes is read no faster.
 */
export const UNSTORED_MAX = 16_384
/** ... but not for ever: nothing was stored for so long, so there is no hub, and who asks is told. */
const FULL_MS_MAX = 10_000

interface Held {
  readonly weight: number
  run(): void
}

/** A command that waits for its answer. */
export interface Asked {
  readonly slot: number
  readonly ref: unknown
  /** The command as answers name it, with its slash. */
  readonly command: string
  readonly weight: number
  answer?: Answer
  /** What is told right behind the answer. */
  behind?: () => void
}

export class Answers {
  readonly #core: Core
  /** Without an answer yet, in order: answers leave in the same order. */
  readonly #asked: Asked[] = []
  /**
   * Commands behind one whose meaning is still being found out, since what they mean may depend on it; and those for which
   * there is no room yet. As many as may wait for an answer at all (audience.ts).
   */
  readonly #held: Held[] = []
  #holds = 0
  /** Of what is asked, and of what this turn has told. */
  #weight = 0
  #told = 0
  /** What waits in the outbox where that is too much, and since when it is not less, monotonic ms. */
  #full: { readonly unstored: number; readonly since: number } | undefined

  constructor(core: Core) {
    this.#core = core
  }

  /** Commands that have no answer yet. */
  get waiting(): number {
    return this.#asked.length + this.#held.length
  }

  /** Carries out a command, once no earlier one holds it up and there is room for it. */
  take(slot: number, ref: unknown, command: string, carryOut: (asked: Asked) => void): void {
    const weight = SAID.has(command) ? 1 : QUESTION_WEIGHT
    const run = () => {
      const asked: Asked = { slot, ref, command, weight }
      this.#asked.push(asked)
      this.#weight += weight
      try {
        carryOut(asked)
      } catch (error) {
        // What has no answer keeps all that is asked later from theirs: a program that gives no Command stays deaf.
        if (!asked.answer) this.refuse(asked, 'COMMAND_INVALID', { why: String(error) })
      }
    }
    this.#held.push({ weight, run })
    this.goOn()
  }

  /** Carries out what waits, as far as there is room. */
  goOn(): void {
    // Each of them may hold up the rest.
    while (this.#holds === 0 && this.#weight + this.#told < UNDER_WAY_MAX && this.#held.length > 0) {
      if (this.#held[0]!.weight === 1 && this.#waitsForOutbox()) return
      this.#held.shift()!.run()
    }
  }

  #waitsForOutbox(): boolean {
    const { unstored } = this.#core.outbox
    const { now } = this.#core.moment
    if (unstored < UNSTORED_MAX) this.#full = undefined
    // Those under way come behind it.
    else if (!this.#full || unstored !== this.#full.unstored) this.#full = { unstored, since: now }
    return this.#full !== undefined && now - this.#full.since < FULL_MS_MAX
  }

  /** This node ends: what only waited for room and was said goes into the outbox; nobody will hear other answers. */
  finish(): void {
    if (this.#holds > 0) return
    for (const { weight, run } of this.#held.splice(0)) if (weight === 1) run()
  }

  /** What was told is with those who asked. Does more wait for that? */
  left(): boolean {
    const isLeft = this.#told > 0 && this.#held.length > 0
    this.#told = 0
    return isLeft
  }

  /** Holds up the commands that follow until the function returned is called. */
  hold(): () => void {
    this.#holds++
    return () => {
      this.#holds--
      this.goOn()
    }
  }

  /** Settles a command; answers leave once all before it have left. then: what is told right behind the answer. */
  give(asked: Asked, answer: Answer, then?: () => void): void {
    asked.answer = answer
    if (then) asked.behind = then
    while (this.#asked.length > 0 && this.#asked[0]!.answer) {
      const first = this.#asked.shift()!
      this.#weight -= first.weight
      this.#told += first.weight
      this.#core.tell(first.answer!)
      this.#core.answer(first.slot, first.answer!)
      first.behind?.()
    }
  }

  result(
    asked: Asked,
    data: unknown,
    more: Pick<ResultEvent, 'room' | 'unsearched' | 'unopened' | 'partial' | 'note'> = {},
  ): void {
    this.give(asked, { type: 'result', command: asked.command, data, ...more, ...refOf(asked) })
  }

  /** At most LISTED_MAX of these. how: what finds the others. */
  list(asked: Asked, rows: readonly unknown[], how: string): void {
    const note = `Of ${rows.length} the first ${LISTED_MAX}: ${how}`
    this.result(asked, rows.slice(0, LISTED_MAX), rows.length > LISTED_MAX ? { note } : {})
  }

  refuse(
    asked: Asked,
    code: RefusalCode | string,
    values: Record<string, string | number> = {},
    more: Pick<ErrorEvent, 'until' | 'by' | 'reason'> = {},
  ): void {
    const { network } = this.#core.options
    const message = explainRefusal(code, 'no reason was given', { network, ...values })
    this.give(asked, { type: 'error', code, message, ...more, command: asked.command, ...refOf(asked) })
  }

  /** Refuses what this person may not do, with all that is known here of why. values: what the asker says better; afterT: as denialTold. */
  deny(
    asked: Asked,
    code: RefusalCode | string,
    view: RoomView | undefined,
    values: Record<string, string | number> = {},
    afterT?: number,
  ): void {
    const told = denialTold(this.#core, code, view, afterT)
    this.refuse(asked, code, { ...told.values, ...values }, told.more)
  }

  /** Answers a topic that nobody could read; true where it did. */
  refusesTopic(asked: Asked, topic: string): boolean {
    return this.#refusesText(asked, topic, TOPIC_BYTES_MAX, 'TOPIC_TOO_LONG')
  }

  /** The same of the reason of an act. */
  refusesReason(asked: Asked, reason: string): boolean {
    return this.#refusesText(asked, reason, REASON_BYTES_MAX, 'REASON_TOO_LONG')
  }

  #refusesText(asked: Asked, text: string, max: number, tooLong: RefusalCode): boolean {
    const bytes = utf8Length(text)
    if (!isWhole(text)) this.refuse(asked, 'TEXT_INVALID')
    else if (bytes > max) this.refuse(asked, tooLong, { bytes, max })
    else return false
    return true
  }

  /** Of this person, unless `extra` names another user. */
  system(
    asked: Asked,
    event: SystemEvent['event'],
    room: string | null,
    extra: Partial<SystemEvent> = {},
  ): void {
    const user = this.#core.people.who(this.#core.me)
    this.give(asked, { type: 'system', event, room, user, ...extra, ...refOf(asked) })
  }
}

/** The asker's ref, where there is one. */
export const refOf = (asked: Asked) => (asked.ref === undefined ? {} : { ref: asked.ref })
