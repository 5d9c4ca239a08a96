/** What the rest of the node reads of the choice. */
import type { PersonKey } from '../../wire/ids.ts'
import type { Came } from './came.ts'
import { upstreamOf } from './heartbeat.ts'
import { relayOf, whereIs } from './links.ts'
import { uptimeOf } from './rank.ts'
import { type Choice, FLAG, flagsOf, type LinkId } from './state.ts'

/** Medians of raw wall clocks, as of `at` (monotonic ms). */
export interface ClockMedians {
  readonly hubMedian?: { readonly value: number; readonly at: number }
  readonly lineMedian?: { readonly value: number; readonly at: number }
}

/** Of the line: the figures that it was ordered by, and for how long each has been here by now. */
export interface RankView {
  readonly id: PersonKey
  readonly reachable: boolean
  readonly pinned: boolean
  readonly preferred: boolean
  readonly lag: number
  readonly uptimeS: number
}

export interface ChoiceView {
  readonly state: 'idle' | 'seeking' | 'following' | 'hub' | 'woken' | 'gone'
  /** The hub followed, or this node; null without one. */
  readonly hub: PersonKey | null
  /** The link to it; undefined as hub and without one. */
  readonly link: LinkId | undefined
  /** The peer that carries this node to it; null: nobody does. */
  readonly via: PersonKey | null
  /** How it came to be the hub; undefined: not known. */
  readonly came: Came | undefined
  /** What the hub says of itself. */
  readonly hubIs: { readonly reachable: boolean; readonly pinned: boolean; readonly preferred: boolean }
  /** Where it accepts links; '' unknown, or this node itself. */
  readonly hubAddress: string
  readonly epoch: number
  /** Members of the hub and the hub itself. */
  readonly members: number
  readonly line: readonly PersonKey[]
  readonly reachable: boolean
  /** May this node acknowledge what it stores? Not while it is woken (INV-13), nor once it has left. */
  readonly acknowledges: boolean
  readonly clock: ClockMedians
  /** Age of the place as the hub tells it, s; 0 where it told none. */
  readonly hubAgeS: number
}

export function viewOf(choice: Choice): ChoiceView {
  const { phase } = choice
  const hub = upstreamOf(choice)
  const link = phase.state === 'following' ? choice.links.get(phase.link) : undefined
  const members = phase.state === 'hub' ? phase.members + 1 : link?.beat ? link.beat.members + 1 : 0
  return {
    state: phase.state,
    hub,
    link: link?.id,
    via: relayOf(choice),
    came: hub === null ? undefined : choice.came,
    hubIs: saidBy(phase.state === 'hub' ? flagsOf(choice) : (link?.beat?.flags ?? 0)),
    hubAddress: hub === null || hub === choice.self ? '' : whereIs(choice, hub),
    epoch: phase.state === 'hub' || phase.state === 'following' ? phase.epoch : choice.epoch,
    members,
    line: choice.line,
    reachable: choice.reachable,
    acknowledges: acknowledges(choice),
    clock: mediansOf(choice),
    hubAgeS: choice.hubAgeS,
  }
}

/** The line in its order. now: monotonic ms. */
export const ranksOf = (choice: Choice, now: number): RankView[] =>
  choice.ranks.map((rank) => ({
    id: rank.key,
    ...saidBy(rank.flags),
    lag: rank.lag,
    uptimeS: uptimeOf(rank, now),
  }))

/** As in the view; asked for in every turn. */
export const acknowledges = ({ phase }: Choice): boolean => phase.state !== 'woken' && phase.state !== 'gone'

/** As in the view; asked for at every tick. */
export function mediansOf(choice: Choice): ClockMedians {
  // A hub that asks whether it still is one goes on by its own median: its clock may be what has just jumped.
  const phase = choice.phase.state === 'woken' ? choice.phase.was : choice.phase
  const hubMedian =
    phase.state === 'hub' && choice.median !== null
      ? { value: choice.median, at: choice.medianAt }
      : choice.hubMedian
  return {
    ...(hubMedian && { hubMedian }),
    ...(choice.lineMedian && { lineMedian: choice.lineMedian }),
  }
}

const saidBy = (flags: number) => ({
  reachable: (flags & FLAG.reachable) !== 0,
  pinned: (flags & FLAG.pinned) !== 0,
  preferred: (flags & FLAG.preferred) !== 0,
})
