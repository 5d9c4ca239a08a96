/** Middleware: handlers in a row, each around those behind it. */

/** Handles an event, or passes it on by `next`; what stands behind `await next()` runs on the way back. */
export type Handler<C> = (context: C, next: () => Promise<void>) => unknown

/** One handler of all: each gets the event when the one before it calls next. A next called twice rejects. */
export function compose<C>(handlers: readonly Handler<C>[]): (context: C) => Promise<void> {
  return async (context) => {
    const run = async (at: number): Promise<void> => {
      const handler = handlers[at]
      if (!handler) return
      let isPassedOn = false
      await handler(context, () => {
        if (isPassedOn) return Promise.reject(new Error('next() was called twice'))
        isPassedOn = true
        return run(at + 1)
      })
    }
    await run(0)
  }
}
