/** Commands about messages that were said, and about what is read and whom one does not want to read. */
import type { Command } from '../../node/index.ts'
import { withEmoji } from '../emoji.ts'
import { ask, type CommandRow, currentOr, type Meaning, nickName, none, one, split } from './row.ts'

/**
 * `^`, `^3`, `^a1b2`, a whole id, and, where somebody else's may be meant, `@anna`. `^anna` names one as well, which there is not:
 * taken for a text or a reason it would go to, hide or delete the last one. `^_^` and `^o^` are texts.
 */
const MESSAGE = /^(\^([\p{L}\p{N}][^^]*)?|[0-9a-f]{64})$/u
const isMessage = (word: string, isAnyones: boolean): boolean =>
  MESSAGE.test(word) || (isAnyones && /^@\S/u.test(word))

/** A message, the last one if none is named, and what follows. */
export function readMessage(args: string, isAnyones: boolean): readonly [message: string, rest: string] {
  const [word, rest] = split(args)
  return isMessage(word, isAnyones) ? [word, rest] : ['^', args]
}

const onText = (
  args: string,
  isAnyones: boolean,
  then: (message: string, text: string) => Command,
): Meaning => {
  const [message, text] = readMessage(args, isAnyones)
  return text.trim() === '' ? 'usage' : ask(then(message, text))
}

export const onMessage = (args: string, isAnyones: boolean, then: (message: string) => Command): Meaning => {
  const [message, rest] = readMessage(args, isAnyones)
  return rest.trim() === '' ? ask(then(message)) : 'usage'
}

function readReact(args: string, room: string, on: boolean): Meaning {
  const [message, rest] = readMessage(args, true)
  const [emoji, more] = split(rest.trim())
  if (emoji === '' || more.trim() !== '') return 'usage'
  return ask({ do: 'react', room, message, emoji: withEmoji(emoji), on })
}

export const messageRows: readonly CommandRow[] = [
  {
    name: 'reply',
    args: '[message] <text>',
    help: 'answer a message: ^ the last (if not said), ^3 the third last, ^a1b2 by its id, @anna the last of anna',
    completes: 'message',
    read: (args, room) => onText(args, true, (message, text) => ({ do: 'reply', room, message, text })),
  },
  {
    name: 'edit',
    args: '[message] <text>',
    help: 'give your last message, or the named one, another text',
    read: (args, room) => onText(args, false, (message, text) => ({ do: 'edit', room, message, text })),
  },
  {
    name: 'delete-message',
    args: '[message]',
    help: 'delete your last message, or the named one, for good',
    read: (args, room) => onMessage(args, false, (message) => ({ do: 'erase', room, message })),
  },
  {
    name: 'react',
    args: '[message] <emoji>',
    help: 'give a message an emoji, such as :thumbsup:',
    read: (args, room) => readReact(args, room, true),
  },
  {
    name: 'unreact',
    args: '[message] <emoji>',
    help: 'take the emoji back',
    read: (args, room) => readReact(args, room, false),
  },
  {
    name: 'emoji',
    args: '[part]',
    help: 'names of emoji, to be written between colons',
    read: (args) => (split(args.trim())[1] === '' ? { local: 'emoji' } : 'usage'),
  },
  {
    name: 'delivery',
    args: '[message]',
    help: 'who has your last message, or the named one, who has read it, and for whom it waits',
    read: (args, room) => onMessage(args, false, (message) => ({ do: 'delivery', room, message })),
  },
  {
    name: 'details',
    args: '[message]',
    help: 'all about a message: its id, earlier texts, who reacted',
    completes: 'message',
    read: (args, room) => onMessage(args, true, (message) => ({ do: 'details', room, message })),
  },
  {
    name: 'pins',
    args: '[room]',
    help: 'the pinned messages of this room, or of the named one',
    completes: 'room',
    read: (args, room) => currentOr(args, room, (name) => ({ do: 'pins', room: name })),
  },
  {
    name: 'unread',
    args: '',
    help: 'rooms with messages you have not read',
    read: (args) => none(args, ask({ do: 'unread' })),
  },
  {
    name: 'read',
    args: '[room]',
    help: 'take all in this room, or the named one, for read',
    completes: 'room',
    read: (args, room) => currentOr(args, room, (name) => ({ do: 'read', room: name })),
  },
  {
    name: 'block',
    meantBy: ['ignore'],
    args: '<nick>',
    help: 'show nothing of somebody here any more',
    completes: 'nick',
    read: (args) => one(args, (word) => ({ do: 'block', who: nickName(word) })),
  },
  {
    name: 'unblock',
    args: '<nick>',
    help: 'show them again',
    completes: 'nick',
    read: (args) => one(args, (word) => ({ do: 'unblock', who: nickName(word) })),
  },
  {
    name: 'blocked',
    args: '',
    help: 'whom you have blocked',
    read: (args) => none(args, ask({ do: 'blocked' })),
  },
]
