/** Who is the better hub, and who stands where in the line. */
import type { PersonKey } from '../../wire/ids.ts'
import { LINE_MAX } from '../../wire/limits.ts'
import { FLAG, type Link, type Rank, type Ranking } from './state.ts'

/** Witness lag up to which a node counts as caught up. */
export const LAG_MAX = 64
/** What a peer says of its uptime goes on growing here: it still has to fit a beacon. */
const UINT32_MAX = 2 ** 32 - 1

/** For how long a node of the line has been here: s. now: monotonic ms. */
export const uptimeOf = ({ startedAt }: Rank, now: number): number =>
  Math.min(UINT32_MAX, Math.max(0, Math.floor((now - startedAt) / 1000)))

/** What two hubs compare by. */
export interface Claim {
  readonly key: PersonKey
  readonly members: number
  readonly flags: number
}

const bit = (flags: number, mask: number) => (flags & mask ? 1 : 0)

/** Is hub a better than b? Reachable, pinned, preferred, more members, lower id: a total order. */
export function better(a: Claim, b: Claim): boolean {
  const order =
    bit(b.flags, FLAG.reachable) - bit(a.flags, FLAG.reachable) ||
    bit(b.flags, FLAG.pinned) - bit(a.flags, FLAG.pinned) ||
    bit(b.flags, FLAG.preferred) - bit(a.flags, FLAG.preferred) ||
    b.members - a.members
  return order !== 0 ? order < 0 : a.key < b.key
}

/** May this member ever be hub? Who is relayed may not: those who cannot reach it would have to be relayed in turn. */
export const isCandidate = (link: Link): boolean =>
  link.member &&
  !link.visitor &&
  link.via === undefined &&
  link.beat !== undefined &&
  !bit(link.beat.flags, FLAG.never | FLAG.leaving)

/**
 * May it stand in the line? Also its store is scanned, and it is reachable. Where all members share one machine (localOnly),
 * accepting links at all is enough: no firewall lies between them.
 */
export const isInLine = (link: Link, localOnly: boolean): boolean =>
  isCandidate(link) &&
  !bit(link.beat!.flags, FLAG.unready) &&
  (bit(link.beat!.flags, FLAG.reachable) === 1 || (localOnly && link.address !== ''))

/** Negative: a comes first. Pinned, preferred, caught up, stable for stableS, id. */
function byRank(a: Link, b: Link, stableS: number): number {
  const x = a.beat!
  const y = b.beat!
  return (
    bit(y.flags, FLAG.pinned) - bit(x.flags, FLAG.pinned) ||
    bit(y.flags, FLAG.preferred) - bit(x.flags, FLAG.preferred) ||
    Number(y.lag <= LAG_MAX) - Number(x.lag <= LAG_MAX) ||
    Number(y.uptimeS >= stableS) - Number(x.uptimeS >= stableS) ||
    (a.key < b.key ? -1 : 1)
  )
}

/** The first LINE_MAX of those that may stand in the line, best first, each key once. */
export function lineOf(links: readonly Link[], stableS: number): Link[] {
  const line: Link[] = []
  const localOnly = links.every((link) => link.local || !link.member)
  for (const link of links) {
    if (!isInLine(link, localOnly) || line.some(({ key }) => key === link.key)) continue
    let place = line.length
    while (place > 0 && byRank(link, line[place - 1]!, stableS) < 0) place--
    if (place >= LINE_MAX) continue
    line.splice(place, 0, link)
    if (line.length > LINE_MAX) line.pop()
  }
  return line
}

/** Do two heartbeats of a member rank it the same? Then the line stays as it is. */
export function ranksAlike(a: Ranking | undefined, b: Ranking | undefined, stableS: number): boolean {
  if (!a || !b) return a === b
  return (
    a.flags === b.flags &&
    a.lag <= LAG_MAX === b.lag <= LAG_MAX &&
    a.uptimeS >= stableS === b.uptimeS >= stableS
  )
}
