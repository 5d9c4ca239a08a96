/** Middleware: handlers in a row, each around those behind it. */

/** Handles an event, or passes it on by `next`; what stands behind `await next()` runs on the way back. */
export type Handler<C> = (context: C, next: () => Promise<void>) => unknown

/** Throws TypeError for what is no handler: a slip that would otherwise be found out by the first event. */
export function checkHandler(handler: unknown): void {
  if (typeof handler !== 'function')
    throw new TypeError(`A handler is a function, and this is of type ${typeof handler}.`)
}

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
