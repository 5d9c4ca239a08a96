/**
 * Errors that a handler leaves behind: a promise it did not wait for, a timer that throws. Node would end the process for
 * them. What came from a handler, also later, is known by its async context and goes to the bot; everything else ends the
 * process as it would have without a bot.
 */
import { AsyncLocalStorage } from 'node:async_hooks'

type Report = (error: unknown) => void

const reports = new AsyncLocalStorage<Report>()
let isWatching = false

/** Runs a handler so that errors it leaves behind are reported, once somebody watches. */
export function reportingStrays<T>(report: Report, run: () => T): T {
  return reports.run(report, run)
}

/** Whether this runs in a handler, or in something that a handler began. */
export const isInHandler = (): boolean => reports.getStore() !== undefined

/**
 * Watches the process for strays from now on. It does not end with a bot: a timer that a handler has set may come later, and what
 * it throws then is as little a reason to end the process.
 */
export function watchStrays(): void {
  if (isWatching) return
  isWatching = true
  process.on('unhandledRejection', onStray)
  process.on('uncaughtException', onStray)
}

function unwatch(): void {
  isWatching = false
  process.off('unhandledRejection', onStray)
  process.off('uncaughtException', onStray)
}

/** origin: of an uncaughtException a word, of an unhandledRejection the promise. */
function onStray(error: unknown, origin: unknown): void {
  const report = reports.getStore()
  if (report) return report(error)
  const event = typeof origin === 'string' ? 'uncaughtException' : 'unhandledRejection'
  if (process.listenerCount(event) > 1) return
  // Nobody else handles it: thrown again where nobody listens any more, it ends the process as ever.
  unwatch()
  setImmediate(() => {
    throw error
  })
}
