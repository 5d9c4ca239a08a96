/** Members of the load come in: some stay in this process, the others are handed over to the program that counts. */
import type { Socket } from 'node:net'
import type { Keepalive, Member, Speech } from '../peers/peer.ts'
import { type Connection, connectEncrypted, connectPlain, type TlsWay } from './connection.ts'
import { type Counter, decryptingCounter, plainCounter } from './counter.ts'
import type { Plan } from './plan.ts'

export class Members {
  readonly #plan: Plan
  readonly #speech: Speech
  readonly #way: TlsWay | undefined
  /** Whose keepalive is sent from here, once it is known: each by a clock of its own, as members do. */
  readonly #staying = new Map<Socket, NodeJS.Timeout | undefined>()
  #keepalive: Keepalive | undefined
  #counter: Counter | undefined

  /** Throws where TLS is asked of a peer that has none. */
  static async of(plan: Plan, speech: Speech): Promise<Members> {
    const way = plan.tls ? await speech.tls?.() : undefined
    if (plan.tls && !way) throw new TypeError(`${plan.peer} is not measured over TLS`)
    return new Members(plan, speech, way)
  }

  private constructor(plan: Plan, speech: Speech, way: TlsWay | undefined) {
    this.#plan = plan
    this.#speech = speech
    this.#way = way
  }

  /** Once somebody has joined. */
  async beginCounting(): Promise<Counter> {
    const { counter, port } = this.#plan
    const keepalive = this.#speech.keepalive?.()
    this.#keepalive = keepalive
    for (const socket of this.#staying.keys()) this.#stay(socket)
    const way = this.#way
    const begun = way
      ? await decryptingCounter(counter, port, way, keepalive)
      : plainCounter(counter, port, keepalive)
    this.#counter = begun
    return begun
  }

  /** They come in this order. isCounted: whether one will be handed over; all others stay here. */
  open(members: readonly Member[], isCounted = (_: Member): boolean => false): Promise<Socket[]> {
    return this.#joined(members, (member) => (isCounted(member) ? this.#counter!.connect() : this.#connect()))
  }

  #connect(): Promise<Connection> {
    const { port } = this.#plan
    return this.#way ? connectEncrypted(port, this.#way) : connectPlain(port)
  }

  /** From now on only their marks are of interest. */
  handOver(sockets: readonly Socket[]): void {
    for (const socket of sockets) {
      clearInterval(this.#staying.get(socket))
      this.#staying.delete(socket)
    }
    this.#counter!.takeOver(sockets)
  }

  async #joined(
    members: readonly Member[],
    connect: (member: Member) => Promise<Connection>,
  ): Promise<Socket[]> {
    const { joiningAtOnce } = this.#plan
    const sockets = new Array<Socket>(members.length)
    let next = 0
    const joinInTurn = async () => {
      while (next < members.length) {
        const at = next++
        const member = members[at]!
        sockets[at] = await this.#join(member, await connect(member))
      }
    }
    await Promise.all(Array.from({ length: Math.min(joiningAtOnce, members.length) }, joinInTurn))
    return sockets
  }

  async #join(member: Member, { socket, binding }: Connection): Promise<Socket> {
    await this.#speech.open?.(socket)
    await this.#speech.join(socket, member, binding)
    this.#stay(socket)
    return socket
  }

  /** From the moment of joining: others may take longer than a server waits. */
  #stay(socket: Socket): void {
    const keepalive = this.#keepalive
    this.#staying.set(
      socket,
      keepalive && setInterval(() => socket.write(keepalive.bytes), keepalive.everyMs),
    )
  }
}
