/** Every option of the command line in one table, and how flags, environment, config file and defaults are laid over each other. */
import type { NodeOptions } from '../node/index.ts'
import { isPeerText } from '../wire/peer-text.ts'
import { ALERTS, type Alert } from './alerts.ts'
import { readSmallFile } from './small-file.ts'
import { whyOf } from './system-error.ts'

export class UsageError extends Error {
  readonly code = 'USAGE'
}

export interface OptionRow {
  readonly type: 'text' | 'list' | 'flag'
  readonly value?: string
  readonly help: string
}

export const OPTIONS = {
  name: { type: 'text', value: 'nick', help: 'your name, kept for the next time' },
  network: { type: 'text', value: 'name', help: 'separate networks on one LAN never mix (default: lan)' },
  'code-file': {
    type: 'text',
    value: 'file',
    help: "the network's secret is in this file (or in LANCHAT_CODE)",
  },
  'data-dir': { type: 'text', value: 'dir', help: 'where identity and history are kept' },
  port: { type: 'text', value: 'n', help: 'port when hub (default: 27470, the next free if taken; 0: any)' },
  interface: { type: 'list', value: 'name or address', help: 'use only this interface (repeatable)' },
  peer: { type: 'list', value: 'host[:port]', help: 'join here where multicast is blocked (repeatable)' },
  'no-discovery': { type: 'flag', help: 'neither announce nor look for anybody by multicast' },
  'never-hub': { type: 'flag', help: 'never become the hub' },
  'prefer-hub': { type: 'flag', help: 'become the hub rather than others' },
  rate: {
    type: 'text',
    value: 'n',
    help: 'as hub: messages per second and person (default: 10; 0: no limit)',
  },
  alert: {
    type: 'list',
    value: 'way',
    help: 'on a terminal, call by bell, osc9, osc777, title or none (default: bell,title)',
  },
  hook: {
    type: 'text',
    value: 'program',
    help: 'run this for each message you are called for: JSON on its stdin',
  },
  check: { type: 'list', value: 'name', help: 'doctor: only this check (repeatable)' },
  timeout: { type: 'text', value: 's', help: 'seconds to wait for somebody, or for the end (default: 5)' },
  'log-level': {
    type: 'text',
    value: 'level',
    help: 'debug, info, warn, error or silent; logs go to stderr',
  },
  json: { type: 'flag', help: 'one JSON object a line' },
  plain: { type: 'flag', help: 'no prompt, no colour; tables with tabs, but in a chat on a terminal' },
  'no-color': { type: 'flag', help: 'no colour' },
} as const satisfies Readonly<Record<string, OptionRow>>

export type OptionName = keyof typeof OPTIONS
/** Values as they were written, by option name. */
export type RawOptions = Readonly<Partial<Record<OptionName, unknown>>>

const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

export interface Settings {
  readonly node: Omit<NodeOptions, 'log' | 'signal' | 'onControl' | 'visitor'>
  readonly timeoutMs: number
  readonly logLevel?: LogLevel
  /** Names of checks that doctor is limited to. */
  readonly checks?: readonly string[]
  /** Ways to call somebody on a terminal; undefined: as the program proposes. */
  readonly alerts?: readonly Alert[]
  /** A program to run for each message that calls. */
  readonly hook?: string
  readonly json: boolean
  readonly plain: boolean
  readonly noColor: boolean
}

const NAMES = Object.keys(OPTIONS) as OptionName[]

/**
 * Flags win over environment (LANCHAT_DATA_DIR, ...; lists separated by commas), that over the config file.
 * Throws UsageError naming the option and where its value came from.
 */
export function settingsOf(
  flags: RawOptions,
  env: Readonly<Record<string, string | undefined>>,
  config: RawOptions,
): Settings {
  const chosen: Partial<Record<OptionName, { value: unknown; from: string }>> = {}
  for (const name of NAMES) {
    const variable = `LANCHAT_${name.toUpperCase().replaceAll('-', '_')}`
    if (flags[name] !== undefined) chosen[name] = { value: flags[name], from: `--${name}` }
    else if (env[variable]) chosen[name] = { value: env[variable], from: variable }
    else if (config[name] !== undefined)
      chosen[name] = { value: config[name], from: `"${name}" in the config file` }
  }
  const bad = (name: OptionName, wants: string) => new UsageError(`${chosen[name]?.from} must be ${wants}.`)
  const text = (name: OptionName): string | undefined => {
    const value = chosen[name]?.value
    if (value === undefined) return undefined
    const one: unknown = Array.isArray(value) ? value.at(-1) : value
    if (typeof one !== 'string' || one.trim() === '') throw bad(name, 'a text')
    return one
  }
  const list = (name: OptionName): string[] | undefined => {
    const value = chosen[name]?.value
    if (value === undefined) return undefined
    // Given again, or several behind a comma: no name or address holds one.
    const parts: unknown[] = (Array.isArray(value) ? value : [value]).flatMap((part: unknown) =>
      typeof part === 'string' ? part.split(',') : [part],
    )
    if (parts.length === 0 || !parts.every((part) => typeof part === 'string' && /^\S+$/.test(part.trim()))) {
      throw bad(name, 'a name or an address')
    }
    return parts.map((part) => String(part).trim())
  }
  const flag = (name: OptionName): boolean => {
    const value = chosen[name]?.value
    if (value === undefined || value === false || value === '0' || value === 'false') return false
    if (value === true || value === '1' || value === 'true') return true
    throw bad(name, 'true or false')
  }
  const number = (name: OptionName, isRight: (n: number) => boolean, wants: string): number | undefined => {
    const value = text(name)
    if (value === undefined) return undefined
    const n = /^\d+(\.\d+)?$/.test(value) ? Number(value) : Number.NaN
    if (!isRight(n)) throw bad(name, wants)
    return n
  }

  const port = number('port', (n) => Number.isInteger(n) && n <= 65_535, 'a port, 0 to 65535')
  const rate = number('rate', (n) => n >= 0, 'a number, 0 or more')
  const timeoutS = number('timeout', (n) => n > 0 && n <= 86_400, 'a number of seconds above 0') ?? 5
  const logLevel = text('log-level')
  if (logLevel !== undefined && !isLogLevel(logLevel))
    throw bad('log-level', `one of ${LOG_LEVELS.join(', ')}`)
  const neverHub = flag('never-hub')
  const preferHub = flag('prefer-hub')
  if (neverHub && preferHub) throw new UsageError('--never-hub and --prefer-hub exclude each other.')
  // The flag is nearest to the person; a code in the environment is nearer than a file named there or in the config.
  const codeFile = text('code-file')
  const code = flags['code-file'] === undefined && env.LANCHAT_CODE ? env.LANCHAT_CODE : codeFrom(codeFile)
  const [name, network, dataDir] = [text('name'), text('network'), text('data-dir')]
  const [interfaces, peers, checks] = [list('interface'), list('peer'), list('check')]
  if (peers && !peers.every(isPeerText)) throw bad('peer', 'host or host:port, with a port from 1 to 65535')
  const timeoutMs = timeoutS * 1000
  const alerts = list('alert')?.filter((way) => way !== 'none')
  if (alerts && !alerts.every(isAlert)) throw bad('alert', `some of ${ALERTS.join(', ')}, or none`)
  const hook = text('hook')
  return {
    node: {
      ...(name !== undefined && { name }),
      ...(network !== undefined && { network }),
      ...(code !== undefined && { code }),
      ...(dataDir !== undefined && { dataDir }),
      ...(port !== undefined && { port }),
      ...(interfaces && { interfaces }),
      ...(peers && { peers }),
      ...(rate !== undefined && { rate }),
      ...(flag('no-discovery') && { discovery: false }),
      ...(neverHub && { neverHub }),
      ...(preferHub && { preferHub }),
      ...(env.LANCHAT_PLAIN_LINKS === '1' && { plainLinks: true }),
      timeoutMs,
    },
    timeoutMs,
    ...(logLevel !== undefined && { logLevel }),
    ...(checks && { checks }),
    ...(alerts && { alerts: alerts.filter(isAlert) }),
    ...(hook !== undefined && { hook }),
    json: flag('json'),
    plain: flag('plain'),
    noColor: flag('no-color'),
  }
}

const isAlert = (way: string): way is Alert => (ALERTS as readonly string[]).includes(way)
const isLogLevel = (text: string): text is LogLevel => (LOG_LEVELS as readonly string[]).includes(text)

function codeFrom(file: string | undefined): string | undefined {
  if (file === undefined) return undefined
  let code: string
  try {
    code = readSmallFile(file).replace(/\r?\n$/, '')
  } catch (error) {
    throw new UsageError(`The code file ${file} cannot be read (${whyOf(error)}).`)
  }
  if (code === '') throw new UsageError(`The code file ${file} is empty.`)
  return code
}

/**
 * The config file: a JSON object of options by name. A missing file is an empty one, and so is that of nobody's home.
 * Throws UsageError on anything else that cannot be used, and on options it does not know.
 */
export function readConfig(file: string | undefined): RawOptions {
  if (file === undefined) return {}
  let text: string
  try {
    text = readSmallFile(file)
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(whyOf(error))) return {}
    throw new UsageError(`The config file ${file} cannot be read (${whyOf(error)}).`)
  }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new UsageError(`The config file ${file} is not valid JSON.`)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new UsageError(`The config file ${file} must hold one JSON object.`)
  }
  const options: Partial<Record<OptionName, unknown>> = {}
  for (const [name, given] of Object.entries(value)) {
    if (!isOptionName(name)) throw new UsageError(`The config file ${file} has an unknown option "${name}".`)
    options[name] = typeof given === 'number' ? String(given) : given
  }
  return options
}

const isOptionName = (name: string): name is OptionName => Object.hasOwn(OPTIONS, name)
