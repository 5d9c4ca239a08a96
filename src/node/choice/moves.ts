/** The moves between states: to seek, to follow, to be hub. Nothing else changes the phase, but waking and leaving. */
import { fromHex } from '../../wire/bytes.ts'
import type { PersonKey } from '../../wire/ids.ts'
import { cameToBeHub, cameToFollow } from './came.ts'
import { takeEarlyJoins } from './early-joins.ts'
import { beatLater, beatNow } from './heartbeat.ts'
import { forgoHollow } from './hollow.ts'
import { forgetLink, linkTo, send, wakeBy, whereIs } from './links.ts'
import type { Choice, HubPhase, Link, SeekWhy, Turn } from './state.ts'
import { reignEnded } from './wary.ts'

/** A never-seen epoch of 2^32 - 1 must not stop the count: it decides nothing. */
const EPOCH_MAX = 2 ** 32 - 1

/** Tells mDNS what this node is, where that changed. */
export function advertise(choice: Choice, turn: Turn): void {
  const hub = choice.phase.state === 'hub'
  const { epoch, reachable } = choice
  const now = `${hub ? epoch : ''}/${reachable}`
  if (choice.advertised === now) return
  choice.advertised = now
  turn.effects.push({ do: 'advertise', hub, epoch, reachable })
}

interface Loss {
  readonly why: SeekWhy
  /** The hub that was lost; its address where it accepts links. */
  readonly lost?: PersonKey | null
  readonly lostAddress?: string
  readonly dead?: boolean
  readonly target?: PersonKey
  readonly relay?: PersonKey | null
  /** Before the start. */
  readonly soughtMs?: number
}

/** The hub is gone, for all who followed it. */
const isLoss = (why: SeekWhy) => why === 'close' || why === 'silent'

/** -> SEEKING. A hub gives its members up first. */
export function seek(choice: Choice, turn: Turn, loss: Loss): void {
  const isOnlyLoss = choice.phase.state === 'following' && isLoss(loss.why)
  resign(choice, turn)
  const { timing, phase } = choice
  if (phase.state === 'following' && (isLoss(loss.why) || loss.why === 'redirect'))
    reignEnded(choice, turn.now, phase)
  const random = turn.random()
  // A hub, once followed, may send its members on and on.
  const isSentOn = loss.why === 'redirect' && phase.state === 'seeking' && phase.why === 'redirect'
  const bootMs = Math.max(timing.bootMsLeast, timing.bootMsMin - (loss.soughtMs ?? 0))
  choice.phase = {
    state: 'seeking',
    why: loss.why,
    since: turn.now,
    sentAt: isSentOn ? phase.sentAt : turn.now,
    lost: loss.lost ?? null,
    lostAddress: loss.lostAddress ?? '',
    dead: loss.dead ?? false,
    redialled: false,
    resets: 0,
    redialAt: Infinity,
    target: loss.target ?? null,
    patienceMs: loss.why === 'boot' ? bootMs + random * timing.bootMsSpread : random * timing.lateMs,
    joinAt: turn.now,
    queryAt: turn.now + timing.queryEveryMs,
    turn: 0,
    answers: new Map(),
    relay: loss.relay ?? null,
    offers: new Map(),
    circuit: undefined,
    deaf: new Map(),
    strandedAt: undefined,
  }
  choice.offlineSince ??= turn.now + (loss.why === 'boot' ? timing.bootMsMin + timing.bootMsSpread : 0)
  advertise(choice, turn)
  // All who followed it have lost it: what this one says is news to nobody.
  if (isOnlyLoss) beatLater(choice, turn)
  else beatNow(choice, turn)
  wakeBy(choice, turn.now)
}

/** Gives up what a hub has; nothing where this node is none. */
function resign(choice: Choice, turn: Turn): void {
  const { phase } = choice
  if (phase.state !== 'hub' && !(phase.state === 'woken' && phase.was.state === 'hub')) return
  for (const link of choice.links.values()) link.member = false
  choice.median = null
  turn.effects.push({ do: 'resign' })
}

/** -> FOLLOWING over this link; also to another link of the same hub. */
export function follow(choice: Choice, turn: Turn, link: Link, epoch: number): void {
  const { timing } = choice
  const isTakeOver = choice.phase.state === 'seeking' && isLoss(choice.phase.why)
  cameToFollow(choice, turn.now, link)
  forgoHollow(choice, turn.now, link.key)
  choice.phase = {
    state: 'following',
    hub: link.key,
    since: followedSince(choice, turn.now, link.key),
    link: link.id,
    epoch,
    limitMs: timing.silenceMs,
    gaps: [],
    gapAt: turn.now,
    gapMs: 0,
    warmAt: turn.now + timing.warmMsMin + turn.random() * timing.warmMsSpread,
    probeAt: turn.now + timing.probeEveryMs,
    reportAt: turn.now,
    directAt: turn.now + timing.directMsMin,
    directMs: timing.directMsMin,
  }
  closeCircuits(choice, turn, link)
  choice.epoch = Math.max(choice.epoch, epoch)
  choice.offline = undefined
  choice.offlineSince = undefined
  turn.effects.push({ do: 'follow', hub: link.key, link: link.id, epoch })
  advertise(choice, turn)
  // The hub knows it by the join; where this node has left a hub that lives, that one waits for the word.
  if (isTakeOver) beatLater(choice, turn)
  else beatNow(choice, turn)
  wakeBy(choice, turn.now)
}

function followedSince({ phase }: Choice, now: number, hub: PersonKey): number {
  return phase.state === 'following' && phase.hub === hub ? phase.since : now
}

/** Circuits that a follower needs no more. */
function closeCircuits(choice: Choice, turn: Turn, kept: Link): void {
  for (const link of [...choice.links.values()]) {
    if (link.via === undefined || link === kept) continue
    turn.effects.push({ do: 'close', link: link.id, why: 'idle' })
    forgetLink(choice, link)
  }
}

/** -> HUB. From boot it already dials all it knows; otherwise it dials everybody, for they must learn it. */
export function becomeHub(choice: Choice, turn: Turn, from: 'boot' | 'loss' | 'handover'): void {
  const { timing } = choice
  const { now } = turn
  cameToBeHub(choice, from)
  forgoHollow(choice, now, null)
  choice.epoch = Math.min(EPOCH_MAX, choice.epoch + 1)
  const phase: HubPhase = {
    state: 'hub',
    epoch: choice.epoch,
    since: now,
    members: 0,
    lineDirty: true,
    inLine: [],
    beaconAt: now + timing.beaconEveryMs,
    queryAt: now,
    subnetAt: now + timing.subnetFirstMs,
    lostDialAt: now + timing.lostDialEveryMs,
    dialBackAt: now + timing.dialBackEveryMs,
    dialAllAt: from === 'boot' ? [] : timing.hubDialsMs.map((ms) => now + ms),
    selfAskedAt: undefined,
    selfAskAt: now,
    promiseUntil: -Infinity,
    noOkUntil: -Infinity,
    absorbing: undefined,
    askedAt: new Map(),
    handover: undefined,
    declined: new Map(),
    favoured: new Map(),
    yieldTo: new Map(),
    reports: new Map(),
  }
  choice.phase = phase
  choice.line = []
  choice.lineBytes = new Uint8Array(0)
  choice.ranks = []
  choice.hubMedian = undefined
  choice.lineMedian = undefined
  choice.offline = undefined
  choice.offlineSince = undefined
  turn.effects.push({ do: 'becomeHub', epoch: choice.epoch })
  takeEarlyJoins(choice, turn, phase)
  advertise(choice, turn)
  beatNow(choice, turn)
  wakeBy(choice, now)
}

/** -> SEEKING on the way to another hub: members are told first. The one place where a living hub gives up. */
export function giveUpFor(choice: Choice, turn: Turn, to: PersonKey): void {
  redirectMembers(choice, turn, to)
  seek(choice, turn, { why: 'redirect', target: to, relay: carrierTo(choice, to) })
}

export function redirectMembers(choice: Choice, turn: Turn, to: PersonKey): void {
  for (const link of choice.links.values())
    if (link.member && link.key !== to) sendRedirect(choice, turn, link, to)
}

/** Who carries this node's link to that key; null where it hears it over one of its own. */
const carrierTo = (choice: Choice, to: PersonKey): PersonKey | null => linkTo(choice, to)?.via ?? null

const sendRedirect = (choice: Choice, turn: Turn, link: Link, to: PersonKey) =>
  send(turn, link, {
    type: 'redirect',
    hub: fromHex(to),
    via: viaFor(link, carrierTo(choice, to)),
    address: whereIs(choice, to),
  })

/** Who is to be the relay is not sent to itself. */
const viaFor = (link: Link, via: PersonKey | null) => (via === null || via === link.key ? null : fromHex(via))
