/** FOLLOWING: listen to the hub, keep a warm link to line[0], help others to find the hub. */
import { fromHex, readUint } from '../../wire/bytes.ts'
import type { FrameOf } from '../../wire/frames.ts'
import { type PersonKey, personKey } from '../../wire/ids.ts'
import type { Address } from '../addresses.ts'
import { isAvoided } from './avoid.ts'
import { takeLine } from './heartbeat.ts'
import {
  ask,
  dialDue,
  dialKey,
  dialNow,
  hasDirectLink,
  isHeard,
  join,
  linkTo,
  relayOf,
  send,
  silentSince,
  wakeBy,
  whereIs,
} from './links.ts'
import { becomeHub, follow, seek } from './moves.ts'
import { beatOfRelay, tryDirect } from './relayed.ts'
import { lose } from './seeking.ts'
import { type Choice, FLAG, type Following, type Link, mayBeHub, STATE, type Turn } from './state.ts'
import { noteTold } from './told.ts'

/** Bytes of a rank in a beacon: key32 flags1 lag4 uptimeS4. */
export const RANK_BYTES = 41

export function followTick(choice: Choice, turn: Turn, phase: Following): void {
  const { timing } = choice
  const { now } = turn
  const hub = choice.links.get(phase.link)
  if (!hub) return
  const lostAt = silentSince(hub) + phase.limitMs
  if (now >= lostAt) {
    lose(choice, turn, hub, 'silent')
    return
  }
  if (now >= phase.warmAt) {
    phase.warmAt = now + timing.warmMsMin + turn.random() * timing.warmMsSpread
    const next = choice.line[0]
    if (next !== undefined && next !== choice.self && !hasDirectLink(choice, next))
      dialNow(choice, turn, choice.options.instanceOf(next), timing.warmMsMin)
  }
  if (now >= phase.probeAt) {
    phase.probeAt = now + timing.probeEveryMs
    ask(turn, hub, { type: 'who' })
  }
  if (hub.via !== undefined) tryDirect(choice, turn, phase)
  dialDue(choice, turn, (entry) => isHubToDial(choice, entry), 1)
  wakeBy(choice, Math.min(lostAt, phase.warmAt, phase.probeAt))
}

/** Hubs that a follower dials as they come; its own, where it is relayed, in longer and longer steps (tryDirect). */
export const isHubToDial = (choice: Choice, entry: Address): boolean =>
  entry.hub &&
  !(
    choice.phase.state === 'following' &&
    relayOf(choice) !== null &&
    entry.node === choice.options.instanceOf(choice.phase.hub)
  )

export function beatWhileFollowing(
  choice: Choice,
  turn: Turn,
  phase: Following,
  link: Link,
  line: Uint8Array,
): void {
  const beat = link.beat!
  const { now } = turn
  const via = choice.links.get(phase.link)?.via
  if (via !== undefined && link.via === undefined && link.key === via) beatOfRelay(choice, turn, phase, link)
  if (choice.phase !== phase) return
  if (link.key !== phase.hub) {
    if (beat.state !== STATE.hub || beat.flags & FLAG.leaving || isAvoided(choice, now, link.key)) return
    const hub = choice.links.get(phase.link)
    if (hub && beat.epoch > phase.epoch && now - silentSince(hub) >= choice.timing.silenceMs) {
      // Only because heartbeats came late here is the own hub still waited for: somebody else has taken over from it.
      lose(choice, turn, hub, 'silent')
      join(turn, link)
    } else reportHub(choice, turn, phase, link)
    return
  }
  if (beat.state === STATE.hub) {
    phase.epoch = beat.epoch
    takeLine(choice, line)
    choice.hubAgeS = beat.ageS
    if (beat.median !== null) choice.hubMedian = { value: beat.median, at: now }
  } else if (beat.state === STATE.following || beat.state === STATE.relayed) {
    if (beat.upstream === null || beat.upstream === choice.self) lose(choice, turn, link, 'silent', true)
    else goTo(choice, turn, beat.upstream, '', link, null)
  } else if (beat.state === STATE.seeking) seek(choice, turn, { why: 'redirect', lost: link.key, dead: true })
}

/** Tells the own hub of another one; hearsay is a hint to dial, the two hubs settle it between them. */
function reportHub(choice: Choice, turn: Turn, phase: Following, other: Link): void {
  const hub = choice.links.get(phase.link)
  if (!hub || turn.now < phase.reportAt) return
  phase.reportAt = turn.now + choice.timing.reportEveryMs
  send(turn, hub, { type: 'report', hub: fromHex(other.key), address: whereIs(choice, other.key) })
}

/** The hub followed gave up for another one: -> SEEKING on the way to it. */
function goTo(
  choice: Choice,
  turn: Turn,
  to: PersonKey,
  address: string,
  from: Link,
  via: PersonKey | null,
): void {
  if (isAvoided(choice, turn.now, to)) {
    // The same as if its hub had died: it goes by the line, without the one it avoids.
    seek(choice, turn, { why: 'silent', lost: from.key, dead: true })
    return
  }
  const relay = via === null || via === choice.self ? from.key : via
  seek(choice, turn, { why: 'redirect', lost: from.key, dead: true, target: to, relay })
  if (!hasDirectLink(choice, to)) dialKey(choice, turn, to, 0, { address, by: from })
}

/** From the hub that is or was followed, or the one on the way to which this node is. */
export function onRedirect(choice: Choice, turn: Turn, link: Link, frame: FrameOf<'redirect'>): void {
  const { phase } = choice
  const to = personKey(frame.hub)
  const entitled =
    phase.state === 'following'
      ? link.key === phase.hub
      : phase.state === 'seeking' && (link.key === phase.lost || link.key === phase.target)
  if (entitled && to !== choice.self && to !== link.key)
    goTo(choice, turn, to, frame.address, link, frame.via && personKey(frame.via))
}

/** Only the hub followed may make this node hub (INV-10). */
export function onHandover(choice: Choice, turn: Turn, link: Link, epoch: number): void {
  const { phase } = choice
  if (phase.state !== 'following' || phase.hub !== link.key || !mayBeHub(choice)) return
  choice.epoch = Math.max(choice.epoch, epoch)
  becomeHub(choice, turn, 'handover')
  send(turn, link, { type: 'took' })
}

/** The line with its figures and addresses, from the hub followed. */
export function onBeacon(choice: Choice, turn: Turn, link: Link, frame: FrameOf<'beacon'>): void {
  const { phase } = choice
  if (phase.state !== 'following' || phase.hub !== link.key) return
  const { line, addresses } = frame
  choice.ranks = Array.from({ length: line.length / RANK_BYTES }, (_, i) => {
    const at = i * RANK_BYTES
    return {
      key: personKey(line, at),
      flags: line[at + 32]!,
      lag: readUint(line, at + 33, 4),
      startedAt: turn.now - readUint(line, at + 37, 4) * 1000,
    }
  })
  choice.ranks.forEach(({ key }, i) => {
    const node = choice.options.instanceOf(key)
    const address = addresses[i]
    if (address && node !== choice.node) noteTold(choice, turn, { address, by: link }, node, true)
  })
}

/** The link to the hub is gone: another one to it, or the hub is lost. */
export function hubLinkGone(choice: Choice, turn: Turn, phase: Following, gone: Link, silent: boolean): void {
  const other = linkTo(choice, phase.hub)
  // A circuit is closed where the relay lost the hub, and an own link may have been dead for long.
  if (!other || (gone.via !== undefined && !isHeard(choice, turn.now, phase.hub))) {
    lose(choice, turn, gone, silent ? 'silent' : 'close')
    return
  }
  follow(choice, turn, other, phase.epoch)
  join(turn, other)
}

/** Where this node's hub is, for somebody who asks. */
export const hubAddress = (choice: Choice, hub: PersonKey | null): string =>
  hub === null || hub === choice.self ? '' : whereIs(choice, hub)
