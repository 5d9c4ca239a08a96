/**
 * The websocket of a link. ws tells what happens as events, whose listeners would be closures and a table of them for each of
 * a hub's thousands of links, all the same: one method that all share tells the link instead.
 *
 * What a read brought is mostly one short message, or some, and all of them whole. These are told right away: through ws,
 * which takes in a stream that may be cut anywhere, each costs several times as much as what is done about it.
 */
import { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import { WebSocket } from './commonjs.ts'
import { isWhole, MessageWatch, messageAt } from './ws-frame.ts'

/** Who is told, once it listens. */
export interface Hears {
  hear(data: Uint8Array, isBinary: boolean): void
  failed(error: Error): void
  ended(code: number, reason: Buffer): void
}

/** The websocket of a socket. */
const CARRIES = Symbol('the websocket that it carries')
interface Carrier extends Socket {
  [CARRIES]?: LinkSocket
}

/** Until somebody hears, events go to listeners as with any websocket. */
export class LinkSocket extends WebSocket {
  hears: Hears | undefined
  /** What a dialer sends is masked. */
  #isMasked = false
  readonly #watch = new MessageWatch()

  /** Reads the socket from now on, in the turn in which ws begins to; the watch knows whether a message is under way. */
  read(socket: Socket, isMasked: boolean): MessageWatch {
    this.#isMasked = isMasked
    const carrier: Carrier = socket
    carrier[CARRIES] = this
    carrier.emit = emitOfCarrier
    return this.#watch
  }

  /** False: to be read by ws, which then knows where a message that has begun goes on. */
  take(chunk: Buffer): boolean {
    const isAtRest = !this.#watch.underWay && this.readyState === this.OPEN
    if (!this.hears || !isAtRest || !isWhole(chunk, this.#isMasked)) return false
    for (let at = 0; at < chunk.length; ) {
      const message = messageAt(chunk, at, this.#isMasked)
      at = message.byteOffset + message.length - chunk.byteOffset
      // Another one, once the handshake is over.
      this.hears?.hear(message, true)
    }
    return true
  }

  /** What ws has read. */
  follow(chunk: Buffer): void {
    this.#watch.feed(chunk)
  }

  /** From now on it is told, and nobody else. */
  tell(hears: Hears): void {
    this.hears = hears
    this.binaryType = 'fragments'
  }

  override emit(event: string | symbol, ...about: unknown[]): boolean {
    const { hears } = this
    if (!hears) return super.emit(event, ...about)
    if (event === 'message') hears.hear(takeWhole(about[0] as Buffer | Buffer[]), about[1] as boolean)
    else if (event === 'close') hears.ended(about[0] as number, about[1] as Buffer)
    else if (event === 'error') hears.failed(about[0] as Error)
    // RFC 6455 5.5.2 wants an answer, 5.5.3 not one to each: none while the one before waits to be written.
    else if (event === 'ping' && this.bufferedAmount === 0) this.pong(about[0] as Buffer)
    return true
  }
}

/** Of a socket that carries a websocket; the same for all. Listeners stay as they are, since ws takes off its own when it closes. */
function emitOfCarrier(this: Carrier, event: string | symbol, ...about: unknown[]): boolean {
  const ws = event === 'data' ? this[CARRIES] : undefined
  if (ws?.take(about[0] as Buffer)) return true
  const isHeard = EventEmitter.prototype.emit.call(this, event, ...about)
  ws?.follow(about[0] as Buffer)
  return isHeard
}

/**
 * The message, out of the list in which ws has gathered it. That list was made when the message before ended, so V8 counts it
 * among what is old, and collects it seconds later: until then it would keep what it lists, from thousands of links.
 */
function takeWhole(data: Buffer | Buffer[]): Buffer {
  // Text comes whole.
  if (!Array.isArray(data)) return data
  const whole = data.length === 1 ? data[0]! : Buffer.concat(data)
  data.length = 0
  return whole
}
