/**
 * Argument words into an invocation. The built-in parser reads what is plainly right, so that a start does not pay
 * for yargs (about 70 ms); help, mistakes and everything else goes through yargs, which words them for people.
 */
import { type ParseArgsConfig, parseArgs } from 'node:util'
import {
  CALLS,
  type CallName,
  type CallRow,
  callRow,
  OWN_OPTIONS,
  type OwnOptionName,
  type OwnOptions,
  shownCalls,
} from './calls.ts'
import { nearest } from './nearest.ts'
import { OPTIONS, type OptionRow, type RawOptions, UsageError } from './options.ts'
import { safeName } from './safe-text.ts'

export type Invocation =
  | {
      readonly call: CallName
      readonly words: readonly string[]
      readonly flags: RawOptions
      readonly own: OwnOptions
    }
  /** Help or the version: to be printed, then done. */
  | { readonly print: string }

const ROWS = Object.entries({ ...OPTIONS, ...OWN_OPTIONS }) as [string, OptionRow][]

/** Throws UsageError with one sentence. version: what --version prints. */
export async function readArguments(argv: readonly string[], version: string): Promise<Invocation> {
  const topic = helpTopic(argv)
  if (topic !== undefined) {
    const { helpText } = await import('./help.ts')
    const row = topic === '' ? undefined : callRow(topic)
    if (topic !== '' && !row) throw noSuchCall(topic)
    return { print: helpText(row) }
  }
  return readPlain(argv, version) ?? (await readWithYargs(argv, version))
}

/** `help [call]`, or --help anywhere before a lone `--`: the call it is about, or ''. */
function helpTopic(argv: readonly string[]): string | undefined {
  if (argv[0] === 'help') return argv[1] ?? ''
  const end = argv.indexOf('--')
  const before = end < 0 ? argv : argv.slice(0, end)
  if (!before.includes('--help') && !before.includes('-h')) return undefined
  return before.find((word) => callRow(word)) ?? ''
}

function noSuchCall(name: string): UsageError {
  const names = shownCalls().map((row) => row.name)
  const near = nearest(name.toLowerCase(), names)
  return new UsageError(`There is no command ${safeName(name)}.${near ? ` Did you mean ${near}?` : ''}`)
}

function parserOptions(): NonNullable<ParseArgsConfig['options']> {
  const options: NonNullable<ParseArgsConfig['options']> = { version: { type: 'boolean' } }
  for (const [name, { type }] of ROWS) {
    options[name] = { type: type === 'flag' ? 'boolean' : 'string', multiple: type === 'list' }
  }
  return options
}

function readPlain(argv: readonly string[], version: string): Invocation | undefined {
  const options = parserOptions()
  let parsed: ReturnType<typeof parseArgs>
  try {
    parsed = parseArgs({ args: [...argv], options, allowPositionals: true })
  } catch {
    return undefined
  }
  const { version: asksVersion, ...flags } = parsed.values
  if (asksVersion) return { print: `${version}\n` }
  const [name = 'chat', ...words] = parsed.positionals
  const row = callRow(name)
  if (!row) throw noSuchCall(name)
  if (words.length < row.min || words.length > row.max) return undefined
  return { call: row.name, words, ...sorted(row, flags) }
}

/** Options of all calls and those of this one. Throws UsageError for one that belongs to another. */
function sorted(
  row: CallRow,
  given: Readonly<Record<string, unknown>>,
): { flags: RawOptions; own: OwnOptions } {
  const flags: Record<string, unknown> = {}
  const own: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(OWN_OPTIONS, name)) flags[name] = value
    else if (row.options?.includes(name as OwnOptionName)) own[name] = value
    else throw new UsageError(`${row.name} has no option --${name}.`)
  }
  return { flags: flags as RawOptions, own: own as OwnOptions }
}

async function readWithYargs(argv: readonly string[], version: string): Promise<Invocation> {
  const { default: yargs } = await import('yargs')
  let invocation: Invocation | undefined
  let refusal: string | undefined
  const parser = yargs([...argv])
    .locale('en')
    .scriptName('lanchat')
    .parserConfiguration({
      'boolean-negation': false,
      'camel-case-expansion': false,
      'duplicate-arguments-array': false,
      'dot-notation': false,
      'parse-numbers': false,
      'parse-positional-numbers': false,
    })
    .exitProcess(false)
    .version(version)
    .help(false)
    .strict()
    .fail((message, error) => {
      const called = calledIn(argv)
      const isShort = called && message?.startsWith('Not enough non-option arguments')
      refusal = isShort
        ? `Something is missing: lanchat ${called.name} ${called.args}`
        : message || error.message
    })
  for (const [name, row] of ROWS) {
    parser.option(name, {
      type: row.type === 'flag' ? 'boolean' : 'string',
      array: row.type === 'list',
      nargs: row.type === 'flag' ? 0 : 1,
    })
  }
  for (const row of CALLS as readonly CallRow[]) {
    const spelledArgs = yargsWords(row)
    const spelled = [`${row.name} ${spelledArgs}`.trim(), ...(row.name === 'chat' ? ['$0'] : [])]
    parser.command(
      spelled,
      row.help,
      (y) => y,
      (args) => {
        const named = { ...args } as Record<string, unknown>
        const words = [...spelledArgs.matchAll(/[<[](\w+)/g)]
          .flatMap(([, name]) => named[name!] ?? [])
          .map(String)
        const flags = Object.fromEntries(
          ROWS.flatMap(([name]) => (named[name] === undefined ? [] : [[name, named[name]]])),
        )
        invocation = { call: row.name as CallName, words, ...sorted(row, flags) }
      },
    )
  }
  let print = ''
  await parser.parse([...argv], {}, (error: Error | undefined, _args: unknown, output: string) => {
    refusal ??= error?.message
    print = output
  })
  if (refusal !== undefined) throw new UsageError(`${refusal.replace(/\s*\n\s*/g, ' ')}.${hint(refusal)}`)
  if (print) return { print: `${print}\n` }
  if (invocation) return invocation
  throw new UsageError('These arguments are not understood.')
}

/** The call that is meant, whatever is wrong with the rest: the first word that is no option's value. */
function calledIn(argv: readonly string[]): CallRow | undefined {
  const options = parserOptions()
  const { positionals } = parseArgs({ args: [...argv], options, allowPositionals: true, strict: false })
  return callRow(positionals[0] ?? '')
}

/** The words of a call as yargs counts them. */
function yargsWords({ min, max }: CallRow): string {
  if (max === Number.POSITIVE_INFINITY) return `${min > 0 ? '<word> ' : ''}[words..]`
  return Array.from({ length: max }, (_, i) => (i < min ? `<word${i}>` : `[word${i}]`)).join(' ')
}

/** For an unknown option: the nearest one. */
function hint(refusal: string): string {
  const unknown = /^Unknown arguments?: ([\w-]+)/.exec(refusal)?.[1]
  const near =
    unknown === undefined
      ? undefined
      : nearest(
          unknown,
          ROWS.map(([name]) => name),
        )
  return near ? ` Did you mean --${near}?` : ''
}
