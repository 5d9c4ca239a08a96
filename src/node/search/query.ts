/**
 * What people type to find something:
 *
 *   lunch monday           both words, in any order, in any case
 *   "lunch on monday"      these words side by side
 *   lun*                   words that begin so
 *   from:anna              said by anna; from:me
 *   in:lab in:@anna        in this room, or in the talk with anna
 *   before:2026-05-01 after:2026-05 on:yesterday    days, months, years; today, yesterday; 7d is seven days ago
 *   has:link has:file has:reaction
 *   sort:best              the best first, where the newest are first else
 *
 * Several from: or in: mean any of them, everything else must hold together.
 */
import { type Word, wordsOf } from './words.ts'

/** A word looked for. */
export interface Term {
  readonly word: string
  /** Words that only begin so are meant too. */
  readonly isBeginning: boolean
}

export type Has = 'link' | 'file' | 'reaction'

export interface Query {
  readonly terms: readonly Term[]
  /** Words side by side. */
  readonly phrases: readonly (readonly Word[])[]
  readonly from: readonly string[]
  readonly in: readonly string[]
  /** Said at this time or later, and before that one, ms. */
  readonly since: number
  readonly until: number
  readonly has: ReadonlySet<Has>
  readonly isRanked: boolean
}

/** Why a query is not understood, as a clause that goes on behind a colon. */
export interface QueryFault {
  readonly fault: string
}

/** Words of one query that are looked for: what a person would type has fewer. */
const TERMS_MAX = 32
const TOKEN = /(?:(\w+):)?(?:"([^"]*)"?|(\S+))/gu
const EMPTY_FILTER = /^(?:from|in|before|after|on|has|sort):$/i
const HAS: ReadonlySet<string> = new Set(['link', 'file', 'reaction'])

/** now: ms, for today and the like. Days are those of this machine's time zone. */
export function readQuery(text: string, now: number): Query | QueryFault {
  const terms: Term[] = []
  const phrases: Word[][] = []
  const from: string[] = []
  const rooms: string[] = []
  const has = new Set<Has>()
  let since = 0
  let until = Number.POSITIVE_INFINITY
  let isRanked = false
  for (const [all, key, quoted, bare] of text.matchAll(TOKEN)) {
    const value = quoted ?? bare ?? ''
    switch (key?.toLowerCase()) {
      case 'from':
        from.push(value)
        break
      case 'in':
        rooms.push(value)
        break
      case 'before':
      case 'after':
      case 'on': {
        const span = spanOf(value, now)
        if (!span)
          return { fault: `${value} is no day: write 2026-05-31, 2026-05, 2026, today, yesterday or 7d` }
        if (key!.toLowerCase() !== 'before')
          since = Math.max(since, key!.toLowerCase() === 'on' ? span[0] : span[1])
        if (key!.toLowerCase() !== 'after')
          until = Math.min(until, key!.toLowerCase() === 'on' ? span[1] : span[0])
        break
      }
      case 'has':
        if (!HAS.has(value.toLowerCase())) return { fault: 'has: takes link, file or reaction' }
        has.add(value.toLowerCase() as Has)
        break
      case 'sort':
        if (value !== 'best' && value !== 'date') return { fault: 'sort: takes best or date' }
        isRanked = value === 'best'
        break
      default:
        if (EMPTY_FILTER.test(all)) return { fault: `behind ${all} something is missing` }
        addWords(
          terms,
          phrases,
          quoted !== undefined && key === undefined ? quoted : all,
          quoted !== undefined,
        )
    }
  }
  if (terms.length > TERMS_MAX) return { fault: `more than ${TERMS_MAX} words are looked for` }
  const hasAny = terms.length + from.length + rooms.length + has.size > 0
  if (!hasAny && since === 0 && until === Number.POSITIVE_INFINITY)
    return { fault: 'there is nothing to look for' }
  return { terms, phrases, from, in: rooms, since, until, has, isRanked }
}

function addWords(terms: Term[], phrases: Word[][], text: string, isQuoted: boolean): void {
  const words = wordsOf(text)
  const isBeginning = !isQuoted && text.endsWith('*') && words.length === 1
  for (const { word } of words) terms.push({ word, isBeginning })
  // What is typed without a space is side by side, as a word in a script that has none is.
  if (words.length > 1) phrases.push(words)
}

/** The time from <= ms < to that is meant. */
function spanOf(text: string, now: number): readonly [from: number, to: number] | undefined {
  const today = new Date(now)
  const day = (back: number): readonly [number, number] => {
    const [year, month, date] = [today.getFullYear(), today.getMonth(), today.getDate() - back]
    return [new Date(year, month, date).getTime(), new Date(year, month, date + 1).getTime()]
  }
  const word = text.toLowerCase()
  if (word === 'today') return day(0)
  if (word === 'yesterday') return day(1)
  const ago = /^(\d{1,4})d$/.exec(word)
  if (ago) return day(Number(ago[1]))
  const match = /^(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?$/.exec(word)
  if (!match) return undefined
  const [year, month, date] = match
    .slice(1)
    .map((digits) => (digits === undefined ? undefined : Number(digits)))
  if (year === undefined || year < 1970) return undefined
  if (month === undefined) return [new Date(year, 0).getTime(), new Date(year + 1, 0).getTime()]
  if (month < 1 || month > 12) return undefined
  if (date === undefined) return [new Date(year, month - 1).getTime(), new Date(year, month).getTime()]
  const first = new Date(year, month - 1, date)
  // The 31st of February is another day.
  if (date < 1 || first.getMonth() !== month - 1) return undefined
  return [first.getTime(), new Date(year, month - 1, date + 1).getTime()]
}

/** What a text has to hold of a query, and the pieces of it that do; undefined where it does not. */
export function hitsOf(
  { terms, phrases }: Pick<Query, 'terms' | 'phrases'>,
  text: string,
): string[] | undefined {
  const words = wordsOf(text)
  const hits = new Set<string>()
  for (const { word, isBeginning } of terms) {
    const found = words.filter((each) => (isBeginning ? each.word.startsWith(word) : each.word === word))
    if (found.length === 0) return undefined
    for (const { start, end } of found) hits.add(text.slice(start, end))
  }
  for (const phrase of phrases) {
    const at = words.findIndex((_, k) => phrase.every(({ word }, i) => words[k + i]?.word === word))
    if (at < 0) return undefined
    hits.add(text.slice(words[at]!.start, words[at + phrase.length - 1]!.end))
  }
  return [...hits]
}
