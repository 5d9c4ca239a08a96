/**
 * Omissions: when the hub has provably withheld something from this node (rules GU-4 to GU-7). Pure: it is told what
 * came, from where and when, says what the hub is to be asked, and judges by the answer.
 *
 * A hub link is first in, first out. An honest hub relays an event in the turn in which it takes it in, so what it lists
 * in an answer it has sent before, or sends right behind. Two things follow from that, whatever the load or the loss:
 *
 *   withheld   this node got an event from somebody else, asks the hub, the hub lists it, and it does not come
 *   ignored    an own event, given to the hub and signed for by line[0], is neither signed for by the hub nor listed,
 *              and between two answers the hub has not moved on in that lane
 *   silent     the hub sends heartbeats and does not answer
 *
 * What an honest hub may leave out is not looked at: events from before this session, or from before this node carried
 * the room, of forked lanes, of times that are not now; and what the hub itself pulled from here. How old an event is,
 * its author's clock says, and that may be wrong: so nothing is looked at either until this node has been seen to hold
 * all that the hub has, or for ten minutes: any peer can list without end. One omission proves little to a careful reader, so three are needed, each of something that came
 * after the last one was counted.
 */
import type { PersonKey, RoomId } from '../../wire/ids.ts'
import { classOf, type Lane, type LaneClass, type VectorEntry } from '../lanes.ts'

/** Omissions until a hub is avoided, and for how long. */
export const OMISSIONS_MAX = 3
export const AVOID_MS = 1_800_000
/** What came from elsewhere is asked about after this: it may just be on its way from the hub. */
const ASK_AFTER_MS = 4000
/** Own events that the hub has had for this long are asked about; and once more after as long again. */
const IGNORED_MS = 10_000
/** Between two questions. */
const ASK_EVERY_MS = 3000
/** What is listed comes within this: it may be waiting here for its signature to be checked. */
const JUDGE_AFTER_MS = 5000
/** A question is answered within this by a hub whose heartbeats come. */
const ANSWER_MS = 15_000
/** Session and carriage have to be this much older than an event, and than the last time all of the hub's was here. */
const SETTLED_MS = 15_000
/** Who is not caught up by then is held up by somebody, who may not keep this node from looking for ever. */
const CATCH_UP_MS_MAX = 600_000
/** Times further ahead than this say nothing. */
const AHEAD_MS = 60_000
/** Between two omissions that count. */
const APART_MS = 10_000
/** Omissions this long ago are forgotten. */
const FORGET_MS = 1_800_000
/** Events looked at, at once; what is more is left out. */
const SUSPECTS_MAX = 512

export type Omission = 'withheld' | 'ignored' | 'silent'

interface Suspect {
  readonly kind: 'withheld' | 'ignored'
  readonly lane: Lane
  readonly n: number
  readonly since: number
  /** When the hub's answer showed that it holds this; the rest is waiting. */
  listedAt: number | undefined
  /** ignored: up to where the hub listed the lane when it was asked first, and when. */
  first: { readonly n: number; readonly at: number } | undefined
}

/** What the hub is asked: to list what it holds of these authors in a room. */
export interface Question {
  readonly room: RoomId
  readonly cls: LaneClass
  readonly authors: ReadonlySet<PersonKey>
}

interface Asked extends Question {
  readonly at: number
  readonly listed: Map<string, VectorEntry>
}

const laneName = (lane: Pick<Lane, 'author' | 'lane'>) => lane.author + lane.lane
const nameOf = (lane: Lane, n: number) => `${lane.room}${laneName(lane)}/${n}`

export class Omissions {
  readonly #suspects = new Map<string, Suspect>()
  /** What the hub gave and this node could not keep yet, because what lies before it is missing. */
  readonly #early = new Set<string>()
  /** Own lanes that the hub has listed, and up to where. */
  readonly #listed = new Map<Lane, number>()
  #asked: Asked | undefined
  #askedAt = Number.NEGATIVE_INFINITY
  #hub: PersonKey | undefined
  #since = 0
  #caughtUpAt = Number.NEGATIVE_INFINITY
  /** When omissions were counted, by hub. */
  readonly #counted = new Map<PersonKey, number[]>()

  /** A session with this hub begins, or begins anew because this process was away; undefined: there is none. now: monotonic ms. */
  follow(hub: PersonKey | undefined, now: number): void {
    this.#hub = hub
    this.#since = now
    this.#caughtUpAt = Number.NEGATIVE_INFINITY
    this.#suspects.clear()
    this.#early.clear()
    this.#listed.clear()
    this.#asked = undefined
    this.#askedAt = now
  }

  /** All that the hub holds for this node is here: what it takes in from now on it relays. */
  caughtUp(now: number): void {
    this.#caughtUpAt = now
  }

  /** Omissions counted in this process. */
  total = 0

  /** Events under suspicion: for tests of growth. */
  get size(): number {
    return this.#suspects.size
  }

  /**
   * Event n of this lane came from somebody else than the hub. ageMs: netNow minus its `at`. carriedSince: since when
   * this node has carried its room, monotonic ms.
   */
  gained(lane: Lane, n: number, ageMs: number, carriedSince: number, now: number): void {
    const begun = Math.max(this.#since, carriedSince)
    const isCaughtUp = this.#caughtUpAt >= begun + SETTLED_MS || now >= begun + CATCH_UP_MS_MAX
    const isFresh = isCaughtUp && ageMs > -AHEAD_MS && now - ageMs > begun + SETTLED_MS
    // As at a hub: it makes no name for each event that comes.
    if (!isFresh && this.#early.size === 0) return
    const name = nameOf(lane, n)
    if (this.#hub === undefined || !isFresh || this.#early.delete(name)) return
    this.#suspect(name, { kind: 'withheld', lane, n, since: now, listedAt: undefined, first: undefined })
  }

  #suspect(name: string, suspect: Suspect): void {
    if (!this.#suspects.has(name) && this.#suspects.size < SUSPECTS_MAX) this.#suspects.set(name, suspect)
  }

  /** The hub sent event n of this lane. isKept: what lies before it is here. */
  given(lane: Lane, n: number, isKept: boolean): void {
    const name = nameOf(lane, n)
    this.#suspects.delete(name)
    if (isKept) return
    this.#early.add(name)
    if (this.#early.size > SUSPECTS_MAX) this.#early.delete(this.#early.keys().next().value!)
  }

  /** The hub pulls this lane from here: it lacked what it has not sent. */
  pulled(room: RoomId, author: PersonKey, id: Lane['lane']): void {
    for (const [name, { kind, lane }] of this.#suspects)
      if (kind === 'withheld' && lane.room === room && lane.author === author && lane.lane === id)
        this.#suspects.delete(name)
  }

  /** Own lanes of which line[0] has signed for n, and the hub, who was given it, has not. */
  unconfirmed(lanes: Iterable<{ readonly lane: Lane; readonly n: number }>, now: number): void {
    if (this.#hub === undefined) return
    const open = new Set<string>()
    for (const { lane, n } of lanes) {
      if ((this.#listed.get(lane) ?? 0) >= n) continue
      const known = [...this.#suspects].find(([, other]) => other.kind === 'ignored' && other.lane === lane)
      if (known && known[1].n <= n) {
        open.add(known[0])
        continue
      }
      const name = `own ${nameOf(lane, n)}`
      open.add(name)
      this.#suspect(name, { kind: 'ignored', lane, n, since: now, listedAt: undefined, first: undefined })
    }
    for (const [name, { kind }] of this.#suspects)
      if (kind === 'ignored' && !open.has(name)) this.#suspects.delete(name)
  }

  /** What the hub is to be asked now; undefined: nothing. `asked` is called if it is. */
  question(now: number): Question | undefined {
    if (this.#asked || now - this.#askedAt < ASK_EVERY_MS) return undefined
    let question: { room: RoomId; cls: LaneClass; authors: Set<PersonKey> } | undefined
    for (const suspect of this.#suspects.values()) {
      if (!isDue(suspect, now)) continue
      const cls = classOf(suspect.lane.lane)
      question ??= { room: suspect.lane.room, cls, authors: new Set() }
      if (question.room === suspect.lane.room && question.cls === cls)
        question.authors.add(suspect.lane.author)
    }
    return question
  }

  asked(question: Question, now: number): void {
    this.#asked = { ...question, at: now, listed: new Map() }
    this.#askedAt = now
  }

  /** A page of the answer to what was asked. */
  listed(entries: Iterable<VectorEntry>, isLast: boolean, now: number): void {
    const asked = this.#asked
    if (!asked) return
    for (const entry of entries) if (asked.authors.has(entry.author)) asked.listed.set(laneName(entry), entry)
    if (!isLast) return
    this.#asked = undefined
    for (const [name, suspect] of this.#suspects) {
      const { lane } = suspect
      const isOfIt =
        suspect.since <= asked.at &&
        lane.room === asked.room &&
        classOf(lane.lane) === asked.cls &&
        asked.authors.has(lane.author)
      if (isOfIt && !this.#weigh(suspect, asked.listed.get(laneName(lane)), now)) this.#suspects.delete(name)
    }
  }

  /** False where the answer clears the hub. */
  #weigh(suspect: Suspect, entry: VectorEntry | undefined, now: number): boolean {
    const n = entry?.n ?? 0
    if (suspect.kind === 'ignored' && n >= suspect.n) this.#listed.set(suspect.lane, n)
    const isForked = suspect.lane.forkAt > 0 || (entry?.forkAt ?? 0) > 0
    if (isForked || n >= suspect.n === (suspect.kind === 'ignored')) return false
    if (suspect.kind === 'withheld' || (suspect.first && suspect.first.n === n)) suspect.listedAt ??= now
    else suspect.first = { n, at: now }
    return true
  }

  /** What the hub has provably omitted by now, if that is to be counted; isAlive: its heartbeats come. */
  judge(now: number, isAlive: boolean): Omission | undefined {
    if (this.#hub === undefined) return undefined
    if (this.#asked && now - this.#asked.at > ANSWER_MS) {
      this.#asked = undefined
      return isAlive ? this.#count('silent', now) : undefined
    }
    for (const [name, { kind, listedAt }] of this.#suspects) {
      if (listedAt === undefined || now - listedAt < JUDGE_AFTER_MS) continue
      this.#suspects.delete(name)
      const counted = this.#count(kind, now)
      if (counted) return counted
    }
    return undefined
  }

  #count(kind: Omission, now: number): Omission | undefined {
    const times = (this.#counted.get(this.#hub!) ?? []).filter((at) => now - at < FORGET_MS)
    const last = times[times.length - 1]
    if (last !== undefined && now - last < APART_MS) return undefined
    times.push(now)
    this.total++
    this.#counted.set(this.#hub!, times)
    if (this.#counted.size > SUSPECTS_MAX) this.#counted.delete(this.#counted.keys().next().value!)
    // The next one has to begin after this.
    this.#suspects.clear()
    this.#asked = undefined
    return kind
  }

  /** Has the hub followed omitted so much that it is to be avoided? It begins anew after that. */
  takeAvoid(): PersonKey | undefined {
    const hub = this.#hub
    if (hub === undefined || (this.#counted.get(hub)?.length ?? 0) < OMISSIONS_MAX) return undefined
    this.#counted.delete(hub)
    return hub
  }
}

function isDue({ kind, since, listedAt, first }: Suspect, now: number): boolean {
  if (listedAt !== undefined) return false
  if (kind === 'withheld') return now - since >= ASK_AFTER_MS
  return now - (first?.at ?? since) >= (first ? IGNORED_MS : 0)
}
