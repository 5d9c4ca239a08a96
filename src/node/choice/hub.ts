/** HUB: members, the line, dial-backs, and the look-out for others. */
import { concat, fromHex, uint } from '../../wire/bytes.ts'
import type { FrameOf } from '../../wire/frames.ts'
import { MEMBERS_MAX } from '../../wire/limits.ts'
import { meetAgain, tidyClaims } from './absorb.ts'
import { isAvoided } from './avoid.ts'
import { medianOf } from './clock.ts'
import { handOverWhereDue } from './handover.ts'
import { beatSoon, heartbeat, packLine } from './heartbeat.ts'
import { dialDue, send, wakeBy, whereIs } from './links.ts'
import { lineOf, uptimeOf } from './rank.ts'
import { askDialBack } from './reach.ts'
import { meetThroughReporters } from './relayed.ts'
import { type Choice, type HubPhase, type Link, NOT_JOINED, STATE, type Turn } from './state.ts'

export function hubTick(choice: Choice, turn: Turn, phase: HubPhase): void {
  const { timing } = choice
  const { now } = turn
  if (now >= phase.queryAt) {
    phase.queryAt = now + timing.queryEveryMs
    turn.effects.push({ do: 'query', all: false })
  }
  if (now >= phase.subnetAt) {
    const early = now - phase.since < timing.subnetWhileMs
    phase.subnetAt = now + (early ? timing.subnetEveryMs : timing.subnetLaterMs)
    if (phase.members === 0) turn.effects.push({ do: 'askSubnet' })
  }
  if (phase.dialAllAt.length > 0 && now >= phase.dialAllAt[0]!) {
    phase.dialAllAt.shift()
    dialDue(choice, turn, () => true)
  }
  if (now >= phase.lostDialAt) {
    phase.lostDialAt = now + timing.lostDialEveryMs
    dialDue(choice, turn, () => true, 1)
  }
  dialDue(choice, turn, (entry) => entry.hub)
  if (now >= phase.dialBackAt) {
    phase.dialBackAt = now + timing.dialBackEveryMs
    askDialBack(choice, turn, phase)
  }
  if (now >= phase.beaconAt) {
    phase.beaconAt = now + timing.beaconEveryMs
    if (phase.members > 0) turn.effects.push({ do: 'sendAll', frame: beaconOf(choice, turn, phase) })
    choice.median = medianOf(choice, turn)
    choice.medianAt = now
  }
  tidyClaims(choice, phase, now)
  meetAgain(choice, turn, phase)
  meetThroughReporters(choice, turn, phase)
  handOverWhereDue(choice, turn, phase)
  wakeBy(
    choice,
    Math.min(
      phase.queryAt,
      phase.subnetAt,
      phase.dialAllAt[0] ?? Infinity,
      phase.lostDialAt,
      phase.dialBackAt,
      phase.beaconAt,
      phase.absorbing?.retryAt ?? Infinity,
      phase.handover?.until ?? Infinity,
    ),
  )
}

/** Orders the line anew where somebody's rank changed: before each heartbeat, so once for any number of changes. */
export function refreshLine(choice: Choice, turn: Turn, phase: HubPhase): void {
  if (!phase.lineDirty) return
  phase.lineDirty = false
  const trusted = [...choice.links.values()].filter(({ key }) => !isAvoided(choice, turn.now, key))
  phase.inLine = lineOf(trusted, choice.timing.stableS)
  const line = phase.inLine.map(({ key }) => key)
  choice.ranks = phase.inLine.map(({ key, beat }) => ({
    key,
    flags: beat!.flags,
    lag: beat!.lag,
    startedAt: beat!.at - beat!.uptimeS * 1000,
  }))
  if (line.length === choice.line.length && line.every((key, i) => key === choice.line[i])) return
  choice.line = line
  choice.lineBytes = packLine(line)
  phase.beaconAt = turn.now
  wakeBy(choice, turn.now)
}

function beaconOf(choice: Choice, turn: Turn, phase: HubPhase): FrameOf<'beacon'> {
  const entries = choice.ranks.map((rank) =>
    concat(fromHex(rank.key), uint(rank.flags, 1), uint(rank.lag, 4), uint(uptimeOf(rank, turn.now), 4)),
  )
  return {
    type: 'beacon',
    epoch: phase.epoch,
    line: concat(...entries),
    addresses: phase.inLine.map(({ key }) => whereIs(choice, key)),
  }
}

export function sendBeacon(choice: Choice, turn: Turn, link: Link): void {
  if (choice.phase.state === 'hub') send(turn, link, beaconOf(choice, turn, choice.phase))
}

/** Is this key a member over another link? Then it counts no further. */
const isMemberElsewhere = (choice: Choice, link: Link): boolean =>
  choice.byKey.get(link.key)?.some((other) => other !== link && other.member && !other.visitor) ?? false

export function addMember(choice: Choice, turn: Turn, phase: HubPhase, link: Link): void {
  if (link.member) return
  link.member = true
  link.syncedAt = link.beat?.lag === 0 ? turn.now : undefined
  if (!link.visitor && !isMemberElsewhere(choice, link)) phase.members++
  phase.lineDirty = true
  turn.effects.push({ do: 'memberJoined', link: link.id, key: link.key, visitor: link.visitor })
  beatSoon(choice, turn.now)
}

export function dropMember(choice: Choice, turn: Turn, phase: HubPhase, link: Link): void {
  if (!link.member) return
  link.member = false
  if (!link.visitor && !isMemberElsewhere(choice, link)) phase.members--
  phase.lineDirty = true
  turn.effects.push({ do: 'memberLeft', link: link.id, key: link.key })
  beatSoon(choice, turn.now)
}

/** A member that was not heard for too long. It may hear this hub all the same, and has to find another way here. */
export function dropSilent(choice: Choice, turn: Turn, phase: HubPhase, link: Link): void {
  if (!link.member) return
  dropMember(choice, turn, phase, link)
  send(turn, link, { type: 'notJoined', reason: NOT_JOINED.unheard, hub: null, address: '' })
}

/** Answers a join. False: there is no room, or this hub is leaving. */
export function takeIn(choice: Choice, turn: Turn, phase: HubPhase, link: Link, at: number): boolean {
  const full = phase.members >= MEMBERS_MAX && !link.member && !isMemberElsewhere(choice, link)
  if (choice.leavingSince !== undefined || full) {
    send(turn, link, {
      type: 'notJoined',
      reason: full ? NOT_JOINED.full : NOT_JOINED.leaving,
      hub: null,
      address: '',
    })
    return false
  }
  addMember(choice, turn, phase, link)
  send(turn, link, { type: 'joined', at, epoch: phase.epoch })
  return true
}

/** A node asks to be a member. */
export function joinAtHub(choice: Choice, turn: Turn, phase: HubPhase, link: Link, at: number): void {
  const known = link.member
  if (!takeIn(choice, turn, phase, link, at)) return
  if (known) {
    // It lost this hub and came back on the same link: for the member a new session begins.
    turn.effects.push({ do: 'memberJoined', link: link.id, key: link.key, visitor: link.visitor })
    return
  }
  send(turn, link, heartbeat(choice, turn))
  if (phase.inLine.length > 0) sendBeacon(choice, turn, link)
}

/** A member's heartbeat, O(1): it follows, it has gone elsewhere, or its rank changed. */
export function beatOfMember(
  choice: Choice,
  turn: Turn,
  phase: HubPhase,
  link: Link,
  isRankedAnew: boolean,
): void {
  const beat = link.beat!
  // It follows over this link: its own to this hub, or the circuit.
  const isHere = beat.state === (link.via === undefined ? STATE.following : STATE.relayed)
  const follows = isHere && beat.upstream === choice.self
  if (!link.member) {
    if (follows && choice.leavingSince === undefined) addMember(choice, turn, phase, link)
    return
  }
  const hasHub = beat.state === STATE.following || beat.state === STATE.relayed
  if (beat.state === STATE.hub || (hasHub && !follows)) {
    dropMember(choice, turn, phase, link)
    return
  }
  if (beat.lag > 0) link.syncedAt = undefined
  else link.syncedAt ??= turn.now
  if (!isRankedAnew) return
  phase.lineDirty = true
  beatSoon(choice, turn.now)
}
