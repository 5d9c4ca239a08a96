/** Search: the names in what somebody looks for, and the answer. */
import type { PersonKey, RoomId } from '../../wire/ids.ts'
import type { Core } from '../core.ts'
import type { CommandOf } from '../events.ts'
import { localTime } from '../local-time.ts'
import { LOOK_MAX } from '../search/looking.ts'
import { type Query, readQuery } from '../search/query.ts'
import type { LeftOut } from '../timeline.ts'
import type { Answers, Asked } from './answers.ts'
import type { Finding } from './finding.ts'

/** Lines in one answer. */
const LINES_MAX = 1000
/** Fewer than this may have come while it was looked. */
const UNSEARCHED_MIN = 1000
const NO_FILES = 'No message has a file, since lanchat sends none: has:link finds those with a link to one.'
const NOT_ALL = 'These are not all: the disk refused to read some of what is stored'

export class Search {
  readonly #core: Core
  readonly #answers: Answers
  readonly #finding: Finding

  constructor(core: Core, answers: Answers, finding: Finding) {
    this.#core = core
    this.#answers = answers
    this.#finding = finding
  }

  search(asked: Asked, { words, room, count }: CommandOf<'search'>): void {
    const query = readQuery(words, this.#core.netNow)
    if ('fault' in query) return this.#answers.refuse(asked, 'SEARCH_INVALID', { why: query.fault })
    const rooms = this.#rooms(asked, query, room)
    const from = rooms && this.#from(asked, query)
    if (!rooms || !from) return
    const { terms, phrases, since, until, has, isRanked } = query
    let left: LeftOut = {}
    this.#core.lines(
      [],
      Math.max(1, Math.min(LINES_MAX, count)),
      (lines, fault) => {
        if (fault !== undefined && lines.length === 0)
          return this.#answers.refuse(asked, 'STORE_UNREAD', { why: fault })
        const { search } = this.#core
        const unread = search.isBehind ? search.unread : 0
        const messages = lines.map(({ message }) => message)
        const notes = [
          ...(has.has('file') ? [NO_FILES] : []),
          ...(left.unlooked ? [unlookedNote(left.unlooked)] : []),
          ...(fault === undefined ? [] : [`${NOT_ALL} (${fault}).`]),
        ]
        this.#answers.result(asked, messages, {
          ...(unread >= UNSEARCHED_MIN && { unsearched: unread }),
          ...(notes.length > 0 && { note: notes.join(' ') }),
        })
      },
      {
        wanted: { terms, phrases, since, until, has, isRanked, rooms, ...(from.size > 0 && { from }) },
        onLeftOut: (each) => {
          left = each
        },
      },
    )
  }

  /** Where to look; answers where a room is meant that this person is not in. */
  #rooms(asked: Asked, query: Query, only: string | undefined): Set<RoomId> | undefined {
    const rooms = new Set<RoomId>()
    for (const text of only === undefined ? query.in : [only, ...query.in]) {
      const room = this.#finding.roomOrTalk(asked, text.replace(/^#/, ''))
      if (!room) return undefined
      rooms.add(room)
    }
    return rooms.size > 0 ? rooms : new Set(this.#finding.joined())
  }

  /** Whose messages; nobody's name: anybody's. Answers where somebody is not found. */
  #from(asked: Asked, { from }: Query): Set<PersonKey> | undefined {
    const isMe = (text: string) => /^@?me$/i.test(text)
    const persons = this.#finding.persons(
      asked,
      from.filter((text) => !isMe(text)),
    )
    const { devices } = this.#core.views.network()
    const meant = persons && [...persons, ...(from.some(isMe) ? [this.#core.me] : [])]
    return meant && new Set(meant.flatMap((person) => devices.ever(person)))
  }
}

const DAY_MS = 24 * 3600 * 1000

/** What of a search was not looked at, and what finds it. */
function unlookedNote({ newest }: NonNullable<LeftOut['unlooked']>): string {
  const few = 'more words, from: and in: leave fewer to look at.'
  if (newest === undefined)
    return `Not all that may fit was looked at, but the likeliest ${LOOK_MAX} messages: ${few}`
  const [day] = localTime(newest + DAY_MS).split(' ')
  return `What is older than ${localTime(newest)} was not looked at, after ${LOOK_MAX} messages that might have been it: before:${day} goes on from there; ${few}`
}
