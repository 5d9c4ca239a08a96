/** What is done to messages that were said: answering, editing, deleting, giving an emoji, and asking all about one. */

import { concat, fromHex } from '../../wire/bytes.ts'
import type { Event } from '../../wire/event.ts'
import type { RoomId } from '../../wire/ids.ts'
import type { BodyValue } from '../../wire/kinds.ts'
import { ERASE_TARGETS_MAX } from '../../wire/limits.ts'
import { utf8Length } from '../../wire/text.ts'
import type { Core } from '../core.ts'
import type { CommandOf } from '../events.ts'
import { type Answers, type Asked, refOf } from './answers.ts'
import type { Posting } from './posting.ts'
import type { Meant, Which } from './which.ts'
import type { Writer } from './writer.ts'

/** As the reaction's field takes. */
const EMOJI_BYTES_MAX = 64
const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' })

export class MessageActs {
  readonly #core: Core
  readonly #answers: Answers
  readonly #posting: Posting
  readonly #which: Which
  readonly #writer: Writer

  constructor(core: Core, answers: Answers, posting: Posting, which: Which, writer: Writer) {
    this.#core = core
    this.#answers = answers
    this.#posting = posting
    this.#which = which
    this.#writer = writer
  }

  reply(asked: Asked, { room, message, text }: CommandOf<'reply'>): void {
    if (this.#posting.isRefused(asked, text)) return
    this.#which.message(asked, room, message, 'others', ({ view, event }) =>
      this.#posting.post(asked, view, text, { replyTo: fromHex(event.id) }),
    )
  }

  edit(asked: Asked, { room, message, text }: CommandOf<'edit'>): void {
    if (this.#posting.isRefused(asked, text)) return
    this.#own(asked, room, message, 'edit', (meant) => {
      if (meant.message.text === text) return this.#answers.result(asked, null)
      this.#mark(asked, meant, { kind: 'edit', target: fromHex(meant.event.id), text })
    })
  }

  react(asked: Asked, { room, message, emoji, on }: CommandOf<'react'>): void {
    if (!isEmoji(emoji)) return this.#answers.refuse(asked, 'EMOJI_INVALID')
    this.#which.message(asked, room, message, 'others', (meant) => {
      const isOn = meant.line.reactions?.get(emoji)?.includes(this.#core.me) ?? false
      if (isOn === on) return this.#answers.result(asked, null)
      this.#mark(asked, meant, { kind: 'reaction', target: fromHex(meant.event.id), emoji, on })
    })
  }

  /** The body of the message and of all its edits go for good. */
  erase(asked: Asked, { room, message }: CommandOf<'erase'>): void {
    this.#own(asked, room, message, 'delete', ({ event, line }) => {
      const events = new Map<string, Event>([[event.id, event]])
      for (const text of line.texts) events.set(text.event.id, text.event)
      const told = this.#core.display.deleted(event.id, Math.round(this.#core.netNow))
      const answer = () =>
        told ? this.#answers.give(asked, { ...told, ...refOf(asked) }) : this.#answers.result(asked, null)
      const mine = [...events.values()].filter(({ author }) => author === this.#core.self)
      const others = [...events.values()].filter(({ author }) => author !== this.#core.self)
      // The device that wrote it signs that its body goes; until then nobody shows it.
      if (others.length > 0) this.#eraseOfOthers(event.room, others, mine.length > 0 ? () => {} : answer)
      if (mine.length > 0) this.#core.deleteOwn(mine, answer)
    })
  }

  /** What other devices of this person wrote. */
  #eraseOfOthers(room: RoomId, events: readonly Event[], then: () => void): void {
    for (let at = 0; at < events.length; at += ERASE_TARGETS_MAX) {
      const part = events.slice(at, at + ERASE_TARGETS_MAX)
      const isLast = at + ERASE_TARGETS_MAX >= events.length
      const value: BodyValue = { kind: 'erase', targets: concat(...part.map(({ id }) => fromHex(id))) }
      this.#writer.write(room, value, isLast ? then : () => {})
    }
  }

  details(asked: Asked, { room, message }: CommandOf<'details'>): void {
    this.#which.message(asked, room, message, 'all', ({ view, event, line, message: told }) => {
      const { people } = this.#core
      this.#answers.result(asked, {
        ...told,
        texts: line.texts.map(({ event: { at }, text }) => ({ text, ts: at })),
        reactions: [...(line.reactions ?? [])].map(([emoji, by]) => ({
          emoji,
          by: by.map((person) => people.labelled(person)),
        })),
        ...(view.pins.includes(event.id) && { pinned: true }),
      })
    })
  }

  #own(asked: Asked, room: string, message: string, action: string, then: (meant: Meant) => void): void {
    this.#which.message(asked, room, message, 'own', (meant) => {
      const isMine = this.#core.views.personOf(meant.event.author) === this.#core.me
      if (isMine) then(meant)
      else this.#answers.refuse(asked, 'MESSAGE_FOREIGN', { action })
    })
  }

  /** Writes an edit or a reaction; the answer is what everybody is told of it. */
  #mark(asked: Asked, { view }: Meant, value: Extract<BodyValue, { kind: 'edit' | 'reaction' }>): void {
    if (this.#posting.isDenied(asked, view)) return
    const written = this.#writer.say(view, value, false, (event) => {
      const mark = this.#core.display.markOf(view, event, value)
      if (mark) this.#answers.give(asked, { ...mark, ...refOf(asked) })
      else this.#answers.result(asked, null)
    })
    if (written) this.#core.display.expect(written.id)
    else this.#answers.refuse(asked, 'KEY_MISSING', { nick: this.#core.roomName(view) ?? 'This person' })
  }
}

/** One character as people see it, that is no letter, space or control. */
function isEmoji(text: string): boolean {
  if (text === '' || utf8Length(text) > EMOJI_BYTES_MAX) return false
  const [first, second] = graphemes.segment(text)
  return first !== undefined && second === undefined && /^[^\p{L}\p{Z}\p{C}]/u.test(text)
}
