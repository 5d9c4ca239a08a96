/**
 * Argument words into an invocation. The built-in parser reads what is plainly right, so that a start does not pay
 * for yargs (about 70 ms); help, mistakes and everything else goes through yargs, which words them for people.
 */
import { type ParseArgsConfig, parseArgs } from 'node:util'
import { nearest } from './nearest.ts'
import { OPTIONS, type OptionRow, type RawOptions, UsageError } from './options.ts'
import { safeName } from './safe-text.ts'

export interface CallRow {
  readonly name: string
  /** For yargs: <needed> and [not needed]. */
  readonly args: string
  readonly min: number
  readonly max: number
  readonly help: string
}

export const CALLS = [
  { name: 'chat', args: '', min: 0, max: 0, help: 'chat (what a bare lanchat does)' },
  { name: 'hub', args: '', min: 0, max: 0, help: 'a node without a screen that prefers to be hub' },
  {
    name: 'send',
    args: '<to> [text..]',
    min: 1,
    max: Number.POSITIVE_INFINITY,
    help: 'send to a room or @nick; without text, or with -, from stdin',
  },
  { name: 'tail', args: '[room]', min: 0, max: 1, help: 'print messages as they come' },
  {
    name: 'history',
    args: '<room> [n]',
    min: 1,
    max: 2,
    help: 'the last n messages of a room (default: 50)',
  },
  { name: 'rooms', args: '', min: 0, max: 0, help: 'all rooms' },
  { name: 'who', args: '[room]', min: 0, max: 1, help: 'who is there' },
  { name: 'status', args: '', min: 0, max: 0, help: 'how the lanchat running here is doing' },
  { name: 'doctor', args: '', min: 0, max: 0, help: 'what works here and what does not, and what to do' },
  { name: 'id', args: '', min: 0, max: 0, help: 'your name and key' },
] as const satisfies readonly CallRow[]

export type CallName = (typeof CALLS)[number]['name']

export type Invocation =
  | { readonly call: CallName; readonly words: readonly string[]; readonly flags: RawOptions }
  /** Help or the version: to be printed, then done. */
  | { readonly print: string }

const ROWS = Object.entries(OPTIONS) as [string, OptionRow][]

/** Throws UsageError with one sentence. version: what --version prints. */
export async function readArguments(argv: readonly string[], version: string): Promise<Invocation> {
  const words = argv[0] === 'help' ? [...argv.slice(1), '--help'] : argv
  return readPlain(words, version) ?? (await readWithYargs(words, version))
}

function readPlain(argv: readonly string[], version: string): Invocation | undefined {
  const options: NonNullable<ParseArgsConfig['options']> = { version: { type: 'boolean' } }
  for (const [name, { type }] of ROWS) {
    options[name] = { type: type === 'flag' ? 'boolean' : 'string', multiple: type === 'list' }
  }
  let parsed: ReturnType<typeof parseArgs>
  try {
    parsed = parseArgs({ args: [...argv], options, allowPositionals: true })
  } catch {
    return undefined
  }
  const { version: asksVersion, ...flags } = parsed.values
  if (asksVersion) return { print: `${version}\n` }
  const [name = 'chat', ...words] = parsed.positionals
  const row = CALLS.find((call) => call.name === name)
  if (!row) {
    const near = nearest(
      name,
      CALLS.map((call) => call.name),
    )
    throw new UsageError(`There is no command ${safeName(name)}.${near ? ` Did you mean ${near}?` : ''}`)
  }
  if (words.length < row.min || words.length > row.max) return undefined
  return { call: row.name, words, flags: flags as RawOptions }
}

async function readWithYargs(argv: readonly string[], version: string): Promise<Invocation> {
  const { default: yargs } = await import('yargs')
  let invocation: Invocation | undefined
  let refusal: string | undefined
  const parser = yargs([...argv])
    .locale('en')
    .scriptName('lanchat')
    .usage('$0 [command] [options]\n\nChat for people who share a network and nothing else.')
    .example('lanchat', 'chat; the first one on the network becomes its hub')
    .example('lanchat send general "Lunch is here"', 'send one message')
    .example('lanchat tail --json | jq .text', 'follow all messages in a script')
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
    .help()
    .alias('h', 'help')
    .strict()
    .wrap(100)
    .epilogue(
      'Inside the chat, /help lists what can be typed.\n' +
        'Exit codes: 0 ok, 1 failure, 2 usage, 3 nobody found, 4 refused, 75 try later, 128 + signal.',
    )
    .fail((message, error) => {
      refusal = message || error.message
    })
  for (const [name, row] of ROWS) {
    parser.option(name, {
      type: row.type === 'flag' ? 'boolean' : 'string',
      array: row.type === 'list',
      nargs: row.type === 'flag' ? 0 : 1,
      describe: row.value ? `${row.help} <${row.value}>` : row.help,
    })
  }
  for (const row of CALLS) {
    const spelled = [`${row.name} ${row.args}`.trim(), ...(row.name === 'chat' ? ['$0'] : [])]
    parser.command(
      spelled,
      row.help,
      (y) => y,
      (args) => {
        const named = { ...args } as Record<string, unknown>
        const words = [...row.args.matchAll(/[<[](\w+)/g)]
          .flatMap(([, name]) => named[name!] ?? [])
          .map(String)
        const flags = Object.fromEntries(
          ROWS.flatMap(([name]) => (named[name] === undefined ? [] : [[name, named[name]]])),
        )
        invocation = { call: row.name, words, flags: flags as RawOptions }
      },
    )
  }
  let print = ''
  await parser.parse([...argv], {}, (error: Error | undefined, _args: unknown, output: string) => {
    refusal ??= error?.message
    print = output
  })
  if (refusal !== undefined) throw new UsageError(`${refusal.replace(/\s*\n\s*/g, ' ')}.`)
  if (print) return { print: `${print}\n` }
  if (invocation) return invocation
  throw new UsageError('These arguments are not understood.')
}
