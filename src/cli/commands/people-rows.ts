/** Commands about people: how one shows oneself, what one says of oneself, and what is known of others. */
import type { Command, Mode } from '../../node/index.ts'
import { PICTURE_BYTES_MAX } from '../../wire/limits.ts'
import { ask, type CommandRow, type Meaning, nickName, none, one, roomName, split, words } from './row.ts'

const MODES: readonly string[] = ['online', 'away', 'busy', 'hidden'] satisfies Mode[]
/** A day: who is away longer has gone. */
const AWAY_MINUTES_MAX = 1440

/** Without words: how this lanchat is doing. */
function readStatus(args: string): Meaning {
  const [mode, text] = split(args.trim())
  if (mode === '') return none(args, ask({ do: 'status' }))
  if (!MODES.includes(mode)) return 'usage'
  return ask({ do: 'presence', mode: mode as Mode, ...(text.trim() !== '' && { text: text.trim() }) })
}

function readAutoAway(args: string): Meaning {
  const [word = '', ...more] = words(args)
  if (more.length > 0) return 'usage'
  if (word === 'off') return ask({ do: 'autoAway', minutes: 0 })
  const minutes = /^\d{1,4}$/.test(word) ? Number(word) : 0
  return minutes < 1 || minutes > AWAY_MINUTES_MAX ? 'usage' : ask({ do: 'autoAway', minutes })
}

const onOff = (args: string, then: (on: boolean) => Meaning): Meaning => {
  const word = args.trim()
  return word === 'on' || word === 'off' ? then(word === 'on') : 'usage'
}

function readProfile(args: string): Meaning {
  const [part, rest] = split(args.trim())
  const value = rest.trim()
  switch (part) {
    case 'text':
      return ask({ do: 'profile', about: value })
    case 'colour':
    case 'color':
      return value === '' ? 'usage' : ask({ do: 'profile', colour: value === 'none' ? null : value })
    case 'picture':
      if (value === '') return 'usage'
      if (value === 'none') return ask({ do: 'profile', picture: null })
      return { file: value, max: PICTURE_BYTES_MAX, use: (picture) => ({ do: 'profile', picture }) }
    default:
      return part === '' ? ask({ do: 'profile' }) : 'usage'
  }
}

function readContact(args: string): Meaning {
  const [who = '', name, ...more] = words(args)
  if (nickName(who) === '' || more.length > 0) return 'usage'
  return ask({ do: 'contact', who: nickName(who), ...(name !== undefined && { name }) })
}

function readVerify(args: string): Meaning {
  const [who = '', word, ...more] = words(args)
  if (nickName(who) === '' || more.length > 0 || (word !== undefined && word !== 'yes' && word !== 'no'))
    return 'usage'
  return ask({ do: 'verify', who: nickName(who), ...(word !== undefined && { seal: word === 'yes' }) })
}

type Calls = NonNullable<Extract<Command, { do: 'notify' }>['calls']>
const CALLS: readonly string[] = ['all', 'mentions', 'none'] satisfies Calls[]

/** `*` stands for every room in which nothing else was chosen. */
function readNotify(args: string, room: string): Meaning {
  const [calls, where = room, ...more] = words(args)
  if (calls === undefined) return ask({ do: 'notify' })
  if (more.length > 0 || !CALLS.includes(calls)) return 'usage'
  return ask({ do: 'notify', calls: calls as Calls, ...(where !== '*' && { room: roomName(where) }) })
}

/** 22:00-07:00 */
function readQuiet(args: string): Meaning {
  if (args.trim() === '') return ask({ do: 'notify' })
  if (args.trim() === 'off') return ask({ do: 'quiet', quiet: null })
  const [, ...digits] = /^([01]?\d|2[0-3]):([0-5]\d)-([01]?\d|2[0-3]):([0-5]\d)$/.exec(args.trim()) ?? []
  if (digits.length === 0) return 'usage'
  const [h1, m1, h2, m2] = digits.map(Number) as [number, number, number, number]
  return ask({ do: 'quiet', quiet: [h1 * 60 + m1, h2 * 60 + m2] })
}

export const peopleRows: readonly CommandRow[] = [
  {
    name: 'status',
    args: '[online|away|busy|hidden] [text]',
    help: 'show yourself so to others, with some words; without any: how this lanchat is doing',
    read: readStatus,
  },
  {
    name: 'autoaway',
    args: '<minutes>|off',
    help: 'be away by yourself when you have typed nothing for so long',
    read: readAutoAway,
  },
  {
    name: 'typing',
    args: '[on|off]',
    help: 'show others here that you type; off: never show it',
    read: (args, room) =>
      args.trim() === ''
        ? ask({ do: 'typing', room })
        : onOff(args, (on) => ask({ do: 'telling', what: 'typing', on })),
  },
  {
    name: 'receipts',
    args: 'on|off',
    help: 'let others see how far you have read, or not',
    read: (args) => onOff(args, (on) => ask({ do: 'telling', what: 'read', on })),
  },
  {
    name: 'profile',
    args: '[text <words> | colour <#rrggbb> | picture <file>]',
    help: 'what others find under your name; none takes a colour or picture away, though disks keep what was shown',
    read: readProfile,
  },
  {
    name: 'whois',
    args: '<nick>',
    help: 'all that is known of somebody',
    completes: 'nick',
    read: (args) => one(args, (word) => ({ do: 'whois', who: nickName(word) })),
  },
  {
    name: 'picture',
    args: '<nick>',
    help: 'the picture of somebody: its kind and size, with --json the picture itself',
    completes: 'nick',
    read: (args) => one(args, (word) => ({ do: 'picture', who: nickName(word) })),
  },
  {
    name: 'contact',
    args: '<nick> [name]',
    help: 'write somebody down; with a name, they are called so here',
    completes: 'nick',
    read: readContact,
  },
  {
    name: 'uncontact',
    args: '<nick>',
    help: 'strike them off',
    completes: 'nick',
    read: (args) => one(args, (word) => ({ do: 'uncontact', who: nickName(word) })),
  },
  {
    name: 'contacts',
    args: '',
    help: 'whom you have written down',
    read: (args) => none(args, ask({ do: 'contacts' })),
  },
  {
    name: 'verify',
    args: '<nick> [yes|no]',
    help: 'words to compare face to face; yes: they were the same on both screens',
    completes: 'nick',
    read: readVerify,
  },
  {
    name: 'notify',
    args: '[all|mentions|none] [room|*]',
    help: 'for what you are called here, in the named room, or everywhere else (*)',
    read: readNotify,
  },
  {
    name: 'quiet',
    args: '[22:00-07:00|off]',
    help: 'hours in which nothing calls you; without any: what calls you',
    read: readQuiet,
  },
  {
    name: 'people',
    args: '[part]',
    help: 'find people by a part of their name or of what they say of themselves',
    completes: 'nick',
    read: (args) => ask({ do: 'people', part: args.trim().replace(/^@/, '') }),
  },
]
