/**
 * The choice of hub: a state machine without socket or clock.
 *
 * Everyone listens; upstream(self) is the hub a node follows; a hub is a node whose upstream is itself. A wrong choice
 * costs speed and never data, so nothing is voted on: a node joins whatever hub it hears, becomes one only when its turn
 * comes and it hears none, and where two hubs meet the worse one asks to be absorbed. Three ideas carry the rest:
 *
 *   1. A node that hears a hub never becomes one (but by hand-over). Hearing counts first-hand only.
 *   2. Whoever loses the hub knows the line, the order in which others may follow it, and goes to line[0] at once. So a
 *      take-over needs no talk: line[k] waits k steps, and only line[0] asks the others whether the silence is real.
 *   3. A hub gives up only for another hub that has just said ok, and over a link that it opened itself. So two hubs
 *      never give up for each other, and its members, who dial the same way, can follow.
 *
 *   state      input                                  guard                          next
 *   any        away > awayMs                          a link is open                 WOKEN: asks "who" on all links
 *   WOKEN      whoIs Y                                Y is not the former hub        SEEKING(woken) on the way to Y
 *   WOKEN      whoIs names the former hub; wokenMs                                   the former state
 *   SEEKING    joined                                                                FOLLOWING
 *   SEEKING    heartbeat of a hub                                                    joins it at once
 *   SEEKING(boot)      0.7-1 s over                   no hub heard, no dial half done        HUB
 *   SEEKING(close)     re-dial: refused               first in the line, no hub heard        HUB
 *   SEEKING(close)     re-dial: no answer in askMs                                   SEEKING(silent)
 *   SEEKING(silent)    nobody of the line hears it, or askMs + 3R   first in the line        HUB
 *   SEEKING            k lineStepMs + 2R              line[k], no hub heard                  HUB
 *   SEEKING            line + 2R + 0-1 s              not in the line, no hub heard          HUB
 *   SEEKING(redirect, woken)   redirectHoldMs         then as (silent)
 *   SEEKING    offer of a peer to carry it to a hub   no way of its own there        asks for a circuit, joins over it
 *   SEEKING(relay)     relayHoldMs                    then as (silent)
 *   FOLLOWING  link closed / silent for T             no other link to the hub       SEEKING(close / silent)
 *   FOLLOWING  join                                   directly, heard the hub in T   offers to carry
 *   FOLLOWING over a circuit   it closes, or is silent; the relay lost the hub       SEEKING(relay)
 *   FOLLOWING over a circuit   the relay is hub, or follows another one              SEEKING(redirect) on the way there
 *   FOLLOWING over a circuit   1, 2, 4 .. 30 s        its dial gets through          follows without help
 *   FOLLOWING  redirect W; hub says it follows W                                     SEEKING(redirect) on the way to W
 *   FOLLOWING  handover                               may be hub                     HUB, answers took
 *   FOLLOWING  hears another hub                      once in reportEveryMs          reports it to its hub
 *   HUB        heartbeat of a better hub              own dial reached it            absorb
 *   HUB        heartbeat of a better hub              own dial fails                 noDial: that hub has to come
 *   HUB        report of a hub                        own dials fail                 a circuit there by the reporter
 *   HUB        absorb                                 better, and staying            absorbed, a promise of promiseMs
 *   HUB        absorbed                               no own promise runs            redirects its members -> SEEKING(redirect)
 *   HUB        a better node in the line              preferred, or this one unreachable, failing, drained  handover
 *   HUB        took                                                                  redirects its members -> SEEKING(redirect)
 *   HUB        quit                                                                  leaving: handover to the line in turn
 *
 * Where there is no way of one's own, a peer that follows the hub directly carries the link (relayed.ts): for all of the
 * above a link like any other. A node that cannot reach a hub, while a peer on an open link has just heard it, becomes
 * none itself: two hubs would only split the network along a cut that is often short. If nobody carries it there either,
 * it says so (`offline`, 'unreachable'), and after strandedMs it does become hub, for itself and for those who can reach
 * only it; so nobody waits for ever, and once there is a way the two hubs merge like any others.
 */
import { fromHex } from '../wire/bytes.ts'
import { personKey } from '../wire/ids.ts'
import { failed, halfDone, nextDue, note, reached } from './addresses.ts'
import { couldNotDial, meetHub, onAbsorb, onAbsorbed, onNoDial } from './choice/absorb.ts'
import { avoid, isAvoided, leaveBarred } from './choice/avoid.ts'
import { hearMedian, publishMedian } from './choice/clock.ts'
import { keepEarlyJoin, overdueJoins } from './choice/early-joins.ts'
import {
  beatWhileFollowing,
  followTick,
  hubAddress,
  hubLinkGone,
  isHubToDial,
  onBeacon,
  onHandover,
  onRedirect,
} from './choice/following.ts'
import { beatWhileLeaving, leaveTick, memberGone, onTook, quit } from './choice/handover.ts'
import {
  beatNow,
  beatSoon,
  beatTo,
  firstCounter,
  heartbeat,
  isOvertaken,
  readBeat,
  silentNow,
  upstreamOf,
} from './choice/heartbeat.ts'
import {
  beatOfMember,
  dropMember,
  dropSilent,
  hubTick,
  joinAtHub,
  refreshLine,
  sendBeacon,
} from './choice/hub.ts'
import {
  addLink,
  ask,
  crowdedLink,
  dialDue,
  dialKey,
  forgetLink,
  hasNoLink,
  hear,
  isHeard,
  join,
  relayOf,
  send,
  silentSince,
  spareLink,
  wakeBy,
} from './choice/links.ts'
import { advertise, seek } from './choice/moves.ts'
import { ranksAlike } from './choice/rank.ts'
import { dialBackEnded, onDialBack } from './choice/reach.ts'
import { circuitFailed, mayRelay, noteReport } from './choice/relayed.ts'
import {
  beatWhileSeeking,
  dialEndedWhileSeeking,
  dialsAll,
  lose,
  onHears,
  onJoined,
  onNotJoined,
  seekTick,
} from './choice/seeking.ts'
import {
  type Choice,
  type ChoiceEffect,
  type ChoiceEvent,
  type ChoiceFrame,
  type ChoiceInput,
  type Facts,
  flagsOf,
  type HubPhase,
  isCodeRefused,
  type Link,
  type Moment,
  mayBeHub,
  NOT_JOINED,
  type OfflineReason,
  STATE,
  type Turn,
} from './choice/state.ts'
import { meet } from './choice/wary.ts'
import { linkGoneWhileWoken, onWho, onWhoIs, wake, wokenTick } from './choice/woken.ts'

export type { Came } from './choice/came.ts'
export { clocksOf } from './choice/clock.ts'
export { heard, said } from './choice/links.ts'
export { standingOf } from './choice/relayed.ts'
export * from './choice/state.ts'
export {
  acknowledges,
  type ChoiceView,
  type ClockMedians,
  mediansOf,
  type RankView,
  ranksOf,
  viewOf,
} from './choice/view.ts'

/** Joins to a code that nobody accepts end after this where the shell says nothing. */
const TIMEOUT_MS = 5000
/** Between two ticks that nothing but time asks for: rounding may never make a loop of them. */
const TICK_MS_MIN = 1
/** Of many who come a hub asks one in this time: the answer tells it the round trip, which is much the same to all. */
const HUB_ASKS_EVERY_MS = 1000
/** Dials to a node that a report names, at most one in this time. */
const REPORT_PAUSE_MS = 1000

/** Takes one input in and says what to do, in order. Changes `choice` in place; same state and input, same effects. */
export function choose(choice: Choice, input: ChoiceInput): ChoiceEffect[] {
  return chooseAt(choice, input, input)
}

/** The same, where the moment comes apart. */
export function chooseAt(choice: Choice, { now, wall, random }: Moment, event: ChoiceEvent): ChoiceEffect[] {
  const turn: Turn = { now, wall, random, effects: [] }
  if (choice.phase.state === 'gone') return turn.effects
  take(choice, turn, event)
  if (turn.now >= choice.wakeAt) {
    tick(choice, turn)
    choice.wakeAt = Math.max(choice.wakeAt, turn.now + TICK_MS_MIN)
    choice.toldWakeAt = Infinity
  }
  if (choice.wakeAt !== choice.toldWakeAt && choice.wakeAt < Infinity) {
    choice.toldWakeAt = choice.wakeAt
    turn.effects.push({ do: 'wake', at: choice.wakeAt })
  }
  return turn.effects
}

function take(choice: Choice, turn: Turn, event: ChoiceEvent): void {
  switch (event.in) {
    case 'start':
      start(choice, turn, event.soughtMs ?? 0)
      return
    case 'tick':
      wakeBy(choice, turn.now)
      return
    case 'linkUp':
      linkUp(choice, turn, event)
      return
    case 'linkDown': {
      const link = choice.links.get(event.link)
      if (link) linkGone(choice, turn, link, event.cause === 'silent')
      return
    }
    case 'frame': {
      const link = choice.links.get(event.link)
      if (!link) return
      hear(choice, link, turn.now)
      onFrame(choice, turn, link, event.frame)
      return
    }
    case 'unread':
      unread(choice, turn, event.links)
      return
    case 'hint':
      if (event.node !== choice.node && note(choice.addresses, event, turn.now)) wakeBy(choice, turn.now)
      return
    case 'dialOpen':
      halfDone(choice.addresses, event.address)
      return
    case 'dialFailed':
      dialFailed(choice, turn, event)
      return
    case 'circuitFailed':
      circuitFailed(choice, turn, event.via, event.to)
      return
    case 'away':
      if (event.ms > choice.timing.awayMs) wake(choice, turn)
      return
    case 'facts':
      noteFacts(choice, turn, event.facts)
      return
    case 'barsChanged':
      leaveBarred(choice, turn)
      return
    case 'avoid':
      avoid(choice, turn, event.hub, event.ms)
      return
    case 'reachOut':
      dialDue(choice, turn, () => true, event.max)
      return
    case 'quit':
      quit(choice, turn)
      return
  }
}

function start(choice: Choice, turn: Turn, soughtMs: number): void {
  choice.startedAt = turn.now
  choice.counter = firstCounter(turn.wall)
  choice.sweepAt = turn.now + choice.timing.heartbeatMs
  seek(choice, turn, { why: 'boot', soughtMs })
}

function noteFacts(choice: Choice, turn: Turn, facts: Partial<Facts>): void {
  const before = flagsOf(choice)
  choice.facts = { ...choice.facts, ...facts }
  if (facts.drained || facts.barred) wakeBy(choice, turn.now)
  // Of the rest a hub says nothing that anybody waits for, and others say it twice a second.
  if (flagsOf(choice) !== before) beatSoon(choice, turn.now + choice.timing.heartbeatMs)
}

function linkUp(choice: Choice, turn: Turn, event: Extract<ChoiceEvent, { in: 'linkUp' }>): void {
  const link = addLink(choice, turn, event)
  meet(choice, turn.now, link.key)
  if (link.via === undefined) reached(choice.addresses, link.address, link.node, turn.now, link.dialled)
  choice.codeUntested = false
  choice.codeOldSince = undefined
  if (link.via !== undefined) {
    // What a peer carries shows nothing about who can be reached.
  } else if (link.dialled) {
    choice.ownDials.set(link.key, turn.now)
    dialBackEnded(choice, turn, link.node, true)
  } else if (!link.local && !choice.reachable) {
    choice.reachable = true
    advertise(choice, turn)
    beatSoon(choice, turn.now)
  }
  const spare = spareLink(choice, turn.now, link) ?? crowdedLink(choice, link)
  if (spare) close(choice, turn, spare, 'duplicate')
  if (spare === link) return
  send(turn, link, heartbeat(choice, turn))
  const { phase } = choice
  const isWayOut = phase.state === 'following' && link.key === phase.hub && relayOf(choice) !== null
  const isSought = phase.state === 'seeking' && !isAvoided(choice, turn.now, link.key)
  if (isSought || (isWayOut && link.via === undefined)) join(turn, link)
  else if (phase.state !== 'hub' || turn.now - choice.askedAt >= HUB_ASKS_EVERY_MS) {
    choice.askedAt = turn.now
    ask(turn, link, { type: 'who' })
  }
  // A hub looks for nobody: what it tells for it is told with its next heartbeat.
  if (phase.state !== 'hub') wakeBy(choice, turn.now)
}

/** Closes a link of its own accord; for the choice it is gone at once. */
function close(choice: Choice, turn: Turn, link: Link, why: 'duplicate' | 'idle' | 'silent'): void {
  turn.effects.push({ do: 'close', link: link.id, why })
  linkGone(choice, turn, link, why === 'silent')
}

function linkGone(choice: Choice, turn: Turn, link: Link, silent: boolean): void {
  const { phase } = choice
  forgetLink(choice, link)
  const hub = phase.state === 'woken' ? phase.was : phase
  if (hub.state === 'hub') dropMember(choice, turn, hub, link)
  if (phase.state === 'following' && phase.link === link.id) hubLinkGone(choice, turn, phase, link, silent)
  if (phase.state === 'woken') linkGoneWhileWoken(choice, turn, phase, link)
  if (choice.leavingSince !== undefined) memberGone(choice, turn, link)
  wakeBy(choice, turn.now)
}

function onFrame(choice: Choice, turn: Turn, link: Link, frame: ChoiceFrame): void {
  const { phase } = choice
  switch (frame.type) {
    case 'heartbeat': {
      if (isOvertaken(link, frame)) return
      // By what the last one said, which this one is written over.
      const isRankedAnew = !ranksAlike(link.beat, frame, choice.timing.stableS)
      readBeat(choice, turn, link, frame)
      choice.epoch = Math.max(choice.epoch, frame.epoch)
      hearMedian(choice, turn, link)
      if (choice.leavingSince !== undefined) beatWhileLeaving(choice, turn, link)
      if (phase.state === 'seeking') beatWhileSeeking(choice, turn, phase, link)
      else if (phase.state === 'following') beatWhileFollowing(choice, turn, phase, link, frame.line)
      else if (phase.state === 'hub') {
        beatOfMember(choice, turn, phase, link, isRankedAnew)
        meetHub(choice, turn, phase, link)
      }
      return
    }
    case 'join':
      onJoin(choice, turn, link, frame.at)
      return
    case 'joined':
      onJoined(choice, turn, link, frame)
      return
    case 'notJoined':
      onNotJoined(choice, turn, link, frame)
      return
    case 'absorb':
      onAbsorb(choice, turn, link, frame)
      return
    case 'absorbed':
      onAbsorbed(choice, turn, link, frame)
      return
    case 'noDial':
      onNoDial(choice, turn, link)
      return
    case 'redirect':
      onRedirect(choice, turn, link, frame)
      return
    case 'handover':
      onHandover(choice, turn, link, frame.epoch)
      return
    case 'took':
      onTook(choice, turn, link)
      return
    case 'who': {
      const hub = upstreamOf(choice)
      const known = phase.state === 'woken' ? null : hub
      onWho(turn, link, known, hubAddress(choice, known))
      return
    }
    case 'whoIs':
      onWhoIs(choice, turn, link, frame)
      return
    case 'report': {
      const other = personKey(frame.hub)
      if (phase.state !== 'hub' || !link.member || isHeard(choice, turn.now, other)) return
      noteReport(turn, phase, link, other)
      dialKey(choice, turn, other, REPORT_PAUSE_MS, { address: frame.address, by: link })
      wakeBy(choice, turn.now)
      return
    }
    case 'dialBack':
      onDialBack(choice, turn, link, frame)
      return
    case 'dialledBack':
      // A node that was reached says so in its own heartbeat; this answer is for people who read logs.
      return
    case 'beaconAsk':
      sendBeacon(choice, turn, link)
      return
    case 'beacon':
      onBeacon(choice, turn, link, frame)
      return
    case 'hear': {
      const hub = personKey(frame.hub)
      const heard =
        phase.state === 'following' &&
        phase.hub === hub &&
        turn.now - (choice.links.get(phase.link)?.heardAt ?? -Infinity) < choice.timing.silenceMs
      send(turn, link, { type: 'hears', hub: frame.hub, heard })
      return
    }
    case 'hears':
      onHears(choice, turn, link, frame)
      return
    case 'goodbye':
      if (phase.state === 'following' && phase.hub === link.key) lose(choice, turn, link, 'close', true)
      else if (phase.state === 'hub') dropMember(choice, turn, phase, link)
      return
  }
}

function onJoin(choice: Choice, turn: Turn, link: Link, at: number): void {
  const { phase } = choice
  if (phase.state === 'hub') joinAtHub(choice, turn, phase, link, at)
  else if (!mayBeHub(choice) || !keepEarlyJoin(choice, turn, link, at)) refuseJoin(choice, turn, link)
}

function refuseJoin(choice: Choice, turn: Turn, link: Link): void {
  const { phase } = choice
  const hub = phase.state === 'following' ? phase.hub : phase.state === 'seeking' ? phase.target : null
  send(turn, link, {
    type: 'notJoined',
    reason: mayRelay(choice, turn.now)
      ? NOT_JOINED.relay
      : phase.state === 'following'
        ? NOT_JOINED.following
        : NOT_JOINED.wait,
    hub: hub === null ? null : fromHex(hub),
    address: hubAddress(choice, hub),
  })
}

function dialFailed(choice: Choice, turn: Turn, event: Extract<ChoiceEvent, { in: 'dialFailed' }>): void {
  const { address, why } = event
  const { phase, addresses } = choice
  failed(addresses, address, why, turn.now, turn.random())
  if (event.codeMatters && why === 'wrong-code') choice.codeRefused = true
  if (event.codeMatters && why === 'old-code' && choice.links.size === 0) choice.codeOldSince ??= turn.now
  const node = addresses.byAddress.get(address)?.node
  if (phase.state === 'seeking') dialEndedWhileSeeking(choice, turn, phase, address, why)
  const underWay = [...(addresses.byNode.get(node ?? '') ?? [])].some(
    ({ dialling }) => dialling !== undefined,
  )
  if (node !== undefined && !underWay) {
    dialBackEnded(choice, turn, node, false)
    if (phase.state === 'hub') couldNotDial(choice, turn, phase, node)
  }
  wakeBy(choice, turn.now)
}

/** Whatever time has brought. Each part says when it wants to be called again. */
function tick(choice: Choice, turn: Turn): void {
  const { now } = turn
  choice.wakeAt = Infinity
  if (choice.phase.state === 'idle') return
  if (now >= choice.sweepAt) sweep(choice, turn)
  for (const link of overdueJoins(choice, now)) refuseJoin(choice, turn, link)
  leaveTick(choice, turn)
  if (giveUpCode(choice, turn)) return
  tickPhase(choice, turn)
  tellOffline(choice, turn)
  dialBackEnded(choice, turn, undefined, false)
  if (choice.phase.state === 'gone') return
  if (now >= choice.beatAt) {
    if (choice.phase.state === 'hub') beatAsHub(choice, turn, choice.phase)
    else {
      publishMedian(choice, turn)
      beatNow(choice, turn)
    }
  }
  const { phase } = choice
  const all = phase.state === 'seeking' && dialsAll(choice, now, phase)
  const dialAt = nextDue(
    choice.addresses,
    (entry) => (all || isHubToDial(choice, entry)) && hasNoLink(choice, entry),
  )
  wakeBy(choice, Math.min(choice.beatAt, choice.sweepAt, Math.max(dialAt, now + DIAL_LOOK_MS)))
}

function beatAsHub(choice: Choice, turn: Turn, phase: HubPhase): void {
  const some = silentNow(choice, turn.now)
  if (some) return beatTo(choice, turn, some)
  refreshLine(choice, turn, phase)
  beatNow(choice, turn)
}

/** Addresses that wait for a free dial are looked at this often. */
const DIAL_LOOK_MS = 50

function tickPhase(choice: Choice, turn: Turn): void {
  const { phase } = choice
  if (phase.state === 'seeking') seekTick(choice, turn, phase)
  else if (phase.state === 'following') followTick(choice, turn, phase)
  else if (phase.state === 'hub') hubTick(choice, turn, phase)
  else if (phase.state === 'woken') wokenTick(choice, turn, phase)
}

/** With a link that is not read the circuits over it are not. */
function unread(choice: Choice, turn: Turn, links: ReadonlySet<Link['id']>): void {
  for (const link of choice.links.values()) {
    const carriers = link.via === undefined ? undefined : choice.byKey.get(link.via)
    const isUnread = links.has(link.id) || [...(carriers ?? [])].some(({ id }) => links.has(id))
    if (isUnread) link.unreadAt = turn.now
  }
}

/** Looks over all links: the dead, the silent members, those that nobody needs. */
function sweep(choice: Choice, turn: Turn): void {
  const { timing } = choice
  const { now } = turn
  choice.sweepAt = now + timing.heartbeatMs
  for (const link of [...choice.links.values()]) {
    const silentMs = now - silentSince(link)
    const { phase } = choice
    if (silentMs >= timing.deadLinkMs) close(choice, turn, link, 'silent')
    else if (phase.state === 'hub' && silentMs >= timing.silenceMsMax) {
      // Another hub may hear this one all the same: only where the link ends do the two look for another way.
      if (link.beat?.state === STATE.hub) close(choice, turn, link, 'silent')
      else dropSilent(choice, turn, phase, link)
    } else if (isIdle(choice, now, link)) close(choice, turn, link, 'idle')
  }
  for (const [key, at] of choice.ownDials) if (now - at >= timing.ownDialMs) choice.ownDials.delete(key)
}

/**
 * A client's own link to another client of the same hub, neither of them line[0] nor the other's relay: left from boot or a
 * dial-back. Or a circuit that came about when its follower had found another way.
 */
function isIdle(choice: Choice, now: number, link: Link): boolean {
  const { phase } = choice
  if (phase.state !== 'following') return false
  if (link.via !== undefined) return link.id !== phase.link
  return (
    link.dialled &&
    link.key !== relayOf(choice) &&
    link.beat?.via !== choice.self &&
    link.id !== phase.link &&
    link.key !== phase.hub &&
    link.key !== choice.line[0] &&
    now - link.upAt >= choice.timing.idleLinkMs &&
    link.beat?.upstream === phase.hub
  )
}

function tellOffline(choice: Choice, turn: Turn): void {
  if (choice.offlineSince === undefined || choice.phase.state === 'gone') return
  const at = choice.offlineSince + choice.timing.offlineAfterMs
  if (turn.now < at) {
    wakeBy(choice, at)
    return
  }
  const { phase } = choice
  const reason: OfflineReason =
    choice.leavingSince !== undefined
      ? 'leaving'
      : phase.state === 'seeking' && phase.strandedAt !== undefined
        ? 'unreachable'
        : mayBeHub(choice)
          ? 'seeking'
          : 'never-hub'
  if (choice.offline === reason) return
  choice.offline = reason
  turn.effects.push({ do: 'offline', reason })
}

/** A code that a node of this network's name refused, and that none accepted in time, is wrong, or was changed. */
function giveUpCode(choice: Choice, turn: Turn): boolean {
  const { codeOldSince } = choice
  const isAlone = codeOldSince !== undefined && choice.phase.state === 'hub'
  if (!isCodeRefused(choice) || !(choice.phase.state === 'seeking' || isAlone)) return false
  const at = (codeOldSince ?? choice.startedAt) + (choice.options.timeoutMs ?? TIMEOUT_MS)
  if (turn.now < at) {
    wakeBy(choice, at)
    return false
  }
  choice.phase = { state: 'gone' }
  turn.effects.push({ do: 'exit', code: codeOldSince === undefined ? 'CODE_WRONG' : 'CODE_OLD' })
  return true
}
