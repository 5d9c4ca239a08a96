/**
 * Two hubs meet: the worse one asks to be absorbed, and gives up only on the other's word.
 *
 * Ok is a promise to stay hub for promiseMs. Who has given one does not give up itself while it lasts, and an ok that took
 * nearly as long to come back is worth nothing. So of two hubs that both think the other better neither moves, and no cycle
 * can form. A hub moves only over a link that it opened itself, because its members will have to dial the same way.
 */
import type { FrameOf } from '../../wire/frames.ts'
import type { PersonKey } from '../../wire/ids.ts'
import { isAvoided } from './avoid.ts'
import { dialNow, hasOwnLink, linkTo, mark, send, sinceMark, wakeBy } from './links.ts'
import { giveUpFor } from './moves.ts'
import { better, type Claim } from './rank.ts'
import { type Choice, FLAG, flagsOf, type HubPhase, type Link, STATE, type Turn } from './state.ts'
import { isStrange } from './wary.ts'

/** An ok older than this part of its promise no longer counts. */
const FRESH = 0.9

const claimOf = (choice: Choice, phase: HubPhase): Claim => ({
  key: choice.self,
  members: phase.members,
  flags: flagsOf(choice),
})

function isBetter(choice: Choice, now: number, phase: HubPhase, them: Claim): boolean {
  if (isAvoided(choice, now, them.key)) return false
  // Who may not be hub gives up for whoever may.
  if (choice.facts.barred && !(them.flags & FLAG.never)) return true
  if ((phase.yieldTo.get(them.key) ?? -Infinity) > now) return true
  if ((phase.favoured.get(them.key) ?? -Infinity) > now) return false
  return better(them, claimOf(choice, phase))
}

const isStaying = (choice: Choice, phase: HubPhase) =>
  choice.leavingSince === undefined && phase.handover === undefined

/** A heartbeat of another hub: ask to be absorbed where it is better and this node reaches it. */
export function meetHub(choice: Choice, turn: Turn, phase: HubPhase, link: Link): void {
  const beat = link.beat
  if (!beat || beat.state !== STATE.hub || beat.flags & FLAG.leaving || !isStaying(choice, phase)) return
  const { now } = turn
  const them = { key: link.key, members: beat.members, flags: beat.flags }
  if (!isBetter(choice, now, phase, them)) {
    // Said again while it is so: a cut may have swallowed it, and then each would take itself for the better one.
    const isFavoured = (phase.favoured.get(link.key) ?? -Infinity) > now || isStrange(choice, now, link.key)
    if (isFavoured && better(them, claimOf(choice, phase))) send(turn, link, { type: 'noDial' })
    return
  }
  if (!hasOwnLink(choice, now, link.key)) {
    dialNow(choice, turn, link.node, choice.timing.lostDialEveryMs)
    return
  }
  if (phase.absorbing && now < phase.absorbing.retryAt) return
  const { absorbRetryMs, absorbRetryMsSpread } = choice.timing
  const retryAt = now + absorbRetryMs + turn.random() * absorbRetryMsSpread
  phase.absorbing = { into: link.key, retryAt }
  phase.askedAt.set(link.key, now)
  send(turn, link, { type: 'absorb', at: mark(now), members: phase.members, flags: flagsOf(choice) })
  wakeBy(choice, retryAt)
}

/** Time to ask again: the better hubs in turn, since whoever says that it is the best of them may never answer. */
export function meetAgain(choice: Choice, turn: Turn, phase: HubPhase): void {
  const { absorbing, askedAt } = phase
  if (!absorbing || turn.now < absorbing.retryAt) return
  // Where nobody is asked again they are gone, or this node is the better one by now.
  phase.absorbing = undefined
  const hubs: Link[] = []
  for (const key of choice.byKey.keys()) {
    const link = linkTo(choice, key)
    if (link?.beat?.state === STATE.hub) hubs.push(link)
  }
  const at = ({ key }: Link) => askedAt.get(key) ?? 0
  for (const link of hubs.sort((a, b) => at(a) - at(b))) {
    meetHub(choice, turn, phase, link)
    if (phase.absorbing) return
  }
}

/** Another hub asks: ok where this one is the better and stays. */
export function onAbsorb(choice: Choice, turn: Turn, link: Link, frame: FrameOf<'absorb'>): void {
  const { phase } = choice
  if (phase.state !== 'hub' || !isStaying(choice, phase)) return
  const them = { key: link.key, members: frame.members, flags: frame.flags }
  if (turn.now < phase.noOkUntil || isBetter(choice, turn.now, phase, them)) return
  phase.promiseUntil = turn.now + choice.timing.promiseMs
  send(turn, link, { type: 'absorbed', at: frame.at })
}

/** Ok: give up for it, unless bound by an own promise. */
export function onAbsorbed(choice: Choice, turn: Turn, link: Link, frame: FrameOf<'absorbed'>): void {
  const { phase } = choice
  const { now } = turn
  if (phase.state !== 'hub' || phase.absorbing?.into !== link.key || !isStaying(choice, phase)) return
  const { absorbing } = phase
  if (sinceMark(now, frame.at) >= choice.timing.promiseMs * FRESH) return
  if (phase.promiseUntil > now) {
    // It will go as soon as it may: no further promise until then, or where many hubs meet it would never be free.
    absorbing.retryAt = phase.promiseUntil + turn.random() * choice.timing.absorbRetryMs
    phase.noOkUntil = absorbing.retryAt + choice.timing.absorbRetryMs + choice.timing.absorbRetryMsSpread
    wakeBy(choice, absorbing.retryAt)
    return
  }
  giveUpFor(choice, turn, link.key)
}

/**
 * Own dials to a better hub ended without a link while its own link lives: it has to come here instead. A dial takes seconds
 * to fail: a link on which nothing was heard meanwhile goes through the same cut, and what is sent over it may not arrive.
 */
export function couldNotDial(choice: Choice, turn: Turn, phase: HubPhase, node: string): void {
  const since = turn.now - 3 * choice.timing.heartbeatMs
  const link = [...choice.links.values()].find((other) => other.node === node && other.heardAt > since)
  if (!link || link.beat?.state !== STATE.hub || hasOwnLink(choice, turn.now, link.key)) return
  phase.favoured.set(link.key, turn.now + choice.timing.favourMs)
  send(turn, link, { type: 'noDial' })
}

/** That hub cannot dial this one: it is the better one for a while. */
export function onNoDial(choice: Choice, turn: Turn, link: Link): void {
  const { phase } = choice
  if (phase.state !== 'hub') return
  phase.yieldTo.set(link.key, turn.now + choice.timing.favourMs)
  meetHub(choice, turn, phase, link)
}

export function tidyClaims(choice: Choice, phase: HubPhase, now: number): void {
  for (const key of phase.askedAt.keys()) if (!choice.byKey.has(key)) phase.askedAt.delete(key)
  const drop = (claims: Map<PersonKey, number>) => {
    for (const [key, until] of claims) if (until <= now) claims.delete(key)
  }
  drop(phase.favoured)
  drop(phase.yieldTo)
}
