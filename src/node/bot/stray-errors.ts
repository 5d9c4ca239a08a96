/**
 * Errors that a handler leaves behind: a promise it did not wait for, a timer that throws. Node would end the process for
 * them. What came from a handler, also later, is known by its async context and goes to the bot; everything else ends the
 * process as it would have without a bot.
 */
import { AsyncLocalStorage } from 'node:async_hooks'

type Report = (error: unknown) => void

const reports = new AsyncLocalStorage<Report>()
let watchers = 0

/** Runs a handler so that errors it leaves behind are reported, as long as somebody watches. */
export function reportingStrays<T>(report: Report, run: () => T): T {
  return reports.run(report, run)
}

/** Whether this runs in a handler, or in something that a handler began. */
export const isInHandler = (): boolean => reports.getStore() !== undefined

/** Watches the process for strays; returns the undo. */
export function watchStrays(): () => void {
  if (watchers++ === 0) {
    process.on('unhandledRejection', onStray)
    process.on('uncaughtException', onStray)
  }
  let isWatching = true
  return () => {
    if (!isWatching) return
    isWatching = false
    if (--watchers === 0) unwatch()
  }
}

function unwatch(): void {
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
