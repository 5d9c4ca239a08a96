/**
 * What a program gives as a Command, looked at before it is carried out: one without types may give anything, and what is
 * not found out here others would find out, or a reader of the store. A field has one type in all commands. Pure.
 */
import type { Command, CommandOf } from '../events.ts'
import { CALLS } from '../notices.ts'
import { MODES } from '../own-mode.ts'

type Check = readonly [what: string, isRight: (value: unknown) => boolean]

const isText = (value: unknown): boolean => typeof value === 'string'
const TEXT: Check = ['a text', isText]
const TEXTS: Check = [
  'a text or a list of texts',
  (value) => (Array.isArray(value) ? value.every(isText) : isText(value)),
]
const NUMBER: Check = ['a number', Number.isFinite]
const TRUTH: Check = ['true or false', (value) => typeof value === 'boolean']
const oneOf = (...words: readonly string[]): Check => [
  `one of ${words.join(', ')}`,
  (value) => words.some((word) => word === value),
]
const all = (check: Check, ...fields: readonly string[]): Record<string, Check> =>
  Object.fromEntries(fields.map((field) => [field, check]))

const FIELDS: Readonly<Record<string, Check>> = {
  ...all(TEXT, 'room', 'text', 'message', 'emoji', 'reason', 'part', 'digest', 'words', 'before', 'name'),
  ...all(TEXT, 'about', 'topic'),
  ...all(TEXTS, 'to', 'who', 'invite'),
  ...all(NUMBER, 'count', 'max', 'value', 'forMs', 'minutes'),
  ...all(TRUTH, 'on', 'private', 'action', 'seal'),
  setting: oneOf('max', 'readonly', 'slow', 'newcomers', 'visible'),
  role: oneOf('moderator', 'member'),
  mode: oneOf(...MODES),
  what: oneOf('typing', 'read'),
  calls: oneOf(...CALLS),
  colour: ['a text or null', (value) => value === null || isText(value)],
  picture: ['bytes or null', (value) => value === null || value instanceof Uint8Array],
  quiet: [
    'two numbers or null',
    (value) => value === null || (Array.isArray(value) && value.length === 2 && value.every(Number.isFinite)),
  ],
}

/** Fields that a command is none without. */
const NEEDED: { readonly [D in Command['do']]?: readonly (keyof CommandOf<D> & string)[] } = {
  say: ['room', 'text'],
  msg: ['to', 'text'],
  reply: ['room', 'message', 'text'],
  edit: ['room', 'message', 'text'],
  erase: ['room', 'message'],
  react: ['room', 'message', 'emoji', 'on'],
  details: ['room', 'message'],
  delivery: ['room', 'message'],
  hide: ['room', 'message', 'on'],
  pin: ['room', 'message', 'on'],
  pins: ['room'],
  kick: ['room', 'who'],
  ban: ['room', 'who'],
  mute: ['room', 'who'],
  unban: ['room', 'who'],
  unmute: ['room', 'who'],
  role: ['room', 'who', 'role'],
  roles: ['room'],
  topic: ['room'],
  read: ['room'],
  decline: ['room'],
  create: ['room'],
  join: ['room'],
  leave: ['room'],
  delete: ['room'],
  forget: ['room'],
  seal: ['digest'],
  nick: ['name'],
  block: ['who'],
  unblock: ['who'],
  whois: ['who'],
  picture: ['who'],
  contact: ['who'],
  uncontact: ['who'],
  verify: ['who'],
  invite: ['room', 'to'],
  voice: ['room', 'to'],
  unvoice: ['room', 'to'],
  admit: ['who'],
  expel: ['who'],
  set: ['room', 'setting', 'value'],
  lock: ['room', 'on'],
  log: ['room', 'count'],
  networkLog: ['count'],
  history: ['room', 'count'],
  export: ['room', 'count'],
  search: ['words', 'count'],
  autoAway: ['minutes'],
  telling: ['what', 'on'],
  quiet: ['quiet'],
  people: ['part'],
  admin: ['who', 'on'],
  membersOnly: ['on'],
  linkAsk: ['who'],
  linkAccept: ['who'],
  unlink: ['who'],
}

/** What is wrong with a command, as half a sentence; undefined: nothing. */
export function commandFault(command: Command): string | undefined {
  // null and undefined too, where types say otherwise.
  if (!isText(command?.do)) return 'do must be a text'
  const given: Readonly<Record<string, unknown>> = { ...command }
  const needed: readonly string[] = Object.hasOwn(NEEDED, command.do) ? (NEEDED[command.do] ?? []) : []
  for (const field of new Set([...needed, ...Object.keys(given)])) {
    const check = Object.hasOwn(FIELDS, field) ? FIELDS[field] : undefined
    const value = given[field]
    if (value === undefined && !needed.includes(field)) continue
    if (check && !check[1](value)) return `${field} must be ${check[0]}`
  }
  return undefined
}
