/** Export: pages of a room's history with their signatures, and this device's word for the whole. */
import { fromHex } from '../../wire/bytes.ts'
import type { Core } from '../core.ts'
import type { RoomLine } from '../core-io.ts'
import type { CommandOf } from '../events.ts'
import type { LeftOut } from '../timeline.ts'
import { sealBy } from '../verify-export.ts'
import type { Answers, Asked } from './answers.ts'
import type { Finding } from './finding.ts'

/** Lines in one answer. */
const LINES_MAX = 1000

export class Export {
  readonly #core: Core
  readonly #answers: Answers
  readonly #finding: Finding

  constructor(core: Core, answers: Answers, finding: Finding) {
    this.#core = core
    this.#answers = answers
    this.#finding = finding
  }

  page(asked: Asked, { room: text, count, before }: CommandOf<'export'>): void {
    const room = this.#finding.roomOrTalk(asked, text)
    if (!room) return
    let unopened = 0
    // While it is read an empty store may take the place of this one: what is so before or behind it is said.
    let isPartial = this.#core.isStillComing
    const then = (lines: readonly RoomLine[], fault?: string) => {
      isPartial ||= this.#core.isStillComing
      // Fewer lines than were asked for are the end of an export: it would be sealed without the rest.
      if (fault !== undefined) return this.#answers.refuse(asked, 'STORE_UNREAD', { why: fault })
      const messages = lines.map(({ message, proofs, links }) => {
        // What only this reader sees of it is no part of what was said, nor are others' words beside it: they have a line.
        const { history: _, self: __, mention: ___, quote: ____, ...rest } = message
        return { ...rest, signed: proofs ?? [], ...(links && links.length > 0 && { links }) }
      })
      this.#answers.result(asked, messages, {
        ...(unopened > 0 && { unopened }),
        ...(isPartial && { partial: true }),
      })
    }
    const onLeftOut = (left: LeftOut) => {
      unopened = left.unopened ?? 0
    }
    const which = { signed: true as const, onLeftOut, ...(before !== undefined && { before }) }
    this.#core.lines([room], Math.max(1, Math.min(LINES_MAX, count)), then, which)
  }

  seal(asked: Asked, { digest }: CommandOf<'seal'>): void {
    const { signer } = this.#core.options
    this.#answers.result(asked, sealBy(signer, fromHex(digest), Math.max(0, Math.round(this.#core.netNow))))
  }
}
