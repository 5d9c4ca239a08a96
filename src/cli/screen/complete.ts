/** What Tab offers: commands, rooms, nicks and emoji names, for the word before the cursor. */
import { COMMANDS, commandRow } from '../commands.ts'
import { EMOJI } from '../emoji.ts'

/** Somebody's names. What is written for others has the one they know: a contact's own name is for nobody but this reader. */
export interface Named {
  /** As this reader is shown them. */
  readonly shown: string
  /** As others know them. */
  readonly public: string
}

export interface Known {
  /** As they were last heard from, latest first. */
  readonly people: readonly Named[]
  readonly rooms: Iterable<string>
}

export interface Completion {
  /** Where the word being completed begins. */
  readonly from: number
  /** What may stand there instead, best first; never empty. */
  readonly candidates: readonly string[]
}

/** Offered at once; who types one more letter sees the rest. */
const CANDIDATES_MAX = 50

/** undefined: nothing fits. */
export function complete(text: string, cursor: number, known: Known): Completion | undefined {
  const before = text.slice(0, cursor)
  const word = /\S*$/u.exec(before)![0]
  const from = cursor - word.length
  const candidates = [...new Set(candidatesFor(before, word, from, known))].slice(0, CANDIDATES_MAX)
  return candidates.length > 0 ? { from, candidates } : undefined
}

function candidatesFor(before: string, word: string, from: number, known: Known): string[] {
  const command = /^\/(\S*)(\s+)?/u.exec(before)
  if (command && from === 0 && word.startsWith('/') && !word.startsWith('//')) {
    return starting(
      COMMANDS.map(({ name }) => `/${name}`),
      word,
      ' ',
    )
  }
  if (word.startsWith(':')) return emoji(word)
  const row = command ? commandRow(command[1]!) : undefined
  if (row?.options && word.startsWith('--')) return starting(row.options, word, ' ')
  const isFirst = command !== null && before.slice(0, from).trim() === `/${command[1]}`
  if (row?.completes && isFirst) {
    if (row.completes === 'command') {
      return starting(
        COMMANDS.map(({ name }) => name),
        word,
        '',
      )
    }
    const isNick = word.startsWith('@')
    // Most of what takes a room takes @nick as the talk with somebody.
    if (row.completes === 'room' && !isNick) return rooms(word, known)
    if (row.completes !== 'message' || isNick) return nicks(word, known, ' ', 'shown')
  }
  if (word.startsWith('#')) return rooms(word, known)
  // A command's other words are free text, in which people are named as well.
  return word === '' ? [] : nicks(word, known, from === 0 ? ': ' : ' ', 'public')
}

function rooms(word: string, known: Known): string[] {
  const [sign, part] = word.startsWith('#') ? ['#', word.slice(1)] : ['', word]
  return holding(known.rooms, part, (room) => [room]).map((room) => `${sign}${room} `)
}

/** `@an` keeps its sign; in a list of nicks (`/msg anna,bo`) the last one is completed. Found by either name, written by one. */
function nicks(word: string, { people }: Known, end: string, as: keyof Named): string[] {
  const [, head = '', start = ''] = /^(@|.*,@?)?(.*)$/su.exec(word)!
  const found = holding(people, start, (person) => [person.shown, person.public])
  return found.map((person) => head + person[as] + end)
}

/** From two letters on; `:smile:` written out is replaced as well. */
function emoji(word: string): string[] {
  const name = word.slice(1).replace(/:$/, '').toLowerCase()
  if (word.endsWith(':') && word.length > 1) return Object.hasOwn(EMOJI, name) ? [`${EMOJI[name]} `] : []
  if (name.length < 2) return []
  const names = Object.keys(EMOJI)
  const fitting = [
    ...names.filter((each) => each.startsWith(name)),
    ...names.filter((each) => each.includes(`_${name}`)),
  ]
  return fitting.map((each) => `${EMOJI[each]} `)
}

/** A list is searched as one types: those of whose names one begins so first, then those with it inside. */
function holding<T>(all: Iterable<T>, part: string, namesOf: (each: T) => readonly string[]): T[] {
  const low = part.toLowerCase()
  const where = (fits: (at: number) => boolean) =>
    [...all].filter((each) => namesOf(each).some((name) => fits(name.toLowerCase().indexOf(low))))
  return [...where((at) => at === 0), ...where((at) => at > 0)]
}

function starting(names: Iterable<string>, start: string, end: string): string[] {
  const low = start.toLowerCase()
  return [...names].filter((name) => name.toLowerCase().startsWith(low)).map((name) => name + end)
}
