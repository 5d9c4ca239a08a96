/** A hub that gives its place to another node in good order: to a better one, or because it leaves. */

import type { PersonKey } from '../../wire/ids.ts'
import { beatNow } from './heartbeat.ts'
import { dialNow, hasOwnLink, send, wakeBy } from './links.ts'
import { giveUpFor, redirectMembers } from './moves.ts'
import { isUnreachable } from './reach.ts'
import { type Choice, FLAG, type HubPhase, type Link, STATE, type Turn } from './state.ts'

/** Hands over where somebody should be hub rather than this node; drops a hand-over that was not answered. */
export function handOverWhereDue(choice: Choice, turn: Turn, phase: HubPhase): void {
  const { now } = turn
  if (phase.handover) {
    if (now < phase.handover.until) return
    const { to } = phase.handover
    const tried = phase.inLine.findIndex(({ key }) => key === to)
    phase.handover = undefined
    declines(phase, to, now)
    if (choice.leavingSince !== undefined) {
      leaveTo(choice, turn, phase, phase.inLine.slice(tried + 1))
      return
    }
  }
  if (choice.leavingSince !== undefined) return
  const next = successor(choice, now, phase)
  if (phase.promiseUntil > now) {
    // Another hub may just be giving up for this one: the last that is told so, where this one is about to go.
    if (next) phase.noOkUntil = Math.max(phase.noOkUntil, phase.promiseUntil + choice.timing.handoverMs)
    wakeBy(choice, phase.promiseUntil)
    return
  }
  if (!next) return
  if (hasOwnLink(choice, now, next.key)) handOver(choice, turn, phase, next)
  else dialNow(choice, turn, next.node, choice.timing.lostDialEveryMs)
}

/** Whoever did not answer is left out for so long, where this node has to go; where somebody else is only wished, */
const DECLINED_MS = 5000
/** ... for so long: while a hand-over waits for its answer no hub can be absorbed here. */
const UNWISHED_MS = 60_000

function declines(phase: HubPhase, key: PersonKey, now: number): void {
  for (const [other, at] of phase.declined) if (now - at >= UNWISHED_MS) phase.declined.delete(other)
  phase.declined.set(key, now)
}

/** Who should be hub rather than this node, if anybody. */
function successor(choice: Choice, now: number, phase: HubPhase): Link | undefined {
  const { timing, options } = choice
  const firstFor = (ms: number) =>
    phase.inLine.find(({ key }) => now - (phase.declined.get(key) ?? -Infinity) >= ms)
  const { failing, diskless, drained, barred } = choice.facts
  if (isUnreachable(choice, now, phase) || failing || diskless || drained || barred || options.neverHub)
    return firstFor(DECLINED_MS)
  const first = firstFor(UNWISHED_MS)
  if (!first) return undefined
  const wished = (first.beat!.flags & (FLAG.pinned | FLAG.preferred)) !== 0
  const synced = first.syncedAt !== undefined && now - first.syncedAt >= timing.syncedMs
  const rested = now - choice.handedOverAt >= timing.handoverEveryMs
  return wished && !options.pinned && !options.preferHub && synced && rested ? first : undefined
}

function handOver(choice: Choice, turn: Turn, phase: HubPhase, to: Link): void {
  const until = turn.now + choice.timing.handoverMs + 3 * choice.rttMs
  phase.handover = { to: to.key, link: to.id, until }
  send(turn, to, { type: 'handover', epoch: phase.epoch })
  wakeBy(choice, until)
}

/** The other one is hub: everybody goes there. */
export function onTook(choice: Choice, turn: Turn, link: Link): void {
  const { phase } = choice
  if (phase.state !== 'hub' || phase.handover?.to !== link.key) return
  choice.handedOverAt = turn.now
  if (choice.leavingSince === undefined) {
    giveUpFor(choice, turn, link.key)
    return
  }
  for (const other of choice.links.values())
    if (other.member && other.key !== link.key) choice.awaited.add(other.id)
  redirectMembers(choice, turn, link.key)
  phase.handover = undefined
  endWhenLeft(choice, turn)
}

/** The person wants to go: a hub hands over first, everybody says goodbye. */
export function quit(choice: Choice, turn: Turn): void {
  if (choice.leavingSince !== undefined) return
  choice.leavingSince = turn.now
  wakeBy(choice, turn.now + choice.timing.quitMs)
  if (choice.phase.state !== 'hub') {
    sayGoodbye(choice, turn)
    return
  }
  beatNow(choice, turn)
  leaveTo(choice, turn, choice.phase, choice.phase.inLine)
}

function leaveTo(choice: Choice, turn: Turn, phase: HubPhase, line: readonly Link[]): void {
  const next = line.find((link) => choice.links.has(link.id))
  if (next) handOver(choice, turn, phase, next)
  else sayGoodbye(choice, turn)
}

/** A leaving hub's member has gone on: closed, or it follows the new hub. */
export function memberGone(choice: Choice, turn: Turn, link: Link): void {
  if (choice.awaited.delete(link.id)) endWhenLeft(choice, turn)
}

/** A heartbeat while leaving: does this member follow the new hub now? */
export function beatWhileLeaving(choice: Choice, turn: Turn, link: Link): void {
  const { beat } = link
  const hasHub = beat?.state === STATE.following || beat?.state === STATE.relayed
  if (beat && hasHub && beat.upstream !== choice.self) memberGone(choice, turn, link)
}

function endWhenLeft(choice: Choice, turn: Turn): void {
  if (choice.awaited.size === 0) sayGoodbye(choice, turn)
}

/** After quitMs whoever is still there must find the new hub alone. */
export function leaveTick(choice: Choice, turn: Turn): void {
  if (choice.leavingSince === undefined || choice.phase.state === 'gone') return
  const at = choice.leavingSince + choice.timing.quitMs
  if (turn.now >= at) sayGoodbye(choice, turn)
  else wakeBy(choice, at)
}

function sayGoodbye(choice: Choice, turn: Turn): void {
  if (choice.links.size > 0) turn.effects.push({ do: 'sendAll', frame: { type: 'goodbye' } })
  choice.phase = { state: 'gone' }
  turn.effects.push({ do: 'quitDone' })
}
