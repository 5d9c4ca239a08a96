/** Posts: the messages this program has sent, each followed from the command to "stored" and "replicated". */
import type { AckEvent, Answer, Command, ErrorEvent, NodeEvent } from './events.ts'
import { LanchatError } from './lanchat-error.ts'

/** Stored messages whose replication is still waited for; beyond it the oldest is no longer followed. */
const FOLLOWED_MAX = 10_000

/** A message that is stored. */
export interface Posted {
  readonly id: string
  /** Other devices known to hold it when it was stored; 0: this node is alone. */
  readonly copies: number
  /**
   * Resolves when two other devices signed for it. Never rejects; stays pending while there are no two, once the node is
   * closed, and of what more than 256 messages in the room were written behind before there were two.
   */
  readonly replicated: Promise<void>
}

/** What posts need of a node. */
export interface PostPorts {
  on(listener: (event: NodeEvent) => void, hears: 'own'): () => void
  execute(command: Command, ref?: unknown): Promise<Answer>
}

interface Post {
  readonly resolve: (posted: Posted) => void
  readonly reject: (error: LanchatError) => void
}

export class Posts {
  readonly #ports: PostPorts
  readonly #stop: () => void
  /** Commands without an answer yet. */
  readonly #asked = new Map<unknown, Post>()
  /** Sent, not stored. */
  readonly #sent = new Map<string, Post>()
  /** Stored, not replicated. */
  readonly #stored = new Map<string, () => void>()
  #isClosed = false

  constructor(ports: PostPorts) {
    this.#ports = ports
    this.#stop = ports.on((event) => this.#heard(event), 'own')
  }

  /**
   * Sends one message. Resolves when it is stored: on the hub's disk, or on the own one where this node is alone. Rejects
   * with LanchatError: the code of the refusal, also of one that came about while it was on its way (BANNED, MUTED,
   * ROOM_UNKNOWN ...: it goes out by itself should that be lifted); OFFLINE when the node is closed before.
   */
  post(command: Extract<Command, { do: 'say' | 'msg' | 'reply' }>): Promise<Posted> {
    if (this.#isClosed) return Promise.reject(closed())
    return new Promise((resolve, reject) => {
      const ref = Symbol('post')
      this.#asked.set(ref, { resolve, reject })
      const refused = (error: LanchatError) => {
        this.#asked.delete(ref)
        reject(error)
      }
      // A `sent` was heard among the events already, in its place before any ack of it.
      this.#ports.execute(command, ref).then(
        (answer) => {
          if (answer.type === 'error') refused(new LanchatError(answer.code, answer.message))
        },
        (cause: unknown) => refused(new LanchatError('FAILED', 'The message could not be sent.', { cause })),
      )
    })
  }

  /** What is not stored yet rejects with OFFLINE. Twice is safe. */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#stop()
    for (const post of [...this.#asked.values(), ...this.#sent.values()]) post.reject(closed())
    this.#asked.clear()
    this.#sent.clear()
    this.#stored.clear()
  }

  #heard(event: NodeEvent): void {
    if (event.type === 'ack') return this.#acked(event)
    if (event.type === 'error') return this.#keptBack(event)
    if (event.type !== 'sent' || event.ref === undefined) return
    const post = this.#asked.get(event.ref)
    if (!post) return
    this.#asked.delete(event.ref)
    this.#sent.set(event.id, post)
  }

  #keptBack({ id, code, message }: ErrorEvent): void {
    const post = id === undefined ? undefined : this.#sent.get(id)
    if (id === undefined || !post) return
    this.#sent.delete(id)
    post.reject(new LanchatError(code, message))
  }

  #acked({ id, state, copies }: AckEvent): void {
    if (state === 'replicated') {
      this.#stored.get(id)?.()
      this.#stored.delete(id)
    }
    if (state !== 'stored') return
    const post = this.#sent.get(id)
    if (!post) return
    this.#sent.delete(id)
    const replicated = new Promise<void>((resolve) => {
      this.#stored.set(id, resolve)
    })
    if (this.#stored.size > FOLLOWED_MAX) this.#stored.delete(this.#stored.keys().next().value!)
    post.resolve({ id, copies, replicated })
  }
}

const closed = () =>
  new LanchatError('OFFLINE', 'This node was closed before the message was stored; its outbox keeps it.')
