/** Log lines for stderr: a level, a threshold, one line each. */
import type { NodeOptions } from '../node/index.ts'
import type { LogLevel } from './options.ts'
import { safeName } from './safe-text.ts'

type Log = NonNullable<NodeOptions['log']>

const ORDER: readonly LogLevel[] = ['debug', 'info', 'warn', 'error', 'silent']

/** A log that passes lines at or above the level. now: ms, for long-running nodes whose log is read later. */
export function logTo(write: (line: string) => void, level: LogLevel, now?: () => number): Log {
  return (at, text) => {
    if (ORDER.indexOf(at) < ORDER.indexOf(level)) return
    const time = now ? `${new Date(now()).toISOString()} ` : ''
    write(`${time}${at} ${safeName(text)}`)
  }
}
