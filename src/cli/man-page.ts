/** The manual page, man/lanchat.1, from the tables: `npm run man` writes it, a test checks that it is fresh. */
import { type CallRow, OWN_OPTIONS, shownCalls, usageOfCall } from './calls.ts'
import { EXAMPLES, EXIT_CODES, optionLines } from './help.ts'
import { OPTIONS } from './options.ts'

/** In man(7) macros. */
export function manPage(version: string): string {
  return [
    `.\\" Made by "npm run man" from the tables of the command line.`,
    `.TH LANCHAT 1 "" "lanchat ${version}" "User Commands"`,
    '.SH NAME',
    'lanchat \\- chat for people who share a network and nothing else',
    '.SH SYNOPSIS',
    '.B lanchat',
    '[\\fIcommand\\fR] [\\fIoptions\\fR]',
    '.SH DESCRIPTION',
    text(
      'No internet, no server, no accounts: the first one on the network becomes its hub, the others find it.',
    ),
    '.SH EXAMPLES',
    ...EXAMPLES.flatMap(([command, does]) => item(command, does)),
    '.SH COMMANDS',
    ...shownCalls().flatMap(callSection),
    '.SH OPTIONS',
    ...optionLines(OPTIONS).flatMap(([option, help]) => item(option, help)),
    ...item('--help', 'help; behind a command: more about it'),
    ...item('--version', 'the version'),
    '.SH EXIT STATUS',
    ...EXIT_CODES.flatMap(([code, means]) => item(code, means)),
    '.SH ENVIRONMENT',
    text(
      'Each option can be given as LANCHAT_ and its name in capitals, with _ for -: LANCHAT_NAME, LANCHAT_DATA_DIR. ' +
        'Flags win over the environment, that over the config file. LANCHAT_CODE is the secret of the network itself; ' +
        'NO_COLOR turns colour off.',
    ),
    '.SH FILES',
    ...item(
      '~/.config/lanchat/config.json',
      'settings: a JSON object of options by name, without dashes in front',
    ),
    ...item('~/.local/share/lanchat', 'identity and history, where --data-dir does not say otherwise'),
    '',
  ].join('\n')
}

function callSection(row: CallRow): string[] {
  const own = Object.entries(OWN_OPTIONS).filter(([name]) =>
    (row.options as readonly string[] | undefined)?.includes(name),
  )
  return [
    `.SS "${text(usageOfCall(row))}"`,
    text(`${row.help.charAt(0).toUpperCase()}${row.help.slice(1)}.`),
    ...optionLines(Object.fromEntries(own)).flatMap(([option, help]) => item(option, help)),
    ...row.examples.flatMap(([command, does]) => ['.PP', `.B ${text(command)}`, '.br', text(`${does}`)]),
  ]
}

const item = (term: string, what: string) => ['.TP', `.B ${text(term)}`, text(what)]

/** Backslashes, dashes and a dot or quote in front mean themselves. */
const text = (plain: string) =>
  plain
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll('"', '\\(dq')
    .replace(/^([.'])/, '\\&$1')
