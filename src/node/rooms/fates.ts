/**
 * What became of each act of a room, for its log: it is void (nobody ever had to heed it), it holds, or it held until another
 * act ended it. A ban, mute or demotion is ended by what lifted it; whatever sets something to one of several states (a lock, a
 * pin, a topic, a voice, a rank) by the next that counts and sets it otherwise.
 */
import { hex } from '../../wire/bytes.ts'
import { type EventId, NETWORK_ROOM, type PersonKey, personKey } from '../../wire/ids.ts'
import type { BodyValue } from '../../wire/kinds.ts'
import { displayOrder, readPersons } from './pass.ts'
import type { ControlEvent, RoomView } from './view.ts'

/** ended: by which event, of this room or of room 0. */
export type Fate = 'void' | 'holds' | { readonly ended: EventId }

type Facts = Pick<RoomView, 'id' | 'counted' | 'ended' | 'ranks' | 'personOf'>
/** What an act sets, and to what. */
type Setting = readonly [what: string, value: string]

/** Of the acts of a room, in any order. Pure. */
export function fatesOf(view: Facts, acts: Iterable<ControlEvent>): ReadonlyMap<EventId, Fate> {
  const fates = new Map<EventId, Fate>()
  const present = new Map<string, { readonly value: string; readonly ids: EventId[] }>()
  /** In how many of the settings that an act makes it is the last one. */
  const left = new Map<EventId, number>()
  const sorted = [...acts].sort(displayOrder)
  for (const { event, body } of sorted) {
    const { id } = event
    const isHeeded = body && (view.counted.has(id) || view.ended.has(id))
    const end = view.ended.get(id)
    fates.set(id, !isHeeded ? 'void' : end && body.kind !== 'hide' ? { ended: end } : 'holds')
    // A higher rank has the word on what this one hides or shows.
    if (!isHeeded || (end && body.kind === 'hide')) continue
    for (const [what, value] of settingsOf(view, body)) {
      const before = present.get(what)
      const isSame = before?.value === value
      for (const former of isSame ? [] : (before?.ids ?? [])) {
        const others = (left.get(former) ?? 1) - 1
        left.set(former, others)
        if (others === 0) fates.set(former, { ended: id })
      }
      const ids = isSame ? before.ids : []
      // Bans and demotions end what others set; what ends them is known.
      if (!isBinding(body)) ids.push(id)
      left.set(id, (left.get(id) ?? 0) + 1)
      present.set(what, { value, ids })
    }
  }
  const words = wordsOf(view, sorted)
  for (const [place, { event, body }] of sorted.entries()) {
    if (body?.kind === 'hide' && view.ended.has(event.id))
      fates.set(event.id, fateOfHide(words.get(hex(body.target)), place))
    // Beside a demotion that it did not know of.
    if (fates.get(event.id) === 'holds' && body && isIdleGrant(view, body)) fates.set(event.id, 'void')
  }
  return fates
}

const isBinding = (body: BodyValue) => body.kind === 'ban' || (body.kind === 'role' && body.rank === 1)

function isIdleGrant(view: Facts, body: BodyValue): boolean {
  if (body.kind !== 'role' || body.rank === 1) return false
  return (view.ranks.get(view.personOf(personKey(body.target))) ?? 1) < body.rank
}

interface Word {
  readonly place: number
  readonly id: EventId
}

/** The first words that stand about what is hidden or shown: those of the highest rank that said anything, by what they are about. */
function wordsOf(view: Facts, sorted: readonly ControlEvent[]): ReadonlyMap<string, Word> {
  const words = new Map<string, Word>()
  for (const [place, { event, body }] of sorted.entries()) {
    if (body?.kind !== 'hide' || view.ended.has(event.id) || !view.counted.has(event.id)) continue
    const target = hex(body.target)
    if (!words.has(target)) words.set(target, { place, id: event.id })
  }
  return words
}

/** One that a higher rank's word stands against: void behind that, else it held until the first such word. */
const fateOfHide = (word: Word | undefined, place: number): Fate =>
  word && word.place > place ? { ended: word.id } : 'void'

function settingsOf(view: Facts, body: BodyValue): Setting[] {
  const isIn = (key: PersonKey) => `in ${view.personOf(key)}`
  switch (body.kind) {
    case 'hide':
      return [[`hide ${hex(body.target)}`, String(body.hidden)]]
    case 'pin':
      return [[`pin ${hex(body.target)}`, String(body.pinned)]]
    case 'settings':
      return [[`setting ${body.setting}`, String(body.value)]]
    case 'topic':
      return [['topic', typeof body.topic === 'string' ? body.topic : hex(body.topic)]]
    case 'newcode':
      return body.made ? [['code', hex(body.door)]] : []
    case 'invite':
    case 'admit':
    case 'unvoice':
      return readPersons(body.persons).map((key) => [isIn(key), String(body.kind !== 'unvoice')])
    case 'role':
      return [[`rank ${view.personOf(personKey(body.target))}`, String(body.rank)]]
    case 'ban':
      // Whoever is expelled has to be let in again.
      return view.id === NETWORK_ROOM ? [[isIn(personKey(body.target)), 'false']] : []
    default:
      return []
  }
}
