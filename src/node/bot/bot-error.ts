import type { Context } from './context.ts'

/** An error that a handler threw, or left behind unhandled; `cause` is the error itself. */
export class BotError extends Error {
  override readonly name = 'BotError'
  constructor(
    /** The event that was being handled. */
    readonly context: Context,
    cause: unknown,
  ) {
    super(cause instanceof Error ? cause.message : String(cause), { cause })
  }
}
