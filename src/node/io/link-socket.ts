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

  override emit(event: string | symbol, ...about: unknown[]): boolean {
    const { hears } = this
    if (!hears) return super.emit(event, ...about)
    if (event === 'message') hears.hear(about[0] as Buffer, about[1] as boolean)
    else if (event === 'close') hears.ended(about[0] as number, about[1] as Buffer)
    else if (event === 'error') hears.failed(about[0] as Error)
    // RFC 6455 5.5.2 wants an answer, 5.5.3 not one to each: none while the one before waits to be written.
    else if (event === 'ping' && this.bufferedAmount === 0) this.pong(about[0] as Buffer)
    return true
  }
}
