/** SEEKING: join whoever may be hub, dial, and become hub when the own turn comes and no hub is heard. */
import { fromHex } from '../../wire/bytes.ts'
import type { FrameOf } from '../../wire/frames.ts'
import { personKey } from '../../wire/ids.ts'
import { type DialFailure, hubClosed, isHalfDone, note } from '../addresses.ts'
import { isAvoided } from './avoid.ts'
import { lastBeat } from './heartbeat.ts'
import { isHeldUp } from './hollow.ts'
import {
  answered,
  ask,
  awaitsAnswer,
  dialDue,
  dialKey,
  dialNow,
  hasDirectLink,
  join,
  linkTo,
  mark,
  sinceMark,
  wakeBy,
} from './links.ts'
import { becomeHub, follow, seek } from './moves.ts'
import { onOffer, takeOffer } from './relayed.ts'
import {
  type Choice,
  FLAG,
  isCodeRefused,
  type Link,
  mayBeHub,
  NOT_JOINED,
  type Seeking,
  STATE,
  type Turn,
} from './state.ts'
import { isLiteral } from './told.ts'

/** Links asked in one round, beside the line: a node with 300 links must not ask them all each 150 ms. */
const ROUND_LINKS = 8
/** A hub that breaks off its re-dial is most likely ending: dialled again after this, each time after twice as long. */
const RESET_MS = 15
const RESETS_MAX = 3

/** The former line without the lost hub: who follows it, in order. */
const lineAfter = (choice: Choice, phase: Seeking) => choice.line.filter((key) => key !== phase.lost)

/** Place of this node in the line; -1: not in it. */
const placeInLine = (choice: Choice, phase: Seeking) => lineAfter(choice, phase).indexOf(choice.self)

/**
 * How a hub is heard of. 'first': on an own link, so it will be joined. 'second': somebody on an own link follows one
 * directly, so that a relay is possible, and heard it within the limit. Only first-hand words count (who seeks itself says nothing), so no two nodes can keep each
 * other waiting by hearsay.
 */
export function hubHeard(choice: Choice, now: number, phase: Seeking): 'first' | 'second' | null {
  let second: 'second' | null = null
  const limit = choice.timing.silenceMs
  for (const link of choice.links.values()) {
    const beat = lastBeat(link)
    if (!beat || now - link.heardAt >= limit) continue
    const hub = beat.state === STATE.hub ? link.key : beat.upstream
    if (isAvoided(choice, now, hub)) continue
    if (beat.state === STATE.hub) {
      if (!(beat.flags & FLAG.leaving)) return 'first'
    } else if (beat.state === STATE.following && link.via === undefined) {
      if (beat.upstream === choice.self || (phase.dead && beat.upstream === phase.lost)) continue
      if (now - beat.hubHeardAt < limit) second = 'second'
    }
  }
  return second
}

/** How long behind line[0] its turn comes. */
function turnMs(choice: Choice, phase: Seeking): number {
  const { lineStepMs } = choice.timing
  const place = placeInLine(choice, phase)
  return place < 0 ? lineAfter(choice, phase).length * lineStepMs + phase.patienceMs : place * lineStepMs
}

/** When the hub's silence or death lets this node become one; Infinity: something else must happen first. */
function becomesHubAt(choice: Choice, now: number, phase: Seeking): number {
  const { timing } = choice
  if (phase.why === 'boot') {
    const at = phase.since + phase.patienceMs
    return now >= at && isHalfDone(choice.addresses) ? at + timing.bootExtraMs : at
  }
  const held = phase.why === 'redirect' || phase.why === 'woken'
  const holdMs = held ? timing.redirectHoldMs : phase.why === 'relay' ? timing.relayHoldMs : 0
  const since = (held ? phase.sentAt : phase.since) + holdMs
  const place = placeInLine(choice, phase)
  if (place !== 0) return since + turnMs(choice, phase) + 2 * choice.rttMs
  if (phase.dead) return since
  if (phase.why === 'close') return Infinity
  const others = lineAfter(choice, phase).slice(1)
  const allDeaf = others.every((key) => phase.answers.get(key) === false)
  return allDeaf ? since : since + timing.askMs + 3 * choice.rttMs
}

export function seekTick(choice: Choice, turn: Turn, phase: Seeking): void {
  const { timing } = choice
  const { now } = turn
  if (phase.why === 'close' && !phase.dead && now - phase.since >= timing.askMs) lostSilently(phase)
  if (now >= phase.joinAt) {
    phase.joinAt = now + timing.joinEveryMs
    round(choice, turn, phase)
  }
  if (now >= phase.redialAt && phase.lost !== null) {
    phase.redialAt = Infinity
    dialLost(choice, turn, phase, 0)
  }
  if (now >= phase.queryAt) {
    phase.queryAt = now + timing.queryEveryMs
    // Who cannot reach a hub may reach somebody it has not heard of yet, who can.
    turn.effects.push({ do: 'query', all: now - phase.since >= 2 * timing.queryEveryMs })
  }
  const everybody = dialsAll(choice, now, phase)
  dialDue(choice, turn, (entry) => everybody || entry.hub)
  takeOffer(choice, turn, phase)
  takeTurn(choice, turn, phase)
  wakeBy(choice, Math.min(phase.joinAt, phase.queryAt, phase.redialAt))
}

/** Dials the hub that was lost where this node knows it to be, whatever was forgotten meanwhile. */
function dialLost(choice: Choice, turn: Turn, phase: Seeking, pauseMs: number): void {
  const { lost, lostAddress: address } = phase
  if (lost === null) return
  const node = choice.options.instanceOf(lost)
  if (isLiteral(address)) {
    const hint = { address, node, reachable: false, hub: false, source: 'beacon' } as const
    note(choice.addresses, hint, turn.now)
  }
  dialKey(choice, turn, lost, pauseMs)
}

/** Does it dial all it knows by now, and not only hubs? Where somebody takes over, that one has its time first. */
export function dialsAll(choice: Choice, now: number, phase: Seeking): boolean {
  if (phase.why === 'boot' || phase.why === 'relay') return true
  const isSent = phase.why === 'redirect' || phase.why === 'woken'
  const steps = isSent ? 1 : lineAfter(choice, phase).length
  return now - phase.since >= steps * choice.timing.lineStepMs
}

/** The re-dial of the lost hub came to nothing: as if it had gone silent. */
const lostSilently = (phase: Seeking) => {
  phase.why = 'silent'
}

/** Becomes hub where it is this node's turn. Rule: a node that hears a hub does not become one (INV-10). */
function takeTurn(choice: Choice, turn: Turn, phase: Seeking): void {
  const { now } = turn
  const at = becomesHubAt(choice, now, phase)
  const heard = hubHeard(choice, now, phase)
  if (heard === 'second') phase.strandedAt ??= now
  else phase.strandedAt = undefined
  const isHeld = isHeldUp(choice, now, heard, turnMs(choice, phase))
  if (now < at) {
    wakeBy(choice, at)
    return
  }
  if (!mayBeHub(choice) || isHeld || isCodeRefused(choice)) return
  becomeHub(choice, turn, phase.why === 'boot' ? 'boot' : 'loss')
}

/** One round of asking: hubs on open links, the target, the line as far as its turns have come, then some of the others. */
function round(choice: Choice, turn: Turn, phase: Seeking): void {
  const { timing } = choice
  const { now } = turn
  const asked = new Set<Link>()
  const joinOnce = (link: Link | undefined) => {
    if (!link || asked.has(link) || isAvoided(choice, now, link.key)) return
    asked.add(link)
    if (!awaitsAnswer(link, now, phase.since)) join(turn, link)
  }
  const line = lineAfter(choice, phase).filter((key) => key !== choice.self)
  const turns = Math.floor((now - phase.since) / timing.lineStepMs)
  const first = placeInLine(choice, phase) === 0
  const redialled = phase.why === 'close' && !phase.redialled
  if (phase.target !== null) {
    joinOnce(linkTo(choice, phase.target))
    if (!hasDirectLink(choice, phase.target)) dialKey(choice, turn, phase.target, timing.redialMsMin)
  }
  if (phase.lost !== null && !phase.dead) {
    joinOnce(linkTo(choice, phase.lost))
    // All but who follows it at once have the next one to go to: few of them ever come to dial it.
    const isTime = first || line.length === 0 || (phase.why === 'close' ? turns > 0 : now > phase.since)
    if (isTime && !hasDirectLink(choice, phase.lost)) {
      dialLost(choice, turn, phase, redialled ? 0 : timing.redialMsMin)
      phase.redialled = true
    }
  }
  if (phase.relay !== null) {
    joinOnce(linkTo(choice, phase.relay))
    if (!hasDirectLink(choice, phase.relay)) dialKey(choice, turn, phase.relay, timing.redialMsMin)
  }
  line.forEach((key, place) => {
    if (place <= turns) joinOnce(linkTo(choice, key))
    if ((place <= turns || first) && !hasDirectLink(choice, key))
      dialNow(choice, turn, choice.options.instanceOf(key), timing.askMs)
    if (first && phase.why === 'silent' && phase.lost !== null && phase.answers.get(key) !== false) {
      const link = linkTo(choice, key)
      if (link) ask(turn, link, { type: 'hear', hub: fromHex(phase.lost) })
    }
  })
  const wait = phase.target === null ? line.length : 1
  if (phase.why !== 'boot' && phase.why !== 'relay' && turns < wait) return
  const links = [...choice.links.values()]
  for (let i = 0; i < Math.min(ROUND_LINKS, links.length); i++)
    joinOnce(links[(phase.turn + i) % links.length])
  phase.turn = links.length > 0 ? (phase.turn + ROUND_LINKS) % links.length : 0
}

/** Who takes over answers when it is hub, or when it knows that it will not be: that says nothing of the way there. */
function joinAnswered(choice: Choice, turn: Turn, link: Link): void {
  const { phase } = choice
  if (phase.state === 'seeking' && (phase.why === 'close' || phase.why === 'silent')) link.askedAt = undefined
  answered(choice, turn, link)
  link.joinSentAt = undefined
}

/** A hub took this node in. An answer to a join of before this search is as old as what it answers, and ignored. */
export function onJoined(choice: Choice, turn: Turn, link: Link, frame: FrameOf<'joined'>): void {
  const { phase } = choice
  joinAnswered(choice, turn, link)
  // Relayed, and through to the hub: from now on without help.
  const isThrough =
    phase.state === 'following' &&
    phase.hub === link.key &&
    link.via === undefined &&
    choice.links.get(phase.link)?.via !== undefined
  const since = isThrough ? link.upAt : phase.state === 'seeking' ? phase.since : undefined
  if (since === undefined || sinceMark(turn.now, frame.at) > sinceMark(turn.now, mark(since))) return
  if (isAvoided(choice, turn.now, link.key)) return
  follow(choice, turn, link, frame.epoch)
}

export function onNotJoined(choice: Choice, turn: Turn, link: Link, frame: FrameOf<'notJoined'>): void {
  const wasAsked = link.joinSentAt !== undefined
  joinAnswered(choice, turn, link)
  const { phase } = choice
  if (frame.reason === NOT_JOINED.unheard) {
    if (phase.state === 'following' && phase.link === link.id) lose(choice, turn, link, 'silent')
    return
  }
  // What nobody asked for may come without end.
  if (phase.state !== 'seeking' || frame.hub === null || !wasAsked) return
  const hub = personKey(frame.hub)
  if (hub === choice.self || (phase.dead && hub === phase.lost) || isAvoided(choice, turn.now, hub)) return
  // Whoever names the hub that has just closed its link here is about to lose it too: dialling that one has its time.
  const isStale = hub === phase.lost && phase.why === 'close'
  if (!isStale && !hasDirectLink(choice, hub))
    dialKey(choice, turn, hub, choice.timing.redialMsMin, { address: frame.address, by: link })
  if (frame.reason === NOT_JOINED.relay) onOffer(choice, turn, phase, link, hub)
}

/** A heartbeat came while seeking: a hub is joined at once; a lost hub that seeks itself is hub no more. */
export function beatWhileSeeking(choice: Choice, turn: Turn, phase: Seeking, link: Link): void {
  const { beat } = link
  if (!beat || isAvoided(choice, turn.now, link.key)) return
  if (beat.state === STATE.hub && !(beat.flags & FLAG.leaving)) {
    if (!awaitsAnswer(link, turn.now, phase.since)) join(turn, link)
  } else if (link.key === phase.lost && beat.state !== STATE.hub && beat.state !== STATE.woken) {
    phase.dead = true
    wakeBy(choice, turn.now)
  }
}

export function onHears(choice: Choice, turn: Turn, link: Link, frame: FrameOf<'hears'>): void {
  answered(choice, turn, link)
  const { phase } = choice
  if (phase.state !== 'seeking' || phase.lost === null || personKey(frame.hub) !== phase.lost) return
  phase.answers.set(link.key, frame.heard)
  // Who hears it may carry this node there.
  if (frame.heard && link.via === undefined) join(turn, link)
  wakeBy(choice, turn.now)
}

/**
 * A dial ended: the answer to the re-dial of a hub whose link closed. Refused is dead, and broken off it is about to be
 * (a system may close the connections of a process before the port that it listens on); nothing else is.
 */
export function dialEndedWhileSeeking(
  choice: Choice,
  turn: Turn,
  phase: Seeking,
  address: string,
  why: DialFailure,
): void {
  if (phase.why !== 'close' || address !== phase.lostAddress) return
  if (why === 'refused') phase.dead = true
  else if (why === 'reset' && phase.resets < RESETS_MAX)
    phase.redialAt = turn.now + RESET_MS * 2 ** phase.resets++
  else lostSilently(phase)
  wakeBy(choice, turn.now)
}

/** The hub followed is gone: closed, or silent, or it said so. */
export function lose(choice: Choice, turn: Turn, hub: Link, why: 'close' | 'silent', dead = false): void {
  if (why === 'close') hubClosed(choice.addresses, choice.options.instanceOf(hub.key))
  // Through a peer nobody can tell who of the two is gone.
  if (hub.via !== undefined && !dead) seek(choice, turn, { why: 'relay', lost: hub.key, relay: hub.via })
  else seek(choice, turn, { why, lost: hub.key, lostAddress: hub.address, dead })
}
