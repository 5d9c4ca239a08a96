/**
 * Joins that come before their time (rule HB-27). All members of a hub that dies notice it within milliseconds of each other,
 * and ask the next of the line to take them in; with many of them on few cores that one may notice it last. What it refused
 * then would be asked once more by everybody at the moment at which it becomes hub, so it keeps the question: as hub it
 * answers it, and where it becomes none soon, it refuses.
 */
import { takeIn } from './hub.ts'
import { wakeBy } from './links.ts'
import type { Choice, HubPhase, Link, Turn } from './state.ts'

/** Longer than a closed link takes to be noticed on a busy machine; whoever waits has others to ask only after lineStepMs. */
const EARLY_JOIN_MS = 250

/** The hub that this node follows, or has just lost without knowing where to go. */
function hubOfLate({ phase }: Choice): Link['key'] | null {
  if (phase.state === 'following') return phase.hub
  return phase.state === 'seeking' && phase.target === null ? phase.lost : null
}

/** Keeps a join of who followed the same hub, where this node is the next of its line. False: it is to be answered now. */
export function keepEarlyJoin(choice: Choice, turn: Turn, link: Link, at: number): boolean {
  const hub = hubOfLate(choice)
  const next = choice.line.find((key) => key !== hub)
  if (hub === null || next !== choice.self || link.via !== undefined || link.beat?.upstream !== hub)
    return false
  // Who asks again waits no longer for that.
  const until = choice.earlyJoins.get(link.id)?.until ?? turn.now + EARLY_JOIN_MS
  choice.earlyJoins.set(link.id, { at, until })
  wakeBy(choice, until)
  return true
}

/** This node has become hub: takes in those who asked. */
export function takeEarlyJoins(choice: Choice, turn: Turn, phase: HubPhase): void {
  for (const [id, { at }] of choice.earlyJoins) {
    const link = choice.links.get(id)
    if (link) takeIn(choice, turn, phase, link, at)
  }
  choice.earlyJoins.clear()
}

/** Links whose join has waited long enough: they are refused like any other. */
export function overdueJoins(choice: Choice, now: number): Link[] {
  const overdue: Link[] = []
  for (const [id, { until }] of choice.earlyJoins) {
    if (now < until) {
      wakeBy(choice, until)
      continue
    }
    choice.earlyJoins.delete(id)
    const link = choice.links.get(id)
    if (link) overdue.push(link)
  }
  return overdue
}
