/** The one table of what people type behind a slash: names, aliases, usage, help, and how each becomes a Command. */
import { messageRows } from './commands/message-rows.ts'
import { moderationRows } from './commands/moderation-rows.ts'
import { deviceRow, networkRows } from './commands/network-rows.ts'
import { peopleRows } from './commands/people-rows.ts'
import {
  ask,
  because,
  type CommandRow,
  currentOr,
  type Meaning,
  nickList,
  nickName,
  none,
  one,
  oneOrMore,
  roomName,
  split,
  words,
} from './commands/row.ts'
import { nearest } from './nearest.ts'

export type { CommandRow, Meaning }

export const GENERAL = 'general'
export const HISTORY_DEFAULT = 50
export const HISTORY_MAX = 1000
/** A number of them, as it is given to `lanchat history` and `lanchat search`. */
export const isHistoryCount = (text: string): boolean =>
  /^\d{1,4}$/.test(text) && Number(text) >= 1 && Number(text) <= HISTORY_MAX
/** Stands for the `order` of the oldest message of the page before (session.ts). */
export const MORE = 'more'
const MEMBERS_MAX = 65_535

/** `<room> [--private] [--topic text] [--max n] [--invite nicks]`; a topic goes on until the next option, quotes around it are left out. */
function readCreate(args: string): Meaning {
  const [word, ...rest] = words(args)
  if (word === undefined || word.startsWith('--')) return 'usage'
  let isPrivate = false
  let topic: string | undefined
  let max: number | undefined
  let invite: readonly string[] = []
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === '--private') isPrivate = true
    else if (word === '--invite') {
      invite = nickList(rest.shift() ?? '')
      if (invite.length === 0) return 'usage'
    } else if (word === '--max') {
      const n = rest.shift() ?? ''
      if (!/^\d{1,5}$/.test(n) || Number(n) < 1 || Number(n) > MEMBERS_MAX) return 'usage'
      max = Number(n)
    } else if (word === '--topic') {
      const end = rest.findIndex((next) => next.startsWith('--'))
      topic = rest.splice(0, end < 0 ? rest.length : end).join(' ')
      const quoted = /^(["'])(.*)\1$/u.exec(topic)
      topic = quoted ? quoted[2]! : topic
      if (topic === '') return 'usage'
    } else return 'usage'
  }
  return ask({
    do: 'create',
    room: roomName(word),
    ...(isPrivate && { private: true }),
    ...(topic !== undefined && { topic }),
    ...(max !== undefined && { max }),
    ...(invite.length > 0 && { invite }),
  })
}

/**
 * `[more] [n] [room]`, n from 1 to HISTORY_MAX; programs that read page by page add `--before` with the `order` or id of
 * a message. more: the page before the one that was asked for last.
 */
function readHistory(args: string, room: string): Meaning {
  const [, spoken, bound] = /^(.*?)(?:\s*--before\s+([0-9a-f]{64,})\s*)?$/su.exec(args)!
  const said = words(spoken!)
  const before = bound ?? (said[0] === MORE ? MORE : undefined)
  if (said[0] === MORE) said.shift()
  const [first, second, ...others] = said
  if (others.length > 0) return 'usage'
  const isCount = first !== undefined && /^[+-]?\d+$/.test(first)
  if (!isCount && second !== undefined) return 'usage'
  const count = isCount ? Number(first) : HISTORY_DEFAULT
  if (count < 1 || count > HISTORY_MAX) return 'usage'
  return ask({
    do: 'history',
    room: roomName((isCount ? second : first) ?? room),
    count,
    ...(before !== undefined && { before }),
  })
}

function readInvite(args: string, current: string): Meaning {
  const [nick, rest] = split(args)
  const [room, reason] = split(rest.trim())
  const nicks = nickList(nick)
  if (nicks.length === 0) return 'usage'
  return ask({ do: 'invite', room: roomName(room || current), to: oneOrMore(nicks), ...because(reason) })
}

/** `[--room room] [--limit n] [--] <words>`. */
function readSearch(args: string): Meaning {
  const rest = words(args)
  let room: string | undefined
  let count: number = HISTORY_DEFAULT
  while (rest[0] === '--room' || rest[0] === '--limit') {
    const [option, value = ''] = rest.splice(0, 2)
    if (option === '--room') room = roomName(value)
    else count = /^\d{1,5}$/.test(value) ? Number(value) : 0
  }
  if (rest[0] === '--') rest.shift()
  else
    while (rest.length > 2 && (rest.at(-2) === '--room' || rest.at(-2) === '--limit')) {
      const [option, value = ''] = rest.splice(-2)
      if (option === '--room') room = roomName(value)
      else count = /^\d{1,5}$/.test(value) ? Number(value) : 0
    }
  if (rest.length === 0 || room === '' || count < 1 || count > HISTORY_MAX) return 'usage'
  return ask({ do: 'search', words: rest.join(' '), count, ...(room !== undefined && { room }) })
}

export const COMMANDS: readonly CommandRow[] = [
  {
    name: 'help',
    args: '[command]',
    help: 'what can be typed',
    completes: 'command',
    read: (args) => (words(args).length > 1 ? 'usage' : { local: 'help' }),
  },
  {
    name: 'msg',
    meantBy: ['query', 'tell', 'whisper'],
    args: '<nick>[,<nick>...] <text>',
    help: 'a private message; to several, in a private room of just them',
    completes: 'nick',
    read(args) {
      const [to, text] = split(args)
      const nicks = nickList(to)
      if (text.trim() === '' || nicks.length === 0) return 'usage'
      return ask({ do: 'msg', to: oneOrMore(nicks), text })
    },
  },
  {
    name: 'join',
    aliases: ['join_group'],
    args: '<room or @nick>',
    help: 'enter a room, or the talk with somebody: what you type goes there',
    completes: 'room',
    read: (args) => one(args, (word) => ({ do: 'join', room: roomName(word) })),
  },
  {
    name: 'leave',
    meantBy: ['part'],
    args: '[room]',
    help: 'leave this room, or the named one; a talk: what you type goes to general again',
    completes: 'room',
    // Nobody leaves a talk for good.
    read: (args, room) =>
      currentOr(args, room, (name) =>
        name.startsWith('@') ? { do: 'join', room: GENERAL } : { do: 'leave', room: name },
      ),
  },
  {
    name: 'create',
    aliases: ['create_group'],
    args: '<room> [--private] [--topic text] [--max n] [--invite nicks]',
    help: 'make a room and enter it',
    options: ['--private', '--topic', '--max', '--invite'],
    read: readCreate,
  },
  {
    name: 'delete',
    args: '[room [reason]]',
    help: 'delete this room, or the named one, for everybody',
    completes: 'room',
    read(args, current) {
      const [room, reason] = split(args)
      return ask({ do: 'delete', room: roomName(room || current), ...because(reason) })
    },
  },
  {
    name: 'invite',
    args: '<nick>[,<nick>...] [room [reason]]',
    help: 'take people into this private room, or the named one; into a public one though it is locked',
    completes: 'nick',
    read: readInvite,
  },
  {
    name: 'accept',
    args: '<room>',
    help: 'enter a room you are invited to',
    completes: 'room',
    read: (args) => one(args, (word) => ({ do: 'join', room: roomName(word) })),
  },
  {
    name: 'decline',
    args: '<room>',
    help: 'say no to an invitation',
    completes: 'room',
    read: (args) => one(args, (word) => ({ do: 'decline', room: roomName(word) })),
  },
  {
    name: 'rooms',
    meantBy: ['list'],
    args: '[part]',
    help: 'all rooms there are; with a part of a name or topic, those that have it',
    completes: 'room',
    read: (args) => {
      const part = roomName(args.trim())
      return ask({ do: 'rooms', ...(part !== '' && { part }) })
    },
  },
  {
    name: 'who',
    meantBy: ['names', 'users'],
    args: '[room]',
    help: 'who is in this room, or in the named one',
    completes: 'room',
    read: (args, room) => currentOr(args, room, (name) => ({ do: 'who', room: name })),
  },
  {
    name: 'history',
    args: '[more] [n] [room or @nick]',
    help: `the last n messages (1 to ${HISTORY_MAX}, ${HISTORY_DEFAULT} if not said); more: the page before`,
    read: readHistory,
  },
  {
    name: 'export',
    args: '[n] [room or @nick]',
    help: 'a page of history with its signatures, for programs (lanchat export writes files)',
    read: (args, room) => {
      const meaning = readHistory(args, room)
      if (typeof meaning === 'string' || !('ask' in meaning)) return meaning
      return {
        ask: meaning.ask.map((command) =>
          command.do === 'history' ? { ...command, do: 'export' } : command,
        ),
      }
    },
  },
  {
    name: 'seal',
    args: '<digest>',
    help: 'this device signs the lines of an export, for programs',
    read: (args) => (/^[0-9a-f]{64}$/.test(args.trim()) ? ask({ do: 'seal', digest: args.trim() }) : 'usage'),
  },
  {
    name: 'search',
    args: '[--room room] [--limit n] <words>',
    help: 'messages with all these words, newest first; also "a phrase", lun*, from:nick, in:room, before: after: on:day, has:link, sort:best',
    read: readSearch,
  },
  {
    name: 'forget',
    args: '[room or @nick]',
    help: 'delete the history of a room or talk on this device: it is shown here no more',
    completes: 'room',
    read: (args, room) => currentOr(args, room, (name) => ({ do: 'forget', room: name })),
  },
  ...messageRows,
  ...moderationRows,
  ...peopleRows,
  ...networkRows,
  deviceRow,
  {
    name: 'nick',
    args: '<name>',
    help: 'change your name',
    read: (args) => one(args, (word) => ({ do: 'nick', name: nickName(word) })),
  },
  {
    name: 'me',
    args: '<text>',
    help: 'say what you do: * anna waves',
    read: (text, room) => (text.trim() === '' ? 'usage' : ask({ do: 'say', room, text, action: true })),
  },
  {
    name: 'group_msg',
    args: '<room> <text>',
    help: 'a message to a room without entering it',
    completes: 'room',
    read(args) {
      const [room, text] = split(args)
      return text.trim() === '' ? 'usage' : ask({ do: 'say', room: roomName(room), text })
    },
  },
  {
    name: 'hub',
    args: '[drain]',
    help: 'who relays and stores for all, who would follow, and why; drain: not this one any more',
    read: (args) => (args.trim() === 'drain' ? ask({ do: 'drain' }) : none(args, ask({ do: 'hub' }))),
  },
  {
    name: 'doctor',
    args: '[store]',
    help: 'what this lanchat knows of its surroundings (lanchat doctor checks them)',
    read: (args) =>
      args.trim() === 'store' ? ask({ do: 'doctorStore' }) : none(args, ask({ do: 'doctor' })),
  },
  {
    name: 'quit',
    aliases: ['exit'],
    args: '',
    help: 'say goodbye and end',
    read: (args) => none(args, { local: 'quit' }),
  },
]

const byName = new Map(
  COMMANDS.flatMap((row) => [row.name, ...(row.aliases ?? [])].map((name) => [name, row])),
)

/** The row of a name or alias, in any case, without its slash. */
export const commandRow = (name: string): CommandRow | undefined => byName.get(name.toLowerCase())

export const usageOf = (row: CommandRow): string => `/${row.name}${row.args && ` ${row.args}`}`

/** What a typed line is: text to say, or a command's word (without slash) and what follows it. */
export type Typed = { readonly text: string } | { readonly word: string; readonly args: string }

/** `//` starts a text with a slash; a bare `exit` is what people of older chats type to leave. */
export function readTyped(line: string): Typed {
  if (/^exit\s*$/i.test(line)) return { word: 'exit', args: '' }
  if (line.startsWith('//')) return { text: line.slice(1) }
  return line.startsWith('/') ? readCommand(line) : { text: line }
}

/** A command line, with or without its slash. */
export function readCommand(line: string): { readonly word: string; readonly args: string } {
  const match = /^\/?(\S*)\s*([\s\S]*)$/u.exec(line)!
  return { word: match[1]!, args: match[2]! }
}

const byMeaning = new Map(COMMANDS.flatMap((row) => (row.meantBy ?? []).map((word) => [word, row.name])))

/** The name or alias that a word which is none most likely means; undefined where nothing is near. */
export const nearestCommand = (word: string): string | undefined =>
  byMeaning.get(word.toLowerCase()) ?? nearest(word.toLowerCase(), byName.keys())
