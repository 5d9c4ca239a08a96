/**
 * What a program gives as options, looked at before anything is opened: one without types may give anything, and what is not
 * found out here would be found out deep inside, or never. Pure.
 */
import { isPeerText } from '../wire/peer-text.ts'
import type { BotOptions } from './bot.ts'
import type { NodeOptions } from './index.ts'

type Check = readonly [what: string, isRight: (value: unknown) => boolean]

const isText = (value: unknown): value is string => typeof value === 'string'
const isAmount = (value: unknown) => typeof value === 'number' && value >= 0
const isPort = (value: unknown) => Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 65_535
const isObject = (value: unknown) => typeof value === 'object' && value !== null

const isPeer = (value: unknown): boolean => isText(value) && isPeerText(value)

const TEXT: Check = ['a text', isText]
const TRUTH: Check = ['true or false', (value) => typeof value === 'boolean']
const AMOUNT: Check = ['a number that is not negative', isAmount]
const FUNCTION: Check = ['a function', (value) => typeof value === 'function']
const TEXTS: Check = ['a list of texts', (value) => Array.isArray(value) && value.every(isText)]

const NODE: Readonly<Record<keyof NodeOptions, Check>> = {
  name: TEXT,
  network: TEXT,
  code: TEXT,
  dataDir: TEXT,
  port: ['a whole number from 0 to 65535', isPort],
  interfaces: TEXTS,
  peers: ['a list of host or host:port', (value) => Array.isArray(value) && value.every(isPeer)],
  discovery: TRUTH,
  neverHub: TRUTH,
  preferHub: TRUTH,
  visitor: TRUTH,
  rate: AMOUNT,
  timeoutMs: AMOUNT,
  plainLinks: TRUTH,
  bot: TRUTH,
  autoAwayMin: AMOUNT,
  log: FUNCTION,
  signal: [
    'an AbortSignal',
    (value) => isObject(value) && typeof (value as AbortSignal).addEventListener === 'function',
  ],
  onControl: FUNCTION,
}

const BOT: Readonly<Record<keyof BotOptions, Check>> = {
  ...NODE,
  rooms: TEXTS,
  prefix: TEXT,
  own: TRUTH,
  bots: TRUTH,
  history: TRUTH,
  node: ['a node, or a function that makes one', (value) => isObject(value) || typeof value === 'function'],
}

/** Throws TypeError for an option of another type than it has. Returns those that there are not, with what they may mean. */
export function checkNodeOptions(options: NodeOptions): string[] {
  return checkOptions(options, NODE)
}

/** As checkNodeOptions. */
export function checkBotOptions(options: BotOptions): string[] {
  return checkOptions(options, BOT)
}

function checkOptions(options: object, checks: Readonly<Record<string, Check>>): string[] {
  if (!isObject(options)) throw new TypeError('The options must be an object.')
  const unknown: string[] = []
  for (const [name, value] of Object.entries(options)) {
    const check = Object.hasOwn(checks, name) ? checks[name] : undefined
    if (!check) unknown.push(unknownTold(name, Object.keys(checks)))
    else if (value !== undefined && !check[1](value))
      throw new TypeError(
        `The option ${name} must be ${check[0]}, and is ${name === 'code' ? ofType(value) : shown(value)}.`,
      )
  }
  return unknown
}

function unknownTold(name: string, names: readonly string[]): string {
  const plain = (text: string) => text.toLowerCase().replaceAll(/[-_]|s$/g, '')
  const meant = names.find((each) => plain(each) === plain(name))
  return `There is no option ${name}: it changes nothing.${meant === undefined ? '' : ` Is ${meant} meant?`}`
}

/** Short, and of a text its type alone: it may be a secret. */
function shown(value: unknown): string {
  if (Array.isArray(value)) return `a list${value.length === 0 ? '' : ' with something else'}`
  return typeof value === 'number' || value === null ? String(value) : ofType(value)
}

const ofType = (value: unknown): string => `of type ${typeof value}`
