/** Commands of those who look after a room. All are about the current one. */
import type { Command } from '../../node/index.ts'
import { readMessage } from './message-rows.ts'
import {
  ask,
  because,
  type CommandRow,
  type Meaning,
  nickList,
  nickName,
  oneOrMore,
  roomName,
  split,
  words,
} from './row.ts'

const LOG_DEFAULT = 50
const LOG_MAX = 1000
const SLOW_S_MAX = 86_400
/** Retention ends before any network's longest. */
const VISIBLE_DAYS_MAX = 3650
const MEMBERS_MAX = 65_535
const UNIT_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** 10m, 2h, 3d as ms; undefined for another word. */
function spanMs(word: string): number | undefined {
  const [, digits, unit] = /^(\d{1,4})([smhd])$/.exec(word) ?? []
  return digits === undefined || Number(digits) === 0 ? undefined : Number(digits) * UNIT_MS[unit!]!
}

/** `<nick> [reason]` */
function onPerson(args: string, then: (who: string, reason: { reason?: string }) => Command): Meaning {
  const [nick, reason] = split(args)
  return nickName(nick) === '' ? 'usage' : ask(then(nickName(nick), because(reason)))
}

/** `<nick> [time] [reason]` */
function readBind(what: 'kick' | 'ban' | 'mute', args: string, room: string): Meaning {
  const [nick, rest] = split(args)
  if (nickName(nick) === '') return 'usage'
  const [word, reason] = split(rest.trim())
  const forMs = spanMs(word)
  const why = because(forMs === undefined ? rest : reason)
  return ask({ do: what, room, who: nickName(nick), ...(forMs !== undefined && { forMs }), ...why })
}

function readRole(args: string, room: string): Meaning {
  const [nick, rest] = split(args)
  if (nick === '') return ask({ do: 'roles', room })
  const [role, reason] = split(rest.trim())
  if (role === 'admin' || role === 'no-admin')
    return ask({ do: 'admin', who: nickName(nick), on: role === 'admin', ...because(reason) })
  if (role !== 'moderator' && role !== 'member') return 'usage'
  return ask({ do: 'role', room, who: nickName(nick), role, ...because(reason) })
}

/** `on|off [reason]`, or a number where 'off' is 0. */
function readSetting(
  setting: 'max' | 'readonly' | 'slow' | 'newcomers' | 'visible',
  args: string,
  room: string,
  most: number,
): Meaning {
  const [word, reason] = split(args)
  const isNumber = most > 1 && /^\d{1,5}$/.test(word)
  const value = word === 'off' ? 0 : isNumber ? Number(word) : word === 'on' && most === 1 ? 1 : Number.NaN
  if (!(value >= 0 && value <= most)) return 'usage'
  return ask({ do: 'set', room, setting, value, ...because(reason) })
}

/** `[text [--reason why]]`: a topic is free text, so what follows the last `--reason` is the reason. */
function readTopic(args: string, room: string): Meaning {
  const [first = '', ...rest] = args.split(/(?:^|\s)--reason(?=\s|$)/u)
  const reason = rest.pop()
  const said = [first, ...rest].join(' --reason').trim()
  if (reason !== undefined && (said === '' || reason.trim() === '')) return 'usage'
  const topic = said === 'none' ? '' : said
  return ask({ do: 'topic', room, ...(said !== '' && { topic }), ...because(reason ?? '') })
}

/** `[room or network] [n]`, either way round; `#network` and `#5` are rooms of these names. */
function readLog(args: string, current: string): Meaning {
  const typed = words(args)
  const said = /^\d+$/.test(typed[0] ?? '') ? typed.toReversed() : typed
  const isNamed = said[0] !== undefined && !/^\d+$/.test(said[0])
  const where = isNamed ? said.shift()! : current
  const [digits = String(LOG_DEFAULT), ...more] = said
  const count = /^\d{1,4}$/.test(digits) ? Number(digits) : 0
  if (more.length > 0 || count < 1 || count > LOG_MAX || roomName(where) === '') return 'usage'
  return ask(
    isNamed && where === 'network'
      ? { do: 'networkLog', count }
      : { do: 'log', room: isNamed ? roomName(where) : where, count },
  )
}

const bindRow = (name: 'kick' | 'ban' | 'mute', help: string): CommandRow => ({
  name,
  args: '<nick> [time] [reason]',
  help,
  completes: 'nick',
  read: (args, room) => readBind(name, args, room),
})
const freeRow = (name: 'unban' | 'unmute', help: string): CommandRow => ({
  name,
  args: '<nick> [reason]',
  help,
  completes: 'nick',
  read: (args, room) => onPerson(args, (who, reason) => ({ do: name, room, who, ...reason })),
})
const voiceRow = (name: 'voice' | 'unvoice', help: string): CommandRow => ({
  name,
  args: '<nick>[,<nick>...] [reason]',
  help,
  completes: 'nick',
  read(args, room) {
    const [nick, reason] = split(args)
    const nicks = nickList(nick)
    return nicks.length === 0 ? 'usage' : ask({ do: name, room, to: oneOrMore(nicks), ...because(reason) })
  },
})
/** `[message] [reason]` */
const onNamed = (args: string, then: (message: string, reason: { reason?: string }) => Command): Meaning => {
  const [message, reason] = readMessage(args, true)
  return ask(then(message, because(reason)))
}
const pinRow = (name: 'pin' | 'unpin', help: string): CommandRow => ({
  name,
  args: '[message] [reason]',
  help,
  completes: 'message',
  read: (args, room) =>
    onNamed(args, (message, reason) => ({ do: 'pin', room, message, on: name === 'pin', ...reason })),
})
const lockRow = (name: 'lock' | 'unlock', help: string): CommandRow => ({
  name,
  args: '[reason]',
  help,
  read: (args, room) => ask({ do: 'lock', room, on: name === 'lock', ...because(args) }),
})

export const moderationRows: readonly CommandRow[] = [
  bindRow('kick', 'remove somebody from this room; they may come back (10m, 2h, 3d: not before)'),
  bindRow('ban', 'keep somebody out of this room, for ever or for a time (10m, 2h, 3d)'),
  freeRow('unban', 'let somebody in again'),
  bindRow('mute', 'show nothing of what somebody says in this room from now on'),
  freeRow('unmute', 'let somebody speak again'),
  voiceRow('voice', 'let newcomers speak here, and enter though it is locked'),
  voiceRow(
    'unvoice',
    'take that back: what they said here waits too (/mute: only what they say from now on)',
  ),
  {
    name: 'role',
    args: '[nick moderator|member|admin|no-admin [reason]]',
    help: 'make somebody a moderator of this room or a member again, or an admin of the network; who is what',
    completes: 'nick',
    read: readRole,
  },
  {
    name: 'hide',
    args: '[message] [reason]',
    help: 'hide a message from everybody: named as in /reply',
    completes: 'message',
    read: (args, room) =>
      onNamed(args, (message, reason) => ({ do: 'hide', room, message, on: true, ...reason })),
  },
  {
    name: 'unhide',
    args: '<id> [reason]',
    help: 'show a hidden message again, by its id (see /log)',
    read(args, room) {
      const [id, reason] = split(args)
      if (!/^\^?[0-9a-f]{4,64}$/.test(id)) return 'usage'
      return ask({ do: 'hide', room, message: id, on: false, ...because(reason) })
    },
  },
  pinRow('pin', 'put a message where everybody finds it (/pins)'),
  pinRow('unpin', 'take it down again'),
  {
    name: 'topic',
    args: '[text [--reason why]]',
    help: 'what this room is about; with a text: from now on (none: nothing); what follows the last --reason is why',
    options: ['--reason'],
    read: readTopic,
  },
  {
    name: 'max',
    args: '<n|off> [reason]',
    help: 'how many people this room takes',
    read: (args, room) => readSetting('max', args, room, MEMBERS_MAX),
  },
  lockRow('lock', 'let nobody new into this room'),
  lockRow('unlock', 'let everybody in again'),
  {
    name: 'readonly',
    args: '<on|off> [reason]',
    help: 'let only moderators write in this room',
    read: (args, room) => readSetting('readonly', args, room, 1),
  },
  {
    name: 'slow',
    args: '<seconds|off> [reason]',
    help: 'one message of each person in this time',
    read: (args, room) => readSetting('slow', args, room, SLOW_S_MAX),
  },
  {
    name: 'newcomers',
    args: '<on|off> [reason]',
    help: 'on: whoever is new waits until a moderator gives them a /voice',
    read: (args, room) => readSetting('newcomers', args, room, 1),
  },
  {
    name: 'visible',
    args: '<days|off> [reason]',
    help: 'show only messages of the last days in this room',
    read: (args, room) => readSetting('visible', args, room, VISIBLE_DAYS_MAX),
  },
  {
    name: 'log',
    args: '[room or network] [n]',
    help: `what was done in this room, in the named one, or to the network, by whom and why (1 to ${LOG_MAX}, ${LOG_DEFAULT} if not said)`,
    completes: 'room',
    read: readLog,
  },
]
