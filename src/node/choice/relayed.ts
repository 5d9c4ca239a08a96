/**
 * Through a peer where there is no way of one's own (rules RL-*). For the choice a circuit is a link like any other, whose
 * `via` names the peer that carries it: its key is that of the node at the far end.
 *
 * A seeker takes the offer of a peer that follows a hub directly, once its own way there has failed; from then on it tries
 * to get through by itself. Who is relayed stands in no line, offers nobody else a way, and waits a moment for peers
 * before it becomes hub, because it knows less than they do.
 */
import type { PersonKey } from '../../wire/ids.ts'
import type { RelayStanding } from '../relay.ts'
import { isAvoided } from './avoid.ts'
import { dialKey, isHeard, join, silentSince, wakeBy } from './links.ts'
import { seek } from './moves.ts'
import {
  type Choice,
  FLAG,
  type Following,
  type HubPhase,
  type Link,
  type LinkId,
  type Seeking,
  STATE,
  type Turn,
} from './state.ts'

/** An offer is worth this long: whoever made it is asked again in every round. */
const OFFER_MS = 2000
/** A peer through which no circuit came about is left out for this long. */
const DEAF_MS = 5000
/** Hubs to which a way is offered at once. */
const OFFERS_MAX = 16
/** Hubs that members report and this one cannot reach: in all, and by one member, who may make them up. */
const REPORTS_MAX = 64
const REPORTS_OF_ONE_MAX = 4

/** May this node carry others to its hub? It follows directly, has just heard the hub, and stays. */
export function mayRelay(choice: Choice, now: number): boolean {
  const { phase } = choice
  if (phase.state !== 'following' || choice.leavingSince !== undefined || choice.options.visitor) return false
  const hub = choice.links.get(phase.link)
  return hub !== undefined && hub.via === undefined && now - hub.heardAt < choice.timing.silenceMs
}

/** What this node may carry at the moment, for its Relay. */
export const standingOf = (choice: Choice, now: number): RelayStanding => ({
  hub: mayRelay(choice, now)
    ? { link: (choice.phase as Following).link, key: (choice.phase as Following).hub }
    : undefined,
  peer: (id) => {
    const link = choice.links.get(id)
    return link?.via === undefined ? link?.key : undefined
  },
  linkTo: (key) => {
    let best: Link | undefined
    for (const link of choice.byKey.get(key) ?? [])
      if (link.via === undefined && (!best || link.heardAt > best.heardAt)) best = link
    return best?.id
  },
})

// --- seeking --------------------------------------------------------------------------------------------------------

/** A peer offers a way to its hub. */
export function onOffer(choice: Choice, turn: Turn, phase: Seeking, link: Link, hub: PersonKey): void {
  if (link.via !== undefined) return
  const known = phase.offers.get(hub)
  if (known) known.by.set(link.id, turn.now)
  else {
    for (const [other, { by }] of phase.offers)
      if ([...by.values()].every((at) => turn.now - at > OFFER_MS)) phase.offers.delete(other)
    if (phase.offers.size >= OFFERS_MAX) return
    phase.offers.set(hub, { since: turn.now, by: new Map([[link.id, turn.now]]) })
  }
  takeOffer(choice, turn, phase)
}

/** Asks for a circuit where a hub is offered and cannot be reached otherwise. One at a time, of several offers any. */
export function takeOffer(choice: Choice, turn: Turn, phase: Seeking): void {
  const { now } = turn
  if (phase.circuit && now < phase.circuit.until) {
    wakeBy(choice, phase.circuit.until)
    return
  }
  if (phase.circuit) phase.deaf.set(phase.circuit.via, now + DEAF_MS)
  phase.circuit = undefined
  for (const [hub, offer] of phase.offers) {
    if ((phase.dead && hub === phase.lost) || isAvoided(choice, now, hub)) continue
    const isLost = isLostForGood(phase, hub)
    const at = isLost ? offer.since : offer.since + choice.timing.relayAfterMs
    if (now < at) {
      wakeBy(choice, at)
      continue
    }
    if (!isLost && isHeard(choice, now, hub)) continue
    const via = relayAmong(choice, turn, phase, offer.by)
    if (!via) continue
    const until = now + choice.timing.relayDialMs
    phase.circuit = { via: via.id, to: hub, until }
    turn.effects.push({ do: 'circuit', via: via.id, to: hub })
    wakeBy(choice, until)
    return
  }
}

/** The hub that this node has just lost, and not by a close: its own way there is known to be bad. */
const isLostForGood = (phase: Seeking, hub: PersonKey) =>
  hub === phase.lost && (phase.why === 'silent' || phase.why === 'relay')

function relayAmong(choice: Choice, turn: Turn, phase: Seeking, by: Map<LinkId, number>): Link | undefined {
  const links: Link[] = []
  for (const [id, at] of by) {
    const link = choice.links.get(id)
    if (!link || turn.now - at > OFFER_MS || (phase.deaf.get(id) ?? 0) > turn.now) continue
    if (link.key === phase.relay) return link
    links.push(link)
  }
  return links[Math.floor(turn.random() * links.length)]
}

/** The circuit asked for did not come about: another one is tried. */
export function circuitFailed(choice: Choice, turn: Turn, via: LinkId, to: PersonKey): void {
  const { phase } = choice
  if (phase.state !== 'seeking' || phase.circuit?.via !== via || phase.circuit.to !== to) return
  phase.circuit.until = turn.now
  takeOffer(choice, turn, phase)
}

// --- relayed --------------------------------------------------------------------------------------------------------

/** Tries to reach the hub without help, each time after twice as long. */
export function tryDirect(choice: Choice, turn: Turn, phase: Following): void {
  const { now } = turn
  // One that is silent may be of before the hub's machine was given another address.
  const isLively = (link: Link) => link.via === undefined && now - silentSince(link) < choice.timing.silenceMs
  const direct = choice.byKey.get(phase.hub)?.find(isLively)
  if (now >= phase.directAt) {
    phase.directMs = Math.min(choice.timing.directMsMax, 2 * phase.directMs)
    phase.directAt = now + phase.directMs
    if (direct) join(turn, direct)
    else dialKey(choice, turn, phase.hub, 0)
  }
  wakeBy(choice, phase.directAt)
}

/** The heartbeat of the relay: it is hub itself, has gone elsewhere, or carries no more. */
export function beatOfRelay(choice: Choice, turn: Turn, phase: Following, relay: Link): void {
  const beat = relay.beat!
  const lost = phase.hub
  const goesTo = beat.state === STATE.hub ? relay.key : beat.state === STATE.following ? beat.upstream : null
  if (isAvoided(choice, turn.now, goesTo)) {
    // Not there: its own hub may be reached through another one.
    seek(choice, turn, { why: 'relay', lost })
    return
  }
  if (beat.state === STATE.hub && !(beat.flags & FLAG.leaving)) {
    seek(choice, turn, { why: 'redirect', lost, target: relay.key })
    join(turn, relay)
  } else if (beat.state === STATE.following && beat.upstream === choice.self) {
    seek(choice, turn, { why: 'relay', lost })
  } else if (beat.state === STATE.following && beat.upstream !== null && beat.upstream !== lost) {
    seek(choice, turn, { why: 'redirect', lost, target: beat.upstream, relay: relay.key })
    dialKey(choice, turn, beat.upstream, 0)
  } else if (beat.state === STATE.relayed || beat.state === STATE.seeking)
    seek(choice, turn, { why: 'relay', lost, relay: relay.key })
}

// --- two hubs -------------------------------------------------------------------------------------------------------

/** A member hears another hub, to which this one has no link. */
export function noteReport(turn: Turn, phase: HubPhase, reporter: Link, hub: PersonKey): void {
  // A visitor carries nobody.
  if (reporter.via !== undefined || reporter.visitor) return
  const known = phase.reports.get(hub)
  if (!known?.by.has(reporter.id) && reportsOf(phase, reporter) >= REPORTS_OF_ONE_MAX) return
  if (known) known.by.set(reporter.id, turn.now)
  else if (phase.reports.size < REPORTS_MAX)
    phase.reports.set(hub, { by: new Map([[reporter.id, turn.now]]), since: turn.now, tryAt: -Infinity })
}

/** Hubs that this member reports, over whatever link. */
function reportsOf(phase: HubPhase, { ofSameKey }: Link): number {
  let reports = 0
  for (const { by } of phase.reports.values()) if (ofSameKey.some(({ id }) => by.has(id))) reports++
  return reports
}

/** Hubs that cannot reach each other meet through a member that reported, any of them at each try: over the circuit they settle it as ever. */
export function meetThroughReporters(choice: Choice, turn: Turn, phase: HubPhase): void {
  const { now } = turn
  const { relayAfterMs, relayDialMs, reportEveryMs } = choice.timing
  for (const [hub, report] of phase.reports) {
    for (const [id, toldAt] of report.by)
      if (!choice.links.has(id) || now - toldAt > 2 * reportEveryMs) report.by.delete(id)
    if (isHeard(choice, now, hub) || report.by.size === 0) {
      phase.reports.delete(hub)
      continue
    }
    const at = Math.max(report.since + relayAfterMs, report.tryAt)
    if (now < at) {
      wakeBy(choice, at)
      continue
    }
    report.tryAt = now + relayDialMs + turn.random() * relayDialMs
    const by = [...report.by.keys()]
    turn.effects.push({ do: 'circuit', via: by[Math.floor(turn.random() * by.length)]!, to: hub })
    wakeBy(choice, report.tryAt)
  }
}
