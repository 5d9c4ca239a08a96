/** Every call of the command line in one table: help, the man page and the completion of shells are made from it. */
import type { OptionRow } from './options.ts'

export interface CallRow {
  readonly name: string
  /** As help shows them: <needed> and [not needed]. */
  readonly args: string
  readonly min: number
  readonly max: number
  readonly help: string
  /** What shells complete for each word. */
  readonly completes?: readonly Completes[]
  /** Options that only this call has. */
  readonly options?: readonly OwnOptionName[]
  readonly examples: readonly (readonly [command: string, does: string])[]
  /** Not for people: left out of help and completion. */
  readonly isHidden?: true
}

/** A list of words; or what is asked of the lanchat running here, or of the disk. */
export type Completes = 'room' | 'to' | 'file' | 'call' | readonly string[]

/** Options that belong to some calls and mean nothing to the others. They come from flags alone. */
export const OWN_OPTIONS = {
  room: { type: 'text', value: 'room', help: 'only in this room' },
  format: { type: 'text', value: 'name', help: 'jsonl (default), markdown or html' },
  limit: { type: 'text', value: 'n', help: 'at most so many (default: 50)' },
  watch: { type: 'flag', help: 'draw it anew every second, until Ctrl-C' },
  drain: { type: 'flag', help: 'the lanchat running here hands the hub over and stays as a member' },
  store: { type: 'flag', help: 'only what is stored: its size, and what the disk did to it' },
  reason: { type: 'text', value: 'text', help: 'why, for the log of the network' },
  'passphrase-file': { type: 'text', value: 'file', help: 'the passphrase is the first line of this file' },
  replace: { type: 'flag', help: 'take the place of the identity that is here; that one is kept beside it' },
} as const satisfies Readonly<Record<string, OptionRow>>

export type OwnOptionName = keyof typeof OWN_OPTIONS
/** Own options as they were written, by name. */
export type OwnOptions = Readonly<Partial<Record<OwnOptionName, string | boolean>>>

const MANY = Number.POSITIVE_INFINITY

export const CALLS = [
  {
    name: 'chat',
    args: '',
    min: 0,
    max: 0,
    help: 'chat (what a bare lanchat does)',
    examples: [
      ['lanchat', 'chat; the first one on the network becomes its hub'],
      ['echo "Lunch is here" | lanchat', 'each line of a pipe is a message'],
      ['lanchat --peer 10.0.0.5', 'join there where multicast is blocked'],
    ],
  },
  {
    name: 'hub',
    args: '',
    min: 0,
    max: 0,
    help: 'a node without a screen that prefers to be hub',
    options: ['drain'],
    examples: [
      ['lanchat hub --data-dir /srv/lanchat', 'a hub for the whole school; logs go to stderr'],
      [
        'lanchat hub --drain --data-dir /srv/lanchat',
        'before maintenance: another one is hub once it is done; then stop it',
      ],
    ],
  },
  {
    name: 'send',
    args: '<to> [text..]',
    min: 1,
    max: MANY,
    help: 'send to a room or @nick; without text, or with -, from stdin',
    completes: ['to'],
    examples: [
      ['lanchat send general "Lunch is here"', 'one message; done once it is stored'],
      ['uptime | lanchat send @ada', 'a private message from a pipe'],
    ],
  },
  {
    name: 'tail',
    args: '[room or @nick]',
    min: 0,
    max: 1,
    help: 'print messages as they come',
    completes: ['to'],
    examples: [
      ['lanchat tail lab', 'what is said in one room from now on'],
      ['lanchat tail --json | jq .text', 'follow all messages in a script'],
    ],
  },
  {
    name: 'history',
    args: '<room> [n]',
    min: 1,
    max: 2,
    help: 'the last n messages of a room (default: 50)',
    completes: ['room'],
    examples: [['lanchat history general 20', 'the last 20 messages, oldest first']],
  },
  {
    name: 'search',
    args: '<words..>',
    min: 1,
    max: MANY,
    help: 'messages with all these words, newest first',
    options: ['room', 'limit'],
    examples: [
      ['lanchat search \'"lunch on monday" from:anna after:2026-05\'', 'a phrase, by whom, and when'],
      ['lanchat search lunch monday', 'in all rooms you are in, and in your private talks'],
      ['lanchat search exam --room physics --limit 5', 'the five newest of one room'],
    ],
  },
  {
    name: 'export',
    args: '[room or @nick]',
    min: 0,
    max: 1,
    help: 'the whole history of a room or talk, signed (default: general)',
    completes: ['to'],
    options: ['format'],
    examples: [
      ['lanchat export general > general.jsonl', 'one message object a line, oldest first'],
      ['lanchat export lab --format html > lab.html', 'a page to read; it can be checked too'],
    ],
  },
  {
    name: 'verify',
    args: '<file>',
    min: 1,
    max: 1,
    help: 'checks all signatures of an export, without a network',
    completes: ['file'],
    examples: [['lanchat verify general.jsonl', 'exit 0: it is what was signed; 1: it is not']],
  },
  {
    name: 'rooms',
    args: '[part]',
    min: 0,
    max: 1,
    help: 'all rooms, or those with this in their name or topic',
    examples: [['lanchat rooms --plain | cut -f1', 'only their names']],
  },
  {
    name: 'who',
    args: '[room]',
    min: 0,
    max: 1,
    help: 'who is there',
    completes: ['room'],
    examples: [['lanchat who general', 'who is in that room, and who of them is reachable now']],
  },
  {
    name: 'status',
    args: '',
    min: 0,
    max: 0,
    help: 'how the lanchat running here is doing',
    options: ['watch'],
    examples: [
      ['lanchat status', 'hub, line, what waits, what is stored'],
      ['lanchat status --watch', 'the network as a picture that moves (also: lanchat top)'],
      ['lanchat status --watch --json', 'one object a second, for a program'],
    ],
  },
  {
    name: 'top',
    args: '',
    min: 0,
    max: 0,
    help: 'the network as a picture that moves (status --watch)',
    examples: [['lanchat top', 'nodes, hub, line, links and rates, drawn anew every second']],
  },
  {
    name: 'doctor',
    args: '',
    min: 0,
    max: 0,
    help: 'what works here and what does not, and what to do',
    options: ['store'],
    examples: [
      ['lanchat doctor', 'one plain verdict first, then every check'],
      ['lanchat doctor --peer 10.0.0.5', 'why is that one not reached?'],
      ['lanchat doctor --store', 'is anything damaged, what came back, which room is how large'],
    ],
  },
  {
    name: 'id',
    args: '[show | export <file> | import <file> | devices | link <nick> | accept <nick> | unlink <id>]',
    min: 0,
    max: 2,
    help: 'your name and key; save them to a file; bring them from one; several devices of yours',
    completes: [['show', 'export', 'import', 'devices', 'link', 'accept', 'unlink'], 'file'],
    options: ['passphrase-file', 'replace'],
    examples: [
      ['lanchat id', 'who you are here'],
      ['lanchat id export ada.identity', 'asks for a passphrase and seals your key with it'],
      ['lanchat id import ada.identity', 'on the new machine; do not go on using both'],
      ['lanchat id link ada', 'on a further device of ada: it asks to be one of hers, and shows four words'],
      ['lanchat id accept phone', 'on her first device, where it shows the same words: both are ada now'],
    ],
  },
  {
    name: 'network',
    args: 'new <name> [file] | show [file] | newcode [file] | new [file.code]',
    options: ['reason'],
    min: 1,
    max: 3,
    help: 'make a network of your own and the invitation into it; show one as QR and words; a new code where one got about; or make a code alone',
    completes: [['new', 'show', 'newcode'], 'file'],
    examples: [
      ['lanchat network new class', 'the network class is yours; the invitation is in class.invitation'],
      ['lanchat --code-file class.invitation', 'use it, on every machine'],
      ['lanchat network show class.invitation', 'as a QR, and as words to read out'],
      ['lanchat network show', 'the invitation as it is now, of the network this lanchat is on'],
      [
        'lanchat network newcode new.invitation --reason "it was on the web"',
        'the old one got about: members go on, it lets nobody in any more',
      ],
      ['lanchat network new class.code', "a code for a network that is nobody's: six random words in a file"],
      ['lanchat --network class --code-file class.code', 'use it: the same name and file on every machine'],
    ],
  },
  {
    name: 'places',
    args: '',
    min: 0,
    max: 0,
    help: 'which stores lie in this data directory',
    examples: [['lanchat places', 'networks and places, their size, when they were last used']],
  },
  {
    name: 'share',
    args: '',
    min: 0,
    max: 0,
    help: 'give lanchat itself to neighbours who have no internet, over http',
    examples: [['lanchat share', 'shows the command that they type, and what to compare']],
  },
  {
    name: 'pack',
    args: '[file]',
    min: 0,
    max: 1,
    help: 'one .tgz that installs without internet, as for a USB stick',
    completes: ['file'],
    examples: [
      ['lanchat pack', 'writes lanchat-<version>-offline.tgz here'],
      ['npm install -g --offline --ignore-scripts ./lanchat-*-offline.tgz', 'installs it anywhere'],
    ],
  },
  {
    name: 'completion',
    args: '<bash | zsh | fish>',
    min: 1,
    max: 1,
    help: 'a script that lets your shell complete commands, options, rooms and nicks',
    completes: [['bash', 'zsh', 'fish']],
    examples: [
      ['eval "$(lanchat completion bash)"', 'in ~/.bashrc'],
      ['eval "$(lanchat completion zsh)"', 'in ~/.zshrc, behind compinit'],
      ['lanchat completion fish > ~/.config/fish/completions/lanchat.fish', 'for fish'],
    ],
  },
  {
    name: 'complete',
    args: '<rooms | to>',
    min: 1,
    max: 1,
    help: 'names for the completion of shells, from the lanchat running here',
    examples: [],
    isHidden: true,
  },
  {
    name: 'manual',
    args: '',
    min: 0,
    max: 0,
    help: 'the manual page, as man reads it',
    examples: [],
    isHidden: true,
  },
] as const satisfies readonly CallRow[]

export type CallName = (typeof CALLS)[number]['name']

/** The row of a call, with every field that rows may have. */
export const callRow = (name: string): (CallRow & { readonly name: CallName }) | undefined =>
  CALLS.find((row) => row.name === name)

/** What people may call, in the order of help. */
export const shownCalls = (): readonly CallRow[] =>
  (CALLS as readonly CallRow[]).filter((row) => !row.isHidden)

export const usageOfCall = (row: CallRow): string => `lanchat ${row.name} ${row.args}`.trim()
