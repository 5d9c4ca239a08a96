/** Permits: asking the hub before what it may refuse. Without a hub, or an answer in time, the own view decides. */
import { fromHex } from '../../wire/bytes.ts'
import { skeleton } from '../../wire/confusable.ts'
import type { RoomId } from '../../wire/ids.ts'
import type { Core } from '../core.ts'
import type { Answers } from './answers.ts'
import { permitOf } from './permission.ts'

/** The hub answers a question within this, or the own view decides. */
const PERMIT_MS = 1000

export class Permits {
  readonly #core: Core
  readonly #answers: Answers
  readonly #asked = new Map<number, { until: number; hear: (code: string) => void }>()
  #next = 1

  constructor(core: Core, answers: Answers) {
    this.#core = core
    this.#answers = answers
  }

  get waiting(): number {
    return this.#asked.size
  }

  /** then: gets a refusal code, or '' for yes. Commands behind this one wait meanwhile. */
  ask(action: 'create' | 'join', room: RoomId, name: string, then: (code: string) => void): void {
    const own = permitOf(this.#core.views, this.#core.me, action, room, name, this.#core.netNow)
    if (own) return then(own)
    if (this.#core.isHub) return then(this.#core.permitSelf(action, room, skeleton(name)) ?? '')
    const ref = this.#next++
    const frame = {
      type: 'permitAsk' as const,
      ref,
      action: action === 'create' ? 0 : 1,
      room: fromHex(room),
      name,
    }
    if (!this.#core.askHub(frame)) return then('')
    const release = this.#answers.hold()
    const until = this.#core.moment.now + PERMIT_MS
    this.#asked.set(ref, {
      until,
      hear: (code) => {
        then(code)
        release()
      },
    })
  }

  answered(ref: number, code: string): void {
    const asked = this.#asked.get(ref)
    if (!asked) return
    this.#asked.delete(ref)
    asked.hear(code)
  }

  /** When a question is given up, monotonic ms. */
  dueAt(): number {
    return Math.min(Number.POSITIVE_INFINITY, ...[...this.#asked.values()].map(({ until }) => until))
  }

  tick(): void {
    for (const [ref, { until }] of [...this.#asked])
      if (this.#core.moment.now >= until) this.answered(ref, '')
  }
}
