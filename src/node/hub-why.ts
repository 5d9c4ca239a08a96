/** Why this node is under this hub, and who would follow it: one sentence each, for `/hub` and `status`. Pure. */
import type { PersonKey } from '../wire/ids.ts'
import { LAG_MAX } from './choice/rank.ts'
import type { ChoiceView, RankView } from './choice.ts'
import { spanText } from './span.ts'
import { LAN } from './timing.ts'

/** The names people know each other by. */
export type NameOf = (key: PersonKey) => string

/** undefined: there is no hub, or nothing is known of how it came to be. */
export function whyHub(view: ChoiceView, self: PersonKey, nameOf: NameOf): string | undefined {
  const { hub, came } = view
  if (hub === null || !came) return undefined
  const name = (key: PersonKey) => (key === self ? 'this node' : nameOf(key))
  const before = came.before === null ? 'the one before' : name(came.before)
  const how = {
    first: 'nobody else was found when it started',
    found: 'it was hub when this node came',
    took: `it took over when ${before} was lost`,
    handed: `${before} handed over to it`,
    sent: `${before} gave up for it`,
    met: 'two hubs met, and it is the better one',
  }[came.how]
  const { reachable, preferred, pinned } = view.hubIs
  const qualities = [
    reachable ? 'it is reachable' : 'no other machine has reached it yet',
    ...(pinned ? ['the owner wants it'] : []),
    ...(preferred ? ['it prefers to be hub'] : []),
  ]
  return `${nameOf(hub)} is hub: ${how}; ${listed(qualities)}`
}

/** For each of the line, in its order. */
export function whyLine(ranks: readonly RankView[], nameOf: NameOf): string[] {
  return ranks.map((rank, place) => {
    const before = ranks[place - 1]
    const after = ranks[place + 1]
    const reasons = [
      ...(rank.pinned ? ['the owner wants it'] : []),
      ...(rank.preferred ? ['it prefers to be hub'] : []),
      rank.reachable ? 'it is reachable' : 'it runs on the same machine as all others',
      rank.lag > LAG_MAX ? 'still catches up' : 'has all messages',
      `has been here for ${spanText(rank.uptimeS * 1000)}`,
      ...(after && isAlike(rank, after) && !(before && isAlike(before, rank))
        ? ['has the lowest key of its equals']
        : []),
    ]
    const turn = before ? `would come after ${nameOf(before.id)}` : 'would follow'
    return `${nameOf(rank.id)} ${turn}: ${listed(reasons)}`
  })
}

const isAlike = (a: RankView, b: RankView): boolean =>
  a.pinned === b.pinned &&
  a.preferred === b.preferred &&
  a.lag <= LAG_MAX === b.lag <= LAG_MAX &&
  a.uptimeS >= LAN.stableS === b.uptimeS >= LAN.stableS

const listed = (parts: readonly string[]): string =>
  parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`
