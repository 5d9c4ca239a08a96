/** What a check is, and what all checks share. */
import type { NodeReport } from '../../report.ts'

/** In the order in which a cause is looked for: what comes first explains what comes later. */
export const CHECK_NAMES = [
  'interfaces',
  'route',
  'mdns-port',
  'multicast',
  'windows-firewall',
  'local-network',
  'isolation',
  'firewall',
  'peer',
  'hub',
  'peers',
  'clock',
  'data-dir',
  'space',
  'store',
  'identity',
  'versions',
] as const
export type CheckName = (typeof CHECK_NAMES)[number]

/** fail: something does not work. warn: it works, but somebody should know. skip: cannot be told here or now. */
export type CheckStatus = 'pass' | 'warn' | 'fail' | 'skip'

export interface Check {
  readonly name: CheckName
  readonly status: CheckStatus
  /** One sentence for people. May hold names that others chose: to be made safe before it is printed. */
  readonly message: string
  readonly detail?: string
  /** What to type or to do. */
  readonly fix?: string
}

export interface CheckOptions {
  /** Only these; default all. */
  readonly only?: readonly CheckName[]
  readonly dataDir?: string
  readonly network?: string
  readonly code?: string
  readonly interfaces?: readonly string[]
  /** host[:port] to try. */
  readonly peers?: readonly string[]
  readonly discovery?: boolean
  /** What the lanchat running on this data dir says of itself; undefined: none runs, or it does not answer. */
  readonly running?: Promise<NodeReport | undefined>
}

/** What a check finds; its name is added by who ran it. */
export type Finding = Omit<Check, 'name'>

export const pass = (message: string, detail?: string): Finding => ({
  status: 'pass',
  message,
  ...(detail !== undefined && { detail }),
})
export const skip = (message: string): Finding => ({ status: 'skip', message })
export const warn = (message: string, fix?: string, detail?: string): Finding => ({
  status: 'warn',
  message,
  ...(detail !== undefined && { detail }),
  ...(fix !== undefined && { fix }),
})
export const fail = (message: string, fix?: string, detail?: string): Finding => ({
  ...warn(message, fix, detail),
  status: 'fail',
})

/** "1 machine", "3 machines". */
export const count = (n: number, word: string): string => `${n} ${word}${n === 1 ? '' : 's'}`
