/** What the terminal needs of the process around it, so that tests can bring their own. */
import { writeSync } from 'node:fs'

export interface Host {
  /** Calls the listener before the process ends, however it does, also before it reports that it crashed. Returns its undo. */
  onEnd(listener: () => void): () => void
  /** Calls the listener instead of stopping at SIGTSTP. Returns its undo. */
  onStop(listener: () => void): () => void
  /** Calls the listener when the process goes on after a stop. Returns its undo. */
  onContinue(listener: () => void): () => void
  /** Stops as Ctrl-Z does; isOwn: only this process, not everything in the foreground with it. Returns when it goes on. */
  stop(isOwn: boolean): void
  /** Writes at once, past everything that is queued. */
  write(text: string): void
}

const on = (event: 'SIGTSTP' | 'SIGCONT', listener: () => void): (() => void) => {
  // Windows has neither.
  if (process.platform === 'win32') return () => {}
  process.on(event, listener)
  return () => process.off(event, listener)
}

export const processHost: Host = {
  onEnd(listener) {
    process.on('exit', listener)
    process.on('uncaughtExceptionMonitor', listener)
    return () => {
      process.off('exit', listener)
      process.off('uncaughtExceptionMonitor', listener)
    }
  },
  onStop: (listener) => on('SIGTSTP', listener),
  onContinue: (listener) => on('SIGCONT', listener),
  stop(isOwn) {
    // With npm or a shell in between these have to stop as well: 0 is everything in this process group.
    if (process.platform !== 'win32') process.kill(isOwn ? process.pid : 0, 'SIGTSTP')
  },
  write(text) {
    try {
      writeSync(1, text)
    } catch {
      // A terminal that is gone needs no restoring; one that is full for the moment cannot be waited for here.
    }
  },
}
