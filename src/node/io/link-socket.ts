/**
 * The websocket of a link. ws tells what happens as events, whose listeners would be closures and a table of them for each of
 * a hub's thousands of links, all the same: one method that all share tells the link instead.
 */
import { WebSocket } from './commonjs.ts'

/** Who is told, once it listens. */
export interface Hears {
  hear(data: Buffer, isBinary: boolean): void
  failed(error: Error): void
  ended(code: number, reason: Buffer): void
}

/** Until somebody hears, events go to listeners as with any websocket. */
export class LinkSocket extends WebSocket {
  hears: Hears | undefined

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
