/** Serves other lanchat commands of this data dir: each connection of the control socket is a --json session of its own. */
import type { Duplex } from 'node:stream'
import type { Node } from '../node/index.ts'
import { within } from './exit.ts'
import { JsonSession } from './json.ts'
import { Standing } from './standing.ts'

/** A client that leaves this much unread has stopped reading. */
const UNREAD_BYTES_MAX = 8 * 1024 * 1024
/** One-shot commands are few and short. */
const CLIENTS_MAX = 64

export class ControlDesk {
  readonly #standing = new Standing()
  readonly #clients = new Set<Duplex>()
  readonly #waiting: Duplex[] = []
  readonly #timeoutMs: number
  #node: Node | undefined
  #gate: Promise<unknown> | undefined
  #isClosed = false

  /** timeoutMs: how long a client's questions wait for the node to be ready. */
  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs
  }

  /** Begins to serve; who came before the node was there is served now. Call in the turn in which the node was made. */
  open(node: Node): void {
    this.#node = node
    this.#gate = within(node.ready, this.#timeoutMs)
    node.on((event) => this.#standing.hear(event), 'own')
    for (const stream of this.#waiting.splice(0)) this.serve(stream)
  }

  serve(stream: Duplex): void {
    stream.on('error', () => stream.destroy())
    if (this.#isClosed || this.#clients.size + this.#waiting.length >= CLIENTS_MAX) stream.destroy()
    else if (!this.#node || !this.#gate) this.#waiting.push(stream)
    else void this.#converse(stream, this.#node, this.#gate)
  }

  /** Ends all talks. Twice is safe. */
  close(): void {
    this.#isClosed = true
    for (const stream of [...this.#waiting.splice(0), ...this.#clients]) stream.destroy()
  }

  async #converse(stream: Duplex, node: Node, gate: Promise<unknown>): Promise<void> {
    this.#clients.add(stream)
    const session = new JsonSession({
      node,
      input: stream,
      output: stream,
      gate,
      greeting: this.#standing.events(),
      unreadMax: UNREAD_BYTES_MAX,
    })
    const end = await session.run()
    if (end === 'quit' || end === 'end') await session.output.flushed()
    session.close()
    stream.destroy()
    this.#clients.delete(stream)
  }
}
