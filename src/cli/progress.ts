/** How far the latest own message has come, in few words: what no interface that prints each message once could rewrite. */
import type { AckEvent, NodeEvent } from '../node/index.ts'

export type Stage = 'sent' | 'alone' | AckEvent['state']

/** What stands beside the words: more marks, more copies. */
const MARKS = { sent: '…', alone: '·', stored: '✓', replicated: '✓✓', delivered: '✓✓' } as const

const WORDS = {
  sent: 'not stored yet',
  alone: 'only here so far',
  stored: 'stored',
  delivered: 'delivered',
} as const

export class Progress {
  #id: string | undefined
  #stage: Stage | undefined
  #copies = 0
  readonly #readers = new Set<string>()

  /** True where it changed what is to be said. */
  hear(event: NodeEvent): boolean {
    switch (event.type) {
      case 'sent':
        this.#id = event.id
        this.#stage = 'sent'
        this.#readers.clear()
        return true
      case 'receipt':
        if (event.id !== this.#id) return false
        this.#readers.add(event.user.id)
        return true
      case 'ack':
        return event.id === this.#id && this.#advance(event)
      case 'presence':
        // Offered to whoever comes, and told of again only once two hold it: until then nothing is certain.
        if (this.#stage !== 'alone' || !event.online) return false
        this.#stage = undefined
        return true
      default:
        return false
    }
  }

  /** undefined: nothing was said yet, or nothing is known. */
  get stage(): Stage | undefined {
    return this.#stage
  }

  /** '' where nothing is to be said. */
  get words(): string {
    if (this.#readers.size > 0) return `read by ${this.#readers.size}`
    if (this.#stage === undefined) return ''
    return this.#stage === 'replicated' ? `on ${this.#copies} others` : WORDS[this.#stage]
  }

  /** As words, behind a mark. */
  get marked(): string {
    return this.#stage === undefined ? this.words : `${MARKS[this.#stage]} ${this.words}`
  }

  #advance({ state, copies, alone }: AckEvent): boolean {
    // Delivered says more than how many others hold it, whichever comes first.
    if (this.#stage === 'delivered') return false
    this.#stage = alone ? 'alone' : state
    this.#copies = copies
    return true
  }
}
