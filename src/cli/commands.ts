/** The one table of what people type behind a slash: names, aliases, usage, help, and how each becomes a Command. */
import type { Command } from '../node/index.ts'
import { nearest } from './nearest.ts'

export const GENERAL = 'general'
export const HISTORY_DEFAULT = 50
export const HISTORY_MAX = 1000
const MEMBERS_MAX = 65_535

/** What a command's words mean: to ask of the node (in this order), to answer here, or not understood. */
export type Meaning = { readonly ask: readonly Command[] } | { readonly local: 'help' | 'quit' } | 'usage'

export interface CommandRow {
  readonly name: string
  readonly aliases?: readonly string[]
  readonly args: string
  readonly help: string
  /** What Tab completes after the name. */
  readonly completes?: 'room' | 'nick' | 'command'
  /** args: what follows the name, trimmed at its start only. room: the session's current room. */
  readonly read: (args: string, room: string) => Meaning
}

const ask = (...commands: Command[]): Meaning => ({ ask: commands })
/** People write #lab and @anna; neither sign can be part of a name. */
const roomName = (word: string) => word.replace(/^#/, '')
const nickName = (word: string) => word.replace(/^@/, '')
const words = (args: string) => args.split(/\s+/u).filter((word) => word !== '')
/** The first word, and the rest as it was typed. */
function split(args: string): readonly [word: string, rest: string] {
  const match = /^(\S+)(?:\s([\s\S]*))?$/u.exec(args)
  return match ? [match[1]!, match[2] ?? ''] : ['', '']
}
const one = (args: string, then: (word: string) => Command): Meaning => {
  const [word, ...more] = words(args)
  return word === undefined || more.length > 0 ? 'usage' : ask(then(word))
}
const none = (args: string, then: Meaning): Meaning => (args.trim() === '' ? then : 'usage')
const currentOr = (args: string, room: string, then: (room: string) => Command): Meaning =>
  one(args.trim() === '' ? room : args, (word) => then(roomName(word)))

/** `<room> [--private] [--topic text] [--max n]`; a topic goes on until the next option, quotes around it are left out. */
function readCreate(args: string): Meaning {
  const [word, ...rest] = words(args)
  if (word === undefined || word.startsWith('--')) return 'usage'
  let isPrivate = false
  let topic: string | undefined
  let max: number | undefined
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === '--private') isPrivate = true
    else if (word === '--max') {
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
  })
}

/** `[n] [room]`, n from 1 to HISTORY_MAX; programs that read page by page add `--before order`. */
function readHistory(args: string, room: string): Meaning {
  const [, spoken, before] = /^(.*?)(?:\s--before\s+([0-9a-f]+)\s*)?$/su.exec(args)!
  const [first, second, ...more] = words(spoken!)
  if (more.length > 0) return 'usage'
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
  const [nick, room, ...more] = words(args)
  if (nick === undefined || nickName(nick) === '' || more.length > 0) return 'usage'
  return ask({ do: 'invite', room: roomName(room ?? current), to: nickName(nick) })
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
    args: '<nick>[,<nick>...] <text>',
    help: 'a private message',
    completes: 'nick',
    read(args) {
      const [to, text] = split(args)
      const nicks = to.split(',').map(nickName)
      if (text.trim() === '' || nicks.includes('')) return 'usage'
      return ask(...nicks.map((nick): Command => ({ do: 'msg', to: nick, text })))
    },
  },
  {
    name: 'join',
    aliases: ['join_group'],
    args: '<room>',
    help: 'enter a room',
    completes: 'room',
    read: (args) => one(args, (word) => ({ do: 'join', room: roomName(word) })),
  },
  {
    name: 'leave',
    args: '[room]',
    help: 'leave this room, or the named one',
    completes: 'room',
    read: (args, room) => currentOr(args, room, (name) => ({ do: 'leave', room: name })),
  },
  {
    name: 'create',
    aliases: ['create_group'],
    args: '<room> [--private] [--topic text] [--max n]',
    help: 'make a room and enter it',
    read: readCreate,
  },
  {
    name: 'delete',
    args: '[room]',
    help: 'delete this room, or the named one, for everybody',
    completes: 'room',
    read: (args, room) => currentOr(args, room, (name) => ({ do: 'delete', room: name })),
  },
  {
    name: 'invite',
    args: '<nick> [room]',
    help: 'take somebody into this private room, or the named one',
    completes: 'nick',
    read: readInvite,
  },
  {
    name: 'rooms',
    args: '',
    help: 'all rooms there are',
    read: (args) => none(args, ask({ do: 'rooms' })),
  },
  {
    name: 'who',
    args: '[room]',
    help: 'who is in this room, or in the named one',
    completes: 'room',
    read: (args, room) => currentOr(args, room, (name) => ({ do: 'who', room: name })),
  },
  {
    name: 'history',
    args: '[n] [room]',
    help: `the last n messages (1 to ${HISTORY_MAX}, ${HISTORY_DEFAULT} if not said)`,
    read: readHistory,
  },
  {
    name: 'search',
    args: '[--room room] [--limit n] <words>',
    help: 'messages that hold all these words, newest first',
    read: readSearch,
  },
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
    name: 'status',
    args: '',
    help: 'how this lanchat is doing',
    read: (args) => none(args, ask({ do: 'status' })),
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

/** The name or alias most like a word that is none; undefined where nothing is near. */
export const nearestCommand = (word: string): string | undefined => nearest(word.toLowerCase(), byName.keys())
