import type { Context } from './context.ts'

/** An error that a handler threw, or left behind unhandled; `cause` is the error itself. */
export class BotError extends Error {
  override readonly name = 'BotError'
  constructor(
    /** The event that was being handled. */
    readonly context: Context,
    cause: unknown,
  ) {
    super(wordsOf(cause, 'message'), { cause })
  }
}

/** What was thrown, in words. Anything can be thrown, also what cannot be made a text. Never throws. */
export function wordsOf(cause: unknown, part: 'message' | 'stack'): string {
  try {
    return cause instanceof Error ? String(cause[part] ?? cause.message) : String(cause)
  } catch {
    return 'something that is no text was thrown'
  }
}
