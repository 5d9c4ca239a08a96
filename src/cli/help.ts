/** Help for people: examples first, then calls and options, all from the tables. */
import { type CallRow, OWN_OPTIONS, shownCalls, usageOfCall } from './calls.ts'
import { OPTIONS, type OptionRow } from './options.ts'

export const EXIT_CODES: readonly (readonly [code: string, means: string])[] = [
  ['0', 'ok'],
  ['1', 'failure'],
  ['2', 'usage'],
  ['3', 'nobody found within --timeout'],
  ['4', 'refused (identity, code, ban)'],
  ['75', 'try later'],
  ['128 + signal', 'SIGHUP 129, SIGINT 130, SIGTERM 143'],
]

/** Shown above all others. */
export const EXAMPLES: readonly (readonly [command: string, does: string])[] = [
  ['lanchat', 'chat; the first one on the network becomes its hub'],
  ['lanchat send general "Lunch is here"', 'send one message'],
  ['lanchat tail --json | jq .text', 'follow all messages in a script'],
  ['lanchat search lunch monday', 'find what was said'],
  ['lanchat network new class.code', 'a code, so that only your class can join'],
  ['lanchat share', 'give lanchat to neighbours who have no internet'],
]

const TERMINAL_COLUMNS = 80
/** The widest left column: what stands beside it has room for some words. */
const LEFT_COLUMNS = 30

/** Help for one call, or for all, fit for a terminal of 80 columns. Ends with a newline. */
export const helpText = (row?: CallRow): string => (row ? callHelp(row) : wholeHelp())

function wholeHelp(): string {
  return [
    'lanchat [command] [options]',
    '',
    'Chat for people who share a network and nothing else.',
    '',
    'Examples:',
    ...columns(EXAMPLES),
    '',
    'Commands:',
    ...columns(shownCalls().map((row) => [usageOfCall(row), row.help])),
    '',
    'Options:',
    ...columns([
      ...optionLines(OPTIONS),
      ['--help', 'this; behind a command: more about it'],
      ['--version', 'the version'],
    ]),
    '',
    'Inside the chat, /help lists what can be typed.',
    ...paragraph(`Exit codes: ${EXIT_CODES.map(([code, means]) => `${code} ${means}`).join('; ')}.`),
    '',
  ].join('\n')
}

function callHelp(row: CallRow): string {
  const own = Object.entries(OWN_OPTIONS).filter(([name]) =>
    (row.options as readonly string[] | undefined)?.includes(name),
  )
  return [
    ...usageLines(usageOfCall(row), ''),
    '',
    ...paragraph(`${row.help.charAt(0).toUpperCase()}${row.help.slice(1)}.`),
    '',
    ...(row.examples.length > 0 ? ['Examples:', ...columns(row.examples), ''] : []),
    ...(own.length > 0 ? ['Options:', ...columns(optionLines(Object.fromEntries(own))), ''] : []),
    'Options of all commands: lanchat --help',
    '',
  ].join('\n')
}

export const optionLines = (options: Readonly<Record<string, OptionRow>>): [string, string][] =>
  Object.entries(options).map(([name, row]) => [`--${name}${row.value ? ` <${row.value}>` : ''}`, row.help])

/** Two columns; a left part that is too long for its column has lines of its own. */
function columns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.min(LEFT_COLUMNS, Math.max(...rows.map(([left]) => left.length)))
  const margin = ' '.repeat(width + 4)
  return rows.flatMap(([left, right]) => {
    const beside = filled(right.split(' '), margin)
    return left.length > width
      ? [...usageLines(left, '  '), ...beside]
      : [`  ${left.padEnd(width)}  ${beside[0]!.trimStart()}`, ...beside.slice(1)]
  })
}

/** Broken between alternatives alone: an example, which has none, is to be typed as it stands. */
function usageLines(usage: string, margin: string): string[] {
  const [first, ...more] = filled(usage.split(/(?<=\|) /), `${margin}    `)
  return [`${margin}${first!.trimStart()}`, ...more]
}

const paragraph = (text: string): string[] => filled(text.split(' '), '')

/** Pieces in lines that fit a terminal, each behind the margin. */
function filled([first = '', ...pieces]: readonly string[], margin: string): string[] {
  const lines = [margin + first]
  for (const piece of pieces) {
    const longer = `${lines.at(-1)} ${piece}`
    if (longer.length <= TERMINAL_COLUMNS) lines[lines.length - 1] = longer
    else lines.push(margin + piece)
  }
  return lines
}
